//! What the fuzz targets have in common: each feeds bytes to one reader and holds it to what readers promise.
//!
//! A reader never panics, its memory is bounded by its input, and a stream says the same however it is cut.

use domain::{Event, Failure, Wire};
use wire::provider::{self, StreamDecoder};

/// A whole answer of a provider.
pub fn answer(wire: Wire, data: &[u8]) {
    if let Ok(answer) = provider::decode_answer(wire, data) {
        assert!(!answer.choices.is_empty(), "an answer without a choice is none");
        if let Some((usage, _)) = answer.usage {
            assert_eq!(
                usage,
                usage.normalised(),
                "a part of the tokens is more than the whole"
            );
        }
    }
}

/// A stream of a provider. The first byte says how it is cut.
pub fn stream(wire: Wire, data: &[u8]) {
    let Some((cut, data)) = data.split_first() else {
        return;
    };
    let whole = read(wire, [data]);
    let size = usize::from(*cut).max(1);
    let pieces = read(wire, data.chunks(size));
    assert_eq!(
        whole.1.is_ok(),
        pieces.1.is_ok(),
        "the outcome depends on the cuts"
    );
    if whole.1.is_ok() {
        assert_eq!(joined(whole.0), joined(pieces.0), "the events depend on the cuts");
    }
}

fn read<'d>(wire: Wire, pieces: impl IntoIterator<Item = &'d [u8]>) -> (Vec<Event>, Result<(), Failure>) {
    let mut events = Vec::new();
    let mut decoder = StreamDecoder::new(wire);
    for piece in pieces {
        if let Err(failure) = decoder.push(piece, &mut events) {
            return (events, Err(failure));
        }
    }
    let outcome = decoder.finish(&mut events);
    (events, outcome)
}

/// Events as text. Decoders hand out one event for each of the provider's, wherever the network cut it.
fn joined(events: Vec<Event>) -> Vec<String> {
    events.iter().map(|event| format!("{event:?}")).collect()
}

/// An unsuccessful answer, and a list of models.
pub fn refusal(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let headers = wire::RefusalHeaders {
        retry_after: Some(&text),
        retry_after_ms: Some(&text),
        date: Some(&text),
        error_type: Some(&text),
    };
    let failure = wire::decode_error(429, &headers, data);
    assert!(!failure.message().is_empty());
    for wire in Wire::ALL {
        let _models = provider::decode_models(*wire, data);
    }
}

/// The parser of server-sent events by itself. The first byte says how the bytes are cut.
pub fn sse(data: &[u8]) {
    let Some((cut, data)) = data.split_first() else {
        return;
    };
    let read = |size: usize| {
        let mut parser = wire::sse::Parser::new();
        let mut seen = Vec::new();
        let mut take = |event: wire::sse::Event<'_>| {
            seen.push((event.name.to_vec(), event.data.to_vec()));
            Ok(())
        };
        for piece in data.chunks(size) {
            parser
                .push(piece, &mut take)
                .expect("eight mebibytes are not reached here");
        }
        parser
            .finish(&mut take)
            .expect("eight mebibytes are not reached here");
        seen
    };
    assert_eq!(read(usize::from(*cut).max(1)), read(data.len().max(1)));
}

/// The parser of Amazon's binary frames: the bytes as they are, and as what one frame with right checksums
/// holds, which no chance would find. The first byte says how they are cut and where the headers end.
pub fn frame(data: &[u8]) {
    let Some((cut, data)) = data.split_first() else {
        return;
    };
    let headers = data.len().min(usize::from(*cut));
    let mut sealed = Vec::new();
    for length in [data.len() + 16, headers] {
        sealed.extend_from_slice(&u32::try_from(length).expect("fuzzers give less").to_be_bytes());
    }
    sealed.extend_from_slice(&crc32fast::hash(&sealed).to_be_bytes());
    sealed.extend_from_slice(data);
    sealed.extend_from_slice(&crc32fast::hash(&sealed).to_be_bytes());
    for bytes in [data, &sealed] {
        let read = |size: usize| {
            let mut parser = wire::eventstream::Parser::new();
            let mut seen = Vec::new();
            let mut take = |frame: wire::eventstream::Frame<'_>| {
                seen.push(format!("{frame:?}"));
                Ok(())
            };
            let outcome = bytes
                .chunks(size)
                .try_for_each(|piece| parser.push(piece, &mut take));
            (
                outcome.is_ok(),
                outcome.is_ok().then(|| parser.is_between_frames()),
                seen,
            )
        };
        assert_eq!(read(usize::from(*cut).max(1)), read(bytes.len().max(1)));
    }
}

/// A client's request; one that is understood can be written out for every provider.
pub fn request(wire: Wire, data: &[u8]) {
    let read = match wire {
        Wire::OpenAiChat => wire::openai_chat::decode_request(data).map(|read| read.request),
        Wire::OpenAiResponses => wire::openai_responses::decode_request(data).map(|read| read.request),
        Wire::AnthropicMessages => wire::anthropic_messages::decode_request(data).map(|read| read.request),
        Wire::Gemini => wire::gemini::decode_request(data).map(|read| read.request),
        Wire::Ollama => wire::ollama::decode_request(data)
            .or_else(|_| wire::ollama::decode_generate(data))
            .map(|read| read.request),
        // nobody speaks it to us
        Wire::BedrockConverse => return,
    };
    let Ok(request) = read else { return };
    for wire in Wire::ALL {
        let out = provider::encode(*wire, &request, "m", &domain::Quirks::default());
        // numbers beyond every float are JSON too, and are carried as they came
        let json = serde_json::from_slice::<serde::de::IgnoredAny>(&out.body);
        assert!(
            json.is_ok(),
            "{} was written a body that is not JSON",
            wire.as_str()
        );
    }
}

/// Requests for embeddings and for completions of old, from clients.
pub fn others(data: &[u8]) {
    let _embeddings = wire::embeddings::decode_request(data);
    let _completions = wire::completions::decode_request(data);
}
