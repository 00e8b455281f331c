//! Attempts of programs without a known key: how many the endpoint refused, and what the last ones were. Those of
//! a known key are in the history, see `refusals`.
//!
//! A person who connects a program sees here why nothing arrives, and a person who connects none sees that
//! somebody tries. The danger is a log that an attacker writes: it is short, in memory alone, holds no header
//! and no key, and the program behind an attempt is looked up at most once a second, because that reads the
//! tables of all processes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::control::{RefusedAttempt, RefusedAttempts};

/// How many attempts are remembered.
const KEPT: usize = 32;
/// The least time between two looks at who it was.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The refused attempts of this run.
#[derive(Default)]
pub(crate) struct Attempts {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    count: u64,
    recent: VecDeque<RefusedAttempt>,
    looked: Option<Instant>,
}

impl Attempts {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this attempt's program may be looked up.
    pub fn may_look(&self) -> bool {
        let mut inner = self.lock();
        let rested = inner.looked.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
        if rested {
            inner.looked = Some(Instant::now());
        }
        rested
    }

    /// Remembers an attempt.
    pub fn add(&self, attempt: RefusedAttempt) {
        let mut inner = self.lock();
        inner.count += 1;
        inner.recent.truncate(KEPT - 1);
        inner.recent.push_front(attempt);
    }

    /// What there was.
    pub fn told(&self) -> RefusedAttempts {
        let inner = self.lock();
        RefusedAttempts {
            count: inner.count,
            recent: inner.recent.iter().cloned().collect(),
        }
    }
}
