//! How far a call's answer has come, and how much of it is written down already.

use std::time::{Duration, Instant};

use domain::{Event, Extra, Message};

use super::assemble::{Assembled, Assembler, message};

const EVERY: Duration = Duration::from_millis(250);
const BYTES: usize = 4096;

/// An answer on its way. It may take several attempts: one that goes on where another paused adds to it.
pub(super) struct Progress {
    assembler: Assembler,
    noted_at: Instant,
    noted_len: usize,
    /// Whether its message is in the session.
    pub added: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            assembler: Assembler::default(),
            noted_at: Instant::now(),
            noted_len: 0,
            added: false,
        }
    }
}

impl Progress {
    /// Takes a piece in.
    pub fn add(&mut self, event: &Event) {
        self.assembler.add(event);
    }

    /// All choices as far as they have come.
    pub fn messages(&self) -> Vec<Message> {
        self.assembler.choices().iter().map(Assembled::message).collect()
    }

    /// The first choice as far as it has come, which is the one that goes on in the session.
    pub fn first(&self) -> Option<Message> {
        self.assembler.first().map(Assembled::message)
    }

    /// The first choice when it is time to write it down again (design.md 12).
    pub fn checkpoint(&mut self) -> Option<Message> {
        let first = self.assembler.first()?;
        let grown = first.len().saturating_sub(self.noted_len);
        // each checkpoint holds all that was said: the longer that is, the more has to be added to it
        let enough = BYTES.max(self.noted_len / 16);
        if grown == 0 || (grown < enough && self.noted_at.elapsed() < EVERY) {
            return None;
        }
        // its fields come with its end: until then they are in pieces
        let so_far = message(first.parts(), Extra::new());
        self.noted_len = first.len();
        self.noted_at = Instant::now();
        Some(so_far)
    }
}
