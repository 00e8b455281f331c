//! What documents say, in pieces that can be found and cited.
//!
//! Indexed with the document, in the same transaction: whoever indexes sends small portions and waits in between, so that
//! others have the writer too. A passage's vector is made later, by a model that may not be there.

use domain::{CollectionId, Failure, Place};
use rusqlite::{Connection, Result, Row};

use super::terms;
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE passages (
    seq INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents (seq),
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    first_line INTEGER NOT NULL,
    last_line INTEGER NOT NULL,
    page INTEGER
) STRICT;
CREATE INDEX passages_by_document ON passages (document);
CREATE VIRTUAL TABLE passage_words USING fts5(
    heading, text, content = 'passages', content_rowid = 'seq', tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TABLE passage_vectors (
    passage INTEGER PRIMARY KEY REFERENCES passages (seq),
    model TEXT NOT NULL,
    vector BLOB NOT NULL
) STRICT;
";

/// A passage that is not stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPassage {
    /// The headings that it stands under: `Guide › Installing`.
    pub heading: String,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A passage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Its row.
    pub seq: i64,
    /// Its collection.
    pub collection: CollectionId,
    /// What its file is cited by.
    pub name: String,
    /// Where its file lies.
    pub path: String,
    /// The headings that it stands under.
    pub heading: String,
    /// What it says.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// Adds the passages of a document.
pub(super) fn add(conn: &Connection, document: i64, passages: &[NewPassage]) -> Result<()> {
    let mut row = conn.prepare_cached(
        "INSERT INTO passages (document, heading, text, first_line, last_line, page) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let mut words =
        conn.prepare_cached("INSERT INTO passage_words (rowid, heading, text) VALUES (?1, ?2, ?3)")?;
    for passage in passages {
        let place = passage.place;
        let seq = row.insert((
            document,
            &passage.heading,
            &passage.text,
            place.first_line,
            place.last_line,
            place.page,
        ))?;
        words.execute((seq, &passage.heading, &passage.text))?;
    }
    Ok(())
}

/// Removes the passages of a document.
pub(super) fn remove_of(conn: &Connection, document: i64) -> Result<()> {
    for sql in [
        "INSERT INTO passage_words (passage_words, rowid, heading, text)
         SELECT 'delete', seq, heading, text FROM passages WHERE document = ?1",
        "DELETE FROM passage_vectors WHERE passage IN (SELECT seq FROM passages WHERE document = ?1)",
        "DELETE FROM passages WHERE document = ?1",
    ] {
        conn.prepare_cached(sql)?.execute([document])?;
    }
    Ok(())
}

/// The rows of passages that share words with a text, the best first.
///
/// # Errors
/// Storage failures.
pub fn by_words(
    conn: &Connection,
    collections: &[CollectionId],
    text: &str,
    limit: u32,
) -> std::result::Result<Vec<i64>, Failure> {
    let Some(expression) = terms::any_of(text) else {
        return Ok(Vec::new());
    };
    // what stands in a heading counts twice
    conn.prepare_cached(
        "SELECT p.seq FROM passage_words
         JOIN passages p ON p.seq = passage_words.rowid JOIN documents d ON d.seq = p.document
         WHERE passage_words MATCH ?1 AND d.collection IN (SELECT value FROM json_each(?2))
         ORDER BY bm25(passage_words, 2.0, 1.0), p.seq LIMIT ?3",
    )
    .and_then(|mut s| {
        s.query_map((expression, column::to_json(collections)?, limit), |row| {
            row.get(0)
        })?
        .collect()
    })
    .map_err(failed)
}

/// Goes through the vectors of an embedding model.
///
/// # Errors
/// Storage failures.
pub fn vectors(
    conn: &Connection,
    collections: &[CollectionId],
    model: &str,
    mut each: impl FnMut(i64, &[u8]),
) -> std::result::Result<(), Failure> {
    let mut go = || -> Result<()> {
        let mut statement = conn.prepare_cached(
            "SELECT v.passage, v.vector FROM documents d
             JOIN passages p ON p.document = d.seq JOIN passage_vectors v ON v.passage = p.seq
             WHERE d.collection IN (SELECT value FROM json_each(?1)) AND v.model = ?2",
        )?;
        let mut rows = statement.query((column::to_json(collections)?, model))?;
        while let Some(row) = rows.next()? {
            each(row.get(0)?, row.get_ref(1)?.as_blob()?);
        }
        Ok(())
    };
    go().map_err(failed)
}

/// Passages by their rows, in this order; what is gone meanwhile is left out.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, seqs: &[i64]) -> std::result::Result<Vec<Passage>, Failure> {
    let mut statement = conn
        .prepare_cached(
            "SELECT p.seq, d.collection, d.name, d.path, p.heading, p.text, p.first_line, p.last_line, p.page
             FROM passages p JOIN documents d ON d.seq = p.document
             WHERE p.seq = ?1",
        )
        .map_err(failed)?;
    let mut found = Vec::new();
    for seq in seqs {
        let mut rows = statement.query_map([seq], from_row).map_err(failed)?;
        if let Some(row) = rows.next() {
            found.push(row.map_err(failed)?);
        }
    }
    Ok(found)
}

/// The passages of a document around a place, in order: `before` of them, those that hold the line or the page, and
/// as many after.
///
/// # Errors
/// Storage failures.
pub fn around(
    conn: &Connection,
    document: i64,
    (line, page): (Option<u32>, Option<u32>),
    beside: u32,
) -> std::result::Result<Vec<Passage>, Failure> {
    let read = || -> Result<Vec<Passage>> {
        let (first, last): (Option<i64>, Option<i64>) = conn
            .prepare_cached(
                "SELECT min(seq), max(seq) FROM passages WHERE document = ?1
                 AND (?2 IS NULL OR ?2 BETWEEN first_line AND last_line) AND (?3 IS NULL OR page = ?3)",
            )?
            .query_row((document, line, page), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(Vec::new());
        };
        // the passages of a document are added one after another
        conn.prepare_cached(
            "SELECT p.seq, d.collection, d.name, d.path, p.heading, p.text, p.first_line, p.last_line, p.page
             FROM passages p JOIN documents d ON d.seq = p.document
             WHERE p.document = ?1 AND p.seq BETWEEN ?2 - ?4 AND ?3 + ?4 ORDER BY p.seq LIMIT 200",
        )?
        .query_map((document, first, last, beside), from_row)?
        .collect()
    };
    read().map_err(failed)
}

/// Passages that have no vector of an embedding model yet.
///
/// # Errors
/// Storage failures.
pub fn without_vector(
    conn: &Connection,
    collection: &CollectionId,
    model: &str,
    limit: usize,
) -> std::result::Result<Vec<(i64, String)>, Failure> {
    conn.prepare_cached(
        "SELECT p.seq, p.heading || char(10) || p.text FROM documents d JOIN passages p ON p.document = d.seq
         LEFT JOIN passage_vectors v ON v.passage = p.seq
         WHERE d.collection = ?1 AND v.model IS NOT ?2 LIMIT ?3",
    )
    .and_then(|mut s| {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        s.query_map((collection.as_str(), model, limit), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect()
    })
    .map_err(failed)
}

/// Gives passages their vectors; those that are gone meanwhile get none.
///
/// # Errors
/// Storage failures.
pub fn set_vectors(
    conn: &Connection,
    model: &str,
    vectors: &[(i64, Vec<u8>)],
) -> std::result::Result<(), Failure> {
    let set = |(passage, vector): &(i64, Vec<u8>)| -> Result<()> {
        conn.prepare_cached(
            "INSERT INTO passage_vectors (passage, model, vector)
             SELECT seq, ?2, ?3 FROM passages WHERE seq = ?1
             ON CONFLICT (passage) DO UPDATE SET model = excluded.model, vector = excluded.vector",
        )?
        .execute((passage, model, vector))?;
        Ok(())
    };
    vectors.iter().try_for_each(set).map_err(failed)
}

/// How many passages of a collection have a vector of an embedding model.
///
/// # Errors
/// Storage failures.
pub fn with_vector(
    conn: &Connection,
    collection: &CollectionId,
    model: &str,
) -> std::result::Result<u64, Failure> {
    conn.prepare_cached(
        "SELECT count(*) FROM documents d JOIN passages p ON p.document = d.seq
         JOIN passage_vectors v ON v.passage = p.seq WHERE d.collection = ?1 AND v.model = ?2",
    )
    .and_then(|mut s| s.query_row((collection.as_str(), model), |row| column::unsigned(row, 0)))
    .map_err(failed)
}

fn from_row(row: &Row<'_>) -> Result<Passage> {
    Ok(Passage {
        seq: row.get(0)?,
        collection: column::word(row, 1)?,
        name: row.get(2)?,
        path: row.get(3)?,
        heading: row.get(4)?,
        text: row.get(5)?,
        place: Place {
            first_line: row.get(6)?,
            last_line: row.get(7)?,
            page: row.get(8)?,
        },
    })
}
