//! An attempt that is to be made after a wait.
//!
//! The caller may leave while nothing is under way: the attempt before has ended as a failure, the next has
//! not begun. Without an entry of its own such a call would look as if it had failed. The danger is money:
//! what was never sent took no tokens and cost nothing, and its entry says so.

use domain::{Attempt, Confidence, Entry, Failure, Money, Outcome, Timestamp, Timings, Usage};
use store::Record;

/// The attempt, and since when it is put off.
pub(super) struct PutOff {
    pub attempt: Attempt,
    pub since: Timestamp,
}

impl PutOff {
    /// It was not made after all, which was known at `now`, so long after the call arrived: the caller left, or `failure`
    /// stood against it.
    pub fn ended(self, failure: Option<&Failure>, now: Timestamp, total_us: u64) -> [Record; 2] {
        let Self { attempt, since } = self;
        let begun = Record::AttemptStarted {
            attempt: attempt.clone(),
            started_at: since,
            reserved: None,
        };
        let ended = Entry {
            attempt,
            outcome: failure.map_or(Outcome::Cancelled, |failure| Outcome::Failed {
                kind: failure.kind(),
            }),
            failure: failure.map(|failure| failure.message().to_owned()),
            upstream_status: None,
            upstream_request_id: None,
            finish: None,
            usage: Some(Usage::default()),
            raw_usage: None,
            price: None,
            cost: Some(Money::ZERO),
            reserved: None,
            confidence: Confidence::Computed,
            timings: Timings {
                total_us,
                ..Timings::default()
            },
            ended_at: now,
        };
        [begun, Record::EntryEnded(ended)]
    }
}
