//! What several tests need.

use domain::{Event, Failure};
use inglenook_wire::openai_chat::{Envelope, StreamDecoder, StreamEncoder};
use inglenook_wire::{RefusalHeaders, decode_error};

/// The envelope of every test's answers.
pub fn envelope() -> Envelope {
    Envelope {
        id: "chatcmpl-test".into(),
        created: 1_700_000_000,
        model: "reviewer".into(),
    }
}

/// Says that no recording was read, past every capture of output: `scripts/test.sh` repeats such lines.
pub fn recordings_are_absent() {
    let told = "LEFT OUT: provider recordings are not on this machine, so no codec has read them\n";
    let _written = std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes());
}

/// An unsuccessful answer with no header but this one.
pub fn refused(status: u16, retry_after: Option<&str>, body: &[u8]) -> Failure {
    let headers = RefusalHeaders {
        retry_after,
        ..RefusalHeaders::default()
    };
    decode_error(status, &headers, body)
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

/// Encodes events as the gateway does: a failure becomes an error event.
pub fn encode(events: &[Event], outcome: &Result<(), Failure>, include_usage: bool) -> String {
    let mut encoder = StreamEncoder::new(envelope(), include_usage);
    let mut out = Vec::new();
    for event in events {
        let before = out.len();
        encoder.event(event, &mut out);
        let added = &out[before..];
        assert!(
            added.is_empty() || added.ends_with(b"\n\n"),
            "each event is written whole"
        );
    }
    let end = match outcome {
        Ok(()) => encoder.finish(&mut out),
        Err(failure) => Err(failure.clone()),
    };
    if let Err(failure) = end {
        let mut body = Vec::new();
        inglenook_wire::openai_chat::encode_error(&failure, &mut body);
        encoder.fail(&body, &mut out);
    }
    String::from_utf8(out).unwrap()
}

/// Every way of cutting that the tests try: whole, fixed sizes, and cuts from a fixed seed.
pub fn cuts(body: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut all: Vec<Vec<&[u8]>> = [1, 2, 3, 7, 16, 1024]
        .map(|size| body.chunks(size).collect())
        .into();
    all.push(vec![body]);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..4 {
        let mut pieces = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let size = usize::try_from(state % 97).unwrap().min(rest.len());
            let (piece, after) = rest.split_at(size);
            pieces.push(piece);
            rest = after;
        }
        all.push(pieces);
    }
    all
}
