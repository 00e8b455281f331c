//! PDF, read in a process of its own.
//!
//! A PDF is a program in all but name, and those who read it have run out of stack, memory and time on purpose-made ones:
//! none of that can be caught from within. So the app starts itself once more, with nothing in the environment, hands it the
//! bytes and gets the text of the pages. That process may die or be ended when its time is up; the file is then one that
//! could not be read.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use pdf_extract::{Document, PlainTextOutput, output_doc_page};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::Line;

/// What the program is told to do so.
pub const ARGUMENT: &str = "read-pdf";
const PATIENCE: Duration = Duration::from_secs(30);
/// The most text that is taken from it.
const MOST_TEXT: u64 = 32 << 20;
const MOST_PAGES: usize = 5_000;

/// The lines of a PDF, by the program `reader`.
///
/// # Errors
/// Why there are none, in words for people.
pub(crate) async fn lines(reader: Option<&Path>, bytes: Vec<u8>) -> Result<Vec<Line>, String> {
    let Some(reader) = reader else {
        return Err("There is no program here that reads PDF.".to_owned());
    };
    let unreadable = |_: io::Error| "The program that reads PDF could not be started.".to_owned();
    let mut child = Command::new(reader)
        .arg(ARGUMENT)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(unreadable)?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("The program that reads PDF could not be started.".to_owned());
    };
    let write = async move {
        // who does not read to the end says so by its answer
        let _broken = input.write_all(&bytes).await;
        drop(input);
    };
    let mut text = Vec::new();
    let mut output = output.take(MOST_TEXT);
    let read = output.read_to_end(&mut text);
    let both = async { tokio::join!(write, read).1 };
    match tokio::time::timeout(PATIENCE, both).await {
        Ok(Ok(_)) => {}
        Ok(Err(_)) => return Err("It could not be read.".to_owned()),
        // dropped, and thereby ended
        Err(_) => {
            return Err(format!(
                "Reading it took longer than {} seconds.",
                PATIENCE.as_secs()
            ));
        }
    }
    // its libraries talk to the same stream; the last line is ours
    let last = text.rsplit(|byte| *byte == b'\n').find(|line| !line.is_empty());
    let pages: Option<Vec<String>> = last.and_then(|line| serde_json::from_slice(line).ok());
    let pages = pages.ok_or_else(|| "It is no PDF, or one that cannot be read.".to_owned())?;
    let lines = numbered(pages);
    match lines.iter().all(|line| line.text.trim().is_empty()) {
        true => Err("There is no text in it; its pages may be pictures.".to_owned()),
        false => Ok(lines),
    }
}

fn numbered(pages: Vec<String>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (page, text) in (1..).zip(pages) {
        for text in text.lines() {
            let number = u32::try_from(lines.len()).map_or(u32::MAX, |at| at.saturating_add(1));
            lines.push(Line {
                number,
                page: Some(page),
                heading: 0,
                text: text.to_owned(),
            });
        }
    }
    lines
}

/// What that process does: a PDF on stdin, its pages as a line of JSON on stdout.
///
/// # Errors
/// When there is nothing to read, or nobody to tell.
pub fn read_pdf() -> io::Result<()> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    let document = catch_unwind(AssertUnwindSafe(|| Document::load_mem(&bytes)));
    let Ok(Ok(document)) = document else {
        return Err(io::Error::other("this is no PDF"));
    };
    let count = document.get_pages().len().min(MOST_PAGES);
    let mut pages = Vec::new();
    for number in (1..).take(count) {
        let mut text = String::new();
        // a page that breaks its reader is empty
        let _broken = catch_unwind(AssertUnwindSafe(|| {
            output_doc_page(&document, &mut PlainTextOutput::new(&mut text), number)
        }));
        pages.push(text);
    }
    let mut out = io::stdout().lock();
    out.write_all(b"\n")?;
    serde_json::to_writer(&mut out, &pages)?;
    out.write_all(b"\n")?;
    out.flush()
}
