//! The one place that keeps things: a SQLite database behind a single writer, and the vault.
//!
//! The danger is losing what was said, or delaying an answer in order to keep it. So every write goes
//! through one thread that commits whatever waits in one transaction, callers say whether they need to
//! know that it is on the disk, and the queue in between is bounded by bytes and drops nothing.
//!
//! Deliberately not here: a storage trait, an ORM, an async driver. Each table has one file under
//! [`table`] with its SQL, its row mapping and its functions; callers pass those to [`Store::read`] and
//! [`Store::write`]. Nothing in this crate knows a wire format or the clock.
//!
//! To add a table or change one: append a step to `migrations::STEPS`, never edit a step that was
//! released; older versions must be able to read what newer ones write.

mod backup;
mod column;
mod connection;
mod directory;
mod export;
mod failed;
mod fold;
mod migrations;
mod pending;
mod queue;
mod readers;
mod record;
mod store;
pub mod table;
pub mod vault;
mod writer;

pub use backup::{Backup, Contents};
pub use directory::{DataDirectory, make_private, write_private};
pub use export::Exported;
pub use failed::failed;
pub use pending::Pending;
pub use record::Record;
/// What [`Store::read`] and [`Store::write`] hand to their closures; a transaction dereferences to a connection.
pub use rusqlite::{Connection, Transaction};
pub use store::{Store, StoreOptions, StoreStats};
