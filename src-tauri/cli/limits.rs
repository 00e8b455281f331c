//! Limits as arguments: budgets in dollars, and how often may be asked.

use domain::{Budget, BudgetPeriod, Money, Rates};

/// How often may be asked.
#[derive(clap::Args)]
pub(super) struct RateArgs {
    /// Requests a minute.
    #[arg(long, value_name = "N")]
    rpm: Option<u32>,
    /// Requests an hour.
    #[arg(long, value_name = "N")]
    rph: Option<u32>,
    /// Requests a day.
    #[arg(long, value_name = "N")]
    rpd: Option<u32>,
    /// Tokens a minute.
    #[arg(long, value_name = "N")]
    tpm: Option<u32>,
    /// Calls at once.
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
}

impl RateArgs {
    /// What was said.
    pub fn rates(&self) -> Rates {
        Rates {
            rpm: self.rpm,
            rph: self.rph,
            rpd: self.rpd,
            tpm: self.tpm,
            concurrency: self.concurrency,
        }
    }
}

/// Spending caps as they are written. That each has a span is part of how they are written, so a mistake there is
/// told as wrong usage, before anything is opened.
#[derive(clap::Args)]
struct Written {
    /// Spending cap in dollars; with `--per` it may be given several times, once for each span.
    #[arg(long, value_name = "X", value_parser = dollars)]
    budget_usd: Vec<Money>,
    /// The span of the spending cap before it; without one, in total.
    #[arg(long, value_name = "day|week|month|total", value_parser = period, requires = "budget_usd")]
    per: Vec<BudgetPeriod>,
}

impl Written {
    fn budgets(self) -> Result<Vec<Budget>, clap::Error> {
        let (caps, mut spans) = (self.budget_usd, self.per);
        if caps.len() == 1 && spans.is_empty() {
            spans.push(BudgetPeriod::Total);
        }
        if caps.len() != spans.len() {
            return Err(misused(
                "each of several budgets needs its --per, for example \
                 --budget-usd 1 --per day --budget-usd 10 --per month",
            ));
        }
        let mut budgets: Vec<Budget> = Vec::with_capacity(caps.len());
        for (cap, per) in caps.into_iter().zip(spans) {
            if budgets.iter().any(|budget| budget.per == per) {
                let message = format!("there are two budgets {}; one is enough", per.in_words());
                return Err(misused(&message));
            }
            budgets.push(Budget { cap, per });
        }
        Ok(budgets)
    }
}

/// The failure of arguments that do not fit together; its caller adds the usage.
pub(super) fn misused(message: &str) -> clap::Error {
    clap::Error::raw(clap::error::ErrorKind::ValueValidation, message)
}

/// Spending caps, at most one for each span.
pub(super) struct BudgetArgs(pub Vec<Budget>);

impl TryFrom<Written> for BudgetArgs {
    type Error = clap::Error;

    fn try_from(written: Written) -> Result<Self, clap::Error> {
        written.budgets().map(Self)
    }
}

macro_rules! read_as_written {
    ($($type:ty),*) => {$(
        impl clap::FromArgMatches for $type {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                <Written as clap::FromArgMatches>::from_arg_matches(matches)?.try_into()
            }

            fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }

        impl clap::Args for $type {
            fn augment_args(command: clap::Command) -> clap::Command {
                <Written as clap::Args>::augment_args(command)
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                <Written as clap::Args>::augment_args_for_update(command)
            }
        }
    )*};
}

read_as_written!(BudgetArgs);

/// An amount of dollars.
pub(super) fn dollars(text: &str) -> Result<Money, String> {
    Money::parse_dollars(text).ok_or_else(|| "an amount of dollars with at most six decimals".to_owned())
}

/// The span of a budget.
pub(super) fn period(text: &str) -> Result<BudgetPeriod, String> {
    Ok(match text {
        "day" => BudgetPeriod::Day,
        "week" => BudgetPeriod::Week,
        "month" => BudgetPeriod::Month,
        "total" => BudgetPeriod::Total,
        _ => return Err("a span is day, week, month or total".to_owned()),
    })
}

/// Several budgets in one text: `1/day, 10/month`; an empty one means none.
pub(super) fn budgets(text: &str) -> Result<Vec<Budget>, String> {
    let one = |text: &str| {
        let (cap, per) = text.trim().split_once('/').unwrap_or((text.trim(), "total"));
        let (cap, per) = (dollars(cap.trim())?, period(per.trim())?);
        Ok(Budget { cap, per })
    };
    let all = text.split(',').filter(|one| !one.trim().is_empty());
    all.map(one).collect()
}

/// Limits with what was said of them now.
pub(super) fn over(before: Rates, now: Rates) -> Rates {
    Rates {
        rpm: now.rpm.or(before.rpm),
        rph: now.rph.or(before.rph),
        rpd: now.rpd.or(before.rpd),
        tpm: now.tpm.or(before.tpm),
        concurrency: now.concurrency.or(before.concurrency),
    }
}

/// Limits where a limit of nothing means that there is none.
pub(super) fn lifted(rates: Rates) -> Rates {
    let one = |limit: Option<u32>| limit.filter(|limit| *limit > 0);
    Rates {
        rpm: one(rates.rpm),
        rph: one(rates.rph),
        rpd: one(rates.rpd),
        tpm: one(rates.tpm),
        concurrency: one(rates.concurrency),
    }
}

/// The limits that there are, a line each.
pub(super) fn lines(rates: &Rates) -> Vec<String> {
    let named = [
        ("requests a minute", rates.rpm),
        ("requests an hour", rates.rph),
        ("requests a day", rates.rpd),
        ("tokens a minute", rates.tpm),
        ("calls at once", rates.concurrency),
    ];
    named
        .into_iter()
        .filter_map(|(name, limit)| limit.map(|limit| format!("{name}: {limit}")))
        .collect()
}
