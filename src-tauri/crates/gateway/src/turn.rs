//! The one path of every call: resolve, place in a session, merge, admit, send, record.
//!
//! Both doors end here, so what an agent does cannot depend on the door. The danger is a shortcut: a door
//! that compiles its own upstream request, or a provider answer that reaches a caller unrecorded. So only
//! this module calls [`crate::upstream`], and a [`Turn`] that is dropped before its end records itself.
//! Tool loops and compaction are not here yet; they belong between `merge` and `reasoning`.

mod assemble;
mod deliver;
mod fingerprint;
mod merge;
mod placement;
mod reasoning;
mod record;
mod resolve;
mod tokens;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use domain::{Answer, Applied, Call, CallId, CallSource, Event, Failure, Request, SessionId, Target, Wire};

pub(crate) use placement::{Recent, WindowPlace, title_of};
pub(crate) use reasoning::Memory as ReasoningMemory;
pub(crate) use resolve::{agent, choices};

use crate::engine::Engine;
use crate::limits::Running;
use crate::roster::{KeyState, Snapshot};
use crate::upstream::Events;
use deliver::Delivery;
use record::Recorder;

/// What a door asks for.
pub(crate) struct Ask {
    /// Who calls.
    pub source: CallSource,
    /// The client key.
    pub key: Option<Arc<KeyState>>,
    /// The place it took on its leash; a call that is only rehearsed takes none.
    pub running: Option<Running>,
    /// What was written in `model`.
    pub model: Option<String>,
    /// What was asked.
    pub request: Request,
    /// The door: `POST /v1/chat/completions`, `window`, `command line`.
    pub route: &'static str,
    /// The client's protocol.
    pub wire: Option<Wire>,
    /// Where in which conversation it stands.
    pub place: Place,
    /// The call's id, when the door has promised one already.
    pub call: CallId,
    /// When it arrived.
    pub arrived: Instant,
    /// Whether a target may be asked again after a failure that can heal.
    pub retries: bool,
    /// What the door has decided already.
    pub applied: Vec<Applied>,
}

/// Where in which conversation a call stands.
pub(crate) enum Place {
    /// A program's: an explicit session id, or found by what was resent.
    Client {
        /// The `session_id` that the body gave.
        session: Option<String>,
        /// What a header called the session; the body's word goes before it.
        label: Option<String>,
    },
    /// The window's, which has stored the message before it asks.
    Window(WindowPlace),
}

/// A call that a provider has accepted.
pub(crate) struct Turn {
    /// Its session.
    pub session: Option<SessionId>,
    /// What was asked for in `model`, to be echoed.
    pub model: String,
    /// Where the answer comes from.
    pub target: Target,
    /// What the merge contract decided.
    pub applied: Vec<Applied>,
    /// The answer.
    pub reply: Reply,
}

/// What a call would send, and where.
pub(crate) struct Rehearsal {
    /// The first target.
    pub target: Target,
    /// Its wire.
    pub wire: Wire,
    /// The path under its base URL.
    pub path: String,
    /// The body.
    pub body: Bytes,
    /// What was decided on the way.
    pub applied: Vec<Applied>,
}

/// An answer, whole or in pieces.
pub(crate) enum Reply {
    /// Whole; it is recorded.
    Whole(Box<(Answer, Ending)>),
    /// In pieces; it is recorded as it passes.
    Pieces(Box<Pieces>),
}

/// The pieces of a recorded answer. Dropping it cancels the call and records that.
pub(crate) struct Pieces {
    events: Events,
    recorder: Recorder,
    ended: bool,
}

impl Pieces {
    /// Waits for the next pieces, which replace what is in `events`; `false` at the orderly end.
    ///
    /// # Errors
    /// The failure that ended the answer; it is recorded.
    pub async fn next(&mut self, events: &mut Vec<Event>) -> Result<bool, Failure> {
        events.clear();
        if self.ended {
            return Ok(false);
        }
        match self.events.next(events).await {
            Ok(more) => {
                self.recorder.observe(events);
                if more {
                    self.recorder.checkpoint().await;
                } else {
                    self.ended = true;
                    self.recorder.succeed().await;
                }
                Ok(more || !events.is_empty())
            }
            Err(failure) => {
                self.ended = true;
                self.recorder.observe(events);
                self.recorder.fail(&failure).await;
                Err(failure)
            }
        }
    }

    /// Ends the answer because its reader wants no more; what there is is kept.
    pub async fn stop(&mut self) -> Ending {
        self.ended = true;
        self.recorder.cancel().await
    }

    /// How it ended.
    pub fn ending(&self) -> Ending {
        self.recorder.ending()
    }
}

pub(crate) use record::Ending;

/// A call with all that is decided before a provider is chosen.
struct Planned {
    roster: Arc<Snapshot>,
    resolved: resolve::Resolved,
    /// What was asked for in `model`, to be echoed.
    requested: String,
    placement: placement::Placement,
    /// The caller's request with the agent merged into it.
    request: Request,
    applied: Vec<Applied>,
}

impl Engine {
    /// Runs a call until a provider has accepted it.
    ///
    /// # Errors
    /// Whatever kept it from being answered; it is recorded from the moment an agent was found.
    pub(crate) async fn turn(&self, mut ask: Ask) -> Result<Turn, Failure> {
        let Planned {
            roster,
            resolved,
            requested,
            placement,
            request,
            applied,
        } = self.plan(&mut ask).await?;
        let started = Call {
            id: ask.call,
            session: placement.session.clone(),
            source: ask.source,
            agent: resolved.agent.as_ref().map(|agent| agent.id.clone()),
            revision: resolved.agent.as_ref().map(|agent| agent.revision),
            requested_model: requested.clone(),
            route: ask.route.to_owned(),
            wire: ask.wire,
            stream: request.stream,
            applied,
            started_at: self.clock().now(),
        };
        let thread = placement.thread;
        let recorder = Recorder::new(self.clone(), started, placement, ask.running, ask.arrived);
        let delivery = Delivery {
            engine: self,
            roster: &roster,
            resolved: &resolved,
            request: &request,
            thread: &thread,
            retries: ask.retries,
        };
        delivery.run(recorder, requested).await
    }

    /// Goes a call's path up to the first provider's door: nothing is sent, reserved or recorded.
    ///
    /// # Errors
    /// Whatever would keep the call from leaving.
    pub(crate) async fn rehearse(&self, mut ask: Ask) -> Result<Rehearsal, Failure> {
        let planned = self.plan(&mut ask).await?;
        let delivery = Delivery {
            engine: self,
            roster: &planned.roster,
            resolved: &planned.resolved,
            request: &planned.request,
            thread: &planned.placement.thread,
            retries: false,
        };
        let mut rehearsal = delivery.rehearse().await?;
        rehearsal.applied.splice(0..0, planned.applied);
        Ok(rehearsal)
    }

    /// Resolves, places and merges; reads, and writes nothing. What it takes of the ask is the request, the
    /// model, the place and the decisions.
    async fn plan(&self, ask: &mut Ask) -> Result<Planned, Failure> {
        let roster = self.roster().now();
        let key = ask.key.as_deref();
        let model = ask.model.take();
        let resolved = resolve::resolve(&roster, key, model.as_deref())?;
        let resolved = self.pinned_revision(resolved).await?;
        let requested = model.unwrap_or_else(|| resolved.name());

        let agent_id = resolved.agent.as_ref().map(|agent| &agent.id);
        let mut request = std::mem::take(&mut ask.request);
        let place = std::mem::replace(
            &mut ask.place,
            Place::Client {
                session: None,
                label: None,
            },
        );
        let placement = placement::place(self, &ask.source, key, agent_id, place, &request).await?;
        if !placement.history.is_empty() {
            let new = std::mem::take(&mut request.messages);
            request.messages.clone_from(&placement.history);
            request.messages.extend(new);
        }
        if ask.wire == Some(Wire::OpenAiChat) {
            wire::openai_chat::check_tool_results(&request.messages)?;
        }
        let (request, merged) = match &resolved.agent {
            Some(agent) => merge::merge(&agent.draft, request),
            None => (request, Vec::new()),
        };
        let mut applied = std::mem::take(&mut ask.applied);
        applied.extend(resolved.applied());
        applied.extend(merged);
        Ok(Planned {
            roster,
            resolved,
            requested,
            placement,
            request,
            applied,
        })
    }

    async fn pinned_revision(&self, resolved: resolve::Resolved) -> Result<resolve::Resolved, Failure> {
        let (Some(agent), Some(revision)) = (&resolved.agent, resolved.revision) else {
            return Ok(resolved);
        };
        if agent.revision == revision {
            return Ok(resolved);
        }
        let id = agent.id.clone();
        let old = self
            .store()
            .read(move |conn| store::table::agents::revision(conn, &id, revision))
            .await?
            .ok_or_else(|| resolve::unknown_model(&format!("{}@{revision}", agent.draft.slug)))?;
        Ok(resolved.at(old))
    }
}
