//! What tools gave in the rounds of one run, when the window fills while it runs.
//!
//! Its beginning is the question, so nothing of it can be cut off; but what a tool gave some rounds ago has been read,
//! and is shortened to its ends. The danger is a prompt that is another one each time: what is shortened once stays so,
//! and no more is shortened before the window is full again. What the tools gave last is always told whole.

use std::borrow::Cow;

use domain::{Applied, CompactionMode, Failure, Message, Request, Role, Target};

use super::super::deliver::Delivery;
use super::super::using::followed;
use super::super::view::shorten;
use super::{Frame, models};

/// How much of a target's window a run may fill.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Room {
    /// Tokens that fill it, as the target counts them; `None` where nobody knows the window.
    full: Option<u64>,
    /// When it is full, in percent.
    threshold: u64,
}

impl Room {
    /// `None` where the agent's conversations are told whole whatever happens.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(delivery: &Delivery<'_>, target: &Target) -> Result<Option<Self>, Failure> {
        let agent = delivery.resolved.agent.as_ref();
        let rules = agent.map(|agent| agent.draft.compaction);
        let rules = rules.filter(|rules| rules.mode != CompactionMode::Off);
        let (Some(rules), Some(provider)) = (rules, delivery.roster.providers.get(&target.provider)) else {
            return Ok(None);
        };
        let facts = models::facts(delivery.engine, provider, target).await?;
        let frame = Frame::of(delivery.engine, target, &facts, &delivery.request.params, rules);
        let threshold = rules.threshold();
        Ok(Some(Self {
            full: frame.map(|frame| frame.room.saturating_mul(threshold) / 100),
            threshold,
        }))
    }
}

/// The rounds of a run, as its target is told them.
pub(in super::super) struct Rounds {
    room: Option<Room>,
    /// In so many of their first messages, what tools gave is shortened.
    shortened: usize,
}

impl Rounds {
    pub fn new(room: Option<Room>) -> Self {
        Self { room, shortened: 0 }
    }

    /// The request with what followed, and what was done to it now. `likely` counts as the target does.
    pub fn followed(
        &mut self,
        base: &Request,
        rounds: &[Message],
        likely: impl Fn(&Request) -> u64,
    ) -> (Request, Option<Applied>) {
        let request = self.told(base, rounds);
        let full = self.room.and_then(|room| room.full);
        if full.is_some_and(|full| likely(&request) >= full)
            && let Some((request, applied)) = self.shorter(base, rounds)
        {
            return (request, Some(applied));
        }
        (request, None)
    }

    /// The same after the target found so many tokens too long; `None` where it cannot be made shorter.
    pub fn refused(&mut self, base: &Request, rounds: &[Message], tokens: u64) -> Option<(Request, Applied)> {
        let room = self.room.as_mut()?;
        let full = tokens.saturating_mul(room.threshold) / 100;
        room.full = Some(room.full.map_or(full, |known| known.min(full)));
        self.shorter(base, rounds)
    }

    /// With everything shortened but what the tools gave last; `None` where that is nothing.
    fn shorter(&mut self, base: &Request, rounds: &[Message]) -> Option<(Request, Applied)> {
        let last = rounds
            .iter()
            .rposition(|message| message.role == Role::Assistant)?;
        let read = rounds.get(self.shortened..last)?;
        let long = read.iter().filter(|message| is_long(message)).count();
        if long == 0 {
            return None;
        }
        self.shortened = last;
        let how = format!("results of tools in {long} messages of this run shortened");
        let applied = Applied {
            what: "compaction".to_owned(),
            how,
        };
        Some((self.told(base, rounds), applied))
    }

    fn told(&self, base: &Request, rounds: &[Message]) -> Request {
        let mut rounds = Cow::Borrowed(rounds);
        if self.shortened > 0 {
            let first = rounds.to_mut().iter_mut().take(self.shortened);
            first.for_each(|message| message.parts.iter_mut().for_each(shorten));
        }
        followed(base, &rounds)
    }
}

fn is_long(message: &Message) -> bool {
    let mut short = message.clone();
    short.parts.iter_mut().for_each(shorten);
    short != *message
}
