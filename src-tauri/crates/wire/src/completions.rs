//! Legacy completions: a text that is to be continued (W-108), as old clients and fill-in-the-middle of
//! editors still ask for it.
//!
//! A provider that has the route gets the prompt as it stands: only so do prefix, suffix and the model's own
//! marks mean what the editor meant. For one that only chats, each prompt becomes a conversation, and the
//! danger is a chatty answer in the middle of somebody's code; so the instruction says what to leave out.
//! A provider's answers are read by [`crate::openai_chat`], which knows their `text`.

mod as_chat;
mod client_answer;
mod client_request;
mod client_stream;
mod provider_request;

pub use as_chat::requests;
pub use client_answer::encode_answer;
pub use client_request::{ClientRequest, decode_request};
pub use client_stream::StreamEncoder;
pub use provider_request::encode_request;

pub use crate::openai_chat::{StreamDecoder, decode_answer};
