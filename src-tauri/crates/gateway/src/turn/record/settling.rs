//! How an attempt ends in the ledger: its tokens, its cost, what its budgets are charged.

use domain::{Attempt, Confidence, Entry, Extra, Failure, Message, Outcome};
use store::Record;

use super::{Recorder, micros};
use crate::prices;
use crate::turn::assemble::message;
use crate::turn::tokens;

impl Recorder {
    /// The attempt's row of the ledger, with which it ends, and when its pieces came; its budgets are charged.
    pub(super) fn entry(
        &mut self,
        outcome: Outcome,
        failure: Option<&Failure>,
    ) -> Option<(Entry, Option<Record>)> {
        let mut current = self.current.take()?;
        let timeline = self.timeline(&mut current);
        let reported = current.usage.take();
        let (usage, raw_usage, confidence) =
            tokens::count(reported, current.written, outcome, current.estimated_input);
        current.timings.total_us = micros(self.arrived);
        let cost = prices::cost(current.price.as_ref(), usage);
        let confidence = if cost.is_none() {
            Confidence::Unknown
        } else {
            confidence
        };
        let read = current.estimated_input * 3 / 4;
        let counted = self
            .tab
            .charge(cost, current.price.as_ref(), (usage, read), outcome);
        let entry = Entry {
            attempt: current.attempt,
            outcome,
            failure: failure.map(|failure| failure.message().to_owned()),
            upstream_status: failure.and_then(|failure| failure.upstream()?.status),
            upstream_request_id: current.upstream_request_id,
            finish: current.finish,
            usage,
            raw_usage,
            price: current.price,
            cost,
            reserved: counted,
            confidence,
            timings: current.timings,
            ended_at: self.engine.clock().now(),
        };
        Some((entry, timeline))
    }

    /// The attempt ended in the middle of the answer, which goes on with another one; gives the answer as far
    /// as it has come.
    pub async fn pause(&mut self, next: &Attempt) -> Message {
        let so_far = self
            .progress
            .first()
            .unwrap_or_else(|| message(Vec::new(), Extra::new()));
        let entry = self.entry(Outcome::Succeeded, None);
        self.put_off(next);
        let mut records = Vec::with_capacity(2);
        if let Some((entry, timeline)) = entry {
            records.extend(timeline);
            records.push(Record::EntryEnded(entry));
        }
        self.queue(records).await;
        so_far
    }
}
