//! The pieces of a recorded answer on their way to the caller.
//!
//! Everything here is pulled by the caller and may be dropped in any wait: then the call is cancelled, and its
//! recorder writes that down.

use std::pin::Pin;

use domain::{Answer, Event, Failure, MessageState, RawJson};

use super::Ending;
use super::attempts::Attempts;
use super::pause::Seam;
use super::record::Recorder;
use super::run::Wanted;
use super::using::{Over, Using};
use crate::upstream::{Events, Gathered, Response};

/// The pieces of a recorded answer. Dropping it cancels the call and records that.
pub(crate) struct Pieces {
    phase: Phase,
    seam: Seam,
    /// What to tell the caller about what is in its hands, as soon as it is written down. A caller who leaves that
    /// wait and comes back is told then.
    outcome: Option<Result<bool, Failure>>,
    ended: bool,
}

/// A part of an answer: most have one.
pub(super) struct Part {
    pub events: Events,
    pub attempts: Attempts,
    pub recorder: Recorder,
    pub using: Using,
}

type GoingOn = Pin<Box<dyn Future<Output = Result<Part, (Ending, Failure)>> + Send>>;

enum Phase {
    Answering(Box<Part>),
    /// The provider paused and is asked to go on; how it ends if nobody waits for that.
    GoingOn(GoingOn, Box<Ending>),
    Over(Box<Ending>),
}

impl Pieces {
    pub(super) fn new(part: Part) -> Self {
        Self {
            phase: Phase::Answering(Box::new(part)),
            seam: Seam::default(),
            outcome: None,
            ended: false,
        }
    }

    /// Waits for the next pieces, which replace what is in `events`; `false` at the orderly end.
    ///
    /// # Errors
    /// The failure that ended the answer; it is recorded.
    pub async fn next(&mut self, events: &mut Vec<Event>) -> Result<bool, Failure> {
        // a wait that is dropped and taken up again loses nothing: the caller keeps what is in `events`
        if self.outcome.is_none() {
            events.clear();
            self.advance(events).await?;
        }
        if let Phase::Answering(part) = &mut self.phase {
            part.recorder.flush().await;
        }
        self.outcome.take().unwrap_or(Ok(false))
    }

    /// Waits for what comes and puts down what becomes of it.
    async fn advance(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        while !self.ended && self.outcome.is_none() {
            match &mut self.phase {
                Phase::Over(_) => self.ended = true,
                Phase::GoingOn(going_on, _) => match going_on.await {
                    Ok(part) => self.phase = Phase::Answering(Box::new(part)),
                    Err((ending, failure)) => {
                        self.ended = true;
                        self.phase = Phase::Over(Box::new(ending));
                        return Err(failure);
                    }
                },
                Phase::Answering(part) => {
                    let outcome = part.events.next(events).await;
                    let paused = self.seam.join(events, part.attempts.may_go_on());
                    part.using.space(events);
                    part.using.tell_apart(events);
                    part.recorder.observe(events);
                    part.using.veil(events);
                    self.seam.total(events, paused || part.using.goes_on());
                    match outcome {
                        Ok(_) if paused => {
                            self.seam.end_part();
                            self.go_on();
                            if !events.is_empty() {
                                self.outcome = Some(Ok(true));
                            }
                        }
                        Ok(true) => match part.recorder.afford() {
                            Ok(()) => {
                                part.recorder.checkpoint();
                                self.outcome = Some(Ok(true));
                            }
                            Err(failure) => self.fail(failure),
                        },
                        Ok(false) => {
                            let over = part.using.over();
                            self.over(over);
                            if self.ended || !events.is_empty() {
                                self.outcome.get_or_insert(Ok(!events.is_empty()));
                            }
                        }
                        Err(failure) => self.fail(failure),
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits for all of it: the answer as a whole, and how it ended.
    ///
    /// # Errors
    /// The failure that ended it; it is recorded.
    pub async fn gather(mut self) -> Result<(Answer, Ending), Failure> {
        let mut gathered = Gathered::default();
        let mut events = Vec::new();
        while self.next(&mut events).await? {
            gathered.add(events.drain(..));
        }
        gathered.add(events);
        let ending = self.ending();
        let mut answer = gathered.whole();
        // tokens that nobody reported are those of the ledger (W-50)
        answer.usage = answer
            .usage
            .or_else(|| Some((ending.receipt.usage?, RawJson::new("{}"))));
        Ok((answer, ending))
    }

    fn fail(&mut self, failure: Failure) {
        self.ended = true;
        if let Phase::Answering(part) = &mut self.phase {
            part.recorder.fail(&failure);
        }
        self.outcome = Some(Err(failure));
    }

    /// A round is over: the answer is, or tools are run.
    fn over(&mut self, over: Over) {
        match over {
            Over::Answer => {
                self.ended = true;
                if let Phase::Answering(part) = &mut self.phase {
                    part.recorder.succeed();
                }
            }
            Over::Stop(stop) => {
                let failure = match &self.phase {
                    Phase::Answering(part) => part.using.stopped(stop),
                    Phase::GoingOn(..) | Phase::Over(_) => return,
                };
                self.fail(failure);
            }
            Over::Use(wanted) => {
                self.seam.end_part();
                self.leave(|part| Box::pin(use_and_ask(part, wanted)));
            }
            Over::UseAndReturn(wanted, rest) => {
                self.leave(|part| Box::pin(use_and_return(part, wanted, rest)));
            }
        }
    }

    fn go_on(&mut self) {
        self.leave(|part| Box::pin(ask_for_the_rest(part)));
    }

    /// Does something before the answer goes on.
    fn leave(&mut self, meanwhile: impl FnOnce(Part) -> GoingOn) {
        let ending = Box::new(Ending {
            state: MessageState::Stopped,
            ..self.ending()
        });
        let Phase::Answering(part) = std::mem::replace(&mut self.phase, Phase::Over(ending.clone())) else {
            return;
        };
        self.phase = Phase::GoingOn(meanwhile(*part), ending);
    }

    /// Ends the answer because its reader wants no more; what there is is kept.
    pub async fn stop(&mut self) -> Ending {
        self.ended = true;
        match &mut self.phase {
            Phase::Answering(part) => part.recorder.cancel().await,
            Phase::GoingOn(_, ending) => {
                let ending = ending.clone();
                // dropped with it, the recorder writes down that the call was cancelled
                self.phase = Phase::Over(ending.clone());
                *ending
            }
            Phase::Over(ending) => Ending::clone(ending),
        }
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        match &self.phase {
            Phase::Answering(part) => part.recorder.ending(),
            Phase::GoingOn(_, ending) | Phase::Over(ending) => Ending::clone(ending),
        }
    }
}

type Went = Result<Part, (Ending, Failure)>;

/// The provider paused and is asked to go on.
async fn ask_for_the_rest(mut part: Part) -> Went {
    // the connection is free for what follows
    part.events = Events::Whole(Vec::new());
    let response = part.attempts.go_on(&mut part.recorder).await;
    followed_by(part, response).await
}

/// Runs tools, and asks the model to go on with what they gave.
async fn use_and_ask(mut part: Part, wanted: Vec<Wanted>) -> Went {
    part.events = Events::Whole(Vec::new());
    let response = match part.attempts.after_tools(&mut part.recorder).await {
        Err(failure) => Err(failure),
        Ok(attempt) => {
            let results = part.using.run(&mut part.recorder, &wanted).await;
            match part.using.enough() {
                Some(failure) => {
                    part.recorder.stop(&failure).await;
                    return Err((part.recorder.ending(), failure));
                }
                None => {
                    let rounds = part.using.again(results);
                    part.attempts.ask_again(attempt, rounds, &mut part.recorder).await
                }
            }
        }
    };
    followed_by(part, response).await
}

/// Runs tools, and ends the answer with what the caller has to do.
async fn use_and_return(mut part: Part, wanted: Vec<Wanted>, rest: Vec<domain::Event>) -> Went {
    let _results = part.using.run(&mut part.recorder, &wanted).await;
    part.recorder.flush().await;
    part.using.returned();
    part.events = Events::Whole(rest);
    Ok(part)
}

async fn followed_by(mut part: Part, response: Result<Response, Failure>) -> Went {
    let failure = match response {
        Ok(Response::Events(events)) => {
            part.events = events;
            return Ok(part);
        }
        Ok(Response::Whole(answer)) => {
            part.events = Events::Whole(answer.into_events());
            return Ok(part);
        }
        Ok(Response::Vectors(_)) => crate::failures::internal("vectors in place of the rest of an answer"),
        Err(failure) => failure,
    };
    part.recorder.give_up(&failure).await;
    Err((part.recorder.ending(), failure))
}
