//! From target to target, until an answer begins.
//!
//! Nothing is asked of a provider unseen, and whoever was asked after a failure is told in the call's record
//! together with the reason. The danger is going on for nobody: this runs inside the caller's future, so a
//! caller who leaves ends it in whatever it waits for, a retry included.

use std::sync::Arc;

use domain::{Applied, CallSource, Compaction, Failure, FailureKind, Request, Target, Timeouts};

use super::anchor::Anchor;
use super::attempts::{Attempts, Outcome, Rules, reason};
use super::bare::Bare;
use super::compaction::{self, Room};
use super::offers::Offers;
use super::pause;
use super::pieces::Part;
use super::prepared::Prepared;
use super::reasoning::Thread;
use super::record::Recorder;
use super::recorded::Recorded;
use super::remote::Remote;
use super::resolve::Resolved;
use super::using::Using;
use super::view::{Aside, View};
use super::{Above, Pieces, Rehearsal, Reply, Turn};
use crate::engine::Engine;
use crate::roster::Snapshot;
use crate::tools::Context;
use crate::upstream::{Events, Response};

/// A call on its way out.
pub(super) struct Delivery<'a> {
    pub engine: &'a Engine,
    pub roster: &'a Snapshot,
    pub resolved: &'a Resolved,
    pub request: &'a Arc<Request>,
    /// What is asked instead, when it is no conversation.
    pub bare: Option<&'a Bare>,
    /// Whose reasoning may be put back into it.
    pub thread: &'a Thread,
    /// Whether a target may be asked again (REL-01: a caller can switch it off).
    pub retries: bool,
    /// Who calls.
    pub source: &'a CallSource,
    /// The agents that stand above this one.
    pub above: &'a Above,
    /// The agent's own tools.
    pub offers: &'a Arc<Offers>,
    /// What its tools gave before, where none is run.
    pub recorded: Option<&'a Arc<Recorded>>,
    /// What is told beside the conversation.
    pub asides: &'a [Aside],
    /// Where its messages are stored, if they are.
    pub anchor: Option<&'a Anchor>,
    /// How it is kept within a target's window; `None` where it is not.
    pub compaction: Option<Compaction>,
}

/// How far a target came.
enum Went {
    Answers(Response, Box<Attempts>),
    /// Whether the next target may be asked.
    Failed(Failure, bool),
}

impl Delivery<'_> {
    /// Delivers the request; the turn's model is left to its caller.
    pub async fn run(&self, mut recorder: Recorder, model: String) -> Result<Turn, Failure> {
        let mut last: Option<(&Target, Failure)> = None;
        let mut number = 0;
        let mut targets = self.resolved.targets().peekable();
        while let Some(target) = targets.next() {
            let elsewhere = targets.peek().is_some();
            if let Some((before, failure)) = &last {
                recorder.note(Applied {
                    what: "target".to_owned(),
                    how: format!("{target} after {before} failed: {}", reason(failure)),
                });
            }
            match self.ask(target, elsewhere, &mut number, &mut recorder).await {
                Ok(Went::Answers(response, attempts)) => {
                    return self
                        .turn(response, *attempts, recorder, model, target.clone())
                        .await;
                }
                Ok(Went::Failed(failure, go_on)) => {
                    last = Some((target, failure));
                    if !go_on {
                        break;
                    }
                }
                Err(failure) => {
                    recorder.give_up(&failure).await;
                    return Err(failure);
                }
            }
        }
        let failure = match last {
            Some((_, failure)) => failure,
            None => crate::failures::internal("an agent without a target"),
        };
        recorder.give_up(&failure).await;
        Err(failure)
    }

    /// Asks one target: once, and a second time where it reads less than was known and the conversation can be made
    /// shorter.
    ///
    /// # Errors
    /// When the call itself cannot go on.
    async fn ask(
        &self,
        target: &Target,
        elsewhere: bool,
        number: &mut u32,
        recorder: &mut Recorder,
    ) -> Result<Went, Failure> {
        let mut refused: Option<(u64, Failure)> = None;
        loop {
            // a summary is a call within the call, and most calls have none
            let fits = Box::pin(compaction::fit(self, target, number, recorder));
            let view = match fits.await {
                Ok(view) => view,
                Err(failure) => return Ok(Went::Failed(failure, true)),
            };
            let tokens = view.tokens();
            if let Some((_, failure)) = refused.take_if(|(before, _)| tokens >= *before) {
                return Ok(Went::Failed(failure, true));
            }
            let begun = (elsewhere, *number);
            let mut attempts = match self.attempts(target, &view, begun, recorder).await {
                Ok(attempts) => attempts,
                Err(failure) => return Ok(Went::Failed(failure, true)),
            };
            let outcome = attempts.run(recorder).await?;
            *number = attempts.number();
            match outcome {
                Outcome::Answers(response) => return Ok(Went::Answers(response, Box::new(attempts))),
                Outcome::Failed(failure, go_on) => {
                    let too_long = failure.kind() == FailureKind::ContextTooLong;
                    if !too_long || refused.is_some() || self.compaction.is_none() {
                        return Ok(Went::Failed(failure, go_on));
                    }
                    let _tokens = attempts.too_long();
                    refused = Some((tokens, failure));
                }
            }
        }
    }

    /// The request as the first target would get it.
    pub async fn rehearse(&self) -> Result<Rehearsal, Failure> {
        let target = self.resolved.targets().next();
        let target = target.ok_or_else(|| crate::failures::internal("an agent without a target"))?;
        let view = View::whole(self.request, self.thread.scope, self.asides);
        let prepared = Prepared::of(self, target, &view, Remote::Rehearse).await?;
        Ok(Rehearsal {
            target: target.clone(),
            wire: prepared.provider.wire,
            path: prepared.compiled.path().to_owned(),
            body: prepared.compiled.body,
            applied: prepared.applied,
        })
    }

    fn part(&self, events: Events, attempts: Attempts, recorder: Recorder) -> Part {
        let context = self.resolved.agent.as_ref().map(|agent| Context {
            engine: self.engine.clone(),
            agent: Arc::clone(agent),
            call: recorder.call().clone(),
            session: recorder.session().cloned(),
            source: self.source.clone(),
            above: self.above.clone(),
            tainted_by: None,
        });
        Part {
            events,
            attempts,
            recorder,
            using: Using::new(
                (Arc::clone(self.offers), self.request),
                context,
                self.recorded.cloned(),
            ),
        }
    }

    async fn attempts(
        &self,
        target: &Target,
        view: &View,
        (elsewhere, number): (bool, u32),
        recorder: &mut Recorder,
    ) -> Result<Attempts, Failure> {
        let prepared = Prepared::of(self, target, view, Remote::Fetch).await?;
        let mut rules = self.rules(elsewhere);
        if !self.offers.is_empty() {
            rules.room = Room::of(self, target).await?;
        }
        Ok(Attempts::new(self.engine, target, prepared, rules, number, recorder).await)
    }

    /// What the call says about its attempts.
    pub fn rules(&self, elsewhere: bool) -> Rules {
        let said = match &self.resolved.agent {
            Some(agent) => agent.draft.timeouts,
            None => Timeouts::default(),
        };
        Rules {
            said,
            retries: self.retries,
            elsewhere,
            room: None,
        }
    }

    async fn turn(
        &self,
        response: Response,
        attempts: Attempts,
        mut recorder: Recorder,
        model: String,
        target: Target,
    ) -> Result<Turn, Failure> {
        let session = recorder.session().cloned();
        let message = recorder.message().cloned();
        let sealed = recorder.sealed();
        let (applied, reply) = match response {
            Response::Whole(answer) => {
                let goes_on = attempts.may_go_on() && pause::pauses(&answer);
                if self.offers.is_empty() && !goes_on {
                    recorder.whole(&answer).await;
                    let answer = pause::counted(*answer, &recorder);
                    let reply = Reply::Whole(Box::new((answer, recorder.ending())));
                    (recorder.applied(), reply)
                } else {
                    let applied = recorder.applied();
                    let part = self.part(Events::Whole(answer.into_events()), attempts, recorder);
                    let whole = Pieces::new(part).gather().await?;
                    (applied, Reply::Whole(Box::new(whole)))
                }
            }
            Response::Vectors(mut vectors) => {
                let unfit = self.bare.and_then(|bare| bare.unfit(&vectors));
                recorder.vectors(&mut vectors, unfit.as_ref()).await;
                if let Some(failure) = unfit {
                    return Err(failure);
                }
                (recorder.applied(), Reply::Vectors(vectors))
            }
            Response::Events(events) => {
                let applied = recorder.applied();
                let part = self.part(events, attempts, recorder);
                (applied, Reply::Pieces(Box::new(Pieces::new(part))))
            }
        };
        Ok(Turn {
            session,
            message,
            model,
            target,
            applied,
            input_tokens: 0,
            sealed,
            reply,
        })
    }
}
