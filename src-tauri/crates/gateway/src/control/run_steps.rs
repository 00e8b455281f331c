//! A call step by step: the model is asked, its tools are used, it is asked again.
//!
//! Nothing is written down for it. The ledger tells who was asked and what became of it, the uses of tools what was done,
//! and the answer's message what was said between. The danger is a story that did not happen: the order is that of the
//! message, whose calls and results stand where they came, and where no message is kept it is that of the clock.

use std::collections::VecDeque;

use domain::{Entry, Failure, Outcome, Part, StopReason, Timestamp, ToolUse};
use store::table;
use store::table::entries::AttemptRow;

use super::{CallName, CallSteps, Caller, ModelStep, RunStep, ToolStep};
use crate::Engine;

pub(super) async fn steps(engine: &Engine, _: Caller, args: CallName) -> Result<CallSteps, Failure> {
    engine.store().flush().await?;
    let call = args.call.clone();
    let (entries, uses, parts) = engine
        .store()
        .read(move |conn| {
            let row = table::calls::get(conn, &args.call)?;
            let uses = table::tool_uses::of_call(conn, &args.call)?;
            let answers = match &row.call.session {
                Some(session) => table::messages::of_call(conn, session, &args.call)?,
                None => Vec::new(),
            };
            let parts = answers.into_iter().next().map(|stored| stored.message.parts);
            let entries: Vec<Entry> = row
                .attempts
                .into_iter()
                .filter_map(|attempt| match attempt {
                    AttemptRow::Ended { entry, .. } => Some(domain::Entry::clone(&entry)),
                    AttemptRow::Running { .. } => None,
                })
                .collect();
            Ok((entries, uses, parts.unwrap_or_default()))
        })
        .await?;
    Ok(CallSteps {
        call,
        steps: told(&entries, uses, &parts),
    })
}

/// What was said between two uses of tools, and which tools followed it.
#[derive(Debug, Default)]
struct Round<'p> {
    text: String,
    reasoning: String,
    calls: Vec<&'p str>,
}

/// The rounds of an answer: each ends with what its tools gave.
fn rounds(parts: &[Part]) -> Vec<Round<'_>> {
    let own: Vec<&str> = parts
        .iter()
        .filter_map(|part| {
            let Part::ToolResult { call_id, .. } = part else {
                return None;
            };
            Some(call_id.as_str())
        })
        .collect();
    let mut rounds = vec![Round::default()];
    let mut given = false;
    for part in parts {
        if let Part::ToolResult { .. } = part {
            given = true;
            continue;
        }
        if std::mem::take(&mut given) {
            rounds.push(Round::default());
        }
        let Some(round) = rounds.last_mut() else { break };
        match part {
            Part::Text { text, .. } | Part::Refusal { text } => round.text.push_str(text),
            Part::Reasoning { text, .. } => round.reasoning.push_str(text),
            Part::ToolCall { id, .. } if own.contains(&id.as_str()) => round.calls.push(id),
            Part::ToolCall { name, arguments, .. } => {
                // the caller's: it is what was answered
                round.text.push_str(&format!("\n{name}({arguments})"));
            }
            Part::ToolResult { .. }
            | Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Opaque { .. } => {}
        }
    }
    rounds
}

fn told(entries: &[Entry], uses: Vec<ToolUse>, parts: &[Part]) -> Vec<RunStep> {
    let mut rounds: VecDeque<Round<'_>> = rounds(parts).into();
    let results: Vec<&Part> = parts
        .iter()
        .filter(|part| matches!(part, Part::ToolResult { .. }))
        .collect();
    let mut uses: VecDeque<ToolUse> = uses.into();
    // results of calls with one id stand in the order of their uses
    let mut results: VecDeque<&Part> = results.into();
    let mut steps = Vec::new();
    // the answer is the last's; a summary, which is asked for before it, says nothing of the answer
    let asks =
        |entry: &Entry| entry.outcome == Outcome::Succeeded && entry.finish == Some(StopReason::ToolCalls);
    let last = entries.len().saturating_sub(1);
    for (at, entry) in entries.iter().enumerate() {
        let asks = asks(entry) && rounds.front().is_some_and(|round| !round.calls.is_empty());
        let round = match asks || (at == last && entry.outcome != Outcome::Interrupted) {
            true => rounds.pop_front().unwrap_or_default(),
            false => Round::default(),
        };
        steps.push(RunStep::Model(model(entry, &round)));
        let until = entries.get(at + 1).map(|next| next.ended_at);
        let mut left = round.calls.len();
        while let Some(next) = uses.front() {
            let follows = match parts.is_empty() {
                true => at == last || until.is_none_or(|until| next.asked_at < until),
                false => left > 0 || at == last,
            };
            if !follows {
                break;
            }
            left = left.saturating_sub(1);
            if let Some(next) = uses.pop_front() {
                let at = results.iter().position(|part| gives(part, &next.tool_call));
                let result = at.and_then(|at| results.remove(at));
                steps.push(RunStep::Tool(tool(next, result)));
            }
        }
    }
    steps
}

fn gives(part: &Part, call: &str) -> bool {
    matches!(part, Part::ToolResult { call_id, .. } if call_id == call)
}

fn model(entry: &Entry, round: &Round<'_>) -> ModelStep {
    let timings = entry.timings;
    let sent = timings.sent_us.unwrap_or(0);
    ModelStep {
        number: entry.attempt.number,
        target: entry.attempt.target.clone(),
        outcome: entry.outcome,
        failure: entry.failure.clone(),
        finish: entry.finish,
        reasoning: round.reasoning.trim().to_owned(),
        text: round.text.trim().to_owned(),
        usage: entry.usage,
        cost: entry.cost,
        confidence: entry.confidence,
        took_ms: timings.total_us.saturating_sub(sent) / 1_000,
        ended_at: entry.ended_at,
    }
}

fn tool(one: ToolUse, result: Option<&Part>) -> ToolStep {
    let between = |from: Option<Timestamp>, to: Option<Timestamp>| {
        let span = to?.millis().saturating_sub(from?.millis());
        Some(span.max(0).unsigned_abs())
    };
    let answered = one.begun_at.or(one.ended_at);
    let waited = (one.permit != domain::Permit::Rule)
        .then(|| between(Some(one.asked_at), answered))
        .flatten();
    ToolStep {
        number: one.number,
        took_ms: one.took_ms(),
        tool: one.tool,
        arguments: one.arguments,
        permit: one.permit,
        state: one.state,
        result: result.map(|part| Part::plain_text(std::slice::from_ref(part))),
        waited_ms: waited,
        asked_at: one.asked_at,
    }
}
