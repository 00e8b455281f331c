//! All attempts at one target, each an entry of the ledger with what became of it.
//!
//! It owns what it needs and borrows nothing of the call, because an answer that pauses is asked to go on long
//! after the call was delivered (W-166).

use std::sync::Arc;

use domain::{
    Applied, Attempt, Failure, FailureKind, Message, Price, Provider, Request, Target, Timeouts, Wire,
};
use tokio::time::Instant;

use super::bare;
use super::compaction::{Room, Rounds};
use super::pictures;
use super::prepared::Prepared;
use super::reasoning::Maker;
use super::record::Recorder;
use super::tokens;
use crate::engine::Engine;
use crate::upstream::{self, Compiled, Effort, Response};

/// So often an answer is asked to go on; a provider that always pauses would never end.
const PARTS: u32 = 8;

/// The attempts at one target.
pub(super) struct Attempts {
    engine: Engine,
    provider: Arc<Provider>,
    target: Target,
    /// As this target can take it, before any tool was run.
    base: Arc<Request>,
    /// What is asked now.
    request: Arc<Request>,
    compiled: Compiled,
    /// Whether it could leave as a conversation instead.
    could_chat: bool,
    maker: Maker,
    price: Option<Price>,
    said: Timeouts,
    retries: bool,
    /// Whether another target could be asked instead.
    elsewhere: bool,
    /// The last attempt's number within the call.
    number: u32,
    /// The end of all waiting, since the first attempt.
    end: Option<Instant>,
    /// How often the answer was asked to go on.
    parts: u32,
    /// How much of the window the rounds of its own tools may fill.
    rounds: Rounds,
}

/// How far a target came.
pub(super) enum Outcome {
    Answers(Response),
    /// Whether the next target may be asked.
    Failed(Failure, bool),
}

/// What a call says about its attempts.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// The agent's own timeouts.
    pub said: Timeouts,
    /// Whether a target may be asked again (REL-01: a caller can switch it off).
    pub retries: bool,
    /// Whether another target could be asked instead.
    pub elsewhere: bool,
    /// How much the rounds of a run may fill; `None` where nobody knows or it has no tools.
    pub room: Option<Room>,
}

impl Attempts {
    /// Of a request that is written out for a target; nothing is sent yet. `number` is the call's last attempt's.
    pub async fn new(
        engine: &Engine,
        target: &Target,
        prepared: Prepared,
        rules: Rules,
        number: u32,
        recorder: &mut Recorder,
    ) -> Self {
        for applied in prepared.applied {
            recorder.note(applied);
        }
        recorder.send(prepared.compiled.body.clone());
        Self {
            engine: engine.clone(),
            price: engine
                .prices()
                .of(engine.store(), &prepared.provider, target)
                .await,
            provider: prepared.provider,
            target: target.clone(),
            base: Arc::clone(&prepared.request),
            request: prepared.request,
            compiled: prepared.compiled,
            could_chat: prepared.could_chat,
            maker: prepared.maker,
            said: rules.said,
            retries: rules.retries,
            elsewhere: rules.elsewhere,
            number,
            end: None,
            parts: 0,
            rounds: Rounds::new(rules.room),
        }
    }

    /// What was asked last was too long for the target: so many tokens, as it counts them.
    pub fn too_long(&self) -> u64 {
        let answer = self.request.params.max_output_tokens.unwrap_or(0);
        let estimated = tokens::estimate(&self.request);
        let calibration = self.engine.calibration();
        calibration.refuse(&self.target, estimated.saturating_add(answer));
        calibration.likely(&self.target, estimated)
    }

    /// The last attempt's number within the call.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Asks until there is an answer or asking again cannot help. Fails when the call itself cannot go on.
    pub async fn run(&mut self, recorder: &mut Recorder) -> Result<Outcome, Failure> {
        let attempt = self.next(recorder)?;
        self.run_from(attempt, recorder).await
    }

    async fn run_from(&mut self, mut attempt: Attempt, recorder: &mut Recorder) -> Result<Outcome, Failure> {
        // what is borrowed below is not what the numbers are counted in
        let engine = self.engine.clone();
        let provider = Arc::clone(&self.provider);
        let target = self.target.clone();
        let mut effort = Effort::new(&engine, &provider, &target, &self.said, self.end);
        self.end = effort.end();
        loop {
            recorder
                .begin((attempt, self.maker.clone()), self.price.clone(), &self.request)
                .await?;
            let outcome = effort.send(&self.request, &self.compiled).await;
            if let Some(acceptance) = effort.acceptance() {
                recorder.accepted(acceptance);
            }
            let setback = match outcome {
                Ok(response) => return Ok(Outcome::Answers(response)),
                Err(setback) => setback,
            };
            recorder.observe(&setback.events);
            recorder.refused(&setback.failure);
            recorder.flush().await;
            if std::mem::take(&mut self.could_chat) && bare::is_no_route(&setback.failure) {
                recorder.note(Applied {
                    what: "prompt".to_owned(),
                    how: "asked as a conversation, the model only chats".to_owned(),
                });
                self.compiled = upstream::compile(&provider, &target.model, &self.request)?;
                for applied in std::mem::take(&mut self.compiled.applied) {
                    recorder.note(applied);
                }
                recorder.send(self.compiled.body.clone());
                attempt = self.next(recorder)?;
                continue;
            }
            let again = self
                .retries
                .then(|| effort.again(&setback, self.elsewhere))
                .flatten();
            let Some(wait) = again else {
                let go_on = upstream::is_worth_a_fallback(setback.failure.kind());
                return Ok(Outcome::Failed(setback.failure, go_on));
            };
            recorder.note(Applied {
                what: "retry".to_owned(),
                how: format!("after {}", reason(&setback.failure)),
            });
            attempt = self.next(recorder)?;
            recorder.put_off(&attempt);
            tokio::time::sleep(wait).await;
        }
    }

    /// Whether an answer of this target may pause and can be asked to go on once more.
    pub fn may_go_on(&self) -> bool {
        self.provider.wire == Wire::AnthropicMessages && self.parts < PARTS
    }

    /// Asks the target to go on with the answer that it paused (W-166).
    ///
    /// # Errors
    /// Why it does not; what it said before stands.
    pub async fn go_on(&mut self, recorder: &mut Recorder) -> Result<Response, Failure> {
        self.parts += 1;
        // the answer has begun: nobody else can end it
        self.elsewhere = false;
        let attempt = self.next(recorder)?;
        let so_far = recorder.pause(&attempt).await;
        let request = self.with(so_far);
        self.compiled = upstream::compile(&self.provider, &self.target.model, &request)?;
        recorder.send(self.compiled.body.clone());
        match self.run_from(attempt, recorder).await? {
            Outcome::Answers(response) => Ok(response),
            Outcome::Failed(failure, _) => Err(failure),
        }
    }

    /// The answer waits for tools; the attempt that follows them is in the record from here on, so that a call that is
    /// cancelled meanwhile is not lost.
    ///
    /// # Errors
    /// Storage or randomness that fails.
    pub async fn after_tools(&mut self, recorder: &mut Recorder) -> Result<Attempt, Failure> {
        // the answer has begun: nobody else can end it
        self.elsewhere = false;
        let attempt = self.next(recorder)?;
        let _so_far = recorder.pause(&attempt).await;
        Ok(attempt)
    }

    /// Asks the target to go on after its tools.
    ///
    /// # Errors
    /// Why it does not; what it said before stands.
    pub async fn ask_again(
        &mut self,
        attempt: Attempt,
        rounds: &[Message],
        recorder: &mut Recorder,
    ) -> Result<Response, Failure> {
        // each question is waited for by itself
        self.end = None;
        let rounds = pictures::fit_rounds(&self.engine, (&self.provider, &self.target), rounds).await;
        let (engine, target) = (&self.engine, &self.target);
        let likely = |request: &Request| engine.calibration().likely(target, tokens::estimate(request));
        let (request, noted) = self.rounds.followed(&self.base, &rounds, likely);
        if let Some(applied) = noted {
            recorder.note(applied);
        }
        match self.ask_this(request, attempt, recorder).await? {
            Outcome::Answers(response) => Ok(response),
            Outcome::Failed(failure, _) if failure.kind() == FailureKind::ContextTooLong => {
                let tokens = self.too_long();
                let Some((request, applied)) = self.rounds.refused(&self.base, &rounds, tokens) else {
                    return Err(failure);
                };
                recorder.note(applied);
                let attempt = self.next(recorder)?;
                match self.ask_this(request, attempt, recorder).await? {
                    Outcome::Answers(response) => Ok(response),
                    Outcome::Failed(failure, _) => Err(failure),
                }
            }
            Outcome::Failed(failure, _) => Err(failure),
        }
    }

    async fn ask_this(
        &mut self,
        request: Request,
        attempt: Attempt,
        recorder: &mut Recorder,
    ) -> Result<Outcome, Failure> {
        self.request = Arc::new(request);
        self.compiled = upstream::compile(&self.provider, &self.target.model, &self.request)?;
        recorder.send(self.compiled.body.clone());
        self.run_from(attempt, recorder).await
    }

    /// The request with the answer so far as its last message.
    fn with(&self, so_far: Message) -> Request {
        let mut request = Request::clone(&self.request);
        request.messages.push(so_far);
        request
    }

    fn next(&mut self, recorder: &Recorder) -> Result<Attempt, Failure> {
        self.number += 1;
        Ok(Attempt {
            id: self.engine.ids().entry()?,
            call: recorder.call().clone(),
            number: self.number,
            target: self.target.clone(),
        })
    }
}

/// A failure in a word, with the provider's status where it gave one: `upstream_overloaded 529`.
pub(super) fn reason(failure: &Failure) -> String {
    let kind = failure.kind().as_str();
    match failure.upstream().and_then(|said| said.status) {
        Some(status) => format!("{kind} {status}"),
        None => kind.to_owned(),
    }
}
