//! Finds the files of a collection.
//!
//! The danger is a link that leads out of the folder that the person named, also one that is put there while we look. So
//! folders are opened one inside the other, beneath the root's own handle, from which no name leads out; links are not
//! followed at all. What is hidden, what tools have downloaded and our own data are no knowledge.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata};

/// More files than this are not looked up: a whole disk is no collection.
const MOST_FILES: usize = 100_000;
const DEEPEST: usize = 64;
/// Written by programs for programs.
const LEFT_OUT: &[&str] = &[
    "node_modules",
    "__pycache__",
    "$RECYCLE.BIN",
    "System Volume Information",
];

/// A file that was found, unopened.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Which root it is under.
    pub root: usize,
    /// Its path in there, with slashes: what it is cited by.
    pub name: String,
    /// Where it lies.
    pub path: String,
    pub size: u64,
    pub modified_ns: i64,
}

/// A folder or a file that was named.
pub(super) struct Root {
    dir: Dir,
    path: PathBuf,
    /// The one file that is meant, where it is no folder.
    only: Option<String>,
}

/// What was found under all roots.
#[derive(Default)]
pub(super) struct Walked {
    pub files: Vec<Found>,
    /// Folders that could not be looked into, with the reason, and what was too much.
    pub problems: Vec<String>,
    /// Roots that are not there at the moment: nothing is known of their files, which are kept as they were.
    pub missing: Vec<PathBuf>,
}

/// Opens a root.
///
/// # Errors
/// When it is not there, or is no folder and no file.
pub(super) fn open(path: &Path) -> io::Result<Root> {
    let is_file = std::fs::metadata(path)?.is_file();
    let (dir, only) = match (is_file, path.parent(), path.file_name().and_then(OsStr::to_str)) {
        (true, Some(parent), Some(name)) => (parent, Some(name.to_owned())),
        _ => (path, None),
    };
    Ok(Root {
        dir: Dir::open_ambient_dir(dir, ambient_authority())?,
        path: dir.to_owned(),
        only,
    })
}

impl Root {
    /// Reads a file that was found here, at most `most` bytes of it.
    pub fn read(&self, found: &Found, most: u64) -> io::Result<(Vec<u8>, bool)> {
        let file = self.dir.open(&found.name)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no file any more"));
        }
        let mut bytes = Vec::new();
        let read = file.take(most + 1).read_to_end(&mut bytes)?;
        let whole = u64::try_from(read).is_ok_and(|read| read <= most);
        Ok((bytes, whole))
    }

    /// The beginning of a file, which tells whether it is text.
    pub fn begins(&self, found: &Found) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.dir.open(&found.name)?.take(8_192).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Finds all files under the roots; `own` is our own data directory.
pub(super) fn walk(roots: &[PathBuf], own: &Path) -> (Vec<Option<Root>>, Walked) {
    let mut walked = Walked::default();
    let mut opened = Vec::new();
    for (at, path) in roots.iter().enumerate() {
        match open(path) {
            Ok(root) => {
                look_through(&root, at, own, &mut walked);
                opened.push(Some(root));
            }
            Err(error) => {
                walked.problems.push(format!("{}: {error}", path.display()));
                walked.missing.push(path.clone());
                opened.push(None);
            }
        }
    }
    let files = &mut walked.files;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    (opened, walked)
}

fn look_through(root: &Root, at: usize, own: &Path, walked: &mut Walked) {
    if let Some(name) = &root.only {
        if let Ok(metadata) = root.dir.metadata(name) {
            walked.add(root, at, name.clone(), &metadata);
        }
        return;
    }
    let Ok(first) = root.dir.try_clone() else {
        return;
    };
    let mut waiting = vec![(first, String::new(), 0)];
    while let Some((dir, inside, depth)) = waiting.pop() {
        let entries = match dir.entries() {
            Ok(entries) => entries,
            Err(error) => {
                walked.problem(root, &inside, &error);
                continue;
            }
        };
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else {
                walked.problems.push(format!(
                    "{}: a file's name is not Unicode",
                    root.path.join(&inside).display()
                ));
                continue;
            };
            if name.starts_with('.') || LEFT_OUT.contains(&name.as_str()) {
                continue;
            }
            let within = match inside.is_empty() {
                true => name.clone(),
                false => format!("{inside}/{name}"),
            };
            // a link is neither
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_file() {
                if let Ok(metadata) = entry.metadata() {
                    walked.add(root, at, within, &metadata);
                }
                if walked.files.len() >= MOST_FILES {
                    walked.problems.push(format!(
                        "There are more than {MOST_FILES} files; the rest is left out."
                    ));
                    return;
                }
            } else if kind.is_dir() && depth < DEEPEST && root.path.join(&within) != own {
                match dir.open_dir(&name) {
                    Ok(inner) => waiting.push((inner, within, depth + 1)),
                    Err(error) => walked.problem(root, &within, &error),
                }
            }
        }
    }
}

impl Walked {
    fn add(&mut self, root: &Root, at: usize, name: String, metadata: &Metadata) {
        let Some(path) = root.path.join(&name).to_str().map(str::to_owned) else {
            return;
        };
        let modified = metadata.modified().ok();
        let modified = modified.and_then(|at| at.into_std().duration_since(std::time::UNIX_EPOCH).ok());
        self.files.push(Found {
            root: at,
            name,
            path,
            size: metadata.len(),
            modified_ns: modified.map_or(0, |at| i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)),
        });
    }

    fn problem(&mut self, root: &Root, inside: &str, error: &io::Error) {
        let path = root.path.join(inside);
        self.problems.push(format!("{}: {error}", path.display()));
    }
}
