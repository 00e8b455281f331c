//! The codecs from outside: recorded and made-up traffic in, strict checks on what comes out.
//!
//! What is checked here is the promise of W-178: whatever a provider does, the client's side is canonical,
//! and however the network cuts the bytes, the result is the same.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

// what the fuzzers call it too
extern crate inglenook_wire as wire;

mod anthropic_messages;
mod bedrock_converse;
mod catalog;
mod completions;
mod embeddings;
mod faults;
mod gemini;
mod golden;
mod ollama;
mod openai_chat;
mod properties;
mod recorded;
mod recordings;
mod requests;
mod responses;
mod round_trip;
mod seeds;
mod sse;
mod strict;
mod support;
mod tool_images;
mod translation;
