//! What the page calls things that the desktop shows: menus and the tray (docs/decisions/0016).
//!
//! The page gives them in its language. Until it has, and where it lacks one, the tray has English ones of its own.

use std::collections::HashMap;

use gateway::control::EndpointStatus;

/// What the page calls each entry and each menu, by the name that both sides know it by.
pub type Words = HashMap<String, String>;

const TRAY: [(&str, &str); 12] = [
    ("tray-starting", "Starting…"),
    ("tray-listening", "Listening at {url}"),
    ("tray-paused", "Endpoint paused"),
    ("tray-stopped", "Endpoint stopped"),
    ("tray-failed", "Endpoint failed: {reason}"),
    ("tray-approvals-one", "1 approval waits…"),
    ("tray-approvals-other", "{count} approvals wait…"),
    ("tray-show", "Show window"),
    ("tray-copy", "Copy endpoint address"),
    ("tray-pause", "Pause endpoint"),
    ("tray-resume", "Resume endpoint"),
    ("quit", "Quit"),
];

/// What something is called; its own name where there is no word for it.
pub fn word<'w>(words: &'w Words, name: &'w str) -> &'w str {
    let own = || TRAY.iter().find(|(known, _)| *known == name);
    words
        .get(name)
        .map(String::as_str)
        .or_else(|| own().map(|(_, word)| *word))
        .unwrap_or(name)
}

/// How the endpoint stands.
pub fn standing(words: &Words, status: &EndpointStatus) -> String {
    match status {
        EndpointStatus::Listening { paused: true, .. } => word(words, "tray-paused").to_owned(),
        EndpointStatus::Listening { base_url, .. } => {
            word(words, "tray-listening").replace("{url}", base_url)
        }
        EndpointStatus::Stopped => word(words, "tray-stopped").to_owned(),
        EndpointStatus::Failed { failure } => {
            word(words, "tray-failed").replace("{reason}", &failure.message)
        }
    }
}

/// How many approvals wait; `None` when none does.
pub fn waiting(words: &Words, count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some(word(words, "tray-approvals-one").to_owned()),
        count => Some(word(words, "tray-approvals-other").replace("{count}", &count.to_string())),
    }
}
