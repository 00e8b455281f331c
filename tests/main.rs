//! The app through its public doors: the endpoint, the commands, and the files that others rely on.
//!
//! Each test starts an app of its own on a fresh data directory and a free port, with a scripted provider
//! behind it, and looks at status, body, side effects and what must not have happened.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that panics has failed, which is what it is for"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests are clients of their own, read the environment and run tasks that end with their runtime"
)]

mod api;
mod architecture;
mod control;
mod desktop_config;
mod founding;
mod guard;
mod mcp;
mod process;
mod support;
mod v1;
mod v1beta;
mod wire_rules;
