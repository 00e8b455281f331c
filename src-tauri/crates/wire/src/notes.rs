//! What a provider codec tells about a request that it could not write as it stood.

use domain::Applied;

/// Notes what was dropped or renamed.
#[derive(Default)]
pub(crate) struct Notes(Vec<Applied>);

impl Notes {
    /// Adds a note, once.
    pub(crate) fn add(&mut self, what: &str, how: &str) {
        if !self.0.iter().any(|note| note.what == what && note.how == how) {
            self.0.push(Applied {
                what: what.into(),
                how: how.into(),
            });
        }
    }

    /// All of them, in order.
    pub(crate) fn take(self) -> Vec<Applied> {
        self.0
    }
}
