//! How an attempt ends in the ledger: its tokens, its cost, what its budgets are charged.

use domain::{
    Answer, Attempt, Confidence, Entry, Extra, Failure, FailureKind, Message, MessageState, Money, Outcome,
};
use store::Record;

use super::{Recorder, micros};
use crate::prices;
use crate::turn::assemble::message;
use crate::turn::tokens;

/// Whether what a provider says of an attempt's cost goes before what its tokens come to. A provider may not have
/// said all of it when the answer broke off; and a cost of nothing for what has a price is a field that nobody
/// filled in, which would empty every budget unseen.
fn is_believed(said: Money, computed: Option<Money>, outcome: Outcome) -> bool {
    match computed {
        None | Some(Money::ZERO) => true,
        Some(_) => said > Money::ZERO && outcome == Outcome::Succeeded,
    }
}

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
        if let (Some(usage), Confidence::Computed, Outcome::Succeeded) = (usage, confidence, outcome) {
            let calibration = self.engine.calibration();
            calibration.learn(&current.attempt.target, current.counted, usage.input);
        }
        let computed = prices::cost(current.price.as_ref(), usage);
        let reported = raw_usage
            .as_ref()
            .and_then(wire::reported_cost)
            .filter(|said| is_believed(*said, computed, outcome));
        let (cost, confidence) = match (reported, computed) {
            (Some(said), _) => (Some(said), Confidence::Reported),
            (None, Some(computed)) => (Some(computed), confidence),
            (None, None) => (None, Confidence::Unknown),
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
            price: current.price.filter(|_| reported.is_none()),
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
        self.unsent.extend(records);
        self.flush().await;
        so_far
    }

    /// The answer ends before the attempt that was to go on with it.
    pub async fn stop(&mut self, failure: &Failure) {
        let (now, total_us) = (self.engine.clock().now(), micros(self.arrived));
        if let Some(put_off) = self.put_off.take() {
            self.unsent.extend(put_off.ended(Some(failure), now, total_us));
        }
        self.close_uses();
        let so_far = self.progress.first();
        let so_far = so_far.unwrap_or_else(|| message(Vec::new(), Extra::new()));
        let answer = self.answer(so_far, MessageState::Failed);
        self.unsent.extend(answer);
        let decisions = self.decisions();
        self.unsent.extend(decisions);
        let leaf = self.placement.answer.clone();
        let touched = self.placement.session.clone().map(|id| Record::SessionTouched {
            id,
            leaf,
            updated_at: now,
        });
        self.unsent.extend(touched);
        self.flush().await;
        self.tab.settle();
        self.announce();
        let (cost, confidence) = (None, Confidence::Unknown);
        self.ending = Some(self.ended(MessageState::Failed, None, cost, confidence, Some(failure)));
    }

    /// Something was asked beside the answer, and has come whole: its attempt ends and leaves no message.
    pub async fn aside(&mut self, answer: &Answer, next: &Attempt) {
        if let Some(current) = &mut self.current {
            current.came_whole(answer, micros(self.arrived));
        }
        let _so_far = self.pause(next).await;
    }

    /// No attempt could even begin: the call is kept, so that its failure can be found.
    pub async fn give_up(&mut self, failure: &Failure) {
        let limited = matches!(
            failure.kind(),
            FailureKind::BudgetExceeded | FailureKind::RateLimited
        );
        if let Some(call) = self.call.take_if(|_| limited) {
            if self.engine.folds_refusal(&call, failure.kind()) {
                // its message stays unsaid, as that of a call which the key's own limits refuse
                let _unsaid = self.placement.take_records();
            } else {
                self.call = Some(call);
            }
        }
        let mut records = self.opening();
        // the call was not queued before, so it has no attempt that says it
        if !records.is_empty() {
            records.extend(self.details(1));
            records.push(Record::CallFailed {
                id: self.call_id.clone(),
                kind: failure.kind(),
                text: failure.message().to_owned(),
            });
        }
        records.extend(self.decisions());
        if !records.is_empty() {
            self.unsent.extend(records);
            self.flush().await;
        }
        if self.ending.is_none() {
            self.ending = Some(self.ended(
                MessageState::Failed,
                None,
                None,
                Confidence::Unknown,
                Some(failure),
            ));
        }
    }
}
