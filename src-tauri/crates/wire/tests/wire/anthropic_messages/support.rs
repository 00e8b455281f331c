//! What the tests of this wire need.

use domain::{Answer, Choice, Delta, Event, Extra, Failure, Message, Part, Role};
use inglenook_wire::anthropic_messages::{Envelope, StreamDecoder, StreamEncoder};

/// The envelope of every test's answers.
pub fn envelope() -> Envelope {
    Envelope {
        id: "msg_test".into(),
        request_id: Some("req_test".into()),
        model: "reviewer".into(),
        input_tokens: 5,
        signer: None,
    }
}

/// Encodes events as the gateway does: a failure becomes an error event.
pub fn serve(events: &[Event], outcome: &Result<(), Failure>, envelope: Envelope) -> String {
    let mut encoder = StreamEncoder::new(envelope);
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
        encoder.fail(&failure, &mut out);
    }
    String::from_utf8(out).unwrap()
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

/// Puts the events of a stream together into the answer that they tell.
pub fn gathered(events: &[Event]) -> Answer {
    let mut answer = Answer::default();
    let mut message = Message {
        role: Role::Assistant,
        parts: Vec::new(),
        extra: Extra::new(),
    };
    // the next text or reasoning begins another part
    let mut closed = true;
    for event in events {
        match event {
            Event::Started { id, model, extra } => {
                (answer.id, answer.model, answer.extra) = (id.clone(), model.clone(), extra.clone());
            }
            Event::Delta { delta, .. } => gather(delta, &mut message, &mut closed),
            Event::Finished { reason, .. } => answer.choices.push(Choice {
                message: message.clone(),
                reason: *reason,
                logprobs: None,
            }),
            Event::Usage { usage, raw } => answer.usage = Some((*usage, raw.clone())),
        }
    }
    answer
}

fn gather(delta: &Delta, message: &mut Message, closed: &mut bool) {
    let parts = &mut message.parts;
    match delta {
        Delta::Text { text: more, .. } => match parts.last_mut() {
            Some(Part::Text { text, .. }) if !*closed => text.push_str(more),
            _ => {
                parts.push(Part::text(more));
                *closed = false;
            }
        },
        Delta::TextExtra { extra: fields } => {
            if let Some(Part::Text { extra, .. }) = parts.last_mut() {
                *extra = fields.clone();
            }
            *closed = true;
        }
        Delta::Reasoning { text: more } => match parts.last_mut() {
            Some(Part::Reasoning { text, .. }) if !*closed => text.push_str(more),
            _ => {
                parts.push(Part::reasoning(more));
                *closed = false;
            }
        },
        Delta::ReasoningEnd { signature, extra } => {
            if *closed || !matches!(parts.last(), Some(Part::Reasoning { .. })) {
                parts.push(Part::reasoning(""));
            }
            if let Some(Part::Reasoning {
                signature: slot,
                extra: fields,
                ..
            }) = parts.last_mut()
            {
                (*slot, *fields) = (signature.clone(), extra.clone());
            }
            *closed = true;
        }
        Delta::Part { part } => parts.push((**part).clone()),
        Delta::Refusal { text } => parts.push(Part::Refusal { text: text.clone() }),
        Delta::ToolCallStart { id, name, extra, .. } => parts.push(Part::ToolCall {
            id: id.clone(),
            name: name.clone(),
            arguments: String::new(),
            extra: extra.clone(),
        }),
        Delta::ToolCallArguments { index, fragment } => {
            let mut calls = parts.iter_mut().filter_map(|part| {
                if let Part::ToolCall { arguments, .. } = part {
                    Some(arguments)
                } else {
                    None
                }
            });
            let call = calls.nth(usize::try_from(*index).unwrap()).unwrap();
            call.push_str(fragment);
        }
        Delta::Extra { extra } => message.extra = extra.clone(),
    }
}
