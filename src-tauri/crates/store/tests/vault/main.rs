//! The vault through its public door, against stores of the OS that are locked, missing, silent or hostile.
//! Names begin with the id of the rule that a test holds.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests")]

mod binding;
mod crash;
mod kinds;
mod moving;
mod os;
mod support;
