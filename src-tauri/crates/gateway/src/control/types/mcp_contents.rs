//! What MCP servers have besides tools.

use domain::{McpServerId, RawJson};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Something that a server lets be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpResource {
    /// Its address within the server.
    pub uri: String,
    /// The name people read.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// Names a resource.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct McpResourceName {
    /// The server.
    pub id: McpServerId,
    /// The resource.
    pub uri: String,
}

/// What stands in a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpResourceText {
    /// Its beginning, at most 64 KiB; of bytes that are no text, that they are there.
    pub text: String,
}

/// A prompt that a server has ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpPrompt {
    /// The server's name for it.
    pub name: String,
    /// The name people read.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What has to be filled in.
    pub arguments: Vec<McpPromptArgument>,
}

/// Something that has to be filled into a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpPromptArgument {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// Whether it has to be there.
    pub required: bool,
}

/// Asks for a prompt.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct UseMcpPrompt {
    /// The server.
    pub id: McpServerId,
    /// The prompt.
    pub name: String,
    /// A JSON object of what is filled in.
    #[serde(default)]
    pub arguments: Option<RawJson>,
}

/// A prompt, filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpPromptText {
    /// What it is for.
    pub description: Option<String>,
    /// What is said in it.
    pub messages: Vec<McpPromptMessage>,
}

/// A message of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpPromptMessage {
    /// `user` or `assistant`.
    pub role: String,
    /// What is said, at most 64 KiB of it.
    pub text: String,
}
