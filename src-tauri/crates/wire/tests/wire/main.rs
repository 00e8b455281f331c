//! The codecs from outside: recorded and made-up traffic in, strict checks on what comes out.
//!
//! What is checked here is the promise of W-178: whatever a provider does, the client's side is canonical,
//! and however the network cuts the bytes, the result is the same.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod catalog;
mod completions;
mod embeddings;
mod faults;
mod golden;
mod openai_chat;
mod properties;
mod recordings;
mod requests;
mod round_trip;
mod sse;
mod strict;
mod support;
