//! Asking again: how long to wait first, and whether there is still credit for it.
//!
//! The danger is help that makes an outage worse: three times the load on a provider that just fell over.
//! So retries are paid from a budget that only requests fill, and waits are random (REL-01).

use std::time::{Duration, Instant};

use super::Retries;

/// What one request puts in, and one retry takes out: a tenth.
const DEPOSIT: u64 = 100;
const PRICE: u64 = 1000;
/// The budget of a provider that nobody has asked for a while, which is also the most it holds.
const FULL: u64 = 10 * PRICE;
/// Puts in another retry's price, so that rare calls can always be retried.
const REFILL_EVERY: Duration = Duration::from_secs(6);

/// The credit of one provider.
#[derive(Debug)]
pub(super) struct RetryBudget {
    credit: u64,
    filled_at: Instant,
}

impl RetryBudget {
    pub fn new(now: Instant) -> Self {
        Self {
            credit: FULL,
            filled_at: now,
        }
    }

    /// A request was made.
    pub fn deposit(&mut self) {
        self.credit = FULL.min(self.credit + DEPOSIT);
    }

    /// Pays for a retry, if there is credit.
    pub fn withdraw(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.filled_at);
        let refills = u64::try_from(passed.as_millis() / REFILL_EVERY.as_millis()).unwrap_or(u64::MAX);
        if refills > 0 {
            self.credit = FULL.min(self.credit.saturating_add(refills.saturating_mul(PRICE)));
            self.filled_at = now;
        }
        match self.credit.checked_sub(PRICE) {
            Some(left) => {
                self.credit = left;
                true
            }
            None => false,
        }
    }
}

/// How long to wait before attempt `number` (2 is the first retry); `None` when that is too long.
///
/// What the provider asks for is kept to, with up to a tenth on top so that those who wait together do not
/// return together. Else a random wait up to a bound that doubles ("full jitter"). `chance` gives a random
/// number from 0 to its argument.
pub(super) fn wait(
    retries: &Retries,
    number: u32,
    asked_ms: Option<u64>,
    chance: impl FnOnce(u64) -> u64,
) -> Option<Duration> {
    if let Some(asked) = asked_ms {
        let asked = Duration::from_millis(asked);
        if asked > retries.longest_wait {
            return None;
        }
        return Some(asked + Duration::from_millis(chance(millis(asked) / 10)));
    }
    let doubled = 1_u32 << number.saturating_sub(2).min(16);
    let bound = retries
        .longest_wait
        .min(retries.first_wait.saturating_mul(doubled));
    Some(Duration::from_millis(chance(millis(bound))))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_01_retries_are_a_tenth_of_the_requests_and_a_few() {
        let now = Instant::now();
        let mut budget = RetryBudget::new(now);
        let mut retries = 0;
        for _ in 0..1000 {
            budget.deposit();
            retries += u32::from(budget.withdraw(now));
        }
        // ten at the start, then one in ten
        assert_eq!(retries, 109);
        assert!(!budget.withdraw(now));
        assert!(
            budget.withdraw(now + REFILL_EVERY),
            "whoever waits has credit again"
        );
        assert!(!budget.withdraw(now + REFILL_EVERY));
        let rested = now + Duration::from_secs(3600);
        let credit = (0..100).filter(|_| budget.withdraw(rested)).count();
        assert_eq!(credit, 10, "and never more than at first");
    }

    #[test]
    fn rel_01_waits_are_what_was_asked_or_random_and_doubling() {
        let retries = Retries {
            most: 2,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        };
        let ms = Duration::from_millis;
        let most = |bound: u64| bound;
        assert_eq!(wait(&retries, 2, None, most), Some(ms(500)));
        assert_eq!(wait(&retries, 3, None, most), Some(ms(1000)));
        assert_eq!(wait(&retries, 40, None, most), Some(ms(60_000)));
        assert_eq!(wait(&retries, 3, None, |_| 0), Some(ms(0)));
        assert_eq!(wait(&retries, 2, Some(2000), |_| 0), Some(ms(2000)), "never less");
        assert_eq!(wait(&retries, 2, Some(2000), most), Some(ms(2200)));
        assert_eq!(wait(&retries, 2, Some(60_000), |_| 0), Some(ms(60_000)));
        assert_eq!(wait(&retries, 2, Some(60_001), most), None, "the cap");
    }
}
