//! SEC-25 and SEC-26: what the window may load, call and open, read from the files that decide it.
//!
//! These run without a window and without Tauri; `tests/window` tries the same in the real one.

use std::{collections::BTreeMap, fs, path::Path};

use gateway::control::{Caller, Command, Notice, Topic};
use serde_json::Value;
use url::Url;

#[path = "../src-tauri/system/addresses.rs"]
mod addresses;
#[path = "../src-tauri/system/doors.rs"]
mod doors;

fn read(path: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
    serde_json::from_str(&text).expect(path)
}

fn policy() -> BTreeMap<String, Vec<String>> {
    let config = read("tauri.conf.json");
    let csp = config["app"]["security"]["csp"]
        .as_object()
        .expect("the policy is an object")
        .clone();
    let words = |value: Value| {
        value
            .as_str()
            .expect("text")
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    };
    csp.into_iter()
        .map(|(directive, sources)| (directive, words(sources)))
        .collect()
}

#[test]
fn the_policy_starts_from_nothing() {
    let policy = policy();
    for directive in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(policy[directive], ["'none'"], "{directive}");
    }
}

#[test]
fn scripts_come_from_the_app_alone() {
    let policy = policy();
    assert_eq!(policy["script-src"], ["'self'"]);
    for directive in [
        "script-src-elem",
        "script-src-attr",
        "worker-src",
        "frame-src",
        "child-src",
        "object-src",
    ] {
        assert!(!policy.contains_key(directive), "{directive} widens the policy");
    }
    let security = read("tauri.conf.json")["app"]["security"].clone();
    // Tauri adds its nonces to everything but styles, where a nonce would switch 'unsafe-inline' off
    assert_eq!(
        security["dangerousDisableAssetCspModification"],
        serde_json::json!(["style-src"])
    );
}

#[test]
fn no_source_of_the_policy_leaves_the_machine_or_runs_text() {
    for (directive, sources) in policy() {
        for source in sources {
            let allowed = match source.as_str() {
                "'none'" | "'self'" => true,
                "'unsafe-inline'" => directive == "style-src",
                "data:" | "blob:" => directive == "img-src",
                "ipc:" | "http://ipc.localhost" => directive == "connect-src",
                _ => false,
            };
            assert!(allowed, "{directive} {source}");
        }
    }
}

#[test]
fn the_page_gets_no_tauri_object_and_cannot_change_prototypes() {
    let config = read("tauri.conf.json");
    assert_eq!(config["app"]["withGlobalTauri"], false);
    // the window freezes them itself, in a way that libraries live with; tests/window sees that they are frozen
    assert_eq!(config["app"]["security"]["freezePrototype"], false);
    let window =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/desktop/window.rs"));
    assert!(
        window
            .expect("readable")
            .contains("initialization_script(include_str!(\"frozen.js\"))")
    );
    assert_eq!(config["app"]["security"]["assetProtocol"]["enable"], false);
    // windows are made in code, with their navigation rule; one from here would have none
    assert_eq!(config["app"]["windows"], serde_json::json!([]));
}

#[test]
fn sec_24_each_window_has_a_capability_of_its_own_and_none_of_tauri() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/capabilities");
    let mut found = BTreeMap::new();
    for file in fs::read_dir(folder).expect("the folder is there") {
        let name = file.expect("readable").file_name().into_string().expect("UTF-8");
        let capability = read(&format!("src-tauri/capabilities/{name}"));
        assert!(
            capability.get("remote").is_none(),
            "{name} lets pages from elsewhere in"
        );
        found.insert(
            capability["identifier"].as_str().expect("text").to_owned(),
            (capability["windows"].clone(), capability["permissions"].clone()),
        );
    }
    // one with a prefix would be Tauri's or a plugin's: say here why it is needed
    let wanted = [
        ("approvals", vec!["approvals", "review-*"], "approving"),
        ("window", vec!["main"], "screens"),
    ];
    let wanted = wanted.map(|(name, windows, permission)| {
        let permissions = serde_json::json!([permission]);
        (name.to_owned(), (serde_json::json!(windows), permissions))
    });
    assert_eq!(found, BTreeMap::from(wanted));
    let names: Vec<_> = found.into_keys().collect();
    assert_eq!(
        Value::from(names),
        read("tauri.conf.json")["app"]["security"]["capabilities"]
    );
}

#[test]
fn sec_24_the_window_for_approvals_calls_four_commands_of_the_shell() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/permissions/windows.toml");
    let text = fs::read_to_string(file).expect("readable");
    let permissions: toml::Table = text.parse().expect("TOML");
    let allowed = |identifier: &str| {
        let all = permissions["permission"].as_array().expect("a list");
        let mut found = all
            .iter()
            .filter(|one| one["identifier"].as_str() == Some(identifier));
        let one = found.next().expect(identifier);
        assert!(found.next().is_none(), "{identifier} is there twice");
        let commands = one["commands"]["allow"].as_array().expect("a list");
        let names = commands
            .iter()
            .map(|name| name.as_str().expect("text").to_owned());
        names.collect::<Vec<_>>()
    };
    let small = ["control", "subscribe", "leave", "open_asked", "open_sign_in"];
    assert_eq!(allowed("approving"), small);
    let shell = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/desktop/mod.rs"));
    let shell = shell.expect("readable");
    let (_, handlers) = shell
        .split_once("generate_handler![")
        .expect("the list of commands");
    let (handlers, _) = handlers.split_once(']').expect("its end");
    let mut handled: Vec<_> = handlers
        .split(',')
        .filter_map(|path| path.trim().rsplit("::").next())
        .filter(|name| !name.is_empty())
        .collect();
    let mut named = allowed("screens");
    handled.sort_unstable();
    named.extend(small.map(str::to_owned));
    named.sort_unstable();
    named.dedup();
    assert_eq!(
        named, handled,
        "the windows may call what the shell has, and no more"
    );
}

#[test]
fn sec_24_the_window_for_approvals_asks_and_hears_of_approvals_alone() {
    let command = |name: &str| {
        let args = match name {
            "approval.answer" => serde_json::json!({"approval": "ap_1", "decision": "once"}),
            "mcp.get" | "mcp.sign_in" | "mcp.sign_in_end" | "mcp.sign_in_cancel" | "mcp.sign_out" => {
                serde_json::json!({"id": "files"})
            }
            "mcp.approve" => serde_json::json!({"id": "files", "digest": "0"}),
            _ => serde_json::json!({}),
        };
        serde_json::from_value::<Command>(serde_json::json!({"command": name, "args": args})).expect(name)
    };
    let small = doors::caller("approvals").expect("it is a window of ours");
    assert_eq!(small, Caller::Approvals);
    assert_eq!(doors::caller("review-files"), Some(Caller::Approvals));
    for name in [
        "approval.list",
        "approval.answer",
        "mcp.get",
        "mcp.approve",
        "mcp.questions",
        "mcp.sign_in",
        "mcp.sign_in_end",
        "mcp.sign_in_cancel",
        "mcp.sign_out",
        "settings.get",
    ] {
        assert!(doors::opens(small, &command(name)), "{name}");
    }
    for name in [
        "agent.list",
        "provider.list",
        "key.list",
        "data.export",
        "approval.standing",
        "mcp.list",
        "vault.lock",
    ] {
        assert!(!doors::opens(small, &command(name)), "{name}");
    }
    let of = |topic| Notice::Changed { topic, id: None };
    assert!(doors::hears(small, &of(Topic::Approvals)));
    assert!(doors::hears(small, &of(Topic::Settings)));
    assert!(!doors::hears(small, &of(Topic::Sessions)));
    assert_eq!(doors::caller("main"), Some(Caller::Window));
    assert_eq!(doors::caller("else"), None);
}

fn own(text: &str) -> bool {
    let development = None;
    Url::parse(text).is_ok_and(|url| addresses::is_own_page(&url, development))
}

#[cfg(not(windows))]
#[test]
fn the_window_goes_to_the_apps_own_pages() {
    for address in [
        "tauri://localhost",
        "tauri://localhost/",
        "tauri://localhost/agents/ag_1?tab=2#x",
        "tauri://localhost/../x",
    ] {
        assert!(own(address), "{address}");
    }
}

#[test]
fn the_window_goes_nowhere_else() {
    for address in [
        "https://example.test/",
        "http://example.test/",
        "http://127.0.0.1:4645/",
        "http://127.0.0.1:4645/v1/models",
        "http://localhost/",
        "http://[::1]:4645/",
        "http://ipc.localhost/control",
        "ipc://localhost/control",
        "asset://localhost/etc/passwd",
        "http://asset.localhost/etc/passwd",
        "http://tauri.localhost.example.test/",
        "http://tauri.evil.test/",
        "http://localhost.evil.test/",
        "https://tauri.localhost@evil.test/",
        "https://tauri.localhost/",
        "tauri://localhost.evil.test/",
        "tauri://evil.test/",
        "tauri://localhost@evil.test/",
        "tauri://evil@localhost/",
        "tauri://evil:pass@localhost/",
        "tauri://localhost:8080/",
        "tauri:localhost",
        "tauri://",
        "tauris://localhost/",
        "xtauri://localhost/",
        "file:///etc/passwd",
        "data:text/html,<script>alert(1)</script>",
        "javascript:alert(1)",
        "blob:tauri://localhost/6c7a0f3e",
        "about:srcdoc",
        "about:blank",
        "view-source:tauri://localhost/",
        "ftp://localhost/",
        "mailto:someone@example.test",
        "inglenook://localhost/",
    ] {
        assert!(!own(address), "{address}");
    }
}

#[test]
fn the_development_server_counts_only_where_it_is_named() {
    let server = Url::parse("http://127.0.0.1:5173").expect("an address");
    let page = Url::parse("http://127.0.0.1:5173/agents").expect("an address");
    let other = Url::parse("http://127.0.0.1:5174/agents").expect("an address");
    assert!(addresses::is_own_page(&page, Some(&server)));
    assert!(!addresses::is_own_page(&other, Some(&server)));
    assert!(!addresses::is_own_page(&page, None));
}

#[test]
fn links_leave_as_https_or_mail_only() {
    for link in [
        "https://example.test/a?b#c",
        "HTTPS://EXAMPLE.test",
        "mailto:someone@example.test?subject=x",
    ] {
        assert!(addresses::external(link).is_some(), "{link}");
    }
    for link in [
        "",
        "example.test",
        "http://example.test/",
        "https://",
        "https://user:password@example.test/",
        "https://tauri.localhost@example.test/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "smb://example.test/share",
        "ms-settings:",
        "x-terminal:run",
        "/etc/passwd",
        "--help",
        " -x https://example.test",
    ] {
        assert!(addresses::external(link).is_none(), "{link}");
    }
}

#[test]
fn sec_29_a_sign_in_opens_https_or_this_machine() {
    for good in [
        "https://login.example.test/authorize?x=y",
        "http://127.0.0.1:9000/a",
        "http://localhost:9000/a",
        "http://[::1]:1/",
    ] {
        assert!(addresses::sign_in(good).is_some(), "{good}");
    }
    for bad in [
        "",
        "http://login.example.test/",
        "http://127.0.0.1.example.test/",
        "https://user@login.example.test/",
        "http://user:x@127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:someone@example.test",
        "--help",
        "\\\\host\\share",
    ] {
        assert!(addresses::sign_in(bad).is_none(), "{bad}");
    }
}

#[test]
fn sec_28_packages_hand_links_over_as_one_argument() {
    let config = read("tauri.conf.json");
    for package in ["deb", "rpm"] {
        let entry = config["bundle"]["linux"][package]["desktopTemplate"]
            .as_str()
            .expect(package);
        let entry = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(entry)).expect(package);
        assert!(entry.contains("\nExec={{exec}} %u\n"), "{entry}");
        assert!(
            entry.contains("\nMimeType=x-scheme-handler/inglenook;\n"),
            "{entry}"
        );
    }
    assert_eq!(
        config["plugins"]["deep-link"]["desktop"]["schemes"],
        serde_json::json!(["inglenook"])
    );
}

#[test]
fn sec_37_updates_have_no_source_but_the_one_that_is_built_in() {
    let updater = read("tauri.conf.json")["plugins"]["updater"].clone();
    let wanted = serde_json::json!({"pubkey": "", "endpoints": [], "requireSignedVersion": true});
    assert_eq!(
        updater, wanted,
        "no other setting: the plugin has some that switch checks off"
    );
}
