//! A leash: how often a client key or an agent may be asked, and how much at once.
//!
//! A refused request takes nothing from any window but those shorter than the one that refused it, so that a
//! client that hammers does not use up its hour. What was used outlives a change of the limits; a window whose
//! limit changed begins anew.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind, Rates};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::tokens::TokenWindow;

type Limiter = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// What one client key or one agent is using.
pub(crate) struct Leash {
    who: &'static str,
    rates: Rates,
    /// The shortest window first.
    windows: Vec<Window>,
    used: Arc<Used>,
}

struct Window {
    /// `a minute`.
    span: &'static str,
    limit: NonZeroU32,
    limiter: Limiter,
}

#[derive(Default)]
struct Used {
    running: AtomicU32,
    tokens: Mutex<TokenWindow>,
}

/// How much of a limit is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// The limit.
    pub limit: u64,
    /// What is left of it.
    pub remaining: u64,
    /// Until all of it is there again.
    pub reset: Duration,
}

/// How a client key stands with its limits, told with every answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Of the window of requests that has the least left.
    pub requests: Option<Count>,
    /// Of the tokens a minute.
    pub tokens: Option<Count>,
}

impl Leash {
    /// The leash of these limits; `before` is the one it replaces.
    pub fn of(who: &'static str, rates: Rates, before: Option<&Arc<Self>>) -> Arc<Self> {
        if let Some(before) = before
            && before.rates == rates
        {
            return Arc::clone(before);
        }
        let windows = [
            ("a minute", 60, rates.rpm),
            ("an hour", 3_600, rates.rph),
            ("a day", 86_400, rates.rpd),
        ];
        let windows = windows
            .into_iter()
            .filter_map(|(span, seconds, limit)| Window::of(span, seconds, limit?));
        Arc::new(Self {
            who,
            rates,
            windows: windows.collect(),
            used: before.map(|before| Arc::clone(&before.used)).unwrap_or_default(),
        })
    }

    /// Admits one request, or says when to come again. `standing` learns how the limits stand either way.
    ///
    /// # Errors
    /// [`FailureKind::RateLimited`] with a time.
    pub fn admit(self: &Arc<Self>, standing: &mut Standing) -> Result<Place, Failure> {
        let before = self.used.running.fetch_add(1, Ordering::AcqRel);
        let place = Place {
            leash: Arc::clone(self),
            expected: 0,
        };
        if self.rates.concurrency.is_some_and(|most| before >= most) {
            return Err(self.limited("concurrent calls", Duration::from_secs(1)));
        }
        self.admit_tokens(standing)?;
        for window in &self.windows {
            let (count, refused) = window.take();
            standing.requests = match standing.requests {
                Some(other) if other.remaining <= count.remaining && refused.is_none() => Some(other),
                Some(_) | None => Some(count),
            };
            if let Some(wait) = refused {
                return Err(self.limited(&format!("requests {}", window.span), wait));
            }
        }
        Ok(place)
    }

    fn admit_tokens(&self, standing: &mut Standing) -> Result<(), Failure> {
        let Some(cap) = self.rates.tpm.map(u64::from) else {
            return Ok(());
        };
        let now = Instant::now();
        let mut window = self.tokens();
        let used = window.used(now);
        standing.tokens = Some(Count {
            limit: cap,
            remaining: cap.saturating_sub(used),
            reset: window.wait(1, now).unwrap_or_default(),
        });
        match window.wait(cap, now) {
            Some(wait) => Err(self.limited("tokens a minute", wait)),
            None => Ok(()),
        }
    }

    fn limited(&self, what: &str, wait: Duration) -> Failure {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        // Codex waits for as long as these words say (W-94)
        let message = format!(
            "{}'s limit of {what} is reached. Please try again in {}s.",
            self.who,
            millis.div_ceil(1000)
        );
        Failure::new(FailureKind::RateLimited, message).with_retry_after_ms(millis)
    }

    fn tokens(&self) -> MutexGuard<'_, TokenWindow> {
        self.used.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    fn of(span: &'static str, seconds: u64, limit: u32) -> Option<Self> {
        let limit = NonZeroU32::new(limit)?;
        let quota = Quota::with_period(Duration::from_secs(seconds) / limit.get())?.allow_burst(limit);
        Some(Self {
            span,
            limit,
            limiter: RateLimiter::direct(quota).with_middleware(),
        })
    }

    /// Takes one request, and says how long to wait when there is none.
    fn take(&self) -> (Count, Option<Duration>) {
        let limit = self.limit.get();
        let (remaining, interval, wait) = match self.limiter.check() {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                (left, state.quota().replenish_interval(), None)
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                (0, not_until.quota().replenish_interval(), Some(wait))
            }
        };
        let count = Count {
            limit: u64::from(limit),
            remaining: u64::from(remaining),
            reset: interval.saturating_mul(limit.saturating_sub(remaining)),
        };
        (count, wait)
    }
}

/// A call's place on a leash; dropping it frees it.
pub(crate) struct Place {
    leash: Arc<Leash>,
    expected: u64,
}

impl Place {
    /// Counts what an attempt reads before it is made: calls at once share the tokens of their minute.
    ///
    /// # Errors
    /// [`FailureKind::RateLimited`] when others have used them up since this call was let in.
    pub fn expect(&mut self, tokens: u64) -> Result<(), Failure> {
        let Some(cap) = self.leash.rates.tpm.map(u64::from) else {
            return Ok(());
        };
        let mut window = self.leash.tokens();
        if let Some(wait) = window.wait(cap, Instant::now()) {
            return Err(self.leash.limited("tokens a minute", wait));
        }
        window.expect(tokens);
        self.expected = tokens;
        Ok(())
    }

    /// Counts what an attempt took.
    pub fn settle(&mut self, tokens: u64) {
        if self.leash.rates.tpm.is_some() {
            let expected = std::mem::take(&mut self.expected);
            self.leash.tokens().settle(expected, tokens, Instant::now());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.expected > 0 {
            // left in between; what it read may have been read
            self.settle(self.expected);
        }
        self.leash.used.running.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leash(rates: Rates) -> Arc<Leash> {
        Leash::of("This client key", rates, None)
    }

    #[test]
    fn an_hour_of_requests_is_not_used_up_by_refused_ones() {
        let both = leash(Rates {
            rpm: Some(2),
            rph: Some(60),
            ..Rates::default()
        });
        let mut standing = Standing::default();
        for _ in 0..100 {
            let _refused_or_not = both.admit(&mut standing);
        }
        let hour = both.windows.last().map(|window| window.take().0.remaining);
        assert_eq!(hour, Some(57), "two were let in, and this look at it");
    }

    #[test]
    fn what_is_left_counts_down_and_the_wait_is_true() {
        let hourly = leash(Rates {
            rph: Some(60),
            ..Rates::default()
        });
        for left in (0..60).rev() {
            let mut standing = Standing::default();
            assert!(hourly.admit(&mut standing).is_ok(), "{left}");
            let count = standing.requests.unwrap_or(Count {
                limit: 0,
                remaining: 99,
                reset: Duration::ZERO,
            });
            assert_eq!((count.limit, count.remaining), (60, left));
        }
        let mut standing = Standing::default();
        let failure = hourly.admit(&mut standing).err();
        let wait = failure
            .and_then(|failure| failure.retry_after_ms())
            .unwrap_or_default();
        assert!(
            (50_000..=60_000).contains(&wait),
            "the next of 60 an hour: {wait}"
        );
        assert_eq!(standing.requests.map(|count| count.remaining), Some(0));
    }

    #[test]
    fn a_change_of_limits_keeps_what_runs() {
        let before = leash(Rates {
            concurrency: Some(2),
            ..Rates::default()
        });
        let mut standing = Standing::default();
        let place = before.admit(&mut standing);
        let rates = Rates {
            concurrency: Some(1),
            ..Rates::default()
        };
        let after = Leash::of("This client key", rates, Some(&before));
        assert!(after.admit(&mut standing).is_err(), "one runs");
        drop(place);
        assert!(after.admit(&mut standing).is_ok());
        assert!(Arc::ptr_eq(
            &Leash::of("This client key", rates, Some(&after)),
            &after
        ));
    }
}
