//! Files that were dropped onto the window, where the web view gives its page none: WebKitGTK has kept them from all pages
//! since a page could name any file itself and have it dropped back (CVE-2025-13947).
//!
//! So the names come from the system's own word on the drop and never from the page, which says only which of them it
//! reads, by number, until the next drop. What was not dropped cannot be read. What is not a file, such as a directory or a
//! pipe, is told of and not read.

use std::fs::{File, metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use domain::{Failure, FailureKind};
use serde::Serialize;

/// The page refuses what is larger before it reads it.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// A dropped file, as the page is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Its name without its place.
    pub name: String,
    /// In bytes.
    pub size: u64,
}

/// The files of the last drop.
#[derive(Debug, Default)]
pub struct LastDrop(Vec<PathBuf>);

impl LastDrop {
    /// Takes what the system says was dropped, in its order. Addresses that are no paths are left out: the page's own
    /// pictures and links are dragged as such.
    pub fn take(&mut self, paths: Vec<PathBuf>) -> Vec<Dropped> {
        self.0 = paths.into_iter().filter(|path| path.is_absolute()).collect();
        self.0.iter().map(|path| seen(path)).collect()
    }

    /// Where a file of the last drop lies.
    ///
    /// # Errors
    /// There is none of this number.
    pub fn path(&self, number: usize) -> Result<PathBuf, Failure> {
        let none = || Failure::new(FailureKind::NotFound, "No such file was dropped.");
        self.0.get(number).cloned().ok_or_else(none)
    }
}

/// The bytes of a file.
///
/// # Errors
/// It is no file, too large, or cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |_| Failure::new(FailureKind::StorageFailed, "The dropped file cannot be read.");
    // before it is opened, for opening a pipe waits
    if !metadata(path).map_err(unreadable)?.is_file() {
        return Err(Failure::invalid("number", "What was dropped is no file."));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::invalid("number", "The dropped file is too large."));
    }
    Ok(bytes)
}

fn seen(path: &Path) -> Dropped {
    Dropped {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        size: metadata(path)
            .ok()
            .filter(|found| found.is_file())
            .map_or(0, |found| found.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_dropped_last_is_read() {
        let directory = std::env::temp_dir().join(format!("inglenook-dropped-{}", std::process::id()));
        let file = directory.join("notes.md");
        let made = std::fs::create_dir_all(&directory).and_then(|()| std::fs::write(&file, "quince"));
        assert!(made.is_ok());
        let mut last = LastDrop::default();
        assert!(last.path(0).is_err());
        let told = last.take(vec![
            "https://example.test/a.png".into(),
            file.clone(),
            directory.clone(),
        ]);
        assert_eq!(told.len(), 2, "an address is no file");
        assert_eq!(
            told[0],
            Dropped {
                name: "notes.md".to_owned(),
                size: 6
            }
        );
        assert_eq!(
            last.path(0).and_then(|path| read(&path)).ok(),
            Some(b"quince".to_vec())
        );
        assert!(
            last.path(1).and_then(|path| read(&path)).is_err(),
            "a directory is not read"
        );
        assert!(last.path(2).is_err());
        last.take(vec![directory.join("gone")]);
        assert!(last.path(0).and_then(|path| read(&path)).is_err());
        assert!(std::fs::write(&file, vec![b'a'; 10 * 1024 * 1024 + 1]).is_ok());
        assert!(read(&file).is_err(), "as much as a message carries, and no more");
        assert!(std::fs::remove_dir_all(&directory).is_ok());
    }
}
