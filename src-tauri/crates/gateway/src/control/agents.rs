//! Agents.

use domain::{Agent, AgentDraft, AgentFolder, AgentId, AgentRevision, Failure, FailureKind, Params};
use store::table;

use super::{
    AgentName, Caller, EstimateTokens, NewAgent, Nothing, RollbackAgent, TokenEstimate, Topic, UpdateAgent,
};
use crate::Engine;
use crate::tools::Usable;

const NAME_CAP: usize = 200;
const INSTRUCTIONS_CAP: usize = 1 << 20;
const DESCRIPTION_CAP: usize = 1000;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<Agent>, Failure> {
    Ok(engine
        .roster()
        .now()
        .agents
        .iter()
        .map(|agent| Agent::clone(agent))
        .collect())
}

pub(super) async fn get(engine: &Engine, _: Caller, args: AgentName) -> Result<Agent, Failure> {
    find(engine, &args.agent)
}

pub(super) async fn create(engine: &Engine, _: Caller, NewAgent(draft): NewAgent) -> Result<Agent, Failure> {
    check(engine, &draft)?;
    let id = engine.ids().agent()?;
    let now = engine.clock().now();
    let agent = engine
        .store()
        .write(move |tx| table::agents::create(tx, &id, &draft, now))
        .await?;
    told(engine, agent).await
}

pub(super) async fn update(engine: &Engine, _: Caller, args: UpdateAgent) -> Result<Agent, Failure> {
    check(engine, &args.draft)?;
    let id = find(engine, &args.agent)?.id;
    let now = engine.clock().now();
    let write = move |tx: &_| table::agents::update(tx, &id, args.revision, &args.draft, now);
    let agent = engine.store().write(move |tx| write(tx)).await?;
    told(engine, agent).await
}

pub(super) async fn delete(engine: &Engine, _: Caller, args: AgentName) -> Result<Nothing, Failure> {
    let id = find(engine, &args.agent)?.id;
    let (gone, now) = (id.clone(), engine.clock().now());
    engine
        .store()
        .write(move |tx| table::agents::delete(tx, &gone, now))
        .await?;
    engine.reload(Topic::Agents, Some(id.to_string())).await?;
    Ok(Nothing {})
}

pub(super) async fn restore(engine: &Engine, _: Caller, args: AgentName) -> Result<Agent, Failure> {
    let deleted = engine.store().read(table::agents::list_deleted).await?;
    let named = |agent: &Agent| agent.id.as_str() == args.agent || agent.draft.slug.as_str() == args.agent;
    let id = deleted
        .into_iter()
        .find(named)
        .map(|agent| agent.id)
        .ok_or_else(|| unknown(&args.agent))?;
    let agent = engine
        .store()
        .write(move |tx| table::agents::restore(tx, &id))
        .await?;
    told(engine, agent).await
}

pub(super) async fn history(
    engine: &Engine,
    _: Caller,
    args: AgentName,
) -> Result<Vec<AgentRevision>, Failure> {
    let id = find(engine, &args.agent)?.id;
    engine
        .store()
        .read(move |conn| table::agents::history(conn, &id))
        .await
}

pub(super) async fn rollback(engine: &Engine, _: Caller, args: RollbackAgent) -> Result<Agent, Failure> {
    let id = find(engine, &args.agent)?.id;
    let now = engine.clock().now();
    let agent = engine
        .store()
        .write(move |tx| {
            let old = table::agents::revision(tx, &id, args.revision)?
                .ok_or_else(|| crate::failures::not_found("revision", &args.revision.to_string()))?;
            table::agents::update(tx, &id, None, &old.draft, now)
        })
        .await?;
    told(engine, agent).await
}

pub(super) async fn estimate(_: &Engine, _: Caller, args: EstimateTokens) -> Result<TokenEstimate, Failure> {
    Ok(TokenEstimate {
        tokens: crate::turn::estimate_text(&args.text),
    })
}

/// The agent of this slug or id.
pub(super) fn find(engine: &Engine, name: &str) -> Result<Agent, Failure> {
    engine
        .roster()
        .now()
        .agent(name)
        .map(|agent| Agent::clone(agent))
        .ok_or_else(|| unknown(name))
}

/// The id of the agent of this slug or id.
pub(super) fn id_of(engine: &Engine, name: &str) -> Result<AgentId, Failure> {
    find(engine, name).map(|agent| agent.id)
}

pub(super) fn unknown(name: &str) -> Failure {
    Failure::new(FailureKind::ModelNotFound, format!("There is no agent {name:?}.")).with_param("agent")
}

pub(super) async fn told(engine: &Engine, agent: Agent) -> Result<Agent, Failure> {
    engine.reload(Topic::Agents, Some(agent.id.to_string())).await?;
    Ok(agent)
}

/// What also holds for an agent that is not finished.
pub(super) fn check_lengths(draft: &AgentDraft) -> Result<(), Failure> {
    if draft.name.trim().is_empty() || draft.name.len() > NAME_CAP {
        return Err(Failure::invalid(
            "name",
            "An agent's name has 1 to 200 characters.",
        ));
    }
    if draft.description.chars().count() > DESCRIPTION_CAP {
        return Err(Failure::invalid(
            "description",
            "A description is at most 1000 characters long.",
        ));
    }
    if draft.instructions.len() > INSTRUCTIONS_CAP {
        return Err(Failure::invalid(
            "instructions",
            "Instructions are at most 1 MiB long.",
        ));
    }
    Ok(())
}

pub(super) fn check(engine: &Engine, draft: &AgentDraft) -> Result<(), Failure> {
    check_lengths(draft)?;
    let roster = engine.roster().now();
    for target in std::iter::once(&draft.target).chain(&draft.fallbacks) {
        if !roster.providers.contains_key(&target.provider) {
            return Err(
                Failure::invalid("model", format!("There is no provider {}.", target.provider))
                    .with_hint("Add it first; `inglenook provider list` shows those that exist."),
            );
        }
    }
    draft.timeouts.check()?;
    draft.run.check()?;
    draft.memory.check()?;
    draft.compaction.check()?;
    super::knowledge::check(engine, draft)?;
    check_tools(engine, draft)?;
    if draft.folders.len() > 32 {
        return Err(Failure::invalid("folders", "An agent has at most 32 folders."));
    }
    draft.folders.iter().try_for_each(AgentFolder::check)?;
    super::keys::check_rates(&draft.limits)?;
    super::budgets::check(&draft.budgets)?;
    within("temperature", draft.params.temperature, 0.0, 2.0)?;
    within("top_p", draft.params.top_p, 0.0, 1.0)?;
    within("presence_penalty", draft.params.presence_penalty, -2.0, 2.0)?;
    within("frequency_penalty", draft.params.frequency_penalty, -2.0, 2.0)?;
    if let Some(unknown) = draft
        .locked
        .iter()
        .find(|name| !Params::NAMES.contains(&name.as_str()))
    {
        return Err(
            Failure::invalid("locked", format!("There is no parameter {unknown:?} to lock."))
                .with_hint(format!("Parameters are {}.", Params::NAMES.join(", "))),
        );
    }
    if draft.params.max_output_tokens == Some(0) {
        return Err(Failure::invalid(
            "max_output_tokens",
            "max_output_tokens is at least 1.",
        ));
    }
    if draft.params.stop.len() > 4 {
        return Err(Failure::invalid("stop", "There are at most 4 stop sequences."));
    }
    Ok(())
}

/// A tool that nobody knows would be granted to nothing.
fn check_tools(engine: &Engine, draft: &AgentDraft) -> Result<(), Failure> {
    let roster = engine.roster().now();
    for (at, grant) in draft.tools.iter().enumerate() {
        if !Usable::could_be(&roster, &grant.tool) {
            let names: Vec<String> = Usable::all(&roster).iter().map(Usable::name).collect();
            let names = names.join(", ");
            return Err(
                Failure::invalid("tools", format!("There is no tool {:?}.", grant.tool))
                    .with_hint(format!("Tools are {names}.")),
            );
        }
        if draft.tools.iter().take(at).any(|other| other.tool == grant.tool) {
            return Err(Failure::invalid(
                "tools",
                format!("{} is granted twice.", grant.tool),
            ));
        }
    }
    Ok(())
}

fn within(name: &str, value: Option<f64>, least: f64, most: f64) -> Result<(), Failure> {
    match value {
        Some(value) if !(least..=most).contains(&value) => Err(Failure::invalid(
            name,
            format!("{name} is a number from {least} to {most}."),
        )),
        Some(_) | None => Ok(()),
    }
}
