//! What a sealed key is bound to: its provider, its origin, its machine.

use domain::FailureKind;
use inglenook_store::table::settings;
use inglenook_store::vault::{VaultKind, VaultState};

use crate::support::{CANARY, Machine, Running, origin, origin_of, provider, start};

async fn two_keys() -> (Machine, Running) {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    for (name, key) in [("a", CANARY), ("b", "sk-the-other-providers-key")] {
        running
            .vault
            .put(&provider(name), &origin(), key.into())
            .await
            .unwrap();
    }
    (machine, running)
}

/// Opens the directory anew after its rows were changed behind the vault's back.
async fn after(machine: &Machine, running: Running, sql: &'static str) -> Running {
    running.execute(sql).await;
    running.stop().await;
    machine.start_os().opened().await
}

#[tokio::test]
async fn key_11_a_row_moved_to_another_provider_does_not_open() {
    let (machine, running) = two_keys().await;
    let sql = "DELETE FROM secrets WHERE provider = 'b'; UPDATE secrets SET provider = 'b';";
    let running = after(&machine, running, sql).await;
    let failure = running.vault.get(&provider("b"), &origin()).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::ProviderKeyMissing);
    assert_eq!(running.key(&provider("a")).await, None);
}

#[tokio::test]
async fn key_11_a_seal_pasted_into_another_row_does_not_open() {
    let (machine, running) = two_keys().await;
    let sql = "UPDATE secrets SET (nonce, sealed) = (SELECT nonce, sealed FROM secrets WHERE provider = 'a')
               WHERE provider = 'b';";
    let running = after(&machine, running, sql).await;
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
    let failure = running.vault.get(&provider("b"), &origin()).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::ProviderKeyMissing);
}

#[tokio::test]
async fn key_11_a_row_given_another_origin_or_version_does_not_open() {
    for (sql, at) in [
        (
            "UPDATE secrets SET origin = 'https://evil.example:443'",
            origin_of("https://evil.example"),
        ),
        ("UPDATE secrets SET key_version = 2", origin()),
        ("UPDATE secrets SET nonce = randomblob(24)", origin()),
        ("UPDATE secrets SET nonce = x''", origin()),
        ("UPDATE secrets SET sealed = x'00'", origin()),
    ] {
        let (machine, running) = two_keys().await;
        let running = after(&machine, running, sql).await;
        let failure = running.vault.get(&provider("a"), &at).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::ProviderKeyMissing, "{sql}");
    }
}

#[tokio::test]
async fn key_11_a_key_is_not_handed_out_for_another_origin() {
    let (_machine, running) = two_keys().await;
    for elsewhere in [
        "http://api.example.com",
        "https://api.example.com:444",
        "https://api.example.com.evil.test",
    ] {
        let elsewhere = origin_of(elsewhere);
        let failure = running.vault.get(&provider("a"), &elsewhere).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::ProviderKeyMissing);
        assert!(
            failure.message().contains(elsewhere.as_str()),
            "{}",
            failure.message()
        );
        assert!(!format!("{failure:?}").contains("canary"));
    }
    // given again for the new address, the old one is no longer served
    let moved = origin_of("https://new.example.com");
    running
        .vault
        .put(&provider("a"), &moved, "sk-new-key-for-it".into())
        .await
        .unwrap();
    let key = running.vault.get(&provider("a"), &moved).await.unwrap().unwrap();
    assert_eq!(key.secret_for(&moved), Some("sk-new-key-for-it"));
    assert_eq!(key.secret_for(&origin()), None);
    assert!(running.vault.get(&provider("a"), &origin()).await.is_err());
    assert!(!format!("{key:?}").contains("sk-new"));
}

#[tokio::test]
async fn key_08_a_copied_database_keeps_its_keys_to_itself_and_everything_else_readable() {
    let (machine, running) = two_keys().await;
    running
        .store
        .write(|tx| settings::set(tx, "theme", "dark"))
        .await
        .unwrap();
    running.stop().await;

    let other = Machine::new();
    copy(&machine.data(), &other.data());
    let running = other.start_os();
    assert_eq!(running.vault.open().await, VaultState::Absent);
    let failure = running.vault.get(&provider("a"), &origin()).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::VaultAbsent);
    assert!(
        failure.message().contains("another machine or by another user"),
        "{}",
        failure.message()
    );
    let theme: Option<String> = running.store.read(|db| settings::get(db, "theme")).await.unwrap();
    assert_eq!(theme.as_deref(), Some("dark"));
    let failed = running.vault.put(&provider("c"), &origin(), CANARY.into()).await;
    assert_eq!(failed.unwrap_err().kind(), FailureKind::VaultAbsent);
    assert_eq!(other.keychain.entries(), []);

    // the way out, which only the user can choose
    running.vault.reset().await.unwrap();
    assert_eq!(running.vault.state(), VaultState::Available);
    assert_eq!(running.key(&provider("a")).await, None);
    running
        .vault
        .put(&provider("c"), &origin(), CANARY.into())
        .await
        .unwrap();
    assert_eq!(running.key(&provider("c")).await.as_deref(), Some(CANARY));
    running.stop().await;

    let first = machine.start_os().opened().await;
    assert_eq!(
        first.key(&provider("a")).await.as_deref(),
        Some(CANARY),
        "the original is as it was"
    );
}

#[tokio::test]
async fn key_08_a_copied_passphrase_vault_needs_its_passphrase() {
    let machine = Machine::new();
    let running = machine.start_passphrase(Some("correct horse")).opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;
    let other = Machine::new();
    copy(&machine.data(), &other.data());
    let running = start(&other.data(), VaultKind::Passphrase, other.options());
    assert_eq!(running.vault.open().await, VaultState::Locked);
    assert!(running.vault.get(&provider("a"), &origin()).await.is_err());
    running.vault.unlock(Some("correct horse".into())).await.unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}
