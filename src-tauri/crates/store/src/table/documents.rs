//! Files of collections as they were when they were last read, or why they could not be.
//!
//! Size, time and digest tell whether a file is another one now, so that what is unchanged is never read again. A
//! document's passages are in [`super::passages`] and go with it.

use std::collections::{HashMap, HashSet};

use domain::{CollectionId, Failure, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, Row};

use super::passages::{self, NewPassage};
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE documents (
    seq INTEGER PRIMARY KEY,
    collection TEXT NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    digest BLOB,
    failure TEXT,
    passages INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    UNIQUE (collection, path)
) STRICT;
CREATE INDEX documents_by_name ON documents (name);
CREATE INDEX documents_that_failed ON documents (collection) WHERE failure IS NOT NULL;
";

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The collection.
    pub collection: CollectionId,
    /// Where it lies.
    pub path: String,
    /// Its path within its root, with slashes: what it is cited by.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// When it was last changed, in nanoseconds.
    pub modified_ns: i64,
    /// SHA-256 of its bytes; `None` where they could not be read.
    pub digest: Option<Vec<u8>>,
    /// Why nothing of it can be looked up.
    pub failure: Option<String>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// What is known of a file without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its row.
    pub seq: i64,
    /// Bytes.
    pub size: u64,
    /// When it was last changed, in nanoseconds.
    pub modified_ns: i64,
    /// SHA-256 of its bytes.
    pub digest: Option<Vec<u8>>,
    /// When it was read.
    pub read_at: Timestamp,
}

/// How much there is of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that can be looked up.
    pub files: u64,
    /// Files that cannot.
    pub failed: u64,
    /// Passages.
    pub passages: u64,
}

/// All files of a collection, by path.
///
/// # Errors
/// Storage failures.
pub fn known(
    conn: &Connection,
    collection: &CollectionId,
) -> std::result::Result<HashMap<String, Known>, Failure> {
    conn.prepare_cached(
        "SELECT path, seq, size, modified_ns, digest, read_at FROM documents WHERE collection = ?1",
    )
    .and_then(|mut s| {
        s.query_map([collection.as_str()], |row| {
            let known = Known {
                seq: row.get(1)?,
                size: column::unsigned(row, 2)?,
                modified_ns: row.get(3)?,
                digest: row.get(4)?,
                read_at: Timestamp(row.get(5)?),
            };
            Ok((row.get(0)?, known))
        })?
        .collect()
    })
    .map_err(failed)
}

/// Puts a file in the place of what was there under its path, passages and all.
///
/// # Errors
/// Storage failures.
pub fn put(conn: &Connection, document: &Document, new: &[NewPassage]) -> std::result::Result<(), Failure> {
    let replace = || -> Result<()> {
        let before: Option<i64> = conn
            .prepare_cached("SELECT seq FROM documents WHERE collection = ?1 AND path = ?2")?
            .query_row((document.collection.as_str(), &document.path), |row| row.get(0))
            .optional()?;
        if let Some(before) = before {
            passages::remove_of(conn, before)?;
        }
        let seq: i64 = conn
            .prepare_cached(
                "INSERT INTO documents (collection, path, name, size, modified_ns, digest, failure, passages, read_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (collection, path) DO UPDATE SET name = excluded.name, size = excluded.size,
                     modified_ns = excluded.modified_ns, digest = excluded.digest, failure = excluded.failure,
                     passages = excluded.passages, read_at = excluded.read_at
                 RETURNING seq",
            )?
            .query_row(
                (
                    document.collection.as_str(),
                    &document.path,
                    &document.name,
                    column::capped(document.size),
                    document.modified_ns,
                    &document.digest,
                    &document.failure,
                    column::capped(u64::try_from(new.len()).unwrap_or(u64::MAX)),
                    document.read_at.millis(),
                ),
                |row| row.get(0),
            )?;
        passages::add(conn, seq, new)
    };
    replace().map_err(failed)
}

/// A file was looked at again and says the same.
///
/// # Errors
/// Storage failures.
pub fn same(
    conn: &Connection,
    seq: i64,
    (size, modified_ns): (u64, i64),
    at: Timestamp,
) -> std::result::Result<(), Failure> {
    conn.prepare_cached("UPDATE documents SET size = ?2, modified_ns = ?3, read_at = ?4 WHERE seq = ?1")
        .and_then(|mut s| s.execute((seq, column::capped(size), modified_ns, at.millis())))
        .map(|_| ())
        .map_err(failed)
}

/// Removes files with their passages.
///
/// # Errors
/// Storage failures.
pub fn remove(conn: &Connection, seqs: &[i64]) -> std::result::Result<(), Failure> {
    let remove = |seq: &i64| -> Result<()> {
        passages::remove_of(conn, *seq)?;
        conn.prepare_cached("DELETE FROM documents WHERE seq = ?1")?
            .execute([seq])?;
        Ok(())
    };
    seqs.iter().try_for_each(remove).map_err(failed)
}

/// Removes some of the files whose collection is gone. Gives how many; call it again until none are.
///
/// # Errors
/// Storage failures.
pub fn remove_orphans(conn: &Connection, portion: u32) -> std::result::Result<usize, Failure> {
    let orphans: Vec<i64> = conn
        .prepare_cached(
            "SELECT seq FROM documents WHERE collection NOT IN (SELECT id FROM collections) LIMIT ?1",
        )
        .and_then(|mut s| s.query_map([portion], |row| row.get(0))?.collect())
        .map_err(failed)?;
    remove(conn, &orphans)?;
    Ok(orphans.len())
}

/// How much there is.
///
/// # Errors
/// Storage failures.
pub fn counts(conn: &Connection, collection: &CollectionId) -> std::result::Result<Counts, Failure> {
    conn.prepare_cached(
        "SELECT count(*) FILTER (WHERE failure IS NULL), count(failure), coalesce(sum(passages), 0)
         FROM documents WHERE collection = ?1",
    )
    .and_then(|mut s| {
        s.query_row([collection.as_str()], |row| {
            Ok(Counts {
                files: column::unsigned(row, 0)?,
                failed: column::unsigned(row, 1)?,
                passages: column::unsigned(row, 2)?,
            })
        })
    })
    .map_err(failed)
}

/// Files of which nothing can be looked up, with the reason, by path.
///
/// # Errors
/// Storage failures.
pub fn failures(
    conn: &Connection,
    collection: &CollectionId,
    limit: u32,
) -> std::result::Result<Vec<(String, String)>, Failure> {
    conn.prepare_cached(
        "SELECT path, failure FROM documents
         WHERE collection = ?1 AND failure IS NOT NULL ORDER BY path LIMIT ?2",
    )
    .and_then(|mut s| {
        s.query_map((collection.as_str(), limit), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    })
    .map_err(failed)
}

/// The files that a text names, each path once, in the order of the collections: those that are cited by it; where none
/// are, those that are cited by its end and whose path ends in the whole of it.
///
/// More than one is ambiguous, and for the caller to refuse.
///
/// # Errors
/// Storage failures.
pub fn called(
    conn: &Connection,
    collections: &[CollectionId],
    text: &str,
) -> std::result::Result<Vec<(i64, Document)>, Failure> {
    let mut found = by_name(conn, collections, text)?;
    if found.is_empty() {
        let mut rest = text;
        while let Some((_, end)) = rest.split_once('/') {
            rest = end;
            let mut of_name = by_name(conn, collections, end)?;
            of_name.retain(|(_, document)| is_end(&slashed(&document.path), text));
            found.extend(of_name);
        }
    }
    // a file may be in several collections
    let mut seen = HashSet::new();
    found.retain(|(_, document)| seen.insert(document.path.clone()));
    Ok(found)
}

/// What to cite a file by among these collections: its name, and as many of the folders before it as tell it from
/// others of that name.
///
/// # Errors
/// Storage failures.
pub fn cited_by(
    conn: &Connection,
    collections: &[CollectionId],
    (name, path): (&str, &str),
) -> std::result::Result<String, Failure> {
    let whole = slashed(path);
    let mut cited = name.to_owned();
    while cited != whole {
        if let [(_, only)] = called(conn, collections, &cited)?.as_slice()
            && only.path == path
        {
            break;
        }
        let before = whole.strip_suffix(cited.as_str()).unwrap_or_default();
        cited = match before.trim_end_matches('/').rsplit_once('/') {
            Some((_, folder)) => format!("{folder}/{cited}"),
            None => whole.clone(),
        };
    }
    Ok(cited)
}

fn by_name(
    conn: &Connection,
    collections: &[CollectionId],
    name: &str,
) -> std::result::Result<Vec<(i64, Document)>, Failure> {
    let mut statement = conn
        .prepare_cached(
            "SELECT seq, collection, path, name, size, modified_ns, digest, failure, read_at FROM documents
             WHERE collection = ?1 AND name = ?2 ORDER BY path",
        )
        .map_err(failed)?;
    let mut found = Vec::new();
    for collection in collections {
        let mut rows = statement
            .query_map((collection.as_str(), name), |row| {
                Ok((row.get(0)?, from_row(row)?))
            })
            .map_err(failed)?;
        rows.try_for_each(|row| row.map(|row| found.push(row)))
            .map_err(failed)?;
    }
    Ok(found)
}

/// A path as it is cited, with slashes on every system.
fn slashed(path: &str) -> String {
    match cfg!(windows) {
        true => path.replace('\\', "/"),
        false => path.to_owned(),
    }
}

fn is_end(path: &str, text: &str) -> bool {
    let before = path.strip_suffix(text);
    before.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn from_row(row: &Row<'_>) -> Result<Document> {
    Ok(Document {
        collection: column::word(row, 1)?,
        path: row.get(2)?,
        name: row.get(3)?,
        size: column::unsigned(row, 4)?,
        modified_ns: row.get(5)?,
        digest: row.get(6)?,
        failure: row.get(7)?,
        read_at: Timestamp(row.get(8)?),
    })
}
