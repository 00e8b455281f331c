//! From attempt to attempt and from target to target, until an answer begins.
//!
//! Every attempt is an entry of the ledger with what became of it, so that nothing is asked of a provider
//! unseen, and whoever was asked after a failure is told in the call's record together with the reason.
//! The danger is going on for nobody: this runs inside the caller's future, so a caller who leaves ends it in
//! whatever it waits for, a retry included.

use domain::{Applied, Attempt, Failure, FailureKind, Request, Target, Timeouts};

use super::bare::{self, Bare};
use super::reasoning::{self, Maker, Thread};
use super::record::Recorder;
use super::resolve::Resolved;
use super::{Pieces, Reply, Turn};
use crate::engine::Engine;
use crate::roster::Snapshot;
use crate::upstream::{self, Effort, Response};

/// A call on its way out.
pub(super) struct Delivery<'a> {
    pub engine: &'a Engine,
    pub roster: &'a Snapshot,
    pub resolved: &'a Resolved,
    pub request: &'a Request,
    /// What is asked instead, when it is no conversation.
    pub bare: Option<&'a Bare>,
    /// Whose reasoning may be put back into it.
    pub thread: &'a Thread,
    /// Whether a target may be asked again (REL-01: a caller can switch it off).
    pub retries: bool,
}

/// How far a target came.
enum Outcome {
    Answers(Response),
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
            match self.target(target, elsewhere, &mut number, &mut recorder).await? {
                Outcome::Answers(response) => {
                    return Ok(turn(response, recorder, model, target.clone()).await);
                }
                Outcome::Failed(failure, go_on) => {
                    last = Some((target, failure));
                    if !go_on {
                        break;
                    }
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

    /// All attempts at one target. Fails when the call itself cannot go on.
    async fn target(
        &self,
        target: &Target,
        elsewhere: bool,
        number: &mut u32,
        recorder: &mut Recorder,
    ) -> Result<Outcome, Failure> {
        let engine = self.engine;
        let Some(provider) = self.roster.providers.get(&target.provider) else {
            let failure = Failure::new(
                FailureKind::ModelNotFound,
                format!("There is no provider {}.", target.provider),
            )
            .with_hint("Add it, or give the agent another model.");
            return Ok(Outcome::Failed(failure, true));
        };
        let maker = Maker::of(provider, &target.model);
        let (request, restored) =
            reasoning::prepare(engine, self.thread, (provider, &maker), self.request).await;
        for applied in restored {
            recorder.note(applied);
        }
        let written = bare::compile(self.bare, self.resolved, provider, &target.model, &request);
        let (mut compiled, mut could_chat) = match written {
            Ok(written) => (written.compiled, written.could_chat),
            Err(failure) => return Ok(Outcome::Failed(failure, true)),
        };
        for applied in std::mem::take(&mut compiled.applied) {
            recorder.note(applied);
        }
        recorder.send(compiled.body.clone());
        let price = engine.prices().of(engine.store(), provider, target).await;
        let said = match &self.resolved.agent {
            Some(agent) => agent.draft.timeouts,
            None => Timeouts::default(),
        };
        let mut effort = Effort::new(engine, provider, target, &said);
        loop {
            *number += 1;
            let attempt = Attempt {
                id: engine.ids().entry()?,
                call: recorder.call().clone(),
                number: *number,
                target: target.clone(),
            };
            recorder
                .begin((attempt, maker.clone()), price.clone(), &request)
                .await?;
            let outcome = effort.send(&request, &compiled).await;
            if let Some(acceptance) = effort.acceptance() {
                recorder.accepted(acceptance);
            }
            let setback = match outcome {
                Ok(response) => return Ok(Outcome::Answers(response)),
                Err(setback) => setback,
            };
            recorder.observe(&setback.events);
            recorder.refused(&setback.failure).await;
            if std::mem::take(&mut could_chat) && bare::is_no_route(&setback.failure) {
                recorder.note(Applied {
                    what: "prompt".to_owned(),
                    how: "asked as a conversation, the model only chats".to_owned(),
                });
                compiled = upstream::compile(provider, &target.model, &request)?;
                for applied in std::mem::take(&mut compiled.applied) {
                    recorder.note(applied);
                }
                recorder.send(compiled.body.clone());
                continue;
            }
            let again = self.retries.then(|| effort.again(&setback, elsewhere)).flatten();
            let Some(wait) = again else {
                let go_on = upstream::is_worth_a_fallback(setback.failure.kind());
                return Ok(Outcome::Failed(setback.failure, go_on));
            };
            recorder.note(Applied {
                what: "retry".to_owned(),
                how: format!("after {}", reason(&setback.failure)),
            });
            tokio::time::sleep(wait).await;
        }
    }
}

async fn turn(response: Response, mut recorder: Recorder, model: String, target: Target) -> Turn {
    let session = recorder.session().cloned();
    let message = recorder.message().cloned();
    let applied = recorder.tell_applied();
    let sealed = recorder.sealed();
    let reply = match response {
        Response::Whole(answer) => {
            recorder.whole(&answer).await;
            Reply::Whole(Box::new((*answer, recorder.ending())))
        }
        Response::Vectors(mut vectors) => {
            recorder.vectors(&mut vectors).await;
            Reply::Vectors(vectors)
        }
        Response::Events(events) => Reply::Pieces(Box::new(Pieces {
            events,
            recorder,
            ended: false,
        })),
    };
    Turn {
        session,
        message,
        model,
        target,
        applied,
        input_tokens: 0,
        sealed,
        reply,
    }
}

/// A failure in a word, with the provider's status where it gave one: `upstream_overloaded 529`.
fn reason(failure: &Failure) -> String {
    let kind = failure.kind().as_str();
    match failure.upstream().and_then(|said| said.status) {
        Some(status) => format!("{kind} {status}"),
        None => kind.to_owned(),
    }
}
