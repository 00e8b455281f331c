//! Puts back what a provider wants to see again and the client's protocol, or the client, has dropped:
//! signatures, sealed reasoning, `reasoning_content`, `reasoning_details` (W-164, W-168, W-172, W-173, W-176).
//!
//! Without it the second turn of a tool loop is refused. With the wrong one it is refused as well: a seal
//! opens only for the upstream and model that made it. So an answer's reasoning is kept beside its maker and
//! put back for nobody else, and seals of other makers are taken off a history that holds them. What is put
//! back is found by digests that start from the client key, so that no program can ask for another's
//! reasoning (SEC-17): first by the whole conversation up to the answer, then by each tool call, which still
//! works when the client has shortened the conversation.
//!
//! Deliberately not here: what a wire does where a seal is missing for good, which is its encoder's.

mod envelope;
mod memory;
mod pieces;
mod restore;
mod sealed;
mod signature;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use domain::{Applied, BaseUrl, Message, Origin, Part, Provider, RawJson, Request, Role};
use store::Record;
use store::table::reasoning::Reasoning;

pub(crate) use envelope::{Envelopes, Sealed};
pub(crate) use memory::Memory;
pub(super) use pieces::Pieces;
pub(super) use sealed::thoughts;
pub(crate) use signature::Signature;

use super::fingerprint::{Fingerprint, chain_of, digest};
use crate::engine::Engine;
use memory::{Found, Recalled};

/// The field of a stored answer that tells who made it. It never leaves for a provider.
const MADE_BY: &str = "inglenook_made_by";
/// No model thinks so much; a provider that says so shall not fill the memory.
const MOST_BYTES: usize = 1 << 20;

/// Who made an answer, and alone can read its seals.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Maker {
    /// The provider, its wire and its origin.
    pub upstream: String,
    /// The model, as it was asked for.
    pub model: String,
}

impl Maker {
    /// The maker of what this model of this provider will answer.
    pub fn of(provider: &Provider, model: &str) -> Self {
        let origin = provider.base_url().map(BaseUrl::origin);
        let origin = origin.as_ref().map_or("in-process", Origin::as_str);
        Self {
            upstream: format!("{} {} {origin}", provider.id, provider.wire.as_str()),
            model: model.to_owned(),
        }
    }

    fn mark(&self) -> RawJson {
        RawJson::of(&format!("{} {}", self.upstream, self.model).into())
    }
}

/// Whose conversation it is, as digests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thread {
    /// The client key, or the window.
    pub owner: Fingerprint,
    /// Where the chain of what was said begins.
    pub scope: Fingerprint,
    /// Where it stands before the answer.
    pub said: Fingerprint,
    /// Whether what is said is stored. Else reasoning is kept in memory and for as long as it is used: without
    /// it not even the next turn would work.
    pub lasting: bool,
}

/// Remembers the reasoning of an answer, if it holds any, and marks the message as its maker's. Gives what is
/// to be recorded.
pub(super) fn remember(
    engine: &Engine,
    thread: &Thread,
    maker: &Maker,
    message: &mut Message,
) -> Option<Record> {
    let (parts, extra) = sealed::outline(message)?;
    let said = chain_of(thread.said, message);
    let reasoning = Reasoning {
        answer: said,
        upstream: maker.upstream.clone(),
        model: maker.model.clone(),
        parts,
        extra,
        used_at: engine.clock().now(),
    };
    let mut keys = vec![said];
    keys.extend(calls(message).map(|id| call_key(thread, id)));
    keys.extend(sealed::seals(message).iter().map(|seal| seal_key(seal)));
    message.extra.set(MADE_BY, maker.mark());
    let bytes = reasoning.bytes();
    if bytes > MOST_BYTES {
        tracing::warn!(bytes, "an answer's reasoning is too large to be kept");
        return None;
    }
    let recalled = Recalled::new(reasoning.clone(), thread.lasting);
    engine.reasoning().keep(maker, &keys, recalled);
    thread.lasting.then_some(Record::Reasoning { reasoning, keys })
}

/// The request as this maker can take it: with its own reasoning put back, without the seals of others.
/// A database that cannot be read is told in the log; the call goes on with what the client sent.
pub(super) async fn prepare<'r>(
    engine: &Engine,
    thread: &Thread,
    (provider, maker): (&Provider, &Maker),
    request: &'r Request,
) -> (Cow<'r, Request>, Vec<Applied>) {
    let mut applied = Vec::new();
    let sealed = Sealed {
        owner: thread.owner,
        maker: maker.clone(),
    };
    let (mut request, unopened) = match engine.envelopes().open(engine, &sealed, request).await {
        Some((opened, left_out)) => (Cow::Owned(opened), left_out),
        None => (Cow::Borrowed(request), 0),
    };
    if unopened > 0 {
        applied.push(Applied {
            what: "reasoning".to_owned(),
            how: format!("envelopes that do not open left out ({unopened})"),
        });
    }
    if !request
        .messages
        .iter()
        .any(|message| message.role == Role::Assistant)
    {
        return (request, applied);
    }
    let wanted = !provider.quirks.no_reasoning_history;
    let answers = look_up(engine, thread, maker, wanted, &request.messages).await;
    let (mut restored, mut stripped) = (0, 0);
    let mut used = Vec::new();
    for Answer { at, foreign, own } in answers {
        let Some(message) = request.messages.get(at) else {
            continue;
        };
        if foreign {
            let mut bare = message.clone();
            sealed::strip(&mut bare);
            replace(&mut request, at, bare, &mut stripped);
        } else if let Some(own) = own {
            let whole = restore::restore(message, &own.reasoning.parts, &own.reasoning.extra);
            replace(&mut request, at, whole, &mut restored);
            used.push(own);
        }
    }
    if request.messages.iter().any(is_marked) {
        for message in &mut request.to_mut().messages {
            message.extra.take(MADE_BY);
        }
    }
    note_use(engine, &used).await;
    let mut note = |how: String| {
        applied.push(Applied {
            what: "reasoning".to_owned(),
            how,
        });
    };
    if restored > 0 {
        note(format!("put back ({restored})"));
    }
    if stripped > 0 {
        note(format!("another model's seals left out ({stripped})"));
    }
    (request, applied)
}

fn replace(request: &mut Cow<'_, Request>, at: usize, with: Message, count: &mut u32) {
    if request.messages.get(at) != Some(&with)
        && let Some(message) = request.to_mut().messages.get_mut(at)
    {
        *message = with;
        *count += 1;
    }
}

fn is_marked(message: &Message) -> bool {
    message.role == Role::Assistant && message.extra.get(MADE_BY).is_some()
}

/// What is known of an answer in the history.
struct Answer {
    at: usize,
    /// It holds seals of somebody else.
    foreign: bool,
    /// What it held when this maker gave it.
    own: Option<Arc<Recalled>>,
}

/// The digests by which an answer in the history may be known.
struct Trace {
    at: usize,
    /// Of what it holds.
    seals: Vec<Fingerprint>,
    /// Of where it stands and what it calls.
    keys: Vec<Fingerprint>,
}

async fn look_up(
    engine: &Engine,
    thread: &Thread,
    maker: &Maker,
    wanted: bool,
    messages: &[Message],
) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut traces = Vec::new();
    let read = async {
        let memory = engine.reasoning();
        let known = wanted && memory.knows(engine.store(), maker).await?;
        let mark = maker.mark();
        let last = messages
            .iter()
            .rposition(|message| message.role == Role::Assistant);
        let mut said = thread.scope;
        for (at, message) in messages.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            if message.role.instructs() {
                continue;
            }
            // most makers have no reasoning, and then nothing has to be digested
            if known {
                said = chain_of(said, message);
            }
            if message.role != Role::Assistant {
                continue;
            }
            if let Some(made_by) = message.extra.get(MADE_BY) {
                // the session's own: it is whole, and says itself who made it
                answers.push(Answer {
                    at,
                    foreign: *made_by != mark,
                    own: None,
                });
                continue;
            }
            let mut keys = Vec::new();
            if known {
                keys.push(said);
                keys.extend(calls(message).map(|id| call_key(thread, id)));
            }
            let seals = sealed::seals(message).iter().map(|seal| seal_key(seal)).collect();
            traces.push(Trace { at, seals, keys });
        }
        let keys: HashSet<Fingerprint> = traces
            .iter()
            .flat_map(|trace| trace.seals.iter().chain(&trace.keys))
            .copied()
            .collect();
        if keys.is_empty() {
            return Ok(Found::new());
        }
        memory.find(engine.store(), keys.into_iter().collect()).await
    };
    let found = match read.await {
        Ok(found) => found,
        Err(failure) => {
            tracing::error!(%failure, "earlier reasoning could not be looked up");
            Found::new()
        }
    };
    let known = |key: &Fingerprint| found.get(key).and_then(Option::as_ref);
    answers.extend(traces.iter().map(|trace| {
        let calls_it = |recalled: &&Arc<Recalled>| {
            let message = messages.get(trace.at);
            message.is_some_and(|message| same_tools(message, &recalled.reasoning.parts))
        };
        let mut own = trace.keys.iter().filter_map(known);
        Answer {
            at: trace.at,
            foreign: trace
                .seals
                .iter()
                .filter_map(known)
                .any(|recalled| !recalled.is_of(maker)),
            own: own
                .find(|recalled| recalled.is_of(maker) && calls_it(recalled))
                .cloned(),
        }
    }));
    answers
}

/// Whether a call of the same id is of the same tool: some providers count their ids from 0 in every
/// conversation.
fn same_tools(message: &Message, outline: &[Part]) -> bool {
    message.parts.iter().all(|part| {
        let Part::ToolCall { id, name, .. } = part else {
            return true;
        };
        outline.iter().all(|mark| match mark {
            Part::ToolCall {
                id: of, name: called, ..
            } => of != id || called == name,
            Part::Text { .. }
            | Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::Refusal { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => true,
        })
    })
}

fn calls(message: &Message) -> impl Iterator<Item = &str> {
    message.parts.iter().filter_map(|part| {
        if let Part::ToolCall { id, .. } = part {
            Some(id.as_str())
        } else {
            None
        }
    })
}

fn call_key(thread: &Thread, id: &str) -> Fingerprint {
    digest(b"call", &thread.owner, id)
}

/// Not of one owner: who holds the seal learns nothing by its key but who made it.
fn seal_key(seal: &str) -> Fingerprint {
    digest(b"seal", &[0; 16], seal)
}

/// Writes down what was put back, once a day, so that it is not the oldest when room is made.
async fn note_use(engine: &Engine, used: &[Arc<Recalled>]) {
    let now = engine.clock().now();
    let records: Vec<Record> = used
        .iter()
        .filter(|recalled| recalled.is_worth_noting(now))
        .map(|recalled| Record::ReasoningUsed {
            answer: recalled.reasoning.answer,
            at: now,
        })
        .collect();
    if !records.is_empty()
        && let Err(failure) = engine.store().record(records).await
    {
        tracing::error!(%failure, "a use of earlier reasoning could not be recorded");
    }
}
