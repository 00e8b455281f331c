//! An agent as a file that can be kept, sent and read again: TOML, without secrets, since an agent holds none.
//!
//! The one way to write and to read it, for the window and the command line. What a file says is a draft and no
//! more: reading it makes nothing, and whoever saves it has seen it.

use domain::{AgentDraft, Failure};

use super::{AgentFile, AgentName, Caller, ExportAgent, NewAgent, ReadAgentFile, agent_drafts, agents};
use crate::Engine;

/// More than any agent has to say; see the cap on its instructions.
const FILE_CAP: usize = 4 << 20;

pub(super) async fn export(engine: &Engine, caller: Caller, args: ExportAgent) -> Result<AgentFile, Failure> {
    let draft = if args.draft == Some(true) {
        let name = AgentName { agent: args.agent };
        agent_drafts::get(engine, caller, name).await?.draft
    } else {
        agents::find(engine, &args.agent)?.draft
    };
    Ok(AgentFile {
        name: format!("{}.toml", draft.slug),
        text: write_agent_file(&draft)?,
    })
}

pub(super) async fn read(_: &Engine, _: Caller, args: ReadAgentFile) -> Result<AgentDraft, Failure> {
    read_agent_file(&args.text)
}

/// An agent's file.
///
/// # Errors
/// A fault of ours: every draft can be written.
pub fn write_agent_file(draft: &AgentDraft) -> Result<String, Failure> {
    toml::to_string_pretty(draft).map_err(crate::failures::internal)
}

/// What an agent's file says, in TOML or in JSON.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] when it is no agent.
pub fn read_agent_file(text: &str) -> Result<AgentDraft, Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::invalid("file", format!("This is not an agent: {error}"))
            .with_hint("`inglenook agent export` shows what one looks like.")
    };
    if text.len() > FILE_CAP {
        return Err(unreadable(&"it is longer than 4 MiB."));
    }
    let NewAgent(draft) = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| unreadable(&error))?
    } else {
        toml::from_str(text).map_err(|error| unreadable(&error))?
    };
    Ok(draft)
}
