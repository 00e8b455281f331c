//! Leaving a failing target alone, so that calls fail at once instead of waiting for what will not come, and
//! an agent's next target is asked without delay (REL-01).
//!
//! Only what failed has a breaker; a target in health is not even looked up by name.

use std::time::{Duration, Instant};

use super::Breaking;

/// The state of one target, or of one address.
#[derive(Debug)]
pub(super) struct Breaker {
    failures: u32,
    /// The first of the failures.
    since: Instant,
    /// Until when it is left alone; `None` while failures are only counted.
    until: Option<Instant>,
    /// One call tries it, and the others wait for what that call finds, but not for ever.
    probing: bool,
}

/// What a call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask.
    Ask,
    /// Ask, and say how it went: others wait for it.
    Probe,
    /// Leave it alone for so long.
    Rest(Duration),
}

impl Breaker {
    /// A breaker for what has just failed for the first time.
    pub fn new(now: Instant) -> Self {
        Self {
            failures: 0,
            since: now,
            until: None,
            probing: false,
        }
    }

    pub fn ask(&mut self, rules: &Breaking, now: Instant) -> Verdict {
        match self.until {
            None => Verdict::Ask,
            Some(until) if now < until => Verdict::Rest(until - now),
            Some(_) => {
                self.probing = true;
                self.until = Some(now + rules.rest);
                Verdict::Probe
            }
        }
    }

    /// Counts a failure; `true` when it is left alone from now on.
    pub fn fail(&mut self, rules: &Breaking, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) > rules.within {
            self.failures = 0;
        }
        if self.failures == 0 {
            self.since = now;
        }
        self.failures = self.failures.saturating_add(1);
        if self.probing || self.failures >= rules.failures {
            self.probing = false;
            self.until = Some(now + rules.rest);
        }
        self.until.is_some()
    }

    /// The probe ended without a result; the next call is one.
    pub fn abandon(&mut self, now: Instant) {
        if self.probing {
            self.probing = false;
            self.until = Some(now);
        }
    }

    /// How long it is still left alone, when it is.
    pub fn resting(&self, now: Instant) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(now))
    }

    /// Whether it says nothing any more.
    pub fn is_stale(&self, rules: &Breaking, now: Instant) -> bool {
        self.until.is_none() && now.saturating_duration_since(self.since) > rules.within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Breaking = Breaking {
        failures: 3,
        within: Duration::from_secs(60),
        rest: Duration::from_secs(15),
    };

    #[test]
    fn rel_01_it_opens_is_tried_by_one_and_opens_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut breaker = Breaker::new(start);
        for second in 0..2 {
            assert!(!breaker.fail(&RULES, at(second)));
            assert_eq!(breaker.ask(&RULES, at(second)), Verdict::Ask);
        }
        assert!(breaker.fail(&RULES, at(2)));
        assert_eq!(breaker.ask(&RULES, at(10)), Verdict::Rest(Duration::from_secs(7)));
        assert_eq!(breaker.ask(&RULES, at(17)), Verdict::Probe);
        assert_eq!(
            breaker.ask(&RULES, at(17)),
            Verdict::Rest(RULES.rest),
            "one alone"
        );
        assert!(breaker.fail(&RULES, at(18)), "one failure is enough now");
        assert_eq!(breaker.ask(&RULES, at(33)), Verdict::Probe);
        breaker.abandon(at(34));
        assert_eq!(
            breaker.ask(&RULES, at(34)),
            Verdict::Probe,
            "a probe that left is not waited for"
        );
    }

    #[test]
    fn rel_01_failures_far_apart_do_not_add_up() {
        let start = Instant::now();
        let mut breaker = Breaker::new(start);
        for minute in 0..10 {
            let now = start + Duration::from_secs(61 * minute);
            assert!(!breaker.fail(&RULES, now), "{minute}");
        }
    }
}
