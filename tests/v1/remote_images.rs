//! Images that a message names by their address (SEC-33, W-26): where they may come from, and who gets what.

mod guard;
mod network;
mod sending;
mod table;
