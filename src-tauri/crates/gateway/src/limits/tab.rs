//! One call's tab: the budgets it is under, what is set aside for it, and what it took in the end.
//!
//! Every attempt of every door has one, so that no route and no retry is outside a budget. Dropping a tab
//! that was never settled books what was set aside: whoever left in between may have cost it.

use domain::{
    AgentId, Budget, BudgetPeriod, Call, CallSource, Failure, FailureKind, Money, Outcome, Request,
    SessionId, Target, Timestamp, Usage,
};
use store::table::entries;

use super::accounts::{Cap, Hold, Price, Scope};
use super::estimate::{input_tokens, text_tokens};
use super::nearing;
use super::rates::Place;
use crate::engine::Engine;
use crate::models;
use crate::roster::Snapshot;

/// What an answer is taken to be at most, where neither caller nor model say.
const USUAL_OUTPUT: u64 = 4_096;
/// A short answer.
const SHORT_OUTPUT: u64 = 256;

/// What an attempt asks for.
pub(crate) struct Demand<'a> {
    /// Where it goes.
    pub target: &'a Target,
    /// What that costs, where somebody knows.
    pub price: Option<&'a domain::Price>,
    /// Tokens it reads, at most.
    pub input: u64,
    /// Tokens it may write, where somebody said.
    pub output: Option<u64>,
    /// How many answers.
    pub answers: u64,
}

impl<'a> Demand<'a> {
    /// What a request asks of a target. What is no conversation is counted by the bytes that leave for it.
    pub fn of(
        target: &'a Target,
        price: Option<&'a domain::Price>,
        (request, bytes): (&Request, usize),
    ) -> Self {
        Self {
            target,
            price,
            input: if request.messages.is_empty() {
                text_tokens(bytes)
            } else {
                input_tokens(request)
            },
            output: request.params.max_output_tokens,
            answers: request.params.n.map_or(1, u64::from),
        }
    }
}

/// The tab.
pub(crate) struct Tab {
    engine: Engine,
    /// Its places on the leashes of its key and its agent.
    places: Vec<Place>,
    key: Option<domain::ClientKeyId>,
    agent: Option<AgentId>,
    session: Option<SessionId>,
    open: Option<Open>,
    /// What the attempt that ended counts and how many tokens it took, until its end is in the ledger's queue.
    due: Option<(Money, u64)>,
}

/// What is set aside for the attempt that runs.
struct Open {
    started_at: Timestamp,
    caps: Vec<Cap>,
    holds: Vec<Hold>,
    reserved: Money,
}

impl Tab {
    /// The tab of a call.
    pub fn of(engine: Engine, call: &Call, places: Vec<Place>) -> Self {
        let key = match &call.source {
            CallSource::Client { key } => Some(key.clone()),
            CallSource::Window | CallSource::CommandLine => None,
        };
        Self {
            engine,
            places,
            key,
            agent: call.agent.clone(),
            session: call.session.clone(),
            open: None,
            due: None,
        }
    }

    /// Sets aside what an attempt may cost, and says how much when a budget wants to know: then it must be in
    /// the ledger before the attempt is made.
    ///
    /// # Errors
    /// [`FailureKind::RateLimited`], [`FailureKind::BudgetExceeded`], or storage failures while a budget is read:
    /// it cannot be held blindly.
    pub async fn reserve(&mut self, demand: Demand<'_>, now: Timestamp) -> Result<Option<Money>, Failure> {
        for place in &mut self.places {
            place.expect(demand.input)?;
        }
        let roster = self.engine.roster().now();
        let caps = self.caps(&roster);
        let mut open = Open {
            started_at: now,
            caps,
            holds: Vec::new(),
            reserved: Money::ZERO,
        };
        if open.caps.is_empty() {
            self.open = Some(open);
            return Ok(None);
        }
        for cap in &open.caps {
            self.learn(cap, now).await?;
        }
        let price = self.price(&roster, &demand).await?;
        open.holds = self.engine.accounts().reserve(&open.caps, now, price)?;
        open.reserved = price.most;
        self.open = Some(open);
        Ok(Some(price.most))
    }

    /// The attempt was not made: gives back what was set aside.
    pub fn release(&mut self) {
        if let Some(mut open) = self.open.take() {
            self.engine.accounts().release(&mut open.holds);
        }
    }

    /// Takes down what an attempt took, and says what budgets count of it where its cost is unknown.
    pub fn charge(
        &mut self,
        cost: Option<Money>,
        price: Option<&domain::Price>,
        (usage, read): (Option<Usage>, u64),
        outcome: Outcome,
    ) -> Option<Money> {
        let counted = match cost {
            Some(_) => None,
            None => Some(self.price_or_fallback(price).cost(usage.unwrap_or(Usage {
                input: if may_have_been_worked_on(outcome) { read } else { 0 },
                ..Usage::default()
            }))),
        };
        let tokens = usage.map_or(0, Usage::total);
        self.due = Some((cost.or(counted).unwrap_or_default(), tokens));
        counted
    }

    /// Books what the attempt took, once its end is queued for the ledger, and gives back what was set aside.
    pub fn settle(&mut self) {
        let Some((counted, tokens)) = self.due.take() else {
            return;
        };
        for place in &mut self.places {
            place.settle(tokens);
        }
        self.book(counted);
    }

    fn book(&mut self, counted: Money) {
        if let Some(mut open) = self.open.take() {
            let scopes = self.scopes();
            let accounts = self.engine.accounts();
            accounts.book(&scopes, open.started_at, counted);
            accounts.release(&mut open.holds);
            nearing::tell(&self.engine, &open.caps);
        }
    }

    /// Whether some budget watches what the attempt costs as it goes.
    pub fn is_watched(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.caps.is_empty())
    }

    /// Whether the attempt may go on, having taken so much.
    ///
    /// # Errors
    /// [`FailureKind::BudgetExceeded`] when that is more than a budget has.
    pub fn afford(&self, price: Option<&domain::Price>, taken: Usage) -> Result<(), Failure> {
        let cost = self.price_or_fallback(price).cost(taken);
        match &self.open {
            Some(open) => self.engine.accounts().afford(&open.caps, &open.holds, cost),
            None => Ok(()),
        }
    }

    fn price_or_fallback(&self, price: Option<&domain::Price>) -> domain::Price {
        match price {
            Some(price) => price.clone(),
            None => self.engine.roster().now().settings.fallback_price.price(),
        }
    }

    fn scopes(&self) -> Vec<Scope> {
        let mut scopes = vec![Scope::Everything];
        scopes.extend(self.key.clone().map(Scope::Key));
        scopes.extend(self.agent.clone().map(Scope::Agent));
        scopes.extend(self.session.clone().map(Scope::Session));
        scopes
    }

    /// The budgets as they are now, whatever they were when the call came.
    fn caps(&self, roster: &Snapshot) -> Vec<Cap> {
        let settings = &roster.settings;
        let key = self.key.as_ref().and_then(|id| roster.key(id));
        let agent = self.agent.as_ref().and_then(|id| roster.by_id.get(id));
        let mut caps = Vec::new();
        let mut add = |scope: &Scope, budget: Budget| {
            caps.push(Cap {
                scope: scope.clone(),
                budget,
            });
        };
        for budget in &settings.budgets {
            add(&Scope::Everything, *budget);
        }
        if let (Some(id), Some(state)) = (&self.key, key) {
            for budget in &state.key.budgets {
                add(&Scope::Key(id.clone()), *budget);
            }
        }
        if let Some(agent) = agent {
            for budget in &agent.draft.budgets {
                add(&Scope::Agent(agent.id.clone()), *budget);
            }
        }
        let of_key = key.and_then(|state| state.key.session_budget);
        let of_session = match (settings.session_budget, of_key) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        if let (Some(id), Some(cap)) = (&self.session, of_session) {
            let per = BudgetPeriod::Total;
            add(&Scope::Session(id.clone()), Budget { cap, per });
        }
        caps
    }

    /// A purse is read from the ledger before its first use.
    async fn learn(&self, cap: &Cap, now: Timestamp) -> Result<(), Failure> {
        let accounts = self.engine.accounts();
        if accounts.knows(cap) {
            return Ok(());
        }
        let _as_it_is = accounts.reading().await;
        let store = self.engine.store();
        store.flush().await?;
        let since = super::begin_of(cap.budget.per, now);
        let scope = cap.scope.clone();
        let counted = store
            .read(move |conn| match &scope {
                Scope::Everything => entries::counted(conn, since),
                Scope::Key(key) => entries::counted_by_key(conn, key, since),
                Scope::Agent(agent) => entries::counted_by_agent(conn, agent, since),
                Scope::Session(session) => entries::counted_by_session(conn, session),
            })
            .await?;
        accounts.learn(cap, now, counted.spent);
        Ok(())
    }

    async fn price(&self, roster: &Snapshot, demand: &Demand<'_>) -> Result<Price, Failure> {
        let output = match demand.output {
            Some(said) => said,
            None => self.longest(roster, demand.target).await?,
        };
        let price = self.price_or_fallback(demand.price);
        let cost = |output: u64| {
            price.cost(Usage {
                input: demand.input,
                output: output.saturating_mul(demand.answers),
                ..Usage::default()
            })
        };
        Ok(Price {
            most: cost(output),
            least: demand.output.is_none().then(|| cost(output.min(SHORT_OUTPUT))),
        })
    }

    /// How much a model writes at most.
    async fn longest(&self, roster: &Snapshot, target: &Target) -> Result<u64, Failure> {
        let Some(provider) = roster.providers.get(&target.provider) else {
            return Ok(USUAL_OUTPUT);
        };
        let model = models::facts(&self.engine, provider, target).await?;
        Ok(model.max_output.unwrap_or(USUAL_OUTPUT))
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        if let Some(reserved) = self.open.as_ref().map(|open| open.reserved) {
            self.book(reserved);
        }
    }
}

/// Whether a provider may have worked on an attempt that it said nothing of: then what it read counts. One that was
/// refused or never arrived counts nothing.
fn may_have_been_worked_on(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Succeeded | Outcome::Cancelled | Outcome::Interrupted => true,
        Outcome::Failed { kind } => matches!(
            kind,
            FailureKind::UpstreamTimeout | FailureKind::UpstreamDisconnected | FailureKind::BudgetExceeded
        ),
    }
}
