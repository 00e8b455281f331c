//! Pointing programs at the endpoint, and what did not come in.

use domain::{FailureKind, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::SecretText;

/// Asks what programs have to be told.
#[derive(Clone, Debug, Default, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct AskTools {
    /// The agent they shall use; absent: the default agent, else the first.
    pub agent: Option<String>,
}

/// What programs have to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolTexts {
    /// `http://127.0.0.1:4645/v1`.
    pub base_url: String,
    /// The agent's slug.
    pub agent: String,
    /// What stands where a key belongs. Whoever knows the key puts it there; it is not asked for.
    pub key: String,
    /// The programs.
    pub tools: Vec<ToolText>,
}

/// What one program has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolText {
    /// What it is called in commands.
    pub tool: String,
    /// Its name.
    pub name: String,
    /// Where the text belongs.
    pub place: String,
    /// The text.
    pub text: String,
    /// The program's own file, where it can be written.
    pub file: Option<String>,
}

/// Writes a program's own file.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct WriteTool {
    /// Which program.
    pub tool: String,
    /// See [`AskTools`].
    #[serde(default)]
    pub agent: Option<String>,
    /// The client key's secret; absent: the file is written without one.
    #[serde(default)]
    pub key: Option<SecretText>,
    /// The change that a person has seen and wants. Absent: nothing is written.
    #[serde(default)]
    pub seen: Option<String>,
}

/// A program's own file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolFile {
    /// Where it is.
    pub path: String,
    /// What changes; empty when it says so already.
    pub diff: String,
    /// Whether it was written.
    pub written: bool,
    /// The file as it was, when there was one and it was written.
    pub backup: Option<String>,
}

/// A request without a known key that was refused: no key, a wrong one, a foreign page. What a known key was
/// refused is a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RefusedAttempt {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub kind: FailureKind,
    /// What was asked for: `POST /v1/chat/completions`.
    pub route: String,
    /// The program, where the operating system tells; not every attempt is looked into.
    pub program: Option<String>,
    /// The address of the other machine, when it came from one.
    #[serde(default)]
    pub from: Option<String>,
}

/// Refused attempts since the app started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RefusedAttempts {
    /// How many.
    pub count: u64,
    /// The last ones, newest first.
    pub recent: Vec<RefusedAttempt>,
}

/// Names a port.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct TryPort {
    /// The port.
    pub port: u16,
}
