//! Which of the app's windows may ask for what, and which hears what (SEC-24, C16).
//!
//! The danger is a page that has been taken over by what a model wrote: it must not be able to approve that model's
//! own wish, nor a server of tools. So approvals are given in small windows of their own, which draw no markdown. Who asks
//! is told by the shell and never by the page: to the gateway they are different callers. And a small window has no more
//! than it needs, so that nothing is gained by taking it over either. Free of Tauri, so that the tests can take it in without a window.

use gateway::control::{Caller, Command, Notice, Topic};

/// The label of the window with the screens.
pub const MAIN: &str = "main";
/// The label of the window in which approvals are given.
pub const APPROVALS: &str = "approvals";

/// What the label of a window begins with in which a server of tools is looked at; its name follows.
pub const REVIEW: &str = "review-";

/// Who the window of this label is to the gateway; `None`: it is none of ours.
pub fn caller(label: &str) -> Option<Caller> {
    match label {
        MAIN => Some(Caller::Window),
        APPROVALS => Some(Caller::Approvals),
        label if label.starts_with(REVIEW) => Some(Caller::Approvals),
        _ => None,
    }
}

/// Whether a window may ask for this at all; what the gateway grants it is another question.
pub fn opens(caller: Caller, command: &Command) -> bool {
    match caller {
        Caller::Approvals => matches!(
            command,
            Command::ApprovalList(_)
                | Command::ApprovalAnswer(_)
                | Command::McpQuestions(_)
                | Command::McpAnswer(_)
                | Command::McpGet(_)
                | Command::McpApprove(_)
                | Command::McpSignIn(_)
                | Command::McpSignInEnd(_)
                | Command::McpSignInCancel(_)
                | Command::McpSignOut(_)
                | Command::SettingsGet(_)
        ),
        Caller::Window | Caller::CommandLine => true,
    }
}

/// Whether a window is told of this.
pub fn hears(caller: Caller, notice: &Notice) -> bool {
    match caller {
        Caller::Approvals => matches!(
            notice,
            Notice::ApprovalWanted { .. }
                | Notice::Missed {}
                | Notice::Changed {
                    topic: Topic::Approvals | Topic::McpServers | Topic::Settings,
                    ..
                }
        ),
        Caller::Window | Caller::CommandLine => true,
    }
}
