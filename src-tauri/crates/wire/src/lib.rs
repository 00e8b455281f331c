//! Pure codecs between bytes on the network and the words of `domain`, one module per wire, both directions.
//!
//! Here the product meets everybody else's idea of JSON. The danger is silent loss: a field that is
//! dropped, a cut stream that looks finished, a number that is counted twice. So reading is liberal,
//! writing is strict (W-178), and what the domain does not model is carried as text. Nothing in this
//! crate opens a socket, a file or a clock; the gateway hands in bytes and takes bytes away.
#![warn(missing_docs)]

pub mod agent_chat;
pub mod anthropic_messages;
pub mod bedrock_converse;
pub mod catalog;
pub mod client;
pub mod completions;
pub mod embeddings;
mod event_body;
pub mod eventstream;
mod fields;
pub mod gemini;
mod http_date;
mod ids;
mod image_type;
pub mod images;
mod json;
mod notes;
pub mod ollama;
pub mod openai_chat;
pub mod openai_responses;
pub mod provider;
mod refusal;
mod reported_cost;
pub mod sse;
mod stop;
mod text_or_tokens;
mod upstream_error;

pub use refusal::{RefusalHeaders, decode_error};
pub use reported_cost::reported_cost;
