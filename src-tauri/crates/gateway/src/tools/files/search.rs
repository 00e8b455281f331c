//! Where something stands in the files of a folder.

use std::time::{Duration, Instant};

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use domain::Reach;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::super::about::About;
use super::list::{Kind, entries};
use super::path::{self, Refusal};
use super::{Allowed, Given, folder, read};

pub(in super::super) const SEARCH: About = About {
    name: "search_files",
    description: "Searches the text files of the agent's folders, line by line, and tells path, line number and line. Hidden folders, node_modules and build output are left out.",
    parameters: r#"{"type":"object","properties":{"text":{"type":"string","description":"What to search for"},"regex":{"type":"boolean","description":"Whether the text is a regular expression"},"path":{"type":"string","description":"In which folder; absent: the first"},"ending":{"type":"string","description":"Only files whose names end so, such as .rs"}},"required":["text"],"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: true,
    exact: false,
};

const SPAN: Duration = Duration::from_secs(10);
const MOST: usize = 200;
/// Longer files are not searched.
const LARGEST: u64 = 2 << 20;
const DEEPEST: usize = 24;
/// Of a line at most this is told.
const LINE: usize = 300;
/// What other programs write, and nobody reads.
const SKIPPED: &[&str] = &["node_modules", "target", "dist", "build", "__pycache__", "venv"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    text: String,
    #[serde(default)]
    regex: bool,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    ending: Option<String>,
}

struct Search<'a> {
    allowed: &'a Allowed,
    pattern: Regex,
    ending: &'a str,
    until: Instant,
    found: Vec<String>,
    looked: usize,
    /// Why it ended before everything was looked at.
    cut: Option<&'static str>,
}

pub(super) fn run(allowed: &Allowed, asked: &Asked) -> Result<Given, Refusal> {
    if asked.text.is_empty() {
        return Err(Refusal::Unfit("There is nothing to search for.".to_owned()));
    }
    let pattern = match asked.regex {
        true => asked.text.clone(),
        false => regex::escape(&asked.text),
    };
    let pattern = RegexBuilder::new(&pattern).size_limit(1 << 20).build();
    let pattern =
        pattern.map_err(|error| Refusal::Unfit(format!("That is no regular expression: {error}.")))?;
    let place = allowed.place(asked.path.as_deref().unwrap_or("."), false)?;
    let mut search = Search {
        allowed,
        pattern,
        ending: asked.ending.as_deref().unwrap_or_default(),
        until: Instant::now() + SPAN,
        found: Vec::new(),
        looked: 0,
        cut: None,
    };
    search.folder(&place.folder()?, &place.shown(), 0)?;
    let Search {
        mut found,
        looked,
        cut,
        ..
    } = search;
    if found.is_empty() {
        found.push(format!("Nothing was found in {looked} files."));
    }
    found.extend(cut.map(|why| format!("[{why}]")));
    Ok(Given::text(found.join("\n")))
}

impl Search<'_> {
    fn folder(&mut self, dir: &Dir, at: &std::path::Path, depth: usize) -> Result<(), Refusal> {
        for entry in entries(dir)? {
            if Instant::now() >= self.until {
                self.cut = Some("the search took too long; search in a smaller folder");
            }
            if self.found.len() >= MOST {
                self.cut = Some("there are more; search for something rarer");
            }
            if self.cut.is_some() {
                return Ok(());
            }
            let path = at.join(&entry.name);
            let hidden = entry.name.starts_with('.');
            let may = path::check_place(std::slice::from_ref(&entry.name), false).is_ok();
            if !may || self.allowed.is_own(&path) {
                continue;
            }
            match entry.kind {
                Kind::Folder if !hidden && depth < DEEPEST && !SKIPPED.contains(&entry.name.as_str()) => {
                    // one that cannot be opened is as good as empty
                    if let Ok(below) = dir.open_dir_nofollow(&entry.name) {
                        self.folder(&below, &path, depth + 1)?;
                    }
                }
                Kind::File if entry.size <= LARGEST && entry.name.ends_with(self.ending) => {
                    self.file(dir, &entry.name, &path);
                }
                Kind::Folder | Kind::File | Kind::Link | Kind::Other => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, dir: &Dir, name: &str, path: &std::path::Path) {
        let text = folder::open(dir, name).and_then(|(file, metadata)| read::text(file, metadata.len()));
        // pictures and what nobody may read
        let Ok(text) = text else { return };
        self.looked += 1;
        for (number, line) in text.lines().enumerate() {
            if self.found.len() >= MOST {
                return;
            }
            if self.pattern.is_match(line) {
                let end = line.floor_char_boundary(LINE);
                let line = line.get(..end).unwrap_or(line);
                self.found
                    .push(format!("{}:{}: {line}", path.display(), number + 1));
            }
        }
    }
}
