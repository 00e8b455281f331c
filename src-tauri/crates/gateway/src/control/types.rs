//! Arguments and results of the commands, a file a noun. TypeScript types are generated from these.

mod agents;
mod app;
mod backups;
mod calls;
mod chat;
mod common;
mod connect;
mod data;
mod endpoint;
mod images;
mod keys;
mod notices;
mod prices;
mod providers;
mod sessions;
mod settings;
mod tools;
mod usage;

pub use agents::*;
pub use app::*;
pub use backups::*;
pub use calls::*;
pub use chat::*;
pub use common::*;
pub use connect::*;
pub use data::*;
pub use endpoint::*;
pub use images::*;
pub use keys::*;
pub use notices::*;
pub use prices::*;
pub use providers::*;
pub use sessions::*;
pub use settings::*;
pub use tools::*;
pub use usage::*;
