//! How far a call's answer has come, and how much of it is written down already.

use std::time::{Duration, Instant};

use domain::{Event, Extra, Growth, Message};

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
    /// Whether that message was last said to be on its way.
    pub growing: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            assembler: Assembler::default(),
            noted_at: Instant::now(),
            noted_len: 0,
            added: false,
            growing: false,
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

    /// What to write down of the first choice when it is time to (design.md 12).
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        let growing = self.growing;
        let first = self.assembler.first_mut()?;
        let grown = first.len().saturating_sub(self.noted_len);
        if grown == 0 || (grown < BYTES && self.noted_at.elapsed() < EVERY) {
            return None;
        }
        self.noted_len = first.len();
        self.noted_at = Instant::now();
        let growth = first.take_growth();
        Some(if growing {
            Checkpoint::Growth(growth)
        } else {
            // its fields come with its end: until then they are in pieces
            Checkpoint::Whole(message(first.parts(), Extra::new()))
        })
    }
}

/// An answer on its way, to be written down.
pub(super) enum Checkpoint {
    /// All of it so far.
    Whole(Message),
    /// What came since the last time.
    Growth(Vec<Growth>),
}
