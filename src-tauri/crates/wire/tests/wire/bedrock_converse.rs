//! Bedrock's Converse: recorded and made-up answers, frames in pieces, and requests as it wants them.

mod frames;
mod recordings;
mod requests;
mod streams;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use domain::{Event, Failure};
use inglenook_wire::bedrock_converse::StreamDecoder;
use serde_json::Value;

/// A frame of that type and name.
fn frame(message_type: &'static str, name: &'static str, payload: &Value) -> Vec<u8> {
    let kind = match message_type {
        "exception" => ":exception-type",
        "error" => ":error-code",
        _ => ":event-type",
    };
    let string = |text: &'static str| HeaderValue::String(text.into());
    let message = Message::new(payload.to_string())
        .add_header(Header::new(kind, string(name)))
        .add_header(Header::new(":content-type", string("application/json")))
        .add_header(Header::new(":message-type", string(message_type)));
    let mut out = Vec::new();
    write_message_to(&message, &mut out).unwrap();
    out
}

/// Frames of the type `event`, one after the other.
fn stream(events: &[(&'static str, Value)]) -> Vec<u8> {
    events
        .iter()
        .flat_map(|(name, payload)| frame("event", name, payload))
        .collect()
}

/// Decodes a stream that comes in the given pieces.
fn decode<'c>(pieces: impl IntoIterator<Item = &'c [u8]>) -> (Vec<Event>, Result<(), Failure>) {
    let mut decoder = StreamDecoder::new();
    let mut events = Vec::new();
    for piece in pieces {
        if let Err(failure) = decoder.push(piece, &mut events) {
            return (events, Err(failure));
        }
    }
    let outcome = decoder.finish(&mut events);
    assert_eq!(decoder.is_done(), outcome.is_ok());
    (events, outcome)
}
