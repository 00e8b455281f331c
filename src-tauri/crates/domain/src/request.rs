//! What a client or the window asks for, before and after an agent has had its say.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Extra, Message, Params, RawJson, Wire};

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolSpec {
    /// `[A-Za-z0-9_-]{1,64}`.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// JSON Schema of its arguments, an object.
    pub parameters: RawJson,
    /// Whether the provider shall hold the model to the schema.
    pub strict: Option<bool>,
    /// Fields of its wire that we carry (`cache_control`).
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// Whether and which tool the model must call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// Some tool.
    Required,
    /// This tool.
    Tool {
        /// Its name.
        name: String,
    },
    /// A form of the wire that we carry.
    Opaque {
        /// The whole value.
        value: RawJson,
    },
}

/// The form the answer must have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "format", rename_all = "snake_case")]
pub enum OutputFormat {
    /// Text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// The schema's name.
        name: String,
        /// What the schema is for.
        description: Option<String>,
        /// The schema itself.
        schema: RawJson,
        /// Whether the provider shall hold the model to it.
        strict: Option<bool>,
    },
}

/// A request in the domain's own form. Client codecs make it, the turn merges the agent into it,
/// provider codecs write it out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Request {
    /// The conversation so far, the new message last.
    pub messages: Vec<Message>,
    /// Tools on offer.
    pub tools: Vec<ToolSpec>,
    /// Whether and which tool must be called.
    pub tool_choice: Option<ToolChoice>,
    /// Parameters as far as the caller gave them.
    pub params: Params,
    /// The form of the answer.
    pub format: OutputFormat,
    /// Whether the answer shall be streamed.
    pub stream: bool,
    /// Top-level fields that the domain does not model.
    pub extra: Extra,
    /// The wire whose fields `extra` holds; on another one they have no meaning unless its codec knows them.
    #[serde(default)]
    pub wire: Wire,
}
