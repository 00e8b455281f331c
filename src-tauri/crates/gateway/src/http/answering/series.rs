//! Several requests whose answers are one: the prompts of a legacy completion (W-108).
//!
//! They are asked one after the other, each a call of its own with a place on the key's leash, so that no limit
//! is slipped past by asking for much at once. To the client their choices are numbered through.

use std::collections::VecDeque;
use std::sync::Arc;

use domain::{Answer, CallSource, Delta, Event, Failure, Part, RawJson, Request, Usage, Wire};
use http::HeaderMap;

use super::{Asked, may_retry};
use crate::Engine;
use crate::http::admission::Admission;
use crate::turn::{Above, Ask, Bare, Place};

/// One of the requests.
pub(in crate::http) struct Member {
    /// What is asked.
    pub request: Request,
    /// What is asked instead, when it is no conversation.
    pub bare: Option<Bare>,
    /// What each of its choices begins with.
    pub echo: Option<String>,
}

/// What all members have in common.
pub(super) struct Common {
    engine: Engine,
    admission: Admission,
    route: &'static str,
    wire: Wire,
    model: Option<String>,
    retries: bool,
}

impl Common {
    /// Of a request with these headers.
    pub fn new(engine: &Engine, admission: &Admission, headers: &HeaderMap, asked: &Asked) -> Self {
        Self {
            engine: engine.clone(),
            admission: admission.clone(),
            route: asked.route,
            wire: asked.form.wire(),
            model: asked.model.clone(),
            retries: may_retry(headers),
        }
    }
}

/// What follows the call that is being answered; usually nothing.
#[derive(Default)]
pub(super) struct Series {
    following: Option<(Common, VecDeque<Member>)>,
    /// Choices of the members before, and of those with this one.
    before: u32,
    choices: u32,
    /// What the choices of this one begin with, and which of them have begun.
    echo: Option<String>,
    echoed: Vec<bool>,
    usage: Option<(Usage, RawJson)>,
}

impl Series {
    /// What follows a call whose choices begin with `echo`.
    pub fn of(common: Common, members: VecDeque<Member>, echo: Option<String>) -> Self {
        Self {
            following: Some((common, members)),
            echo,
            ..Self::default()
        }
    }

    /// The next call, with a place and an id of its own; `None` after the last.
    ///
    /// # Errors
    /// When the key's leash allows no further call.
    pub fn next(&mut self) -> Result<Option<Ask>, Failure> {
        let Some((common, members)) = &mut self.following else {
            return Ok(None);
        };
        let Some(member) = members.pop_front() else {
            return Ok(None);
        };
        self.before = self.choices;
        self.echo = member.echo;
        self.echoed.clear();
        let Common {
            engine,
            admission,
            route,
            wire,
            model,
            retries,
        } = common;
        Ok(Some(Ask {
            source: CallSource::Client {
                key: admission.key.key.id.clone(),
            },
            key: Some(Arc::clone(&admission.key)),
            running: Some(admission.another_place()?),
            model: model.clone(),
            request: member.request,
            bare: member.bare,
            draft: None,
            heard: admission.heard.clone(),
            replay_of: None,
            recorded: None,
            route,
            wire: Some(*wire),
            place: Place::Nowhere,
            call: engine.ids().call()?,
            arrived: admission.arrived,
            retries: *retries,
            above: Above::default(),
            applied: Vec::new(),
        }))
    }

    /// Puts an event of the present call among those of the whole answer; gives one that goes before it.
    pub fn place(&mut self, event: &mut Event) -> Option<Event> {
        match event {
            Event::Started { .. } => None,
            Event::Delta { choice, .. } | Event::Finished { choice, .. } => {
                let own = *choice;
                *choice = self.before.saturating_add(own);
                self.choices = self.choices.max(choice.saturating_add(1));
                let text = self.echo(own)?;
                Some(Event::Delta {
                    choice: *choice,
                    delta: Delta::Text { text, logprobs: None },
                })
            }
            Event::Usage { usage, raw } => {
                let sum = self.usage.take().map_or(*usage, |(sum, _)| sum + *usage);
                *usage = sum;
                self.usage = Some((sum, raw.clone()));
                None
            }
        }
    }

    fn echo(&mut self, choice: u32) -> Option<String> {
        let echo = self.echo.as_ref()?;
        let at = usize::try_from(choice).ok().filter(|at| *at < 128)?;
        if self.echoed.len() <= at {
            self.echoed.resize(at + 1, false);
        }
        let slot = self.echoed.get_mut(at)?;
        (!std::mem::replace(slot, true)).then(|| echo.clone())
    }

    /// Adds a whole answer to those before.
    pub fn join(&mut self, mut answer: Answer, whole: &mut Option<Answer>) {
        if let Some(echo) = &self.echo {
            for choice in &mut answer.choices {
                choice.message.parts.insert(0, Part::text(echo.as_str()));
            }
        }
        let Some(whole) = whole else {
            *whole = Some(answer);
            return;
        };
        whole.choices.append(&mut answer.choices);
        whole.usage = match (whole.usage.take(), answer.usage) {
            (Some((sum, raw)), Some((more, _))) => Some((sum + more, raw)),
            (sum, more) => sum.or(more),
        };
    }
}
