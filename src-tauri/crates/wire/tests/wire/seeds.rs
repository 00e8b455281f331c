//! The fuzzers' seeds and kept crashes, on an ordinary compiler: every one through every reader.
//!
//! An input that once broke a reader is kept as a seed under the name of what it broke, and is tested here for
//! ever. What is new is found by `make fuzz`, which begins from the same seeds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use domain::Wire;

#[path = "../../fuzz/src/lib.rs"]
mod judge;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_target_has_seeds() {
    let targets = names(&fuzz().join("fuzz_targets"));
    assert_eq!(names(&fuzz().join("seeds")), targets);
    for target in targets {
        let seeds = names(&fuzz().join("seeds").join(&target));
        assert!(seeds.len() >= 3, "{target}: {seeds:?}");
    }
}

#[test]
fn every_seed_passes_every_reader() {
    let folder = fuzz().join("seeds");
    for target in names(&folder) {
        for entry in std::fs::read_dir(folder.join(target)).unwrap() {
            let path = entry.unwrap().path();
            let seed = std::fs::read(&path).unwrap();
            // some readers take their first byte for how the rest is cut
            let bare = seed.get(1..).unwrap_or_default();
            #[expect(
                clippy::print_stderr,
                reason = "the last one named is the one that broke a reader"
            )]
            {
                eprintln!("{}", path.display());
            }
            for data in [seed.as_slice(), bare] {
                for wire in Wire::ALL {
                    judge::answer(*wire, data);
                    judge::stream(*wire, data);
                    judge::request(*wire, data);
                }
                judge::refusal(data);
                judge::sse(data);
                judge::frame(data);
                judge::others(data);
            }
        }
    }
}
