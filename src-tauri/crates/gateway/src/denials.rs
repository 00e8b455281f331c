//! Who was turned away at the door, counted since the start.
//!
//! A person who is asked "is something knocking?" needs kinds and times, not contents: nothing of a request is
//! kept, so a stranger can neither fill memory nor write into a log of ours.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use domain::{FailureKind, Timestamp};

/// Denials of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Denied {
    /// How many.
    pub count: u64,
    /// When the last one was.
    pub last: Timestamp,
}

/// All denials of the guard, by kind.
#[derive(Default)]
pub(crate) struct Denials(Mutex<BTreeMap<&'static str, (FailureKind, Denied)>>);

impl Denials {
    /// Counts one more.
    pub fn note(&self, kind: FailureKind, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, refused) = all
            .entry(kind.as_str())
            .or_insert((kind, Denied { count: 0, last: now }));
        refused.count = refused.count.saturating_add(1);
        refused.last = now;
    }

    /// What was counted, by the kind's name.
    pub fn all(&self) -> Vec<(FailureKind, Denied)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().copied().collect()
    }
}
