//! Puts the pieces of an answer together again, for the record and for the window.

use domain::{Delta, Event, Extra, Message, Part, Role, StopReason};

/// One choice as far as it has come.
#[derive(Default)]
pub(super) struct Assembled {
    text: String,
    reasoning: String,
    signature: Option<String>,
    refusal: String,
    calls: Vec<(String, String, String, Extra)>,
    /// Why it ended.
    pub reason: Option<StopReason>,
}

impl Assembled {
    /// Bytes of readable text so far.
    pub fn len(&self) -> usize {
        self.text.len() + self.reasoning.len() + self.refusal.len()
    }

    fn add(&mut self, delta: &Delta) {
        match delta {
            Delta::Text { text, .. } => self.text.push_str(text),
            Delta::Reasoning { text } => self.reasoning.push_str(text),
            Delta::ReasoningSignature { signature } => self.signature = Some(signature.clone()),
            Delta::Refusal { text } => self.refusal.push_str(text),
            Delta::ToolCallStart { id, name, extra, .. } => {
                self.calls
                    .push((id.clone(), name.clone(), String::new(), extra.clone()));
            }
            Delta::ToolCallArguments { index, fragment } => {
                let at = usize::try_from(*index).unwrap_or(usize::MAX);
                if let Some(call) = self.calls.get_mut(at) {
                    call.2.push_str(fragment);
                }
            }
            Delta::Extra { .. } => {}
        }
    }

    /// The message as far as it has come.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::with_capacity(1);
        if !self.reasoning.is_empty() || self.signature.is_some() {
            parts.push(Part::Reasoning {
                text: self.reasoning.clone(),
                signature: self.signature.clone(),
            });
        }
        if !self.text.is_empty() {
            parts.push(Part::text(self.text.clone()));
        }
        if !self.refusal.is_empty() {
            parts.push(Part::Refusal {
                text: self.refusal.clone(),
            });
        }
        for (id, name, arguments, extra) in &self.calls {
            let (id, name, arguments) = (id.clone(), name.clone(), arguments.clone());
            parts.push(Part::ToolCall {
                id,
                name,
                arguments,
                extra: extra.clone(),
            });
        }
        parts
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

    /// The choices beside the first.
    pub fn others(&self) -> &[Assembled] {
        self.choices.get(1..).unwrap_or_default()
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

/// An answer's message as the window keeps it.
pub(super) fn message(parts: Vec<Part>) -> Message {
    Message {
        role: Role::Assistant,
        parts,
        extra: Extra::new(),
    }
}
