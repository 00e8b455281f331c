//! A data directory, a keychain made of files that can be told to misbehave, and a search for leaks.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use base64ct::{Base64, Base64Unpadded, Encoding};
use domain::{BaseUrl, Origin, ProviderId, Timestamp};
use inglenook_store::vault::{
    OsEntry, OsFailure, OsStore, PassphraseCost, Prompt, Vault, VaultKind, VaultOptions, VaultState,
};
use inglenook_store::{DataDirectory, Store, StoreOptions};
use secrecy::{ExposeSecret, SecretString};

/// How a [`FileKeychain`] behaves at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Works,
    Fails(OsFailure),
    /// Does not return until the mood changes, and then does as that says.
    Hangs,
    /// Takes writes and forgets them.
    Forgets,
}

/// Each entry is a file; outlives the process, as a keychain does.
pub struct FileKeychain {
    dir: PathBuf,
    mood: Mutex<Mood>,
    changed: Condvar,
    calls: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    pub prompts_forbidden: AtomicUsize,
    /// Called with the name of each point that is passed.
    pub on_point: Box<dyn Fn(&str) + Send + Sync>,
}

impl FileKeychain {
    pub fn new(dir: &Path) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        Self {
            dir: dir.to_owned(),
            mood: Mutex::new(Mood::Works),
            changed: Condvar::new(),
            calls: AtomicUsize::new(0),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            prompts_forbidden: AtomicUsize::new(0),
            on_point: Box::new(|_| {}),
        }
    }

    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }

    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }

    /// Name and content of every entry.
    pub fn entries(&self) -> Vec<(String, String)> {
        let mut entries: Vec<_> = std::fs::read_dir(&self.dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect();
        entries.sort();
        entries
    }

    fn file(&self, entry: &OsEntry) -> PathBuf {
        self.dir.join(format!("{}.{}", entry.service, entry.account))
    }

    fn call<T>(&self, prompt: Prompt, f: impl FnOnce(Mood) -> T) -> Result<T, OsFailure> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if prompt == Prompt::Never {
            self.prompts_forbidden.fetch_add(1, Ordering::SeqCst);
        }
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        let mut mood = self.mood.lock().unwrap();
        while *mood == Mood::Hangs {
            mood = self.changed.wait(mood).unwrap();
        }
        let mood = *mood;
        let result = match mood {
            Mood::Fails(failure) => Err(failure),
            Mood::Works | Mood::Forgets | Mood::Hangs => Ok(f(mood)),
        };
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

impl OsStore for FileKeychain {
    fn get(&self, entry: &OsEntry, prompt: Prompt) -> Result<Option<SecretString>, OsFailure> {
        self.call(prompt, |_| {
            let text = std::fs::read_to_string(self.file(entry)).ok();
            text.map(SecretString::from)
        })
    }

    fn set(&self, entry: &OsEntry, secret: &SecretString, prompt: Prompt) -> Result<(), OsFailure> {
        let is_key = !entry.account.ends_with("-probe");
        self.call(prompt, |mood| {
            if is_key {
                (self.on_point)("before-set");
            }
            if mood == Mood::Works {
                std::fs::write(self.file(entry), secret.expose_secret()).unwrap();
            }
            if is_key {
                (self.on_point)("after-set");
            }
        })
    }

    fn delete(&self, entry: &OsEntry, prompt: Prompt) -> Result<(), OsFailure> {
        let is_key = !entry.account.ends_with("-probe");
        self.call(prompt, |_| {
            if is_key {
                (self.on_point)("before-delete");
            }
            drop(std::fs::remove_file(self.file(entry)));
            if is_key {
                (self.on_point)("after-delete");
            }
        })
    }
}

/// A machine: a data directory and a keychain.
pub struct Machine {
    pub root: tempfile::TempDir,
    pub keychain: Arc<FileKeychain>,
}

impl Machine {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let keychain = Arc::new(FileKeychain::new(&root.path().join("keychain")));
        Self { root, keychain }
    }

    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn options(&self) -> VaultOptions {
        options(Arc::clone(&self.keychain) as Arc<dyn OsStore>)
    }

    pub fn start(&self, kind: VaultKind, options: VaultOptions) -> Running {
        start(&self.data(), kind, options)
    }

    /// With short deadlines, so that a test of a hang does not take long.
    pub fn start_os_hurried(&self) -> Running {
        let mut options = self.options();
        options.probe_deadline = Duration::from_millis(400);
        options.prompt_deadline = Duration::from_millis(800);
        self.start(VaultKind::Os, options)
    }

    pub fn start_os(&self) -> Running {
        self.start(VaultKind::Os, self.options())
    }

    pub fn start_passphrase(&self, passphrase: Option<&str>) -> Running {
        let mut options = self.options();
        options.passphrase = passphrase.map(SecretString::from);
        self.start(VaultKind::Passphrase, options)
    }
}

/// The real deadlines, and a passphrase that is cheap to check.
pub fn options(os_store: Arc<dyn OsStore>) -> VaultOptions {
    let mut options = VaultOptions::new(Arc::new(|| Timestamp(1_000)));
    options.service = "inglenook-test".into();
    options.os_store = os_store;
    options.passphrase_cost = PassphraseCost {
        memory_kib: 64,
        passes: 1,
    };
    options
}

/// A process that has the data directory open.
pub struct Running {
    pub store: Store,
    pub vault: Vault,
}

pub fn start(data: &Path, kind: VaultKind, options: VaultOptions) -> Running {
    let directory = directory(data);
    let store = Store::open(&directory, StoreOptions::default()).unwrap();
    let vault = Vault::new(kind, store.clone(), options);
    Running { store, vault }
}

/// A child process of another test shares every open file, and so the lock, between its fork and its exec.
fn directory(data: &Path) -> DataDirectory {
    let began = Instant::now();
    loop {
        match DataDirectory::open(data) {
            Ok(directory) => return directory,
            Err(failure) => assert!(began.elapsed() < Duration::from_secs(2), "{failure}"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Running {
    pub async fn opened(self) -> Self {
        assert_eq!(self.vault.open().await, VaultState::Available);
        self
    }

    pub async fn stop(self) {
        drop(self.vault);
        self.store.close().await;
    }

    pub async fn sealed_rows(&self) -> i64 {
        self.number("SELECT count(*) FROM secrets").await
    }

    pub async fn number(&self, sql: &'static str) -> i64 {
        let read = |db: &rusqlite::Connection| {
            db.query_row(sql, [], |row| row.get(0))
                .map_err(inglenook_store::failed)
        };
        self.store.read(read).await.unwrap()
    }

    pub async fn account(&self) -> Option<String> {
        let read = |db: &rusqlite::Connection| {
            rusqlite::OptionalExtension::optional(
                db.query_row("SELECT account FROM vault_meta", [], |row| row.get(0)),
            )
            .map_err(inglenook_store::failed)
        };
        self.store.read(read).await.unwrap()
    }

    pub async fn execute(&self, sql: &'static str) {
        let write = |db: &rusqlite::Transaction<'_>| db.execute_batch(sql).map_err(inglenook_store::failed);
        self.store.write(write).await.unwrap();
    }

    /// The key of a provider as plain text.
    pub async fn key(&self, provider: &ProviderId) -> Option<String> {
        let key = self.vault.get(provider, &origin()).await.unwrap()?;
        key.secret_for(&origin()).map(str::to_owned)
    }
}

pub fn provider(name: &str) -> ProviderId {
    ProviderId::new(name).unwrap()
}

pub fn origin() -> Origin {
    origin_of("https://api.example.com/v1")
}

pub fn origin_of(url: &str) -> Origin {
    BaseUrl::parse(url).unwrap().origin()
}

pub const CANARY: &str = "sk-canary-7f3e9b1c5d2a8046-do-not-leak";

/// The files under `dir` that hold `secret` raw, reversed, as UTF-16, in hex or in base64.
pub fn leaks(dir: &Path, secret: &str) -> Vec<PathBuf> {
    let raw = secret.as_bytes();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut needles = vec![
        raw.to_vec(),
        raw.iter().rev().copied().collect(),
        secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
        Base64::encode_string(raw)
            .trim_end_matches('=')
            .as_bytes()
            .to_vec(),
    ];
    // inside a longer text base64 may begin at any of three offsets; the outermost characters differ
    for offset in 1..3 {
        let shifted = [vec![0; offset], raw.to_vec()].concat();
        let text = Base64Unpadded::encode_string(&shifted);
        needles.push(text.as_bytes()[4..text.len() - 4].to_vec());
    }
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let holds = |needle: &Vec<u8>| content.windows(needle.len()).any(|window| window == needle);
        if needles.iter().any(holds) {
            found.push(path);
        }
    }
    found
}

/// Asks until it is true, for at most `limit`.
pub async fn eventually(limit: Duration, mut check: impl FnMut() -> bool) -> Duration {
    let began = Instant::now();
    while !check() {
        assert!(began.elapsed() < limit, "not within {limit:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    began.elapsed()
}
