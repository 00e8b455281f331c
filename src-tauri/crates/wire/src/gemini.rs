//! The wire `gemini`: Google's generateContent and streamGenerateContent, at the Gemini API and at Vertex AI.
//!
//! Its ways differ from OpenAI's in what is easily lost: a call may have no id and its result is matched by
//! the tool's name, signatures hang on the parts they belong to and must come back there (W-168), an answer
//! that calls tools ends with `STOP`, and a refused prompt is a success without an answer. `provider_*` is
//! the side where we are the client, `client_*` the side where we are the server; parts of messages have one
//! form in both directions and are read and written in `part`. Counting tokens and the Live API are not here.

mod chunk;
mod client_answer;
mod client_embed;
mod client_error;
mod client_models;
mod client_params;
mod client_request;
mod client_stream;
mod client_tools;
mod dialect;
mod embedding;
mod logprobs;
mod models;
mod part;
mod path;
mod provider_answer;
mod provider_content;
mod provider_params;
mod provider_request;
mod provider_stream;
mod schema;
mod stop;
mod tool;
mod usage;

pub use client_answer::{Envelope, encode_answer};
pub use client_embed::{decode_batch_embed, decode_embed, encode_batch, encode_embedding};
pub use client_error::encode_error;
pub use client_models::{ListedModel, encode_model, encode_models};
pub use client_request::{ClientRequest, decode_request};
pub use client_stream::{Framing, StreamEncoder};
pub use embedding::{EmbeddingRequest, decode_embeddings, embedding_path, encode_embeddings};
pub use models::{decode_models, next_page};
pub use path::path;
pub use provider_answer::decode_answer;
pub use provider_request::encode_request;
pub use provider_stream::StreamDecoder;
pub(crate) use usage::read as read_usage;

/// Where a provider lists its models, under its base URL; one page holds them all.
pub const MODELS_PATH: &str = "/models?pageSize=1000";

/// What stands before the name of a field of a `content` object, where it is kept in the same `extra` as the
/// fields of the candidate around it.
const CONTENT: &str = "content.";
