//! The wire `openai-responses` from outside, both directions.

mod blanks;
mod client;
mod faults;
mod golden;
mod properties;
mod recordings;
mod replay;
mod requests;
mod strict;
