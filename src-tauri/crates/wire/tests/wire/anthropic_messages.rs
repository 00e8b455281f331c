//! The wire `anthropic-messages`, both directions.

mod recordings;
mod support;
