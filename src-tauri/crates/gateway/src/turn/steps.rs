//! What tools gave in the middle of earlier answers, for callers who resend a conversation and have never seen it.
//!
//! Without it the model would be told that it had known by itself. An answer is known again by everything that was said
//! up to it, from the client key on, so that nobody gets another's. What may be stored is in the session; what may not
//! is remembered here for as long as there is room, because the next turn needs it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Failure, MediaSource, Message, Part, Role};
use store::table;

use super::fingerprint::{Fingerprint, chain_of};
use super::reasoning::Thread;
use crate::engine::Engine;

const MOST: usize = 1024;
const MOST_BYTES: usize = 16 << 20;

/// The answers of late for which tools were run.
#[derive(Default)]
pub(crate) struct Steps {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<Fingerprint, (Arc<[Part]>, usize)>,
    oldest: VecDeque<Fingerprint>,
    bytes: usize,
}

impl Steps {
    fn find(&self, said: &Fingerprint) -> Option<Arc<[Part]>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers.get(said).map(|(parts, _)| Arc::clone(parts))
    }

    fn keep(&self, said: Fingerprint, parts: &[Part]) {
        let bytes = parts.iter().map(size).sum::<usize>();
        if bytes > MOST_BYTES / 4 {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, before)) = kept.answers.insert(said, (parts.into(), bytes)) {
            kept.bytes -= before;
        } else {
            kept.oldest.push_back(said);
        }
        kept.bytes += bytes;
        while kept.answers.len() > MOST || kept.bytes > MOST_BYTES {
            let Some(oldest) = kept.oldest.pop_front() else {
                break;
            };
            if let Some((_, bytes)) = kept.answers.remove(&oldest) {
                kept.bytes -= bytes;
            }
        }
    }
}

fn size(part: &Part) -> usize {
    match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => text.len(),
        Part::ToolCall { arguments, .. } => arguments.len(),
        Part::ToolResult { parts, .. } => parts.iter().map(size).sum(),
        Part::Opaque { value, .. } => value.get().len(),
        Part::Image(media) | Part::File(media) | Part::Audio(media) => match &media.source {
            MediaSource::Base64 { data } => data.len(),
            MediaSource::Url { .. } | MediaSource::FileId { .. } => 0,
        },
    }
}

/// Remembers an answer for which tools were run.
pub(super) fn remember(engine: &Engine, thread: &Thread, answer: &Message) {
    if !answer.own_calls().is_empty() {
        engine.steps().keep(chain_of(thread.said, answer), &answer.parts);
    }
}

/// Puts back into a conversation what tools gave in it.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn restore(
    engine: &Engine,
    thread: &Thread,
    messages: &mut [Message],
) -> Result<(), Failure> {
    let mut said = thread.scope;
    let mut unknown = Vec::new();
    for (at, message) in messages.iter_mut().enumerate() {
        if message.role.instructs() {
            continue;
        }
        said = chain_of(said, message);
        if message.role != Role::Assistant || !message.own_calls().is_empty() {
            continue;
        }
        match engine.steps().find(&said) {
            Some(parts) => message.parts = parts.to_vec(),
            None => unknown.push((at, said)),
        }
    }
    if unknown.is_empty() || !thread.lasting {
        return Ok(());
    }
    let stored = engine
        .store()
        .read(move |conn| {
            let mut stored = Vec::new();
            for (at, said) in unknown {
                let Some((_, leaf)) = table::fingerprints::find(conn, &said)? else {
                    continue;
                };
                let answer = table::messages::get(conn, &leaf)?.map(|stored| stored.message);
                stored.extend(
                    answer
                        .filter(|answer| !answer.own_calls().is_empty())
                        .map(|answer| (at, answer)),
                );
            }
            Ok(stored)
        })
        .await?;
    for (at, answer) in stored {
        if let Some(message) = messages.get_mut(at) {
            message.parts = answer.parts;
        }
    }
    Ok(())
}
