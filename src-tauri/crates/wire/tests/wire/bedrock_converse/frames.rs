//! The parser of frames: whatever the cuts, and whatever the damage.

use base64ct::{Base64, Encoding};
use domain::{Failure, FailureKind};
use inglenook_wire::eventstream::{Frame, Parser};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::frame;
use crate::recorded::recorded;
use crate::support::cuts;

/// Type, name and payload of a frame.
type Parsed = (String, String, Vec<u8>);

/// Each frame, and how it ended: with the last byte of one, or not.
fn parse<'c>(pieces: impl IntoIterator<Item = &'c [u8]>) -> (Vec<Parsed>, Result<bool, Failure>) {
    let mut parser = Parser::new();
    let mut frames = Vec::new();
    let mut keep = |frame: Frame<'_>| {
        frames.push((
            frame.message_type.to_owned(),
            frame.name.to_owned(),
            frame.payload.to_vec(),
        ));
        Ok(())
    };
    for piece in pieces {
        if let Err(failure) = parser.push(piece, &mut keep) {
            return (frames, Err(failure));
        }
    }
    (frames, Ok(parser.is_between_frames()))
}

#[test]
fn a_frame_is_handed_out_whole() {
    let body = frame("event", "chunk", &json!({"bytes": "e30="}));
    let expected = (
        "event".to_owned(),
        "chunk".to_owned(),
        br#"{"bytes":"e30="}"#.to_vec(),
    );
    assert_eq!(parse([body.as_slice()]), (vec![expected], Ok(true)));
    let (frames, outcome) = parse([&body[..body.len() - 1]]);
    assert_eq!((frames.len(), outcome), (0, Ok(false)));
}

#[test]
fn a_flipped_bit_is_noticed_wherever_it_is() {
    let good = frame("event", "metadata", &json!({"usage": {"inputTokens": 1}}));
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        let (frames, outcome) = parse([bad.as_slice()]);
        let kind = outcome.map_err(|failure| failure.kind());
        assert_eq!(
            (frames.len(), kind),
            (0, Err(FailureKind::UpstreamFailed)),
            "bit {bit}"
        );
    }
}

/// A length of gigabytes whose checksum is right is refused when its twelve bytes have come.
#[test]
fn an_absurd_length_is_refused_before_its_frame() {
    for (length, words) in [
        (u32::MAX, "more than 8 MiB"),
        (8 * 1024 * 1024 + 1, "more than 8 MiB"),
        (15, "damaged"),
        (0, "damaged"),
    ] {
        let mut prelude = length.to_be_bytes().to_vec();
        prelude.extend_from_slice(&[0; 4]);
        let checksum = crc32(&prelude);
        prelude.extend_from_slice(&checksum.to_be_bytes());
        let (frames, outcome) = parse([prelude.as_slice()]);
        assert!(frames.is_empty());
        let failure = outcome.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::UpstreamFailed, "{length}");
        assert!(failure.message().contains(words), "{length}: {failure}");
    }
}

/// The checksum by its definition.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |mut state, byte| {
        state ^= u32::from(*byte);
        for _ in 0..8 {
            state = (state >> 1) ^ (0xEDB8_8320 & (!(state & 1)).wrapping_add(1));
        }
        state
    })
}

/// InvokeModel wraps each maker's own events in the same frames; we do not speak it, but its frames are ours.
#[test]
fn recorded_frames_of_invoke_model_come_whole() {
    for recording in recorded(&["bedrock.invoke-with-response-stream"]) {
        let id = &recording.id;
        let whole = parse([recording.body.as_slice()]);
        assert_eq!(whole.1, Ok(true), "{id}");
        for pieces in cuts(&recording.body) {
            assert_eq!(
                parse(pieces.iter().copied()),
                whole,
                "{id} cut into {}",
                pieces.len()
            );
        }
        let inner: Vec<Value> = whole
            .0
            .iter()
            .map(|(message_type, name, payload)| {
                assert_eq!((message_type.as_str(), name.as_str()), ("event", "chunk"), "{id}");
                let payload: Value = serde_json::from_slice(payload).unwrap();
                let bytes = Base64::decode_vec(payload["bytes"].as_str().unwrap()).unwrap();
                serde_json::from_slice(&bytes).unwrap()
            })
            .collect();
        let (first, last) = (&inner[0], inner.last().unwrap());
        if id.contains("parallel-tools") {
            // Anthropic's events
            assert_eq!(first["type"], "message_start", "{id}");
            assert_eq!(last["type"], "message_stop", "{id}");
            let metrics = &last["amazon-bedrock-invocationMetrics"];
            assert_eq!(
                metrics["inputTokenCount"], first["message"]["usage"]["input_tokens"],
                "{id}"
            );
        } else {
            // Nova's
            assert_eq!(first["messageStart"]["role"], "assistant", "{id}");
            assert!(last["metadata"]["usage"]["inputTokens"].is_u64(), "{id}");
        }
    }
}

proptest! {
    #[test]
    fn cuts_do_not_matter(
        payloads in proptest::collection::vec("[ -~]{0,60}", 0..5),
        tail in proptest::collection::vec(any::<u8>(), 0..40),
        sizes in proptest::collection::vec(1..50_usize, 1..20),
    ) {
        let mut body: Vec<u8> = payloads.iter().flat_map(|text| frame("event", "x", &json!(text))).collect();
        body.extend(tail);
        let whole = parse([body.as_slice()]);
        let mut pieces = Vec::new();
        let mut rest = body.as_slice();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert!(whole.0.len() >= payloads.len());
        prop_assert_eq!(parse(pieces), whole);
    }

    #[test]
    fn damage_never_panics(
        payload in "[ -~]{0,60}",
        at in any::<proptest::sample::Index>(),
        with in proptest::collection::vec(any::<u8>(), 0..6),
        mend in any::<bool>(),
    ) {
        let mut body = frame("event", "x", &json!(payload));
        let at = at.index(body.len());
        let end = (at + with.len()).min(body.len());
        body.splice(at..end, with);
        if mend && body.len() > 16 {
            // checksums that are right, so that the damage reaches what lies behind them
            let checksum = crc32(&body[..8]).to_be_bytes();
            body[8..12].copy_from_slice(&checksum);
            let last = body.len() - 4;
            let checksum = crc32(&body[..last]).to_be_bytes();
            body[last..].copy_from_slice(&checksum);
        }
        let _ = parse([body.as_slice()]);
        let _ = super::decode([body.as_slice()]);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse([bytes.as_slice()]);
        let _ = super::decode([bytes.as_slice()]);
        let _ = inglenook_wire::bedrock_converse::decode_answer(&bytes);
        let _ = inglenook_wire::bedrock_converse::decode_models(&bytes);
    }
}
