//! Every wire rule has a test or a reason why not: `docs/wire-rules.md` says which.
//!
//! The danger is a page that goes on promising a test that was renamed or removed. So each name on it must be a
//! test in the sources, and each rule must be on it once.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The numbers that no rule has.
const GAPS: &[std::ops::RangeInclusive<u32>] = &[
    15..=19,
    45..=49,
    82..=89,
    109..=119,
    136..=139,
    156..=159,
    179..=189,
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !matches!(name.as_str(), "target" | "node_modules" | "corpus") && !name.starts_with('.') {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_rule_has_a_test_or_a_reason() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("tests"), &mut files);
    sources(&root.join("src-tauri/crates"), &mut files);
    let text: String = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let page = std::fs::read_to_string(root.join("docs/wire-rules.md")).unwrap();
    let mut seen = BTreeSet::new();
    for line in page.lines().filter(|line| line.starts_with("| W-")) {
        let cells: Vec<&str> = line.trim_matches('|').splitn(2, '|').map(str::trim).collect();
        let number: u32 = cells[0].trim_start_matches("W-").parse().unwrap();
        assert!(seen.insert(number), "W-{number} stands there twice");
        if let Some(reason) = cells[1].strip_prefix("none: ") {
            assert!(reason.len() > 10, "W-{number} has no test and no reason");
            let named = text.contains(&format!("fn w_{number:02}_"));
            assert!(!named, "W-{number} has a test by its name, and none on the page");
            continue;
        }
        for name in cells[1].split(", ").map(|name| name.trim_matches('`')) {
            let is_there = text.contains(&format!("fn {name}("));
            assert!(is_there, "W-{number} names {name}, which is no test");
        }
    }
    let gap = |number: &u32| GAPS.iter().any(|gap| gap.contains(number));
    let wanted: BTreeSet<u32> = (1..=197).filter(|number| !gap(number)).collect();
    assert_eq!(seen, wanted);
}
