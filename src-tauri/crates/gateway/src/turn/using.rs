//! The agent's own tools in the middle of an answer.
//!
//! The model asks, the tool is run, the model goes on; the caller sees one answer without any of it (W-44), beginning
//! and ending once, with its own calls numbered as if they were the only ones. The danger is a call that shows, or an
//! end that shows too early: what belongs to a round that goes on is held back here until it is known.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Delta, Event, Extra, Failure, Message, Part, Request, Role, RunLimits, RunStop, StopReason};
use futures_util::future::join_all;

use super::assemble::Assembler;
use super::offers::{Offer, Offers, released};
use super::order::Order;
use super::pictures::Room;
use super::record::Recorder;
use super::recorded::{Recorded, RecordedResult};
use super::run::{self, Next, Run, Wanted};
use super::taint;
use super::uses::{Left, Uses};
use crate::tools::Context;

/// Of an id that is made another: a client takes 64 characters (W-74), and the number needs some.
const LONGEST_STEM: usize = 56;

/// The tools of a call and how far it has gone with them.
pub(super) struct Using {
    /// `None` for a model without an agent, which has no tools of its own.
    context: Option<Context>,
    offers: Arc<Offers>,
    limits: RunLimits,
    run: Run,
    begun: Instant,
    /// How long people were waited for.
    waited: Duration,
    /// What came from outside, if anything did.
    tainted_by: Option<String>,
    /// How many of the agent's tools the model has asked for.
    asked: u32,
    /// The model's answer of this round.
    round: Assembler,
    /// The number of this round's first call among all calls.
    first: u32,
    /// Of all calls so far, how the caller knows them; `None` for the agent's own.
    shown: Vec<Option<u32>>,
    callers: u32,
    /// The ids of all calls so far, those of the conversation before included.
    ids: HashSet<String>,
    /// What was said and given in the rounds before.
    rounds: Vec<Message>,
    next: Option<Next>,
    /// Nothing was said in this round yet, and something in one before.
    begins: bool,
    /// What was said last ends within a line.
    sticks: bool,
    /// The end of the answer, held back while tools are run.
    held: Vec<Event>,
    pictures: Room,
    /// What tools gave before, where none is run.
    recorded: Option<Arc<Recorded>>,
    /// Of those, the results of this round.
    taken: Vec<RecordedResult>,
}

impl Using {
    pub fn new(
        (offers, request): (Arc<Offers>, &Request),
        context: Option<Context>,
        recorded: Option<Arc<Recorded>>,
    ) -> Self {
        let limits = context.as_ref().map(|context| context.agent.draft.run);
        let limits = limits.unwrap_or_default();
        let tainted_by = offers.tainted_by.clone();
        let ids = match offers.is_empty() {
            true => HashSet::new(),
            false => ids_of(request),
        };
        Self {
            context,
            offers,
            limits,
            run: Run::new(limits),
            begun: Instant::now(),
            waited: Duration::ZERO,
            tainted_by,
            asked: 0,
            round: Assembler::default(),
            first: 0,
            shown: Vec::new(),
            callers: 0,
            ids,
            rounds: Vec::new(),
            next: None,
            begins: false,
            sticks: false,
            held: Vec::new(),
            pictures: Room::default(),
            recorded,
            taken: Vec::new(),
        }
    }

    /// Keeps what is said after a tool from sticking to what was said before it.
    pub fn space(&mut self, events: &mut [Event]) {
        for event in events {
            let Event::Delta {
                delta: Delta::Text { text, .. },
                ..
            } = event
            else {
                continue;
            };
            if text.is_empty() {
                continue;
            }
            if std::mem::take(&mut self.begins) && self.sticks && !text.starts_with(char::is_whitespace) {
                text.insert_str(0, "\n\n");
            }
            self.sticks = !text.ends_with(char::is_whitespace);
        }
    }

    /// Gives a call another id where one before had it already: some models count theirs anew in each answer, and whose
    /// result is whose is known by the id alone (W-74). The model, the record and the caller all see the new one.
    pub fn tell_apart(&mut self, events: &mut [Event]) {
        if self.offers.is_empty() {
            return;
        }
        for event in events {
            let Event::Delta {
                delta: Delta::ToolCallStart { id, .. },
                ..
            } = event
            else {
                continue;
            };
            if self.ids.contains(id.as_str()) {
                *id = another(id, &self.ids);
            }
            self.ids.insert(id.clone());
        }
    }

    /// Takes events of the whole answer in and leaves those that the caller sees.
    pub fn veil(&mut self, events: &mut Vec<Event>) {
        if self.offers.is_empty() {
            return;
        }
        let all = std::mem::take(events);
        for mut event in all {
            self.gather(&event);
            let shows = match &mut event {
                Event::Delta {
                    delta: Delta::ToolCallStart { index, name, .. },
                    ..
                } => {
                    let own = self.offers.answers(name);
                    let number = (!own).then_some(self.callers);
                    self.callers += u32::from(!own);
                    self.shown.push(number);
                    number.map(|number| *index = number).is_some()
                }
                Event::Delta {
                    delta: Delta::ToolCallArguments { index, .. },
                    ..
                } => {
                    let at = usize::try_from(*index).ok();
                    let number = at.and_then(|at| self.shown.get(at)).copied().flatten();
                    number.map(|number| *index = number).is_some()
                }
                Event::Finished { reason, .. } => {
                    let reason = *reason;
                    if self.next.is_none() {
                        self.decide(reason);
                    }
                    !self.holds()
                }
                // those of a round that goes on are added to the next one's, where parts are joined
                Event::Usage { .. } => !matches!(self.next, Some(Next::UseAndReturn(_))),
                Event::Started { .. } | Event::Delta { .. } => true,
            };
            if shows {
                events.push(event);
            } else if matches!(event, Event::Finished { .. } | Event::Usage { .. }) {
                self.held.push(event);
            }
        }
    }

    /// Takes an event into the round, whose calls are counted from 0.
    fn gather(&mut self, event: &Event) {
        let Event::Delta {
            delta: Delta::ToolCallStart { .. } | Delta::ToolCallArguments { .. },
            ..
        } = event
        else {
            return self.round.add(event);
        };
        let mut event = event.clone();
        if let Event::Delta {
            delta: Delta::ToolCallStart { index, .. } | Delta::ToolCallArguments { index, .. },
            ..
        } = &mut event
        {
            *index = index.saturating_sub(self.first);
        }
        self.round.add(&event);
    }

    fn decide(&mut self, reason: StopReason) {
        let parts = self.round.first().map(|first| first.parts()).unwrap_or_default();
        if self.tainted_by.is_none() {
            self.tainted_by = parts.iter().find_map(taint::hosted);
        }
        let calls = parts.into_iter().filter_map(|part| {
            let Part::ToolCall {
                id, name, arguments, ..
            } = part
            else {
                return None;
            };
            let offer = self.offers.named(&name);
            Some(Wanted {
                own: self.offers.answers(&name),
                changes: offer.is_some_and(Offer::changes),
                id,
                name,
                arguments,
            })
        });
        let calls = calls.collect();
        let mut next = self.run.answered(calls, Some(reason), self.took());
        if let (Some(recorded), Next::Use(wanted) | Next::UseAndReturn(wanted)) = (&self.recorded, &next) {
            match recorded.take(wanted) {
                Some(taken) => self.taken = taken,
                None => next = Next::Stop(RunStop::Unrecorded),
            }
        }
        self.next = Some(next);
    }

    /// How long it has taken, people not counted.
    fn took(&self) -> Duration {
        self.begun.elapsed().saturating_sub(self.waited)
    }

    /// Why the model is not asked again after these tools, if it is not.
    pub fn enough(&self) -> Option<Failure> {
        let late = self.recorded.is_none() && self.run.left(self.took()).is_zero();
        late.then(|| self.stopped(RunStop::Time))
    }

    /// What the caller is told of a run that was ended.
    pub fn stopped(&self, stop: RunStop) -> Failure {
        let missing = self.recorded.as_ref().and_then(|recorded| recorded.missing());
        let failure = run::stopped(stop, &self.limits);
        match (stop, missing) {
            (RunStop::Unrecorded, Some(missing)) => failure.with_param(missing.name),
            (_, _) => failure,
        }
    }

    /// Whether the end of this round is not yet the answer's.
    fn holds(&self) -> bool {
        matches!(
            self.next,
            Some(Next::Use(_) | Next::UseAndReturn(_) | Next::Stop(_))
        )
    }

    /// Whether the tokens of this round are told with those of a later one.
    pub fn goes_on(&self) -> bool {
        matches!(self.next, Some(Next::Use(_)))
    }

    /// What is to be done, now that the round is over.
    pub fn over(&mut self) -> Over {
        match self.next.take() {
            None | Some(Next::End) => Over::Answer,
            Some(Next::Use(wanted)) => Over::Use(wanted),
            Some(Next::UseAndReturn(wanted)) => Over::UseAndReturn(wanted, std::mem::take(&mut self.held)),
            Some(Next::Stop(stop)) => Over::Stop(stop),
        }
    }

    /// Runs what the model asked for, as far as it may. Each result is in the record as soon as all are there.
    pub async fn run(&mut self, recorder: &mut Recorder, wanted: &[Wanted]) -> Vec<Message> {
        for call in wanted {
            recorder.call_tool(&call.id, &call.name, &call.arguments);
        }
        if self.recorded.is_some() {
            return self.again_from_the_record(recorder, wanted);
        }
        let left = self.run.left(self.took());
        let used = match &mut self.context {
            None => Vec::new(),
            Some(context) => {
                context.tainted_by.clone_from(&self.tainted_by);
                let named = |call: &Wanted| self.offers.named(&call.name);
                let changes = |call: &Wanted| named(call).is_some_and(Offer::changes);
                let uses = Uses {
                    context,
                    offers: &self.offers,
                    message: recorder.message().cloned(),
                    keeps_content: recorder.keeps_content(),
                    tainted_by: self.tainted_by.as_deref(),
                    left: Left::new(left),
                    order: Order::of(wanted.iter().map(changes).collect()),
                };
                if wanted.iter().any(|call| named(call).is_some_and(Offer::acts)) {
                    recorder.commit().await;
                }
                let numbered = (self.asked + 1..).zip(wanted);
                let each = numbered.enumerate();
                join_all(each.map(|(at, (number, call))| uses.one(at, number, call))).await
            }
        };
        self.asked = self
            .asked
            .saturating_add(u32::try_from(wanted.len()).unwrap_or(u32::MAX));
        self.waited += used.iter().map(|used| used.waited).max().unwrap_or_default();
        if self.tainted_by.is_none() {
            self.tainted_by = used.iter().find_map(|used| used.taints.clone());
        }
        let mut results = Vec::with_capacity(wanted.len());
        for (call, used) in wanted.iter().zip(used) {
            let is_error = used.given.is_error;
            let parts = self.pictures.parts(used.given);
            results.push(given(recorder, call, parts, is_error, used.took_ms));
        }
        results
    }

    /// Gives what the tools gave before; nothing is run, and nobody is asked.
    fn again_from_the_record(&mut self, recorder: &mut Recorder, wanted: &[Wanted]) -> Vec<Message> {
        self.asked = self
            .asked
            .saturating_add(u32::try_from(wanted.len()).unwrap_or(u32::MAX));
        let taken = std::mem::take(&mut self.taken);
        let results = wanted.iter().zip(taken);
        results
            .map(|(call, RecordedResult { parts, is_error })| given(recorder, call, parts, is_error, None))
            .collect()
    }

    /// Begins the next round; gives what has to follow the caller's messages.
    pub fn again(&mut self, results: Vec<Message>) -> &[Message] {
        let round = std::mem::take(&mut self.round);
        self.rounds.extend(round.first().map(|first| first.message()));
        self.rounds.extend(results);
        self.first = u32::try_from(self.shown.len()).unwrap_or(u32::MAX);
        self.held.clear();
        self.begins = true;
        &self.rounds
    }

    /// What the caller is to do stands at the answer's end; nothing more is decided.
    pub fn returned(&mut self) {
        self.next = Some(Next::End);
    }
}

/// Takes down what a tool gave, and gives it as the model is told of it.
fn given(
    recorder: &mut Recorder,
    call: &Wanted,
    parts: Vec<Part>,
    is_error: bool,
    took_ms: Option<u64>,
) -> Message {
    let part = Part::ToolResult {
        call_id: call.id.clone(),
        parts,
        is_error,
        extra: Extra::new(),
    };
    recorder.give(&part, took_ms);
    Message {
        role: Role::Tool,
        parts: vec![part],
        extra: Extra::new(),
    }
}

fn ids_of(request: &Request) -> HashSet<String> {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let ids = parts.filter_map(|part| match part {
        Part::ToolCall { id, .. } => Some(id.clone()),
        Part::ToolResult { .. }
        | Part::Text { .. }
        | Part::Image(_)
        | Part::File(_)
        | Part::Audio(_)
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::Opaque { .. } => None,
    });
    ids.collect()
}

/// An id like this one that none of these is, and that every client takes.
fn another(id: &str, taken: &HashSet<String>) -> String {
    let stem = &id[..id.floor_char_boundary(LONGEST_STEM)];
    let mut number = 2_u32;
    loop {
        let candidate = format!("{stem}-{number}");
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

/// What a round's end means.
pub(super) enum Over {
    /// It is the answer's.
    Answer,
    /// These are run, and the model goes on.
    Use(Vec<Wanted>),
    /// These are run, and the answer ends with these events.
    UseAndReturn(Vec<Wanted>, Vec<Event>),
    /// It is enough.
    Stop(RunStop),
}

/// The request with what followed.
pub(super) fn followed(request: &domain::Request, rounds: &[Message]) -> domain::Request {
    let mut request = request.clone();
    request.messages.extend_from_slice(rounds);
    released(&mut request.tool_choice);
    request
}
