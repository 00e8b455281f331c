//! The passphrase vault, the vault in memory, and the step from one kind to another that never happens
//! by itself.

use domain::FailureKind;
use inglenook_store::vault::{OsFailure, VaultKind, VaultState};

use crate::support::{CANARY, Machine, Mood, leaks, origin, provider};

#[tokio::test]
async fn a_passphrase_opens_after_a_restart_and_nothing_of_it_is_on_the_disk() {
    let machine = Machine::new();
    machine.keychain.set_mood(Mood::Fails(OsFailure::Absent));
    let running = machine
        .start_passphrase(Some("correct horse battery"))
        .opened()
        .await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;
    for secret in [CANARY, "correct horse battery"] {
        assert_eq!(
            leaks(machine.root.path(), secret),
            Vec::<std::path::PathBuf>::new()
        );
    }
    let running = machine
        .start_passphrase(Some("correct horse battery"))
        .opened()
        .await;
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
    assert_eq!(
        machine.keychain.calls(),
        0,
        "this vault leaves the OS store alone"
    );
}

#[tokio::test]
async fn a_wrong_passphrase_and_none_leave_the_vault_locked_and_say_so() {
    let machine = Machine::new();
    let running = machine.start_passphrase(Some("correct horse")).opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;

    let running = machine.start_passphrase(Some("wrong horse"));
    assert_eq!(running.vault.open().await, VaultState::Locked);
    for attempt in [Some("wrong again"), None] {
        let failure = running.vault.unlock(attempt.map(Into::into)).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::VaultLocked);
        assert!(failure.message().contains("passphrase"), "{}", failure.message());
        assert!(
            !format!("{failure:?}").contains("again"),
            "it does not repeat the attempt"
        );
    }
    let failure = running.vault.get(&provider("a"), &origin()).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.retry_after_ms()),
        (FailureKind::VaultLocked, Some(2_000))
    );
    let failed = running.vault.put(&provider("b"), &origin(), CANARY.into()).await;
    assert_eq!(failed.unwrap_err().kind(), FailureKind::VaultLocked);
    running.vault.unlock(Some("correct horse".into())).await.unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
    running.vault.lock().await;
    assert!(running.vault.unlock(Some("wrong".into())).await.is_err());
    running.vault.unlock(Some("correct horse".into())).await.unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn a_mistyped_first_passphrase_binds_nothing_before_the_first_key() {
    let machine = Machine::new();
    let running = machine.start_passphrase(Some("typo")).opened().await;
    running.stop().await;
    let running = machine.start_passphrase(Some("as meant")).opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;
    let running = machine.start_passphrase(Some("typo"));
    assert_eq!(running.vault.open().await, VaultState::Locked);
}

#[tokio::test]
async fn a_vault_in_memory_writes_nothing_at_all() {
    let machine = Machine::new();
    let running = machine.start(VaultKind::Memory, machine.options()).opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
    assert_eq!(running.sealed_rows().await, 0);
    assert_eq!(running.account().await, None);
    running.vault.lock().await;
    running.vault.unlock(None).await.unwrap();
    assert_eq!(
        running.key(&provider("a")).await,
        None,
        "locking wipes what nothing else holds"
    );
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;
    assert_eq!(
        leaks(machine.root.path(), CANARY),
        Vec::<std::path::PathBuf>::new()
    );
    assert_eq!(machine.keychain.calls(), 0);
    let running = machine.start(VaultKind::Memory, machine.options()).opened().await;
    assert_eq!(running.key(&provider("a")).await, None);
}

#[tokio::test]
async fn rows_of_another_kind_of_vault_stay_and_every_failure_says_where_they_are() {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;

    for kind in [VaultKind::Passphrase, VaultKind::Memory] {
        let mut options = machine.options();
        options.passphrase = Some("p".into());
        let running = machine.start(kind, options);
        assert_eq!(running.vault.open().await, VaultState::Locked, "{kind:?}");
        let failures = [
            running.vault.get(&provider("a"), &origin()).await.unwrap_err(),
            running
                .vault
                .put(&provider("a"), &origin(), "another-key".into())
                .await
                .unwrap_err(),
            running.vault.unlock(Some("p".into())).await.unwrap_err(),
        ];
        for failure in failures {
            assert_eq!(failure.kind(), FailureKind::VaultLocked);
            assert!(failure.message().contains("`os`"), "{}", failure.message());
            assert!(failure.hint().unwrap().contains("--vault os"));
        }
        running.vault.lock().await;
        assert_eq!(running.sealed_rows().await, 1);
        running.stop().await;
    }
    let running = machine.start_os().opened().await;
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn the_kind_can_be_changed_when_no_rows_are_left_and_the_keychain_is_tidied() {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.vault.remove(&provider("a")).await.unwrap();
    running.stop().await;
    assert_eq!(machine.keychain.entries().len(), 1);
    let running = machine.start_passphrase(Some("p")).opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    assert_eq!(machine.keychain.entries(), []);
    running.stop().await;
    let running = machine.start_os();
    assert_eq!(running.vault.open().await, VaultState::Locked);
    running.vault.reset().await.unwrap();
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.stop().await;
    let running = machine.start_os().opened().await;
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn empty_and_giant_keys_are_refused() {
    let machine = Machine::new();
    let running = machine.start(VaultKind::Memory, machine.options()).opened().await;
    for bad in [String::new(), "k".repeat(64 * 1024 + 1)] {
        let failed = running.vault.put(&provider("a"), &origin(), bad.into()).await;
        assert_eq!(failed.unwrap_err().kind(), FailureKind::InvalidRequest);
    }
}

#[tokio::test]
async fn before_it_is_opened_a_vault_is_locked_and_get_now_has_no_answer() {
    let machine = Machine::new();
    let running = machine.start_os();
    assert_eq!(running.vault.state(), VaultState::Locked);
    assert!(running.vault.get_now(&provider("a"), &origin()).is_none());
    let failure = running.vault.get(&provider("a"), &origin()).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::VaultLocked);
    // whoever keeps a key first need not have opened it
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn a_key_given_before_the_vault_has_opened_waits_for_the_passphrase() {
    let machine = Machine::new();
    let (a, origin) = (provider("a"), origin());
    let running = machine.start_passphrase(Some("correct horse"));
    let (kept, _) = tokio::join!(
        running.vault.put(&a, &origin, CANARY.into()),
        running.vault.open()
    );
    kept.unwrap();
    running.stop().await;

    let running = machine.start_passphrase(Some("correct horse"));
    let (found, state) = tokio::join!(running.key(&a), running.vault.open());
    assert_eq!(found.as_deref(), Some(CANARY));
    assert_eq!(state, VaultState::Available);
    running.stop().await;

    let running = machine.start_passphrase(Some("wrong horse"));
    let failure = running.vault.get(&a, &origin).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::VaultLocked);
}
