//! What a server said beside its answers: the last lines of it, for who looks why it does not work.
//!
//! The danger is a program that prints what it was given in confidence. Its secrets are known here, and never kept.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use domain::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::control::{McpLogLine, McpLogSource};

const LINES: usize = 500;
/// More of a line is left out.
const LONGEST: usize = 2 << 10;
/// A shorter one would be found in every other word.
const SHORTEST_SECRET: usize = 4;

/// The log of one server.
#[derive(Default)]
pub(super) struct Log {
    lines: Mutex<VecDeque<McpLogLine>>,
    secrets: Mutex<Vec<SecretString>>,
}

impl Log {
    /// What is never kept from now on.
    pub fn keep_secret(&self, secrets: impl Iterator<Item = SecretString>) {
        let long = |secret: &SecretString| secret.expose_secret().len() >= SHORTEST_SECRET;
        let mut kept = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = secrets.filter(long).collect();
    }

    /// Adds a line, or the beginning of one.
    pub fn add(&self, at: Timestamp, source: McpLogSource, text: &str) {
        let mut text = text.trim_end().to_owned();
        for secret in self.secrets.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), "••••");
            }
        }
        text.truncate(text.floor_char_boundary(LONGEST));
        if text.is_empty() {
            return;
        }
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= LINES {
            lines.pop_front();
        }
        lines.push_back(McpLogLine { at, source, text });
    }

    /// All of it, oldest first.
    pub fn lines(&self) -> Vec<McpLogLine> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }
}
