//! One file a table: its SQL, its rows and its functions.
//!
//! Functions that read take a [`rusqlite::Connection`], functions that change something take one too and
//! are called inside [`crate::Store::write`]; a transaction dereferences to a connection.

pub mod agent_drafts;
pub mod agents;
pub mod approvals;
pub mod calls;
pub mod client_keys;
pub mod collections;
pub mod details;
pub mod documents;
pub mod entries;
pub mod fingerprints;
pub(crate) mod growth;
pub mod idempotency;
pub mod mcp_servers;
pub mod memories;
pub mod messages;
pub(crate) mod meta;
pub mod passages;
pub mod prices;
pub mod providers;
pub mod reasoning;
pub mod recalls;
pub mod responses;
pub mod retention;
pub mod search;
pub(crate) mod secrets;
pub mod sessions;
pub mod settings;
pub mod summaries;
pub mod taints;
mod terms;
pub mod tool_uses;

use domain::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A stretch of a long list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Page<T> {
    /// The rows, newest first.
    pub items: Vec<T>,
    /// Hand this in to get the rows after these; `None` at the end.
    pub next: Option<String>,
}

fn not_found(what: &str) -> Failure {
    Failure::new(FailureKind::NotFound, format!("There is no {what} of that name."))
}

/// At most this many rows a page, whatever was asked for.
const PAGE_MAX: usize = 500;

/// One more row than the page holds tells whether there is a next one.
fn page_limit(limit: usize) -> (usize, i64) {
    let limit = limit.clamp(1, PAGE_MAX);
    (limit, i64::try_from(limit).unwrap_or(i64::MAX) + 1)
}
