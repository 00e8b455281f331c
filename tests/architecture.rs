//! The arrows of docs and design, held: who may depend on whom, and habits that a reader relies on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A package's dependencies that it is built from; what only its tests need is left out.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let built_from = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        all.filter(|dependency| dependency["kind"] != "dev")
            .map(name)
            .collect()
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (name(package), built_from(package)))
        .collect()
}

#[test]
fn the_arrows_point_down() {
    let packages = packages();
    let allowed: &[(&str, &[&str])] = &[
        ("inglenook-domain", &[]),
        ("inglenook-wire", &["inglenook-domain"]),
        ("inglenook-store", &["inglenook-domain"]),
        ("inglenook-local", &["inglenook-domain"]),
        ("inglenook-sandbox", &[]),
        (
            "inglenook-gateway",
            &[
                "inglenook-domain",
                "inglenook-wire",
                "inglenook-store",
                "inglenook-local",
                "inglenook-sandbox",
            ],
        ),
        ("inglenook", &["inglenook-domain", "inglenook-gateway"]),
    ];
    let names: BTreeSet<&str> = packages.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        allowed.iter().map(|(name, _)| *name).collect(),
        "a new crate wants its arrows here"
    );
    for (name, may) in allowed {
        let ours: Vec<&str> = packages[*name]
            .iter()
            .map(String::as_str)
            .filter(|one| one.starts_with("inglenook"))
            .collect();
        assert!(
            ours.iter().all(|one| may.contains(one)),
            "{name} depends on {ours:?}"
        );
    }
    for (name, dependencies) in &packages {
        let has = |prefix: &str| {
            dependencies
                .iter()
                .find(|one| *one == prefix || one.starts_with(&format!("{prefix}-")))
        };
        if name != "inglenook" {
            assert_eq!(
                has("tauri"),
                None,
                "{name}: only the root package knows the shell"
            );
        }
        let io = ["tokio", "reqwest", "rusqlite", "axum", "hyper"];
        if ["inglenook-domain", "inglenook-wire", "inglenook-sandbox"].contains(&name.as_str()) {
            assert!(
                io.iter().all(|one| has(one).is_none()),
                "{name} does no I/O: {dependencies:?}"
            );
        }
        if name == "inglenook-store" {
            assert!(
                ["reqwest", "axum", "hyper"].iter().all(|one| has(one).is_none()),
                "{name} knows no network"
            );
        }
        if name == "inglenook-local" {
            assert!(
                ["reqwest", "axum", "hyper", "rusqlite"]
                    .iter()
                    .all(|one| has(one).is_none()),
                "{name}: {dependencies:?}"
            );
        }
    }
}

/// Our files below a folder, as text.
fn sources(folder: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    const NOT_OURS: &[&str] = &[
        "node_modules",
        "target",
        "dist",
        ".venv",
        "generated",
        "fixtures",
        "golden",
        "gen",
        "icons",
    ];
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// Code without its comments, so that prose may name what code may not.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn the_data_plane_cannot_give_commands() {
    let mut found = Vec::new();
    for (path, text) in sources("src-tauri/crates/gateway/src/http", &[".rs"]) {
        for (at, line) in code(&text) {
            if ["control::run", "Command", "web_host", "control::*"]
                .iter()
                .any(|word| line.contains(word))
            {
                found.push(format!("{}:{at}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_provider_is_asked_in_one_place() {
    let mut found = Vec::new();
    for (path, text) in sources("src-tauri/crates/gateway/src", &[".rs"]) {
        let path = path.to_string_lossy().into_owned();
        for (at, line) in code(&text) {
            let sends = line.contains("Effort::new(")
                && !["/turn/attempts.rs", "/control/trial.rs"]
                    .iter()
                    .any(|one| path.ends_with(one));
            // the second one asks strangers' addresses and knows no key
            let client = line.contains("reqwest::Client::builder")
                && !["/upstream/clients.rs", "/fetch/client.rs"]
                    .iter()
                    .any(|one| path.ends_with(one));
            if sends || client {
                found.push(format!("{path}:{at}: {}", line.trim()));
            }
        }
    }
    assert!(
        found.is_empty(),
        "a call that is not recorded, or a client that follows redirects: {found:#?}"
    );
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let mut long = Vec::new();
    for (folder, endings) in [
        ("src-tauri", &[".rs"][..]),
        ("tests", &[".rs", ".mjs", ".py"][..]),
        ("ui/src", &[".ts", ".tsx", ".css"][..]),
    ] {
        for (path, text) in sources(folder, endings) {
            let lines = text.lines().count();
            if lines > 600 {
                long.push(format!("{}: {lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split at 600: {long:#?}");
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut found = Vec::new();
    for folder in ["src-tauri", "tests"] {
        for (path, text) in sources(folder, &[".rs"]) {
            // in two pieces, so that this file does not find itself
            let (outer, inner) = (format!("#[{}", "allow("), format!("#![{}", "allow("));
            for (at, line) in code(&text).filter(|(_, line)| line.contains(&outer) || line.contains(&inner)) {
                found.push(format!("{}:{at}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "use expect with a reason: {found:#?}");
}

#[test]
fn the_page_knows_its_shell_in_one_place() {
    let mut found = Vec::new();
    let mut inside = 0;
    for (path, text) in sources("ui/src", &[".ts", ".tsx"]) {
        let here = text.contains("@tauri-apps");
        if path.starts_with("ui/src/platform") {
            inside += usize::from(here);
        } else if here {
            found.push(path);
        }
    }
    assert!(found.is_empty(), "{found:?}");
    assert!(inside > 0, "this test looks in the wrong place");
}
