//! The wire `gemini`, replayed, made up and round.

mod recordings;
mod replay;
