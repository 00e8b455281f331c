//! Budgets, wherever they are: what they may be, and how they stand.

use domain::{Budget, Failure, Money, Timestamp};
use store::table::entries::Counted;

use super::BudgetStanding;
use crate::limits::{begin_of, end_of};

/// At most one for each span, and none below nothing.
pub(super) fn check(budgets: &[Budget]) -> Result<(), Failure> {
    for (at, budget) in budgets.iter().enumerate() {
        check_cap("budgets", Some(budget.cap))?;
        if budgets.iter().skip(at + 1).any(|other| other.per == budget.per) {
            return Err(Failure::invalid(
                "budgets",
                format!("There are two budgets {}; one is enough.", budget.per.in_words()),
            ));
        }
    }
    Ok(())
}

/// An amount that can be a cap.
pub(super) fn check_cap(param: &str, cap: Option<Money>) -> Result<(), Failure> {
    match cap {
        Some(cap) if cap < Money::ZERO => Err(Failure::invalid(param, "A budget is not negative.")),
        Some(_) | None => Ok(()),
    }
}

/// How a budget stands, by what the ledger counts since its span began.
pub(super) fn standing(
    budget: Budget,
    now: Timestamp,
    counted: impl FnOnce(Timestamp) -> Result<Counted, Failure>,
) -> Result<BudgetStanding, Failure> {
    let since = begin_of(budget.per, now);
    let Counted { spent, held } = counted(since)?;
    let left = budget.cap.micros() - spent.micros() - held.micros();
    Ok(BudgetStanding {
        cap: budget.cap,
        per: budget.per,
        spent,
        held,
        left: Money(left.max(0)),
        since,
        until: end_of(budget.per, now),
    })
}
