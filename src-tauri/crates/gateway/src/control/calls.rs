//! Calls and their ledger entries.

use domain::{Confidence, Failure, Money, Usage};
use store::table;
use store::table::calls::CallFilter;
use store::table::entries::AttemptRow;

use super::{CallName, CallPage, CallRow, CallView, Caller, ListCalls};
use crate::Engine;

pub(super) async fn list(engine: &Engine, _: Caller, args: ListCalls) -> Result<CallPage, Failure> {
    engine.store().flush().await?;
    let limit = usize::try_from(args.limit.unwrap_or(50)).unwrap_or(usize::MAX);
    let filter = CallFilter {
        session: args.session,
        ..CallFilter::default()
    };
    let page = engine
        .store()
        .read(move |conn| table::calls::list(conn, &filter, args.cursor.as_deref(), limit))
        .await?;
    Ok(CallPage {
        calls: page.items.into_iter().map(|row| view(engine, row)).collect(),
        next: page.next,
    })
}

pub(super) async fn get(engine: &Engine, _: Caller, args: CallName) -> Result<CallView, Failure> {
    engine.store().flush().await?;
    let (row, request) = engine
        .store()
        .read(move |conn| {
            Ok((
                table::calls::get(conn, &args.call)?,
                table::calls::upstream_request(conn, &args.call)?,
            ))
        })
        .await?;
    let ended = |attempt: &AttemptRow| match attempt {
        AttemptRow::Ended { entry, .. } => Some(domain::Entry::clone(entry)),
        AttemptRow::Running { .. } => None,
    };
    let entries = row.attempts.iter().filter_map(ended).collect();
    let upstream_request = request.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(CallView {
        row: view(engine, row),
        entries,
        upstream_request,
    })
}

/// A call as lists show it.
pub(super) fn view(engine: &Engine, row: table::calls::CallRow) -> CallRow {
    let roster = engine.roster().now();
    let client = match &row.call.source {
        domain::CallSource::Client { key } => Some(
            roster
                .key(key)
                .map_or_else(|| key.to_string(), |state| state.key.name.clone()),
        ),
        domain::CallSource::Window | domain::CallSource::CommandLine => None,
    };
    let agent_slug = row
        .call
        .agent
        .as_ref()
        .and_then(|id| roster.by_id.get(id))
        .map(|agent| agent.draft.slug.to_string());
    let mut outcome = None;
    let mut target = None;
    let mut usage: Option<Usage> = None;
    let mut cost: Option<Money> = None;
    let mut unknown = false;
    let mut total_us = None;
    let mut first_token_us = None;
    let mut confidence = Confidence::Unknown;
    let mut failure = None;
    for attempt in &row.attempts {
        match attempt {
            AttemptRow::Running { attempt, .. } => {
                target = Some(attempt.target.clone());
                outcome = None;
                total_us = None;
            }
            AttemptRow::Ended { entry, .. } => {
                target = Some(entry.attempt.target.clone());
                outcome = Some(entry.outcome);
                failure.clone_from(&entry.failure);
                total_us = Some(entry.timings.total_us);
                first_token_us = entry.timings.first_token_us;
                confidence = entry.confidence;
                if let Some(more) = entry.usage {
                    usage = Some(usage.unwrap_or_default() + more);
                }
                match entry.cost {
                    Some(more) => cost = Some(cost.unwrap_or_default() + more),
                    None => unknown |= entry.usage.is_some(),
                }
            }
        }
    }
    let cost = if unknown { None } else { cost };
    CallRow {
        call: row.call,
        agent_slug,
        client,
        outcome,
        failure,
        target,
        usage,
        cost,
        first_token_ms: first_token_us.map(|us| us / 1000),
        total_ms: total_us.map(|us| us / 1000),
        confidence,
    }
}
