//! A session and its messages as the window shows them.
//!
//! A session may hold ten thousand messages, and the window looks again whenever an answer begins and ends. So the tree
//! is walked by its outline, and only the messages that are asked for are read, with their calls.

use domain::{
    Failure, FailureKind, Message, MessageId, Part, Role, Session, SessionId, SessionSource, Step, StepKind,
    StoredMessage, Target,
};
use store::table::entries::AttemptRow;
use store::{Connection, table};

use super::super::{
    CallRow, ContextUse, FailureView, MessageView, Receipt, SessionRow, SessionView, ToolTime, calls,
};
use super::tree::{self, Siblings, Tree, cut, stored};
use crate::Engine;
use crate::failures::not_found;
use crate::live::LiveAnswer;
use crate::models;

/// A message with the call that made it, where that is kept.
struct Shown {
    stored: StoredMessage,
    call: Option<table::calls::CallRow>,
    reasoning_ms: Option<u64>,
    recalled: u32,
    tool_times: Vec<ToolTime>,
}

/// Which part of a session is looked at.
#[derive(Default)]
pub(super) struct Extent {
    /// The branch as far as this message.
    pub until: Option<MessageId>,
    /// At most so many messages.
    pub last: Option<u32>,
    /// Messages that the caller holds.
    pub known: Vec<MessageId>,
}

pub(super) async fn view(engine: &Engine, id: SessionId, extent: Extent) -> Result<SessionView, Failure> {
    // taken before the database is read: a piece that comes in between is then in both and ignored by its number
    let mut live = engine.live().get(&id);
    if extent.until.is_some() {
        live.clear();
    }
    engine.store().flush().await?;
    let wanted = id.clone();
    let answered = live.first().map(|answer| answer.parent.clone());
    let (session, usage, branch, siblings, after, summaries, used) = engine
        .store()
        .read(move |conn| {
            let session = table::sessions::get(conn, &wanted)?;
            let usage = table::entries::of_session(conn, &wanted)?;
            let tree = Tree::of(table::messages::outline(conn, &wanted)?);
            let ids = match &extent.until {
                Some(until) if !tree.holds(until) => {
                    return Err(not_found("message of this session", until.as_str()));
                }
                Some(until) => tree.branch(Some(until), None),
                None => tree.branch(session.leaf.as_ref(), answered.as_ref()),
            };
            let mut summaries = table::summaries::of_session(conn, &wanted)?;
            summaries.retain(|(_, one)| one.upto.as_ref().is_some_and(|upto| ids.contains(upto)));
            let used = used(conn, &ids)?;
            let (after, ids) = cut(ids, extent.last, &extent.known);
            let mut branch = Vec::new();
            for stored in stored(conn, &wanted, ids)? {
                branch.push(shown(conn, stored)?);
            }
            Ok((session, usage, branch, tree.siblings, after, summaries, used))
        })
        .await?;
    let mut messages: Vec<MessageView> = branch
        .into_iter()
        .map(|one| stored_view(engine, one, &siblings, &live))
        .collect();
    if let Some(first) = live.first() {
        messages.push(live_view(engine, first.clone(), &siblings, &live));
    }
    let mut row = row(engine, session, &usage);
    // of the same moment as the messages: an answer that ended meanwhile is still shown as one that is written
    row.streaming = !live.is_empty();
    let context = match used {
        Some((target, used)) => Some(ContextUse {
            window: window(engine, &target).await?,
            target,
            used,
        }),
        None => None,
    };
    Ok(SessionView {
        row,
        messages,
        after,
        summaries: summaries.into_iter().map(|(_, summary)| summary).collect(),
        context,
    })
}

/// How many tokens a model reads, if anybody knows; the network is not asked.
async fn window(engine: &Engine, target: &Target) -> Result<Option<u64>, Failure> {
    let roster = engine.roster().now();
    match roster.providers.get(&target.provider) {
        Some(provider) => Ok(models::facts(engine, provider, target).await?.context),
        None => Ok(None),
    }
}

/// The tokens of the last answer of a branch: of its last attempt alone, since those before it read other things.
fn used(conn: &Connection, branch: &[MessageId]) -> Result<Option<(Target, u64)>, Failure> {
    /// An answer stands at the end, or a question after it, or some results.
    const NEAR: usize = 8;
    for id in branch.iter().rev().take(NEAR) {
        let Some(call) = table::messages::get(conn, id)?.and_then(|stored| stored.call) else {
            continue;
        };
        let row = match table::calls::get(conn, &call) {
            Ok(row) => row,
            Err(failure) if failure.kind() == FailureKind::NotFound => continue,
            Err(failure) => return Err(failure),
        };
        let counted = row.attempts.iter().rev().find_map(|attempt| match attempt {
            AttemptRow::Ended { entry, .. } => Some((
                entry.attempt.target.clone(),
                entry.usage.filter(|usage| usage.total() > 0)?,
            )),
            AttemptRow::Running { .. } => None,
        });
        if let Some((target, usage)) = counted {
            return Ok(Some((target, usage.input.saturating_add(usage.output))));
        }
    }
    Ok(None)
}

/// The answers that stand beside one, in the order they were begun.
pub(super) async fn beside(
    engine: &Engine,
    session: SessionId,
    message: &MessageId,
) -> Result<Vec<MessageView>, Failure> {
    let live = engine.live().get(&session);
    engine.store().flush().await?;
    let wanted = message.clone();
    let parent_of_live = live
        .iter()
        .find(|answer| answer.message == wanted)
        .map(|answer| answer.parent.clone());
    let (stored, siblings) = engine
        .store()
        .read(move |conn| {
            let parent = match (table::messages::get(conn, &wanted)?, parent_of_live) {
                (Some(stored), _) if stored.session == session => stored.parent,
                (_, Some(parent)) => Some(parent),
                (_, None) => return Err(not_found("message of this session", wanted.as_str())),
            };
            let children = table::messages::children(conn, &session, parent.as_ref())?;
            let siblings = tree::siblings(children.iter().map(|one| (&one.id, one.parent.as_ref())));
            let shown = children.into_iter().map(|stored| shown(conn, stored));
            Ok((shown.collect::<Result<Vec<_>, _>>()?, siblings))
        })
        .await?;
    let is_live = |id: &MessageId| live.iter().any(|answer| answer.message == *id);
    let mut views: Vec<MessageView> = stored
        .into_iter()
        .filter(|one| !is_live(&one.stored.id))
        .map(|one| stored_view(engine, one, &siblings, &live))
        .collect();
    let parent = views.first().and_then(|view| view.parent.clone());
    for answer in &live {
        if parent.is_none() || parent.as_ref() == Some(&answer.parent) {
            views.push(live_view(engine, answer.clone(), &siblings, &live));
        }
    }
    views.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(views)
}

/// Takes the bytes out of a message; what they were stays.
pub(super) fn leave_out_media(message: &mut MessageView) {
    Part::leave_out_bytes(&mut message.message.parts);
}

fn shown(conn: &Connection, stored: StoredMessage) -> Result<Shown, Failure> {
    let call = match &stored.call {
        Some(id) => match table::calls::get(conn, id) {
            Ok(row) => Some(row),
            // forgotten by the retention, as the person wished
            Err(failure) if failure.kind() == FailureKind::NotFound => None,
            Err(failure) => return Err(failure),
        },
        None => None,
    };
    let thought = |part: &Part| matches!(part, Part::Reasoning { text, .. } if !text.is_empty());
    let reasoning_ms = match &call {
        Some(row) if stored.message.parts.iter().any(thought) => {
            let timelines = table::details::timelines(conn, &row.call.id)?;
            timelines.last().and_then(|last| thinking(&last.steps))
        }
        Some(_) | None => None,
    };
    let recalled = match &call {
        Some(row) => table::recalls::count(conn, &row.call.id)?,
        None => 0,
    };
    let given = |part: &Part| matches!(part, Part::ToolResult { .. });
    let tool_times = match &call {
        Some(row) if stored.message.parts.iter().any(given) => table::tool_uses::times(conn, &row.call.id)?
            .into_iter()
            .map(|(tool_call, took_ms)| ToolTime { tool_call, took_ms })
            .collect(),
        Some(_) | None => Vec::new(),
    };
    Ok(Shown {
        stored,
        call,
        reasoning_ms,
        recalled,
        tool_times,
    })
}

/// From the first thought to the first word.
fn thinking(steps: &[Step]) -> Option<u64> {
    let mut steps = steps.iter();
    let from = steps.find(|step| step.kind == StepKind::Reasoning)?.at_us;
    let spoken = |step: &&Step| match step.kind {
        StepKind::Text | StepKind::Refusal | StepKind::ToolCall | StepKind::Finished => true,
        StepKind::Started | StepKind::Reasoning | StepKind::Part | StepKind::Usage => false,
    };
    Some(steps.find(spoken)?.at_us.saturating_sub(from) / 1000)
}

fn branches(
    parent: Option<&MessageId>,
    own: &MessageId,
    siblings: &Siblings,
    live: &[LiveAnswer],
) -> Vec<MessageId> {
    let mut all = siblings.get(&parent.cloned()).cloned().unwrap_or_default();
    let written = live.iter().filter(|answer| Some(&answer.parent) == parent);
    all.extend(written.map(|answer| answer.message.clone()));
    all.push(own.clone());
    // ids grow with time
    all.sort();
    all.dedup();
    all
}

fn live_view(engine: &Engine, answer: LiveAnswer, siblings: &Siblings, live: &[LiveAnswer]) -> MessageView {
    MessageView {
        branches: branches(Some(&answer.parent), &answer.message, siblings, live),
        id: answer.message,
        parent: Some(answer.parent),
        role: Role::Assistant,
        message: Message {
            role: Role::Assistant,
            parts: answer.parts,
            extra: domain::Extra::new(),
        },
        state: domain::MessageState::Streaming,
        created_at: engine.clock().now(),
        answered_by: Some(answer.by),
        receipt: None,
        recalled: 0,
        tool_times: answer.times,
        seq: answer.seq,
    }
}

fn stored_view(engine: &Engine, one: Shown, siblings: &Siblings, live: &[LiveAnswer]) -> MessageView {
    let Shown {
        stored,
        call,
        reasoning_ms,
        recalled,
        tool_times,
    } = one;
    let call = call.map(|row| calls::view(engine, row));
    MessageView {
        branches: branches(stored.parent.as_ref(), &stored.id, siblings, live),
        answered_by: call.as_ref().map(|row| {
            let asked = || row.call.requested_model.clone();
            row.agent_slug.clone().unwrap_or_else(asked)
        }),
        receipt: call.as_ref().map(|row| receipt(row, reasoning_ms)),
        recalled,
        tool_times,
        id: stored.id,
        parent: stored.parent,
        role: stored.message.role,
        message: stored.message,
        state: stored.state,
        created_at: stored.created_at,
        seq: 0,
    }
}

fn receipt(row: &CallRow, reasoning_ms: Option<u64>) -> Receipt {
    let failure = match row.outcome {
        Some(domain::Outcome::Failed { kind }) => {
            let mut view = FailureView::from(&crate::failures::in_words(kind));
            if let Some(said) = &row.failure {
                view.message.clone_from(said);
            }
            Some(view)
        }
        Some(_) | None => None,
    };
    Receipt {
        call: row.call.id.clone(),
        target: row.target.clone(),
        usage: row.usage,
        cost: row.cost,
        confidence: row.confidence,
        first_token_ms: row.first_token_ms,
        total_ms: row.total_ms.unwrap_or(0),
        reasoning_ms,
        finish: row.finish,
        failure,
    }
}

/// A session as lists show it.
pub(super) fn row(engine: &Engine, session: Session, usage: &table::entries::UsageRow) -> SessionRow {
    let roster = engine.roster().now();
    let (client, client_icon) = match &session.source {
        SessionSource::App => (None, None),
        SessionSource::Client { key } => match roster.key(key) {
            Some(state) => (Some(state.key.name.clone()), state.key.icon.clone()),
            None => (Some(key.to_string()), None),
        },
    };
    let agent_slug = session
        .agent
        .as_ref()
        .and_then(|id| roster.by_id.get(id))
        .map(|agent| agent.draft.slug.to_string());
    let streaming = engine.live().contains(&session.id);
    SessionRow {
        session,
        client,
        client_icon,
        agent_slug,
        streaming,
        calls: usage.calls,
        usage: usage.usage,
        cost: usage.cost,
        unknown_cost: usage.unknown_cost,
    }
}
