//! A server's whole answer.

use domain::{Answer, Choice, Failure, FailureKind, Message, Part, Role};

use super::provider_chunk::Chunk;
use crate::json::{self, Field};
use crate::refusal;
use crate::stop::with_calls;

/// Reads the body of a successful response of `/api/chat`, and of `/api/generate`.
///
/// A model's `<think>` inside its text stays there: a server that was asked to think tells it apart itself,
/// and where it was not asked, the text may as well be about the word.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no answer; what the server says when it holds an error.
pub fn decode_answer(body: &[u8]) -> Result<Answer, Failure> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{FEFF}').trim();
    let mended = json::without_lone_surrogates(text);
    match serde_json::from_str(mended.as_deref().unwrap_or(text)) {
        Ok(Field::Object(chunk)) => read(chunk),
        Ok(Field::Null | Field::Wrong) | Err(_) => Err(not_an_answer()),
    }
}

fn not_an_answer() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's answer is not one of Ollama's.",
    )
}

fn read(mut chunk: Chunk<'_>) -> Result<Answer, Failure> {
    if let Some(error) = chunk.error {
        return Err(refusal::inside(error));
    }
    if chunk.done == Some(false) {
        return Err(Failure::new(
            FailureKind::UpstreamDisconnected,
            "The provider's answer ends before its end.",
        ));
    }
    let said = chunk.message.take().ok_or_else(not_an_answer)?;
    let calls = said.calls(chunk.seed(), 0)?;
    let reason = with_calls(chunk.reason(), calls.iter().map(|call| call.arguments.as_str()));
    let (extra, images) = (said.extra(), said.images());
    let mut parts = Vec::new();
    parts.extend(said.thinking.filled().map(Part::reasoning));
    parts.extend(said.content.filled().map(Part::text));
    parts.extend(images);
    parts.extend(calls.into_iter().map(|call| Part::ToolCall {
        id: call.id,
        name: call.name,
        arguments: call.arguments,
        extra: call.extra,
    }));
    let choice = Choice {
        message: Message {
            role: Role::Assistant,
            parts,
            extra,
        },
        reason,
        logprobs: chunk.logprobs(),
    };
    Ok(Answer {
        id: None,
        usage: chunk.usage(),
        extra: chunk.extra(),
        model: chunk.model.filled().map(Into::into),
        choices: vec![choice],
    })
}
