//! The pieces of a recorded answer on their way to the caller.
//!
//! Everything here is pulled by the caller and may be dropped in any wait: then the call is cancelled, and its
//! recorder writes that down.

use std::pin::Pin;

use domain::{Event, Failure, MessageState};

use super::Ending;
use super::attempts::Attempts;
use super::pause::Seam;
use super::record::Recorder;
use crate::upstream::{Events, Response};

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
                    part.recorder.observe(events);
                    self.seam.total(events, paused);
                    match outcome {
                        Ok(_) if paused => {
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
                            self.ended = true;
                            part.recorder.succeed();
                            self.outcome = Some(Ok(!events.is_empty()));
                        }
                        Err(failure) => self.fail(failure),
                    }
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, failure: Failure) {
        self.ended = true;
        if let Phase::Answering(part) = &mut self.phase {
            part.recorder.fail(&failure);
        }
        self.outcome = Some(Err(failure));
    }

    fn go_on(&mut self) {
        let ending = Box::new(Ending {
            state: MessageState::Stopped,
            ..self.ending()
        });
        let Phase::Answering(part) = std::mem::replace(&mut self.phase, Phase::Over(ending.clone())) else {
            return;
        };
        let Part {
            mut attempts,
            mut recorder,
            events,
        } = *part;
        // the connection is free for what follows
        drop(events);
        let going_on = async move {
            match attempts.go_on(&mut recorder).await {
                Ok(Response::Events(events)) => Ok(Part {
                    events,
                    attempts,
                    recorder,
                }),
                Ok(Response::Whole(answer)) => Ok(Part {
                    events: Events::Whole(answer.into_events()),
                    attempts,
                    recorder,
                }),
                Ok(Response::Vectors(_)) => {
                    let failure = crate::failures::internal("vectors in place of the rest of an answer");
                    recorder.give_up(&failure).await;
                    Err((recorder.ending(), failure))
                }
                Err(failure) => {
                    recorder.give_up(&failure).await;
                    Err((recorder.ending(), failure))
                }
            }
        };
        self.phase = Phase::GoingOn(Box::pin(going_on), ending);
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
