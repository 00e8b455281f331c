//! Reading and writing domain types in columns.
//!
//! The danger is a value that does not fit: an `u64` above `i64::MAX` or a name that an older version
//! does not know. Both become errors of that one row, never a panic and never another value.

use domain::{AgentId, ApprovalId, CallId, ClientKeyId, EntryId, MessageId, SessionId, Slug};
use rusqlite::types::{FromSqlError, Type};
use rusqlite::{Error, Result, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A text that has to be something of ours.
pub(crate) trait Word: Sized {
    fn read(text: &str) -> Option<Self>;
}

macro_rules! words {
    ($($name:ident),*) => { $(impl Word for $name {
        fn read(text: &str) -> Option<Self> {
            Self::parse(text)
        }
    })* };
}
words!(
    AgentId,
    ApprovalId,
    CallId,
    ClientKeyId,
    EntryId,
    MessageId,
    SessionId
);

impl Word for Slug {
    fn read(text: &str) -> Option<Self> {
        Self::new(text).ok()
    }
}

/// The column holds a word of ours.
pub(crate) fn word<T: Word>(row: &Row<'_>, at: usize) -> Result<T> {
    parsed(row, at, T::read)
}

/// The column holds a word of ours, or nothing.
pub(crate) fn word_or_null<T: Word>(row: &Row<'_>, at: usize) -> Result<Option<T>> {
    parsed_or_null(row, at, T::read)
}

/// The column holds a text that `parse` knows.
pub(crate) fn parsed<T>(row: &Row<'_>, at: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    let text = row.get_ref(at)?.as_str().map_err(|e| misshapen(at, e))?;
    parse(text).ok_or_else(|| misshapen(at, FromSqlError::InvalidType))
}

/// The column holds a text that `parse` knows, or nothing.
pub(crate) fn parsed_or_null<T>(
    row: &Row<'_>,
    at: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>> {
    match row.get_ref(at)?.as_str_or_null().map_err(|e| misshapen(at, e))? {
        None => Ok(None),
        Some(text) => match parse(text) {
            Some(value) => Ok(Some(value)),
            None => Err(misshapen(at, FromSqlError::InvalidType)),
        },
    }
}

/// The column holds JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<T> {
    let text = row.get_ref(at)?.as_str().map_err(|e| misshapen(at, e))?;
    serde_json::from_str(text).map_err(|e| misshapen(at, e))
}

/// The column holds JSON, or nothing.
pub(crate) fn json_or_null<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> Result<Option<T>> {
    match row.get_ref(at)?.as_str_or_null().map_err(|e| misshapen(at, e))? {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map(Some).map_err(|e| misshapen(at, e)),
    }
}

/// The JSON text of a value of ours.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::ToSqlConversionFailure(Box::new(e)))
}

/// The largest count that is stored: a larger one is absurd, would overflow sums and is no number in
/// JavaScript.
const LARGEST: u64 = (1 << 53) - 1;

/// A count as SQLite keeps it.
pub(crate) fn capped(count: u64) -> i64 {
    i64::try_from(count.min(LARGEST)).unwrap_or(i64::MAX)
}

/// A count that SQLite kept.
pub(crate) fn unsigned(row: &Row<'_>, at: usize) -> Result<u64> {
    let count: i64 = row.get(at)?;
    u64::try_from(count).map_err(|_| Error::IntegralValueOutOfRange(at, count))
}

/// A count that SQLite kept, or nothing.
pub(crate) fn unsigned_or_null(row: &Row<'_>, at: usize) -> Result<Option<u64>> {
    match row.get::<_, Option<i64>>(at)? {
        None => Ok(None),
        Some(count) => u64::try_from(count)
            .map(Some)
            .map_err(|_| Error::IntegralValueOutOfRange(at, count)),
    }
}

fn misshapen(at: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(at, Type::Text, Box::new(error))
}
