//! What a request loses or changes on its way to a provider, told once each.
//!
//! A field that vanishes silently is the hardest fault to find from outside.

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

    /// The notes in the order they were made.
    pub(crate) fn into_applied(self) -> Vec<Applied> {
        self.0
    }
}
