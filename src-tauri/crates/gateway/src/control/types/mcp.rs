//! MCP servers.

use std::collections::HashMap;

use domain::{McpChange, McpConsent, McpServerId, McpTool, McpTransport, Reach, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{FailureView, SecretText};

/// An MCP server and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct McpServerView {
    /// Its name in grants.
    pub id: McpServerId,
    /// The name people read.
    pub name: String,
    /// How it is reached: all of what an approval covers, and nothing shortened.
    pub transport: McpTransport,
    /// The program behind its command, when it runs here and is there.
    pub program: Option<String>,
    /// Whether its tools may be used.
    pub consent: McpConsent,
    /// What is different from what was approved.
    pub changes: Vec<McpChange>,
    /// Names all of what is shown here; an approval names it again.
    pub digest: String,
    /// Its tools, as far as they are known.
    pub tools: Vec<McpToolView>,
    /// Secrets that it needs and does not have.
    pub missing: Vec<String>,
    /// How it stands.
    pub health: McpHealth,
    /// A sign-in that is under way.
    pub sign_in: Option<McpSignIn>,
    /// Whether a person is signed in.
    pub signed_in: Option<McpSignedIn>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was approved.
    pub approved_at: Option<Timestamp>,
}

/// A tool of an MCP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpToolView {
    /// What it is called in grants: `files/read_file`.
    pub grant: String,
    /// What models call it: `files__read_file`.
    pub told: String,
    /// How far it goes; whatever its server says, a person is asked first.
    pub reach: Reach,
    /// What the server says of it.
    pub tool: McpTool,
}

/// How an MCP server stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum McpHealth {
    /// Nobody needs it.
    Stopped {},
    /// It is being started.
    Starting {},
    /// It answers.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// It turns everybody away who has not signed in.
    NeedsSignIn {},
    /// It failed, and is started again when it is needed.
    Failed {
        /// Why.
        failure: FailureView,
    },
    /// It failed too often, and stays off until it is restarted.
    Off {
        /// Why.
        failure: FailureView,
    },
}

/// A sign-in that waits for the person's browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpSignIn {
    /// What the browser opens; told only to who may say yes.
    pub url: Option<String>,
    /// Who signs the person in: scheme, host and port.
    pub at: String,
    /// Until when they may.
    pub until: Timestamp,
}

/// A sign-in that lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpSignedIn {
    /// Who has signed the person in; `None` while the vault is locked.
    pub issuer: Option<String>,
}

/// Who said a line of a server's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum McpLogSource {
    /// The program, on its standard error.
    Stderr,
    /// The server, by the protocol.
    Server,
    /// We, about it.
    Inglenook,
}

/// A line of a server's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpLogLine {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub source: McpLogSource,
    /// What, without the server's secrets.
    pub text: String,
}

/// Names an MCP server.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct McpServerName {
    /// Its name.
    pub id: McpServerId,
}

/// A new MCP server.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AddMcpServer {
    /// Its name in grants.
    pub id: McpServerId,
    /// The name people read; absent: its name in grants.
    #[serde(default)]
    pub name: Option<String>,
    /// How it is reached.
    pub transport: McpTransport,
    /// Variables without a value, and headers, by name.
    #[serde(default)]
    pub secrets: HashMap<String, SecretText>,
}

/// Changes an MCP server; what is absent stays.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct UpdateMcpServer {
    /// Its name in grants.
    pub id: McpServerId,
    /// The name people read.
    #[serde(default)]
    pub name: Option<String>,
    /// How it is reached.
    #[serde(default)]
    pub transport: Option<McpTransport>,
    /// Secrets that are new. Those of another command or origin are not taken along.
    #[serde(default)]
    pub secrets: HashMap<String, SecretText>,
}

/// Approves an MCP server.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ApproveMcpServer {
    /// Its name.
    pub id: McpServerId,
    /// Of what was shown.
    pub digest: String,
}

/// Signs a person in to an MCP server.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SignInToMcp {
    /// Its name.
    pub id: McpServerId,
    /// Who we are to whoever signs people in; absent: we make ourselves known.
    #[serde(default)]
    pub client_id: Option<String>,
}
