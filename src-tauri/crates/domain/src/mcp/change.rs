//! What is different from what was approved, so that a person sees that and not everything again.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{McpTool, McpTransport};

/// What kind of thing differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum McpChangeKind {
    /// Whether it runs here or elsewhere.
    Transport,
    /// The command.
    Command,
    /// What the command is started with.
    Arguments,
    /// The names of its environment, or values that are no secrets.
    Environment,
    /// Where it runs.
    Directory,
    /// The bytes of the program.
    Program,
    /// The address.
    Url,
    /// The names of the headers that go along.
    Headers,
    /// A tool is there that was not.
    ToolAdded,
    /// A tool is not there any more.
    ToolRemoved,
    /// What people or models are told of a tool.
    ToolDescription,
    /// A tool's arguments.
    ToolSchema,
    /// What a tool says of its manners.
    ToolHints,
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpChange {
    /// What kind of thing.
    pub kind: McpChangeKind,
    /// The tool that it is about.
    pub tool: Option<String>,
}

impl McpChange {
    pub(super) const fn of(kind: McpChangeKind) -> Self {
        Self { kind, tool: None }
    }

    fn tool(kind: McpChangeKind, tool: &McpTool) -> Self {
        Self {
            kind,
            tool: Some(tool.name.clone()),
        }
    }
}

impl std::fmt::Display for McpChange {
    /// As a part of a sentence.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tool = self.tool.as_deref().unwrap_or_default();
        match self.kind {
            McpChangeKind::Transport => f.write_str("how it is reached"),
            McpChangeKind::Command => f.write_str("its command"),
            McpChangeKind::Arguments => f.write_str("its arguments"),
            McpChangeKind::Environment => f.write_str("its environment"),
            McpChangeKind::Directory => f.write_str("its directory"),
            McpChangeKind::Program => f.write_str("the program behind its command"),
            McpChangeKind::Url => f.write_str("its address"),
            McpChangeKind::Headers => f.write_str("its headers"),
            McpChangeKind::ToolAdded => write!(f, "the tool {tool}, which is new"),
            McpChangeKind::ToolRemoved => write!(f, "the tool {tool}, which is gone"),
            McpChangeKind::ToolDescription => write!(f, "the description of {tool}"),
            McpChangeKind::ToolSchema => write!(f, "the arguments of {tool}"),
            McpChangeKind::ToolHints => write!(f, "the annotations of {tool}"),
        }
    }
}

pub(super) fn of_transport(before: &McpTransport, now: &McpTransport) -> Vec<McpChange> {
    use McpChangeKind as Kind;
    use McpTransport::{Http, Stdio};
    let differing = match (before, now) {
        (
            Stdio {
                command,
                args,
                env,
                cwd,
            },
            Stdio {
                command: command_now,
                args: args_now,
                env: env_now,
                cwd: cwd_now,
            },
        ) => vec![
            (Kind::Command, command != command_now),
            (Kind::Arguments, args != args_now),
            (Kind::Environment, env != env_now),
            (Kind::Directory, cwd != cwd_now),
        ],
        (
            Http { url, headers },
            Http {
                url: url_now,
                headers: headers_now,
            },
        ) => vec![
            (Kind::Url, url != url_now),
            (Kind::Headers, headers != headers_now),
        ],
        (Stdio { .. }, Http { .. }) | (Http { .. }, Stdio { .. }) => vec![(Kind::Transport, true)],
    };
    let changed = differing.into_iter().filter(|(_, differs)| *differs);
    changed.map(|(kind, _)| McpChange::of(kind)).collect()
}

pub(super) fn of_tools(before: &[McpTool], now: &[McpTool]) -> Vec<McpChange> {
    use McpChangeKind as Kind;
    let mut changes = Vec::new();
    for tool in now {
        let Some(old) = before.iter().find(|old| old.name == tool.name) else {
            changes.push(McpChange::tool(Kind::ToolAdded, tool));
            continue;
        };
        let differing = [
            (
                Kind::ToolDescription,
                old.description != tool.description || old.title != tool.title,
            ),
            (Kind::ToolSchema, old.schema != tool.schema),
            (Kind::ToolHints, old.hints != tool.hints),
        ];
        let changed = differing.into_iter().filter(|(_, differs)| *differs);
        changes.extend(changed.map(|(kind, _)| McpChange::tool(kind, tool)));
    }
    let gone = before
        .iter()
        .filter(|old| !now.iter().any(|tool| tool.name == old.name));
    changes.extend(gone.map(|tool| McpChange::tool(Kind::ToolRemoved, tool)));
    changes
}
