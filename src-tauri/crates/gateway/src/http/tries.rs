//! Failed tries of keys, by the address they came from: each has some in a minute.
//!
//! A key is 256 random bits and is not guessed; what this ends is the noise, and that one machine keeps another
//! waiting. On loopback there is no such limit, because there any web page could lock the tools out (trust.md 4).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind};

/// Failed tries that an address has in [`SPAN`].
const MOST: u32 = 20;
/// For how long they count, from the first of them.
const SPAN: Duration = Duration::from_secs(60);
/// Addresses that are remembered.
const ADDRESSES: usize = 4096;

/// See the module.
#[derive(Default)]
pub(crate) struct Tries(Mutex<HashMap<IpAddr, Tried>>);

struct Tried {
    since: Instant,
    count: u32,
}

impl Tries {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Tried>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an address may try.
    ///
    /// # Errors
    /// [`FailureKind::RateLimited`], with the time until it may.
    pub fn check(&self, address: IpAddr, now: Instant) -> Result<(), Failure> {
        let all = self.lock();
        let Some(tried) = all.get(&address) else {
            return Ok(());
        };
        let left = SPAN.saturating_sub(now.saturating_duration_since(tried.since));
        if tried.count < MOST || left.is_zero() {
            return Ok(());
        }
        let wait = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Err(Failure::new(
            FailureKind::RateLimited,
            "Too many wrong keys came from this address.",
        )
        .with_retry_after_ms(wait))
    }

    /// Counts a failed try.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        let mut all = self.lock();
        let over = |tried: &Tried| now.saturating_duration_since(tried.since) >= SPAN;
        if all.len() >= ADDRESSES {
            all.retain(|_, tried| !over(tried));
            if all.len() >= ADDRESSES {
                all.clear();
            }
        }
        let tried = all.entry(address).or_insert(Tried { since: now, count: 0 });
        if over(tried) {
            *tried = Tried { since: now, count: 0 };
        }
        tried.count = tried.count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_11_each_address_has_tries_of_its_own_and_gets_them_back() {
        let (tries, now) = (Tries::default(), Instant::now());
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for _ in 0..MOST {
            assert!(tries.check(one, now).is_ok());
            tries.failed(one, now);
        }
        let refused = tries.check(one, now + Duration::from_secs(20)).err();
        let told = refused.map(|failure| (failure.kind(), failure.retry_after_ms()));
        assert_eq!(told, Some((FailureKind::RateLimited, Some(40_000))));
        assert!(tries.check(other, now).is_ok());
        assert!(tries.check(one, now + SPAN).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (tries, now) = (Tries::default(), Instant::now());
        for number in 0..20_000_u32 {
            tries.failed(IpAddr::V4(number.into()), now);
        }
        assert!(tries.lock().len() <= ADDRESSES);
    }
}
