//! What goes on between us and a server: which of its tools are at work, and whether it waits for the person.
//!
//! The danger is a tool that is cut off while a person thinks: their time is nobody's fault, and is counted apart.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// Of one connection.
pub(super) struct Talk {
    /// The names of the tools at work.
    working: watch::Sender<Vec<String>>,
    asking: Mutex<Asking>,
}

#[derive(Default)]
struct Asking {
    /// Questions that wait.
    count: u32,
    since: Option<Instant>,
    /// How long any had waited before.
    before: Duration,
}

impl Talk {
    pub fn new() -> Self {
        Self {
            working: watch::channel(Vec::new()).0,
            asking: Mutex::default(),
        }
    }

    /// A tool begins its work, which ends when this is dropped.
    pub fn begin(&self, tool: &str) -> Working<'_> {
        self.working.send_modify(|all| all.push(tool.to_owned()));
        Working {
            talk: self,
            tool: tool.to_owned(),
        }
    }

    /// The tools at work.
    pub fn tools(&self) -> Vec<String> {
        self.working.borrow().clone()
    }

    /// Waits until no tool is at work.
    pub async fn rests(&self) {
        let mut working = self.working.subscribe();
        // it is never closed before we are
        let _rests = working.wait_for(Vec::is_empty).await;
    }

    /// The person is asked, until this is dropped.
    pub fn ask(&self) -> Waiting<'_> {
        let mut asking = self.asking();
        asking.count += 1;
        asking.since = asking.since.or_else(|| Some(Instant::now()));
        Waiting(self)
    }

    /// For how long the person was asked so far.
    pub fn asked(&self) -> Duration {
        let asking = self.asking();
        asking.before + asking.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Whether the person is being asked.
    pub fn asks(&self) -> bool {
        self.asking().count > 0
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A tool at work.
pub(super) struct Working<'a> {
    talk: &'a Talk,
    tool: String,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.talk.working.send_modify(|all| {
            if let Some(at) = all.iter().position(|tool| *tool == self.tool) {
                all.remove(at);
            }
        });
    }
}

/// A question that waits.
pub(super) struct Waiting<'a>(&'a Talk);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut asking = self.0.asking();
        asking.count = asking.count.saturating_sub(1);
        if asking.count == 0
            && let Some(since) = asking.since.take()
        {
            asking.before += since.elapsed();
        }
    }
}
