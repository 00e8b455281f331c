//! All attempts at one target: the first, and those after it that can help.

use std::time::Duration;

use domain::{BaseUrl, Provider, Request, Target, Timeouts};
use tokio::time::Instant;

use super::exchange::{Acceptance, Bounds};
use super::retry;
use super::setback::{Again, Setback};
use super::{Compiled, Patience, Response, exchange, name_provider};
use crate::Engine;

/// The attempts at one target.
pub(crate) struct Effort<'a> {
    engine: &'a Engine,
    provider: &'a Provider,
    target: &'a Target,
    /// For a provider on a network: where, and how long it may take.
    network: Option<(&'a BaseUrl, Patience, Instant)>,
    attempts: u32,
    /// What the provider's status line told of the last attempt.
    acceptance: Option<Acceptance>,
    /// It failed so often that it is left alone from now on.
    given_up: bool,
}

impl<'a> Effort<'a> {
    /// Begins. `said` are the agent's own timeouts; the target's time over all runs from now, unless its `end`
    /// was set by an effort before.
    pub fn new(
        engine: &'a Engine,
        provider: &'a Provider,
        target: &'a Target,
        said: &Timeouts,
        end: Option<Instant>,
    ) -> Self {
        let network = provider.base_url().map(|base_url| {
            let patience = engine
                .upstreams()
                .policy
                .patience(base_url, [said, &provider.timeouts]);
            let end = end.unwrap_or_else(|| Instant::now() + patience.overall);
            (base_url, patience, end)
        });
        Self {
            engine,
            provider,
            target,
            network,
            attempts: 0,
            acceptance: None,
            given_up: false,
        }
    }

    /// The end of all waiting, for a provider on a network.
    pub fn end(&self) -> Option<Instant> {
        self.network.map(|(_, _, end)| end)
    }

    /// What the provider's status line told of the last attempt, once.
    pub fn acceptance(&mut self) -> Option<Acceptance> {
        self.acceptance.take()
    }

    /// Sends the request and waits until its answer has begun.
    ///
    /// # Errors
    /// Whatever happened before the first piece of an answer.
    pub async fn send(&mut self, request: &Request, compiled: &Compiled) -> Result<Response, Setback> {
        self.attempts += 1;
        let outcome = match self.network {
            Some((base_url, patience, end)) => {
                self.exchange(
                    Bounds {
                        base_url,
                        patience,
                        end,
                    },
                    compiled,
                )
                .await
            }
            None => self.in_process(request).await,
        };
        outcome.map_err(|setback| Setback {
            failure: name_provider(setback.failure, self.provider),
            ..setback
        })
    }

    async fn exchange(&mut self, bounds: Bounds<'_>, compiled: &Compiled) -> Result<Response, Setback> {
        let health = &self.engine.upstreams().health;
        if self.attempts == 1 {
            health.deposit(&self.provider.id);
        }
        let pass = health.ask(self.target, bounds.base_url)?;
        let outcome =
            exchange::send(self.engine, self.provider, bounds, compiled, &mut self.acceptance).await;
        match &outcome {
            Ok(_) => pass.answered(),
            Err(setback) => self.given_up = pass.failed(setback),
        }
        outcome
    }

    #[cfg(feature = "starter")]
    async fn in_process(&self, request: &Request) -> Result<Response, Setback> {
        let answer = super::starter::send(self.engine, request).await;
        answer.map_err(|failure| Setback::at(super::setback::Stage::Answered, failure))
    }

    #[cfg(not(feature = "starter"))]
    async fn in_process(&self, _: &Request) -> Result<Response, Setback> {
        Err(Setback::at(
            super::setback::Stage::Unsent,
            domain::Failure::new(
                domain::FailureKind::WeightsMissing,
                "This build of Inglenook has no starter model.",
            ),
        ))
    }

    /// How long to wait before another attempt; `None` when there shall be none. Where another target could
    /// be asked instead (`elsewhere`), nobody is kept waiting for this one.
    pub fn again(&self, setback: &Setback, elsewhere: bool) -> Option<Duration> {
        let (_, _, end) = self.network.filter(|_| !self.given_up)?;
        let upstreams = self.engine.upstreams();
        let mut retries = upstreams.policy.retries;
        if elsewhere {
            retries.longest_wait = retries.longest_wait.min(retries.first_wait * 2);
        }
        let most = match setback.again() {
            Again::Never => return None,
            Again::Once => retries.most.min(1),
            Again::Yes => retries.most,
        };
        if self.attempts > most {
            return None;
        }
        let ids = self.engine.ids();
        let asked = setback.failure.retry_after_ms();
        let wait = retry::wait(&retries, self.attempts + 1, asked, |most| ids.up_to(most))?;
        // what would end before it could answer is not begun
        let in_time = Instant::now() + wait < end;
        (in_time && upstreams.health.withdraw(&self.provider.id)).then_some(wait)
    }
}
