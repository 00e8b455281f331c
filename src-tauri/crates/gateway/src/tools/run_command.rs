//! A program of this machine, started word by word.
//!
//! The most dangerous tool there is, so its rule is always to ask: a person sees every word and the folder, and a yes
//! covers nothing else (SEC-32). No shell reads the words, so nothing in them is run that was not shown. The program
//! gets a small environment, no input, a time, and is ended with all that it started when its caller leaves.
//! Deliberately not here: a list of harmless programs. There is none.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use domain::Reach;
use process_wrap::tokio::ChildWrapper;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::about::About;
use super::{Context, Given, files, parse};
use crate::programs;

pub(super) const ABOUT: About = About {
    name: "run_command",
    description: "Runs a program in one of the agent's folders, word by word, without a shell: no pipes, no variables, no wildcards. The person approves each one. Gives what it wrote, and how it ended.",
    parameters: r#"{"type":"object","properties":{"argv":{"type":"array","items":{"type":"string"},"minItems":1,"description":"The program and its arguments, one word each"},"folder":{"type":"string","description":"Where it is run; absent: the first folder"},"seconds":{"type":"integer","minimum":1,"maximum":600,"description":"How long it may take; absent: 60"}},"required":["argv"],"additionalProperties":false}"#,
    reach: Reach::Changes,
    untrusted: true,
    exact: true,
};

const SECONDS: u64 = 60;
const MOST_SECONDS: u64 = 600;
/// Of each of its two outputs at most this is kept: the beginning and the end.
const KEPT: usize = 24 << 10;
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    argv: Vec<String>,
    #[serde(default)]
    folder: Option<String>,
    #[serde(default)]
    seconds: Option<u64>,
}

/// Where it would be run, which is part of what a person approves.
pub(super) fn directory(context: &Context, arguments: &str) -> Option<String> {
    let asked: Asked = parse(arguments).ok()?;
    let folder = files::folder(context, asked.folder.as_deref()).ok()?;
    Some(folder.display().to_string())
}

/// Ends a program with all that it started.
struct Running(Box<dyn ChildWrapper>);

impl Drop for Running {
    fn drop(&mut self) {
        // an error says that nobody is left
        let _nobody = self.0.start_kill();
    }
}

pub(super) async fn run(context: &Context, arguments: &str) -> Given {
    let asked: Asked = match parse(arguments) {
        Ok(asked) => asked,
        Err(given) => return given,
    };
    let folder = match files::folder(context, asked.folder.as_deref()) {
        Ok(folder) => folder,
        Err(refused) => return refused,
    };
    let Some((program, words)) = asked
        .argv
        .split_first()
        .filter(|(program, _)| !program.trim().is_empty())
    else {
        return Given::error("There is no program to run: `argv` is empty.");
    };
    if asked.argv.iter().any(|word| word.contains('\0')) {
        return Given::error("A word holds a character that no program can be given.");
    }
    let seconds = asked.seconds.unwrap_or(SECONDS).clamp(1, MOST_SECONDS);
    let mut command = programs::leading(Path::new(program), |command| {
        command
            .args(words)
            .current_dir(&folder)
            .env_clear()
            .envs(context.engine.mcp().policy().environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    let mut running = match command.spawn() {
        Ok(child) => Running(child),
        Err(error) => return Given::error(format!("It could not be started: {}.", error.kind())),
    };
    let (out, err) = (running.0.stdout().take(), running.0.stderr().take());
    let (mut said, mut complained) = (Kept::default(), Kept::default());
    let ended = tokio::time::timeout(Duration::from_secs(seconds), async {
        let ((), (), ended) = tokio::join!(said.read(out), complained.read(err), running.0.wait());
        ended
    })
    .await;
    let how = match &ended {
        Err(_) => format!("It was ended after {seconds} seconds."),
        Ok(Err(error)) => format!("How it ended is not known: {}.", error.kind()),
        Ok(Ok(status)) => match status.code() {
            Some(0) => String::new(),
            Some(code) => format!("It ended with exit code {code}."),
            None => "It was ended by a signal.".to_owned(),
        },
    };
    let mut text = said.text();
    for (heading, more) in [("Standard error", complained.text()), ("", how.clone())] {
        if more.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        if !heading.is_empty() {
            text.push_str(&format!("[{heading}]\n"));
        }
        text.push_str(&more);
    }
    if text.is_empty() {
        text.push_str("It ended well and wrote nothing.");
    }
    Given {
        text,
        images: Vec::new(),
        is_error: !how.is_empty(),
        waited: Duration::ZERO,
    }
}

/// The beginning and the end of what a program wrote.
#[derive(Default)]
struct Kept {
    head: Vec<u8>,
    tail: std::collections::VecDeque<u8>,
    left_out: usize,
}

impl Kept {
    async fn read(&mut self, stream: Option<impl AsyncRead + Unpin>) {
        let Some(mut stream) = stream else { return };
        let mut piece = vec![0; 8 << 10];
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let piece = piece.get(..read).unwrap_or_default();
            let room = KEPT / 2 - self.head.len().min(KEPT / 2);
            let (head, tail) = piece.split_at(room.min(piece.len()));
            self.head.extend_from_slice(head);
            self.tail.extend(tail);
            let over = self.tail.len().saturating_sub(KEPT / 2);
            self.tail.drain(..over);
            self.left_out += over;
        }
    }

    fn text(&self) -> String {
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let (head, tail) = (
            String::from_utf8_lossy(&self.head),
            String::from_utf8_lossy(&tail),
        );
        let text = match self.left_out {
            0 => format!("{head}{tail}"),
            left_out => format!("{head}\n[{left_out} bytes were left out]\n{tail}"),
        };
        text.trim_end().to_owned()
    }
}
