//! What is in a folder.

use std::collections::VecDeque;

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use domain::Reach;
use serde::Deserialize;

use super::super::about::About;
use super::path::{self, Refusal};
use super::{Allowed, Given};

pub(in super::super) const LIST: About = About {
    name: "list_files",
    description: "Lists a folder of the agent's folders: names, kinds and sizes. Without a path it tells which folders there are.",
    parameters: r#"{"type":"object","properties":{"path":{"type":"string","description":"Whole path, or one below the first folder"},"depth":{"type":"integer","minimum":1,"maximum":8,"description":"How many levels; absent: 1"}},"additionalProperties":false}"#,
    reach: Reach::Reads,
    untrusted: true,
    exact: false,
};

/// A model reads no more names than that.
const MOST: usize = 1000;
const DEEPEST: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    depth: Option<usize>,
}

pub(super) fn run(allowed: &Allowed, asked: &Asked) -> Result<Given, Refusal> {
    let Some(path) = asked.path.as_deref().filter(|path| !path.trim().is_empty()) else {
        return folders(allowed);
    };
    let place = allowed.place(path, false)?;
    let shown = place.shown();
    let depth = asked.depth.unwrap_or(1).clamp(1, DEEPEST);
    let mut lines = Vec::new();
    let mut left_out = 0_usize;
    let mut waiting = VecDeque::from([(place.folder()?, String::new(), 1)]);
    while let Some((dir, above, level)) = waiting.pop_front() {
        for Entry { name, kind, size } in entries(&dir)? {
            if allowed.is_own(&shown.join(format!("{above}{name}"))) {
                continue;
            }
            if lines.len() >= MOST {
                left_out += 1;
                continue;
            }
            match kind {
                Kind::Folder => {
                    lines.push(format!("{above}{name}/"));
                    let may = path::check_place(std::slice::from_ref(&name), false).is_ok();
                    if level < depth && may {
                        let below = dir.open_dir_nofollow(&name);
                        waiting.extend(
                            below
                                .ok()
                                .map(|below| (below, format!("{above}{name}/"), level + 1)),
                        );
                    }
                }
                Kind::File => lines.push(format!("{above}{name}  {size} bytes")),
                Kind::Link => lines.push(format!("{above}{name}  (a link, not followed)")),
                Kind::Other => lines.push(format!("{above}{name}  (no ordinary file)")),
            }
        }
    }
    if left_out > 0 {
        lines.push(format!("[{left_out} more were left out]"));
    }
    Ok(Given::text(match lines.is_empty() {
        true => "The folder is empty.".to_owned(),
        false => lines.join("\n"),
    }))
}

fn folders(allowed: &Allowed) -> Result<Given, Refusal> {
    if allowed.roots.is_empty() {
        return Err(Refusal::NoFolders);
    }
    let line = |root: &super::Root| {
        let may = if root.write { "read and write" } else { "read" };
        format!("{}  ({may})", root.path.display())
    };
    let lines: Vec<_> = allowed.roots.iter().map(line).collect();
    Ok(Given::text(lines.join("\n")))
}

/// What an entry of a folder is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File,
    Link,
    Other,
}

/// An entry of a folder.
pub(super) struct Entry {
    pub name: String,
    pub kind: Kind,
    pub size: u64,
}

/// The entries of an open folder by name, those whose names are text.
pub(super) fn entries(dir: &Dir) -> Result<Vec<Entry>, Refusal> {
    let mut entries = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry.file_type()?;
        let kind = match kind {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        };
        let size = entry.metadata().map_or(0, |metadata| metadata.len());
        entries.push(Entry { name, kind, size });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}
