//! What a person has allowed: which port, and until when.
//!
//! It is written beside the database and not in it, so that no backup brings an old permission back. A clock that
//! was set back does not prolong it.

use std::path::{Path, PathBuf};

use domain::{Failure, Timestamp};
use serde::{Deserialize, Serialize};

use crate::failures::internal;

/// The longest that is allowed at once, in milliseconds: a day.
const LONGEST: i64 = 24 * 3_600_000;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub port: u16,
    pub opened_at: Timestamp,
    pub until: Timestamp,
}

impl Grant {
    /// The one that was given last and not taken back; one that cannot be read is none.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read(file(folder)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Keeps it for the next start.
    ///
    /// # Errors
    /// Storage failures.
    pub fn keep(&self, folder: &Path) -> Result<(), Failure> {
        store::make_private(folder)?;
        store::write_private(&file(folder), &serde_json::to_vec(self).map_err(internal)?)
    }

    /// Takes back whatever was given.
    pub fn forget(folder: &Path) {
        match std::fs::remove_file(file(folder)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the end of the LAN mode could not be written down");
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Whether it has ended.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until || now < self.opened_at || self.until.millis() - self.opened_at.millis() > LONGEST
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("open.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_ends_and_a_clock_set_back_ends_it_too() {
        let hour = 3_600_000;
        let grant = |hours: i64| Grant {
            port: 1,
            opened_at: Timestamp(10 * hour),
            until: Timestamp((10 + hours) * hour),
        };
        assert!(!grant(24).is_over(Timestamp(10 * hour)));
        assert!(!grant(24).is_over(Timestamp(34 * hour - 1)));
        assert!(grant(24).is_over(Timestamp(34 * hour)));
        assert!(grant(24).is_over(Timestamp(10 * hour - 1)), "set back");
        assert!(
            grant(25).is_over(Timestamp(10 * hour)),
            "nobody can have allowed that"
        );
    }
}
