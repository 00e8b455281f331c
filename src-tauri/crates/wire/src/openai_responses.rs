//! The wire `openai-responses`: OpenAI's responses, as Codex and the newer SDKs speak it to us and as we
//! speak it to OpenAI, Azure, xAI and those that follow them.
//!
//! A conversation is a flat list of items here, an answer a list of items too, and a stream tells each
//! item up to four times: begun, piece by piece, done, and once more in the last event. The danger is to
//! count a text twice, or to lose one that only one of the four tells. `client_*` is the side where we are
//! the server, `provider_*` the side where we are the client, `item` what both read. Keeping responses for
//! `previous_response_id`, and sealing `encrypted_content`, are the gateway's.

mod carried;
mod client_answer;
mod client_error;
mod client_input;
mod client_item;
mod client_kept;
mod client_output;
mod client_request;
mod client_stream;
mod client_tools;
mod item;
mod provider_answer;
mod provider_event;
mod provider_input;
mod provider_output;
mod provider_part;
mod provider_request;
mod provider_stream;
mod provider_tools;
mod provider_whole;
pub(crate) mod usage;

pub(crate) use carried::CARRIED;
pub use client_answer::{Envelope, encode_answer};
pub use client_kept::{input_items, item_id, items, output_items, references, resolve, status};
pub use client_request::{ClientRequest, decode_for_chat, decode_request};
pub use client_stream::StreamEncoder;
pub use client_tools::ToolNames;
pub use provider_answer::decode_answer;
pub(crate) use provider_request::SHARED;
pub use provider_request::encode_request;
pub use provider_stream::StreamDecoder;
pub(crate) use usage::read as read_usage;

pub use crate::openai_chat::{decode_models, encode_error};

/// Where a provider lists its models, under its base URL.
pub const MODELS_PATH: &str = crate::openai_chat::MODELS_PATH;

/// Where responses are asked for, under a provider's base URL.
pub const PATH: &str = "/responses";
