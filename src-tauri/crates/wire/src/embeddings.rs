//! Embeddings: OpenAI's form as clients speak it to us (W-105 to W-107), and four forms as we speak them to
//! providers.
//!
//! The danger is a vector at the wrong place or off by a rounding: a search over them finds nonsense and
//! nobody sees why. So vectors are put in the order of their inputs, a number that is none is an error, and
//! base64 is exact. Bodies are large (a few thousand vectors of a few thousand numbers), so they are read
//! into numbers at once and never into a tree.

mod client;
mod provider_answer;
mod provider_request;

pub(crate) use client::floats;
pub use client::{ClientRequest, Encoding, decode_request, encode_answer};
pub use provider_answer::decode_answer;
pub use provider_request::{encode_request, path};
