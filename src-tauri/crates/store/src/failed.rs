//! Reads SQLite's errors into [`Failure`], once.
//!
//! The danger is a message that quotes a statement's values: SQLite's own text never leaves this file,
//! only the name of its result code does.

use domain::{Failure, FailureKind};
use rusqlite::ErrorCode;

/// The failure that a SQLite error means to a reader. For closures given to [`crate::Store::read`] and
/// [`crate::Store::write`] that speak to rusqlite themselves.
pub fn failed(error: rusqlite::Error) -> Failure {
    if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
        return Failure::new(FailureKind::NotFound, "There is no such row.");
    }
    let Some(code) = error.sqlite_error_code() else {
        return Failure::new(
            FailureKind::StorageFailed,
            "A row of the database could not be read or written: its content has another shape than expected.",
        );
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "SQLite's codes are not ours; readers act on these alone"
    )]
    match code {
        ErrorCode::ConstraintViolation => Failure::new(
            FailureKind::Conflict,
            "The name is taken, or what it refers to does not exist.",
        ),
        ErrorCode::ReadOnly => Failure::new(FailureKind::ReadOnly, "The database cannot be written to."),
        ErrorCode::DiskFull => Failure::new(FailureKind::StorageFailed, "The disk is full.")
            .with_hint("Free some space; what is waiting is written as soon as there is room."),
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Failure::new(
            FailureKind::StorageFailed,
            "The database file is damaged or is not a database.",
        )
        .with_hint("The file was left as it is. Restore a backup with `inglenook backup restore`."),
        other => Failure::new(
            FailureKind::StorageFailed,
            format!("The database could not be read or written ({other:?})."),
        ),
    }
}

/// Whether the error is about the database as a whole and not about one statement: the same job can
/// succeed later, so it is kept (REL-10).
pub(crate) fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::PermissionDenied
                | ErrorCode::OperationInterrupted
        )
    )
}

/// A failure of the file system.
pub(crate) fn io(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(FailureKind::StorageFailed, format!("{what}: {}.", error.kind()))
}
