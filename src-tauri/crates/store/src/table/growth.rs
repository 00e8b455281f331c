//! Growth: what answers that are being written have more than their messages say.
//!
//! Rows are appended and never changed, so that under load a commit writes the last page alone. When an answer has
//! ended its message says all of it, and its rows are swept away later, from the oldest on. There is no index: only
//! the few who look at an answer on its way search here, in what little has not been swept yet.

use std::collections::HashMap;

use domain::{Growth, MessageId, MessageState, StoredMessage};
use rusqlite::{Connection, OptionalExtension};

use crate::column;

pub(crate) const CREATE: &str = "
CREATE TABLE growth (
    id INTEGER PRIMARY KEY,
    message INTEGER NOT NULL,
    growth TEXT NOT NULL
) STRICT;
";

/// Adds what a message has more; nothing when it has ended.
pub(crate) fn add(conn: &Connection, message: &MessageId, growth: &[Growth]) -> rusqlite::Result<()> {
    let seq: Option<i64> = conn
        .prepare_cached("SELECT seq FROM messages WHERE id = ?1 AND state = 'streaming'")?
        .query_row([message.as_str()], |row| row.get(0))
        .optional()?;
    let Some(seq) = seq else { return Ok(()) };
    let mut insert = conn.prepare_cached("INSERT INTO growth (message, growth) VALUES (?1, ?2)")?;
    for one in growth {
        insert.execute((seq, column::to_json(one)?))?;
    }
    Ok(())
}

/// Adds to messages on their way what they have grown by.
pub(crate) fn join(conn: &Connection, messages: &mut [StoredMessage]) -> rusqlite::Result<()> {
    let growing = |stored: &StoredMessage| stored.state == MessageState::Streaming;
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, stored) in messages.iter().enumerate().filter(|(_, stored)| growing(stored)) {
        places.insert(stored.id.as_str().to_owned(), at);
    }
    if places.is_empty() {
        return Ok(());
    }
    let mut read = conn.prepare_cached(
        "SELECT messages.id, growth FROM growth JOIN messages ON messages.seq = message
         WHERE messages.state = 'streaming' ORDER BY growth.id",
    )?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let at = places.get(row.get_ref(0)?.as_str()?);
        if let Some(stored) = at.and_then(|at| messages.get_mut(*at)) {
            let growth: Growth = column::json(row, 1)?;
            growth.apply(&mut stored.message.parts);
        }
    }
    Ok(())
}

/// Removes the rows that no answer on its way may need: those before the first of the oldest one. Gives whether
/// some are left.
pub(crate) fn sweep(conn: &Connection) -> rusqlite::Result<bool> {
    let oldest: Option<i64> = conn
        .prepare_cached("SELECT min(seq) FROM messages WHERE state = 'streaming'")?
        .query_row([], |row| row.get(0))?;
    match oldest {
        None => {
            conn.prepare_cached("DELETE FROM growth")?.execute([])?;
            Ok(false)
        }
        Some(oldest) => {
            conn.prepare_cached(
                "DELETE FROM growth
                 WHERE id < (SELECT id FROM growth WHERE message >= ?1 ORDER BY id LIMIT 1)",
            )?
            .execute([oldest])?;
            Ok(true)
        }
    }
}
