//! Follows calls as they end.
//!
//! A notice only says that calls changed, at most ten times a second; so each time the newest calls are read
//! back to the oldest that was still running. Nothing that ends is missed, and nothing is told twice.

use std::collections::HashSet;

use domain::{CallId, Failure};
use gateway::control::{CallPage, CallRow, ListCalls, Notice, Topic};

use super::super::door::Door;
use super::super::output;
use super::outcome;

/// Calls read at once.
const PAGE: u32 = 200;

pub(super) async fn follow(door: &mut Door, wanted: ListCalls, json: bool) -> Result<(), Failure> {
    let mut notices = door.notices().await?;
    let mut tail = Tail::from(door, wanted).await?;
    if !json {
        output::note("Following calls; Ctrl-C ends it.");
    }
    // one for all the time: a key pressed while calls are read is not lost
    let mut interrupted = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let notice = tokio::select! {
            notice = notices.next() => notice?,
            _interrupted = &mut interrupted => return Ok(()),
        };
        match notice {
            Notice::Changed {
                topic: Topic::Calls, ..
            }
            | Notice::Missed {} => {}
            Notice::Changed { .. }
            | Notice::ApprovalWanted { .. }
            | Notice::BudgetNear { .. }
            | Notice::AnswerStarted { .. }
            | Notice::AnswerPiece { .. }
            | Notice::AnswerStep { .. }
            | Notice::AnswerEnded { .. }
            | Notice::Endpoint { .. }
            | Notice::Vault { .. }
            | Notice::ProviderCheck { .. }
            | Notice::Lan { .. }
            | Notice::VaultMoving { .. }
            | Notice::Starter { .. } => continue,
        }
        for row in tail.ended(door).await? {
            output::print(json, &row, line)?;
        }
    }
}

struct Tail {
    wanted: ListCalls,
    /// The newest call before which all were told, or ended before this began.
    floor: Option<CallId>,
    /// Those after it that were told.
    told: HashSet<CallId>,
}

impl Tail {
    /// Begins after what has ended by now.
    async fn from(door: &mut Door, wanted: ListCalls) -> Result<Self, Failure> {
        let mut tail = Self {
            wanted,
            floor: None,
            told: HashSet::new(),
        };
        let newest = tail.page(door, None).await?;
        tail.floor = newest.calls.first().map(|row| row.call.id.clone());
        // one that runs now is told when it ends
        if let Some(oldest) = newest.calls.iter().rposition(|row| row.outcome.is_none()) {
            tail.floor = newest.calls.get(oldest + 1).map(|row| row.call.id.clone());
            let ended = newest
                .calls
                .iter()
                .take(oldest)
                .filter(|row| row.outcome.is_some());
            tail.told = ended.map(|row| row.call.id.clone()).collect();
        }
        Ok(tail)
    }

    async fn page(&self, door: &mut Door, cursor: Option<String>) -> Result<CallPage, Failure> {
        let wanted = ListCalls {
            cursor,
            limit: Some(PAGE),
            ..self.wanted.clone()
        };
        door.run("call.list", &wanted).await
    }

    /// What ended since it was asked last, the oldest first.
    async fn ended(&mut self, door: &mut Door) -> Result<Vec<CallRow>, Failure> {
        let mut new: Vec<CallRow> = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.page(door, cursor).await?;
            let floor = self.floor.as_ref();
            let above = page
                .calls
                .into_iter()
                .take_while(|row| floor.is_none_or(|floor| row.call.id > *floor));
            let before = new.len();
            new.extend(above);
            let whole_page = new.len() - before == usize::try_from(PAGE).unwrap_or(usize::MAX);
            cursor = page.next.filter(|_| whole_page);
            if cursor.is_none() {
                break;
            }
        }
        new.reverse();
        let running = new.iter().position(|row| row.outcome.is_none());
        let done = running.unwrap_or(new.len());
        if let Some(last) = done.checked_sub(1).and_then(|last| new.get(last)) {
            self.floor = Some(last.call.id.clone());
        }
        let ids: HashSet<CallId> = new.iter().skip(done).map(|row| row.call.id.clone()).collect();
        new.retain(|row| row.outcome.is_some() && !self.told.contains(&row.call.id));
        self.told.extend(new.iter().map(|row| row.call.id.clone()));
        self.told.retain(|id| ids.contains(id));
        Ok(new)
    }
}

fn line(row: &CallRow) -> String {
    let target = row
        .target
        .as_ref()
        .map_or_else(String::new, |target| format!(" -> {target}"));
    let ms = row
        .total_ms
        .map_or_else(|| "-".to_owned(), |ms| format!("{ms} ms"));
    format!(
        "{} {} {} {}{target} {} {} {} {ms}",
        output::when(row.call.started_at),
        row.call.id,
        row.client.as_deref().unwrap_or(&row.call.route),
        row.call.requested_model,
        outcome(row.outcome),
        output::tokens(row.usage),
        output::cost(row.cost),
    )
}
