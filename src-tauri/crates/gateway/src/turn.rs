//! The one path of every call: resolve, place in a session, merge, admit, send, record.
//!
//! Both doors end here, so what an agent does cannot depend on the door. The danger is a shortcut: a door
//! that compiles its own upstream request, or a provider answer that reaches a caller unrecorded. So only
//! this module calls [`crate::upstream`], and a [`Turn`] that is dropped before its end records itself.

mod anchor;
mod assemble;
mod attempts;
mod bare;
mod cache_marks;
mod calibration;
mod compaction;
mod deliver;
mod ending;
mod fingerprint;
mod heard;
mod merge;
mod offers;
mod order;
mod pause;
mod pictures;
mod pieces;
mod placement;
mod prepared;
mod progress;
mod put_off;
mod reasoning;
mod record;
mod recorded;
mod remote;
mod resolve;
mod run;
mod steps;
mod taint;
mod timeline;
mod tokens;
mod unfold;
mod uses;
mod using;
mod variables;
mod view;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use bytes::Bytes;
use domain::{
    Agent, AgentDraft, AgentId, Answer, Applied, Call, CallId, CallSource, Compaction, CompactionMode,
    Embeddings, Failure, MemoryScope, Message, MessageId, Request, Role, SessionId, StorePolicy, Target,
    Wire,
};
use store::table::recalls::Recall;

pub(crate) use bare::Bare;
pub(crate) use calibration::Calibration;
pub(crate) use heard::Heard;
pub(crate) use pieces::Pieces;
pub(crate) use placement::{Recent, ResponsePlace, WindowPlace, title_of};
pub(crate) use reasoning::{Envelopes, Memory as ReasoningMemory, Sealed, Signature};
pub(crate) use recorded::Recorded;
pub(crate) use resolve::{
    agent, choice, choice_of, choices, may_use, name_of_agent, name_of_default, still_allowed, unknown_model,
};
pub(crate) use steps::Steps;
pub(crate) use taint::add as taint;
pub(crate) use tokens::estimate_text;
pub(crate) use view::Aside;

use crate::engine::Engine;
use crate::limits::{Place as LeashPlace, Standing};
use crate::roster::{KeyState, Snapshot};
use crate::{knowledge, memory};
use anchor::Anchor;
use deliver::Delivery;
use record::Recorder;
use view::View;

/// What a door asks for.
pub(crate) struct Ask {
    /// Who calls.
    pub source: CallSource,
    /// The client key.
    pub key: Option<Arc<KeyState>>,
    /// The place it took on its leash; a call that is only rehearsed takes none.
    pub running: Option<LeashPlace>,
    /// What was written in `model`.
    pub model: Option<String>,
    /// Who answers, whatever `model` says: an agent that is being tried out before it is saved.
    pub draft: Option<Box<Draft>>,
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
    /// What the agent's tools gave in that call: none of them is run.
    pub recorded: Option<Arc<Recorded>>,
    /// Where in which conversation it stands.
    pub place: Place,
    /// The call's id, when the door has promised one already.
    pub call: CallId,
    /// When it arrived.
    pub arrived: Instant,
    /// Whether a target may be asked again after a failure that can heal.
    pub retries: bool,
    /// Who asks, when that is an agent.
    pub above: Above,
    /// What the door has decided already.
    pub applied: Vec<Applied>,
}

/// The agents that stand above one that is asked by another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Above {
    /// How many.
    pub agents: u32,
    /// How many were asked by each other so far for the call at the top of all.
    pub asked: Arc<AtomicU32>,
    /// What came from outside into their conversation, if anything did: the question may come from there.
    pub tainted_by: Option<String>,
}

/// An agent as somebody is writing it.
pub(crate) struct Draft {
    /// The agent that it would change; `None` for one that is not there yet.
    pub of: Option<AgentId>,
    /// What it is so far.
    pub draft: AgentDraft,
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
    /// Embeddings; they are recorded.
    Vectors(Box<Embeddings>),
}

pub(crate) use ending::Ending;

/// Whether what `model` names is there, for this key.
///
/// # Errors
/// When the key may not use it, or nobody knows it.
pub(crate) fn check_model(engine: &Engine, ask: &Ask) -> Result<(), Failure> {
    resolve::resolve(&engine.roster().now(), ask.key.as_deref(), ask.model.as_deref()).map(|_| ())
}

/// A call with all that is decided before a provider is chosen.
struct Planned {
    roster: Arc<Snapshot>,
    resolved: resolve::Resolved,
    /// What was asked for in `model`, to be echoed.
    requested: String,
    placement: placement::Placement,
    /// The caller's request with the agent merged into it.
    request: Request,
    /// The agent's own tools, of which the request tells.
    offers: Arc<offers::Offers>,
    applied: Vec<Applied>,
    /// What of the agent's memory the request tells, and why.
    recalled: Vec<Recall>,
    /// What is told beside the conversation.
    asides: Vec<Aside>,
    /// Where its messages are stored, if they are.
    anchor: Option<Anchor>,
    /// How it is kept within a target's window, if it is.
    compaction: Option<Compaction>,
}

/// What was recalled for earlier questions of the conversation, where it was told then. So a provider's cache finds the
/// conversation's beginning again; and what was forgotten since is gone from here too.
async fn told_before(
    engine: &Engine,
    (agent, owner): (&Agent, &MemoryScope),
    anchor: Option<&Anchor>,
    request: &Request,
) -> Result<(Vec<Aside>, Option<String>), Failure> {
    let spoken: Vec<&Message> = request
        .messages
        .iter()
        .filter(|message| !message.role.instructs())
        .collect();
    let answered = |message: &&Message| message.role == Role::Assistant;
    let Some(anchor) = anchor.filter(|_| spoken.iter().any(answered)) else {
        return Ok((Vec::new(), None));
    };
    let stored = anchor.stored(engine, spoken.len()).await?;
    let mut asked = None;
    let mut answers = Vec::new();
    for (at, (message, stored)) in spoken.iter().zip(stored).enumerate() {
        if view::is_users(message) {
            asked = Some(at);
        }
        if let (Some(asked), Some(call)) = (asked, stored.call) {
            answers.push((asked, call));
        }
    }
    memory::told_before(engine, agent, owner, answers).await
}

/// A name that nobody may have, as far as it is worth keeping.
fn shown(model: &str) -> String {
    model.chars().filter(|c| !c.is_control()).take(200).collect()
}

impl Engine {
    /// Runs a call until a provider has accepted it.
    ///
    /// # Errors
    /// Whatever kept it from being answered; it is recorded from the moment an agent was found.
    pub(crate) async fn turn(&self, mut ask: Ask) -> Result<Turn, Failure> {
        if let Some(heard) = &ask.heard {
            heard.begin();
        }
        let named = ask.model.as_deref().map(shown);
        let Planned {
            roster,
            resolved,
            requested,
            placement,
            request,
            offers,
            applied,
            recalled,
            asides,
            anchor,
            compaction,
        } = match self.plan(&mut ask, true).await {
            Ok(planned) => planned,
            Err(failure) => {
                let call = Call {
                    requested_model: named.unwrap_or_default(),
                    ..self.call_of(&ask)
                };
                self.refused(call, &failure);
                return Err(failure);
            }
        };
        let agent = resolved.agent.as_ref();
        let request = Arc::new(request);
        let input_tokens = match ask.wire {
            Some(Wire::AnthropicMessages) => View::whole(&request, placement.thread.scope, &asides).tokens(),
            Some(
                Wire::OpenAiChat
                | Wire::OpenAiResponses
                | Wire::Gemini
                | Wire::Ollama
                | Wire::BedrockConverse,
            )
            | None => 0,
        };

        let mut started = Call {
            agent: resolved.stored().map(|agent| agent.id.clone()),
            revision: resolved.recorded_revision(),
            requested_model: requested.clone(),
            stream: request.stream,
            applied,
            ..self.call_of(&ask)
        };
        let mut places = Vec::from_iter(ask.running);
        if let Some(leash) = agent.and_then(|agent| roster.leashes.get(&agent.id)) {
            match leash.admit(&mut Standing::default()) {
                Ok(place) => places.push(place),
                Err(failure) => {
                    self.refused(started, &failure);
                    return Err(failure);
                }
            }
        }
        started.session.clone_from(&placement.session);
        let thread = placement.thread;
        let mut recorder = Recorder::new(self.clone(), started, ask.heard, placement, (places, ask.arrived));
        recorder.recall(recalled);
        let delivery = Delivery {
            engine: self,
            roster: &roster,
            resolved: &resolved,
            request: &request,
            bare: ask.bare.as_ref(),
            thread: &thread,
            retries: ask.retries,
            source: &ask.source,
            above: &ask.above,
            offers: &offers,
            recorded: ask.recorded.as_ref(),
            asides: &asides,
            anchor: anchor.as_ref(),
            compaction,
        };
        let turn = delivery.run(recorder, requested).await?;
        Ok(Turn { input_tokens, ..turn })
    }

    /// What a door knows of a call by itself.
    fn call_of(&self, ask: &Ask) -> Call {
        let nameless = ask
            .key
            .as_ref()
            .is_some_and(|key| key.key.store == StorePolicy::None);
        Call {
            id: ask.call.clone(),
            session: None,
            source: ask.source.clone(),
            agent: None,
            revision: None,
            requested_model: String::new(),
            route: ask.route.to_owned(),
            wire: ask.wire,
            stream: ask.request.stream,
            applied: Vec::new(),
            user_agent: ask
                .heard
                .as_ref()
                .filter(|_| !nameless)
                .and_then(Heard::user_agent),
            replay_of: ask.replay_of.clone(),
            started_at: self.clock().now(),
        }
    }

    /// Goes a call's path up to the first provider's door: nothing is sent, reserved or recorded.
    ///
    /// # Errors
    /// Whatever would keep the call from leaving.
    pub(crate) async fn rehearse(&self, mut ask: Ask) -> Result<Rehearsal, Failure> {
        let planned = self.plan(&mut ask, false).await?;
        let delivery = Delivery {
            engine: self,
            roster: &planned.roster,
            resolved: &planned.resolved,
            request: &Arc::new(planned.request),
            bare: ask.bare.as_ref(),
            thread: &planned.placement.thread,
            retries: false,
            source: &ask.source,
            above: &ask.above,
            offers: &planned.offers,
            recorded: None,
            asides: &planned.asides,
            anchor: None,
            compaction: None,
        };
        let mut rehearsal = delivery.rehearse().await?;
        rehearsal.applied.splice(0..0, planned.applied);
        Ok(rehearsal)
    }

    /// Resolves, places and merges; reads, and writes nothing. What it takes of the ask is the request, the
    /// model, the place and the decisions. `in_earnest`: whether somebody else may be asked for it.
    async fn plan(&self, ask: &mut Ask, in_earnest: bool) -> Result<Planned, Failure> {
        let roster = self.roster().now();
        let key = ask.key.as_deref();
        let model = ask.model.take();
        // what only goes through the record again changes nothing, and is told of the same tools
        let tried_out = ask.draft.is_some() && ask.recorded.is_none();
        let resolved = match ask.draft.take() {
            Some(draft) => resolve::Resolved::of_draft(self.ids().agent()?, *draft, self.clock().now()),
            None => {
                // which model draws is a setting and not the caller's to say
                let scope = key.filter(|_| !matches!(ask.bare, Some(Bare::Image(_))));
                resolve::resolve(&roster, scope, model.as_deref())?
            }
        };
        let resolved = self.pinned_revision(resolved).await?;
        let requested = model.unwrap_or_else(|| resolved.name());

        let agent_id = resolved.agent.as_ref().map(|agent| &agent.id);
        let mut request = std::mem::take(&mut ask.request);
        let place = std::mem::replace(&mut ask.place, Place::Nowhere);
        let in_window = matches!(place, Place::Window(_));
        let placement = placement::place(self, &ask.source, key, agent_id, place, &request).await?;
        let anchor = Anchor::of(&placement);
        let held_here = in_window || !placement.history.is_empty();
        if !placement.history.is_empty() {
            let history = placement.history.iter().cloned();
            request.messages.splice(placement.lead..placement.lead, history);
        }
        if ask.wire == Some(Wire::OpenAiChat) {
            wire::openai_chat::check_tool_results(&request.messages)?;
        }
        let (mut request, mut merged) = match (&resolved.agent, &ask.bare) {
            // an agent says nothing to what is embedded or drawn
            (_, Some(Bare::Embedding(_) | Bare::Image(_))) | (None, _) => (request, Vec::new()),
            (Some(agent), _) => {
                let variables = variables::Variables {
                    now: self.clock().now(),
                    source: &ask.source,
                    key: key.map(|state| state.key.name.as_str()),
                };
                merge::merge(&variables.fill(&agent.draft), request)
            }
        };
        let mut told = memory::Told::default();
        let mut asides = Vec::new();
        let mut offers = match (&resolved.agent, &ask.bare) {
            (Some(agent), None) => {
                let policy = key.map_or(StorePolicy::All, |state| state.key.store);
                let owner = memory::owner(&agent.draft.memory, &ask.source, policy);
                if let Some(owner) = &owner {
                    let before = told_before(self, (agent, owner), anchor.as_ref(), &request).await?;
                    asides = before.0;
                    if let Some((at, asked)) = view::asked(&request.messages) {
                        let question = asked.plain_text();
                        let tells = (question.as_str(), in_earnest);
                        told = memory::tell(self, agent, owner, &ask.source, tells).await?;
                        if !asides.iter().any(|aside| aside.at == at) {
                            asides.extend(told.block.take().map(|text| Aside { at, text }));
                        }
                    }
                    told.tainted_by = told.tainted_by.or(before.1);
                    merged.push(Applied {
                        what: "memory".to_owned(),
                        how: format!("recalled {}", told.recalls.len()),
                    });
                }
                let mut settled = memory::tools(owner.as_ref(), tried_out).to_vec();
                settled.extend(knowledge::tools(self, &agent.draft));
                offers::Offers::tell(
                    &roster,
                    key.map(|state| &state.key),
                    &agent.draft,
                    &settled,
                    &mut request,
                    &mut merged,
                )
            }
            (Some(_), Some(_)) | (None, _) => offers::Offers::default(),
        };
        if !offers.is_empty() {
            steps::restore(self, &placement.thread, &mut request.messages).await?;
        }
        if offers.heed_taint() {
            offers.tainted_by = ask.above.tainted_by.clone().or(told.tainted_by);
            if offers.tainted_by.is_none() {
                offers.tainted_by = taint::in_messages(&request.messages, &offers);
            }
            if offers.tainted_by.is_none() {
                offers.tainted_by = taint::of_session(self, placement.session.as_ref()).await?;
            }
        }
        let rules = resolved.agent.as_ref().map(|agent| agent.draft.compaction);
        let compaction = rules.filter(|rules| match rules.mode {
            CompactionMode::Off => false,
            CompactionMode::Sessions => held_here,
            CompactionMode::Always => true,
        });
        let mut applied = std::mem::take(&mut ask.applied);
        applied.extend(resolved.applied());
        applied.extend(merged);
        Ok(Planned {
            roster,
            resolved,
            requested,
            placement,
            request,
            offers: Arc::new(offers),
            applied,
            // a run that goes through the record again is no use of a memory
            recalled: match ask.recorded {
                Some(_) => Vec::new(),
                None => told.recalls,
            },
            asides,
            anchor,
            compaction: compaction.filter(|_| ask.bare.is_none()),
        })
    }

    /// How many tokens a request would be, by our own estimate and with what its agent adds; nobody is asked, and what
    /// it would recall is not counted.
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
        let source = &CallSource::Client {
            key: key.key.id.clone(),
        };
        let request = match &resolved.agent {
            Some(agent) => {
                let variables = variables::Variables {
                    now: self.clock().now(),
                    source,
                    key: Some(&key.key.name),
                };
                let (mut request, mut merged) = merge::merge(&variables.fill(&agent.draft), request);
                let owner = memory::owner(&agent.draft.memory, source, key.key.store);
                let mut settled = memory::tools(owner.as_ref(), false).to_vec();
                settled.extend(knowledge::tools(self, &agent.draft));
                offers::Offers::tell(
                    &roster,
                    Some(&key.key),
                    &agent.draft,
                    &settled,
                    &mut request,
                    &mut merged,
                );
                request
            }
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
