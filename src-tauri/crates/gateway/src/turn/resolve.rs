//! Which agent or raw model a call means, and whether its key may use it.

use std::sync::Arc;

use domain::{Agent, AgentId, AgentRef, AgentRevision, Applied, Failure, FailureKind, Target, Timestamp};

use super::Draft;
use crate::Engine;
use crate::control::ModelChoice;
use crate::roster::{KeyState, Snapshot};

/// Who answers.
pub(super) struct Resolved {
    /// The agent; `None` for a raw model.
    pub agent: Option<Arc<Agent>>,
    /// The revision that was asked for, when one was.
    pub revision: Option<u32>,
    raw: Option<Target>,
    by: By,
}

/// By what somebody was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Their own name, or a revision of it.
    Name,
    /// Their name in another spelling (W-23).
    Spelling,
    /// An alias of the client key.
    Alias,
    /// Nothing was named.
    Default,
    /// Nobody of that name, and a key that does not mind.
    CatchAll,
    /// By nothing: a draft that no store knows, of an agent that one knows, or of none.
    Draft { known: bool },
}

impl Resolved {
    /// The target and its fallbacks, in order.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let agent = self
            .agent
            .as_ref()
            .map(|agent| std::iter::once(&agent.draft.target).chain(&agent.draft.fallbacks));
        self.raw.iter().chain(agent.into_iter().flatten())
    }

    /// What stands for it in `model` when the caller wrote nothing.
    pub fn name(&self) -> String {
        match (&self.agent, &self.raw) {
            (Some(agent), _) => agent.draft.slug.to_string(),
            (None, Some(target)) => target.to_string(),
            (None, None) => String::new(),
        }
    }

    /// The same agent as it was at a revision.
    pub fn at(self, old: AgentRevision) -> Self {
        let at = |agent: Arc<Agent>| {
            Arc::new(Agent {
                revision: old.revision,
                draft: old.draft,
                ..Agent::clone(&agent)
            })
        };
        Self {
            agent: self.agent.map(at),
            ..self
        }
    }

    /// What was decided about the name, where it was not simply somebody's.
    pub fn applied(&self) -> Option<Applied> {
        let how = match self.by {
            By::Name | By::Draft { .. } => return None,
            By::Spelling => "read as",
            By::Alias => "alias of",
            By::Default => "default",
            By::CatchAll => "catch-all",
        };
        Some(Applied {
            what: "model".to_owned(),
            how: format!("{how} {}", self.name()),
        })
    }

    /// A draft, as if it were the newest revision of its agent.
    pub fn of_draft(unknown: AgentId, draft: Draft, now: Timestamp) -> Self {
        let known = draft.of.is_some();
        let agent = Agent {
            id: draft.of.unwrap_or(unknown),
            revision: 0,
            created_at: now,
            updated_at: now,
            draft: draft.draft,
        };
        Self::of(&Arc::new(agent), None, By::Draft { known })
    }

    /// The agent, when the store knows it.
    pub fn stored(&self) -> Option<&Agent> {
        let agent = self.agent.as_deref();
        agent.filter(|_| self.by != By::Draft { known: false })
    }

    /// The revision that answers; a draft is none.
    pub fn recorded_revision(&self) -> Option<u32> {
        match self.by {
            By::Draft { .. } => None,
            By::Name | By::Spelling | By::Alias | By::Default | By::CatchAll => {
                self.agent.as_ref().map(|agent| agent.revision)
            }
        }
    }

    fn of(agent: &Arc<Agent>, revision: Option<u32>, by: By) -> Self {
        Self {
            agent: Some(Arc::clone(agent)),
            revision,
            raw: None,
            by,
        }
    }
}

/// Finds who answers: the key's alias or the exact name, also of a provider's model where the key may use
/// those; then without case, `:latest` and the prefixes that some clients add (W-23); then the key's
/// catch-all.
///
/// # Errors
/// [`FailureKind::ModelNotFound`], [`FailureKind::ScopeDenied`], or [`FailureKind::InvalidRequest`] when
/// nothing was named and there is no default agent.
pub(super) fn resolve(
    roster: &Snapshot,
    key: Option<&KeyState>,
    model: Option<&str>,
) -> Result<Resolved, Failure> {
    let Some(model) = model.filter(|model| !model.is_empty()) else {
        return allowed(default(roster, key)?, key);
    };
    let raw = raw(roster, model);
    let may_use_raw = key.is_none_or(|state| state.key.raw_models);
    for spelling in &spellings(model) {
        let by = if spelling == model { By::Name } else { By::Spelling };
        let aliased = key.and_then(|state| alias(roster, state, spelling));
        if let Some(found) = aliased.or_else(|| named(roster, spelling, by)) {
            return allowed(found, key);
        }
        if by == By::Name
            && may_use_raw
            && let Some(target) = &raw
        {
            return Ok(Resolved {
                agent: None,
                revision: None,
                raw: Some(target.clone()),
                by,
            });
        }
    }
    let second = |spelling: &String| named(roster, like_anthropics(spelling)?, By::Spelling);
    if let Some(found) = spellings(model).last().and_then(second) {
        return allowed(found, key);
    }
    if raw.is_some() {
        return Err(Failure::new(
            FailureKind::ScopeDenied,
            "This client key may use agents only, not a provider's models by name.",
        )
        .with_param("model")
        .with_hint("Make a key with raw models, or an agent on this model."));
    }
    let catch_all = key
        .and_then(|state| state.key.catch_all.as_ref())
        .and_then(|id| roster.by_id.get(id));
    match catch_all {
        Some(agent) => allowed(Resolved::of(agent, None, By::CatchAll), key),
        None => Err(unknown_model(model)),
    }
}

/// The agent that a path or a body names, where only an agent can be meant: no catch-all and no model of a
/// provider stands in for it.
///
/// # Errors
/// [`FailureKind::ModelNotFound`] or [`FailureKind::ScopeDenied`].
pub(crate) fn agent(
    roster: &Snapshot,
    key: &KeyState,
    name: &str,
    param: Option<&str>,
) -> Result<Arc<Agent>, Failure> {
    let missing = || no_agent(name, param);
    agent_by_name(roster, key, name, param)?.agent.ok_or_else(missing)
}

impl Engine {
    /// The agent that a name means, as it was at the revision that the name may end in.
    ///
    /// # Errors
    /// [`FailureKind::ModelNotFound`], also for a revision that never was, and [`FailureKind::ScopeDenied`].
    pub(crate) async fn agent_named(&self, key: &KeyState, name: &str) -> Result<Arc<Agent>, Failure> {
        let found = agent_by_name(&self.roster().now(), key, name, None)?;
        match self.pinned_revision(found).await {
            Ok(found) => found.agent.ok_or_else(|| no_agent(name, None)),
            Err(failure) if failure.kind() == FailureKind::ModelNotFound => Err(no_agent(name, None)),
            Err(failure) => Err(failure),
        }
    }
}

fn no_agent(name: &str, param: Option<&str>) -> Failure {
    let shown: String = name.chars().take(200).collect();
    let message = format!("The agent `{shown}` does not exist or you do not have access to it.");
    let failure = Failure::new(FailureKind::ModelNotFound, message);
    match param {
        Some(param) => failure.with_param(param),
        None => failure,
    }
}

fn agent_by_name(
    roster: &Snapshot,
    key: &KeyState,
    name: &str,
    param: Option<&str>,
) -> Result<Resolved, Failure> {
    let unknown = || no_agent(name, param);
    if name.is_empty() {
        return Err(unknown());
    }
    let found = match resolve(roster, Some(key), Some(name)) {
        Err(failure) if failure.kind() == FailureKind::ModelNotFound => return Err(unknown()),
        found => found?,
    };
    match found.by {
        By::Name | By::Spelling | By::Alias if found.agent.is_some() => Ok(found),
        By::Name | By::Spelling | By::Alias | By::Default | By::CatchAll | By::Draft { .. } => Err(unknown()),
    }
}

/// The name as it stands; without case; and without what clients put around it.
fn spellings(model: &str) -> Vec<String> {
    let lower = model.to_ascii_lowercase();
    let plain = lower.strip_suffix(":latest").unwrap_or(&lower);
    let bare = plain
        .strip_prefix("openai/")
        .or_else(|| plain.strip_prefix("models/"))
        .unwrap_or(plain);
    let untagged = model.strip_suffix(":latest").unwrap_or(model);
    let mut all = vec![
        model.to_owned(),
        untagged.to_owned(),
        lower.clone(),
        bare.to_owned(),
    ];
    all.dedup();
    all
}

fn raw(roster: &Snapshot, model: &str) -> Option<Target> {
    match AgentRef::parse(model)? {
        AgentRef::Raw(target) => roster.providers.contains_key(&target.provider).then_some(target),
        AgentRef::Id(..) | AgentRef::Slug(..) => None,
    }
}

fn alias(roster: &Snapshot, key: &KeyState, spelling: &str) -> Option<Resolved> {
    let (_, slug) = key.key.aliases.iter().find(|(name, _)| name == spelling)?;
    let agent = roster.by_slug.get(slug)?;
    Some(Resolved::of(agent, None, By::Alias))
}

/// Whether a call that a key was allowed is allowed now. An agent that is gone meanwhile is no matter of the key.
///
/// # Errors
/// [`FailureKind::ScopeDenied`].
pub(crate) fn still_allowed(roster: &Snapshot, key: &KeyState, model: Option<&str>) -> Result<(), Failure> {
    match resolve(roster, Some(key), model) {
        Err(failure) if failure.kind() == FailureKind::ScopeDenied => Err(failure),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The failure of a `model` that nobody knows, in the words that clients look for (W-22).
pub(crate) fn unknown_model(model: &str) -> Failure {
    let shown: String = model.chars().take(200).collect();
    Failure::new(
        FailureKind::ModelNotFound,
        format!("The model `{shown}` does not exist or you do not have access to it."),
    )
    .with_param("model")
    .with_hint("GET /v1/models lists what this key may use.")
}

/// The agent's own name, where it was named like one of Anthropic's models (W-102).
fn like_anthropics(model: &str) -> Option<&str> {
    model
        .strip_prefix("claude-")
        .or_else(|| model.strip_prefix("anthropic/"))
}

/// The slug of the agent that this key names so, by its slug, id, alias or second name (W-102); whether it may
/// use it is another question.
pub(crate) fn name_of_agent(roster: &Snapshot, key: &KeyState, model: &str) -> Option<String> {
    let alias = key.key.aliases.iter().find(|(name, _)| name == model);
    if let Some((_, slug)) = alias
        && roster.by_slug.contains_key(slug)
    {
        return Some(slug.to_string());
    }
    let agent = roster.agent(model);
    let agent = agent.or_else(|| roster.agent(like_anthropics(model)?));
    agent.map(|agent| agent.draft.slug.to_string())
}

/// The slug of the agent that answers this key when nothing is named.
pub(crate) fn name_of_default(roster: &Snapshot, key: &KeyState) -> Option<String> {
    let resolved = resolve(roster, Some(key), None).ok()?;
    Some(resolved.name())
}

fn named(roster: &Snapshot, model: &str, by: By) -> Option<Resolved> {
    let (agent, revision) = match AgentRef::parse(model)? {
        AgentRef::Id(id, revision) => (roster.by_id.get(&id)?, revision),
        AgentRef::Slug(slug, revision) => (roster.by_slug.get(&slug)?, revision),
        AgentRef::Raw(_) => return None,
    };
    Some(Resolved::of(agent, revision, by))
}

fn default(roster: &Snapshot, key: Option<&KeyState>) -> Result<Resolved, Failure> {
    let chosen = roster
        .settings
        .default_agent
        .as_deref()
        .and_then(|name| roster.agent(name));
    let own = key
        .and_then(|state| state.key.default_agent.as_ref())
        .and_then(|id| roster.by_id.get(id));
    let only_of_key = key.and_then(|state| match state.key.agents.as_slice() {
        [only] => roster.by_id.get(only),
        _ => None,
    });
    let only = match roster.agents.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    own.or(only_of_key)
        .or(chosen)
        .or(only)
        .map(|agent| Resolved::of(agent, None, By::Default))
        .ok_or_else(|| {
            Failure::invalid("model", "You must provide a model parameter.")
                .with_hint("Name an agent in `model`, or choose a default agent in the settings.")
        })
}

fn allowed(resolved: Resolved, key: Option<&KeyState>) -> Result<Resolved, Failure> {
    if let (Some(state), Some(agent)) = (key, &resolved.agent)
        && !may_use(state, agent)
    {
        return Err(Failure::new(
            FailureKind::ScopeDenied,
            "This client key may not use this agent.",
        )
        .with_param("model")
        .with_hint("GET /v1/models lists what this key may use."));
    }
    Ok(resolved)
}

/// Whether a key may use an agent.
pub(crate) fn may_use(state: &KeyState, agent: &Agent) -> bool {
    state.key.agents.is_empty() || state.key.agents.contains(&agent.id)
}

/// What a name stands for, told without calling it.
///
/// # Errors
/// As when it is called.
pub(crate) fn choice(roster: &Snapshot, key: &KeyState, model: Option<&str>) -> Result<ModelChoice, Failure> {
    let resolved = resolve(roster, Some(key), model)?;
    match (&resolved.agent, resolved.raw) {
        (Some(agent), _) => Ok(choice_of(agent)),
        (None, Some(target)) => Ok(ModelChoice {
            id: target.to_string(),
            name: target.model.to_string(),
            agent: false,
            target,
            context: None,
        }),
        (None, None) => Err(unknown_model(model.unwrap_or_default())),
    }
}

pub(crate) fn choice_of(agent: &Agent) -> ModelChoice {
    ModelChoice {
        id: agent.draft.slug.to_string(),
        name: agent.draft.name.clone(),
        agent: true,
        target: agent.draft.target.clone(),
        context: None,
    }
}

/// The agents that this key may name.
pub(crate) fn choices(roster: &Snapshot, key: Option<&KeyState>) -> Vec<ModelChoice> {
    let agents = roster
        .agents
        .iter()
        .filter(|agent| key.is_none_or(|state| may_use(state, agent)));
    agents.map(|agent| choice_of(agent)).collect()
}
