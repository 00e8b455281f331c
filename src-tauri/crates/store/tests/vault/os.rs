//! Stores of the OS that are locked, absent, silent, refusing or forgetful.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::FailureKind;
use inglenook_store::vault::{OsFailure, VaultKind, VaultState};

use crate::support::{CANARY, Machine, Mood, eventually, leaks, origin, provider};

#[tokio::test]
async fn keys_are_kept_over_a_restart_and_only_sealed() {
    let machine = Machine::new();
    let first = machine.start_os().opened().await;
    let hint = first.vault.put(&provider("a"), &origin(), CANARY.into()).await;
    assert_eq!(hint.unwrap(), "leak");
    assert_eq!(first.key(&provider("a")).await.as_deref(), Some(CANARY));
    assert_eq!(first.key(&provider("b")).await, None);
    first.stop().await;

    let second = machine.start_os().opened().await;
    let calls = machine.keychain.calls();
    for _ in 0..100 {
        assert_eq!(second.key(&provider("a")).await.as_deref(), Some(CANARY));
    }
    assert_eq!(machine.keychain.calls(), calls, "reading a key asks nobody");
    second.vault.remove(&provider("a")).await.unwrap();
    assert_eq!(second.key(&provider("a")).await, None);
    second.stop().await;
    assert_eq!(
        leaks(machine.root.path(), CANARY),
        Vec::<std::path::PathBuf>::new()
    );
    let entries = machine.keychain.entries();
    assert_eq!(entries.len(), 1, "one master key and no canary left behind");
    assert!(entries[0].1.len() <= 44, "it fits into every OS's store");
}

#[tokio::test]
async fn opening_alone_leaves_nothing_in_the_keychain() {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    assert_eq!(machine.keychain.entries(), []);
    assert_eq!(
        running.account().await,
        None,
        "and nothing in the database that names an entry"
    );
}

#[tokio::test]
async fn key_01_locked_at_start_and_unlocked_recovers_without_restart() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;

    machine.keychain.set_mood(Mood::Fails(OsFailure::Locked));
    let running = machine.start_os();
    assert_eq!(running.vault.open().await, VaultState::Locked);
    let failure = running.vault.get(&provider("a"), &origin()).await.unwrap_err();
    assert_eq!(
        (failure.kind(), failure.retry_after_ms()),
        (FailureKind::VaultLocked, Some(2_000))
    );
    assert_eq!(
        running.key(&provider("none")).await,
        None,
        "who has no key needs no vault"
    );

    // the user unlocks the keychain elsewhere; nothing but calls of clients tells the vault to look
    machine.keychain.set_mood(Mood::Works);
    let found = || {
        running
            .vault
            .get_now(&provider("a"), &origin())
            .is_some_and(|got| got.is_ok())
    };
    eventually(Duration::from_secs(2), found).await;
    assert_eq!(running.vault.state(), VaultState::Available);
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn key_01_the_users_unlock_works_at_once() {
    let machine = Machine::new();
    machine.keychain.set_mood(Mood::Fails(OsFailure::Locked));
    let running = machine.start_os();
    assert_eq!(running.vault.open().await, VaultState::Locked);
    assert_eq!(
        machine.keychain.prompts_forbidden.load(Ordering::SeqCst),
        machine.keychain.calls(),
        "starting asks the user nothing"
    );
    machine.keychain.set_mood(Mood::Works);
    let began = Instant::now();
    running.vault.unlock(None).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(2));
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn key_02_without_a_store_nothing_is_written_anywhere() {
    let machine = Machine::new();
    machine.keychain.set_mood(Mood::Fails(OsFailure::Absent));
    let running = machine.start_os();
    assert_eq!(running.vault.open().await, VaultState::Absent);
    let failure = running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), FailureKind::VaultAbsent);
    assert!(
        failure.hint().unwrap().contains("--vault passphrase"),
        "another vault is offered"
    );
    assert_eq!(running.sealed_rows().await, 0);
    assert_eq!(running.key(&provider("a")).await, None);
    assert!(!format!("{failure:?} {:?}", running.vault).contains("canary"));
    running.stop().await;
    assert_eq!(
        leaks(machine.root.path(), CANARY),
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn key_02_the_search_for_leaks_finds_them() {
    use base64ct::{Base64, Encoding};
    let dir = tempfile::tempdir().unwrap();
    let sub = dir.path().join("sub");
    std::fs::create_dir(&sub).unwrap();
    let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let plain = [
        format!("x{CANARY}y"),
        hex,
        Base64::encode_string(CANARY.as_bytes()),
        Base64::encode_string(format!("a{CANARY}").as_bytes()),
        Base64::encode_string(format!("ab{CANARY}cd").as_bytes()),
    ];
    for (at, text) in plain.iter().enumerate() {
        std::fs::write(sub.join(at.to_string()), text).unwrap();
    }
    std::fs::write(sub.join("clean"), "nothing").unwrap();
    assert_eq!(leaks(dir.path(), CANARY).len(), plain.len());
}

#[tokio::test]
async fn key_03_a_call_that_never_returns_blocks_nobody() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;

    machine.keychain.set_mood(Mood::Hangs);
    let running = machine.start_os_hurried();
    let vault = running.vault.clone();
    let began = Instant::now();
    let opening = tokio::spawn(async move { (vault.open().await, began.elapsed()) });
    let mut slowest = Duration::ZERO;
    while !opening.is_finished() {
        let asked = Instant::now();
        assert_ne!(running.vault.state(), VaultState::Available);
        let failure = running.vault.get(&provider("a"), &origin()).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::VaultLocked);
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (state, took) = opening.await.unwrap();
    assert_eq!(state, VaultState::Locked);
    assert!(
        took < Duration::from_millis(600),
        "{took:?}, its deadline is 400 ms"
    );
    assert!(slowest < Duration::from_millis(100), "{slowest:?}");

    // asking the user ends at its own deadline, and another start of that kind does not hang either
    let began = Instant::now();
    let failure = running.vault.unlock(None).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::VaultLocked);
    let took = began.elapsed();
    assert!(
        took < Duration::from_millis(1_800),
        "{took:?}, its deadline is 800 ms"
    );
    assert_eq!(machine.keychain.most_at_once(), 1);
    machine.keychain.set_mood(Mood::Works);
}

#[tokio::test]
async fn key_03_an_answer_after_the_deadline_still_opens_the_vault() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;
    machine.keychain.set_mood(Mood::Hangs);
    let running = machine.start_os_hurried();
    assert_eq!(running.vault.open().await, VaultState::Locked);
    machine.keychain.set_mood(Mood::Works);
    eventually(Duration::from_secs(2), || {
        running.vault.state() == VaultState::Available
    })
    .await;
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn an_answer_that_comes_after_the_user_locked_does_not_count() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;
    machine.keychain.set_mood(Mood::Hangs);
    let running = machine.start_os_hurried();
    running.vault.open().await;
    running.vault.lock().await;
    machine.keychain.set_mood(Mood::Works);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(running.vault.state(), VaultState::Locked);
    // nor does a client's call undo what the user did
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(running.vault.get(&provider("a"), &origin()).await.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(running.vault.state(), VaultState::Locked);
    running.vault.unlock(None).await.unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn a_thread_that_is_lost_for_good_is_replaced_when_the_user_asks_again() {
    let machine = Machine::new();
    machine.keychain.set_mood(Mood::Hangs);
    let running = machine.start_os_hurried();
    running.vault.open().await;
    // this waits for the call that is under way, to its deadline
    assert!(running.vault.unlock(None).await.is_err());
    assert_eq!(machine.keychain.calls(), 1, "no second question beside the first");
    let vault = running.vault.clone();
    let again = tokio::spawn(async move { vault.unlock(None).await });
    eventually(Duration::from_secs(2), || machine.keychain.calls() == 2).await;
    machine.keychain.set_mood(Mood::Works);
    again.await.unwrap().unwrap();
    assert_eq!(running.vault.state(), VaultState::Available);
}

#[tokio::test]
async fn key_04_a_refusal_is_not_asked_again_by_itself() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;

    machine.keychain.set_mood(Mood::Fails(OsFailure::Refused));
    let running = machine.start_os();
    let start = machine.keychain.calls();
    let calls = || machine.keychain.calls() - start;
    assert_eq!(running.vault.open().await, VaultState::Locked);
    assert_eq!(calls(), 1);
    for round in 0..3 {
        for _ in 0..100 {
            let failure = running.vault.get(&provider("a"), &origin()).await.unwrap_err();
            assert_eq!(failure.kind(), FailureKind::VaultLocked);
        }
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(calls(), 1, "round {round}: calls of clients ask the user nothing");
    }
    for action in 1..=3 {
        assert!(running.vault.unlock(None).await.is_err());
        assert_eq!(calls(), 1 + action, "one question for one wish");
    }
    let failed = running.vault.put(&provider("b"), &origin(), CANARY.into()).await;
    assert_eq!(failed.unwrap_err().kind(), FailureKind::VaultLocked);
    assert_eq!(calls(), 5);
}

#[tokio::test]
async fn key_04_a_locked_store_is_looked_at_once_a_second_at_most() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;
    machine.keychain.set_mood(Mood::Fails(OsFailure::Locked));
    let running = machine.start_os();
    running.vault.open().await;
    let start = machine.keychain.calls();
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        assert!(running.vault.get(&provider("a"), &origin()).await.is_err());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let looks = machine.keychain.calls() - start;
    assert!((1..=3).contains(&looks), "{looks} looks in 2.5 s");
}

#[tokio::test]
async fn key_05_two_hundred_providers_and_a_secret_of_16_kib() {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    let secret = |n: usize| match n {
        7 => "t".repeat(16 * 1024),
        _ => format!("sk-{n:04}-{}", "k".repeat(40)),
    };
    for n in 0..200 {
        let name = provider(&format!("p-{n}"));
        running
            .vault
            .put(&name, &origin(), secret(n).into())
            .await
            .unwrap();
    }
    running.stop().await;
    let running = machine.start_os().opened().await;
    for n in 0..200 {
        let key = running.key(&provider(&format!("p-{n}"))).await;
        assert_eq!(key, Some(secret(n)), "{n}");
    }
    let entries = machine.keychain.entries();
    assert_eq!(entries.len(), 1, "one entry, however many providers");
    assert!(
        entries[0].1.encode_utf16().count() <= 1_280,
        "Windows takes no more"
    );
}

#[tokio::test]
async fn a_master_key_is_never_made_over_rows_that_another_one_sealed() {
    let machine = Machine::new();
    let before = machine.start_os().opened().await;
    before
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    before.stop().await;
    let kept = machine.keychain.entries();
    let file = machine.root.path().join("keychain").join(&kept[0].0);
    std::fs::remove_file(&file).unwrap();

    let running = machine.start_os();
    assert_eq!(running.vault.open().await, VaultState::Absent);
    let failed = running.vault.put(&provider("b"), &origin(), CANARY.into()).await;
    assert_eq!(failed.unwrap_err().kind(), FailureKind::VaultAbsent);
    assert!(running.vault.unlock(None).await.is_err());
    assert_eq!(machine.keychain.entries(), []);
    assert_eq!(running.sealed_rows().await, 1);

    // the entry comes back, as from a restored keychain, and so do the keys
    std::fs::write(&file, &kept[0].1).unwrap();
    running.vault.unlock(None).await.unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
}

#[tokio::test]
async fn a_store_that_forgets_what_it_took_is_not_trusted() {
    let machine = Machine::new();
    machine.keychain.set_mood(Mood::Forgets);
    let running = machine.start_os();
    assert_eq!(
        running.vault.open().await,
        VaultState::Locked,
        "the canary did not come back"
    );
    let failed = running.vault.put(&provider("a"), &origin(), CANARY.into()).await;
    assert_eq!(failed.unwrap_err().kind(), FailureKind::VaultLocked);
    assert_eq!(running.sealed_rows().await, 0);
}

#[tokio::test]
async fn many_first_keys_at_once_make_one_master_key() {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    let puts = (0..20).map(|n| {
        let vault = running.vault.clone();
        tokio::spawn(async move {
            let name = provider(&format!("p-{n}"));
            vault
                .put(&name, &origin(), format!("secret-number-{n}").into())
                .await
        })
    });
    for put in puts.collect::<Vec<_>>() {
        put.await.unwrap().unwrap();
    }
    running.stop().await;
    assert_eq!(machine.keychain.entries().len(), 1);
    assert_eq!(machine.keychain.most_at_once(), 1);
    let running = machine.start_os().opened().await;
    for n in 0..20 {
        let key = running.key(&provider(&format!("p-{n}"))).await;
        assert_eq!(key, Some(format!("secret-number-{n}")));
    }
}

#[tokio::test]
async fn lock_drops_the_key_and_unlock_brings_it_back() {
    let machine = Machine::new();
    let running = machine.start_os().opened().await;
    running
        .vault
        .put(&provider("a"), &origin(), CANARY.into())
        .await
        .unwrap();
    running.vault.lock().await;
    assert_eq!(running.vault.state(), VaultState::Locked);
    assert!(running.vault.get(&provider("a"), &origin()).await.is_err());
    let failed = running.vault.put(&provider("b"), &origin(), CANARY.into()).await;
    assert_eq!(
        failed.unwrap_err().kind(),
        FailureKind::VaultLocked,
        "only unlocking undoes a lock"
    );
    running.vault.remove(&provider("b")).await.unwrap();
    running.vault.unlock(None).await.unwrap();
    assert_eq!(running.key(&provider("a")).await.as_deref(), Some(CANARY));
    assert_eq!(running.vault.kind(), VaultKind::Os);
}
