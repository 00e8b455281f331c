//! A file, written whole.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::fs::{Dir, OpenOptions};
use domain::Reach;
use serde::Deserialize;

use super::super::about::About;
use super::path::Refusal;
use super::{Allowed, Given};

pub(in super::super) const WRITE: About = About {
    name: "write_file",
    description: "Writes a text file in the agent's folders: a new one, or over the one that is there.",
    parameters: r#"{"type":"object","properties":{"path":{"type":"string","description":"Whole path, or one below the first folder that may be written"},"content":{"type":"string","description":"All of the file"}},"required":["path","content"],"additionalProperties":false}"#,
    reach: Reach::Changes,
    untrusted: false,
    exact: false,
};

/// Numbers what is written, so that no two have the same name on the way.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    path: String,
    content: String,
}

pub(super) fn run(allowed: &Allowed, asked: &Asked) -> Result<Given, Refusal> {
    let place = allowed.place(&asked.path, true)?;
    let (dir, name) = place.parent_made()?;
    let new = replace(&dir, name, asked.content.as_bytes())?;
    let how = if new {
        "Written"
    } else {
        "Written over what was there"
    };
    Ok(Given::text(format!(
        "{how}: {}, {} bytes.",
        place.shown().display(),
        asked.content.len()
    )))
}

/// Puts a whole file in the place of one, or of none: never half of it, also when the machine stops. Gives whether there
/// was none.
pub(super) fn replace(dir: &Dir, name: &str, content: &[u8]) -> Result<bool, Refusal> {
    let before = match dir.symlink_metadata(name) {
        Ok(metadata) if metadata.is_symlink() => return Err(Refusal::Link),
        Ok(metadata) if metadata.is_dir() => return Err(Refusal::Kind("a folder")),
        Ok(metadata) if !metadata.is_file() => return Err(Refusal::Kind("no ordinary file")),
        Ok(metadata) => Some(metadata),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let beside = format!(
        ".inglenook-{}-{}",
        std::process::id(),
        WRITTEN.fetch_add(1, Ordering::Relaxed)
    );
    let written = (|| -> std::io::Result<()> {
        let mut file = dir.open_with(&beside, OpenOptions::new().write(true).create_new(true))?;
        file.write_all(content)?;
        if let Some(before) = &before {
            file.set_permissions(before.permissions())?;
        }
        file.sync_all()?;
        // a link that came meanwhile is replaced, not followed
        dir.rename(&beside, dir, name)
    })();
    if let Err(error) = written {
        let _nothing_left = dir.remove_file(&beside);
        return Err(error.into());
    }
    Ok(before.is_none())
}
