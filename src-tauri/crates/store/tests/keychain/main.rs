//! The vault on a real Secret Service. `tests/keychain/run` at the root of the tree makes a session of its
//! own with an own keyring and runs these one by one; anywhere else they fail, on purpose: they would
//! write into the keychain of whoever runs them.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{BaseUrl, FailureKind, Origin, ProviderId, Timestamp};
use inglenook_store::vault::{
    Keychain, Move, OsEntry, OsFailure, OsStore, Prompt, Vault, VaultKind, VaultOptions, VaultState,
};
use inglenook_store::{DataDirectory, Store, StoreOptions};
use secrecy::ExposeSecret;

const SERVICE: &str = "inglenook-keychain-test";
const SECRET: &str = "sk-real-keychain-canary-5b1f";

/// The password of the session's keyring; proof that this is the session the script made.
fn password() -> String {
    std::env::var("INGLENOOK_KEYCHAIN_TEST_PASSWORD").unwrap()
}

fn lock_keyring() {
    let service = secret_service::blocking::SecretService::connect(secret_service::EncryptionType::Plain);
    service.unwrap().get_default_collection().unwrap().lock().unwrap();
}

/// What a login does, by the way its own tests take: the daemon has no other for a session without a window.
fn unlock_keyring() {
    use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

    let bus = zbus::blocking::Connection::session().unwrap();
    let (name, path) = ("org.freedesktop.secrets", "/org/freedesktop/secrets");
    let service = zbus::blocking::Proxy::new(&bus, name, path, "org.freedesktop.Secret.Service").unwrap();
    let opened: (OwnedValue, OwnedObjectPath) =
        service.call("OpenSession", &("plain", Value::from(""))).unwrap();
    let login: OwnedObjectPath = service.call("ReadAlias", &("default",)).unwrap();
    let secret = (opened.1, Vec::<u8>::new(), password().into_bytes(), "text/plain");
    let inner = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
    let inner = zbus::blocking::Proxy::new(&bus, name, path, inner).unwrap();
    let () = inner.call("UnlockWithMasterPassword", &(login, secret)).unwrap();
}

fn start(data: &Path) -> (Store, Vault) {
    let _ = password();
    let directory = DataDirectory::open(data).unwrap();
    let store = Store::open(&directory, StoreOptions::default()).unwrap();
    let mut options = VaultOptions::new(Arc::new(|| Timestamp(1)));
    options.service = SERVICE.into();
    options.prompt_deadline = Duration::from_secs(10);
    let vault = Vault::new(VaultKind::Os, store.clone(), options);
    (store, vault)
}

fn provider() -> ProviderId {
    ProviderId::new("a").unwrap()
}

fn origin() -> Origin {
    BaseUrl::parse("https://api.example.com").unwrap().origin()
}

async fn key(vault: &Vault) -> Option<String> {
    let key = vault.get(&provider(), &origin()).await.unwrap()?;
    key.secret_for(&origin()).map(str::to_owned)
}

/// What `secret-tool` finds under our service.
fn listed() -> String {
    let output = Command::new("secret-tool")
        .args(["search", "--all", "service", SERVICE])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn real_keychain_1_keeps_one_master_key_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (store, vault) = start(dir.path());
    assert_eq!(vault.open().await, VaultState::Available);
    assert_eq!(listed(), "", "opening leaves nothing behind");
    vault.put(&provider(), &origin(), SECRET.into()).await.unwrap();
    let entry = listed();
    assert_eq!(
        entry.matches("secret = ").count(),
        1,
        "one entry, seen by another program"
    );
    assert!(!entry.contains(SECRET), "it holds the master key alone");
    drop(vault);
    store.close().await;

    let (_store, vault) = start(dir.path());
    let began = Instant::now();
    assert_eq!(vault.open().await, VaultState::Available);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(key(&vault).await.as_deref(), Some(SECRET));
    vault.reset().await.unwrap();
    assert_eq!(listed(), "", "a reset takes the entry with it");
}

#[tokio::test]
async fn real_keychain_2_locked_then_unlocked_recovers_without_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (store, vault) = start(dir.path());
    vault.put(&provider(), &origin(), SECRET.into()).await.unwrap();
    drop(vault);
    store.close().await;

    lock_keyring();
    let (_store, vault) = start(dir.path());
    let began = Instant::now();
    assert_eq!(vault.open().await, VaultState::Locked);
    assert!(
        began.elapsed() < Duration::from_millis(2_200),
        "{:?}",
        began.elapsed()
    );
    let failure = vault.get(&provider(), &origin()).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::VaultLocked);

    unlock_keyring();
    // only calls of clients tell the vault to look
    let began = Instant::now();
    while vault.get(&provider(), &origin()).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", vault.failure());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(vault.state(), VaultState::Available);
    assert_eq!(key(&vault).await.as_deref(), Some(SECRET));

    // and the user's own wish
    vault.lock().await;
    lock_keyring();
    assert!(
        vault.unlock(None).await.is_err(),
        "no prompter can ask in this session"
    );
    unlock_keyring();
    let began = Instant::now();
    vault.unlock(None).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(key(&vault).await.as_deref(), Some(SECRET));
    vault.reset().await.unwrap();
}

#[test]
fn real_keychain_3_looking_never_asks_even_where_a_question_could_be_shown() {
    let _ = password();
    let entry = OsEntry {
        service: SERVICE.into(),
        account: "quiet".into(),
    };
    Keychain.set(&entry, &"secret".into(), Prompt::Never).unwrap();
    let got = Keychain.get(&entry, Prompt::Never).unwrap().unwrap();
    assert_eq!(got.expose_secret(), "secret");
    lock_keyring();
    let began = Instant::now();
    let missing = OsEntry {
        service: SERVICE.into(),
        account: "missing".into(),
    };
    for entry in [&entry, &missing] {
        assert_eq!(
            Keychain.get(entry, Prompt::Never).unwrap_err(),
            OsFailure::Locked,
            "{entry:?}"
        );
    }
    assert_eq!(
        Keychain.set(&missing, &"x".into(), Prompt::Never),
        Err(OsFailure::Locked)
    );
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    unlock_keyring();
    Keychain.delete(&entry, Prompt::Never).unwrap();
    assert!(Keychain.get(&entry, Prompt::Never).unwrap().is_none());
}

#[test]
fn real_keychain_4_without_a_bus_the_store_is_absent_and_with_one_it_is_back() {
    // the address is read at each connection: a child process sees another one
    let _ = password();
    let run = |bus: Option<&str>| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["child_probe", "--exact", "--ignored", "--nocapture"]);
        if let Some(bus) = bus {
            child.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        let output = child.output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(run(Some("unix:path=/nonexistent/bus")).contains("probe: Err(Absent)"));
    assert!(run(None).contains("probe: Ok(None)"));
}

#[tokio::test]
async fn real_keychain_5_keys_go_to_a_passphrase_vault_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let (store, vault) = start(dir.path());
    vault.put(&provider(), &origin(), SECRET.into()).await.unwrap();
    let to = |to, passphrase: Option<&str>| Move {
        to,
        passphrase: passphrase.map(Into::into),
        progress: Box::new(|_, _| {}),
        also: Box::new(|_| Ok(())),
    };
    let there = vault
        .change(to(VaultKind::Passphrase, Some("new words")))
        .await
        .unwrap();
    assert_eq!((there.providers.len(), there.left_behind), (1, false));
    assert_eq!(listed(), "", "the old master key is gone");
    assert_eq!(key(&vault).await.as_deref(), Some(SECRET));

    lock_keyring();
    let refused = vault.change(to(VaultKind::Os, None)).await.unwrap_err();
    assert_eq!(refused.kind(), FailureKind::VaultLocked);
    assert_eq!(
        (vault.kind(), key(&vault).await.as_deref()),
        (VaultKind::Passphrase, Some(SECRET))
    );
    unlock_keyring();
    vault.tidy().await;
    assert_eq!(listed(), "");

    vault.change(to(VaultKind::Os, None)).await.unwrap();
    assert_eq!(listed().matches("secret = ").count(), 1);
    drop(vault);
    store.close().await;
    let (_store, vault) = start(dir.path());
    assert_eq!(vault.open().await, VaultState::Available);
    assert_eq!(key(&vault).await.as_deref(), Some(SECRET));
    vault.reset().await.unwrap();
}

#[test]
#[ignore = "is the child process of real_keychain_4"]
#[expect(clippy::print_stdout, reason = "its parent reads this")]
fn child_probe() {
    let entry = OsEntry {
        service: SERVICE.into(),
        account: "nobody".into(),
    };
    let answer = Keychain.get(&entry, Prompt::Never);
    println!("probe: {:?}", answer.map(|secret| secret.map(|_| "some")));
}
