//! What a call said and was told, to be looked at and sent again: its client's request, what each attempt
//! sent upstream, and when which piece of an answer came.
//!
//! All of it is large and seldom read, so it lies beside the calls and never slows a list or a sum down, and
//! it can be forgotten while the ledger is kept. Most calls send one body upstream, and that shares a row
//! with the client's request; only a fallback's body is another. Bodies are cut where they are kept, never
//! silently: their whole size is kept with them.

use bytes::Bytes;
use domain::{CallId, Failure, Step, StepKind};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};

use crate::column::{self, capped, unsigned};
use crate::failed;

/// To `call_details`, which had one upstream request a call.
pub(crate) const CREATE: &str = "
ALTER TABLE call_details ADD COLUMN upstream_size INTEGER;
ALTER TABLE call_details ADD COLUMN client_request ANY;
ALTER TABLE call_details ADD COLUMN client_size INTEGER;
ALTER TABLE call_details ADD COLUMN client_headers TEXT;
CREATE TABLE later_requests (
    call TEXT NOT NULL,
    number INTEGER NOT NULL,
    upstream_request ANY NOT NULL,
    upstream_size INTEGER NOT NULL,
    PRIMARY KEY (call, number)
) STRICT;
CREATE TABLE timelines (
    call TEXT NOT NULL,
    number INTEGER NOT NULL,
    steps TEXT NOT NULL,
    PRIMARY KEY (call, number)
) WITHOUT ROWID, STRICT;
";

/// A body as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its beginning, or all of it.
    pub bytes: Bytes,
    /// How long the whole is.
    pub size: u64,
}

impl Kept {
    /// Keeps at most so many bytes of a body.
    pub fn of(body: Bytes, most: usize) -> Self {
        let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let bytes = match body.get(..most) {
            // not a slice of it: that would hold on to the whole
            Some(start) if start.len() < body.len() => Bytes::copy_from_slice(start),
            Some(_) | None => body,
        };
        Self { bytes, size }
    }

    /// Whether there was more than is kept.
    pub fn is_cut(&self) -> bool {
        u64::try_from(self.bytes.len()).is_ok_and(|kept| kept < self.size)
    }

    /// The text, with marks where it is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// What a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRequest {
    /// The names of its headers, in their order; values are nobody's business.
    pub headers: Vec<String>,
    /// Its body.
    pub body: Kept,
}

/// A body that went upstream, from this attempt on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamRequest {
    /// The first attempt that sent it.
    pub number: u32,
    /// The body.
    pub body: Kept,
}

/// The timeline of one attempt's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The attempt.
    pub number: u32,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// All that is kept of a call beside the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// What the client sent.
    pub client: Option<ClientRequest>,
    /// What went upstream, in order; an attempt that is not in it sent what the one before it sent.
    pub upstream: Vec<UpstreamRequest>,
    /// When the answers came, by attempt.
    pub timelines: Vec<Timeline>,
}

/// What is kept of a call.
///
/// # Errors
/// Storage failures.
pub fn get(conn: &Connection, call: &CallId) -> Result<Details, Failure> {
    read(conn, call).map_err(failed)
}

fn read(conn: &Connection, call: &CallId) -> rusqlite::Result<Details> {
    let mut details = conn
        .prepare_cached(
            "SELECT upstream_request, upstream_size, client_request, client_size, client_headers
             FROM call_details WHERE call = ?1",
        )?
        .query_row([call.as_str()], from_row)
        .optional()?
        .unwrap_or_default();
    let later = conn
        .prepare_cached(
            "SELECT upstream_request, upstream_size, number FROM later_requests WHERE call = ?1 ORDER BY number",
        )?
        .query_map([call.as_str()], |row| {
            Ok(UpstreamRequest {
                number: row.get(2)?,
                body: kept(row, 0)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    details.upstream.extend(later);
    details.timelines = read_timelines(conn, call)?;
    Ok(details)
}

/// When the pieces of a call's answers came, by attempt; without reading what was said.
///
/// # Errors
/// Storage failures.
pub fn timelines(conn: &Connection, call: &CallId) -> Result<Vec<Timeline>, Failure> {
    read_timelines(conn, call).map_err(failed)
}

fn read_timelines(conn: &Connection, call: &CallId) -> rusqlite::Result<Vec<Timeline>> {
    conn.prepare_cached("SELECT number, steps FROM timelines WHERE call = ?1 ORDER BY number")?
        .query_map([call.as_str()], |row| {
            let steps: Vec<(u64, String, u64, u32)> = column::json(row, 1)?;
            let step = |(at_us, kind, bytes, pieces): (u64, String, u64, u32)| {
                StepKind::parse(&kind).map(|kind| Step {
                    at_us,
                    kind,
                    bytes,
                    pieces,
                })
            };
            Ok(Timeline {
                number: row.get(0)?,
                steps: steps.into_iter().filter_map(step).collect(),
            })
        })?
        .collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Details> {
    let upstream = kept(row, 0)?;
    let client = match row.get_ref(2)? {
        ValueRef::Null => None,
        ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => {
            Some(ClientRequest {
                headers: column::json_or_null(row, 4)?.unwrap_or_default(),
                body: kept(row, 2)?,
            })
        }
    };
    Ok(Details {
        client,
        upstream: (upstream.size > 0)
            .then_some(UpstreamRequest {
                number: 1,
                body: upstream,
            })
            .into_iter()
            .collect(),
        timelines: Vec::new(),
    })
}

/// A body at this column, its whole size in the next.
fn kept(row: &Row<'_>, at: usize) -> rusqlite::Result<Kept> {
    let bytes = Bytes::copy_from_slice(row.get_ref(at)?.as_bytes()?);
    let size = match column::unsigned_or_null(row, at + 1)? {
        Some(size) => size,
        // written before sizes were
        None => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
    };
    Ok(Kept { bytes, size })
}

/// Text where it is text, so that people can read it with any SQLite tool.
struct Body<'a>(&'a [u8]);

impl ToSql for Body<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match std::str::from_utf8(self.0) {
            Ok(_) => ValueRef::Text(self.0),
            Err(_) => ValueRef::Blob(self.0),
        }))
    }
}

/// Keeps what the client sent and what the first attempt sends.
pub(crate) fn first(
    conn: &Connection,
    call: &CallId,
    client: Option<&ClientRequest>,
    upstream: Option<&Kept>,
) -> rusqlite::Result<()> {
    let headers = client
        .map(|client| column::to_json(&client.headers))
        .transpose()?;
    conn.prepare_cached(
        "INSERT INTO call_details (call, upstream_request, upstream_size, client_request, client_size, client_headers)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (call) DO NOTHING",
    )?
    .execute((
        call.as_str(),
        Body(upstream.map_or(&[], |kept| &kept.bytes)),
        upstream.map_or(0, |kept| capped(kept.size)),
        client.map(|client| Body(&client.body.bytes)),
        client.map(|client| capped(client.body.size)),
        headers,
    ))?;
    Ok(())
}

/// Keeps another body that goes upstream, from attempt `number` on.
pub(crate) fn later(conn: &Connection, call: &CallId, number: u32, body: &Kept) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "INSERT INTO later_requests (call, number, upstream_request, upstream_size) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (call, number) DO NOTHING",
    )?
    .execute((call.as_str(), number, Body(&body.bytes), capped(body.size)))?;
    Ok(())
}

/// Keeps an attempt's timeline.
pub(crate) fn timeline(
    conn: &Connection,
    call: &CallId,
    number: u32,
    steps: &[Step],
) -> rusqlite::Result<()> {
    let compact: Vec<_> = steps
        .iter()
        .map(|step| (step.at_us, step.kind.as_str(), step.bytes, step.pieces))
        .collect();
    conn.prepare_cached(
        "INSERT INTO timelines (call, number, steps) VALUES (?1, ?2, ?3) ON CONFLICT (call, number) DO NOTHING",
    )?
    .execute((call.as_str(), number, column::to_json(&compact)?))?;
    Ok(())
}

/// How many calls have details.
///
/// # Errors
/// Storage failures.
pub fn count(conn: &Connection) -> Result<u64, Failure> {
    conn.prepare_cached("SELECT count(*) FROM call_details")
        .and_then(|mut s| s.query_row([], |row| unsigned(row, 0)))
        .map_err(failed)
}
