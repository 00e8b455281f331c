//! MCP servers, as one JSON text each: they are few, read whole, and gain fields over time.

use domain::{Failure, FailureKind, McpServer, McpServerId};
use rusqlite::{Connection, OptionalExtension};

use super::not_found;
use crate::{column, failed};

pub(crate) const CREATE: &str = "
CREATE TABLE mcp_servers (id TEXT PRIMARY KEY, server TEXT NOT NULL) WITHOUT ROWID, STRICT;
";

/// All servers, by name.
///
/// # Errors
/// Storage failures.
pub fn list(conn: &Connection) -> Result<Vec<McpServer>, Failure> {
    conn.prepare_cached("SELECT server FROM mcp_servers ORDER BY id")
        .and_then(|mut s| s.query_map([], |row| column::json(row, 0))?.collect())
        .map_err(failed)
}

/// A server.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn get(conn: &Connection, id: &McpServerId) -> Result<McpServer, Failure> {
    conn.prepare_cached("SELECT server FROM mcp_servers WHERE id = ?1")
        .and_then(|mut s| s.query_row([id.as_str()], |row| column::json(row, 0)).optional())
        .map_err(failed)?
        .ok_or_else(|| not_found("MCP server"))
}

/// Adds a server.
///
/// # Errors
/// [`FailureKind::Conflict`] when the name is taken, or storage failures.
pub fn insert(conn: &Connection, server: &McpServer) -> Result<(), Failure> {
    let text = column::to_json(server).map_err(failed)?;
    let added = conn
        .prepare_cached("INSERT INTO mcp_servers (id, server) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING")
        .and_then(|mut s| s.execute((server.id.as_str(), text)))
        .map_err(failed)?;
    if added == 0 {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("There is an MCP server {} already.", server.id),
        )
        .with_param("id"));
    }
    Ok(())
}

/// Changes a server.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn update(conn: &Connection, server: &McpServer) -> Result<(), Failure> {
    let text = column::to_json(server).map_err(failed)?;
    let changed = conn
        .prepare_cached("UPDATE mcp_servers SET server = ?2 WHERE id = ?1")
        .and_then(|mut s| s.execute((server.id.as_str(), text)))
        .map_err(failed)?;
    if changed == 0 {
        Err(not_found("MCP server"))
    } else {
        Ok(())
    }
}

/// Removes a server. Its secrets are the vault's to remove.
///
/// # Errors
/// [`FailureKind::NotFound`], or storage failures.
pub fn remove(conn: &Connection, id: &McpServerId) -> Result<(), Failure> {
    let removed = conn
        .prepare_cached("DELETE FROM mcp_servers WHERE id = ?1")
        .and_then(|mut s| s.execute([id.as_str()]))
        .map_err(failed)?;
    if removed == 0 {
        Err(not_found("MCP server"))
    } else {
        Ok(())
    }
}
