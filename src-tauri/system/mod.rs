//! What the window's app asks of the operating system, without Tauri: entries, files, the session bus, which addresses
//! lead where, and which window may ask for what. `desktop` is the one that asks.

pub mod addresses;
pub mod clipboard;
pub mod doors;
pub mod dropped;
pub mod login;
pub mod menu_entries;
pub mod saving;
pub mod session_bus;
pub mod start;
pub mod words;
