//! The vaults, as a person on a machine without a keychain meets them: KEY-01, KEY-02, KEY-03.

use std::path::Path;
use std::time::{Duration, Instant};

use super::support::{Home, PATIENCE, Reply, Serve, chat, quiet, until};
use super::upstream::Upstream;

const KEY: &str = "sk-vault-4f9c1d7e8a2b6c3d5e0f";

/// A keyed provider with an agent, and a client key. Commands go through the running `serve`.
fn prepare(home: &Home, upstream: &Upstream) -> String {
    let url = upstream.base_url.as_str();
    home.json_with(
        &[
            "provider",
            "add",
            "keyed",
            "--base-url",
            url,
            "--wire",
            "openai-chat",
            "--key-stdin",
        ],
        KEY,
    );
    home.json(&["agent", "create", "careful", "--model", "keyed/echo"]);
    home.prepare(url)
}

fn files_with(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if let Ok(bytes) = std::fs::read(&path)
            && bytes.windows(needle.len()).any(|window| window == needle)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The vault opens beside the start; a call that comes before it is told to try again, and does.
fn when_open(serve: &Serve, key: &str) -> Reply {
    until(PATIENCE, || {
        let reply = serve.post(key, &chat("careful", false));
        (reply.status != 503).then_some(reply)
    })
    .expect("the vault opens")
}

fn assert_locked(serve: &Serve, key: &str) {
    let began = Instant::now();
    let reply = serve.post(key, &chat("careful", false));
    let took = began.elapsed();
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(
        reply.json()["error"]["code"],
        "secret_store_locked",
        "{}",
        reply.text()
    );
    let seconds: u64 = reply.header("retry-after").expect("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert_eq!(reply.header("x-should-retry"), Some("true"));
    assert!(
        took < Duration::from_secs(1),
        "no call waits on the vault: {took:?}"
    );
}

#[test]
fn a_key_under_a_passphrase_survives_a_restart() {
    let upstream = Upstream::start();
    let home = Home::new("passphrase").with("INGLENOOK_PASSPHRASE", "correct horse");
    let serve = home.serve();
    let key = prepare(&home, &upstream);
    assert_eq!(when_open(&serve, &key).status, 200);
    serve.stop();
    assert_eq!(files_with(&home.data, KEY.as_bytes()), Vec::<String>::new());

    let serve = home.serve();
    assert_eq!(when_open(&serve, &key).status, 200);
    serve.kill();
    // and where nothing runs, a command opens the vault itself before it asks the provider
    let answer = home.json(&["chat", "careful", "Hello"]);
    assert_eq!(answer["message"]["parts"][0]["text"], "You said something.");
    let sent = upstream.seen();
    assert_eq!(sent.len(), 3);
    assert!(
        sent.iter()
            .all(|seen| seen.head.contains(&format!("Bearer {KEY}")))
    );
}

#[test]
fn a_wrong_passphrase_locks_and_unlocking_needs_no_restart() {
    let _quiet = quiet();
    let upstream = Upstream::start();
    let right = Home::new("passphrase").with("INGLENOOK_PASSPHRASE", "correct horse");
    let serve = right.serve();
    let key = prepare(&right, &upstream);
    serve.stop();

    let wrong = right.with("INGLENOOK_PASSPHRASE", "battery staple");
    let serve = wrong.serve();
    until(PATIENCE, || {
        (wrong.json(&["status"])["vault"]["state"] == "locked").then_some(())
    })
    .unwrap();
    assert_locked(&serve, &key);
    assert_eq!(
        serve.post(&key, &chat("parrot", false)).status,
        200,
        "keyless providers go on"
    );
    let url = upstream.base_url.as_str();
    let another = wrong.run_with(
        &["provider", "add", "more", "--base-url", url, "--key-stdin"],
        KEY,
    );
    another.failed_with_hint("secret_store_locked");
    wrong
        .run(&["vault", "unlock"])
        .failed_with_hint("secret_store_locked");
    assert_locked(&serve, &key);

    let began = Instant::now();
    let status = right.json(&["vault", "unlock"]);
    assert_eq!(status["state"], "available", "{status}");
    assert_eq!(serve.post(&key, &chat("careful", false)).status, 200);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());

    right.json(&["vault", "lock"]);
    assert_locked(&serve, &key);
    let mut typed = right.command(&["vault", "unlock", "--json"]);
    typed.env_remove("INGLENOOK_PASSPHRASE");
    let ran = super::support::Ran::of(typed, "correct horse\n").json();
    assert_eq!(ran["state"], "available", "also from stdin");
    assert_eq!(serve.post(&key, &chat("careful", false)).status, 200);
    serve.stop();
}

#[test]
fn key_07_the_kind_of_vault_is_changed_while_calls_go_on_and_the_keys_come_along() {
    let upstream = Upstream::start();
    let home = Home::new("memory");
    let serve = home.serve();
    let key = prepare(&home, &upstream);
    assert_eq!(serve.post(&key, &chat("careful", false)).status, 200);
    // keys in memory are lost with it anyway; what a vault keeps does not stay behind unnoticed
    home.run(&["vault", "change", "memory"])
        .failed_with_hint("invalid_request");
    let moved = home.json_with(&["vault", "change", "passphrase"], "first words");
    assert_eq!(
        moved["status"],
        serde_json::json!({"kind": "passphrase", "state": "available"})
    );
    assert_eq!(moved["providers"], serde_json::json!(["keyed"]));
    assert_eq!(moved["left_behind"], false);
    assert_eq!(serve.post(&key, &chat("careful", false)).status, 200);
    assert_eq!(home.json(&["config", "get", "vault"]), "passphrase");
    home.run(&["config", "set", "vault", "memory"])
        .failed_with_hint("conflict");
    let again = home.json_with(&["vault", "change", "passphrase"], "second words");
    assert_eq!(again["providers"], serde_json::json!(["keyed"]));
    assert_eq!(serve.post(&key, &chat("careful", false)).status, 200);
    serve.kill();

    let wrong = home
        .under("passphrase")
        .with("INGLENOOK_PASSPHRASE", "first words");
    let serve = wrong.serve();
    assert_locked(&serve, &key);
    serve.stop();
    let right = home
        .under("passphrase")
        .with("INGLENOOK_PASSPHRASE", "second words");
    let serve = right.serve();
    assert_eq!(when_open(&serve, &key).status, 200);
    assert_eq!(upstream.seen().last().unwrap().head.matches(KEY).count(), 1);
    serve.stop();
    assert_eq!(files_with(&home.data, KEY.as_bytes()), Vec::<String>::new());
}

#[test]
fn a_vault_in_memory_leaves_nothing() {
    let upstream = Upstream::start();
    let home = Home::new("memory");
    let serve = home.serve();
    let key = prepare(&home, &upstream);
    assert_eq!(when_open(&serve, &key).status, 200);
    assert_eq!(files_with(&home.data, KEY.as_bytes()), Vec::<String>::new());
    let db = rusqlite::Connection::open(home.database()).unwrap();
    let sealed: i64 = db
        .query_row("SELECT count(*) FROM secrets", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sealed, 0, "not even sealed");
    serve.stop();
    let serve = home.serve();
    let reply = serve.post(&key, &chat("careful", false));
    assert_eq!(
        reply.status,
        424,
        "the key went with the process: {}",
        reply.text()
    );
    serve.stop();
}

#[test]
fn without_a_keychain_everything_else_works() {
    let _quiet = quiet();
    let upstream = Upstream::start();
    let nothing = tempfile::tempdir().unwrap();
    let home = Home::new("os")
        .without("DBUS_SESSION_BUS_ADDRESS")
        .without("DISPLAY")
        .without("WAYLAND_DISPLAY")
        .with("XDG_RUNTIME_DIR", nothing.path().to_str().unwrap());
    let serve = home.serve();
    assert!(serve.took < Duration::from_secs(3), "{:?}", serve.took);
    let key = home.prepare(&upstream.base_url);
    let began = Instant::now();
    assert_eq!(serve.post(&key, &chat("parrot", false)).status, 200);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let said = home.json(&["chat", "parrot", "Hello"]);
    assert_eq!(said["message"]["parts"][0]["text"], "You said something.");

    let url = upstream.base_url.as_str();
    let refused = home.run_with(
        &["provider", "add", "keyed", "--base-url", url, "--key-stdin"],
        KEY,
    );
    let kind = if refused.stderr.contains("secret_store_absent") {
        "secret_store_absent"
    } else {
        "secret_store_locked"
    };
    refused.failed_with_hint(kind);
    assert_eq!(
        home.json(&["provider", "list"]).as_array().unwrap().len(),
        1,
        "no provider without its key"
    );
    assert_eq!(files_with(&home.data, KEY.as_bytes()), Vec::<String>::new());
    let vault = home.json(&["status"])["vault"].clone();
    assert_eq!(vault["kind"], "os", "no step down to a weaker vault by itself");
    assert_ne!(vault["state"], "available", "{vault}");
    serve.stop();
    assert_eq!(files_with(&home.data, KEY.as_bytes()), Vec::<String>::new());
}
