//! Limits as arguments: budgets in dollars, and how often may be asked.

use domain::{Budget, BudgetPeriod, Failure, Money, Rates};

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

/// Spending caps.
#[derive(clap::Args)]
pub(super) struct BudgetArgs {
    /// Spending cap in dollars; with `--per` it may be given several times, once for each span.
    #[arg(long, value_name = "X", value_parser = dollars)]
    budget_usd: Vec<Money>,
    /// The span of the spending cap before it; without one, in total.
    #[arg(long, value_name = "day|week|month|total", value_parser = period, requires = "budget_usd")]
    per: Vec<BudgetPeriod>,
}

impl BudgetArgs {
    /// The caps with their spans, in their order.
    ///
    /// # Errors
    /// When several caps do not have a span each.
    pub fn budgets(&self) -> Result<Vec<Budget>, Failure> {
        let (caps, spans) = (self.budget_usd.as_slice(), self.per.as_slice());
        if let ([cap], []) = (caps, spans) {
            let (cap, per) = (*cap, BudgetPeriod::Total);
            return Ok(vec![Budget { cap, per }]);
        }
        if caps.len() != spans.len() {
            return Err(
                Failure::invalid("per", "Each of several budgets needs its --per.")
                    .with_hint("For example --budget-usd 1 --per day --budget-usd 10 --per month."),
            );
        }
        let both = caps.iter().zip(spans);
        Ok(both.map(|(cap, per)| Budget { cap: *cap, per: *per }).collect())
    }
}

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
