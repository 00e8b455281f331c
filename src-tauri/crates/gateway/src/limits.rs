//! A client key's leash: how much it may do at once, in a minute, and for how much money.
//!
//! Spending is checked before a call and settled after it from what the ledger recorded; calls that run
//! hold a reservation, so that many at once cannot all pass under the same cap.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{BudgetPeriod, ClientKey, Failure, FailureKind, Money, Timestamp};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio_util::sync::CancellationToken;

/// What one client key is using.
pub(crate) struct Leash {
    requests: Option<DefaultDirectRateLimiter>,
    running: AtomicU32,
    concurrency: Option<u32>,
    tokens: Option<Mutex<TokenWindow>>,
    money: Option<Mutex<Purse>>,
    revoked: CancellationToken,
    noted: AtomicI64,
}

struct TokenWindow {
    cap: u64,
    used: VecDeque<(Instant, u64)>,
}

struct Purse {
    cap: Money,
    per: BudgetPeriod,
    span: Timestamp,
    spent: Money,
    reserved: Money,
}

impl Leash {
    /// An unused leash of this key's limits. What was spent before is told by [`Leash::set_spent`].
    pub fn of(key: &ClientKey) -> Self {
        let minute = |n: u32| NonZeroU32::new(n).map(|n| RateLimiter::direct(Quota::per_minute(n)));
        Self {
            requests: key.rpm.and_then(minute),
            running: AtomicU32::new(0),
            concurrency: key.concurrency,
            tokens: key.tpm.map(|cap| {
                Mutex::new(TokenWindow {
                    cap: u64::from(cap),
                    used: VecDeque::new(),
                })
            }),
            money: key.budget.map(|budget| {
                let span = Timestamp(i64::MIN);
                Mutex::new(Purse {
                    cap: budget.cap,
                    per: budget.per,
                    span,
                    spent: Money::ZERO,
                    reserved: Money::ZERO,
                })
            }),
            revoked: CancellationToken::new(),
            noted: AtomicI64::new(key.last_used_at.map_or(0, Timestamp::millis)),
        }
    }

    /// Ends every stream of the key.
    pub fn revoke(&self) {
        self.revoked.cancel();
    }

    /// Fires when the key is revoked.
    pub fn revoked(&self) -> &CancellationToken {
        &self.revoked
    }

    /// Whether spending is capped, so that a reservation must be on disk before the upstream request leaves.
    pub fn is_budgeted(&self) -> bool {
        self.money.is_some()
    }

    /// Whether its last use should be written down again: once a minute.
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        let last = self.noted.load(Ordering::Relaxed);
        let due = (now.millis() - last).abs() >= 60_000;
        due && self
            .noted
            .compare_exchange(last, now.millis(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Tells what the ledger says was spent since `span` began.
    pub fn set_spent(&self, span: Timestamp, spent: Money) {
        if let Some(money) = &self.money {
            let mut purse = money.lock().unwrap_or_else(PoisonError::into_inner);
            if span > purse.span {
                purse.span = span;
                purse.spent = spent;
            }
        }
    }

    /// The begin of the span whose spending is not known yet, if it must be read from the ledger.
    pub fn unknown_span(&self, now: Timestamp) -> Option<Timestamp> {
        let purse = self
            .money
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let begin = begin_of(purse.per, now);
        // a clock that steps back never refills a budget (REL-16)
        (begin > purse.span).then_some(begin)
    }

    /// Admits one request, or says when to come again.
    ///
    /// # Errors
    /// [`FailureKind::RateLimited`] with a time, or [`FailureKind::BudgetExceeded`].
    pub fn admit(self: &Arc<Self>) -> Result<Running, Failure> {
        if let Some(money) = &self.money {
            let purse = money.lock().unwrap_or_else(PoisonError::into_inner);
            if purse.spent + purse.reserved >= purse.cap {
                return Err(spent_up(purse.cap));
            }
        }
        if let Some(tokens) = &self.tokens {
            tokens.lock().unwrap_or_else(PoisonError::into_inner).admit()?;
        }
        let before = self.running.fetch_add(1, Ordering::AcqRel);
        let running = Running {
            leash: Arc::clone(self),
            reserved: Money::ZERO,
        };
        if self.concurrency.is_some_and(|most| before >= most) {
            return Err(limited(
                "This client key's limit of concurrent calls is reached.",
                Duration::from_secs(1),
            ));
        }
        if let Some(requests) = &self.requests
            && let Err(not_until) = requests.check()
        {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            return Err(limited(
                "This client key's limit of requests a minute is reached.",
                wait,
            ));
        }
        Ok(running)
    }
}

impl TokenWindow {
    fn admit(&mut self) -> Result<(), Failure> {
        let minute = Duration::from_secs(60);
        while self.used.front().is_some_and(|(at, _)| at.elapsed() >= minute) {
            self.used.pop_front();
        }
        let used: u64 = self.used.iter().map(|(_, tokens)| tokens).sum();
        if used < self.cap {
            return Ok(());
        }
        let wait = self
            .used
            .front()
            .map_or(minute, |(at, _)| minute.saturating_sub(at.elapsed()));
        Err(limited(
            "This client key's limit of tokens a minute is reached.",
            wait,
        ))
    }
}

fn limited(message: &str, wait: Duration) -> Failure {
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    Failure::new(FailureKind::RateLimited, message).with_retry_after_ms(millis)
}

fn spent_up(cap: Money) -> Failure {
    Failure::new(
        FailureKind::BudgetExceeded,
        format!("This client key's budget of {cap} is spent."),
    )
    .with_hint("Raise the budget in Inglenook, or wait for its next span.")
}

/// A call that runs on a leash; dropping it frees its place.
pub(crate) struct Running {
    leash: Arc<Leash>,
    reserved: Money,
}

impl Running {
    /// The leash.
    pub fn leash(&self) -> &Arc<Leash> {
        &self.leash
    }

    /// Sets money aside before the upstream request leaves.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`] when it would go over the cap.
    pub fn reserve(&mut self, estimate: Money) -> Result<(), Failure> {
        let Some(money) = &self.leash.money else {
            return Ok(());
        };
        let mut purse = money.lock().unwrap_or_else(PoisonError::into_inner);
        if purse.spent + purse.reserved + estimate > purse.cap {
            return Err(spent_up(purse.cap));
        }
        purse.reserved = purse.reserved + estimate;
        self.reserved = self.reserved + estimate;
        Ok(())
    }

    /// Books what an attempt really took.
    pub fn settle(&mut self, cost: Money, tokens: u64) {
        if let Some(window) = &self.leash.tokens {
            let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
            window.used.push_back((Instant::now(), tokens));
        }
        if let Some(money) = &self.leash.money {
            let mut purse = money.lock().unwrap_or_else(PoisonError::into_inner);
            purse.spent = purse.spent + cost;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.leash.running.fetch_sub(1, Ordering::AcqRel);
        if let Some(money) = &self.leash.money {
            let mut purse = money.lock().unwrap_or_else(PoisonError::into_inner);
            purse.reserved = Money(purse.reserved.micros() - self.reserved.micros());
        }
    }
}

/// When the span of a budget that holds `now` began, in UTC.
pub(crate) fn begin_of(per: BudgetPeriod, now: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400_000;
    let day = now.millis().div_euclid(DAY);
    let begin = match per {
        BudgetPeriod::Total => return Timestamp(0),
        BudgetPeriod::Day => day,
        // the epoch was a Thursday
        BudgetPeriod::Week => day - (day + 3).rem_euclid(7),
        BudgetPeriod::Month => {
            let date = jiff::Timestamp::from_millisecond(now.millis())
                .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date())
                .unwrap_or_default();
            day + 1 - i64::from(date.day())
        }
    };
    Timestamp(begin * DAY)
}

/// When the span of a budget that holds `now` ends; `None` when it never does.
pub(crate) fn end_of(per: BudgetPeriod, now: Timestamp) -> Option<Timestamp> {
    const DAY: i64 = 86_400_000;
    let begin = begin_of(per, now).millis();
    match per {
        BudgetPeriod::Total => None,
        BudgetPeriod::Day => Some(Timestamp(begin + DAY)),
        BudgetPeriod::Week => Some(Timestamp(begin + 7 * DAY)),
        // every month ends before its 33rd day, and the next one has not ended by then
        BudgetPeriod::Month => Some(begin_of(per, Timestamp(begin + 32 * DAY))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_at_midnight_monday_and_the_first() {
        // Sunday, 2026-11-22T05:52:00Z
        let now = Timestamp(1_795_326_720_000);
        assert_eq!(begin_of(BudgetPeriod::Day, now), Timestamp(1_795_305_600_000));
        assert_eq!(
            begin_of(BudgetPeriod::Week, now),
            Timestamp(1_795_305_600_000 - 6 * 86_400_000)
        );
        assert_eq!(
            begin_of(BudgetPeriod::Month, now),
            Timestamp(1_795_305_600_000 - 21 * 86_400_000)
        );
        assert_eq!(begin_of(BudgetPeriod::Total, now), Timestamp(0));
        assert_eq!(
            end_of(BudgetPeriod::Week, now),
            Some(Timestamp(1_795_305_600_000 + 86_400_000))
        );
        assert_eq!(
            end_of(BudgetPeriod::Month, now),
            Some(Timestamp(1_795_305_600_000 + 9 * 86_400_000)),
            "the first of December"
        );
        assert_eq!(end_of(BudgetPeriod::Total, now), None);
    }
}
