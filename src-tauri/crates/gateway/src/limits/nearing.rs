//! Telling that a budget is nearly or wholly spent, once for each span of it.
//!
//! What is told is decided here, by what is booked and not by what is set aside, so that a call that runs never
//! raises an alarm that its end takes back. Whether and where it is shown is the window's matter. Budgets of
//! sessions are not told of: they are many, and their call says so itself when one ends.

use domain::Money;

use super::accounts::{Cap, Scope};
use crate::control::{BudgetOwner, Notice};
use crate::engine::Engine;
use crate::roster::Snapshot;

/// A part of a budget that is worth telling of when it is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Four fifths.
    Near,
    /// All of it.
    Full,
}

impl Mark {
    /// The highest mark that is reached. A cap of nothing has none: it is a lock, not a budget.
    pub fn reached(spent: Money, cap: Money) -> Option<Self> {
        let (spent, cap) = (spent.micros(), cap.micros());
        if cap <= 0 {
            None
        } else if spent >= cap {
            Some(Self::Full)
        } else if spent.saturating_mul(5) >= cap.saturating_mul(4) {
            Some(Self::Near)
        } else {
            None
        }
    }

    const fn percent(self) -> u8 {
        match self {
            Self::Near => 80,
            Self::Full => 100,
        }
    }
}

/// Tells of the caps that have come to a mark.
pub(super) fn tell(engine: &Engine, caps: &[Cap]) {
    let reached = engine.accounts().newly_reached(caps);
    if reached.is_empty() {
        return;
    }
    let roster = engine.roster().now();
    for (cap, mark, spent) in reached {
        if let Some(owner) = owner(&cap.scope, &roster) {
            engine.notify(Notice::BudgetNear {
                owner,
                budget: cap.budget,
                spent,
                percent: mark.percent(),
            });
        }
    }
}

fn owner(scope: &Scope, roster: &Snapshot) -> Option<BudgetOwner> {
    match scope {
        Scope::Everything => Some(BudgetOwner::Everything),
        Scope::Key(id) => roster.key(id).map(|state| BudgetOwner::Key {
            id: id.clone(),
            name: state.key.name.clone(),
        }),
        Scope::Agent(id) => roster.by_id.get(id).map(|agent| BudgetOwner::Agent {
            id: id.clone(),
            slug: agent.draft.slug.to_string(),
        }),
        Scope::Session(_) => None,
    }
}
