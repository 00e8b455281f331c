//! How fast answers were: the middle one, and the one that only one in twenty is slower than.

use rusqlite::Row;

use crate::column::unsigned_or_null;

/// The middle value and the one in twenty, by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// Half are at most this.
    pub p50: u64,
    /// Nineteen of twenty are at most this.
    pub p95: u64,
}

/// How fast the answers of attempts that succeeded were; `None` where nobody could tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speed {
    /// Microseconds from the call's arrival to the first token.
    pub first_token_us: Option<Quantiles>,
    /// Microseconds from the call's arrival to the end.
    pub total_us: Option<Quantiles>,
    /// Thousandths of a token written each second.
    pub tokens: Option<Quantiles>,
}

/// The times of one answer.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    first_token_us: Option<u64>,
    total_us: Option<u64>,
    tokens: Option<u64>,
}

/// Reads the times of an attempt that succeeded.
pub(super) fn answer(row: &Row<'_>) -> rusqlite::Result<Answer> {
    let (sent, first) = (unsigned_or_null(row, 10)?, unsigned_or_null(row, 11)?);
    let (last, output) = (unsigned_or_null(row, 12)?, unsigned_or_null(row, 6)?);
    Ok(Answer {
        first_token_us: first,
        total_us: unsigned_or_null(row, 13)?,
        tokens: written(sent, first, last, output),
    })
}

/// How fast the model wrote: from its first token to its last; of an answer that came whole, since it was
/// asked for. Nothing is known of a single token, nor of an answer that took no time.
fn written(sent: Option<u64>, first: Option<u64>, last: Option<u64>, output: Option<u64>) -> Option<u64> {
    let (first, last) = (first?, last?);
    let since = if last > first { first } else { sent? };
    let span = last.checked_sub(since).filter(|span| *span > 0)?;
    let output = output.filter(|output| *output > 1)?;
    Some(output.saturating_mul(1_000_000_000) / span)
}

/// All the times of a group.
#[derive(Default)]
pub(super) struct Times {
    first_token_us: Vec<u64>,
    total_us: Vec<u64>,
    tokens: Vec<u64>,
}

impl Times {
    pub(super) fn add(&mut self, answer: Answer) {
        self.first_token_us.extend(answer.first_token_us);
        self.total_us.extend(answer.total_us);
        self.tokens.extend(answer.tokens);
    }

    pub(super) fn speed(mut self) -> Speed {
        Speed {
            first_token_us: quantiles(&mut self.first_token_us),
            total_us: quantiles(&mut self.total_us),
            tokens: quantiles(&mut self.tokens),
        }
    }
}

fn quantiles(values: &mut [u64]) -> Option<Quantiles> {
    let mut rank = |part: usize| {
        let at = (values.len() * part).div_ceil(100).checked_sub(1)?;
        Some(*values.select_nth_unstable(at).1)
    };
    Some(Quantiles {
        p50: rank(50)?,
        p95: rank(95)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_there() {
        assert_eq!(quantiles(&mut []), None);
        let of = |values: &[u64]| quantiles(&mut values.to_vec()).map(|found| (found.p50, found.p95));
        assert_eq!(of(&[7]), Some((7, 7)));
        assert_eq!(of(&[3, 1, 2]), Some((2, 3)));
        assert_eq!(of(&(1..=100).rev().collect::<Vec<_>>()), Some((50, 95)));
    }

    #[test]
    fn speed_is_told_from_the_first_token_to_the_last() {
        let speed = written(Some(0), Some(1_000_000), Some(2_000_000), Some(50));
        assert_eq!(speed, Some(50_000));
        assert_eq!(
            written(Some(0), Some(2_000_000), Some(2_000_000), Some(50)),
            Some(25_000)
        );
        assert_eq!(written(None, Some(2), Some(2), Some(50)), None);
        assert_eq!(written(Some(0), Some(1), Some(2), Some(1)), None);
    }
}
