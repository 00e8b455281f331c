//! Writes a call down while it happens: who asked what, where it went, what came back, what it cost.
//!
//! The message and the call are queued before the upstream request leaves, the entry when it ends, also when
//! it fails and when its reader leaves: then the recorder is dropped in the middle and records that
//! (design.md 12). Nothing here waits for the disk, except for keys with a budget.

mod inspection;
mod settling;
mod tools;

use std::time::Instant;

use bytes::Bytes;
use domain::{
    Answer, Applied, Attempt, Call, Confidence, Embeddings, Event, Extra, Failure, Message, MessageState,
    Money, Outcome, Price, RawJson, Request, SessionId, StopReason, StoredMessage, Target, Timings, Usage,
};
use store::Record;

use super::Ending;
use super::Heard;
use super::assemble::message;
use super::fingerprint::chain_of;
use super::placement::Placement;
use super::progress::{Checkpoint, Progress};
use super::put_off::PutOff;
use super::reasoning::{self, Maker, Sealed};
use super::steps;
use super::timeline::Timeline;
use super::tokens::{self, Reported};
use crate::control::{FailureView, Receipt, Topic};
use crate::engine::Engine;
use crate::limits::{Demand, Place, Tab};

/// Records one call.
pub(crate) struct Recorder {
    engine: Engine,
    /// The call, until it is queued.
    call: Option<Call>,
    call_id: domain::CallId,
    /// What was decided; more than is queued when `applied_more`.
    applied: Vec<Applied>,
    applied_more: bool,
    /// What the client sent, until it is queued.
    heard: Option<Heard>,
    /// The request that goes upstream, until it is queued.
    request: Option<Bytes>,
    request_len: usize,
    placement: Placement,
    tab: Tab,
    arrived: Instant,
    progress: Progress,
    current: Option<Current>,
    put_off: Option<PutOff>,
    ending: Option<Ending>,
    in_window: bool,
    keep_empty: bool,
    /// Calls of the agent's tools that have given nothing yet, by the model's names for them.
    open_uses: Vec<String>,
    /// What waits for room in the store's queue. A caller who does something else in that wait, or leaves, must not
    /// take it along.
    unsent: Vec<Record>,
}

/// The attempt that runs.
struct Current {
    attempt: Attempt,
    maker: Maker,
    price: Option<Price>,
    timings: Timings,
    estimated_input: u64,
    /// The same by the count that is compared with what the provider reports; 0 for what is no conversation.
    counted: u64,
    /// Bytes that the model wrote.
    written: usize,
    timeline: Timeline,
    finish: Option<StopReason>,
    upstream_request_id: Option<String>,
    usage: Option<Reported>,
}

impl Current {
    /// All of an answer came at once, so many microseconds after the call.
    fn came_whole(&mut self, answer: &Answer, now: u64) {
        self.timings.first_token_us = Some(now);
        self.timings.last_token_us = Some(now);
        self.finish = answer.choices.first().map(|choice| choice.reason);
        let said = answer.choices.iter().map(|choice| &choice.message.parts);
        self.written = said.map(|parts| tokens::written(parts)).sum();
        let reported = answer.usage.as_ref();
        self.usage = reported.map(|(usage, raw)| (usage.normalised(), raw.clone()));
    }
}

impl Recorder {
    pub fn new(
        engine: Engine,
        mut call: Call,
        heard: Option<Heard>,
        placement: Placement,
        (places, arrived): (Vec<Place>, Instant),
    ) -> Self {
        let call_id = call.id.clone();
        let tab = Tab::of(engine.clone(), &call, places);
        let applied = std::mem::take(&mut call.applied);
        let in_window = !matches!(call.source, domain::CallSource::Client { .. });
        Self {
            engine,
            call: Some(call),
            call_id,
            applied,
            applied_more: false,
            heard,
            request: None,
            request_len: 0,
            placement,
            tab,
            arrived,
            progress: Progress::default(),
            current: None,
            put_off: None,
            ending: None,
            in_window,
            keep_empty: false,
            open_uses: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// The call's id.
    pub fn call(&self) -> &domain::CallId {
        &self.call_id
    }

    /// What was decided so far, for the caller.
    pub fn applied(&self) -> Vec<Applied> {
        self.applied.clone()
    }

    /// Takes down a decision.
    pub fn note(&mut self, applied: Applied) {
        self.applied_more |= self.call.is_none();
        self.applied.push(applied);
    }

    /// Takes down what the next attempts send.
    pub fn send(&mut self, body: Bytes) {
        self.request_len = body.len();
        self.request = Some(body);
    }

    /// The call's session.
    pub fn session(&self) -> Option<&SessionId> {
        self.placement.session.as_ref()
    }

    /// Whose signatures the answer holds, while its attempt runs.
    pub fn sealed(&self) -> Option<Sealed> {
        let current = self.current.as_ref()?;
        Some(Sealed {
            owner: self.placement.thread.owner,
            maker: current.maker.clone(),
        })
    }

    /// The answer's message in it.
    pub fn message(&self) -> Option<&domain::MessageId> {
        self.placement.answer.as_ref()
    }

    /// Queues the call and its attempt, before the upstream request leaves.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`], or when a budgeted key's reservation cannot be written.
    pub async fn begin(
        &mut self,
        (attempt, maker): (Attempt, Maker),
        price: Option<Price>,
        request: &Request,
    ) -> Result<(), Failure> {
        let started_at = self.engine.clock().now();
        let demand = Demand::of(&attempt.target, price.as_ref(), (request, self.request_len));
        let estimated_input = demand.input;
        let reserved = self.tab.reserve(demand, started_at).await?;
        let mut records = self.opening();
        self.put_off = None;
        records.extend(self.details(attempt.number));
        records.push(Record::AttemptStarted {
            attempt: attempt.clone(),
            started_at,
            reserved,
        });
        self.current = Some(Current {
            attempt,
            maker,
            price,
            timings: Timings {
                sent_us: Some(micros(self.arrived)),
                ..Timings::default()
            },
            estimated_input,
            counted: match request.messages.is_empty() {
                true => 0,
                false => tokens::estimate(request),
            },
            written: 0,
            timeline: Timeline::default(),
            finish: None,
            upstream_request_id: None,
            usage: None,
        });
        // a caller who leaves from here on ends what has begun; a budget's reservation is in the ledger before the
        // provider hears of the call
        self.unsent.extend(records);
        let store = self.engine.store();
        let written = match reserved {
            Some(_) => store.commit_from(&mut self.unsent).await,
            None => store.record_from(&mut self.unsent).await,
        };
        if let Err(failure) = written {
            self.unsent.clear();
            self.current = None;
            self.tab.release();
            return Err(failure);
        }
        // a call that is answered whole has nothing else to tell before its end
        self.announce();
        Ok(())
    }

    /// Whether the answer may go on for what it has cost so far.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`](domain::FailureKind::BudgetExceeded) when a budget has no more.
    pub fn afford(&self) -> Result<(), Failure> {
        let Some(current) = self.current.as_ref().filter(|_| self.tab.is_watched()) else {
            return Ok(());
        };
        let so_far = match &current.usage {
            Some((usage, _)) => *usage,
            None => tokens::estimated(current.written, current.estimated_input),
        };
        self.tab.afford(current.price.as_ref(), so_far)
    }

    fn opening(&mut self) -> Vec<Record> {
        let mut records = self.placement.take_records();
        if let Some(mut call) = self.call.take() {
            call.applied.clone_from(&self.applied);
            records.push(Record::CallStarted(call));
        }
        records
    }

    /// Takes down that this attempt is to be made after a wait.
    pub fn put_off(&mut self, attempt: &Attempt) {
        self.put_off = Some(PutOff {
            attempt: attempt.clone(),
            since: self.engine.clock().now(),
        });
    }

    /// Takes in what came.
    pub fn observe(&mut self, events: &[Event]) {
        let Some(current) = &mut self.current else { return };
        let now = micros(self.arrived);
        for event in events {
            current.timeline.add(now, event);
            match event {
                Event::Usage { usage, raw } => current.usage = Some((usage.normalised(), raw.clone())),
                Event::Delta { .. } | Event::Finished { .. } => {
                    current.timings.first_token_us.get_or_insert(now);
                    current.timings.last_token_us = Some(now);
                    if let Event::Finished { choice: 0, reason } = event {
                        current.finish = Some(*reason);
                    }
                    current.written += tokens::written_in(event);
                    self.progress.add(event);
                }
                Event::Started { .. } => {}
            }
        }
    }

    /// Puts down how far the answer has come, when it is time; [`Recorder::flush`] writes it.
    pub fn checkpoint(&mut self) {
        let record = match self.progress.checkpoint() {
            None => return,
            Some(Checkpoint::Whole(so_far)) => self.answer(so_far, MessageState::Streaming),
            Some(Checkpoint::Growth(growth)) => self
                .placement
                .answer
                .clone()
                .map(|id| Record::MessageGrew { id, growth }),
        };
        self.unsent.extend(record);
    }

    fn answer(&mut self, message: Message, state: MessageState) -> Option<Record> {
        let id = self.placement.answer.clone()?;
        let session = self.placement.session.clone()?;
        self.progress.growing = state == MessageState::Streaming;
        if self.progress.added {
            let Message { parts, extra, .. } = message;
            return Some(Record::MessageProgress {
                id,
                parts,
                extra,
                state,
            });
        }
        self.progress.added = true;
        Some(Record::MessageAdded(StoredMessage {
            id,
            session,
            parent: self.placement.parent.clone(),
            call: Some(self.call_id.clone()),
            state,
            created_at: self.engine.clock().now(),
            message,
        }))
    }

    /// The whole answer came at once.
    pub async fn whole(&mut self, answer: &Answer) {
        let records = {
            let Some(current) = &mut self.current else { return };
            current.came_whole(answer, micros(self.arrived));
            let messages = answer
                .choices
                .iter()
                .map(|choice| &choice.message)
                .map(|said| message(said.parts.clone(), reasoning::thoughts(&said.extra)))
                .collect();
            self.closing(messages, MessageState::Complete, Outcome::Succeeded, None)
        };
        self.unsent.extend(records);
        self.flush().await;
    }

    /// The embeddings came, and are not what was asked for when they are `unfit`. Clients want to know their
    /// tokens: where the provider did not count, our own estimate is added.
    pub async fn vectors(&mut self, embeddings: &mut Embeddings, unfit: Option<&Failure>) {
        let Some(current) = &mut self.current else { return };
        current.timings.first_token_us = Some(micros(self.arrived));
        current.usage = embeddings
            .usage
            .as_ref()
            .map(|(usage, raw)| (usage.normalised(), raw.clone()));
        let (state, outcome) = match unfit {
            None => (MessageState::Complete, Outcome::Succeeded),
            Some(failure) => (MessageState::Failed, Outcome::Failed { kind: failure.kind() }),
        };
        let records = self.closing(Vec::new(), state, outcome, unfit);
        self.unsent.extend(records);
        self.flush().await;
        if embeddings.usage.is_none() {
            let counted = self.ending().receipt.usage;
            embeddings.usage = counted.map(|usage| (usage, RawJson::new("{}")));
        }
    }

    /// The stream came to its end; [`Recorder::flush`] writes it.
    pub fn succeed(&mut self) {
        let records = self.closing_of_stream(MessageState::Complete, Outcome::Succeeded, None);
        self.unsent.extend(records);
    }

    /// The provider did not accept the attempt; [`Recorder::flush`] writes it.
    pub fn refused(&mut self, failure: &Failure) {
        let outcome = Outcome::Failed { kind: failure.kind() };
        let records = self.closing_of_stream(MessageState::Failed, outcome, Some(failure));
        self.unsent.extend(records);
    }

    /// The answer broke off; [`Recorder::flush`] writes it.
    pub fn fail(&mut self, failure: &Failure) {
        self.keep_empty = self.in_window;
        self.refused(failure);
    }

    /// The reader pressed stop.
    pub async fn cancel(&mut self) -> Ending {
        self.keep_empty = self.in_window;
        let records = self.closing_of_stream(MessageState::Stopped, Outcome::Cancelled, None);
        self.unsent.extend(records);
        self.flush().await;
        self.ending()
    }

    /// How it ended; a failure of ours when it has not.
    pub fn ending(&self) -> Ending {
        let unknown = || self.ended(MessageState::Failed, None, None, Confidence::Unknown, None);
        self.ending.clone().unwrap_or_else(unknown)
    }

    /// The tokens of the answer that has ended, as the ledger counts them, for a caller whose provider counted
    /// none (W-50).
    pub fn counted(&self) -> Option<Reported> {
        let usage = self.ending.as_ref()?.receipt.usage?;
        Some((usage, RawJson::new("{}")))
    }

    fn closing_of_stream(
        &mut self,
        state: MessageState,
        outcome: Outcome,
        failure: Option<&Failure>,
    ) -> Vec<Record> {
        self.close_uses();
        if self.current.is_none() {
            return Vec::new();
        }
        let messages = self.progress.messages();
        self.closing(messages, state, outcome, failure)
    }

    fn closing(
        &mut self,
        mut choices: Vec<Message>,
        state: MessageState,
        outcome: Outcome,
        failure: Option<&Failure>,
    ) -> Vec<Record> {
        let now = self.engine.clock().now();
        let mut records = Vec::with_capacity(5);
        if outcome == Outcome::Succeeded {
            self.remember(&mut choices, &mut records);
        }
        let mut choices = choices.into_iter();
        let whole = choices
            .next()
            .unwrap_or_else(|| message(Vec::new(), Extra::new()));
        steps::remember(&self.engine, &self.placement.thread, &whole);
        let said = self.placement.said.map(|said| chain_of(said, &whole));
        let entry = self.entry(outcome, failure);
        // an attempt that failed before it said anything leaves no answer, unless the window shows one
        let keep = !whole.parts.is_empty() || outcome == Outcome::Succeeded || self.keep_empty;
        if keep && let Some(record) = self.answer(whole, state) {
            records.push(record);
            records.extend(choices.filter_map(|other| self.sibling(other, state)));
        }
        let Some((entry, timeline)) = entry else {
            return records;
        };
        records.extend(timeline);
        let attempt = (entry.attempt.target.clone(), entry.timings, entry.usage);
        let mut ending = self.ended(state, Some(attempt), entry.cost, entry.confidence, failure);
        ending.receipt.finish = entry.finish;
        self.ending = Some(ending);
        records.push(Record::EntryEnded(entry));
        records.extend(self.decisions());
        if let Some(session) = self.placement.session.clone() {
            let leaf = if self.progress.added {
                self.placement.answer.clone()
            } else {
                self.placement.parent.clone()
            };
            if let (Some(said), Some(leaf), Outcome::Succeeded) = (said, &leaf, outcome) {
                self.engine.recent().remember(said, session.clone(), leaf.clone());
                records.push(Record::Fingerprint {
                    digest: said,
                    session: session.clone(),
                    leaf: leaf.clone(),
                });
            }
            records.push(Record::SessionTouched {
                id: session,
                leaf,
                updated_at: now,
            });
        }
        records
    }

    /// Remembers what the provider wants back of each answer.
    fn remember(&self, choices: &mut [Message], records: &mut Vec<Record>) {
        let Some(current) = &self.current else { return };
        let thread = &self.placement.thread;
        records.extend(
            choices
                .iter_mut()
                .filter_map(|choice| reasoning::remember(&self.engine, thread, &current.maker, choice)),
        );
    }

    fn sibling(&self, message: Message, state: MessageState) -> Option<Record> {
        Some(Record::MessageAdded(StoredMessage {
            id: self.engine.ids().message().ok()?,
            session: self.placement.session.clone()?,
            parent: self.placement.parent.clone(),
            call: Some(self.call_id.clone()),
            state,
            created_at: self.engine.clock().now(),
            message,
        }))
    }

    fn ended(
        &self,
        state: MessageState,
        attempt: Option<(Target, Timings, Option<Usage>)>,
        cost: Option<Money>,
        confidence: Confidence,
        failure: Option<&Failure>,
    ) -> Ending {
        let (target, timings, usage) = match attempt {
            Some((target, timings, usage)) => (Some(target), timings, usage),
            None => (
                None,
                Timings {
                    total_us: micros(self.arrived),
                    ..Timings::default()
                },
                None,
            ),
        };
        Ending {
            state,
            receipt: Receipt {
                call: self.call_id.clone(),
                target,
                usage,
                cost,
                confidence,
                first_token_ms: timings.first_token_us.map(|us| us / 1000),
                total_ms: timings.total_us / 1000,
                // told by the session, which reads the timeline
                reasoning_ms: None,
                finish: None,
                failure: failure.map(FailureView::from),
            },
        }
    }

    /// Writes what was put down. Dropped while it waits, it can be called again, and a dropped recorder writes the
    /// rest.
    pub async fn flush(&mut self) {
        if self.unsent.is_empty() {
            return;
        }
        let grew = self
            .unsent
            .iter()
            .all(|record| matches!(record, Record::MessageGrew { .. }));
        if let Err(failure) = self.engine.store().record_from(&mut self.unsent).await {
            tracing::error!(kind = failure.kind().as_str(), "a call could not be recorded");
            self.unsent.clear();
        }
        self.tab.settle();
        // the window is told its own answers piece by piece; reading the conversation again for each growth would cost
        // it more than the writing does
        if !(grew && self.in_window) {
            self.announce();
        }
    }

    fn announce(&self) {
        self.engine.changed(Topic::Calls, None);
        let session = self.placement.session.as_ref().map(|id| id.as_str().to_owned());
        if session.is_some() {
            self.engine.changed(Topic::Sessions, session);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let mut records = std::mem::take(&mut self.unsent);
        records.extend(self.closing_of_stream(MessageState::Stopped, Outcome::Cancelled, None));
        self.close_uses();
        if let Some(put_off) = self.put_off.take() {
            records.extend(put_off.ended(None, self.engine.clock().now(), micros(self.arrived)));
            if self.progress.added
                && let Some(so_far) = self.progress.first()
            {
                records.extend(self.answer(so_far, MessageState::Stopped));
            }
            records.extend(self.decisions());
        }
        if records.is_empty() {
            return;
        }
        if let Err(failure) = self.engine.store().record_now(records) {
            tracing::error!(
                kind = failure.kind().as_str(),
                "a cancelled call could not be recorded"
            );
        }
        self.tab.settle();
        self.announce();
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
