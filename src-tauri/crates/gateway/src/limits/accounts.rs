//! What is spent and set aside right now, for everything that has a budget.
//!
//! A purse is the ledger's sum for one scope and span, kept ahead of the ledger: what a call may cost is set
//! aside in all purses it is under or in none, so that a thousand calls at once cannot all pass under one
//! cap. The danger is a purse that knows less than the ledger. So one is read from the ledger before its first
//! use, and every end of a call is booked here after it was queued there: what is read in between may be
//! counted twice until the next start, and nothing is ever counted not at all. When a price is corrected the
//! ledger changes under the purses: each takes the difference, so that whatever is booked or set aside meanwhile
//! stays right, and none is read while that goes on. Only pure state is here; reading the ledger is the
//! [`Tab`](super::Tab)'s.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{AgentId, Budget, BudgetPeriod, ClientKeyId, Failure, FailureKind, Money, SessionId, Timestamp};

use store::table::entries::Correction;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::nearing::Mark;
use super::span::begin_of;

/// Whose spending is capped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// Everybody's.
    Everything,
    /// A client key's.
    Key(ClientKeyId),
    /// An agent's.
    Agent(AgentId),
    /// A session's.
    Session(SessionId),
}

impl Scope {
    fn in_words(&self) -> &'static str {
        match self {
            Self::Everything => "The budget for everything",
            Self::Key(_) => "This client key's budget",
            Self::Agent(_) => "This agent's budget",
            Self::Session(_) => "The budget of a session",
        }
    }
}

/// A budget that a call is under.
#[derive(Clone, Debug)]
pub(super) struct Cap {
    pub scope: Scope,
    pub budget: Budget,
}

/// What a call may cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    /// At most; this is set aside.
    pub most: Money,
    /// A short answer, where nobody said how long it may be: so much must be left for a call that has a purse
    /// to itself. Else the last part of a budget could never be spent, because models may write very long answers.
    pub least: Option<Money>,
}

/// Money that is set aside in one purse.
#[derive(Debug)]
pub(super) struct Hold {
    scope: Scope,
    per: BudgetPeriod,
    span: Timestamp,
    amount: Money,
}

/// The spending of one scope in its newest span.
#[derive(Clone, Copy, Debug)]
struct Purse {
    span: Timestamp,
    spent: Money,
    held: Money,
    /// The highest mark that was told of in this span, and of which cap: a budget that was changed is another one.
    told: Option<(Money, Mark)>,
}

impl Purse {
    /// Begins the span that holds `now`, if it is a later one. Nothing was spent in it yet: what is, is booked
    /// here. A clock that steps back never refills a budget (REL-16).
    fn roll(&mut self, per: BudgetPeriod, now: Timestamp) {
        let begin = begin_of(per, now);
        if begin > self.span {
            *self = Self {
                span: begin,
                spent: Money::ZERO,
                held: Money::ZERO,
                told: None,
            };
        }
    }
}

/// All purses.
#[derive(Default)]
pub(crate) struct Accounts {
    purses: Mutex<Purses>,
    /// Held for writing while what ended calls cost is changed in the ledger.
    ledger: RwLock<()>,
}

type Purses = HashMap<Scope, [Option<Purse>; 4]>;

/// Sessions are many, and an old one's purse can be read from the ledger again.
const MANY: usize = 16_384;

const fn slot(per: BudgetPeriod) -> usize {
    match per {
        BudgetPeriod::Day => 0,
        BudgetPeriod::Week => 1,
        BudgetPeriod::Month => 2,
        BudgetPeriod::Total => 3,
    }
}

const PERIODS: [BudgetPeriod; 4] = [
    BudgetPeriod::Day,
    BudgetPeriod::Week,
    BudgetPeriod::Month,
    BudgetPeriod::Total,
];

impl Accounts {
    fn lock(&self) -> MutexGuard<'_, Purses> {
        self.purses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While this is held, the cost of ended calls stays as it is: for reading a purse from the ledger.
    pub(super) async fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.ledger.read().await
    }

    /// While this is held, no purse is read: for changing what ended calls cost and telling it here.
    pub(crate) async fn correcting(&self) -> RwLockWriteGuard<'_, ()> {
        self.ledger.write().await
    }

    /// Counts ended calls as the ledger does since they were corrected there.
    pub(crate) fn correct(&self, corrections: Vec<Correction>) {
        for correction in corrections {
            let mut scopes = vec![Scope::Everything];
            scopes.extend(correction.key.map(Scope::Key));
            scopes.extend(correction.agent.map(Scope::Agent));
            scopes.extend(correction.session.map(Scope::Session));
            self.book(&scopes, correction.started_at, correction.by);
        }
    }

    /// Whether a purse was read from the ledger.
    pub(super) fn knows(&self, cap: &Cap) -> bool {
        self.lock()
            .get(&cap.scope)
            .is_some_and(|purses| purses[slot(cap.budget.per)].is_some())
    }

    /// Takes in what the ledger says of the span that holds `now`, unless the purse is known already.
    pub(super) fn learn(&self, cap: &Cap, now: Timestamp, spent: Money) {
        let mut purses = self.lock();
        if purses.len() >= MANY {
            purses.retain(|scope, purses| {
                !matches!(scope, Scope::Session(_))
                    || purses.iter().flatten().any(|purse| purse.held > Money::ZERO)
            });
        }
        let purse = &mut purses.entry(cap.scope.clone()).or_default()[slot(cap.budget.per)];
        purse.get_or_insert(Purse {
            span: begin_of(cap.budget.per, now),
            spent,
            held: Money::ZERO,
            // whatever was reached before the start was told of then
            told: Mark::reached(spent, cap.budget.cap).map(|mark| (cap.budget.cap, mark)),
        });
    }

    /// Sets money aside in all purses or in none. Unknown purses are not asked; learn them before.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`], naming the budget that does not have it.
    pub(super) fn reserve(&self, caps: &[Cap], now: Timestamp, price: Price) -> Result<Vec<Hold>, Failure> {
        let mut purses = self.lock();
        for cap in caps {
            let Some(purse) = known(&mut purses, cap) else {
                continue;
            };
            purse.roll(cap.budget.per, now);
            let taken = purse.spent + purse.held;
            let alone = purse.held == Money::ZERO;
            let enough = taken + price.most <= cap.budget.cap
                || price
                    .least
                    .is_some_and(|least| alone && taken + least <= cap.budget.cap);
            if !enough {
                return Err(too_little(cap, *purse, price.most));
            }
        }
        let hold = |cap: &Cap| {
            let purse = known(&mut purses, cap)?;
            purse.held = purse.held + price.most;
            Some(Hold {
                scope: cap.scope.clone(),
                per: cap.budget.per,
                span: purse.span,
                amount: price.most,
            })
        };
        Ok(caps.iter().filter_map(hold).collect())
    }

    /// Gives back what was set aside.
    pub(super) fn release(&self, holds: &mut Vec<Hold>) {
        if holds.is_empty() {
            return;
        }
        let mut purses = self.lock();
        for hold in holds.drain(..) {
            if let Some(purses) = purses.get_mut(&hold.scope)
                && let Some(purse) = &mut purses[slot(hold.per)]
                && purse.span == hold.span
            {
                purse.held = Money(purse.held.micros() - hold.amount.micros());
            }
        }
    }

    /// Books what an attempt that began at `started_at` cost, in every purse that is known.
    pub(super) fn book(&self, scopes: &[Scope], started_at: Timestamp, cost: Money) {
        let mut purses = self.lock();
        if purses.is_empty() {
            return;
        }
        for scope in scopes {
            let Some(purses) = purses.get_mut(scope) else {
                continue;
            };
            for per in PERIODS {
                let Some(purse) = &mut purses[slot(per)] else {
                    continue;
                };
                purse.roll(per, started_at);
                if begin_of(per, started_at) == purse.span {
                    purse.spent = purse.spent + cost;
                }
            }
        }
    }

    /// The caps that have come to a mark since this was last asked, and what is spent of them.
    pub(super) fn newly_reached(&self, caps: &[Cap]) -> Vec<(Cap, Mark, Money)> {
        let mut purses = self.lock();
        let reached = |cap: &Cap| {
            let purse = known(&mut purses, cap)?;
            let mark = Mark::reached(purse.spent, cap.budget.cap)?;
            let told = purse.told.filter(|(of, _)| *of == cap.budget.cap);
            if told.is_some_and(|(_, told)| told >= mark) {
                return None;
            }
            purse.told = Some((cap.budget.cap, mark));
            Some((cap.clone(), mark, purse.spent))
        };
        caps.iter().filter_map(reached).collect()
    }

    /// Whether a call that holds these may cost so much.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`], naming the budget that it would go over.
    pub(super) fn afford(&self, caps: &[Cap], holds: &[Hold], cost: Money) -> Result<(), Failure> {
        let mut purses = self.lock();
        for cap in caps {
            let Some(purse) = known(&mut purses, cap) else {
                continue;
            };
            let own: i64 = holds
                .iter()
                .filter(|hold| {
                    hold.scope == cap.scope && hold.per == cap.budget.per && hold.span == purse.span
                })
                .map(|hold| hold.amount.micros())
                .sum();
            let others = Money(purse.held.micros() - own);
            if purse.spent + others + cost > cap.budget.cap {
                let message = format!(
                    "{} of {} is used up; the answer was cut.",
                    cap.scope.in_words(),
                    cap.budget
                );
                return Err(Failure::new(FailureKind::BudgetExceeded, message).with_hint(RAISE));
            }
        }
        Ok(())
    }

    /// Whether nothing is left of a budget, as far as it is known without asking the ledger.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`].
    pub(crate) fn check(&self, scope: &Scope, budgets: &[Budget], now: Timestamp) -> Result<(), Failure> {
        if budgets.is_empty() {
            return Ok(());
        }
        let mut purses = self.lock();
        for budget in budgets {
            let cap = Cap {
                scope: scope.clone(),
                budget: *budget,
            };
            if let Some(purse) = known(&mut purses, &cap) {
                purse.roll(budget.per, now);
                if purse.spent >= budget.cap {
                    return Err(too_little(&cap, *purse, Money::ZERO));
                }
            }
        }
        Ok(())
    }
}

fn known<'p>(purses: &'p mut Purses, cap: &Cap) -> Option<&'p mut Purse> {
    purses.get_mut(&cap.scope)?[slot(cap.budget.per)].as_mut()
}

const RAISE: &str = "Raise the budget in Inglenook, or wait for its next span.";

fn too_little(cap: &Cap, purse: Purse, most: Money) -> Failure {
    let (name, budget) = (cap.scope.in_words(), cap.budget);
    if purse.spent >= budget.cap {
        let message = format!("{name} of {budget} is spent.");
        return Failure::new(FailureKind::BudgetExceeded, message).with_hint(RAISE);
    }
    let left = Money(budget.cap.micros() - purse.spent.micros());
    let running = match purse.held {
        Money::ZERO => String::new(),
        held => format!(", of which {held} is set aside for calls that run"),
    };
    Failure::new(
        FailureKind::BudgetExceeded,
        format!("{name} of {budget} has {left} left{running}. This call may cost {most}."),
    )
    .with_hint("Ask for fewer tokens (`max_tokens`), or raise the budget in Inglenook.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_795_348_800_000);
    const DAY: i64 = 86_400_000;

    fn cap(cap: i64, per: BudgetPeriod) -> Cap {
        Cap {
            scope: Scope::Everything,
            budget: Budget { cap: Money(cap), per },
        }
    }

    fn exactly(most: i64) -> Price {
        Price {
            most: Money(most),
            least: None,
        }
    }

    #[test]
    fn all_purses_or_none() {
        let accounts = Accounts::default();
        let caps = [cap(100, BudgetPeriod::Day), cap(150, BudgetPeriod::Month)];
        for cap in &caps {
            accounts.learn(cap, NOON, Money(10));
        }
        let mut first = accounts.reserve(&caps, NOON, exactly(90)).unwrap_or_default();
        assert_eq!(first.len(), 2, "to the last micro-dollar");
        assert!(
            accounts.reserve(&caps, NOON, exactly(1)).is_err(),
            "the day is full"
        );
        assert!(
            accounts.reserve(&caps[1..], NOON, exactly(50)).is_ok(),
            "and nothing of that was set aside in the month"
        );
        accounts.release(&mut first);
        accounts.book(&[Scope::Everything], NOON, Money(20));
        assert!(
            accounts.reserve(&caps, NOON, exactly(70)).is_ok(),
            "30 spent, 70 left"
        );
        assert!(
            accounts
                .check(&Scope::Everything, &[caps[0].budget], NOON)
                .is_ok()
        );
    }

    #[test]
    fn rel_16_a_new_span_is_empty_and_a_clock_that_steps_back_refills_nothing() {
        let accounts = Accounts::default();
        let day = cap(100, BudgetPeriod::Day);
        accounts.learn(&day, NOON, Money(100));
        assert!(
            accounts
                .reserve(std::slice::from_ref(&day), NOON, exactly(1))
                .is_err()
        );
        let tomorrow = Timestamp(NOON.millis() + DAY);
        let mut held = accounts
            .reserve(std::slice::from_ref(&day), tomorrow, exactly(100))
            .unwrap_or_default();
        assert_eq!(held.len(), 1);
        assert!(
            accounts
                .reserve(std::slice::from_ref(&day), NOON, exactly(1))
                .is_err(),
            "back"
        );
        // what began yesterday belongs to yesterday, in the ledger too
        accounts.book(&[Scope::Everything], NOON, Money(50));
        accounts.release(&mut held);
        assert!(
            accounts
                .reserve(std::slice::from_ref(&day), tomorrow, exactly(100))
                .is_ok()
        );
    }

    #[test]
    fn a_lone_call_of_unknown_length_may_use_the_rest() {
        let accounts = Accounts::default();
        let caps = [cap(100, BudgetPeriod::Total)];
        accounts.learn(&caps[0], NOON, Money(60));
        let open = Price {
            most: Money(5_000),
            least: Some(Money(40)),
        };
        assert!(
            accounts.reserve(&caps, NOON, exactly(5_000)).is_err(),
            "one that said how long"
        );
        let mut lone = accounts.reserve(&caps, NOON, open).unwrap_or_default();
        assert_eq!(lone.len(), 1);
        assert!(accounts.reserve(&caps, NOON, open).is_err(), "only one at a time");
        assert!(accounts.afford(&caps, &lone, Money(40)).is_ok());
        assert!(
            accounts.afford(&caps, &lone, Money(41)).is_err(),
            "it is cut at the cap"
        );
        accounts.release(&mut lone);
        accounts.book(&[Scope::Everything], NOON, Money(1));
        assert!(
            accounts.reserve(&caps, NOON, open).is_err(),
            "39 are too little for a short answer"
        );
    }
}
