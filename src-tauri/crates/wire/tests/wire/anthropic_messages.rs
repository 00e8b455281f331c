//! The wire `anthropic-messages`, both directions.

mod client;
mod faults;
mod properties;
mod recordings;
mod requests;
mod round_trip;
mod strict;
mod support;
