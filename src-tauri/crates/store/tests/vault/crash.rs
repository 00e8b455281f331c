//! KEY-07: the process is killed (SIGKILL, really) between the keychain and the database.
//!
//! The child is this test binary again, told by the environment where it works and where it stops; the
//! parent waits for it to arrive there, kills it, and looks at what is left.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use inglenook_store::vault::{OsStore, VaultKind, VaultState};

use crate::moving;
use crate::support::{CANARY, FileKeychain, Machine, Running, options, origin, provider, start};

const ROOT: &str = "INGLENOOK_TEST_CRASH_ROOT";
const POINT: &str = "INGLENOOK_TEST_CRASH_POINT";
/// Which way keys are moved, when they are.
const WAY: &str = "INGLENOOK_TEST_CRASH_WAY";

fn arrived(root: &Path) -> PathBuf {
    root.join("arrived")
}

/// Stays at the point until the parent kills us.
fn stop_at(root: &Path) -> ! {
    std::fs::write(arrived(root), "").unwrap();
    loop {
        std::thread::sleep(Duration::from_secs(60));
    }
}

#[tokio::test]
#[ignore = "is the child process of the other tests here"]
async fn child() {
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let point = std::env::var(POINT).unwrap();
    let mut keychain = FileKeychain::new(&root.join("keychain"));
    let (at, here) = (point.clone(), root.clone());
    // keys that are moved are kept first, which passes the same points
    let armed = Arc::new(AtomicBool::new(std::env::var_os(WAY).is_none()));
    let ready = Arc::clone(&armed);
    keychain.on_point = Box::new(move |passed| {
        if passed == at && ready.load(Ordering::SeqCst) {
            stop_at(&here);
        }
    });
    if let Some(way) = std::env::var_os(WAY) {
        return move_keys(keychain, &armed, way == "to-os", &root, point).await;
    }
    let options = options(Arc::new(keychain) as Arc<dyn OsStore>);
    let running = start(&root.join("data"), VaultKind::Os, options);
    running.vault.open().await;
    if point == "before-put" {
        stop_at(&root);
    }
    let put = running.vault.put(&provider("a"), &origin(), CANARY.into()).await;
    put.unwrap();
    if point == "after-row" {
        stop_at(&root);
    }
    if point == "many" {
        keep_many(&running, &root).await;
    }
    running.vault.reset().await.unwrap();
    stop_at(&root);
}

/// Keeps one key after the other and writes down which ones were acknowledged.
async fn keep_many(running: &Running, root: &Path) -> ! {
    use std::io::Write;
    let mut acknowledged = std::fs::File::create(root.join("acknowledged")).unwrap();
    std::fs::write(arrived(root), "").unwrap();
    for n in 0.. {
        let name = provider(&format!("p-{n}"));
        let key = format!("sk-number-{n}");
        running.vault.put(&name, &origin(), key.into()).await.unwrap();
        writeln!(acknowledged, "{n}").unwrap();
    }
    unreachable!("there is always a next number")
}

/// Keeps three keys and moves them, and stops where it was told.
async fn move_keys(keychain: FileKeychain, armed: &AtomicBool, to_os: bool, root: &Path, point: String) {
    let (from, to) = if to_os {
        (VaultKind::Passphrase, VaultKind::Os)
    } else {
        (VaultKind::Os, VaultKind::Passphrase)
    };
    let mut options = options(Arc::new(keychain) as Arc<dyn OsStore>);
    options.passphrase = Some("words".into());
    let running = start(&root.join("data"), from, options);
    running.vault.open().await;
    moving::keep_three(&running, from).await;
    armed.store(true, Ordering::SeqCst);
    let mut change = moving::to(to, (!to_os).then_some("words"));
    let (within, here, write) = (point == "in-transaction", root.to_owned(), change.also);
    change.also = Box::new(move |tx| {
        write(tx)?;
        if within {
            stop_at(&here);
        }
        Ok(())
    });
    running.vault.change(change).await.unwrap();
    stop_at(root);
}

#[tokio::test]
async fn key_07_killed_while_keys_are_moved_one_vault_has_them_all() {
    // how many entries the point leaves in the keychain before it is tidied
    for (way, point, entries) in [
        ("to-passphrase", "in-transaction", 1),
        ("to-passphrase", "before-delete", 1),
        ("to-passphrase", "after-delete", 0),
        ("to-passphrase", "moved", 0),
        ("to-os", "before-set", 0),
        ("to-os", "after-set", 1),
        ("to-os", "in-transaction", 1),
        ("to-os", "moved", 1),
    ] {
        let machine = Machine::new();
        kill(spawn_with(machine.root.path(), point, &[(WAY, way)]));
        assert_eq!(machine.keychain.entries().len(), entries, "{way} {point}");
        moving::sound_after(machine.root.path(), &machine, &format!("{way} {point}")).await;
        moving::sound_after(machine.root.path(), &machine, &format!("{way} {point}, again")).await;
    }
}

fn spawn(root: &Path, point: &str) -> Child {
    spawn_with(root, point, &[])
}

fn spawn_with(root: &Path, point: &str, more: &[(&str, &str)]) -> Child {
    drop(std::fs::remove_file(arrived(root)));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--test-threads=1"])
        .env(ROOT, root)
        .env(POINT, point)
        .envs(more.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while !arrived(root).exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "the child ended before it came to {point}"
        );
        assert!(began.elapsed() < Duration::from_secs(30), "never came to {point}");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(!status.success(), "it was killed");
}

/// What must hold after every crash: what the keychain has is named in the database, what is sealed opens,
/// and the vault works.
async fn sound(machine: &Machine, point: &str) -> Running {
    let running = machine.start_os();
    assert_eq!(running.vault.open().await, VaultState::Available, "{point}");
    let account = running.account().await;
    for (entry, _) in machine.keychain.entries() {
        let named = account.as_ref().is_some_and(|account| entry.ends_with(account));
        assert!(
            named,
            "{point}: the keychain's entry {entry} is named in the database"
        );
    }
    if running.sealed_rows().await > 0 {
        assert_eq!(
            machine.keychain.entries().len(),
            1,
            "{point}: sealed rows have their master key"
        );
        assert_eq!(
            running.key(&provider("a")).await.as_deref(),
            Some(CANARY),
            "{point}"
        );
    }
    running
}

#[tokio::test]
async fn key_07_killed_at_each_point_leaves_nothing_orphaned_or_dangling() {
    // entries in the keychain and sealed rows that the point leaves behind
    for (point, entries, rows) in [
        ("before-put", 0, 0),
        ("before-set", 0, 0),
        ("after-set", 1, 0),
        ("after-row", 1, 1),
        ("before-delete", 1, 0),
        ("after-delete", 0, 0),
    ] {
        let machine = Machine::new();
        kill(spawn(machine.root.path(), point));
        let kept = machine.keychain.entries();
        assert_eq!(kept.len(), entries, "{point}");
        let running = sound(&machine, point).await;
        assert_eq!(running.sealed_rows().await, rows, "{point}");

        running
            .vault
            .put(&provider("a"), &origin(), CANARY.into())
            .await
            .unwrap();
        let now = machine.keychain.entries();
        assert_eq!(now.len(), 1, "{point}: there is one master key");
        if entries == 1 {
            assert_eq!(now, kept, "{point}: the one that was there is used");
        }
        running.stop().await;
        sound(&machine, point).await.stop().await;
    }
}

#[tokio::test]
async fn key_07_killed_at_any_moment_every_acknowledged_key_opens() {
    let machine = Machine::new();
    let mut seen = 0;
    for round in 0..8_u64 {
        let child = spawn(machine.root.path(), "many");
        std::thread::sleep(Duration::from_millis(7 + 23 * round));
        kill(child);
        let acknowledged = std::fs::read_to_string(machine.root.path().join("acknowledged")).unwrap();
        let running = sound(&machine, "many").await;
        for n in acknowledged.lines() {
            let key = running.key(&provider(&format!("p-{n}"))).await;
            assert_eq!(key, Some(format!("sk-number-{n}")), "round {round}");
            seen += 1;
        }
        running.stop().await;
    }
    assert!(seen > 0, "something was acknowledged before the kills");
}
