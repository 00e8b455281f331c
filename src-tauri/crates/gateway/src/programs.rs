//! Programs of others, ended with all that they start.
//!
//! The danger is what a program leaves: children of its own go on when only their parent is ended. So each leads a process
//! group, or a job on Windows, and that is ended as a whole, also when whoever started it is dropped.

use std::path::Path;

use process_wrap::tokio::{CommandWrap, KillOnDrop};
use tokio::process::Command;

/// A program that will lead a group of its own, as `prepare` says.
pub(crate) fn leading(program: &Path, prepare: impl FnOnce(&mut Command)) -> CommandWrap {
    let mut command = CommandWrap::with_new(program, prepare);
    command.wrap(KillOnDrop);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command
}
