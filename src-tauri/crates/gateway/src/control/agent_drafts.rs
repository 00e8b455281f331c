//! Drafts that are saved beside what clients have of an agent, until they are published or thrown away.
//!
//! The danger is a draft that is published over something that nobody looked at: a revision that came since it was begun, or
//! a draft that was saved from elsewhere. Both are conflicts unless somebody says otherwise. What is saved need not work yet,
//! a provider may be missing; what is published is checked like everything that clients get.

use domain::{Agent, AgentId, Failure, SavedDraft};
use store::table;

use super::{AgentName, Caller, NewAgent, Nothing, PublishAgent, SaveDraft, Topic, agents};
use crate::Engine;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<SavedDraft>, Failure> {
    engine.store().read(table::agent_drafts::list).await
}

pub(super) async fn get(engine: &Engine, _: Caller, args: AgentName) -> Result<SavedDraft, Failure> {
    let id = named(engine, &args.agent).await?;
    let saved = engine
        .store()
        .read(move |conn| table::agent_drafts::get(conn, &id))
        .await?;
    saved.ok_or_else(|| crate::failures::not_found("draft", &args.agent))
}

pub(super) async fn save(engine: &Engine, _: Caller, args: SaveDraft) -> Result<SavedDraft, Failure> {
    agents::check_lengths(&args.draft)?;
    let agent = match &args.agent {
        Some(name) => named(engine, name).await?,
        None => engine.ids().agent()?,
    };
    let now = engine.clock().now();
    let saved = engine
        .store()
        .write(move |tx| {
            let based_on = match table::agents::get(tx, &agent)? {
                None => None,
                Some(published) => {
                    let before = table::agent_drafts::get(tx, &agent)?.and_then(|before| before.based_on);
                    let based_on = args.based_on.or(before).unwrap_or(published.revision);
                    if !(1..=published.revision).contains(&based_on) {
                        return Err(crate::failures::not_found("revision", &based_on.to_string()));
                    }
                    Some(based_on)
                }
            };
            let saved = SavedDraft {
                agent,
                based_on,
                saved_at: now,
                draft: args.draft,
            };
            table::agent_drafts::save(tx, &saved, args.edited)?;
            Ok(saved)
        })
        .await?;
    engine.changed(Topic::Agents, Some(saved.agent.to_string()));
    Ok(saved)
}

pub(super) async fn discard(engine: &Engine, _: Caller, args: AgentName) -> Result<SavedDraft, Failure> {
    let id = named(engine, &args.agent).await?;
    let saved = engine
        .store()
        .write(move |tx| table::agent_drafts::discard(tx, &id))
        .await?;
    engine.changed(Topic::Agents, Some(saved.agent.to_string()));
    Ok(saved)
}

pub(super) async fn publish(engine: &Engine, caller: Caller, args: PublishAgent) -> Result<Agent, Failure> {
    let saved = get(engine, caller, AgentName { agent: args.agent }).await?;
    let draft = match args.draft {
        Some(NewAgent(draft)) => draft,
        None => saved.draft.clone(),
    };
    agents::check(engine, &draft)?;
    let overwrite = args.overwrite == Some(true);
    let expected = args.based_on.or(saved.based_on).filter(|_| !overwrite);
    let now = engine.clock().now();
    let agent = engine
        .store()
        .write(move |tx| table::agent_drafts::publish(tx, &saved, &draft, expected, now))
        .await?;
    agents::told(engine, agent).await
}

/// The agent of this slug or id, published or not.
async fn named(engine: &Engine, name: &str) -> Result<AgentId, Failure> {
    if let Ok(id) = agents::id_of(engine, name) {
        return Ok(id);
    }
    let wanted = name.to_owned();
    let unpublished = engine
        .store()
        .read(move |conn| table::agent_drafts::unpublished(conn, &wanted))
        .await?;
    unpublished
        .map(|saved| saved.agent)
        .ok_or_else(|| agents::unknown(name))
}
