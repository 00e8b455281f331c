//! Puts the pieces of an answer together again, for the record and for the window.

use domain::{Delta, Event, Extra, Message, Part, Role, StopReason};

use super::reasoning;

/// One choice as far as it has come.
#[derive(Default)]
pub(super) struct Assembled {
    parts: Vec<Part>,
    fields: reasoning::Pieces,
    /// Where each tool call stands among the parts.
    calls: Vec<usize>,
    /// The last part is complete; what follows is another one.
    closed: bool,
    len: usize,
    /// Why it ended.
    pub reason: Option<StopReason>,
}

impl Assembled {
    /// Bytes of readable text so far.
    pub fn len(&self) -> usize {
        self.len
    }

    fn add(&mut self, delta: &Delta) {
        match delta {
            Delta::Text { text, .. } if text.is_empty() => {}
            Delta::Text { text, .. } => {
                self.len += text.len();
                if let (Some(Part::Text { text: so_far, .. }), false) = (self.parts.last_mut(), self.closed) {
                    so_far.push_str(text);
                } else {
                    self.push(Part::text(text.as_str()));
                }
            }
            Delta::TextExtra { extra: fields } => {
                let Some(Part::Text { extra, .. }) = self.parts.last_mut() else {
                    return;
                };
                fields
                    .iter()
                    .for_each(|(name, value)| extra.set(name, value.clone()));
                self.closed = true;
            }
            Delta::Reasoning { text } => {
                self.len += text.len();
                if let (Some(Part::Reasoning { text: so_far, .. }), false) =
                    (self.parts.last_mut(), self.closed)
                {
                    so_far.push_str(text);
                } else {
                    self.push(Part::reasoning(text.as_str()));
                }
            }
            Delta::ReasoningEnd { signature, extra } => {
                let open = !self.closed && matches!(self.parts.last(), Some(Part::Reasoning { .. }));
                if !open && (signature.is_some() || !extra.is_empty()) {
                    self.push(Part::reasoning(""));
                }
                if let Some(Part::Reasoning {
                    signature: sealed,
                    extra: fields,
                    ..
                }) = self.parts.last_mut()
                {
                    sealed.clone_from(signature);
                    fields.clone_from(extra);
                    self.closed = true;
                }
            }
            Delta::Refusal { text } => {
                self.len += text.len();
                if let Some(Part::Refusal { text: so_far }) = self.parts.last_mut() {
                    so_far.push_str(text);
                } else {
                    self.push(Part::Refusal { text: text.clone() });
                }
            }
            Delta::Part { part } => self.push((**part).clone()),
            Delta::ToolCallStart { id, name, extra, .. } => {
                self.calls.push(self.parts.len());
                self.push(Part::ToolCall {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                    extra: extra.clone(),
                });
            }
            Delta::ToolCallArguments { index, fragment } => {
                let at = usize::try_from(*index)
                    .ok()
                    .and_then(|index| self.calls.get(index));
                if let Some(Part::ToolCall { arguments, .. }) = at.and_then(|at| self.parts.get_mut(*at)) {
                    arguments.push_str(fragment);
                }
            }
            Delta::Extra { extra } => self.fields.add(extra),
        }
    }

    fn push(&mut self, part: Part) {
        self.parts.push(part);
        self.closed = false;
    }

    /// What it says, as far as it has come.
    pub fn parts(&self) -> Vec<Part> {
        self.parts.clone()
    }

    /// The message as far as it has come.
    pub fn message(&self) -> Message {
        message(self.parts(), self.fields.whole())
    }
}

/// All choices of an answer.
#[derive(Default)]
pub(super) struct Assembler {
    choices: Vec<Assembled>,
}

impl Assembler {
    /// Takes one event in.
    pub fn add(&mut self, event: &Event) {
        match event {
            Event::Delta { choice, delta } => {
                if let Some(assembled) = self.choice(*choice) {
                    assembled.add(delta);
                }
            }
            Event::Finished { choice, reason } => {
                if let Some(assembled) = self.choice(*choice) {
                    assembled.reason = Some(*reason);
                }
            }
            Event::Started { .. } | Event::Usage { .. } => {}
        }
    }

    /// The first choice: the one that goes on in the session.
    pub fn first(&self) -> Option<&Assembled> {
        self.choices.first()
    }

    /// All of them.
    pub fn choices(&self) -> &[Assembled] {
        &self.choices
    }

    fn choice(&mut self, index: u32) -> Option<&mut Assembled> {
        // more than any wire allows; a provider cannot make us fill memory with empty choices
        let at = usize::try_from(index).ok().filter(|at| *at < 128)?;
        while self.choices.len() <= at {
            self.choices.push(Assembled::default());
        }
        self.choices.get_mut(at)
    }
}

/// An answer's message.
pub(super) fn message(parts: Vec<Part>, extra: Extra) -> Message {
    Message {
        role: Role::Assistant,
        parts,
        extra,
    }
}
