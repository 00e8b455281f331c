//! A provider's whole answer.

use domain::{Answer, Choice, Extra, Failure, FailureKind, Message, Part, RawJson, Role, StopReason};
use serde_json::value::RawValue;

use super::chunk::{Candidate, Chunk};
use super::part::{self, Piece};
use super::tool::Call;
use super::{logprobs, stop, usage};
use crate::ids::{fnv, made_id};
use crate::json::{self, Content, Field, Items};
use crate::refusal;

/// Reads the body of a successful response. A stream that comes as one array of chunks is read as the answer
/// that it adds up to.
///
/// # Errors
/// [`FailureKind::ContentRefused`] when the prompt was refused; [`FailureKind::UpstreamFailed`] when it is no
/// answer or the model broke it off; what the provider says when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let mended = json::without_lone_surrogates(text);
    let text = mended.as_deref().unwrap_or(text);
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| not_an_answer())?;
    let mut answers = documents(raw).into_iter().map(|document| {
        match serde_json::from_str(document.get()).map_err(|_| not_an_answer())? {
            Field::Object(chunk) => read(chunk),
            Field::Null | Field::Wrong => Err(not_an_answer()),
        }
    });
    let mut whole = answers.next().ok_or_else(not_an_answer)??;
    for more in answers {
        join(&mut whole, more?);
    }
    if whole.choices.is_empty() {
        return Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's answer holds no candidate.",
        ));
    }
    for choice in &mut whole.choices {
        let calls = |part: &Part| matches!(part, Part::ToolCall { .. });
        choice.reason = stop::with_calls(choice.reason, choice.message.parts.iter().any(calls));
    }
    Ok(whole)
}

/// The chunks of an array, or the one that the value is.
pub(super) fn documents(raw: &RawValue) -> Vec<&RawValue> {
    if raw.get().starts_with('[') {
        json::items(raw).unwrap_or_default()
    } else {
        vec![raw]
    }
}

fn not_an_answer() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's answer is not one of generateContent.",
    )
}

fn read(chunk: Chunk<'_>) -> Result<Answer, Failure> {
    if let Some(error) = chunk.error {
        return Err(refusal::inside(error));
    }
    if let Some(refusal) = chunk.refusal() {
        return Err(refusal);
    }
    let seed = chunk.seed();
    let extra = chunk.extra();
    let mut choices = Vec::new();
    if let Items::List(list) = chunk.candidates {
        for candidate in list {
            if let Field::Object(candidate) = candidate {
                choices.push(read_candidate(&candidate, seed ^ choices.len() as u64)?);
            }
        }
    }
    Ok(Answer {
        id: chunk.id.filled().map(Into::into),
        model: chunk.model.filled().map(Into::into),
        choices,
        usage: chunk.usage.and_then(usage::read),
        extra,
    })
}

fn read_candidate(candidate: &Candidate<'_>, seed: u64) -> Result<Choice, Failure> {
    let reason = candidate.reason()?;
    let mut ids = Ids::new(seed);
    let mut parts = Vec::new();
    for piece in pieces(&candidate.content.parts) {
        match piece {
            Piece::Said(part) => parts.push(part),
            Piece::Call(call) => parts.push(ids.settle(call)?),
            Piece::Outcome(_) | Piece::Nothing => {}
        }
    }
    let mut extra = Extra::new();
    candidate.carry(&mut extra);
    Ok(Choice {
        message: Message {
            role: Role::Assistant,
            parts,
            extra,
        },
        reason: reason.unwrap_or(StopReason::Stop),
        logprobs: candidate.logprobs.and_then(logprobs::read),
    })
}

/// The parts of a content; what cannot be read is carried whole.
pub(super) fn pieces(content: &Content<'_>) -> Vec<Piece> {
    match content {
        Content::Parts(list) => list
            .iter()
            .map(|value| match part::read("", value) {
                // a model does not answer itself
                Ok(Piece::Outcome(_)) | Err(_) => Piece::Said(part::opaque(value)),
                Ok(piece) => piece,
            })
            .collect(),
        Content::Text(text) if !text.is_empty() => vec![Piece::Said(Part::text(text.as_ref()))],
        Content::Text(_) | Content::Absent | Content::Wrong => Vec::new(),
    }
}

/// Gives each call of a candidate an id of its own.
#[derive(Debug, Default)]
pub(super) struct Ids {
    seed: u64,
    given: Vec<String>,
}

impl Ids {
    /// Ids for an answer with this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            given: Vec::new(),
        }
    }

    /// How many calls there are so far.
    pub(super) fn len(&self) -> usize {
        self.given.len()
    }

    /// The call as a part. An id that is missing, or that another call has, is made up.
    pub(super) fn settle(&mut self, call: Call) -> Result<Part, Failure> {
        if self.given.len() >= MAX_CALLS {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent more tool calls than can be meant.",
            ));
        }
        let index = u32::try_from(self.given.len()).unwrap_or(u32::MAX);
        let seed = fnv(fnv(self.seed, call.name.as_bytes()), call.arguments.as_bytes());
        let theirs = call.id.filter(|id| !self.given.contains(id));
        let id = theirs.unwrap_or_else(|| made_id(seed, index));
        self.given.push(id.clone());
        Ok(Part::ToolCall {
            id,
            name: call.name,
            arguments: call.arguments,
            extra: call.extra,
        })
    }
}

/// More calls in one turn than any model makes.
const MAX_CALLS: usize = 1024;

/// Adds a later chunk to an answer.
fn join(whole: &mut Answer, more: Answer) {
    whole.id = whole.id.take().or(more.id);
    whole.model = whole.model.take().or(more.model);
    whole.usage = more.usage.or(whole.usage.take());
    for (name, value) in more.extra.iter() {
        whole.extra.set(name, value.clone());
    }
    for (at, choice) in more.choices.into_iter().enumerate() {
        match whole.choices.get_mut(at) {
            Some(known) => join_choice(known, choice),
            None => whole.choices.push(choice),
        }
    }
}

fn join_choice(known: &mut Choice, more: Choice) {
    known.reason = more.reason;
    known.logprobs = known.logprobs.take().or(more.logprobs);
    for (name, value) in more.message.extra.iter() {
        known.message.extra.set(name, RawJson::new(value.get()));
    }
    for part in more.message.parts {
        match (known.message.parts.last_mut(), part) {
            (
                Some(Part::Text { text, extra }),
                Part::Text {
                    text: next,
                    extra: after,
                },
            ) if extra.is_empty() => {
                text.push_str(&next);
                *extra = after;
            }
            (
                Some(Part::Reasoning {
                    text,
                    signature: signature @ None,
                    ..
                }),
                Part::Reasoning {
                    text: next,
                    signature: after,
                    ..
                },
            ) => {
                text.push_str(&next);
                *signature = after;
            }
            (_, part) => known.message.parts.push(part),
        }
    }
}
