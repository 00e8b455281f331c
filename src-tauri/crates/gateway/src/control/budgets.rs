//! Budgets, wherever they are: what they may be, and how they stand.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::{Budget, Failure, Money, Timestamp};
use store::Connection;
use store::table::entries::{self, Counted, CountedEach};

use super::{BudgetOwner, BudgetStanding, BudgetView, Caller, Nothing};
use crate::Engine;
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

/// All budgets and how they stand: that of everything, of keys, of agents.
pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<BudgetView>, Failure> {
    engine.store().flush().await?;
    let roster = engine.roster().now();
    let everything = roster
        .settings
        .budgets
        .iter()
        .map(|budget| (BudgetOwner::Everything, *budget));
    let mut keys: Vec<_> = roster.keys.values().map(|state| &state.key).collect();
    keys.retain(|key| key.revoked_at.is_none());
    keys.sort_by(|one, other| one.name.cmp(&other.name));
    let of_keys = keys.iter().flat_map(|key| {
        key.budgets.iter().map(|budget| {
            let owner = BudgetOwner::Key {
                id: key.id.clone(),
                name: key.name.clone(),
            };
            (owner, *budget)
        })
    });
    let of_agents = roster.agents.iter().flat_map(|agent| {
        agent.draft.budgets.iter().map(|budget| {
            let owner = BudgetOwner::Agent {
                id: agent.id.clone(),
                slug: agent.draft.slug.to_string(),
            };
            (owner, *budget)
        })
    });
    let budgets: Vec<(BudgetOwner, Budget)> = everything.chain(of_keys).chain(of_agents).collect();
    let now = engine.clock().now();
    engine.store().read(move |conn| stand(conn, budgets, now)).await
}

fn stand(
    conn: &Connection,
    budgets: Vec<(BudgetOwner, Budget)>,
    now: Timestamp,
) -> Result<Vec<BudgetView>, Failure> {
    // a pass over the ledger for each span, not for each budget
    let mut passes: HashMap<Timestamp, CountedEach> = HashMap::new();
    let view = |(owner, budget): (BudgetOwner, Budget)| {
        let standing = standing(budget, now, |since| {
            let each = match passes.entry(since) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(entries::counted_each(conn, since)?),
            };
            Ok(match &owner {
                BudgetOwner::Everything => each.all,
                BudgetOwner::Key { id, .. } => each.by_key.get(id).copied().unwrap_or_default(),
                BudgetOwner::Agent { id, .. } => each.by_agent.get(id).copied().unwrap_or_default(),
            })
        })?;
        Ok(BudgetView { owner, standing })
    };
    budgets.into_iter().map(view).collect()
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
