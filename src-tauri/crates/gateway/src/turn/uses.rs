//! One use of an agent's tool: asked for, allowed, written down, done, written down.
//!
//! What sends or changes something is on the disk before it begins, so that a process that dies in the middle cannot
//! forget it, and nobody repeats it (D3). What cannot be written down is not done.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::{Failure, MessageId, Permit, Reach, Rule, ToolUse, UseState};
use store::Record;

use super::offers::{Offer, Offers};
use super::order::{Order, Place};
use super::run::Wanted;
use super::taint;
use crate::approvals::{self, Question};
use crate::engine::Engine;
use crate::tools::{Context, Given};

/// So many of a round are used; who asks for more at once is told.
const MOST_AT_ONCE: usize = 128;

/// How long a round may take, people not counted (REL-33).
pub(super) struct Left {
    most: Duration,
    begun: Instant,
    /// The longest that one of them waited for a person, in milliseconds.
    waited: AtomicU64,
}

impl Left {
    pub fn new(most: Duration) -> Self {
        Self {
            most,
            begun: Instant::now(),
            waited: AtomicU64::new(0),
        }
    }

    /// A person was waited for.
    fn waited(&self, span: Duration) {
        let span = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        self.waited.fetch_max(span, Ordering::Relaxed);
    }

    fn now(&self) -> Duration {
        let waited = Duration::from_millis(self.waited.load(Ordering::Relaxed));
        let took = self.begun.elapsed().saturating_sub(waited);
        self.most.saturating_sub(took)
    }
}

/// What the uses of a round share.
pub(super) struct Uses<'a> {
    pub context: &'a Context,
    pub offers: &'a Offers,
    /// The answer that they are part of.
    pub message: Option<MessageId>,
    pub keeps_content: bool,
    /// What came from outside before this round, if anything did.
    pub tainted_by: Option<&'a str>,
    /// How long they may take.
    pub left: Left,
    /// Which of them wait for which.
    pub order: Order,
}

/// What became of a use.
pub(super) struct Used {
    pub given: Given,
    /// How long a person was waited for.
    pub waited: Duration,
    /// Milliseconds it ran; `None` where it was not run.
    pub took_ms: Option<u64>,
    /// What it brought in from outside.
    pub taints: Option<String>,
}

impl Used {
    fn not(given: Given, waited: Duration) -> Self {
        Self {
            given,
            waited,
            took_ms: None,
            taints: None,
        }
    }
}

impl Uses<'_> {
    /// Does what the model asked for, if it may. `at` is its index in the round, `number` its number in the call.
    pub async fn one(&self, at: usize, number: u32, call: &Wanted) -> Used {
        let place = self.order.place(at);
        if at >= MOST_AT_ONCE {
            let told = format!("This was not done: {MOST_AT_ONCE} tools are used at once and no more.");
            return Used::not(Given::error(told), Duration::ZERO);
        }
        match self.offers.named(&call.name) {
            Some(offer) => match self.with(&place, number, call, offer).await {
                Ok(used) => used,
                Err(failure) => {
                    tracing::error!(kind = failure.kind().as_str(), "a tool was not used");
                    let told = format!("This could not be done: {}", failure.message());
                    Used::not(Given::error(told), Duration::ZERO)
                }
            },
            None => {
                let names: Vec<_> = self.offers.names().collect();
                let told = format!("There is no such tool. There are: {}.", names.join(", "));
                Used::not(Given::error(told), Duration::ZERO)
            }
        }
    }

    async fn with(
        &self,
        place: &Place<'_>,
        number: u32,
        call: &Wanted,
        offer: &Offer,
    ) -> Result<Used, Failure> {
        let tool = &offer.tool;
        let name = tool.name();
        let engine = &self.context.engine;
        let arguments = match self.keeps_content {
            true => call.arguments.clone(),
            false => String::new(),
        };
        let mut open = Open {
            engine,
            noted: ToolUse {
                call: self.context.call.clone(),
                number,
                tool_call: call.id.clone(),
                tool: name.clone(),
                arguments,
                permit: Permit::Rule,
                state: UseState::Asked,
                asked_at: engine.clock().now(),
                begun_at: None,
                ended_at: None,
            },
        };
        engine.store().record(vec![open.record()]).await?;
        let asked = Instant::now();
        let permit = approvals::permit(&Question {
            context: self.context,
            message: self.message.as_ref(),
            tool: &name,
            reach: tool.reach(),
            rule: offer.rule,
            tool_call: &call.id,
            arguments: &call.arguments,
            directory: tool.directory(self.context, &call.arguments),
            exact: tool.is_exact(),
            tainted_by: self.tainted_by.map(str::to_owned),
        })
        .await?;
        open.noted.permit = permit;
        let waited = asked.elapsed();
        self.left.waited(waited);
        if let Some(refused) = refused(permit, offer.rule) {
            open.end(UseState::Refused);
            return Ok(Used::not(Given::error(refused), waited));
        }
        place.turn().await;
        open.noted.begun_at = Some(engine.clock().now());
        open.noted.state = UseState::Begun;
        if tool.reach() != Reach::Reads {
            engine.store().commit(vec![open.record()]).await?;
        }
        let run = tool.run(self.context, &call.arguments);
        // an agent that is asked has bounds of its own, and may wait for a person
        let left = match tool.asks_agents() {
            true => Duration::MAX,
            false => self.left.now(),
        };
        let given = match tokio::time::timeout(left, run).await {
            Ok(given) => {
                open.end(match given.is_error {
                    true => UseState::Failed,
                    false => UseState::Done,
                });
                given
            }
            // what it had done by then is not known, so that it stays begun
            Err(_) => Given::error("The time of this run was over before it was done."),
        };
        let waited = waited + given.waited;
        let taints = tool.is_untrusted().then_some(name);
        if let (Some(source), Some(session), None) = (&taints, &self.context.session, self.tainted_by) {
            taint::add(engine, session, source).await?;
        }
        Ok(Used {
            given,
            waited,
            took_ms: open.noted.took_ms(),
            taints,
        })
    }
}

/// A use without an end. Dropped so, which is when its caller leaves, it is written down as what it then is.
struct Open<'a> {
    engine: &'a Engine,
    noted: ToolUse,
}

impl Open<'_> {
    fn record(&self) -> Record {
        Record::ToolUse(Box::new(self.noted.clone()))
    }

    fn end(&mut self, state: UseState) {
        self.noted.state = state;
        self.noted.ended_at = Some(self.engine.clock().now());
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.noted.state = match self.noted.state {
            UseState::Asked => UseState::Refused,
            UseState::Begun => UseState::Unknown,
            ended @ (UseState::Done | UseState::Failed | UseState::Refused | UseState::Unknown) => ended,
        };
        let now = || self.engine.clock().now();
        self.noted.ended_at.get_or_insert_with(now);
        if let Err(failure) = self.engine.store().record_now(vec![self.record()]) {
            tracing::error!(
                kind = failure.kind().as_str(),
                "the use of a tool could not be recorded"
            );
        }
    }
}

/// What the model is told of a use that was not allowed.
fn refused(permit: Permit, rule: Rule) -> Option<&'static str> {
    match permit {
        Permit::Rule | Permit::Once | Permit::Session | Permit::Always => None,
        Permit::Denied if rule == Rule::Never => Some("There is no such tool."),
        Permit::Denied => Some(
            "The person said no to this. It was not done. Do not try it again or by another way; go on without it, \
             or ask what is wanted instead.",
        ),
        Permit::Unanswered => Some(
            "Nobody answered whether this may be done, so it was not done. Go on without it, or say what is missing.",
        ),
    }
}
