//! What agents remember, seen and corrected by the person whose agents they are.
//!
//! The person sees everything, whoever it belongs to: it is on their machine. What they have written or gone through is
//! theirs and no more from outside.

use domain::{Failure, Memory, MemoryScope};
use serde_json::json;
use store::table;

use super::{
    AddMemory, AgentName, Caller, EditMemory, Exported, ForgetMemory, ListMemories, MemoryName, MemoryView,
    agents,
};
use crate::{Engine, memory};

const USUAL: u32 = 500;
/// More than one agent can remember for all its owners.
const ALL: usize = 1_000_000;

pub(super) async fn list(engine: &Engine, _: Caller, args: ListMemories) -> Result<Vec<MemoryView>, Failure> {
    let agent = agents::id_of(engine, &args.agent)?;
    let limit = usize::try_from(args.limit.unwrap_or(USUAL)).unwrap_or(ALL);
    let forgotten = args.forgotten.unwrap_or(false);
    let found = engine
        .store()
        .read(move |conn| table::memories::list(conn, &agent, args.scope.as_ref(), forgotten, limit))
        .await?;
    Ok(found.into_iter().map(|memory| view(engine, memory)).collect())
}

pub(super) async fn add(engine: &Engine, _: Caller, args: AddMemory) -> Result<MemoryView, Failure> {
    let memory = Memory {
        id: engine.ids().memory()?,
        agent: agents::id_of(engine, &args.agent)?,
        scope: known(engine, args.scope.unwrap_or(MemoryScope::App))?,
        kind: args.kind.unwrap_or_default(),
        text: fitting(&args.text)?,
        from_outside: None,
        call: None,
        session: None,
        created_at: engine.clock().now(),
        used_at: None,
        uses: 0,
        forgotten_at: None,
    };
    Ok(view(engine, memory::keep(engine, memory).await?))
}

pub(super) async fn edit(engine: &Engine, _: Caller, args: EditMemory) -> Result<MemoryView, Failure> {
    let text = args.text.as_deref().map(fitting).transpose()?;
    let scope = args.scope.map(|scope| known(engine, scope)).transpose()?;
    let edited = engine
        .store()
        .write(move |tx| table::memories::edit(tx, &args.memory, text.as_deref(), scope.as_ref()))
        .await?;
    Ok(told(engine, edited))
}

pub(super) async fn forget(
    engine: &Engine,
    _: Caller,
    args: ForgetMemory,
) -> Result<Vec<MemoryView>, Failure> {
    let agent = args.agent.map(|name| agents::id_of(engine, &name)).transpose()?;
    if args.memory.is_some() == agent.is_some() {
        return Err(Failure::invalid("memory", "Name one memory, or one agent."));
    }
    let now = engine.clock().now();
    let forgotten = engine
        .store()
        .write(move |tx| {
            let mut ids = Vec::from_iter(args.memory);
            if let Some(agent) = agent {
                let all = table::memories::list(tx, &agent, None, false, ALL)?;
                ids.extend(all.into_iter().map(|memory| memory.id));
            }
            let forget = |id| table::memories::forget(tx, id, now);
            ids.iter().map(forget).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    if let Some(first) = forgotten.first() {
        memory::changed(engine, &first.agent);
    }
    Ok(forgotten.into_iter().map(|memory| view(engine, memory)).collect())
}

pub(super) async fn restore(engine: &Engine, _: Caller, args: MemoryName) -> Result<MemoryView, Failure> {
    let restored = engine
        .store()
        .write(move |tx| table::memories::restore(tx, &args.memory))
        .await?;
    Ok(told(engine, restored))
}

pub(super) async fn export(engine: &Engine, _: Caller, args: AgentName) -> Result<Exported, Failure> {
    let agent = agents::find(engine, &args.agent)?;
    let id = agent.id.clone();
    let all = engine
        .store()
        .read(move |conn| table::memories::list(conn, &id, None, false, ALL))
        .await?;
    let memories: Vec<MemoryView> = all.into_iter().map(|memory| view(engine, memory)).collect();
    let slug = agent.draft.slug;
    let text = serde_json::to_string_pretty(&json!({ "agent": slug, "memories": memories }));
    Ok(Exported {
        file_name: format!("{slug}-memory.json"),
        text: text.map_err(crate::failures::internal)?,
    })
}

/// A memory with the name of the key whose it is.
pub(super) fn view(engine: &Engine, memory: Memory) -> MemoryView {
    let client = match &memory.scope {
        MemoryScope::Client { key } => {
            let roster = engine.roster().now();
            Some(
                roster
                    .key(key)
                    .map_or_else(|| key.to_string(), |state| state.key.name.clone()),
            )
        }
        MemoryScope::App | MemoryScope::Everybody => None,
    };
    MemoryView { memory, client }
}

fn told(engine: &Engine, memory: Memory) -> MemoryView {
    memory::changed(engine, &memory.agent);
    view(engine, memory)
}

fn fitting(text: &str) -> Result<String, Failure> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.len() > memory::LONGEST {
        let most = memory::LONGEST;
        return Err(Failure::invalid(
            "text",
            format!("A memory has 1 to {most} bytes."),
        ));
    }
    Ok(text)
}

fn known(engine: &Engine, scope: MemoryScope) -> Result<MemoryScope, Failure> {
    match &scope {
        MemoryScope::Client { key } if engine.roster().now().key(key).is_none() => {
            Err(crate::failures::not_found("key", key.as_str()))
        }
        MemoryScope::Client { .. } | MemoryScope::App | MemoryScope::Everybody => Ok(scope),
    }
}
