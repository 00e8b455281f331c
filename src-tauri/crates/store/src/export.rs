//! Everything in one file, for people who leave or who want to look.
//!
//! One JSON text a line: `{"table": …, "row": {…}}`, so that a file of any size can be read from its beginning.
//! The danger is a secret in it: of each table only the columns named here are written, and a test holds that
//! every table is named, here or among those that are left out.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use base64ct::{Base64, Encoding};
use domain::{Failure, Timestamp};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value, json};

use crate::directory::{DataDirectory, make_private, private_file};
use crate::failed::{failed, io};

/// What is exported, in this order, without the columns named beside it.
pub(crate) const TABLES: &[(&str, &str, &[&str])] = &[
    ("settings", "SELECT * FROM settings", &[]),
    ("providers", "SELECT * FROM providers", &[]),
    ("mcp_servers", "SELECT * FROM mcp_servers", &[]),
    ("agents", "SELECT * FROM agents", &[]),
    ("agent_revisions", "SELECT * FROM agent_revisions", &[]),
    ("agent_drafts", "SELECT * FROM agent_drafts", &[]),
    ("client_keys", "SELECT * FROM client_keys", &["digest"]),
    ("prices", "SELECT * FROM prices", &[]),
    ("sessions", "SELECT * FROM sessions", &[]),
    ("messages", "SELECT * FROM messages", &[]),
    ("summaries", "SELECT * FROM summaries", &["digest"]),
    ("tool_uses", "SELECT * FROM tool_uses", &[]),
    ("approvals", "SELECT * FROM approvals", &[]),
    ("tainted_sessions", "SELECT * FROM tainted_sessions", &[]),
    ("growth", "SELECT * FROM growth", &[]),
    ("calls", "SELECT * FROM calls", &[]),
    ("entries", "SELECT * FROM entries", &[]),
    ("call_details", "SELECT * FROM call_details", &[]),
    ("later_requests", "SELECT * FROM later_requests", &[]),
    ("timelines", "SELECT * FROM timelines", &[]),
    ("responses", "SELECT * FROM responses", &[]),
    ("response_items", "SELECT * FROM response_items", &[]),
    ("memories", "SELECT * FROM memories", &["vector"]),
    ("recalls", "SELECT * FROM recalls", &[]),
    ("collections", "SELECT * FROM collections", &[]),
    ("documents", "SELECT * FROM documents", &[]),
];

/// What is not: secrets, and what is made of the rest or of files that lie elsewhere.
#[cfg(test)]
const LEFT_OUT: &[&str] = &[
    "secrets",
    "vault_meta",
    "meta",
    "fingerprints",
    "idempotency",
    "reasoning",
    "reasoning_keys",
    "search",
    "search_pending",
    "memory_words",
    "passages",
    "passage_words",
    "passage_vectors",
];

/// An export that was written.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// How many rows it has.
    pub rows: u64,
}

/// Where exports lie; made when the first one is.
pub(crate) fn folder(directory: &DataDirectory) -> PathBuf {
    directory.path().join("exports")
}

/// Writes everything that `conn` sees at this moment.
pub(crate) fn write(
    directory: &DataDirectory,
    conn: &Connection,
    now: Timestamp,
) -> Result<Exported, Failure> {
    let folder = folder(directory);
    make_private(&folder)?;
    let path = folder.join(format!("inglenook-{}.jsonl", now.millis()));
    let partial = path.with_extension("partial");
    let unwritten = |e: std::io::Error| io("The export could not be written", &e);
    let file = private_file(&partial).map_err(unwritten)?;
    file.set_len(0).map_err(unwritten)?;
    let mut to = BufWriter::new(file);
    let mut rows = 0;
    // one snapshot for all tables
    let tx = conn.unchecked_transaction().map_err(failed)?;
    for (table, select, hidden) in TABLES {
        rows += dump(&tx, table, select, hidden, &mut to)?;
    }
    drop(tx);
    let file = to.into_inner().map_err(|e| unwritten(e.into_error()))?;
    file.sync_all()
        .and_then(|()| fs::rename(&partial, &path))
        .map_err(unwritten)?;
    let bytes = fs::metadata(&path).map_err(unwritten)?.len();
    Ok(Exported { path, bytes, rows })
}

fn dump(
    conn: &Connection,
    table: &str,
    select: &str,
    hidden: &[&str],
    to: &mut impl Write,
) -> Result<u64, Failure> {
    let mut statement = conn.prepare(select).map_err(failed)?;
    let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = statement.query([]).map_err(failed)?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        let mut fields = Map::new();
        for (at, name) in names.iter().enumerate() {
            if !hidden.contains(&name.as_str()) {
                let value = row.get_ref(at).map_err(failed)?;
                fields.insert(name.clone(), readable(value));
            }
        }
        serde_json::to_writer(&mut *to, &json!({"table": table, "row": fields}))
            .map_err(std::io::Error::from)
            .and_then(|()| to.write_all(b"\n"))
            .map_err(|e| io("The export could not be written", &e))?;
        count += 1;
    }
    Ok(count)
}

/// A column as JSON: JSON texts as what they hold, bytes in base64.
fn readable(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(n) => n.into(),
        ValueRef::Real(n) => n.into(),
        ValueRef::Text(text) => {
            let text = String::from_utf8_lossy(text);
            let is_json = text.starts_with(['{', '[']);
            let parsed = is_json.then(|| serde_json::from_str(&text).ok()).flatten();
            parsed.unwrap_or_else(|| Value::String(text.into_owned()))
        }
        ValueRef::Blob(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.starts_with(['{', '[']) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            Ok(_) | Err(_) => Base64::encode_string(bytes).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_exported_or_left_out_on_purpose() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let directory = DataDirectory::open(folder.path())?;
        let _store = crate::Store::open(&directory, crate::StoreOptions::default())?;
        let conn = Connection::open(directory.database())?;
        let mut statement = conn.prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
             AND NOT EXISTS (SELECT 1 FROM sqlite_schema index_of WHERE index_of.sql LIKE 'CREATE VIRTUAL TABLE%'
                 AND sqlite_schema.name IN (index_of.name || '_data', index_of.name || '_idx',
                     index_of.name || '_docsize', index_of.name || '_config'))",
        )?;
        let tables: Vec<String> = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for table in &tables {
            let exported = TABLES.iter().any(|(name, _, _)| name == table);
            assert_ne!(exported, LEFT_OUT.contains(&table.as_str()), "{table}");
        }
        assert_eq!(tables.len(), TABLES.len() + LEFT_OUT.len(), "{tables:?}");
        Ok(())
    }
}
