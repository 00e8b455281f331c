//! Messages as a provider of this wire reads them (W-160, W-161, W-164).
//!
//! The wire knows two speakers who take turns, the user first; results of tools stand at the head of the
//! user's turn. The domain knows four roles in any order, so messages are gathered into turns first.

use domain::{Extra, Message, Part, Request, Role, Wire};

use super::provider_turn::{Turn, Writer, calls_last, item, sendable, signature};
use super::{block, generation};
use crate::json::{self, Object};
use crate::notes::Notes;

/// What the user says where the wire wants a word and the conversation has none.
const NOTHING: &str = ".";
/// More cache marks than this are refused (W-165).
const MOST_MARKS: usize = 4;

/// Which cache marks go out. Those at the end of the conversation and in the instructions reach furthest, so
/// the first ones of the messages go, and then those of the tools.
pub(super) struct Marks {
    skip_in_messages: usize,
    skip_in_tools: usize,
}

impl Marks {
    /// Counts the marks of a request.
    pub(super) fn of(request: &Request) -> Self {
        let marked = |extra: &Extra| usize::from(extra.get("cache_control").is_some());
        let tools: usize = request.tools.iter().map(|tool| marked(&tool.extra)).sum();
        let (mut system, mut said) = (0, 0);
        for message in &request.messages {
            let count = if message.role.instructs() {
                &mut system
            } else {
                &mut said
            };
            *count += message.parts.iter().map(count_marks).sum::<usize>();
        }
        let skip = (tools + system + said).saturating_sub(MOST_MARKS);
        Self {
            skip_in_messages: skip.min(said),
            skip_in_tools: skip.saturating_sub(said),
        }
    }

    pub(super) fn keep_in_tool(&mut self) -> bool {
        take(&mut self.skip_in_tools)
    }

    pub(super) fn keep_in_message(&mut self) -> bool {
        take(&mut self.skip_in_messages)
    }
}

fn take(skip: &mut usize) -> bool {
    let keep = *skip == 0;
    *skip = skip.saturating_sub(1);
    keep
}

fn count_marks(part: &Part) -> usize {
    let (extra, inner) = match part {
        Part::Text { extra, .. } | Part::ToolCall { extra, .. } => (extra, &[][..]),
        Part::Image(media) | Part::File(media) => (&media.extra, &[][..]),
        Part::ToolResult { extra, parts, .. } => (extra, parts.as_slice()),
        Part::Audio(_) | Part::Reasoning { .. } | Part::Refusal { .. } | Part::Opaque { .. } => return 0,
    };
    usize::from(extra.get("cache_control").is_some()) + inner.iter().map(count_marks).sum::<usize>()
}

/// A conversation as this wire arranges it.
pub(super) struct Conversation<'r> {
    system: Vec<&'r Part>,
    turns: Vec<Turn<'r>>,
    /// The request came on this wire: what the domain does not model is this wire's own.
    own: bool,
}

impl<'r> Conversation<'r> {
    /// Gathers the messages into turns.
    pub(super) fn of(request: &'r Request, model: &str, notes: &mut Notes) -> Self {
        let own = request.wire == Wire::AnthropicMessages;
        let mut out = Self {
            system: Vec::new(),
            turns: Vec::new(),
            own,
        };
        for (at, message) in request.messages.iter().enumerate() {
            let instructs = message.role.instructs();
            if instructs && !(own && generation::takes_system_midway(model) && out.midway(request, at)) {
                if !out.turns.is_empty() {
                    notes.add("system messages in the middle", "moved to the top");
                }
                out.system.extend(&message.parts);
            } else {
                out.add(message, notes);
            }
        }
        out.turns.retain(|turn| {
            let says = turn.results.iter().chain(&turn.parts).any(|part| sendable(part));
            if !says {
                notes.add("messages without content", "left out");
            }
            says
        });
        for turn in &mut out.turns {
            if turn.role == Role::Assistant {
                calls_last(&mut turn.parts, notes);
            }
        }
        out
    }

    /// Whether instructions may stand here: behind a turn of the user, before one of the assistant or none.
    fn midway(&self, request: &Request, at: usize) -> bool {
        let behind = self.turns.last().is_some_and(|turn| turn.role != Role::Assistant);
        let mut after = request.messages.iter().skip(at + 1);
        let next = after.find(|message| !message.role.instructs());
        behind && next.is_none_or(|message| message.role == Role::Assistant)
    }

    fn add(&mut self, message: &'r Message, notes: &mut Notes) {
        let role = match message.role {
            Role::User | Role::Tool => Role::User,
            Role::Assistant => Role::Assistant,
            Role::System | Role::Developer => Role::System,
        };
        if self.turns.last().is_none_or(|turn| turn.role != role) {
            self.turns.push(Turn {
                role,
                results: Vec::new(),
                parts: Vec::new(),
                extras: Vec::new(),
            });
        }
        let Some(turn) = self.turns.last_mut() else { return };
        turn.extras.push(&message.extra);
        for part in &message.parts {
            let stray = match part {
                Part::ToolResult { .. } if role == Role::User => {
                    turn.results.push(part);
                    continue;
                }
                Part::ToolResult { .. } => true,
                Part::ToolCall { .. } | Part::Reasoning { .. } => role != Role::Assistant,
                Part::Text { .. }
                | Part::Image(_)
                | Part::File(_)
                | Part::Audio(_)
                | Part::Refusal { .. }
                | Part::Opaque { .. } => false,
            };
            if stray {
                notes.add("parts that another speaker cannot say", "left out");
            } else {
                turn.parts.push(part);
            }
        }
    }

    /// Whether a turn of the tool loop that is going on lacks the signed block that it began with. A model
    /// that thinks by a budget wants it back; without it the loop goes on without thinking (W-164).
    pub(super) fn lost_signature(&self) -> bool {
        self.turns
            .iter()
            .rev()
            .take_while(|turn| turn.role == Role::Assistant || turn.parts.is_empty())
            .filter(|turn| {
                turn.parts
                    .iter()
                    .any(|part| matches!(part, Part::ToolCall { .. }))
            })
            .any(|turn| turn.parts.first().is_none_or(|part| signature(part).is_none()))
    }

    /// Writes `system`, when anybody instructs; `instruction` is one of our own, after all others.
    pub(super) fn write_system(&self, instruction: Option<&str>, object: &mut Object<'_>, notes: &mut Notes) {
        let mut texts = self.system.iter().filter(|part| sendable(part)).peekable();
        if texts.peek().is_none() && instruction.is_none() {
            return;
        }
        let out = object.key("system");
        out.push(b'[');
        let start = out.len();
        for part in texts {
            if !matches!(
                part,
                Part::Text { .. } | Part::Refusal { .. } | Part::Opaque { .. }
            ) {
                notes.add("parts of system messages that are no text", "left out");
                continue;
            }
            let own = self.own;
            item(start, out, |out| {
                block::write(part, &mut |name| own || name == "cache_control", out)
            });
        }
        if let Some(instruction) = instruction {
            item(start, out, |out| {
                let mut object = Object::open(out);
                object.literal("type", r#""text""#);
                object.string("text", instruction);
                object.close();
                true
            });
        }
        out.push(b']');
    }

    /// Writes the array of messages.
    pub(super) fn write(&self, out: &mut Vec<u8>, notes: &mut Notes, marks: &mut Marks) {
        out.push(b'[');
        let start = out.len();
        if self.turns.first().is_none_or(|turn| turn.role != Role::User) {
            notes.add("messages", "begun with a word of the user, as the wire wants");
            out.extend_from_slice(b"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":");
            json::write_string(NOTHING, out);
            out.extend_from_slice(b"}]}");
        }
        for (at, turn) in self.turns.iter().enumerate() {
            let last = at + 1 == self.turns.len();
            item(start, out, |out| {
                let mut writer = Writer {
                    own: self.own,
                    notes: &mut *notes,
                    marks: &mut *marks,
                };
                writer.turn(turn, last, out);
                true
            });
        }
        out.push(b']');
    }
}
