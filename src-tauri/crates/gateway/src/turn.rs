//! The one path of every call: resolve, place in a session, merge, admit, send, record.
//!
//! Both doors end here, so what an agent does cannot depend on the door. The danger is a shortcut: a door
//! that compiles its own upstream request, or a provider answer that reaches a caller unrecorded. So only
//! this module calls [`crate::upstream`], and a [`Turn`] that is dropped before its end records itself.
//! Tool loops and compaction are not here yet; they belong between `merge` and `reasoning`.

mod assemble;
mod bare;
mod deliver;
mod fingerprint;
mod heard;
mod merge;
mod placement;
mod reasoning;
mod record;
mod resolve;
mod timeline;
mod tokens;

use std::sync::Arc;
use std::time::Instant;

use domain::{
    Answer, Applied, Call, CallId, CallSource, Embeddings, Event, Failure, MessageId, Request, SessionId,
    StorePolicy, Target, Wire,
};

pub(crate) use bare::Bare;
pub(crate) use heard::Heard;
pub(crate) use placement::{Recent, ResponsePlace, WindowPlace, title_of};
pub(crate) use reasoning::{Envelopes, Memory as ReasoningMemory, Sealed, Signature};
pub(crate) use resolve::{choices, name_of_agent, name_of_default, still_allowed};

use crate::engine::Engine;
use crate::limits::{Place as LeashPlace, Standing};
use crate::roster::KeyState;
use crate::upstream::Events;
use deliver::Delivery;
use record::Recorder;

/// What a door asks for.
pub(crate) struct Ask {
    /// Who calls.
    pub source: CallSource,
    /// The client key, with the place it took on its leash.
    pub key: Option<(Arc<KeyState>, LeashPlace)>,
    /// What was written in `model`.
    pub model: Option<String>,
    /// What was asked.
    pub request: Request,
    /// What was asked instead, when it is no conversation.
    pub bare: Option<Bare>,
    /// The door: `POST /v1/chat/completions`, `window`, `command line`.
    pub route: &'static str,
    /// The client's protocol.
    pub wire: Option<Wire>,
    /// What a program sent, as it came.
    pub heard: Option<Heard>,
    /// The call whose request this sends again.
    pub replay_of: Option<CallId>,
    /// Where in which conversation it stands.
    pub place: Place,
    /// The call's id, when the door has promised one already.
    pub call: CallId,
    /// When it arrived.
    pub arrived: Instant,
    /// Whether a target may be asked again after a failure that can heal.
    pub retries: bool,
}

/// Where in which conversation a call stands.
pub(crate) enum Place {
    /// A program's: an explicit session id, or found by what was resent.
    Client {
        /// The `session_id` the program gave.
        session: Option<String>,
    },
    /// A program's that names an answer to go on from, or may name this one later.
    Response(ResponsePlace),
    /// The window's, which has stored the message before it asks.
    Window(WindowPlace),
    /// In none: it is recorded and belongs to no session.
    Nowhere,
}

/// A call that a provider has accepted.
pub(crate) struct Turn {
    /// Its session.
    pub session: Option<SessionId>,
    /// The answer's message there.
    pub message: Option<MessageId>,
    /// What was asked for in `model`, to be echoed.
    pub model: String,
    /// Where the answer comes from.
    pub target: Target,
    /// What the merge contract decided.
    pub applied: Vec<Applied>,
    /// Tokens of the request by our own estimate; 0 unless the client's wire tells them before the provider has.
    pub input_tokens: u64,
    /// Whose signatures the answer holds.
    pub sealed: Option<Sealed>,
    /// The answer.
    pub reply: Reply,
}

/// An answer, whole or in pieces.
pub(crate) enum Reply {
    /// Whole; it is recorded.
    Whole(Box<(Answer, Ending)>),
    /// In pieces; it is recorded as it passes.
    Pieces(Box<Pieces>),
    /// Embeddings; they are recorded.
    Vectors(Box<Embeddings>),
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
                    if let Err(failure) = self.recorder.afford() {
                        self.ended = true;
                        self.recorder.fail(&failure).await;
                        return Err(failure);
                    }
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

/// Whether what `model` names is there, for this key.
///
/// # Errors
/// When the key may not use it, or nobody knows it.
pub(crate) fn check_model(engine: &Engine, ask: &Ask) -> Result<(), Failure> {
    let key = ask.key.as_ref().map(|(key, _)| &**key);
    resolve::resolve(&engine.roster().now(), key, ask.model.as_deref()).map(|_| ())
}

impl Engine {
    /// Runs a call until a provider has accepted it.
    ///
    /// # Errors
    /// Whatever kept it from being answered; it is recorded from the moment an agent was found.
    pub(crate) async fn turn(&self, ask: Ask) -> Result<Turn, Failure> {
        let Ask {
            source,
            key,
            mut model,
            request,
            bare,
            route,
            wire,
            heard,
            replay_of,
            place,
            call,
            arrived,
            retries,
        } = ask;
        let roster = self.roster().now();
        let (key, place_of_key) = key.map_or((None, None), |(key, place)| (Some(key), Some(place)));
        let resolved = resolve::resolve(&roster, key.as_deref(), model.as_deref())?;
        let resolved = self.pinned_revision(resolved).await?;
        let requested = model.take().unwrap_or_else(|| resolved.name());
        let mut places = Vec::from_iter(place_of_key);
        if let Some(leash) = resolved
            .agent
            .as_ref()
            .and_then(|agent| roster.leashes.get(&agent.id))
        {
            places.push(leash.admit(&mut Standing::default())?);
        }

        let agent_id = resolved.agent.as_ref().map(|agent| agent.id.clone());
        let placement =
            placement::place(self, &source, key.as_deref(), agent_id.as_ref(), place, &request).await?;
        let mut request = request;
        if !placement.history.is_empty() {
            let history = placement.history.iter().cloned();
            request.messages.splice(placement.lead..placement.lead, history);
        }
        if wire == Some(Wire::OpenAiChat) {
            wire::openai_chat::check_tool_results(&request.messages)?;
        }
        let (request, applied) = match (&resolved.agent, &bare) {
            // an agent says nothing to what is embedded
            (_, Some(Bare::Embedding(_))) | (None, _) => (request, Vec::new()),
            (Some(agent), _) => merge::merge(&agent.draft, request),
        };

        let input_tokens = match wire {
            Some(Wire::AnthropicMessages) => tokens::estimate(&request),
            Some(
                Wire::OpenAiChat
                | Wire::OpenAiResponses
                | Wire::Gemini
                | Wire::Ollama
                | Wire::BedrockConverse,
            )
            | None => 0,
        };

        let nameless = key.as_ref().is_some_and(|key| key.key.store == StorePolicy::None);
        let user_agent = heard.as_ref().filter(|_| !nameless).and_then(Heard::user_agent);
        let started = Call {
            id: call,
            session: placement.session.clone(),
            source,
            agent: agent_id,
            revision: resolved.agent.as_ref().map(|agent| agent.revision),
            requested_model: requested.clone(),
            route: route.to_owned(),
            wire,
            stream: request.stream,
            applied,
            user_agent,
            replay_of,
            started_at: self.clock().now(),
        };
        let thread = placement.thread;
        let recorder = Recorder::new(self.clone(), started, heard, placement, (places, arrived));
        let delivery = Delivery {
            engine: self,
            roster: &roster,
            resolved: &resolved,
            request: &request,
            bare: bare.as_ref(),
            thread: &thread,
            retries,
        };
        let turn = delivery.run(recorder, requested).await?;
        Ok(Turn { input_tokens, ..turn })
    }

    /// How many tokens a request would be, by our own estimate and with what its agent adds; nobody is asked.
    ///
    /// # Errors
    /// When the key may not use what `model` names, or nobody knows it.
    pub(crate) async fn count_input(
        &self,
        key: &KeyState,
        model: Option<&str>,
        request: Request,
    ) -> Result<u64, Failure> {
        let roster = self.roster().now();
        let resolved = resolve::resolve(&roster, Some(key), model)?;
        let resolved = self.pinned_revision(resolved).await?;
        let request = match &resolved.agent {
            Some(agent) => merge::merge(&agent.draft, request).0,
            None => request,
        };
        Ok(tokens::estimate(&request))
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
