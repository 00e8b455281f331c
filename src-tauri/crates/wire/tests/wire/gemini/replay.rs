//! What the tests of this wire share.

use domain::{Answer, Choice, Delta, Event, Extra, Failure, Message, Part, Role};
use inglenook_wire::gemini::StreamDecoder;
use serde_json::Value;

/// A recording of this wire.
pub struct Recording {
    pub id: String,
    pub api: String,
    pub status: u16,
    pub request: Value,
    pub model: String,
    pub body: String,
}

impl Recording {
    pub fn is_stream(&self) -> bool {
        self.status == 200 && self.api.ends_with("streamGenerateContent")
    }
}

/// All recordings of this wire; none when they are not on this machine.
pub fn recordings() -> Vec<Recording> {
    let index = crate::recordings::index();
    if index.is_empty() {
        return Vec::new();
    }
    let wanted = |api: &str| {
        let (owner, method) = api.split_once('.').unwrap();
        matches!(owner, "google" | "vertex")
            && matches!(
                method,
                "generateContent" | "streamGenerateContent" | "batchEmbedContents" | "countTokens"
            )
    };
    let list: Vec<Recording> = index
        .iter()
        .filter(|line| wanted(line["api"].as_str().unwrap()))
        .map(|line| {
            let whole = crate::recordings::read(line);
            let path = whole["request"]["path"].as_str().unwrap();
            let (_, model) = path.rsplit_once("models/").unwrap();
            Recording {
                id: line["id"].as_str().unwrap().into(),
                api: line["api"].as_str().unwrap().into(),
                status: u16::try_from(whole["response"]["status"].as_u64().unwrap()).unwrap(),
                request: whole["request"]["body"].clone(),
                model: model.split(':').next().unwrap().into(),
                body: whole["response"]["body"].as_str().unwrap().into(),
            }
        })
        .collect();
    assert!(list.len() >= 34, "the index is not what it was");
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

/// The answer that events add up to, put together in the plainest way.
pub fn collect(events: Vec<Event>) -> Answer {
    let mut answer = Answer::default();
    for event in events {
        match event {
            Event::Started { id, model, extra } => {
                (answer.id, answer.model, answer.extra) = (id, model, extra)
            }
            Event::Usage { usage, raw } => answer.usage = Some((usage, raw)),
            Event::Finished { choice, reason } => choice_of(&mut answer, choice).reason = reason,
            Event::Delta { choice, delta } => add(choice_of(&mut answer, choice), delta),
        }
    }
    answer
}

fn choice_of(answer: &mut Answer, index: u32) -> &mut Choice {
    let index = usize::try_from(index).unwrap();
    while answer.choices.len() <= index {
        answer.choices.push(Choice {
            message: Message {
                role: Role::Assistant,
                parts: Vec::new(),
                extra: Extra::new(),
            },
            reason: domain::StopReason::Stop,
            logprobs: None,
        });
    }
    &mut answer.choices[index]
}

fn add(choice: &mut Choice, delta: Delta) {
    let parts = &mut choice.message.parts;
    match delta {
        Delta::Text { text, logprobs } => {
            choice.logprobs = choice.logprobs.take().or(logprobs);
            match parts.last_mut() {
                Some(Part::Text { text: open, extra }) if extra.is_empty() => open.push_str(&text),
                _ => parts.push(Part::text(text)),
            }
        }
        Delta::TextExtra { extra: fields } => match parts.last_mut() {
            Some(Part::Text { extra, .. }) if extra.is_empty() => *extra = fields,
            _ => parts.push(Part::Text {
                text: String::new(),
                extra: fields,
            }),
        },
        Delta::Reasoning { text } => match parts.last_mut() {
            Some(Part::Reasoning {
                text: open,
                signature: None,
                ..
            }) => open.push_str(&text),
            _ => parts.push(Part::reasoning(text)),
        },
        Delta::ReasoningEnd {
            signature: fields, ..
        } => match parts.last_mut() {
            Some(Part::Reasoning { signature, .. }) => *signature = fields,
            _ => parts.push(Part::Reasoning {
                text: String::new(),
                signature: fields,
                extra: Extra::new(),
            }),
        },
        Delta::Part { part } => parts.push(*part),
        Delta::Refusal { text } => parts.push(Part::Refusal { text }),
        Delta::ToolCallStart { id, name, extra, .. } => parts.push(Part::ToolCall {
            id,
            name,
            arguments: String::new(),
            extra,
        }),
        Delta::ToolCallArguments { index, fragment } => {
            let call = parts
                .iter_mut()
                .filter_map(|part| {
                    if let Part::ToolCall { arguments, .. } = part {
                        Some(arguments)
                    } else {
                        None
                    }
                })
                .nth(usize::try_from(index).unwrap());
            call.unwrap().push_str(&fragment);
        }
        Delta::Extra { extra } => choice.message.extra = extra,
    }
}

/// The text, the thoughts and the calls of an answer's first choice.
pub fn said(answer: &Answer) -> (String, String, Vec<(String, Value)>) {
    let (mut text, mut thought, mut calls) = (String::new(), String::new(), Vec::new());
    for part in &answer.choices[0].message.parts {
        match part {
            Part::Text { text: more, .. } => text.push_str(more),
            Part::Reasoning { text: more, .. } => thought.push_str(more),
            Part::ToolCall { name, arguments, .. } => {
                calls.push((name.clone(), serde_json::from_str(arguments).unwrap()));
            }
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Refusal { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => {}
        }
    }
    (text, thought, calls)
}

/// What the bodies of a recording say, added up by simpler means: text, thoughts, calls, signatures.
pub fn added_up(chunks: &[Value]) -> (String, String, Vec<(String, Value)>, Vec<String>) {
    let (mut text, mut thought, mut calls, mut signatures) =
        (String::new(), String::new(), Vec::new(), Vec::new());
    for chunk in chunks {
        for part in chunk["candidates"][0]["content"]["parts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let target = if part["thought"] == true {
                &mut thought
            } else {
                &mut text
            };
            target.push_str(part["text"].as_str().unwrap_or_default());
            if let Some(name) = part["functionCall"]["name"].as_str() {
                calls.push((name.to_owned(), part["functionCall"]["args"].clone()));
            }
            signatures.extend(part["thoughtSignature"].as_str().map(str::to_owned));
        }
    }
    (text, thought, calls, signatures)
}
