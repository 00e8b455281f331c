//! What both programs measure: streams as the providers send them, a conversation, and the way of a stream
//! through the codecs.
//!
//! The danger is a stream that no provider sends, or one that ends early, for then the figure says nothing.
//! So the fields around the text are those that providers send, and a stream is given out only when it has
//! been translated to its end.

mod conversation;
mod streams;

use domain::{Quirks, Request, Wire};
use inglenook_wire::client::{Form, Took};
use inglenook_wire::openai_chat::Envelope;
use inglenook_wire::provider::{self, StreamDecoder};

pub use conversation::conversation;
pub use streams::Stream;

/// The application's: a chunk is a few allocations, and what they cost depends on who makes them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The stream of a wire.
pub fn stream(wire: Wire) -> Stream {
    let stream = streams::stream(wire);
    let mut out = Vec::new();
    translate(wire, &stream, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"), "{wire:?} has no end: {text}");
    let chunks = text.matches("\ndata: ").count();
    assert!(chunks >= stream.chunks, "{wire:?} lost chunks: {text}");
    stream
}

/// Translates a stream into OpenAI's chunks, each of its pieces as it would come from the network.
pub fn translate(wire: Wire, stream: &Stream, out: &mut Vec<u8>) {
    let mut decoder = StreamDecoder::new(wire);
    let mut encoder = Form::OpenAiChat {
        envelope: Envelope {
            id: "chatcmpl-0193f2c1".into(),
            created: 1_741_570_283,
            model: "reviewer".into(),
        },
        include_usage: true,
    }
    .stream();
    let mut events = Vec::new();
    for piece in &stream.pieces {
        decoder.push(piece, &mut events).unwrap();
        for event in events.drain(..) {
            encoder.event(&event, out);
        }
    }
    decoder.finish(&mut events).unwrap();
    for event in &events {
        encoder.event(event, out);
    }
    encoder.finish(Took::default(), out);
}

/// Writes a request as the provider gets it; returns its length.
pub fn encode(wire: Wire, request: &Request) -> usize {
    provider::encode(wire, request, "model-1", &Quirks::default())
        .body
        .len()
}
