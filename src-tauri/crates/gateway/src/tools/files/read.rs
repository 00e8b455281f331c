//! What stands in a file.

use std::io::Read;

use domain::Reach;
use serde::Deserialize;

use super::super::about::About;
use super::path::Refusal;
use super::{Allowed, Given};

pub(in super::super) const READ: About = About {
    name: "read_file",
    description: "Reads a text file in the agent's folders. Long files are read in parts: say from which line, and how many.",
    parameters: r#"{"type":"object","properties":{"path":{"type":"string","description":"Whole path, or one below the first folder"},"from":{"type":"integer","minimum":1,"description":"First line; absent: 1"},"lines":{"type":"integer","minimum":1,"description":"How many lines; absent: as many as fit"}},"required":["path"],"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: true,
    exact: false,
};

/// A longer file is no text that a model reads.
pub(super) const LONGEST: u64 = 10 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    path: String,
    #[serde(default)]
    from: Option<usize>,
    #[serde(default)]
    lines: Option<usize>,
}

pub(super) fn run(allowed: &Allowed, asked: &Asked) -> Result<Given, Refusal> {
    let place = allowed.place(&asked.path, false)?;
    let (file, metadata) = place.file()?;
    let text = text(file, metadata.len())?;
    if asked.from.is_none() && asked.lines.is_none() {
        return Ok(Given::text(text));
    }
    let (from, most) = (asked.from.unwrap_or(1).max(1), asked.lines.unwrap_or(usize::MAX));
    let all = text.lines().count();
    let part: Vec<&str> = text.lines().skip(from - 1).take(most).collect();
    if part.is_empty() {
        return Err(Refusal::Unfit(format!("It has {all} lines.")));
    }
    let last = from + part.len() - 1;
    Ok(Given::text(format!(
        "[lines {from} to {last} of {all}]\n{}",
        part.join("\n")
    )))
}

/// All of an open file, when it is text.
pub(super) fn text(mut file: impl Read, size: u64) -> Result<String, Refusal> {
    if size > LONGEST {
        return Err(Refusal::Unfit(format!("It is too large: {size} bytes.")));
    }
    let mut bytes = Vec::new();
    // it may have grown since it was measured
    let read = file.by_ref().take(LONGEST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(read).map_or(true, |read| read > LONGEST) {
        return Err(Refusal::Unfit("It is too large.".to_owned()));
    }
    if bytes.contains(&0) {
        return Err(Refusal::Kind("no text"));
    }
    String::from_utf8(bytes).map_err(|_| Refusal::Kind("no text in UTF-8"))
}
