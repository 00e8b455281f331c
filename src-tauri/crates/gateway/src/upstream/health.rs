//! What is remembered about providers between calls: credit for retries, and what is being left alone.
//!
//! In memory only: after a start everybody is in health. One lock, held for a look-up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{BaseUrl, Failure, FailureKind, Origin, Provider, ProviderId, Target};

use super::Breaking;
use super::breaker::{Breaker, Verdict};
use super::retry::RetryBudget;
use super::setback::{Blame, Setback, Stage};

/// A client may name any model; more than these are not remembered.
const MOST: usize = 1024;

/// What is known.
pub(crate) struct Health {
    rules: Breaking,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    budgets: HashMap<ProviderId, RetryBudget>,
    targets: HashMap<Target, Breaker>,
    origins: HashMap<Origin, Breaker>,
}

impl Health {
    pub fn new(rules: Breaking) -> Self {
        Self {
            rules,
            known: Mutex::default(),
        }
    }

    /// A call wants to ask this target for the first time.
    pub fn deposit(&self, provider: &ProviderId) {
        let mut known = self.known();
        match known.budgets.get_mut(provider) {
            Some(budget) => budget.deposit(),
            None => {
                let budget = RetryBudget::new(Instant::now());
                known.budgets.insert(provider.clone(), budget);
            }
        }
    }

    /// Pays for a retry, if there is credit.
    pub fn withdraw(&self, provider: &ProviderId) -> bool {
        let now = Instant::now();
        self.known()
            .budgets
            .get_mut(provider)
            .is_some_and(|budget| budget.withdraw(now))
    }

    /// Whether this target may be asked now.
    ///
    /// # Errors
    /// The failure to give at once when it is being left alone.
    pub fn ask<'a>(&'a self, target: &'a Target, base_url: &'a BaseUrl) -> Result<Pass<'a>, Setback> {
        let mut known = self.known();
        let mut pass = Pass {
            health: self,
            target,
            base_url,
            probe: false,
        };
        if known.targets.is_empty() && known.origins.is_empty() {
            return Ok(pass);
        }
        let now = Instant::now();
        let origin = match known.origins.is_empty() {
            true => Verdict::Ask,
            false => known
                .origins
                .get_mut(&base_url.origin())
                .map_or(Verdict::Ask, |breaker| breaker.ask(&self.rules, now)),
        };
        if let Verdict::Rest(rest) = origin {
            return Err(resting(target, FailureKind::UpstreamUnreachable, rest));
        }
        let own = known
            .targets
            .get_mut(target)
            .map_or(Verdict::Ask, |breaker| breaker.ask(&self.rules, now));
        if let Verdict::Rest(rest) = own {
            if origin == Verdict::Probe
                && let Some(breaker) = known.origins.get_mut(&base_url.origin())
            {
                breaker.abandon(now);
            }
            return Err(resting(target, FailureKind::UpstreamOverloaded, rest));
        }
        pass.probe = origin == Verdict::Probe || own == Verdict::Probe;
        Ok(pass)
    }

    /// The targets and addresses of a provider that are left alone, and for how long.
    pub fn resting(&self, provider: &Provider) -> Vec<(String, Duration)> {
        let known = self.known();
        let now = Instant::now();
        let rest = |breaker: &Breaker| breaker.resting(now);
        let origin = provider.base_url().map(BaseUrl::origin);
        let models = known
            .targets
            .iter()
            .filter(|(target, _)| target.provider == provider.id)
            .filter_map(|(target, breaker)| Some((target.to_string(), rest(breaker)?)));
        let address = origin.and_then(|origin| {
            let breaker = known.origins.get(&origin)?;
            Some((origin.as_str().to_owned(), rest(breaker)?))
        });
        let mut all: Vec<_> = models.chain(address).collect();
        all.sort();
        all
    }

    /// Forgets what is known of a provider: somebody wants to try it now.
    pub fn revive(&self, provider: &Provider) {
        let mut known = self.known();
        known.targets.retain(|target, _| target.provider != provider.id);
        if let Some(base_url) = provider.base_url() {
            known.origins.remove(&base_url.origin());
        }
    }

    /// Forgets everything, after providers changed: a corrected address or key deserves a try.
    pub fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn resting(target: &Target, kind: FailureKind, rest: Duration) -> Setback {
    let millis = u64::try_from(rest.as_millis()).unwrap_or(u64::MAX).max(1);
    let seconds = millis.div_ceil(1000);
    let what = if kind == FailureKind::UpstreamUnreachable {
        "The provider could not be reached"
    } else {
        "The model failed"
    };
    let message = format!("{what} several times in a row and is left alone for {seconds} s.");
    let failure = Failure::new(kind, message)
        .with_provider(target.provider.as_str())
        .with_retry_after_ms(millis)
        .with_hint("`inglenook provider test` tries it now.");
    Setback::at(Stage::Unsent, failure)
}

/// Leave to ask, to be given back with how it went. Dropped without a word it says nothing about the target:
/// the caller left.
pub(crate) struct Pass<'a> {
    health: &'a Health,
    target: &'a Target,
    base_url: &'a BaseUrl,
    probe: bool,
}

impl Pass<'_> {
    /// The target answered.
    pub fn answered(mut self) {
        self.probe = false;
        self.well(true);
    }

    /// The attempt came to nothing; `true` when the target is left alone from now on.
    pub fn failed(mut self, setback: &Setback) -> bool {
        let now = Instant::now();
        let rules = &self.health.rules;
        let mut opened = false;
        match setback.blame() {
            // dropped without a word
            Blame::Nobody => return false,
            Blame::Request => self.well(true),
            Blame::Target => {
                // whoever fails like this can be reached
                self.well(false);
                opened = count(&mut self.health.known().targets, self.target, rules, now);
            }
            // a server on this machine may just be starting, and its refusal costs no time
            Blame::Origin if self.base_url.is_loopback() => self.well(false),
            Blame::Origin => {
                let origin = self.base_url.origin();
                opened = count(&mut self.health.known().origins, &origin, rules, now);
            }
        }
        if opened {
            tracing::warn!(target = %self.target, "failed several times in a row; left alone");
        }
        self.probe = false;
        opened
    }

    /// The address works, and the target if `target` says so.
    fn well(&self, target: bool) {
        let mut known = self.health.known();
        if target && !known.targets.is_empty() {
            known.targets.remove(self.target);
        }
        if !known.origins.is_empty() {
            known.origins.remove(&self.base_url.origin());
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.probe {
            return;
        }
        let now = Instant::now();
        let mut known = self.health.known();
        if let Some(breaker) = known.targets.get_mut(self.target) {
            breaker.abandon(now);
        }
        if let Some(breaker) = known.origins.get_mut(&self.base_url.origin()) {
            breaker.abandon(now);
        }
    }
}

fn count<K: Clone + Eq + std::hash::Hash>(
    breakers: &mut HashMap<K, Breaker>,
    key: &K,
    rules: &Breaking,
    now: Instant,
) -> bool {
    if let Some(breaker) = breakers.get_mut(key) {
        return breaker.fail(rules, now);
    }
    if breakers.len() >= MOST {
        breakers.retain(|_, breaker| !breaker.is_stale(rules, now));
        if breakers.len() >= MOST {
            return false;
        }
    }
    let mut breaker = Breaker::new(now);
    let opened = breaker.fail(rules, now);
    breakers.insert(key.clone(), breaker);
    opened
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Breaking = Breaking {
        failures: 2,
        within: Duration::from_secs(60),
        rest: Duration::from_millis(50),
    };

    fn refused(health: &Health, target: &Target, url: &BaseUrl) -> Option<FailureKind> {
        health
            .ask(target, url)
            .err()
            .map(|setback| setback.failure.kind())
    }

    fn fail(health: &Health, target: &Target, url: &BaseUrl, stage: Stage, kind: FailureKind) -> bool {
        let setback = Setback::at(stage, Failure::new(kind, "It failed."));
        health.ask(target, url).is_ok_and(|pass| pass.failed(&setback))
    }

    #[test]
    fn rel_01_an_address_that_cannot_be_reached_is_left_alone_with_all_its_models() -> Result<(), Failure> {
        let health = Health::new(RULES);
        let url = BaseUrl::parse("https://models.example/v1")?;
        let (one, other) = (Target::parse("p/one")?, Target::parse("p/other")?);
        let unreachable = FailureKind::UpstreamUnreachable;
        let connect =
            |url: &BaseUrl, target: &Target| fail(&health, target, url, Stage::Connecting, unreachable);
        assert!(!connect(&url, &one));
        assert!(connect(&url, &other), "any model counts");
        assert_eq!(refused(&health, &one, &url), Some(unreachable));
        std::thread::sleep(RULES.rest);
        drop(health.ask(&one, &url));
        let probe = health.ask(&other, &url);
        assert_eq!(
            refused(&health, &one, &url),
            Some(unreachable),
            "one call tries it"
        );
        if let Ok(pass) = probe {
            pass.answered();
        }
        assert_eq!(refused(&health, &one, &url), None);

        let local = BaseUrl::parse("http://127.0.0.1:9/v1")?;
        for _ in 0..5 {
            assert!(!connect(&local, &one), "a server here may just be starting");
        }
        Ok(())
    }

    #[test]
    fn rel_01_what_works_but_refuses_is_in_health() -> Result<(), Failure> {
        let health = Health::new(RULES);
        let url = BaseUrl::parse("https://models.example/v1")?;
        let target = Target::parse("p/m")?;
        let overloaded = || {
            let kind = FailureKind::UpstreamOverloaded;
            fail(&health, &target, &url, Stage::Answered, kind)
        };
        for kind in [FailureKind::InvalidRequest, FailureKind::ProviderRateLimited] {
            assert!(!overloaded());
            assert!(!fail(&health, &target, &url, Stage::Answered, kind), "{kind:?}");
        }
        assert!(!overloaded(), "not in a row");
        // a stream that broke off says nothing, neither good nor bad
        let kind = FailureKind::UpstreamDisconnected;
        assert!(!fail(&health, &target, &url, Stage::BrokenOff, kind));
        assert!(overloaded());
        Ok(())
    }
}
