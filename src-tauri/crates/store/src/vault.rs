//! Where provider keys lie: sealed rows in the database, and one master key somewhere safer.
//!
//! The master key is in the OS store, or under a passphrase, or only in memory. The dangers are three.
//! A store that is locked, missing or silent must never hold up a call: what is known is kept in memory,
//! and [`Vault::get_now`] answers from there. A master key must never be made over rows that another one
//! sealed: they could not be opened again. And no step down to a weaker place happens by itself: rows that
//! belong to another kind of vault stay as they are, and every failure says where they are.
//!
//! Order of writing (KEY-07): first the row that names the OS store's entry, then the entry, then the
//! first sealed row. Whatever a crash leaves is found again under that name. Going, the other way round.
//!
//! Going to another kind of vault takes the keys along, when the user says so ([`Vault::change`]).
//!
//! Deliberately not here: client keys, of which only a digest is kept, and moving a key to another
//! address. When a provider's address changes, its key has to be given again (SEC-19).

mod acquire;
mod held;
mod moving;
mod os_store;
mod os_thread;
mod owner;
mod passphrase;
mod question;
mod sealing;

use std::sync::Arc;
use std::time::Duration;

use domain::{Failure, FailureKind, Origin, ProviderKey, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::secrets::{self, SecretRow};
use crate::{Store, failed};
use acquire::Acquire;
use held::{Access, Held, Why};

pub use moving::{Move, Moved};
pub use os_store::{Keychain, OsEntry, OsFailure, OsStore, Prompt};
pub use owner::Owner;
pub use passphrase::PassphraseCost;

/// Where the master key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum VaultKind {
    /// In the store of the OS.
    Os,
    /// In the database, under the user's passphrase.
    Passphrase,
    /// In this process alone; so are the keys.
    Memory,
}

impl VaultKind {
    /// Every kind, safest first.
    pub const ALL: &[Self] = &[Self::Os, Self::Passphrase, Self::Memory];

    /// The kind as it stands in JSON, SQL and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Os => "os",
            Self::Passphrase => "passphrase",
            Self::Memory => "memory",
        }
    }

    /// Reads [`VaultKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }
}

/// Whether keys can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VaultState {
    /// Yes.
    Available,
    /// Not before the user does something; also when the store does not answer.
    Locked,
    /// No: there is no store, or it does not hold the key that opens our rows.
    Absent,
}

/// Fills a buffer with bytes nobody can guess.
pub type Random = Arc<dyn Fn(&mut [u8]) -> Result<(), Failure> + Send + Sync>;

/// Tells the time.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The operating system's randomness.
pub fn os_random() -> Random {
    Arc::new(|buffer| {
        getrandom::fill(buffer)
            .map_err(|_| Failure::new(FailureKind::Internal, "The system's randomness is not available."))
    })
}

/// What a vault stands on.
#[derive(Clone)]
pub struct VaultOptions {
    /// The service under which the OS store lists us; another one for development and tests.
    pub service: String,
    /// The passphrase, if it was given at start.
    pub passphrase: Option<SecretString>,
    /// What guessing the passphrase shall cost.
    pub passphrase_cost: PassphraseCost,
    /// The OS store.
    pub os_store: Arc<dyn OsStore>,
    /// Randomness.
    pub random: Random,
    /// The clock, for the rows' dates.
    pub now: Now,
    /// How long a call to the OS store may take that the user did not ask for: 2 s.
    pub probe_deadline: Duration,
    /// How long the user may take to answer the OS store's question: 120 s.
    pub prompt_deadline: Duration,
}

impl VaultOptions {
    /// The real thing: the OS's own store and randomness.
    pub fn new(now: Now) -> Self {
        Self {
            service: "inglenook".into(),
            passphrase: None,
            passphrase_cost: PassphraseCost::default(),
            os_store: Arc::new(Keychain),
            random: os_random(),
            now,
            probe_deadline: Duration::from_secs(2),
            prompt_deadline: Duration::from_secs(120),
        }
    }
}

/// A key shorter than this shows nothing of itself: four characters would be too much of it.
const HINT_FROM: usize = 12;
const HINT_CHARS: usize = 4;
const KEY_MAX_BYTES: usize = 64 * 1024;
/// Counts master keys; there is one until rotation exists.
const KEY_VERSION: i64 = 1;

/// The vault. Clones are handles on the same one.
#[derive(Clone)]
pub struct Vault {
    acquire: Arc<Acquire>,
    // sealed rows are changed one at a time, in the database and in memory
    writing: Arc<tokio::sync::Mutex<()>>,
}

impl Vault {
    /// A vault that nothing was asked of yet: it is locked until [`Vault::open`] has looked.
    pub fn new(kind: VaultKind, store: Store, options: VaultOptions) -> Self {
        Self {
            acquire: Acquire::new(kind, store, options),
            writing: Arc::default(),
        }
    }

    /// Reads the sealed rows and looks for the master key, without a question to the user. Meant to run in
    /// the background at start; it ends within the probe's deadline or, for a passphrase, within a second.
    pub async fn open(&self) -> VaultState {
        self.acquire.open().await;
        self.state()
    }

    /// Whether keys can be had at this moment. Instant.
    pub fn state(&self) -> VaultState {
        self.acquire.held().access.state()
    }

    /// Why keys cannot be had, `None` when they can. Instant.
    pub fn failure(&self) -> Option<Failure> {
        match &self.acquire.held().access {
            Access::Open(_) => None,
            Access::Shut(why) => Some(why.failure()),
        }
    }

    /// Where the master key is.
    pub fn kind(&self) -> VaultKind {
        self.acquire.kind()
    }

    /// Keeps somebody's secret for one origin, in the place of an earlier one, and returns the hint: all
    /// that may be shown of it. The user has just asked for this, so the OS store may put a question.
    /// Returns when the sealed key is on the disk.
    ///
    /// # Errors
    /// [`FailureKind::VaultLocked`], [`FailureKind::VaultAbsent`], [`FailureKind::InvalidRequest`] for an
    /// empty or very long key, or storage failures; nothing is kept then.
    pub async fn put<'a>(
        &self,
        owner: impl Into<Owner<'a>>,
        origin: &Origin,
        secret: SecretString,
    ) -> Result<String, Failure> {
        let owner = owner.into();
        let text = secret.expose_secret();
        if text.is_empty() || text.len() > KEY_MAX_BYTES {
            return Err(Failure::invalid(
                "key",
                "A provider key is neither empty nor longer than 64 KiB.",
            ));
        }
        self.acquire.obtain().await?;
        let _writing = self.writing.lock().await;
        let (row, pending) = {
            let held = self.acquire.held();
            let row = seal(&held, self.acquire.random(), owner, origin, text)?;
            (row, held.pending.clone())
        };
        if self.kind() != VaultKind::Memory {
            let (row, now) = (row.clone(), self.acquire.now());
            let meta = pending.clone();
            self.acquire
                .store()
                .write(move |tx| {
                    if let Some(meta) = meta {
                        secrets::set_meta(tx, &meta, now).map_err(failed)?;
                    }
                    secrets::put(tx, &row, now).map_err(failed)
                })
                .await?;
        }
        let mut held = self.acquire.held_mut();
        if let Some(meta) = pending {
            held.meta = Some(meta);
            held.pending = None;
        }
        held.rows.insert(row.provider.clone(), row);
        Ok(hint(text))
    }

    /// Somebody's secret, for the origin it is about to go to; `None` when there is none. Touches
    /// neither the database nor the OS store. Waits only for a passphrase that was given at start and is
    /// being tried.
    ///
    /// # Errors
    /// [`FailureKind::VaultLocked`] with a time to try again, [`FailureKind::VaultAbsent`], or
    /// [`FailureKind::ProviderKeyMissing`] when the key is bound to another origin.
    pub async fn get<'a>(
        &self,
        owner: impl Into<Owner<'a>>,
        origin: &Origin,
    ) -> Result<Option<ProviderKey>, Failure> {
        let owner = owner.into();
        if self.acquire.is_opening() {
            self.acquire.open().await;
        }
        self.get_now(owner, origin)
            .unwrap_or_else(|| Err(owner.named(Why::NotOpened.failure())))
    }

    /// [`Vault::get`] without waiting: `None` only while [`Vault::open`] has not read the rows yet.
    pub fn get_now<'a>(
        &self,
        owner: impl Into<Owner<'a>>,
        origin: &Origin,
    ) -> Option<Result<Option<ProviderKey>, Failure>> {
        let owner = owner.into();
        let held = self.acquire.held();
        if !held.is_read() {
            return match &held.access {
                Access::Shut(why @ Why::Storage(_)) => Some(Err(why.failure())),
                Access::Open(_) | Access::Shut(_) => None,
            };
        }
        // what has no row has no key, whoever holds the master key
        let Some(row) = held.rows.get(&owner.row()) else {
            return Some(Ok(None));
        };
        if *row.origin != *origin.as_str() {
            return Some(Err(moved(owner, &row.origin, origin)));
        }
        let why = match &held.access {
            Access::Open(Some(master)) => {
                let plain = master.unseal(
                    &binding(row, &row.key_version.to_le_bytes()),
                    &row.nonce,
                    &row.sealed,
                );
                let secret = plain.and_then(sealing::into_text);
                return Some(match secret {
                    Some(secret) => Ok(Some(ProviderKey::new(origin.clone(), secret))),
                    None => Err(damaged(owner)),
                });
            }
            Access::Open(None) => Why::NoMasterKey,
            Access::Shut(why) => why.clone(),
        };
        drop(held);
        self.acquire.look_again();
        Some(Err(owner.named(why.failure())))
    }

    /// Whether a secret is kept for somebody, whatever the vault's state.
    pub fn has<'a>(&self, owner: impl Into<Owner<'a>>) -> bool {
        self.acquire.held().rows.contains_key(&owner.into().row())
    }

    /// Forgets somebody's secret; works in every state.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn remove<'a>(&self, owner: impl Into<Owner<'a>>) -> Result<(), Failure> {
        let row = owner.into().row();
        self.acquire.read_rows().await?;
        let _writing = self.writing.lock().await;
        if self.kind() != VaultKind::Memory {
            let row = row.clone();
            self.acquire
                .store()
                .write(move |tx| secrets::remove(tx, &row).map_err(failed))
                .await?;
        }
        self.acquire.held_mut().rows.remove(&row);
        Ok(())
    }

    /// Makes keys available again. The user has just asked for this: the OS store may put one question,
    /// and no call is repeated by itself. The passphrase is needed for that kind of vault only.
    ///
    /// # Errors
    /// [`FailureKind::VaultLocked`], [`FailureKind::VaultAbsent`], or storage failures.
    pub async fn unlock(&self, passphrase: Option<SecretString>) -> Result<(), Failure> {
        self.acquire.unlock(passphrase).await
    }

    /// Wipes the master key from memory. A vault in memory loses its keys with it. Only
    /// [`Vault::unlock`] ends this.
    pub async fn lock(&self) {
        self.acquire.lock();
    }

    /// Forgets every provider key and the master key: the way out for who lost the passphrase,
    /// or took the database from another machine. The user asked for exactly this.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn reset(&self) -> Result<(), Failure> {
        let _writing = self.writing.lock().await;
        self.acquire.reset().await
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("kind", &self.kind())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

fn seal(
    held: &Held,
    random: &Random,
    owner: Owner<'_>,
    origin: &Origin,
    text: &str,
) -> Result<SecretRow, Failure> {
    let master = match &held.access {
        Access::Open(Some(master)) => master,
        Access::Open(None) => return Err(Why::NoMasterKey.failure()),
        Access::Shut(why) => return Err(why.failure()),
    };
    let mut row = SecretRow {
        provider: owner.row(),
        origin: origin.as_str().into(),
        key_version: KEY_VERSION,
        nonce: Vec::new(),
        sealed: Vec::new(),
    };
    let sealed = master.seal(
        random,
        &binding(&row, &KEY_VERSION.to_le_bytes()),
        text.as_bytes(),
    )?;
    row.nonce = sealed.nonce;
    row.sealed = sealed.bytes;
    Ok(row)
}

/// What a provider key's seal is bound to.
fn binding<'a>(row: &'a SecretRow, version: &'a [u8; 8]) -> [&'a [u8]; 4] {
    [
        b"inglenook provider key",
        row.provider.as_bytes(),
        row.origin.as_bytes(),
        version,
    ]
}

fn hint(text: &str) -> String {
    let count = text.chars().count();
    if count < HINT_FROM {
        return "·".repeat(HINT_CHARS);
    }
    text.chars().skip(count - HINT_CHARS).collect()
}

fn moved(owner: Owner<'_>, from: &str, to: &Origin) -> Failure {
    let failure = Failure::new(
        FailureKind::ProviderKeyMissing,
        format!(
            "The key of `{owner}` was given for {from} and is not sent to {}.",
            to.as_str()
        ),
    )
    .with_hint("The address changed: give the key again.");
    owner.named(failure)
}

fn damaged(owner: Owner<'_>) -> Failure {
    let failure = Failure::new(
        FailureKind::ProviderKeyMissing,
        format!("The kept key of `{owner}` does not belong to this name and address, or is damaged."),
    )
    .with_hint("Give the key again.");
    owner.named(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_show_four_characters_of_long_keys_only() {
        assert_eq!(hint("sk-12345678"), "····", "11 characters");
        assert_eq!(hint("sk-123456789"), "6789");
        assert_eq!(hint("ключ-ключ-ключ"), "ключ");
    }

    #[test]
    fn kinds_and_states_have_the_names_that_other_sides_use() {
        for kind in VaultKind::ALL {
            assert_eq!(VaultKind::parse(kind.as_str()), Some(*kind));
            assert_eq!(
                serde_json::to_value(kind).ok(),
                Some(serde_json::json!(kind.as_str()))
            );
        }
        assert_eq!(
            serde_json::to_value(VaultState::Available).ok(),
            Some(serde_json::json!("available"))
        );
    }
}
