//! A server that is a program here: started word by word, in a small environment, and ended with all that it started.
//!
//! The danger is what it leaves: children of its own go on when only their parent is ended. So it leads a process
//! group (a job on Windows), and that is ended as a whole, also when a call is dropped in the middle of a start. When
//! Inglenook itself is killed, its standard input ends, at which servers go by the protocol. Deliberately not here: one
//! that leaves its group on purpose, and a sandbox; what a program may do on this machine is what its user may do, and
//! the person who approves it is told so.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio_util::sync::CancellationToken;

use super::log::Log;
use crate::Engine;
use crate::control::McpLogSource;
use crate::programs;

/// A program that is told to end has this long to do so.
const GRACE: Duration = Duration::from_secs(2);
/// A line of its errors is looked at in pieces of this size.
const PIECE: usize = 4 << 10;

/// What is started.
pub(super) struct Plan<'a> {
    pub program: &'a Path,
    pub args: &'a [String],
    /// All of its environment.
    pub env: Vec<(String, String)>,
    pub cwd: Option<&'a str>,
}

/// A running program.
pub(super) struct Process {
    /// `None` when it has been ended.
    child: Option<Box<dyn ChildWrapper>>,
    /// It has closed its standard error: it and all that it started are gone.
    silent: CancellationToken,
    /// Nobody listens to it any more.
    over: CancellationToken,
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    /// Those of the system.
    pub fn start(
        engine: &Engine,
        plan: &Plan<'_>,
        log: &Arc<Log>,
    ) -> std::io::Result<(Self, ChildStdout, ChildStdin)> {
        let mut command = programs::leading(plan.program, |command| {
            command
                .args(plan.args)
                .env_clear()
                .envs(plan.env.iter().map(|(name, value)| (name, value)))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            if let Some(cwd) = plan.cwd {
                command.current_dir(cwd);
            }
        });
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin().take(), child.stdout().take());
        let stderr = child.stderr().take();
        let process = Self {
            child: Some(child),
            silent: CancellationToken::new(),
            over: CancellationToken::new(),
        };
        let (Some(stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(std::io::Error::other("it has no standard streams"));
        };
        process.listen(engine, stderr, Arc::clone(log));
        Ok((process, stdout, stdin))
    }

    fn listen(&self, engine: &Engine, stderr: ChildStderr, log: Arc<Log>) {
        let (silent, over) = (self.silent.clone().drop_guard(), self.over.clone());
        let listening = engine.clone();
        engine.spawn(async move {
            over.run_until_cancelled(write_down(&listening, stderr, &log))
                .await;
            drop(silent);
        });
    }

    /// Ends it and all that it started. Its standard input was closed before.
    pub async fn end(mut self) {
        // one that goes by itself may have something to write down first
        let _gone = tokio::time::timeout(GRACE, self.silent.cancelled()).await;
        if let Some(mut child) = self.child.take() {
            kill(child.as_mut());
            let _reaped = tokio::time::timeout(GRACE, child.wait()).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            kill(child.as_mut());
        }
        self.over.cancel();
    }
}

fn kill(child: &mut dyn ChildWrapper) {
    // an error says that nobody is left
    let _nobody = child.start_kill();
}

/// Keeps the lines of a stream, of each its beginning.
async fn write_down(engine: &Engine, mut stream: impl AsyncRead + Unpin, log: &Log) {
    let mut piece = vec![0; PIECE];
    let mut line: Vec<u8> = Vec::new();
    let tell = |line: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(line);
        log.add(engine.clock().now(), McpLogSource::Stderr, &text);
        line.clear();
    };
    while let Ok(read @ 1..) = stream.read(&mut piece).await {
        let mut rest = piece.get(..read).unwrap_or_default();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (head, tail) = rest.split_at(end);
            line.extend_from_slice(head);
            tell(&mut line);
            rest = tail.get(1..).unwrap_or_default();
        }
        if line.len() < PIECE {
            line.extend_from_slice(rest);
        }
    }
    tell(&mut line);
}
