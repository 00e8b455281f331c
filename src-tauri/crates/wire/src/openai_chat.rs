//! The wire `openai-chat`: OpenAI's chat completions, as clients speak it to us and as we speak it to
//! the many providers that copied it.
//!
//! `client_*` is the side where we are the server: liberal in what it reads, and its output is checked
//! against the strictest readers known (D.3, D.4). `provider_*` is the side where we are the client; every
//! fault of section A.3 has been seen there. Legacy completions, embeddings and the list of models that we
//! publish are not here.

mod client_answer;
pub(crate) mod client_error;
mod client_message;
pub(crate) mod client_params;
mod client_request;
mod client_stream;
mod client_strict;
pub(crate) mod client_tools;
mod cohere;
mod foreign;
mod models;
pub(crate) mod part;
mod provider_answer;
mod provider_chunk;
mod provider_message;
mod provider_request;
mod provider_stream;
pub(crate) mod reasoning;
mod reasoning_details;
pub(crate) mod stop;
mod tool_calls;
pub(crate) mod usage;

pub use client_answer::{Envelope, encode_answer};
pub use client_error::encode_error;
pub use client_message::check_tool_results;
pub use client_request::{ClientRequest, decode_request};
pub use client_stream::StreamEncoder;
pub use client_strict::decode_strict;
pub use models::decode_models;
pub use provider_answer::decode_answer;
pub use provider_request::encode_request;
pub(crate) use provider_request::sampling as write_sampling;
pub use provider_stream::StreamDecoder;
pub(crate) use usage::read as read_usage;

/// Where chat completions are asked for, under a provider's base URL.
pub const CHAT_PATH: &str = "/chat/completions";
/// Where this provider is asked, under its base URL.
pub fn path(quirks: &domain::Quirks) -> &'static str {
    if quirks.cohere_chat {
        cohere::PATH
    } else {
        CHAT_PATH
    }
}

/// Where a provider lists its models, under its base URL.
pub const MODELS_PATH: &str = "/models";

/// What stands before the name of a field of the inner `function` object, where it is kept in the same
/// `extra` as the fields of the object around it.
const FUNCTION: &str = "function.";

/// What stands before the name of a field of the choice, or of the chunk around it, where it is kept among
/// the fields of a message or a delta: the domain has no place for either, and they may come late.
const CHOICE: &str = "choice.";
const CHUNK: &str = "chunk.";

/// Whether a field that is kept with a message does not stand in it.
fn stands_elsewhere(name: &str) -> bool {
    name.starts_with(CHOICE) || name.starts_with(CHUNK)
}
