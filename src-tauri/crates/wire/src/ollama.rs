//! The wire `ollama`: Ollama's own chat, as we speak it to a server on this machine, and as clients that know
//! nothing else speak it to us (D.10).
//!
//! `provider_*` is the side where we are the client, `client_*` the side where we are the server. Streams are
//! one JSON object a line. The danger is the line that never came: only `done: true` ends an answer, and an
//! error may take its place with status 200. Nothing that pulls or pushes models is
//! here.

mod client_answer;
mod client_embed;
mod client_error;
mod client_message;
mod client_models;
mod client_options;
mod client_request;
mod client_stream;
mod lines;
mod models;
mod provider_answer;
mod provider_chunk;
mod provider_message;
mod provider_request;
mod provider_stream;

pub use client_answer::{Durations, Envelope, encode_answer, encode_loaded};
pub use client_embed::{ClientEmbed, EmbedRoute, decode_embed, encode_embed};
pub use client_error::encode_error;
pub use client_models::{ModelCard, encode_ps, encode_show, encode_tags, encode_version};
pub use client_request::{
    ClientRequest, Route, decode_generate, decode_request, decode_show, without_latest,
};
pub use client_stream::StreamEncoder;
pub use models::{decode_details, decode_models};
pub use provider_answer::decode_answer;
pub use provider_request::encode_request;
pub use provider_stream::StreamDecoder;

/// Where a server lists its models, under its base URL.
pub const MODELS_PATH: &str = "/api/tags";
/// Where it tells what a model can do: asked with `{"model": …}`, read by [`decode_details`].
pub const DETAILS_PATH: &str = "/api/show";

/// Where a server is asked, under its base URL; whether it streams stands in the body.
pub const PATH: &str = "/api/chat";
