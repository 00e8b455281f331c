//! Agents as the tools that they are at this door.

use std::sync::{Arc, LazyLock};

use domain::{Agent, Provider, Reach, Rule};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::json;

use crate::published;
use crate::roster::{KeyState, Snapshot};
use crate::tools::Usable;
use crate::turn::may_use;

/// One tool for each agent that this key may use, by its slug, in the order of their list.
pub(super) fn all(roster: &Snapshot, key: &KeyState) -> Vec<Tool> {
    let agents = roster.agents.iter().filter(|agent| may_use(key, agent));
    agents.map(|agent| tool(roster, key, agent)).collect()
}

/// The agent that is the tool of this name, if this key may use it.
pub(super) fn agent(roster: &Snapshot, key: &KeyState, name: &str) -> Option<Arc<Agent>> {
    let mut agents = roster.agents.iter();
    let agent = agents.find(|agent| agent.draft.slug.as_str() == name)?;
    may_use(key, agent).then(|| Arc::clone(agent))
}

fn tool(roster: &Snapshot, key: &KeyState, agent: &Agent) -> Tool {
    let draft = &agent.draft;
    let about = match draft.description.trim() {
        "" => format!(
            "Asks {}, an agent of the person at this machine, and gives its answer. It knows only what the message says.",
            draft.name
        ),
        about => about.to_owned(),
    };
    Tool::new(draft.slug.to_string(), about, Arc::clone(&INPUT))
        .with_title(draft.name.clone())
        .with_raw_output_schema(Arc::clone(&OUTPUT))
        .with_annotations(annotations(roster, key, agent))
}

/// What it can do beyond its answer, as far as its grants and the key go. Rules that ask count: a person may say yes.
fn annotations(roster: &Snapshot, key: &KeyState, agent: &Agent) -> ToolAnnotations {
    let draft = &agent.draft;
    let granted = || {
        let may = draft.tools.iter().filter_map(|grant| {
            let tool = Usable::granted(roster, &grant.tool)?;
            let rule = key.key.rule(&grant.tool, grant.rule(tool.reach()));
            (rule != Rule::Never).then_some(tool)
        });
        may.collect::<Vec<_>>()
    };
    let tools = granted();
    let changes = tools
        .iter()
        .any(|tool| tool.reach() == Reach::Changes || tool.asks_agents());
    let sends = tools
        .iter()
        .any(|tool| tool.reach() == Reach::Sends || tool.asks_agents());
    let mut targets = std::iter::once(&draft.target).chain(&draft.fallbacks);
    let elsewhere = targets.any(|target| {
        let provider = roster.providers.get(&target.provider);
        !provider
            .map(AsRef::<Provider>::as_ref)
            .is_some_and(published::is_local)
    });
    ToolAnnotations::default()
        .read_only(!changes)
        .destructive(changes)
        .idempotent(false)
        .open_world(sends || elsewhere || changes)
}

static INPUT: LazyLock<Arc<JsonObject>> = LazyLock::new(|| {
    schema(json!({
        "type": "object",
        "properties": {
            "message": {
                "type": "string",
                "description": "What the agent is asked, whole: it sees nothing of the conversation around this call.",
            },
            "session_id": {
                "type": "string",
                "description": "Goes on with an earlier conversation with this agent: the `session_id` of its answer. Absent: a new one.",
            },
        },
        "required": ["message"],
        "additionalProperties": false,
    }))
});

static OUTPUT: LazyLock<Arc<JsonObject>> = LazyLock::new(|| {
    let count = json!({"type": "integer", "minimum": 0});
    schema(json!({
        "type": "object",
        "properties": {
            "content": {"type": "string", "description": "The answer."},
            "session_id": {
                "type": ["string", "null"],
                "description": "The conversation to go on with; null where none is kept.",
            },
            "model": {"type": "string", "description": "The agent that answered."},
            "usage": {
                "type": "object",
                "properties": {
                    "prompt_tokens": count,
                    "completion_tokens": count,
                    "total_tokens": count,
                },
                "required": ["prompt_tokens", "completion_tokens", "total_tokens"],
            },
        },
        "required": ["content", "session_id", "model"],
    }))
});

fn schema(value: serde_json::Value) -> Arc<JsonObject> {
    Arc::new(value.as_object().cloned().unwrap_or_default())
}
