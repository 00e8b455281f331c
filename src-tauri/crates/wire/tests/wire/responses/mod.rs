//! The wire `openai-responses` from outside, both directions.

mod recordings;
mod replay;
