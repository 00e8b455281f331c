//! How the vault comes by its master key, and how it loses it.
//!
//! One of these flows runs at a time, and none of them is on the path of a call. Answers of the OS store
//! are settled by the thread that got them, so one that comes after its deadline still opens the vault
//! (KEY-01); one that comes after the user locked does not.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::held::{Access, Held, Why};
use super::os_store::{OsEntry, OsFailure, Prompt};
use super::os_thread::{OsThread, Started};
use super::passphrase::{self, Verifier};
use super::question::{Answer, Question};
use super::sealing::SealingKey;
use super::{Random, VaultKind, VaultOptions};
use crate::table::secrets::{self, VaultMeta};
use crate::{Store, failed};

/// Twice as often as clients are told to try again, so that their next call finds what has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(super) struct Acquire {
    kind: Mutex<VaultKind>,
    store: Store,
    options: VaultOptions,
    /// Given at start; stays here until it has been tried.
    passphrase: Mutex<Option<SecretString>>,
    os: OsThread,
    held: RwLock<Held>,
    acting: tokio::sync::Mutex<()>,
    // work on the OS thread must not keep the database open when it never ends
    this: Weak<Self>,
}

impl Acquire {
    pub(super) fn new(kind: VaultKind, store: Store, mut options: VaultOptions) -> Arc<Self> {
        let passphrase = Mutex::new(options.passphrase.take());
        Arc::new_cyclic(|this| Self {
            kind: Mutex::new(kind),
            store,
            passphrase,
            os: OsThread::new(Arc::clone(&options.os_store)),
            options,
            held: RwLock::new(Held::new()),
            acting: tokio::sync::Mutex::default(),
            this: Weak::clone(this),
        })
    }

    pub(super) fn kind(&self) -> VaultKind {
        *self.kind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_kind(&self, kind: VaultKind) {
        *self.kind.lock().unwrap_or_else(PoisonError::into_inner) = kind;
    }

    pub(super) fn os(&self) -> &OsThread {
        &self.os
    }

    pub(super) fn probe_deadline(&self) -> Duration {
        self.options.probe_deadline
    }

    pub(super) fn prompt_deadline(&self) -> Duration {
        self.options.prompt_deadline
    }

    /// Waits for its turn.
    pub(super) async fn acting(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.acting.lock().await
    }

    /// Waits for its turn, and for a passphrase that was given at start; the vault is open then.
    pub(super) async fn be_open(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Failure> {
        let acting = self.acting.lock().await;
        self.read_rows_now().await?;
        if self.is_opening() && self.is_wanting() {
            self.try_given().await;
        }
        self.outcome()?;
        Ok(acting)
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn random(&self) -> &Random {
        &self.options.random
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.options.now)()
    }

    pub(super) fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The flow at start; asks the user nothing.
    pub(super) async fn open(&self) {
        let _acting = self.acting.lock().await;
        if self.read_rows_now().await.is_err() || !self.is_wanting() {
            return;
        }
        match self.kind() {
            VaultKind::Memory => {}
            VaultKind::Passphrase => self.try_given().await,
            VaultKind::Os => {
                let _settled = self.look(Prompt::Never).await;
            }
        }
    }

    /// Whether a passphrase was given at start and has not been tried to its end.
    pub(super) fn is_opening(&self) -> bool {
        self.given().is_some()
    }

    fn given(&self) -> MutexGuard<'_, Option<SecretString>> {
        self.passphrase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_given(&self) {
        let given = self.given().clone();
        if let Some(passphrase) = given {
            // its outcome is in what is held
            let _settled = self.with_passphrase(passphrase).await;
            *self.given() = None;
        }
    }

    /// The flow before a key is kept: makes a master key when nothing was ever sealed.
    pub(super) async fn obtain(&self) -> Result<(), Failure> {
        if matches!(self.held().access, Access::Open(Some(_))) {
            return Ok(());
        }
        let _acting = self.acting.lock().await;
        self.read_rows_now().await?;
        if self.is_opening() && self.is_wanting() {
            self.try_given().await;
        }
        match &self.held().access {
            Access::Open(Some(_)) => return Ok(()),
            Access::Shut(why @ (Why::ByUser | Why::Elsewhere(_))) => return Err(why.failure()),
            Access::Open(None) | Access::Shut(_) => {}
        }
        if self.kind() != VaultKind::Os {
            return self.outcome();
        }
        let entry = self.name_entry().await?;
        let new_key = if self.held().rows.is_empty() {
            Some(SealingKey::generate(self.random())?)
        } else {
            None
        };
        self.ask(Question {
            entry: Some(entry),
            prompt: Prompt::Allowed,
            new_key,
            canary: None,
        })
        .await
    }

    /// The flow when the user unlocks.
    pub(super) async fn unlock(&self, passphrase: Option<SecretString>) -> Result<(), Failure> {
        let _acting = self.acting.lock().await;
        self.read_rows_now().await?;
        if !self.is_wanting() {
            return self.outcome();
        }
        match self.kind() {
            VaultKind::Memory => self.renew(),
            VaultKind::Passphrase => match passphrase {
                Some(passphrase) => self.with_passphrase(passphrase).await,
                None => Err(Why::NeedsPassphrase.failure()),
            },
            VaultKind::Os => self.look(Prompt::Allowed).await,
        }
    }

    /// Drops the master key; dropping wipes it.
    pub(super) fn lock(&self) {
        let mut held = self.held_mut();
        if !held.is_read() || matches!(held.access, Access::Shut(Why::Elsewhere(_))) {
            return;
        }
        held.generation += 1;
        held.access = Access::Shut(Why::ByUser);
        held.pending = None;
        if self.kind() == VaultKind::Memory {
            held.rows.clear();
        }
    }

    /// Rows first, then the OS store's entry, then the row that names it (KEY-07).
    pub(super) async fn reset(&self) -> Result<(), Failure> {
        let _acting = self.acting.lock().await;
        self.read_rows_now().await?;
        self.store
            .write(|tx| secrets::remove_all(tx).map_err(failed))
            .await?;
        let meta = {
            let mut held = self.held_mut();
            held.generation += 1;
            held.rows.clear();
            held.pending = None;
            held.access = Access::Shut(first_reason(self.kind()));
            held.meta.clone()
        };
        let named = meta.as_ref().and_then(|meta| self.os_entry(meta));
        let forgotten = match named {
            Some(entry) => {
                self.forget(entry, Prompt::Allowed, self.options.prompt_deadline)
                    .await
            }
            None => Ok(()),
        };
        // an entry that stays in the OS store keeps its name here, so that it is not lost there
        if meta.is_some() && forgotten.is_ok() {
            self.store
                .write(|tx| secrets::remove_meta(tx).map_err(failed))
                .await?;
            self.held_mut().meta = None;
        }
        match self.kind() {
            VaultKind::Memory => self.renew(),
            VaultKind::Passphrase => Ok(()),
            VaultKind::Os => {
                self.held_mut().access = match forgotten {
                    Ok(()) => Access::Open(None),
                    Err(why) => Access::Shut(why),
                };
                Ok(())
            }
        }
    }

    pub(super) async fn read_rows(&self) -> Result<(), Failure> {
        if self.held().is_read() {
            return Ok(());
        }
        let _acting = self.acting.lock().await;
        self.read_rows_now().await
    }

    /// Looks at the OS store once more, in the background and without a question, when that can help and
    /// was not done a moment ago. Called by calls that found the vault shut.
    pub(super) fn look_again(&self) {
        let canary = {
            let mut held = self.held_mut();
            let due = held.looked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY);
            let Access::Shut(why) = &held.access else {
                return;
            };
            if self.kind() != VaultKind::Os || !due || !why.may_pass() {
                return;
            }
            // a store that proved itself need not do so again
            let canary = *why != Why::NoMasterKey;
            held.looked_at = Some(Instant::now());
            canary
        };
        if let Ok(question) = self.question(Prompt::Never, canary) {
            // nobody waits: the answer is settled when it comes
            let _started = self.start(question);
        }
    }

    async fn read_rows_now(&self) -> Result<(), Failure> {
        if self.held().is_read() {
            return Ok(());
        }
        let read = self
            .store
            .read(|db| {
                let rows = secrets::all(db).map_err(failed)?;
                Ok((rows, secrets::meta(db).map_err(failed)?))
            })
            .await;
        let (rows, meta) = match read {
            Ok(read) => read,
            Err(failure) => {
                self.held_mut().access = Access::Shut(Why::Storage(failure.clone()));
                return Err(failure);
            }
        };
        let elsewhere = meta
            .as_ref()
            .filter(|meta| !rows.is_empty() && meta.kind != self.kind().as_str());
        let why = match elsewhere {
            Some(meta) => Why::Elsewhere(meta.kind.clone()),
            None if !rows.is_empty() && meta.is_none() => Why::NoMasterKey,
            None => first_reason(self.kind()),
        };
        {
            let mut held = self.held_mut();
            held.access = Access::Shut(why.clone());
            held.rows = rows.into_iter().map(|row| (row.provider.clone(), row)).collect();
            held.meta = meta;
        }
        if self.kind() == VaultKind::Memory && why == Why::ByUser {
            self.renew()?;
        }
        Ok(())
    }

    /// Whether looking for the master key makes sense.
    fn is_wanting(&self) -> bool {
        match &self.held().access {
            Access::Open(_) | Access::Shut(Why::Elsewhere(_)) => false,
            Access::Shut(_) => true,
        }
    }

    fn outcome(&self) -> Result<(), Failure> {
        match &self.held().access {
            Access::Open(_) => Ok(()),
            Access::Shut(why) => Err(why.failure()),
        }
    }

    /// A fresh key for a vault in memory.
    fn renew(&self) -> Result<(), Failure> {
        let key = SealingKey::generate(self.random())?;
        self.held_mut().access = Access::Open(Some(key));
        Ok(())
    }

    async fn with_passphrase(&self, passphrase: SecretString) -> Result<(), Failure> {
        if passphrase.expose_secret().is_empty() {
            return Err(Failure::invalid("passphrase", "A passphrase is not empty."));
        }
        let (generation, meta, sealed_rows) = {
            let held = self.held();
            (held.generation, held.meta.clone(), !held.rows.is_empty())
        };
        let verifier = meta
            .as_ref()
            .filter(|meta| meta.kind == self.kind().as_str())
            .and_then(|meta| {
                Some(Verifier {
                    salt: meta.salt.clone()?,
                    bytes: meta.verifier.clone()?,
                })
            });
        if let Some(verifier) = verifier {
            // half a second of work and much memory: not on the runtime's own threads
            let opened = tokio::task::spawn_blocking(move || passphrase::open(&passphrase, &verifier)).await;
            let access = match opened.map_err(|_| broke_off())? {
                Some(key) => Access::Open(Some(key)),
                None => Access::Shut(Why::WrongPassphrase),
            };
            self.settle(generation, access, None);
            return self.outcome();
        }
        if sealed_rows {
            return Err(Why::NoMasterKey.failure());
        }
        if let Some(entry) = meta.as_ref().and_then(|meta| self.os_entry(meta)) {
            // it sealed nothing that is left; if it cannot be removed now it does no harm
            let _forgotten = self
                .forget(entry, Prompt::Never, self.options.probe_deadline)
                .await;
        }
        let (verifier, key) = self.created(passphrase).await?;
        let pending = VaultMeta {
            kind: self.kind().as_str().into(),
            salt: Some(verifier.salt),
            verifier: Some(verifier.bytes),
            account: String::new(),
        };
        self.settle(generation, Access::Open(Some(key)), Some(pending));
        self.outcome()
    }

    /// A new master key under a passphrase.
    pub(super) async fn created(&self, passphrase: SecretString) -> Result<(Verifier, SealingKey), Failure> {
        let (cost, random) = (self.options.passphrase_cost, Arc::clone(self.random()));
        // half a second of work and much memory, as above
        let created =
            tokio::task::spawn_blocking(move || passphrase::create(&passphrase, cost, &random)).await;
        created.map_err(|_| broke_off())?
    }

    fn settle(&self, generation: u64, access: Access, pending: Option<VaultMeta>) {
        let mut held = self.held_mut();
        let has_key = matches!(held.access, Access::Open(Some(_)));
        // late: the user has locked since, or another answer has already opened the vault
        if held.generation != generation || has_key {
            return;
        }
        held.access = access;
        held.pending = pending;
    }

    async fn look(&self, prompt: Prompt) -> Result<(), Failure> {
        self.held_mut().looked_at = Some(Instant::now());
        let question = self.question(prompt, true)?;
        self.ask(question).await
    }

    fn question(&self, prompt: Prompt, canary: bool) -> Result<Question, Failure> {
        let canary = if canary {
            let text = SealingKey::generate(self.random())?.to_text()?;
            let name = format!("{}-probe", self.random_name()?);
            Some((self.entry(name), text))
        } else {
            None
        };
        let entry = self.held().meta.as_ref().and_then(|meta| self.os_entry(meta));
        Ok(Question {
            entry,
            prompt,
            new_key: None,
            canary,
        })
    }

    /// Asks and waits. A question that the user is being asked already is not asked twice: its answer
    /// counts as the answer to this one, unless it was only a look.
    async fn ask(&self, question: Question) -> Result<(), Failure> {
        let deadline = match question.prompt {
            Prompt::Never => self.options.probe_deadline,
            Prompt::Allowed => self.options.prompt_deadline,
        };
        let generation = self.held().generation;
        let asked = async {
            let mut question = question;
            loop {
                match self.start(question)? {
                    Ok(answered) => break drop(answered.await),
                    Err((mut busy, again)) => {
                        // an error means that the thread is gone, and with it the call
                        let _ended = busy.wait_for(|busy| !*busy).await;
                        match &self.held().access {
                            Access::Open(Some(_)) | Access::Shut(Why::Os(OsFailure::Refused)) => break,
                            Access::Open(None) | Access::Shut(_) => question = again,
                        }
                    }
                }
            }
            Ok(())
        };
        match tokio::time::timeout(deadline, asked).await {
            Ok(started) => started?,
            Err(_) => self.settle(generation, Access::Shut(Why::Unanswered), None),
        }
        self.outcome()
    }

    /// Hands the question to the OS thread, or hands it back with a way to wait for the one before.
    fn start(&self, question: Question) -> Result<Result<Answered, (Busy, Question)>, Failure> {
        let generation = self.held().generation;
        let this = Weak::clone(&self.this);
        let lost_after = self.lost_after(question.prompt);
        // taken out by the work, or taken back when the work was not accepted
        let slot = Arc::new(Mutex::new(Some(question)));
        let taken = Arc::clone(&slot);
        let take =
            |slot: &Mutex<Option<Question>>| slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let started = self.os.start(lost_after, move |os| {
            let Some(question) = take(&taken) else {
                return;
            };
            let answer = question.put_to(os);
            if let Some(this) = this.upgrade() {
                this.answered(generation, answer);
            }
        })?;
        match started {
            Started::Running(answered) => Ok(Ok(answered)),
            Started::Busy(busy) => match take(&slot) {
                Some(question) => Ok(Err((busy, question))),
                None => Err(broke_off()),
            },
        }
    }

    fn answered(&self, generation: u64, answer: Answer) {
        let nothing_sealed = self.held().rows.is_empty();
        let access = match answer {
            Answer::Key(key) => Access::Open(Some(key)),
            Answer::Nothing if nothing_sealed => Access::Open(None),
            Answer::Nothing => Access::Shut(Why::NoMasterKey),
            Answer::Failed(failure) => Access::Shut(Why::Os(failure)),
        };
        self.settle(generation, access, None);
    }

    /// The OS store's entry for our master key; its name is on the disk before the entry can exist.
    async fn name_entry(&self) -> Result<OsEntry, Failure> {
        let named = self.held().meta.as_ref().and_then(|meta| self.os_entry(meta));
        if let Some(entry) = named {
            return Ok(entry);
        }
        let meta = VaultMeta {
            kind: self.kind().as_str().into(),
            salt: None,
            verifier: None,
            account: self.random_name()?,
        };
        let (row, now) = (meta.clone(), self.now());
        self.store
            .write(move |tx| secrets::set_meta(tx, &row, now).map_err(failed))
            .await?;
        let entry = self.entry(meta.account.clone());
        self.held_mut().meta = Some(meta);
        Ok(entry)
    }

    pub(super) async fn forget(&self, entry: OsEntry, prompt: Prompt, deadline: Duration) -> Result<(), Why> {
        self.on_os(prompt, deadline, move |os| os.delete(&entry, prompt))
            .await
    }

    pub(super) fn lost_after(&self, prompt: Prompt) -> Option<Duration> {
        (prompt == Prompt::Allowed).then_some(self.options.prompt_deadline)
    }

    pub(super) fn os_entry(&self, meta: &VaultMeta) -> Option<OsEntry> {
        (meta.kind == VaultKind::Os.as_str()).then(|| self.entry(meta.account.clone()))
    }

    pub(super) fn entry(&self, account: String) -> OsEntry {
        OsEntry {
            service: self.options.service.clone(),
            account,
        }
    }

    pub(super) fn random_name(&self) -> Result<String, Failure> {
        let mut bytes = [0u8; 16];
        self.random()(&mut bytes)?;
        Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
    }
}

type Answered = tokio::sync::oneshot::Receiver<()>;
type Busy = tokio::sync::watch::Receiver<bool>;

/// Why a vault whose rows were just read is shut.
fn first_reason(kind: VaultKind) -> Why {
    match kind {
        VaultKind::Os => Why::Unanswered,
        VaultKind::Passphrase => Why::NeedsPassphrase,
        VaultKind::Memory => Why::ByUser,
    }
}

fn broke_off() -> Failure {
    Failure::new(FailureKind::Internal, "Unlocking the vault broke off.")
}
