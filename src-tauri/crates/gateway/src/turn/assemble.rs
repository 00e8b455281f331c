//! Puts the pieces of an answer together again, for the record and for the window.

use domain::{Delta, Event, Extra, Growth, Message, Part, Role, StopReason};

use super::reasoning;
use crate::pieces::{Fields, Parts};

/// One choice as far as it has come.
#[derive(Default)]
pub(super) struct Assembled {
    parts: Parts,
    fields: Fields,
    /// Why it ended.
    pub reason: Option<StopReason>,
}

impl Assembled {
    /// Bytes of text and arguments so far.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    fn add(&mut self, delta: &Delta) {
        self.parts.add(delta);
        if let Delta::Extra { extra } = delta {
            // other fields went to the client; nobody wants those back
            self.fields.add(extra, reasoning::is_thought);
        }
    }

    /// What came since this was last asked.
    pub fn take_growth(&mut self) -> Vec<Growth> {
        self.parts.take_growth()
    }

    /// What it says, as far as it has come.
    pub fn parts(&self) -> Vec<Part> {
        self.parts.as_slice().to_vec()
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

    /// The same, to be asked what came.
    pub fn first_mut(&mut self) -> Option<&mut Assembled> {
        self.choices.first_mut()
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
