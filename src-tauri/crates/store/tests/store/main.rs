//! The store through its public door: one binary, a module for each thing it promises.
#![expect(clippy::unwrap_used, reason = "tests")]

// within its own tests the crate has its package's name; everyone else calls it `store`
extern crate inglenook_store as store;

mod agents;
mod folding;
mod growing;
mod history;
mod ledger;
mod opening;
mod reasoning;
mod search;
mod series;
mod sources;
mod support;
mod writing;
