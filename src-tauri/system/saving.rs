//! Files that the person asked the page for, in their downloads directory.
//!
//! The page names them and fills them, and nothing else: the danger is a name that leads out of the directory
//! or takes the place of another file. So a name is letters, digits and a few signs, and a file that is there
//! already is never written over.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use domain::{Failure, FailureKind};

/// Beyond so many files of one name something else is wrong.
const MOST: u32 = 1_000;

/// Writes the text into a new file; gives its path.
///
/// # Errors
/// A name that is none, or what the disk says.
pub fn save(downloads: Option<&Path>, name: &str, text: &str) -> Result<PathBuf, Failure> {
    let directory = downloads.ok_or_else(|| unwritable("There is no directory for downloads."))?;
    write_new(directory, name, text.as_bytes())
}

fn write_new(directory: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let (stem, extension) = name
        .rsplit_once('.')
        .filter(|(stem, extension)| plain(stem) && plain(extension))
        .ok_or_else(|| Failure::invalid("name", "This is no name for a file."))?;
    for n in 1..=MOST {
        let path = directory.join(match n {
            1 => format!("{stem}.{extension}"),
            n => format!("{stem}-{n}.{extension}"),
        });
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(bytes)
                    .map_err(|_| unwritable("The file could not be written to its end."))?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(_) => return Err(unwritable("The downloads directory cannot be written to.")),
        }
    }
    Err(unwritable("There are too many files of this name already."))
}

fn plain(part: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=100).contains(&part.len()) && part.bytes().all(letter)
}

fn unwritable(message: &str) -> Failure {
    Failure::new(FailureKind::StorageFailed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        let directory = std::env::temp_dir();
        for bad in [
            "", ".", "..", "a", "../a.csv", "a/b.csv", "a\\b.csv", ".csv", "a.csv\0", "c:a.csv", "a.b.csv",
        ] {
            assert!(write_new(&directory, bad, b"").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let directory = std::env::temp_dir().join(format!("inglenook-saving-{}", std::process::id()));
        let made = || -> std::io::Result<Vec<String>> {
            std::fs::create_dir_all(&directory)?;
            let _first = write_new(&directory, "usage.csv", b"one");
            let _second = write_new(&directory, "usage.csv", b"two");
            let read = |name| std::fs::read_to_string(directory.join(name));
            let texts = vec![read("usage.csv")?, read("usage-2.csv")?];
            std::fs::remove_dir_all(&directory)?;
            Ok(texts)
        };
        assert_eq!(made().ok(), Some(vec!["one".to_owned(), "two".to_owned()]));
    }
}
