//! What is said: messages and their parts, in the form every wire translates to and from.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Extra, RawJson, Wire};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions.
    System,
    /// Instructions under OpenAI's newer name; equal to `System` in meaning, kept apart to round-trip.
    Developer,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

impl Role {
    /// The role as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Developer => "developer",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// Reads [`Role::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "system" => Self::System,
            "developer" => Self::Developer,
            "user" => Self::User,
            "assistant" => Self::Assistant,
            "tool" => Self::Tool,
            _ => return None,
        })
    }

    /// Whether it gives instructions.
    pub const fn instructs(self) -> bool {
        matches!(self, Self::System | Self::Developer)
    }
}

/// Where the bytes of an image, file or sound are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MediaSource {
    /// At an address that the provider fetches.
    Url {
        /// The address, `http` or `https`.
        url: String,
    },
    /// In the message itself.
    Base64 {
        /// Standard base64 without line breaks.
        data: String,
    },
    /// Uploaded to the provider before.
    FileId {
        /// The provider's name for it.
        id: String,
    },
}

/// An image, file or sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Media {
    /// Where its bytes are.
    pub source: MediaSource,
    /// MIME type, when known: `image/png`, `application/pdf`, `audio/wav`.
    pub media_type: Option<String>,
    /// File name, when it has one.
    pub name: Option<String>,
    /// Fields of its wire that we carry (`detail`, `cache_control`).
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

/// One piece of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Plain text or markdown.
    Text {
        /// The text.
        text: String,
        /// Fields of its wire that we carry (`cache_control`, `annotations`).
        #[serde(default, skip_serializing_if = "Extra::is_empty")]
        extra: Extra,
    },
    /// An image.
    Image(Media),
    /// A document.
    File(Media),
    /// A sound.
    Audio(Media),
    /// What the model thought before it answered.
    Reasoning {
        /// Its readable text; empty when the provider only gives a sealed form.
        text: String,
        /// The provider's signature or sealed form, valid only for that provider and model.
        signature: Option<String>,
        /// Fields of its wire that we carry: `id` of a Responses item, `redacted` when the signature is
        /// Anthropic's redacted block and not a signature.
        #[serde(default, skip_serializing_if = "Extra::is_empty")]
        extra: Extra,
    },
    /// The model refuses.
    Refusal {
        /// Its words.
        text: String,
    },
    /// The model asks for a tool.
    ToolCall {
        /// Names this call among the conversation's calls.
        id: String,
        /// The tool's name.
        name: String,
        /// JSON text of the arguments, as the model wrote it (it may be broken JSON).
        arguments: String,
        /// Fields of its wire that we carry (`extra_content`).
        #[serde(default, skip_serializing_if = "Extra::is_empty")]
        extra: Extra,
    },
    /// A tool's answer.
    ToolResult {
        /// The call it answers.
        call_id: String,
        /// Text, images and files.
        parts: Vec<Part>,
        /// Whether the tool failed.
        is_error: bool,
        /// Fields of its wire that we carry (`cache_control`).
        #[serde(default, skip_serializing_if = "Extra::is_empty")]
        extra: Extra,
    },
    /// A part that the domain does not model; it round-trips on its own wire and is left out elsewhere.
    Opaque {
        /// The wire it belongs to.
        wire: Wire,
        /// The whole part as it arrived.
        value: RawJson,
    },
}

impl Part {
    /// A plain text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            text: text.into(),
            extra: Extra::new(),
        }
    }

    /// A reasoning part without a signature.
    pub fn reasoning(text: impl Into<String>) -> Self {
        Self::Reasoning {
            text: text.into(),
            signature: None,
            extra: Extra::new(),
        }
    }

    /// What a tool gave for a call, the last of that id.
    pub fn given<'p>(parts: &'p [Self], call: &str) -> Option<&'p [Self]> {
        parts.iter().rev().find_map(|part| match part {
            Self::ToolResult { call_id, parts, .. } if call_id == call => Some(parts.as_slice()),
            Self::ToolResult { .. }
            | Self::Text { .. }
            | Self::Image(_)
            | Self::File(_)
            | Self::Audio(_)
            | Self::Reasoning { .. }
            | Self::Refusal { .. }
            | Self::ToolCall { .. }
            | Self::Opaque { .. } => None,
        })
    }

    /// Takes the bytes out of images, files and sounds, those in results of tools too; what they were stays.
    pub fn leave_out_bytes(parts: &mut [Self]) {
        for part in parts {
            match part {
                Self::Image(media) | Self::File(media) | Self::Audio(media) => {
                    if let MediaSource::Base64 { data } = &mut media.source {
                        data.clear();
                    }
                }
                Self::ToolResult { parts, .. } => Self::leave_out_bytes(parts),
                Self::Text { .. }
                | Self::Reasoning { .. }
                | Self::Refusal { .. }
                | Self::ToolCall { .. }
                | Self::Opaque { .. } => {}
            }
        }
    }

    /// The readable text of parts; see [`Message::plain_text`].
    pub fn plain_text(parts: &[Self]) -> String {
        let mut out = String::new();
        gather(parts, &mut out);
        out
    }
}

/// One turn's content by one speaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// Fields of its wire that we carry (`name`, `cache_control`).
    #[serde(default, skip_serializing_if = "Extra::is_empty")]
    pub extra: Extra,
}

impl Message {
    /// The calls that are answered in this message itself: those of an agent's own tools, which are run between the
    /// model's answers and of which the caller sees nothing (W-44).
    pub fn own_calls(&self) -> Vec<&str> {
        if self.role != Role::Assistant {
            return Vec::new();
        }
        self.parts
            .iter()
            .filter_map(|part| {
                if let Part::ToolResult { call_id, .. } = part {
                    Some(call_id.as_str())
                } else {
                    None
                }
            })
            .collect()
    }

    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::text(text)],
            extra: Extra::new(),
        }
    }

    /// The readable text of the message: text and refusals, and the text inside tool results,
    /// joined by line breaks. This is what search indexes.
    pub fn plain_text(&self) -> String {
        Part::plain_text(&self.parts)
    }
}

fn gather(parts: &[Part], out: &mut String) {
    for part in parts {
        match part {
            Part::Text { text, .. } | Part::Refusal { text } => {
                if !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(text);
            }
            Part::ToolResult { parts, .. } => gather(parts, out),
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::Reasoning { .. }
            | Part::ToolCall { .. }
            | Part::Opaque { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_what_can_be_read_in_order() {
        let image = Part::Image(Media {
            source: MediaSource::Base64 { data: "AAAA".into() },
            media_type: None,
            name: None,
            extra: Extra::new(),
        });
        let mut marked = Extra::new();
        marked.set("cache_control", RawJson::new("{}"));
        let result = Part::ToolResult {
            call_id: "1".into(),
            parts: vec![Part::text("inner"), image.clone()],
            is_error: false,
            extra: Extra::new(),
        };
        let refusal = Part::Refusal { text: "no".into() };
        let marked = Part::Text {
            text: "marked".into(),
            extra: marked,
        };
        let parts = vec![Part::text("one"), image, marked, result, refusal];
        assert_eq!(Part::plain_text(&parts), "one\nmarked\ninner\nno");
    }
}
