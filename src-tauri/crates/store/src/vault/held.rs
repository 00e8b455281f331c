//! What the vault holds in memory: sealed rows, and the key to them or the reason why not.
//!
//! Every reason is spelt out here, with the failure that a client and a person get for it; the states
//! that the window shows follow from the reasons.

use std::collections::HashMap;
use std::time::Instant;

use domain::{Failure, FailureKind};

use super::VaultState;
use super::os_store::OsFailure;
use super::sealing::SealingKey;
use crate::table::secrets::{SecretRow, VaultMeta};

/// Clients may ask again after this long.
const RETRY_MILLIS: u64 = 2_000;

pub(super) struct Held {
    pub access: Access,
    /// By provider.
    pub rows: HashMap<Box<str>, SecretRow>,
    /// As it stands in the database.
    pub meta: Option<VaultMeta>,
    /// A new passphrase vault's, which is written together with its first row.
    pub pending: Option<VaultMeta>,
    /// Rises when the user locks; an answer to an earlier question does not count any more.
    pub generation: u64,
    /// When the OS store was last looked at without a question.
    pub looked_at: Option<Instant>,
}

/// Whether keys can be had.
pub(super) enum Access {
    /// Yes; there is no master key yet when nothing was ever sealed.
    Open(Option<SealingKey>),
    /// No.
    Shut(Why),
}

/// Why keys cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Why {
    /// The rows have not been read yet.
    NotOpened,
    /// The database could not be read.
    Storage(Failure),
    /// The rows belong to another kind of vault.
    Elsewhere(String),
    /// The OS store did not give the key.
    Os(OsFailure),
    /// The OS store did not answer in time.
    Unanswered,
    /// The OS store works and does not have our key.
    NoMasterKey,
    /// The passphrase has not been given.
    NeedsPassphrase,
    /// It was not the right one.
    WrongPassphrase,
    /// The user locked the vault.
    ByUser,
}

impl Held {
    pub(super) fn new() -> Self {
        Self {
            access: Access::Shut(Why::NotOpened),
            rows: HashMap::new(),
            meta: None,
            pending: None,
            generation: 0,
            looked_at: None,
        }
    }

    /// Whether the rows in memory are those of the database.
    pub(super) fn is_read(&self) -> bool {
        !matches!(self.access, Access::Shut(Why::NotOpened | Why::Storage(_)))
    }
}

impl Access {
    pub(super) fn state(&self) -> VaultState {
        match self {
            Self::Open(_) => VaultState::Available,
            Self::Shut(why) => why.state(),
        }
    }
}

impl Why {
    fn state(&self) -> VaultState {
        match self {
            Self::Os(OsFailure::Absent) | Self::NoMasterKey => VaultState::Absent,
            Self::NotOpened
            | Self::Storage(_)
            | Self::Elsewhere(_)
            | Self::Os(OsFailure::Locked | OsFailure::Refused)
            | Self::Unanswered
            | Self::NeedsPassphrase
            | Self::WrongPassphrase
            | Self::ByUser => VaultState::Locked,
        }
    }

    /// Whether the vault may look again by itself. Never after a refusal (KEY-04).
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Os(OsFailure::Locked | OsFailure::Absent) | Self::Unanswered | Self::NoMasterKey => true,
            Self::Os(OsFailure::Refused)
            | Self::NotOpened
            | Self::Storage(_)
            | Self::Elsewhere(_)
            | Self::NeedsPassphrase
            | Self::WrongPassphrase
            | Self::ByUser => false,
        }
    }

    pub(super) fn failure(&self) -> Failure {
        let locked = |message: &str, hint: &str| {
            Failure::new(FailureKind::VaultLocked, message)
                .with_hint(hint)
                .with_retry_after_ms(RETRY_MILLIS)
        };
        let absent =
            |message: &str, hint: &str| Failure::new(FailureKind::VaultAbsent, message).with_hint(hint);
        match self {
            Self::Storage(failure) => failure.clone(),
            Self::NotOpened => locked("The vault is being opened.", "Try again in a moment."),
            Self::Elsewhere(kind) => locked(
                &format!("The provider keys are in the vault of kind `{kind}`, and this is another one."),
                &format!("Start with --vault {kind}, or forget all provider keys and give them again."),
            ),
            Self::Os(OsFailure::Locked) => locked(
                "The system's keychain is locked.",
                "Unlock your keychain; nothing has to be restarted.",
            ),
            Self::Os(OsFailure::Refused) => locked(
                "The system's keychain refused access.",
                "Unlock the vault in Inglenook and allow access when the system asks.",
            ),
            Self::Unanswered => locked(
                "The system's keychain does not answer.",
                "Look for a question of the system that waits for an answer, and unlock your keychain.",
            ),
            Self::Os(OsFailure::Absent) => absent(
                "There is no keychain in this session.",
                "Start with --vault passphrase, or with --vault memory to give the keys each time.",
            ),
            Self::NoMasterKey => absent(
                "The system's keychain does not hold the key to these provider keys. They were kept on \
                 another machine or by another user, or the entry was deleted.",
                "Forget all provider keys and give them again.",
            ),
            Self::NeedsPassphrase => locked("The vault needs its passphrase.", "Unlock it in Inglenook."),
            Self::WrongPassphrase => locked(
                "The vault does not open with this passphrase.",
                "Unlock it with the right one.",
            ),
            Self::ByUser => locked("The vault was locked.", "Unlock it in Inglenook."),
        }
    }
}
