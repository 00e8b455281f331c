//! What the window's app asks of the operating system, without Tauri: entries, files, the session bus, and which
//! addresses lead where. `desktop` is the one that asks.

pub mod addresses;
pub mod login;
pub mod saving;
pub mod session_bus;
