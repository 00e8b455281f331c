//! What the tests of this wire share: recordings, and streams decoded in pieces.

use domain::{Event, Failure};
use inglenook_wire::openai_responses::StreamDecoder;
use serde_json::Value;

/// One recorded exchange.
pub struct Recording {
    pub id: String,
    pub status: u16,
    pub request: Value,
    pub trimmed: bool,
    pub body: String,
}

impl Recording {
    pub fn is_stream(&self) -> bool {
        self.status == 200 && !self.body.starts_with('{')
    }
}

/// All recordings that speak this wire; none when they are not on this machine.
pub fn recordings() -> Vec<Recording> {
    let index = crate::recordings::index();
    if index.is_empty() {
        return Vec::new();
    }
    let list: Vec<Recording> = index
        .iter()
        .filter(|line| line["api"].as_str().unwrap().ends_with("responses"))
        .map(|line| {
            let whole = crate::recordings::read(line);
            let response = &whole["response"];
            Recording {
                id: line["id"].as_str().unwrap().into(),
                status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
                request: whole["request"]["body"].clone(),
                trimmed: whole.get("trimmed").is_some(),
                body: response["body"].as_str().unwrap().into(),
            }
        })
        .collect();
    assert!(list.len() >= 39, "the index is not what it was");
    list
}

/// Decodes a stream that comes in the given pieces.
pub fn decode<'c>(pieces: impl IntoIterator<Item = &'c [u8]>) -> (Vec<Event>, Result<(), Failure>) {
    let mut decoder = StreamDecoder::new();
    let mut events = Vec::new();
    for piece in pieces {
        if let Err(failure) = decoder.push(piece, &mut events) {
            return (events, Err(failure));
        }
    }
    let outcome = decoder.finish(&mut events);
    (events, outcome)
}
