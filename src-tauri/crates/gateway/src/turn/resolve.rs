//! Which agent or raw model a call means, and whether its key may use it.

use std::sync::Arc;

use domain::{Agent, AgentRef, AgentRevision, Failure, FailureKind, Target};

use crate::control::ModelChoice;
use crate::roster::{KeyState, Snapshot};

/// Who answers.
pub(super) struct Resolved {
    /// The agent; `None` for a raw model.
    pub agent: Option<Arc<Agent>>,
    /// The revision that was asked for, when one was.
    pub revision: Option<u32>,
    raw: Option<Target>,
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

    fn of(agent: &Arc<Agent>, revision: Option<u32>) -> Self {
        Self {
            agent: Some(Arc::clone(agent)),
            revision,
            raw: None,
        }
    }
}

/// Finds who answers: the key's alias, then the exact name, then without case, `:latest` and the prefixes
/// that some clients add (W-23), then a raw model, then the key's catch-all.
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
    let alias = key.and_then(|state| state.key.aliases.iter().find(|(name, _)| name == model));
    if let Some((_, slug)) = alias
        && let Some(agent) = roster.by_slug.get(slug)
    {
        return allowed(Resolved::of(agent, None), key);
    }
    if let Some(found) = named(roster, model) {
        return allowed(found, key);
    }
    let lower = model.to_ascii_lowercase();
    let plain = lower.strip_suffix(":latest").unwrap_or(&lower);
    let plain = plain
        .strip_prefix("openai/")
        .or_else(|| plain.strip_prefix("models/"))
        .unwrap_or(plain);
    if plain != model
        && let Some(found) = named(roster, plain)
    {
        return allowed(found, key);
    }
    let raw = match AgentRef::parse(model) {
        Some(AgentRef::Raw(target)) if roster.providers.contains_key(&target.provider) => Some(target),
        Some(_) | None => None,
    };
    let may_name_raw = key.is_none_or(|state| state.key.raw_models);
    if let (Some(_), true) = (&raw, may_name_raw) {
        return Ok(Resolved {
            agent: None,
            revision: None,
            raw,
        });
    }
    if let Some(found) = like_anthropics(plain).and_then(|name| named(roster, name)) {
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
        Some(agent) => allowed(Resolved::of(agent, None), key),
        None => Err(unknown_model(model)),
    }
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
pub(super) fn unknown_model(model: &str) -> Failure {
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

fn named(roster: &Snapshot, model: &str) -> Option<Resolved> {
    let (agent, revision) = match AgentRef::parse(model)? {
        AgentRef::Id(id, revision) => (roster.by_id.get(&id)?, revision),
        AgentRef::Slug(slug, revision) => (roster.by_slug.get(&slug)?, revision),
        AgentRef::Raw(_) => return None,
    };
    Some(Resolved::of(agent, revision))
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
        .map(|agent| Resolved::of(agent, None))
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

fn may_use(state: &KeyState, agent: &Agent) -> bool {
    state.key.agents.is_empty() || state.key.agents.contains(&agent.id)
}

/// The agents that this key may name.
pub(crate) fn choices(roster: &Snapshot, key: Option<&KeyState>) -> Vec<ModelChoice> {
    let agents = roster
        .agents
        .iter()
        .filter(|agent| key.is_none_or(|state| may_use(state, agent)));
    agents
        .map(|agent| ModelChoice {
            id: agent.draft.slug.to_string(),
            name: agent.draft.name.clone(),
            agent: true,
            target: agent.draft.target.clone(),
            context: None,
        })
        .collect()
}
