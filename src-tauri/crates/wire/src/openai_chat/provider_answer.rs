//! A provider's whole answer (W-58, A.3).

use domain::{Answer, Choice, Extra, Failure, FailureKind, Message, Part, RawJson, Role};

use super::provider_chunk::{self, Chunk, Piece, Said};
use super::reasoning_details::Details;
use super::tool_calls::{Fragment, fit_id};
use super::{cohere, stop, usage};
use crate::ids::fnv;
use crate::json::{self, Content, Field, Items, Text};
use crate::refusal;
use crate::stop::with_calls;

/// Reads the body of a successful response. Liberal about everything but the essential: an answer without
/// a choice is none.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no answer; what the provider says when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    match serde_json::from_str::<Field<Chunk<'_>>>(text) {
        Ok(Field::Object(chunk)) if chunk.is_cohere() => cohere::read_answer(text),
        Ok(Field::Object(chunk)) => read(chunk),
        Ok(Field::Null | Field::Wrong) => Err(not_an_answer()),
        Err(_) => {
            let mended = json::without_lone_surrogates(text).ok_or_else(not_an_answer)?;
            match serde_json::from_str(&mended) {
                Ok(Field::Object(chunk)) => read(chunk),
                Ok(Field::Null | Field::Wrong) | Err(_) => Err(not_an_answer()),
            }
        }
    }
}

fn not_an_answer() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's answer is not a chat completion.",
    )
}

fn read(chunk: Chunk<'_>) -> Result<Answer, Failure> {
    if let Some(error) = chunk.error {
        return Err(refusal::inside(error));
    }
    let seed = seed(&chunk);
    let usage = chunk.usage().and_then(usage::read);
    let mut extra = Extra::new();
    chunk.tell(&mut extra, |_, _| {});
    let Items::List(list) = chunk.choices else {
        return Err(not_an_answer());
    };
    let mut choices = Vec::with_capacity(list.len());
    for choice in list {
        if let Field::Object(choice) = choice {
            choices.push(read_choice(choice, seed)?);
        }
    }
    if choices.is_empty() {
        return Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's answer holds no choice.",
        ));
    }
    Ok(Answer {
        id: chunk.id.filled().map(Into::into),
        model: chunk.model.filled().map(Into::into),
        choices,
        usage,
        extra,
    })
}

/// What made-up ids of an answer are derived from.
pub(super) fn seed(chunk: &Chunk<'_>) -> u64 {
    let mut seed = 0;
    if let Text::Str(id) = &chunk.id {
        seed = fnv(seed, id.as_bytes());
    }
    if let Some(created) = chunk.created {
        seed = fnv(seed, created.get().as_bytes());
    }
    seed
}

fn read_choice(mut choice: provider_chunk::Choice<'_>, seed: u64) -> Result<Choice, Failure> {
    let images = choice.said.images();
    let extra = choice.extra();
    let mut said = choice.said;
    let mut reasoning = said.reasoning().map(String::from).unwrap_or_default();
    let mut text = None;
    match std::mem::take(&mut said.content) {
        Content::Text(all) => text = Some(String::from(all)),
        Content::Parts(list) => {
            let mut pieces = Vec::new();
            list.iter()
                .for_each(|part| provider_chunk::pieces(part, &mut pieces));
            for piece in pieces {
                match piece {
                    Piece::Text(piece) => text.get_or_insert_default().push_str(&piece),
                    Piece::Reasoning(piece) => reasoning.push_str(&piece),
                }
            }
        }
        Content::Absent | Content::Wrong => text = choice.text.filled().map(Into::into),
    }
    let mut parts = Vec::new();
    let mut details = Details::default();
    if let Some(pieces) = said.reasoning_details {
        let told = details.add(pieces);
        if reasoning.is_empty() {
            reasoning = told;
        }
    }
    let (signature, sealed) = details.sealed();
    if !reasoning.is_empty() || !sealed.is_empty() {
        parts.push(Part::Reasoning {
            text: reasoning,
            signature,
            extra: sealed,
        });
    }
    parts.extend(text.filter(|text| !text.is_empty()).map(Part::text));
    parts.extend(images);
    if let Some(refusal) = std::mem::take(&mut said.refusal).filled() {
        parts.push(Part::Refusal { text: refusal.into() });
    }
    calls(said, seed, &mut parts)?;
    let arguments = parts.iter().filter_map(|part| {
        if let Part::ToolCall { arguments, .. } = part {
            Some(arguments.as_str())
        } else {
            None
        }
    });
    let reason = stop::read(&choice.finish_reason.filled().unwrap_or("stop".into()))?;
    Ok(Choice {
        reason: with_calls(reason, arguments),
        logprobs: choice.logprobs.map(|raw| RawJson::new(raw.get())),
        message: Message {
            role: Role::Assistant,
            parts,
            extra,
        },
    })
}

fn calls(said: Said<'_>, seed: u64, parts: &mut Vec<Part>) -> Result<(), Failure> {
    let mut fragments: Vec<Fragment<'_>> = Vec::new();
    if let Items::List(list) = said.tool_calls {
        fragments.extend(list.into_iter().filter_map(|call| match call {
            Field::Object(call) => Some(call),
            Field::Null | Field::Wrong => None,
        }));
    }
    if let (true, Some(function)) = (fragments.is_empty(), said.function_call) {
        fragments.push(Fragment::of(function));
    }
    for (index, call) in (0_u32..).zip(fragments) {
        let name = call.function.name.as_deref().ok_or_else(|| {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a tool call without a name.",
            )
        })?;
        let arguments = call.function.arguments.as_deref().filter(|text| !text.is_empty());
        parts.push(Part::ToolCall {
            id: fit_id(call.id.as_deref(), seed, index),
            name: name.to_owned(),
            arguments: arguments.unwrap_or("{}").to_owned(),
            extra: call.extra(),
        });
    }
    Ok(())
}
