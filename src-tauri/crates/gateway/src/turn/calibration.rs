//! How far our count of tokens is from that of each target, and how much each has refused.
//!
//! No tokenizer is fetched: what a provider reports of one call tells how to read our estimate of the next. And a model
//! may read less than its list says, as servers do that are started with a smaller window. The danger is a provider
//! that counts nonsense, so what it says is bounded. It is forgotten with the process; the first long call tells it
//! again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Target;

/// Of a shorter request most is what stands around the words.
const LEAST: u64 = 200;
/// A client may name any model.
const TARGETS: usize = 4096;
const BOUNDS: (u64, u64) = (500, 2_000);
/// Whoever refuses less than this for its length refuses it for something else.
const SMALLEST_WINDOW: u64 = 512;

/// Tokens counted by each target for a thousand estimated here.
#[derive(Default)]
pub(crate) struct Calibration {
    per_mille: Mutex<HashMap<Target, u64>>,
    /// The fewest estimated tokens, read and written together, that were too many.
    refused: Mutex<HashMap<Target, u64>>,
}

impl Calibration {
    /// A target has counted `reported` tokens of a request that was estimated.
    pub fn learn(&self, target: &Target, estimated: u64, reported: u64) {
        if estimated < LEAST || reported == 0 {
            return;
        }
        let mut refusals = self.refusals();
        if refusals.get(target).is_some_and(|refused| *refused <= estimated) {
            refusals.remove(target);
        }
        drop(refusals);
        let said = (reported.saturating_mul(1_000) / estimated).clamp(BOUNDS.0, BOUNDS.1);
        let mut all = self.per_mille.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= TARGETS && !all.contains_key(target) {
            all.clear();
        }
        all.entry(target.clone())
            // lately counts more, and one odd call does not decide
            .and_modify(|known| *known = (*known * 2 + said) / 3)
            .or_insert(said);
    }

    /// A target has found a request of so many estimated tokens too long, with the answer that was asked for.
    pub fn refuse(&self, target: &Target, estimated: u64) {
        if estimated < SMALLEST_WINDOW {
            return;
        }
        let mut all = self.refusals();
        if all.len() >= TARGETS && !all.contains_key(target) {
            all.clear();
        }
        all.entry(target.clone())
            .and_modify(|known| *known = estimated.min(*known))
            .or_insert(estimated);
    }

    /// How many tokens a target reads and writes together: what is `known` of it, or less where it has refused less.
    pub fn window(&self, target: &Target, known: Option<u64>) -> Option<u64> {
        let refused = self.refusals().get(target).copied();
        let refused = refused.map(|estimated| self.likely(target, estimated));
        known
            .into_iter()
            .chain(refused)
            .filter(|window| *window > 0)
            .min()
    }

    fn refusals(&self) -> MutexGuard<'_, HashMap<Target, u64>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many tokens a target will likely count.
    pub fn likely(&self, target: &Target, estimated: u64) -> u64 {
        self.read(target, estimated, 1_000)
    }

    /// How many it will count at least: before it has reported anything our estimate is taken for dear.
    pub fn at_least(&self, target: &Target, estimated: u64) -> u64 {
        self.read(target, estimated, 750)
    }

    fn read(&self, target: &Target, estimated: u64, unknown: u64) -> u64 {
        let all = self.per_mille.lock().unwrap_or_else(PoisonError::into_inner);
        let per_mille = all.get(target).copied().unwrap_or(unknown);
        estimated.saturating_mul(per_mille) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reported_bends_the_estimate_within_bounds() -> Result<(), domain::Failure> {
        let (one, calibration) = (Target::parse("mock/m")?, Calibration::default());
        assert_eq!(calibration.likely(&one, 1_000), 1_000);
        assert_eq!(calibration.at_least(&one, 1_000), 750);
        calibration.learn(&one, 50, 5_000);
        assert_eq!(calibration.likely(&one, 1_000), 1_000, "too short to tell");
        calibration.learn(&one, 1_000, 1_200);
        assert_eq!(calibration.likely(&one, 1_000), 1_200);
        assert_eq!(calibration.at_least(&one, 1_000), 1_200);
        calibration.learn(&one, 1_000, 900_000);
        assert_eq!(
            calibration.likely(&one, 1_000),
            1_466,
            "one odd call does not decide"
        );
        let other = Target::parse("mock/other")?;
        assert_eq!(calibration.likely(&other, 1_000), 1_000, "each counts for itself");
        Ok(())
    }
    #[test]
    fn what_was_refused_is_the_window_until_more_is_taken() -> Result<(), domain::Failure> {
        let (one, calibration) = (Target::parse("mock/m")?, Calibration::default());
        assert_eq!(calibration.window(&one, Some(8_000)), Some(8_000));
        assert_eq!(calibration.window(&one, None), None);
        calibration.refuse(&one, 100);
        assert_eq!(calibration.window(&one, None), None, "not for its length");
        calibration.refuse(&one, 3_000);
        calibration.refuse(&one, 4_000);
        assert_eq!(calibration.window(&one, Some(8_000)), Some(3_000));
        assert_eq!(calibration.window(&one, None), Some(3_000));
        calibration.learn(&one, 2_000, 2_000);
        assert_eq!(calibration.window(&one, None), Some(3_000), "that was less");
        calibration.learn(&one, 3_500, 3_500);
        assert_eq!(calibration.window(&one, None), None);
        Ok(())
    }
}
