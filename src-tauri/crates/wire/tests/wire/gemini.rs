//! The wire `gemini`, replayed, made up and round.

mod answers;
mod faults;
mod golden;
mod properties;
mod recordings;
mod replay;
mod requests;
mod round_trip;
mod translations;
