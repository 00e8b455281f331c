//! The OS's own store of secrets: Keychain, Credential Manager, Secret Service.
//!
//! The danger is that every call may ask the user, may hang on a question nobody sees, and may say "no
//! such entry" when it means "I am locked". So callers say whether a question is allowed, the calls run
//! only on [`super::os_thread`], and the three ways of failing are told apart by what can be done next.
//! The store's own error texts are not passed on: some carry the secret that could not be read.

use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};

/// Whether a call may put a question to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// No: something happened by itself.
    Never,
    /// Yes: the user has just asked for it.
    Allowed,
}

/// Why the OS store gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OsFailure {
    /// It is there and needs the user. Looking again without a question is harmless.
    Locked,
    /// The user or the OS said no. Asking again is the user's to begin.
    Refused,
    /// There is none on this machine or in this login session.
    Absent,
}

/// The name of one secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OsEntry {
    /// The program: `inglenook`.
    pub service: String,
    /// Which of its data directories: a random text.
    pub account: String,
}

/// A store of secrets that the OS provides. Calls block for as long as the OS likes; secrets are short
/// printable texts.
pub trait OsStore: Send + Sync + 'static {
    /// The secret of that name, `None` when the store says that it has none.
    ///
    /// # Errors
    /// [`OsFailure`].
    fn get(&self, entry: &OsEntry, prompt: Prompt) -> Result<Option<SecretString>, OsFailure>;

    /// Keeps a secret, in the place of an earlier one of that name.
    ///
    /// # Errors
    /// [`OsFailure`].
    fn set(&self, entry: &OsEntry, secret: &SecretString, prompt: Prompt) -> Result<(), OsFailure>;

    /// Forgets a secret; that there is none is no failure.
    ///
    /// # Errors
    /// [`OsFailure`].
    fn delete(&self, entry: &OsEntry, prompt: Prompt) -> Result<(), OsFailure>;
}

/// The store of the OS we run on. Makes a new connection for each call: calls are rare (at start, at the
/// first key, at unlocking), and a login session's bus may come up, or come back, after us.
///
/// On macOS and Windows `keyring` has no way to forbid questions, so [`Prompt::Never`] is only a deadline
/// there; a refusal is not repeated by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keychain;

impl OsStore for Keychain {
    fn get(&self, entry: &OsEntry, prompt: Prompt) -> Result<Option<SecretString>, OsFailure> {
        match open(entry, prompt)?.get_password() {
            Ok(text) => Ok(Some(SecretString::from(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(read(&error, prompt)),
        }
    }

    fn set(&self, entry: &OsEntry, secret: &SecretString, prompt: Prompt) -> Result<(), OsFailure> {
        open(entry, prompt)?
            .set_password(secret.expose_secret())
            .map_err(|error| read(&error, prompt))
    }

    fn delete(&self, entry: &OsEntry, prompt: Prompt) -> Result<(), OsFailure> {
        match open(entry, prompt)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(read(&error, prompt)),
        }
    }
}

#[cfg(any(target_os = "macos", target_os = "windows"))]
fn open(entry: &OsEntry, _prompt: Prompt) -> Result<Entry, OsFailure> {
    Entry::new(&entry.service, &entry.account).map_err(|_| OsFailure::Absent)
}

// `Entry::new` keeps a failed connection for the life of the process, so that a store which comes up
// later is never seen (KEY-01); an entry can be built on a connection of ours instead
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
fn open(entry: &OsEntry, prompt: Prompt) -> Result<Entry, OsFailure> {
    use keyring_core::api::CredentialStoreApi as _;

    if prompt == Prompt::Never {
        needs_no_question(entry)?;
    }
    let store = zbus_secret_service_keyring_store::Store::new().map_err(|_| OsFailure::Absent)?;
    let inner = store
        .build(&entry.service, &entry.account, None)
        .map_err(|_| OsFailure::Absent)?;
    Ok(Entry { inner })
}

/// Looks at the Secret Service without unlocking anything: `keyring` unlocks whatever it finds, and with
/// a display that is a question which may stay open for ever.
#[cfg(not(any(target_os = "macos", target_os = "windows")))]
fn needs_no_question(entry: &OsEntry) -> Result<(), OsFailure> {
    use secret_service::{EncryptionType, Error, blocking::SecretService};

    let unanswered = |_: Error| OsFailure::Locked;
    // no secret passes over this connection, so it needs no encryption
    let service = SecretService::connect(EncryptionType::Plain).map_err(|_| OsFailure::Absent)?;
    let named = [
        ("service", entry.service.as_str()),
        ("username", entry.account.as_str()),
    ];
    let found = service.search_items(named.into()).map_err(unanswered)?;
    if !found.locked.is_empty() {
        return Err(OsFailure::Locked);
    }
    if found.unlocked.is_empty() {
        // without a default collection "no such entry" means nothing, and writing would have to ask
        let collection = service.get_default_collection().map_err(unanswered)?;
        if collection.is_locked().map_err(unanswered)? {
            return Err(OsFailure::Locked);
        }
    }
    Ok(())
}

fn read(error: &Error, prompt: Prompt) -> OsFailure {
    let failure = match error {
        Error::NoDefaultStore => OsFailure::Absent,
        Error::NoStorageAccess(_) if prompt == Prompt::Never => OsFailure::Locked,
        // listed for the reader; more kinds may be added upstream and are treated alike
        Error::NoStorageAccess(_)
        | Error::PlatformFailure(_)
        | Error::NoEntry
        | Error::BadEncoding(_)
        | Error::BadDataFormat(..)
        | Error::BadStoreFormat(_)
        | Error::TooLong(..)
        | Error::Invalid(..)
        | Error::Ambiguous(_)
        | Error::NotSupportedByStore(_)
        | _ => OsFailure::Refused,
    };
    tracing::warn!(
        ?failure,
        ?prompt,
        kind = kind(error),
        "the OS store did not answer"
    );
    failure
}

/// The error's kind alone: its text may hold what was read.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::PlatformFailure(_) => "platform failure",
        Error::NoStorageAccess(_) => "no storage access",
        Error::NoEntry => "no entry",
        Error::BadEncoding(_) => "bad encoding",
        Error::BadDataFormat(..) => "bad data format",
        Error::BadStoreFormat(_) => "bad store format",
        Error::TooLong(..) => "too long",
        Error::Invalid(..) => "invalid",
        Error::Ambiguous(_) => "ambiguous",
        Error::NoDefaultStore => "no default store",
        Error::NotSupportedByStore(_) => "not supported",
        _ => "other",
    }
}
