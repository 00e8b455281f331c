//! What comes back from a provider: a stream of events, or the whole answer at once.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Extra, Message, Part, RawJson, Usage};

/// Why a choice ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model had said what it wanted, or met a stop sequence.
    Stop,
    /// The token limit.
    Length,
    /// It wants tools called.
    ToolCalls,
    /// A filter cut it off.
    ContentFilter,
}

impl StopReason {
    /// The reason as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }

    /// Reads [`StopReason::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Stop, Self::Length, Self::ToolCalls, Self::ContentFilter]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }
}

/// A piece of one choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// More text; log probabilities ride with the text they belong to.
    Text {
        /// The text; may be empty when only log probabilities came.
        text: String,
        /// The wire's `logprobs` value.
        logprobs: Option<RawJson>,
    },
    /// Fields of the text so far that the domain does not model (`citations`, `extra_content`); text that
    /// follows is another part.
    TextExtra {
        /// The fields; none where only the parts are told apart.
        extra: Extra,
    },
    /// More reasoning text.
    Reasoning {
        /// The text.
        text: String,
    },
    /// The block of reasoning so far is complete; reasoning that follows is another block. Only wires that
    /// have blocks say so. A block may have no text at all.
    ReasoningEnd {
        /// Its signature or sealed form, as the provider gave it.
        signature: Option<String>,
        /// See [`Part::Reasoning`].
        extra: Extra,
    },
    /// A part that came as a whole: an image, a sound, or what the domain does not model.
    Part {
        /// The part.
        part: Box<Part>,
    },
    /// More of a refusal.
    Refusal {
        /// The text.
        text: String,
    },
    /// A tool call begins. Indexes are dense and start at 0 in each choice.
    ToolCallStart {
        /// Which call of this choice.
        index: u32,
        /// Its id; made by the decoder when the provider gave none.
        id: String,
        /// The tool's name.
        name: String,
        /// Fields of its wire that we carry (`extra_content`).
        extra: Extra,
    },
    /// More of a call's arguments.
    ToolCallArguments {
        /// Which call of this choice.
        index: u32,
        /// A fragment of JSON text.
        fragment: String,
    },
    /// Fields of the delta that the domain does not model.
    Extra {
        /// The fields.
        extra: Extra,
    },
}

/// The only item of an answer's stream; a failure ends the stream in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The provider has accepted and begins.
    Started {
        /// The provider's id for the answer.
        id: Option<String>,
        /// The model that answers, in the provider's spelling.
        model: Option<String>,
        /// Fields of the answer that the domain does not model (`system_fingerprint`, `service_tier`).
        extra: Extra,
    },
    /// A piece of a choice.
    Delta {
        /// Which choice, from 0.
        choice: u32,
        /// The piece.
        delta: Delta,
    },
    /// A choice is complete; nothing but usage follows for it.
    Finished {
        /// Which choice.
        choice: u32,
        /// Why it ended.
        reason: StopReason,
    },
    /// Tokens, at most once, the last report wins.
    Usage {
        /// In the domain's convention.
        usage: Usage,
        /// The provider's own object.
        raw: RawJson,
    },
}

/// One of the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What was said, by the assistant.
    pub message: Message,
    /// Why it ended.
    pub reason: StopReason,
    /// The wire's `logprobs` value.
    pub logprobs: Option<RawJson>,
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The provider's id for the answer.
    pub id: Option<String>,
    /// The model that answered, in the provider's spelling.
    pub model: Option<String>,
    /// At least one.
    pub choices: Vec<Choice>,
    /// Tokens with the provider's own object, when it reported them.
    pub usage: Option<(Usage, RawJson)>,
    /// Fields of the answer that the domain does not model.
    pub extra: Extra,
}

impl Answer {
    /// The whole answer as the events that would have built it, where a stream was asked for.
    pub fn into_events(self) -> Vec<Event> {
        let mut events = vec![Event::Started {
            id: self.id,
            model: self.model,
            extra: self.extra,
        }];
        for (choice, whole) in (0..).zip(self.choices) {
            let mut give = |delta| events.push(Event::Delta { choice, delta });
            // one value for the whole choice: it rides with the first text
            let mut logprobs = whole.logprobs;
            let mut calls = 0..;
            let mut parts = whole.message.parts.into_iter().peekable();
            while let Some(part) = parts.next() {
                let bare = matches!(&part, Part::Text { extra, .. } if extra.is_empty());
                part_deltas(part, &mut logprobs, &mut calls, &mut give);
                // or the fields of the next text would be those of both
                if bare && matches!(parts.peek(), Some(Part::Text { .. })) {
                    give(Delta::TextExtra { extra: Extra::new() });
                }
            }
            if !whole.message.extra.is_empty() {
                give(Delta::Extra {
                    extra: whole.message.extra,
                });
            }
            events.push(Event::Finished {
                choice,
                reason: whole.reason,
            });
        }
        if let Some((usage, raw)) = self.usage {
            events.push(Event::Usage { usage, raw });
        }
        events
    }
}

fn part_deltas(
    part: Part,
    logprobs: &mut Option<RawJson>,
    calls: &mut impl Iterator<Item = u32>,
    give: &mut impl FnMut(Delta),
) {
    match part {
        Part::Text { text, extra } => {
            give(Delta::Text {
                text,
                logprobs: logprobs.take(),
            });
            if !extra.is_empty() {
                give(Delta::TextExtra { extra });
            }
        }
        Part::Reasoning {
            text,
            signature,
            extra,
        } => {
            if !text.is_empty() {
                give(Delta::Reasoning { text });
            }
            give(Delta::ReasoningEnd { signature, extra });
        }
        Part::Refusal { text } => give(Delta::Refusal { text }),
        Part::ToolCall {
            id,
            name,
            arguments,
            extra,
        } => {
            let index = calls.next().unwrap_or(u32::MAX);
            give(Delta::ToolCallStart {
                index,
                id,
                name,
                extra,
            });
            give(Delta::ToolCallArguments {
                index,
                fragment: arguments,
            });
        }
        Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::Opaque { .. } => {
            give(Delta::Part { part: Box::new(part) })
        }
        // a model does not answer itself
        Part::ToolResult { .. } => {}
    }
}
