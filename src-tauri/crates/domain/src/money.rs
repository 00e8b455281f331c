//! Money and prices, in integers: a float never holds or sums an amount.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Timestamp, Usage};

/// An amount in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Millionths of a dollar.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Parses a decimal amount of dollars such as `0.25`, exactly; `None` when it is not one, is negative,
    /// or has more than six decimals.
    pub fn parse_dollars(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 6 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let micros: i64 = format!("{fraction:0<6}").parse().ok()?;
        Some(Self(whole.checked_mul(1_000_000)?.checked_add(micros)?))
    }

    /// Reads a decimal number as JSON writes it, such as `0.0001346` or `1.3e-4`, in units of which 10 to the
    /// power of `scale` are a micro-dollar, rounded to the nearest one; dollars have a scale of -6. `None` when it
    /// is no number, negative, or more than can be held. No float is on the way.
    pub fn from_decimal(text: &str, scale: i32) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if whole.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let number: i128 = digits.parse().ok()?;
        let fraction = i32::try_from(fraction.len()).ok()?;
        let exponent: i32 = exponent.parse().ok()?;
        let power = exponent.checked_sub(fraction)?.checked_sub(scale)?;
        let unit = |power: u32| 10_i128.checked_pow(power);
        let micros = match u32::try_from(power) {
            Ok(_) if number == 0 => 0,
            Ok(power) => number.checked_mul(unit(power)?)?,
            Err(_) => match unit(power.unsigned_abs()) {
                Some(unit) => number.checked_add(unit / 2)? / unit,
                // less than anything that is written with digits here
                None => 0,
            },
        };
        i64::try_from(micros).ok().map(Self)
    }
}

impl std::ops::Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::fmt::Display for Money {
    /// Dollars with as many decimals as the amount needs, at least two: `$0.25`, `$0.000153`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let decimals = format!("{:06}", micros % 1_000_000);
        let kept = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{sign}${}.{}", micros / 1_000_000, &decimals[..kept])
    }
}

/// What a model costs, in micro-dollars per million tokens, as it stood on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Price {
    /// Uncached input.
    pub input: i64,
    /// Input served from the provider's cache; `input` when the provider makes no difference.
    pub cached_input: i64,
    /// Input written to the provider's cache; `input` when the provider makes no difference.
    pub cache_write: i64,
    /// Output, reasoning included.
    pub output: i64,
    /// When this price was written down.
    pub as_of: Timestamp,
    /// Where it comes from: `catalogue` or `user`.
    pub origin: String,
}

impl Price {
    /// The price of these tokens, rounded to the nearest micro-dollar once, at the end.
    pub fn cost(&self, usage: Usage) -> Money {
        let usage = usage.normalised();
        let plain = usage.input - usage.cached_input - usage.cache_write;
        let sum = i128::from(plain) * i128::from(self.input)
            + i128::from(usage.cached_input) * i128::from(self.cached_input)
            + i128::from(usage.cache_write) * i128::from(self.cache_write)
            + i128::from(usage.output) * i128::from(self.output);
        Money(i64::try_from((sum + 500_000) / 1_000_000).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_counts_each_kind_of_token_once() {
        let price = Price {
            input: 3_000_000,
            cached_input: 300_000,
            cache_write: 3_750_000,
            output: 15_000_000,
            as_of: Timestamp(0),
            origin: "catalogue".into(),
        };
        let usage = Usage {
            input: 1000,
            cached_input: 400,
            cache_write: 100,
            output: 50,
            reasoning: 50,
        };
        // 500 * 3 + 400 * 0.3 + 100 * 3.75 + 50 * 15 micro-dollars
        assert_eq!(price.cost(usage), Money(1500 + 120 + 375 + 750));
    }

    #[test]
    fn decimals_are_rounded_once_and_never_drift() {
        let dollars = |text| Money::from_decimal(text, -6);
        for (text, micros) in [
            ("0.002922", 2_922),
            ("0.0001346", 135),
            ("0.0001345", 135),
            ("0.00013449", 134),
            ("1.346e-4", 135),
            ("1E2", 100_000_000),
            ("12", 12_000_000),
            ("0", 0),
            ("0e99", 0),
            ("1e-60", 0),
            ("0.1000000000000000055511151231257827", 100_000),
        ] {
            assert_eq!(dollars(text), Some(Money(micros)), "{text}");
        }
        for bad in [
            "", "-1", "+1", ".5", "1.2.3", "NaN", "1e", "1e99", "1e2.5", "9e18",
        ] {
            assert_eq!(dollars(bad), None, "{bad}");
        }
        assert_eq!(Money::from_decimal("4074000", 4), Some(Money(407)), "xAI's ticks");
    }

    #[test]
    fn dollars_are_read_and_shown_exactly() {
        assert_eq!(Money::parse_dollars("1.5"), Some(Money(1_500_000)));
        assert_eq!(Money::parse_dollars("0.000001"), Some(Money(1)));
        for bad in ["", ".5", "-1", "1e3", "0.0000001", "1.2.3", "one"] {
            assert_eq!(Money::parse_dollars(bad), None, "{bad}");
        }
        assert_eq!(Money(1_500_000).to_string(), "$1.50");
        assert_eq!(Money(153).to_string(), "$0.000153");
        assert_eq!(Money(-20_000).to_string(), "-$0.02");
    }
}
