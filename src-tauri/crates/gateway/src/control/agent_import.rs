//! Several agents' files at once: a folder that somebody keeps in version control, or was sent.
//!
//! The danger is half of it: some agents made, others refused, and nobody knows which. So every file is read and checked
//! before anything is written, and what is written is written together. What a folder does not hold is left alone: a
//! missing file deletes nothing.

use std::collections::HashMap;

use domain::{Agent, AgentDraft, AgentId, Failure, FailureKind, Slug};
use store::table;

use super::{
    AgentImport, AgentImported, AgentsImported, Caller, Existing, FailureView, ImportAgents, agents,
    read_agent_file,
};
use crate::Engine;
use crate::control::Topic;

/// More agents than anybody has.
const MOST: usize = 1000;

/// What becomes of a file.
enum Plan {
    Create(AgentDraft),
    Update(AgentId, u32, AgentDraft),
    Leave(Agent, AgentImport),
    Wrong(Failure),
}

pub(super) async fn import(
    engine: &Engine,
    _: Caller,
    args: ImportAgents,
) -> Result<AgentsImported, Failure> {
    if args.files.len() > MOST {
        return Err(Failure::invalid("files", "At most 1000 files are read at once."));
    }
    let mut seen = HashMap::new();
    let mut plans = Vec::with_capacity(args.files.len());
    for file in args.files {
        let plan = match plan(engine, &file.text, args.existing, &mut seen, &file.name) {
            Ok(plan) => plan,
            Err(failure) => Plan::Wrong(failure),
        };
        plans.push((file.name, plan));
    }
    let wrong = plans.iter().any(|(_, plan)| matches!(plan, Plan::Wrong(_)));
    let written = !args.dry_run && !wrong;
    let all = if written {
        write(engine, plans).await?
    } else {
        plans.into_iter().map(|(file, plan)| told(file, plan)).collect()
    };
    if written {
        engine.reload(Topic::Agents, None).await?;
    }
    Ok(AgentsImported { written, files: all })
}

fn plan(
    engine: &Engine,
    text: &str,
    existing: Existing,
    seen: &mut HashMap<Slug, String>,
    name: &str,
) -> Result<Plan, Failure> {
    let draft = read_agent_file(text)?;
    if let Some(other) = seen.insert(draft.slug.clone(), name.to_owned()) {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("{other} is an agent {} too.", draft.slug),
        )
        .with_param("slug"));
    }
    agents::check(engine, &draft)?;
    let known = engine.roster().now().by_slug.get(&draft.slug).cloned();
    let Some(known) = known else {
        return Ok(Plan::Create(draft));
    };
    let known = Agent::clone(&known);
    if known.draft == draft {
        return Ok(Plan::Leave(known, AgentImport::Unchanged));
    }
    match existing {
        Existing::Update => Ok(Plan::Update(known.id, known.revision, draft)),
        Existing::Skip => Ok(Plan::Leave(known, AgentImport::Skipped)),
        Existing::Fail => Err(Failure::new(
            FailureKind::Conflict,
            format!("There is an agent {} already, and it differs.", draft.slug),
        )
        .with_param("slug")
        .with_hint("Update it, or leave it as it is: `--update`, `--skip`.")),
    }
}

/// What would become of a file.
fn told(file: String, plan: Plan) -> AgentImported {
    let (slug, becomes, revision, failure) = match plan {
        Plan::Create(draft) => (Some(draft.slug), AgentImport::Created, Some(1), None),
        Plan::Update(_, before, draft) => (Some(draft.slug), AgentImport::Updated, Some(before + 1), None),
        Plan::Leave(agent, what) => (Some(agent.draft.slug), what, Some(agent.revision), None),
        Plan::Wrong(failure) => (None, AgentImport::Failed, None, Some(FailureView::from(&failure))),
    };
    AgentImported {
        file,
        slug,
        becomes,
        revision,
        failure,
    }
}

/// Writes all of it, or nothing where another changed one of them meanwhile.
async fn write(engine: &Engine, plans: Vec<(String, Plan)>) -> Result<Vec<AgentImported>, Failure> {
    let now = engine.clock().now();
    let mut made = Vec::with_capacity(plans.len());
    for (file, plan) in plans {
        let id = match plan {
            Plan::Create(_) => Some(engine.ids().agent()?),
            Plan::Update(..) | Plan::Leave(..) | Plan::Wrong(_) => None,
        };
        made.push((file, plan, id));
    }
    engine
        .store()
        .write(move |tx| {
            for (_, plan, id) in &made {
                match (plan, id) {
                    (Plan::Create(draft), Some(id)) => {
                        table::agents::create(tx, id, draft, now)?;
                    }
                    (Plan::Update(id, before, draft), _) => {
                        table::agents::update(tx, id, Some(*before), draft, now)?;
                    }
                    (Plan::Create(_) | Plan::Leave(..) | Plan::Wrong(_), _) => {}
                }
            }
            Ok(made.into_iter().map(|(file, plan, _)| told(file, plan)).collect())
        })
        .await
}
