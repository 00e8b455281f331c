//! Changing the kind of vault takes every key along, and whatever goes wrong on the way loses none.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Failure, FailureKind};
use inglenook_store::table::settings;
use inglenook_store::vault::{Move, Moved, OsFailure, VaultKind, VaultState};

use crate::support::{Machine, Mood, Running, eventually, leaks, origin, provider};

const KEYS: usize = 20;

fn name(n: usize) -> domain::ProviderId {
    provider(&format!("p-{n:02}"))
}

fn secret(n: usize) -> String {
    format!("sk-moving-canary-{n}")
}

async fn fill(running: &Running) {
    for n in 0..KEYS {
        running
            .vault
            .put(&name(n), &origin(), secret(n).into())
            .await
            .unwrap();
    }
}

async fn holds_all(running: &Running, when: &str) {
    for n in 0..KEYS {
        assert_eq!(running.key(&name(n)).await, Some(secret(n)), "{when}");
    }
}

/// As the app does it: which vault is used is written with the rest.
pub fn to(kind: VaultKind, passphrase: Option<&str>) -> Move {
    Move {
        to: kind,
        passphrase: passphrase.map(Into::into),
        progress: Box::new(|_, _| {}),
        also: Box::new(move |tx| settings::set(tx, "kind", kind.as_str())),
    }
}

/// Starts the vault that the database says.
pub async fn start_as_written(machine: &Machine, passphrase: &str) -> Running {
    let running = machine.start_os();
    let kind = running
        .store
        .read(|db| settings::get::<String>(db, "kind"))
        .await
        .unwrap();
    let kind = kind
        .and_then(|kind| VaultKind::parse(&kind))
        .unwrap_or(VaultKind::Os);
    if kind == VaultKind::Os {
        return running.opened().await;
    }
    running.stop().await;
    machine.start_passphrase(Some(passphrase)).opened().await
}

/// Makes the database say what it starts as.
async fn begun_as(machine: &Machine, kind: VaultKind) -> Running {
    let running = match kind {
        VaultKind::Os => machine.start_os().opened().await,
        VaultKind::Passphrase | VaultKind::Memory => {
            machine.start_passphrase(Some("old words")).opened().await
        }
    };
    let write = move |tx: &rusqlite::Transaction<'_>| settings::set(tx, "kind", kind.as_str());
    running.store.write(write).await.unwrap();
    fill(&running).await;
    running
}

#[tokio::test]
async fn key_07_every_key_goes_to_the_other_vault_and_back() {
    let machine = Machine::new();
    let running = begun_as(&machine, VaultKind::Os).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    let mut change = to(VaultKind::Passphrase, Some("new words"));
    change.progress = Box::new(move |moved, of| heard.lock().unwrap().push((moved, of)));
    let moved = running.vault.change(change).await.unwrap();
    let everybody: Vec<_> = (0..KEYS).map(name).collect();
    assert_eq!(
        moved,
        Moved {
            providers: everybody,
            left_behind: false
        }
    );
    assert_eq!(
        *told.lock().unwrap(),
        (1..=KEYS).map(|n| (n, KEYS)).collect::<Vec<_>>()
    );
    assert_eq!(
        (running.vault.kind(), running.vault.state()),
        (VaultKind::Passphrase, VaultState::Available)
    );
    holds_all(&running, "at once").await;
    assert_eq!(machine.keychain.entries(), [], "the old master key is gone");
    // what is kept from now on is the new vault's
    running
        .vault
        .put(&provider("later"), &origin(), "sk-later-canary".into())
        .await
        .unwrap();
    running.vault.lock().await;
    assert!(running.vault.unlock(Some("old words".into())).await.is_err());
    running.vault.unlock(Some("new words".into())).await.unwrap();
    holds_all(&running, "unlocked").await;
    running.stop().await;
    for text in ["sk-moving-canary-7", "new words"] {
        assert_eq!(leaks(machine.root.path(), text), Vec::<std::path::PathBuf>::new());
    }

    let running = start_as_written(&machine, "new words").await;
    assert_eq!(running.vault.kind(), VaultKind::Passphrase);
    holds_all(&running, "after a restart").await;
    let again = running
        .vault
        .change(to(VaultKind::Passphrase, Some("third words")))
        .await
        .unwrap();
    assert_eq!(
        again.providers.len(),
        KEYS + 1,
        "a passphrase is changed in the same way"
    );
    let back = running.vault.change(to(VaultKind::Os, None)).await.unwrap();
    assert_eq!((back.providers.len(), back.left_behind), (KEYS + 1, false));
    running.stop().await;
    let running = start_as_written(&machine, "").await;
    assert_eq!(running.vault.kind(), VaultKind::Os);
    holds_all(&running, "back").await;
    assert_eq!(machine.keychain.entries().len(), 1);
}

#[tokio::test]
async fn keys_in_memory_go_to_a_vault_that_keeps_them() {
    let machine = Machine::new();
    let running = machine.start(VaultKind::Memory, machine.options()).opened().await;
    fill(&running).await;
    running.vault.change(to(VaultKind::Os, None)).await.unwrap();
    running.stop().await;
    holds_all(&start_as_written(&machine, "").await, "kept").await;
}

#[tokio::test]
async fn a_move_that_makes_no_sense_or_cannot_begin_changes_nothing() {
    let machine = Machine::new();
    let running = begun_as(&machine, VaultKind::Os).await;
    let before = machine.keychain.entries();
    let refused = async |change: Move| running.vault.change(change).await.unwrap_err().kind();
    assert_eq!(
        refused(to(VaultKind::Memory, None)).await,
        FailureKind::InvalidRequest
    );
    assert_eq!(refused(to(VaultKind::Os, None)).await, FailureKind::Conflict);
    assert_eq!(
        refused(to(VaultKind::Passphrase, None)).await,
        FailureKind::InvalidRequest
    );
    assert_eq!(
        refused(to(VaultKind::Passphrase, Some(""))).await,
        FailureKind::InvalidRequest
    );
    running.vault.lock().await;
    assert_eq!(
        refused(to(VaultKind::Passphrase, Some("p"))).await,
        FailureKind::VaultLocked
    );
    running.vault.unlock(None).await.unwrap();
    // a row that no key opens stops the move before anything is written
    running
        .execute("UPDATE secrets SET sealed = zeroblob(40) WHERE provider = 'p-03'")
        .await;
    running.stop().await;
    let running = machine.start_os().opened().await;
    let failure = running
        .vault
        .change(to(VaultKind::Passphrase, Some("p")))
        .await
        .unwrap_err();
    assert!(failure.message().contains("p-03"), "{failure}");
    assert_eq!(running.key(&name(4)).await, Some(secret(4)));
    assert_eq!(
        (running.vault.kind(), machine.keychain.entries()),
        (VaultKind::Os, before)
    );
}

#[tokio::test]
async fn key_07_a_keychain_that_fails_leaves_the_passphrase_vault_whole() {
    for (mood, kind) in [
        (Mood::Fails(OsFailure::Locked), FailureKind::VaultLocked),
        (Mood::Fails(OsFailure::Refused), FailureKind::VaultLocked),
        (Mood::Fails(OsFailure::Absent), FailureKind::VaultAbsent),
        (Mood::Forgets, FailureKind::VaultLocked),
        (Mood::Hangs, FailureKind::VaultLocked),
    ] {
        let machine = Machine::new();
        begun_as(&machine, VaultKind::Passphrase).await.stop().await;
        let mut options = machine.options();
        options.passphrase = Some("old words".into());
        options.probe_deadline = Duration::from_millis(200);
        options.prompt_deadline = Duration::from_millis(400);
        let running = machine.start(VaultKind::Passphrase, options).opened().await;
        machine.keychain.set_mood(mood);
        let failure = running.vault.change(to(VaultKind::Os, None)).await.unwrap_err();
        assert_eq!(failure.kind(), kind, "{mood:?}");
        holds_all(&running, "still here").await;
        assert_eq!(running.vault.kind(), VaultKind::Passphrase);
        // what came late is not forgotten there for ever
        machine.keychain.set_mood(Mood::Works);
        running.stop().await;
        let running = start_as_written(&machine, "old words").await;
        assert_eq!(running.vault.kind(), VaultKind::Passphrase, "{mood:?}");
        holds_all(&running, "after a restart").await;
        running.vault.tidy().await;
        eventually(Duration::from_secs(5), || machine.keychain.entries().is_empty()).await;
        running.vault.change(to(VaultKind::Os, None)).await.unwrap();
        holds_all(&running, "moved at last").await;
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_leaves_the_old_vault_and_no_entry() {
    for kind in [VaultKind::Os, VaultKind::Passphrase] {
        let machine = Machine::new();
        let running = begun_as(&machine, kind).await;
        let before = machine.keychain.entries();
        let mut change = match kind {
            VaultKind::Os => to(VaultKind::Passphrase, Some("new words")),
            VaultKind::Passphrase | VaultKind::Memory => to(VaultKind::Os, None),
        };
        // the last thing that is written fails, as on a full disk
        change.also = Box::new(|_| Err(Failure::new(FailureKind::StorageFailed, "The disk is full.")));
        let failure = running.vault.change(change).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::StorageFailed);
        holds_all(&running, "still here").await;
        assert_eq!(machine.keychain.entries(), before);
        running.stop().await;
        let running = start_as_written(&machine, "old words").await;
        assert_eq!(running.vault.kind(), kind);
        holds_all(&running, "after a restart").await;
    }
}

#[tokio::test]
async fn an_old_master_key_that_stays_is_removed_when_the_keychain_allows_it() {
    let machine = Machine::new();
    let running = begun_as(&machine, VaultKind::Os).await;
    machine.keychain.set_mood(Mood::Fails(OsFailure::Locked));
    let moved = running
        .vault
        .change(to(VaultKind::Passphrase, Some("new words")))
        .await
        .unwrap();
    assert!(moved.left_behind);
    assert_eq!(machine.keychain.entries().len(), 1);
    running.stop().await;
    let running = start_as_written(&machine, "new words").await;
    running.vault.tidy().await;
    assert_eq!(machine.keychain.entries().len(), 1, "still locked");
    machine.keychain.set_mood(Mood::Works);
    running.vault.tidy().await;
    assert_eq!(machine.keychain.entries(), []);
    let calls = machine.keychain.calls();
    running.vault.tidy().await;
    assert_eq!(machine.keychain.calls(), calls, "and then it is left alone");
    holds_all(&running, "all the while").await;
}

/// What must hold whenever a move was killed: one vault or the other has every key, and after tidying the keychain
/// has the one entry that belongs to it.
pub async fn sound_after(root: &Path, machine: &Machine, point: &str) {
    let running = start_as_written(machine, "words").await;
    let count = running.sealed_rows().await;
    assert_eq!(count, 3, "{point}");
    for n in 0..3 {
        assert_eq!(running.key(&name(n)).await, Some(secret(n)), "{point}");
    }
    running.vault.tidy().await;
    let entries = machine.keychain.entries().len();
    assert_eq!(
        entries,
        usize::from(running.vault.kind() == VaultKind::Os),
        "{point}"
    );
    assert_eq!(
        leaks(root, "sk-moving-canary-1"),
        Vec::<std::path::PathBuf>::new()
    );
    running.stop().await;
}

/// The part of the child process: three keys, and the move.
pub async fn keep_three(running: &Running, kind: VaultKind) {
    for n in 0..3 {
        running
            .vault
            .put(&name(n), &origin(), secret(n).into())
            .await
            .unwrap();
    }
    let write = move |tx: &rusqlite::Transaction<'_>| settings::set(tx, "kind", kind.as_str());
    running.store.write(write).await.unwrap();
}
