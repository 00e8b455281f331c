//! The real binary, from outside: its command line, its files, its signals, its death.
//!
//! Everything here spawns `inglenook` as a person or a service manager would, because what these tests guard
//! (locks, ports, modes, what is left on the disk after a kill) does not exist inside one process. Each test
//! has a data directory of its own, so they run beside each other.

#![expect(
    clippy::print_stdout,
    reason = "what ran is told: counts, and which model stood in"
)]

mod canary;
mod cli;
mod cli_agents;
mod cli_calls;
mod cli_knowledge;
mod cli_manners;
mod cli_mcp;
mod http;
mod instances;
mod kill;
mod kill_tools;
mod lan;
mod limits;
mod llama;
mod local_model;
mod ports;
mod pressure;
mod starter;
mod streams;
mod support;
mod upstream;
mod vault;
