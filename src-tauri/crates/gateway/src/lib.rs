//! The engine and its doors: every call, from the window or from a program, takes the one path of [`turn`].
//!
//! `http` is the data plane that programs call; `control` is the control plane that manages the app. Both
//! end in the same engine, so an agent cannot behave differently behind different doors. Time, randomness,
//! secrets, disk and network come in as values, so that tests can fail each of them.
//! Deliberately not here: Tauri, arguments of the command line, SQL, and the wire formats themselves.

mod app;
mod approvals;
mod attempts;
mod background;
mod canonical;
mod clock;
pub mod connect;
pub mod control;
mod denials;
mod difference;
mod discovery;
mod embedding;
mod engine;
mod failures;
mod fetch;
pub mod http;
mod ids;
mod keys;
mod knowledge;
mod limits;
mod live;
mod mcp;
mod memory;
mod models;
mod pieces;
mod prices;
mod programs;
mod published;
mod questions;
mod ranking;
mod refusals;
mod restoring;
mod retention;
mod roster;
mod searching;
#[cfg(feature = "starter")]
mod starter;
mod tools;
mod turn;
mod upstream;

pub use app::{App, Config, DEFAULT_PORT};
pub use clock::{Clock, SystemClock};
pub use engine::Engine;
pub use fetch::{FetchPolicy, Lookup};
pub use ids::{Ids, Random, SystemRandom};
pub use knowledge::{READ_PDF, read_pdf};
pub use mcp::{INHERITED, McpPolicy};
pub use restoring::{backups, restore};
pub use store::vault::VaultKind;
pub use upstream::{Breaking, Meanwhile, Patience, Retries, UpstreamPolicy};
