//! The wire `anthropic-messages`: Anthropic's Messages, as clients speak it to us and as we speak it to
//! Anthropic and to those who copied it.
//!
//! An answer here is a list of blocks, and some of them are signed: a block that comes back changed, at
//! another place, or without its neighbours is a 400 in the middle of a tool loop (W-164). So blocks keep
//! their order, and what the domain does not model is carried whole as [`domain::Part::Opaque`]. Counting
//! tokens before a call, batches and files are not here.

mod block;
mod client_answer;
mod client_block;
mod client_error;
mod client_message;
mod client_request;
mod client_stream;
mod client_tools;
mod generation;
mod media;
mod models;
mod provider_answer;
mod provider_block;
mod provider_message;
mod provider_params;
mod provider_request;
mod provider_stream;
mod provider_thinking;
mod provider_tools;
mod provider_turn;
mod schema;
mod stop;
mod usage;

pub use client_answer::{Envelope, Signer, encode_answer};
pub use client_error::encode_error;
pub use client_request::{ClientRequest, decode_count_request, decode_request};
pub use client_stream::StreamEncoder;
pub use models::{ListedModel, Page, decode_models, encode_model, encode_models, next_page};
pub use provider_answer::decode_answer;
pub use provider_request::{encode_request, headers};
pub use provider_stream::StreamDecoder;

/// The value of the header `anthropic-version` that this module is written for.
pub const VERSION: &str = "2023-06-01";

/// The header that says after which version of the wire somebody speaks; under this name a client's own is
/// carried in `extra` (W-146).
pub const VERSION_HEADER: &str = "anthropic-version";

/// Where a provider lists its models, under its base URL: in one page, as far as the provider allows.
pub const MODELS_PATH: &str = "/models?limit=1000";

/// Where messages are asked for, under a provider's base URL.
pub const PATH: &str = "/messages";

/// The tool that a provider without a form for schemas is made to call; its arguments are the answer.
const ANSWER_TOOL: &str = "answer_in_json";
