//! Requests of a known key that were refused before they became calls: told in the history, where people look
//! when their editor stops.
//!
//! The danger is a client that hammers: a row for each refusal would grow the history as fast as it can ask. So of
//! refusals that are alike within a minute the first is a call of its own, which counts the others, and a key has
//! at most [`MOST`] such calls a minute. The count is written a moment later, for many at once. Refusals have no
//! ledger entry, so they are in no sum of tokens or cost; and nothing of what was said is kept.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Call, CallId, CallSource, ClientKeyId, Failure, FailureKind, Timestamp};
use store::Record;

use crate::control::Topic;
use crate::engine::Engine;

/// Refusals further apart than this are told apart, in milliseconds.
const ALIKE_FOR: i64 = 60_000;
/// Calls of refusals that a key has at most in that time; what is refused in yet other ways is not told.
const MOST: usize = 20;
/// How long a count waits for others to be written with it.
const COUNT_AFTER: Duration = Duration::from_millis(100);

/// The refusals of the minute, of every key.
#[derive(Default)]
pub(crate) struct Refusals {
    minutes: Mutex<HashMap<ClientKeyId, Minute>>,
}

struct Minute {
    since: Timestamp,
    rows: Vec<Row>,
}

/// A refusal that is a call, and those that are alike.
struct Row {
    kind: FailureKind,
    route: String,
    model: String,
    call: CallId,
    repeats: u32,
    /// Whether somebody is about to write the count.
    counted_soon: bool,
}

impl Row {
    fn is_like(&self, call: &Call, kind: FailureKind) -> bool {
        self.kind == kind && self.route == call.route && self.model == call.requested_model
    }
}

/// What a refusal is.
enum Kind {
    /// The first of its kind.
    New,
    /// One more; whether its count has to be written.
    Repeated { count_now: Option<CallId> },
    /// One too many to be told.
    TooMany,
}

impl Refusals {
    fn lock(&self) -> MutexGuard<'_, HashMap<ClientKeyId, Minute>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, key: &ClientKeyId, call: &Call, kind: FailureKind) -> Kind {
        let now = call.started_at;
        let mut minutes = self.lock();
        let minute = minutes.entry(key.clone()).or_insert(Minute {
            since: now,
            rows: Vec::new(),
        });
        if !(0..ALIKE_FOR).contains(&(now.millis() - minute.since.millis())) {
            minute.since = now;
            minute.rows.clear();
        }
        if let Some(row) = minute.rows.iter_mut().find(|row| row.is_like(call, kind)) {
            row.repeats = row.repeats.saturating_add(1);
            let first = !std::mem::replace(&mut row.counted_soon, true);
            return Kind::Repeated {
                count_now: first.then(|| row.call.clone()),
            };
        }
        if minute.rows.len() >= MOST {
            return Kind::TooMany;
        }
        minute.rows.push(Row {
            kind,
            route: call.route.clone(),
            model: call.requested_model.clone(),
            call: call.id.clone(),
            repeats: 0,
            counted_soon: false,
        });
        Kind::New
    }

    /// How often a refusal was repeated by now; `None` when its minute is over.
    fn count(&self, key: &ClientKeyId, call: &CallId) -> Option<u32> {
        let mut minutes = self.lock();
        let rows = &mut minutes.get_mut(key)?.rows;
        let row = rows.iter_mut().find(|row| row.call == *call)?;
        row.counted_soon = false;
        Some(row.repeats)
    }
}

impl Engine {
    /// Takes down that a call was refused before its first attempt. What no program asked is not taken down.
    pub(crate) fn refused(&self, call: Call, failure: &Failure) {
        if !matches!(call.source, CallSource::Client { .. }) || self.folds_refusal(&call, failure.kind()) {
            return;
        }
        let failed = Record::CallFailed {
            id: call.id.clone(),
            kind: failure.kind(),
            text: failure.message().to_owned(),
        };
        if let Err(failure) = self.store().record_now(vec![Record::CallStarted(call), failed]) {
            tracing::warn!(kind = failure.kind().as_str(), "a refusal could not be recorded");
        }
        self.changed(Topic::Calls, None);
    }

    /// Whether a refusal needs no call of its own, because it is counted with one before it.
    pub(crate) fn folds_refusal(&self, call: &Call, kind: FailureKind) -> bool {
        let CallSource::Client { key } = &call.source else {
            return false;
        };
        match self.refusals().take(key, call, kind) {
            Kind::New => false,
            Kind::TooMany => true,
            Kind::Repeated { count_now } => {
                if let Some(first) = count_now {
                    self.count_soon(key.clone(), first);
                }
                true
            }
        }
    }

    fn count_soon(&self, key: ClientKeyId, first: CallId) {
        let engine = self.clone();
        self.spawn(async move {
            tokio::time::sleep(COUNT_AFTER).await;
            let Some(times) = engine.refusals().count(&key, &first) else {
                return;
            };
            let repeated = Record::CallRepeated { id: first, times };
            if let Err(failure) = engine.store().record(vec![repeated]).await {
                tracing::warn!(kind = failure.kind().as_str(), "refusals could not be counted");
            }
            engine.changed(Topic::Calls, None);
        });
    }
}
