//! Moving the keys from one kind of vault to another, or under another passphrase.
//!
//! The danger is a key that is nowhere: taken out of the old place and not yet, or not readably, in the new one. So
//! everything is made twice: a new master key in its new place, read back from there; every key sealed anew under
//! it, opened again and compared; then one transaction that puts all of it, and whatever says which vault is used,
//! in the place of the old. Only after that is the old master key forgotten. Whoever is killed in between has either
//! the old vault or the new one, whole (KEY-07).
//!
//! What lies in the OS store and is not the vault's master key, because a move broke off or because the store could
//! not be asked, is named in the database until it is removed.

use std::time::Duration;

use domain::{Failure, FailureKind, ProviderId};
use rusqlite::{Connection, Transaction};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::acquire::Acquire;
use super::held::{Access, Why};
use super::os_store::{OsEntry, OsFailure, Prompt};
use super::os_thread::Started;
use super::question::keep;
use super::sealing::SealingKey;
use super::{OsStore, Random, Vault, VaultKind, binding};
use crate::failed;
use crate::table::secrets::{self, SecretRow, VaultMeta};
use crate::table::settings;

/// The row that names entries of the OS store which are to be forgotten.
const LEFT: &str = "vault_left";

/// What a move came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Whose keys were moved.
    pub providers: Vec<ProviderId>,
    /// Whether the old master key still lies in the OS store; it opens nothing there and is removed when the store
    /// allows it.
    pub left_behind: bool,
}

/// Told how many keys of how many are sealed anew.
pub type Progress = Box<dyn Fn(usize, usize) + Send + Sync>;
/// Writes more in the same transaction.
pub type Also = Box<dyn FnOnce(&Transaction<'_>) -> Result<(), Failure> + Send>;

/// A move: where to, and who is told and joins in.
pub struct Move {
    /// The new kind.
    pub to: VaultKind,
    /// For [`VaultKind::Passphrase`].
    pub passphrase: Option<SecretString>,
    /// Told how many keys of how many are sealed anew.
    pub progress: Progress,
    /// Written in the same transaction.
    pub also: Also,
}

impl Vault {
    /// Moves every key to another kind of vault. The user has just asked for this, so the OS store may put a
    /// question. It must not be broken off by dropping it: what is in memory would be behind what is on the disk.
    ///
    /// # Errors
    /// [`FailureKind::VaultLocked`] or [`FailureKind::VaultAbsent`] of the old vault or the new one,
    /// [`FailureKind::Conflict`] when the keys are there already, [`FailureKind::InvalidRequest`] without a
    /// passphrase or for a vault in memory, or storage failures. Everything is as it was then.
    pub async fn change(&self, change: Move) -> Result<Moved, Failure> {
        let _writing = self.writing.lock().await;
        self.acquire.change(change).await
    }

    /// Forgets what an earlier move left in the OS store, without a question to the user.
    pub async fn tidy(&self) {
        self.acquire.tidy().await;
    }
}

impl Acquire {
    async fn change(&self, change: Move) -> Result<Moved, Failure> {
        let Move {
            to,
            passphrase,
            progress,
            also,
        } = change;
        let _acting = self.be_open().await?;
        self.may_move(to)?;
        let (master, meta) = match to {
            VaultKind::Os => self.new_in_os_store().await?,
            VaultKind::Passphrase => self.new_under(passphrase).await?,
            VaultKind::Memory => return Err(nothing_stays()),
        };
        let old = self.held().meta.as_ref().and_then(|meta| self.os_entry(meta));
        let moved = match self.sealed_anew(&master, &progress) {
            Ok(rows) => self.commit(rows, &meta, old.as_ref(), also).await,
            Err(failure) => Err(failure),
        };
        let rows = match moved {
            Ok(rows) => rows,
            Err(failure) => {
                self.forget_left(self.os_entry(&meta)).await;
                return Err(failure);
            }
        };
        let mut providers: Vec<ProviderId> = rows
            .iter()
            .filter_map(|row| ProviderId::new(&row.provider).ok())
            .collect();
        providers.sort();
        self.set_kind(to);
        {
            let mut held = self.held_mut();
            held.generation += 1;
            held.rows = rows.into_iter().map(|row| (row.provider.clone(), row)).collect();
            held.meta = Some(meta);
            held.pending = None;
            held.access = Access::Open(Some(master));
        }
        Ok(Moved {
            providers,
            left_behind: !self.forget_left(old).await,
        })
    }

    fn may_move(&self, to: VaultKind) -> Result<(), Failure> {
        if to == VaultKind::Memory {
            return Err(nothing_stays());
        }
        if to == self.kind() && to != VaultKind::Passphrase {
            return Err(Failure::new(
                FailureKind::Conflict,
                format!("The keys are in the vault of kind `{}` already.", to.as_str()),
            ));
        }
        Ok(())
    }

    async fn new_under(&self, passphrase: Option<SecretString>) -> Result<(SealingKey, VaultMeta), Failure> {
        let given = passphrase.filter(|passphrase| !passphrase.expose_secret().is_empty());
        let passphrase =
            given.ok_or_else(|| Failure::invalid("passphrase", "The vault needs a passphrase."))?;
        let (verifier, master) = self.created(passphrase).await?;
        let meta = VaultMeta {
            kind: VaultKind::Passphrase.as_str().into(),
            salt: Some(verifier.salt),
            verifier: Some(verifier.bytes),
            account: String::new(),
        };
        Ok((master, meta))
    }

    /// A master key in the OS store, read back from there. Its name is on the disk before it can exist.
    async fn new_in_os_store(&self) -> Result<(SealingKey, VaultMeta), Failure> {
        let master = SealingKey::generate(self.random())?;
        let text = master.to_text()?;
        let meta = VaultMeta {
            kind: VaultKind::Os.as_str().into(),
            salt: None,
            verifier: None,
            account: self.random_name()?,
        };
        let account = meta.account.clone();
        self.store()
            .write(move |tx| {
                let mut left = left(tx)?;
                left.push(account);
                settings::set(tx, LEFT, &left)
            })
            .await?;
        let entry = self.entry(meta.account.clone());
        let named = entry.clone();
        let kept = self
            .on_os(Prompt::Allowed, self.prompt_deadline(), move |os| {
                keep(os, &named, &text, Prompt::Allowed)
            })
            .await;
        if let Err(why) = kept {
            self.forget_left(Some(entry)).await;
            return Err(why.failure());
        }
        Ok((master, meta))
    }

    /// Every row under the new master key, each opened again and compared with what the old one opens.
    fn sealed_anew(&self, master: &SealingKey, progress: &Progress) -> Result<Vec<SecretRow>, Failure> {
        let held = self.held();
        let old = match &held.access {
            Access::Open(old) => old,
            Access::Shut(why) => return Err(why.failure()),
        };
        let of = held.rows.len();
        let mut rows = Vec::with_capacity(of);
        for row in held.rows.values() {
            let old = old.as_ref().ok_or_else(|| Why::NoMasterKey.failure())?;
            rows.push(anew(row, old, master, self.random())?);
            progress(rows.len(), of);
        }
        Ok(rows)
    }

    /// All or nothing.
    async fn commit(
        &self,
        rows: Vec<SecretRow>,
        meta: &VaultMeta,
        old: Option<&OsEntry>,
        also: Also,
    ) -> Result<Vec<SecretRow>, Failure> {
        let (meta, now) = (meta.clone(), self.now());
        let old = old.map(|entry| entry.account.clone());
        self.store()
            .write(move |tx| {
                secrets::remove_all(tx).map_err(failed)?;
                for row in &rows {
                    secrets::put(tx, row, now).map_err(failed)?;
                }
                secrets::set_meta(tx, &meta, now).map_err(failed)?;
                let mut left = left(tx)?;
                left.retain(|account| *account != meta.account);
                left.extend(old);
                settings::set(tx, LEFT, &left)?;
                also(tx)?;
                Ok(rows)
            })
            .await
    }

    async fn tidy(&self) {
        let _acting = self.acting().await;
        let read = self.store().read(left).await;
        // what cannot be read now is looked at after the next start
        for account in read.unwrap_or_default() {
            let entry = self.entry(account);
            self.forget_left(Some(entry)).await;
        }
    }

    /// Takes an entry out of the OS store and then its name off the list; `false` when it stays.
    async fn forget_left(&self, entry: Option<OsEntry>) -> bool {
        let Some(entry) = entry else { return true };
        let account = entry.account.clone();
        // not asked for a second time: it may wait until the store is open anyway
        if self
            .forget(entry, Prompt::Never, self.probe_deadline())
            .await
            .is_err()
        {
            return false;
        }
        let forgotten = self.store().write(move |tx| {
            let mut left = left(tx)?;
            left.retain(|one| *one != account);
            settings::set(tx, LEFT, &left)
        });
        forgotten.await.is_ok()
    }

    /// Runs work on the OS store's thread.
    pub(super) async fn on_os<T: Send + 'static>(
        &self,
        prompt: Prompt,
        deadline: Duration,
        work: impl FnOnce(&dyn OsStore) -> Result<T, OsFailure> + Send + 'static,
    ) -> Result<T, Why> {
        let started = self.os().start(self.lost_after(prompt), work);
        match started.map_err(|_| Why::Os(OsFailure::Refused))? {
            Started::Busy(_) => Err(Why::Unanswered),
            Started::Running(result) => match tokio::time::timeout(deadline, result).await {
                Ok(Ok(done)) => done.map_err(Why::Os),
                Ok(Err(_)) => Err(Why::Os(OsFailure::Refused)),
                Err(_) => Err(Why::Unanswered),
            },
        }
    }
}

fn nothing_stays() -> Failure {
    Failure::invalid(
        "kind",
        "A vault in memory forgets its keys when Inglenook ends; nothing is moved there.",
    )
}

fn left(db: &Connection) -> Result<Vec<String>, Failure> {
    Ok(settings::get(db, LEFT)?.unwrap_or_default())
}

fn anew(row: &SecretRow, old: &SealingKey, new: &SealingKey, random: &Random) -> Result<SecretRow, Failure> {
    let version = row.key_version.to_le_bytes();
    let bound = binding(row, &version);
    let broken = || {
        Failure::new(
            FailureKind::VaultAbsent,
            format!("The key of {} cannot be read, so no key was moved.", row.provider),
        )
        .with_hint("Give this provider its key again, or remove it, and try again.")
    };
    let plain = old.unseal(&bound, &row.nonce, &row.sealed).ok_or_else(broken)?;
    let sealed = new.seal(random, &bound, &plain)?;
    let back = new
        .unseal(&bound, &sealed.nonce, &sealed.bytes)
        .ok_or_else(broken)?;
    if !bool::from(back.ct_eq(&plain)) {
        return Err(broken());
    }
    Ok(SecretRow {
        nonce: sealed.nonce,
        sealed: sealed.bytes,
        ..row.clone()
    })
}
