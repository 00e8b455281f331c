//! The commands, and the documents that are written from the code.

mod agent_drafts;
mod agent_files;
mod agent_publishing;
mod agents;
mod app;
mod arguments;
mod attachments;
mod calls;
mod chat;
mod connect;
mod data;
mod endpoint;
mod errors_document;
mod keys;
mod knowledge;
mod links;
mod memory;
mod provider_health;
mod providers;
mod replays;
mod runs;
mod session_extent;
mod sessions;
mod settings;
mod typescript;
mod usage;

use std::path::Path;

/// Compares a committed file with what the code says; with `INGLENOOK_UPDATE=1` writes it instead.
pub fn written(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var("INGLENOOK_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "{path} differs from the code. Write it anew with:\n  INGLENOOK_UPDATE=1 cargo test \
         --no-default-features --features starter,web-host --test tests control::"
    );
}
