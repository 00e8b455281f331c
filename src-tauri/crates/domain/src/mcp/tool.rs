//! A tool of a server, as the server describes it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{RawJson, Reach};

/// What a server says of a tool's manners. It may lie, so a hint only ever makes us stricter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct McpToolHints {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// Doing it twice is the same as doing it once.
    pub idempotent: Option<bool>,
    /// It speaks with the world outside.
    pub open_world: Option<bool>,
}

/// A tool of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpTool {
    /// The server's name for it.
    pub name: String,
    /// A name for people.
    #[serde(default)]
    pub title: Option<String>,
    /// What models are told of it.
    #[serde(default)]
    pub description: Option<String>,
    /// JSON Schema of its arguments.
    pub schema: RawJson,
    /// What it says of its manners.
    #[serde(default)]
    pub hints: McpToolHints,
}

impl McpTool {
    /// How far it goes. What it is given has left for another program, whatever that says of itself.
    pub const fn reach(&self) -> Reach {
        match self.hints.read_only {
            Some(true) => Reach::Sends,
            Some(false) | None => Reach::Changes,
        }
    }
}
