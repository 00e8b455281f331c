//! Questions of MCP servers to the person.

use domain::{ApprovalId, McpServerId, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Something that an MCP server wants to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct McpQuestion {
    /// Its id.
    pub id: ApprovalId,
    /// Who asks.
    pub server: McpServerId,
    /// The name that the person gave it.
    pub server_name: String,
    /// The tools of it that are at work.
    pub tools: Vec<String>,
    /// What it says; written by the server.
    pub message: String,
    /// What is to be filled in.
    pub fields: Vec<McpField>,
    /// What is to be visited instead, told only to whom may say yes.
    pub address: Option<String>,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// When the answer is none.
    pub expires_at: Timestamp,
}

/// A field of a question. Its words are the server's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct McpField {
    /// Its name in the answer.
    pub name: String,
    /// What it is called.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it has to be filled in.
    pub required: bool,
    /// Whether its words sound as if a secret was asked for.
    pub like_a_secret: bool,
    /// What fits.
    pub kind: McpFieldKind,
}

/// What fits into a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum McpFieldKind {
    /// A text.
    Text {
        /// `email`, `uri`, `date` or `date-time`.
        format: Option<String>,
        /// Characters.
        least: Option<u32>,
        /// Characters.
        most: Option<u32>,
        /// What stands there first.
        initially: Option<String>,
    },
    /// A number.
    Number {
        /// Without a fraction.
        whole: bool,
        /// No less.
        minimum: Option<f64>,
        /// No more.
        maximum: Option<f64>,
        /// What stands there first.
        initially: Option<f64>,
    },
    /// Yes or no.
    YesNo {
        /// What stands there first.
        initially: Option<bool>,
    },
    /// One of these.
    Choice {
        /// These.
        options: Vec<McpOption>,
        /// What stands there first.
        initially: Option<String>,
    },
    /// Some of these.
    Choices {
        /// These.
        options: Vec<McpOption>,
        /// How many.
        least: Option<u32>,
        /// How many.
        most: Option<u32>,
        /// What stands there first.
        initially: Vec<String>,
    },
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct McpOption {
    /// In the answer.
    pub value: String,
    /// For people.
    pub title: String,
}

/// What a person says to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum QuestionAction {
    /// These are the values; or the address is visited.
    Accept,
    /// No values; the tool may go on.
    Decline,
    /// No values; the tool should stop.
    Cancel,
}

/// A person's answer to an MCP server.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AnswerMcpQuestion {
    /// To which question.
    pub question: ApprovalId,
    /// What is done.
    pub action: QuestionAction,
    /// JSON text of an object: the values by name.
    #[serde(default)]
    pub values: Option<super::SecretText>,
}
