//! Ollama's own chat: what servers send, what they are sent, and what we serve to clients that know only it.

mod client_answers;
mod client_requests;
mod provider;
mod recordings;

use domain::{Event, Failure};
use inglenook_wire::ollama::{Durations, Envelope, Route, StreamDecoder};

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

/// The envelope of every test's answers.
fn envelope(route: Route) -> Envelope {
    Envelope {
        model: "reviewer:latest".into(),
        created_at: "2026-01-02T03:04:05Z".into(),
        route,
        durations: Durations {
            total: 9,
            load: 1,
            prompt_eval: 2,
            eval: 6,
        },
    }
}
