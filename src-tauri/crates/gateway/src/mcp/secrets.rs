//! What servers are given in confidence: one entry of the vault for each, bound to its command or its origin.

use std::collections::HashMap;

use domain::{Failure, McpServer};
use secrecy::SecretString;

use crate::Engine;
use crate::failures::internal;

/// The secrets of a server by name; those that are not there are not in it.
///
/// # Errors
/// Those of the vault.
pub(crate) async fn read(engine: &Engine, server: &McpServer) -> Result<HashMap<String, String>, Failure> {
    let origin = server.transport.origin();
    let Some(kept) = engine.vault().get(&server.id, &origin).await? else {
        return Ok(HashMap::new());
    };
    let text = kept.secret_for(&origin).unwrap_or("{}");
    // what the text holds is not told to anybody
    serde_json::from_str(text).map_err(|_| internal("the secrets of an MCP server cannot be read"))
}

/// Keeps the secrets of a server, in the place of those before.
///
/// # Errors
/// Those of the vault.
pub(crate) async fn write(
    engine: &Engine,
    server: &McpServer,
    secrets: &HashMap<String, String>,
) -> Result<(), Failure> {
    if secrets.is_empty() {
        return engine.vault().remove(&server.id).await;
    }
    let text = serde_json::to_string(secrets).map_err(|_| internal("secrets cannot be written"))?;
    let origin = server.transport.origin();
    let kept = engine.vault().put(&server.id, &origin, SecretString::from(text));
    kept.await.map(|_hint| ())
}
