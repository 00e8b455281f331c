//! Runs JavaScript that a model wrote, where it can do nothing but compute.
//!
//! The danger is code that reaches out, or that never ends, or that takes the machine's memory or the app's stack. So the
//! engine (QuickJS-NG) is itself WebAssembly that wasmi interprets: what is inside sees its own linear memory and the
//! dozen functions of `host`, none of which opens, sends, starts or waits for anything. Each step is paid with fuel in
//! slices, between which the clock and whoever waits are looked at; memory and stack are capped outside of the
//! engine as well as in it. Each run has an engine of its own.
//!
//! Deliberately not here: who may run code and how many at once, which is the tool's; files, network, modules, and
//! anything that is kept from one run to the next.

mod engine;
mod host;
mod machine;
mod running;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use engine::is_available;
pub use running::run;

/// What is run, and what it is told of the world.
#[derive(Clone, Debug)]
pub struct Code {
    /// JavaScript, as a script in which `await` may stand anywhere.
    pub text: String,
    /// What the global `input` is, as JSON; `undefined` without.
    pub input: Option<String>,
    /// When it begins.
    pub now: Timestamp,
    /// Of whoever reads the dates that it writes.
    pub zone: TimeZone,
}

/// How far a run may go.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// From its begin to its end.
    pub span: Duration,
    /// Bytes of linear memory, all in all. The code itself is told that there is none left a little before.
    pub memory: usize,
    /// Bytes of text that are kept of what it gives: what it writes and its value together.
    pub output: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            span: Duration::from_secs(20),
            memory: 128 << 20,
            output: 60 << 10,
        }
    }
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// What it wrote with `console.log` and the like, line by line, also where it was ended.
    pub written: String,
    /// Characters of that which were left out.
    pub left_out: u64,
    /// How it ended.
    pub end: End,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself. The value of the last expression, as people read it; `None` where that is undefined.
    Value(Option<String>),
    /// By an error that it did not catch: its name, message and lines.
    Threw(String),
    /// Its span was over.
    Late,
    /// It waits for something that nothing will ever bring about.
    Stuck,
    /// Whoever waited for it has left.
    Stopped,
    /// Its calls were nested too deep, beyond what the code itself could be told.
    TooDeep,
    /// The engine gave up; in a few words of its own.
    Broken(String),
    /// There is no engine in this build.
    Absent,
}
