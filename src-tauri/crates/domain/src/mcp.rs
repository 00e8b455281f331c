//! Programs of others whose tools agents may use, by the Model Context Protocol.
//!
//! The danger is trust that was given to a name: a server is what a person looked at, and not what happens to be under
//! its name tomorrow (SEC-30). So an approval holds all of it: what is run or where it is, the bytes of the program,
//! and each tool as models are told of it. Whatever differs afterwards is named, and ends the approval.

mod change;
mod tool;

pub use change::{McpChange, McpChangeKind};
pub use tool::{McpTool, McpToolHints};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{BaseUrl, Failure, Origin, Slug, Timestamp};

/// Names an MCP server: a slug of at most 32 characters, so that the names of its tools have room behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(type = "string")]
pub struct McpServerId(Slug);

impl McpServerId {
    const LONGEST: usize = 32;

    /// Checks a name.
    ///
    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] naming what is allowed.
    pub fn new(text: &str) -> Result<Self, Failure> {
        if text.len() > Self::LONGEST {
            return Err(Failure::invalid(
                "id",
                "The name of an MCP server has at most 32 characters.",
            ));
        }
        Slug::new(text).map(Self)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl std::fmt::Display for McpServerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for McpServerId {
    type Error = Failure;

    fn try_from(text: String) -> Result<Self, Failure> {
        Self::new(&text)
    }
}

impl From<McpServerId> for String {
    fn from(id: McpServerId) -> Self {
        id.0.into()
    }
}

/// A variable of a program's environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct McpVariable {
    /// Its name.
    pub name: String,
    /// Its value; `None` when that is a secret, which is in the vault.
    #[serde(default)]
    pub value: Option<String>,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum McpTransport {
    /// A program that is started here and spoken to over its standard input and output.
    Stdio {
        /// A path, or a name that is looked for in `PATH`.
        command: String,
        /// What it is started with, word by word: no shell reads them.
        #[serde(default)]
        args: Vec<String>,
        /// Added to `PATH`, `HOME` and `LANG`, which is all that it gets of ours.
        #[serde(default)]
        env: Vec<McpVariable>,
        /// Where it runs; absent: the user's home.
        #[serde(default)]
        cwd: Option<String>,
    },
    /// A server that runs elsewhere, by streamable HTTP.
    Http {
        /// Its one address.
        url: BaseUrl,
        /// The names of headers that go along; their values are in the vault.
        #[serde(default)]
        headers: Vec<String>,
    },
}

impl McpTransport {
    /// The names of what is in the vault.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Stdio { env, .. } => {
                let secret = env.iter().filter(|one| one.value.is_none());
                secret.map(|one| one.name.as_str()).collect()
            }
            Self::Http { headers, .. } => headers.iter().map(String::as_str).collect(),
        }
    }

    /// Who alone may be given its secrets (SEC-19).
    pub fn origin(&self) -> Origin {
        match self {
            Self::Stdio { command, .. } => Origin::program(command),
            Self::Http { url, .. } => url.origin(),
        }
    }

    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] naming what cannot be.
    pub fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Stdio {
                command,
                args,
                env,
                cwd,
            } => {
                if command.trim().is_empty() {
                    return Err(Failure::invalid("command", "The command is empty."));
                }
                let texts = args.iter().chain(cwd).chain([command]);
                let values = env.iter().filter_map(|one| one.value.as_ref());
                if texts.chain(values).any(|text| text.contains('\0')) {
                    return Err(Failure::invalid(
                        "command",
                        "A NUL cannot be handed to a program.",
                    ));
                }
                if cwd
                    .as_ref()
                    .is_some_and(|cwd| !std::path::Path::new(cwd).is_absolute())
                {
                    return Err(Failure::invalid(
                        "cwd",
                        "The directory is given as an absolute path.",
                    ));
                }
                names("env", env.iter().map(|one| one.name.as_str()), |name| {
                    !name.contains(['=', '\0'])
                })
            }
            Self::Http { url, headers } => {
                if url.is_plain_http() && !url.is_loopback() {
                    return Err(
                        Failure::invalid("url", "Plain http is accepted for this machine only.")
                            .with_hint("Use https."),
                    );
                }
                names("headers", headers.iter().map(String::as_str), |name| {
                    name.bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                })
            }
        }
    }
}

/// Names that are none, or the same twice, hide what stands behind them.
fn names<'a>(
    param: &str,
    names: impl Iterator<Item = &'a str>,
    fits: impl Fn(&str) -> bool,
) -> Result<(), Failure> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if name.is_empty() || !fits(name) {
            return Err(Failure::invalid(param, format!("{name:?} is no name.")));
        }
        let lower = name.to_ascii_lowercase();
        if seen.contains(&lower) {
            return Err(Failure::invalid(param, format!("{name} is named twice.")));
        }
        seen.push(lower);
    }
    Ok(())
}

/// What was found at the last start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct McpSeen {
    /// SHA-256 of the program's bytes, in hexadecimal; `None` for a server elsewhere, or before the first look.
    pub program: Option<String>,
    /// Its tools by name; `None` before it was asked.
    pub tools: Option<Vec<McpTool>>,
}

/// What a person has approved, all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpApproval {
    /// How the server is reached.
    pub transport: McpTransport,
    /// What was found there.
    pub seen: McpSeen,
    /// SHA-256 over all of that, in hexadecimal.
    pub digest: String,
    /// When.
    pub at: Timestamp,
}

/// Whether a server's tools may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum McpConsent {
    /// Nobody has looked at it yet: nothing of it was ever started.
    New,
    /// It is what was approved.
    Approved,
    /// Something is different from what was approved; it is not started until that is approved too.
    Changed,
}

/// A server of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpServer {
    /// Its name in grants.
    pub id: McpServerId,
    /// The name people read.
    pub name: String,
    /// How it is reached.
    pub transport: McpTransport,
    /// What was found at the last start.
    #[serde(default)]
    pub seen: McpSeen,
    /// What was approved; `None` before.
    #[serde(default)]
    pub approval: Option<McpApproval>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl McpServer {
    /// Whether its tools may be used.
    pub fn consent(&self) -> McpConsent {
        match &self.approval {
            None => McpConsent::New,
            Some(_) if self.changes().is_empty() => McpConsent::Approved,
            Some(_) => McpConsent::Changed,
        }
    }

    /// What is different from what was approved.
    pub fn changes(&self) -> Vec<McpChange> {
        let Some(approval) = &self.approval else {
            return Vec::new();
        };
        let mut changes = change::of_transport(&approval.transport, &self.transport);
        if self.seen.program.is_some() && self.seen.program != approval.seen.program {
            changes.push(McpChange::of(McpChangeKind::Program));
        }
        if let Some(tools) = &self.seen.tools {
            let approved = approval.seen.tools.as_deref().unwrap_or_default();
            changes.extend(change::of_tools(approved, tools));
        }
        changes
    }

    /// The tools that may be used: those of the approval while it holds.
    pub fn tools(&self) -> &[McpTool] {
        match (&self.approval, self.consent()) {
            (Some(approval), McpConsent::Approved) => approval.seen.tools.as_deref().unwrap_or_default(),
            (_, McpConsent::New | McpConsent::Approved | McpConsent::Changed) => &[],
        }
    }
}
