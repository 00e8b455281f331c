//! The wire `openai-responses`: OpenAI's responses, as Codex and the newer SDKs speak it to us and as we
//! speak it to OpenAI, Azure, xAI and those that follow them.
//!
//! A conversation is a flat list of items here, an answer a list of items too, and a stream tells each
//! item up to four times: begun, piece by piece, done, and once more in the last event. The danger is to
//! count a text twice, or to lose one that only one of the four tells. `client_*` is the side where we are
//! the server, `provider_*` the side where we are the client, `item` what both read. Keeping responses for
//! `previous_response_id`, and sealing `encrypted_content`, are the gateway's.

mod carried;
mod item;
mod provider_answer;
mod provider_event;
mod provider_input;
mod provider_output;
mod provider_request;
mod provider_stream;
mod provider_tools;
mod usage;

pub use crate::openai_chat::decode_models;
pub use provider_answer::decode_answer;
pub use provider_request::encode_request;
pub use provider_stream::StreamDecoder;

/// Where a provider lists its models, under its base URL.
pub const MODELS_PATH: &str = crate::openai_chat::MODELS_PATH;

/// Where responses are asked for, under a provider's base URL.
pub const PATH: &str = "/responses";
