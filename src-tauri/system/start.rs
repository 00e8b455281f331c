//! What is asked of the system before there is a window, and said where there will be none.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::Path;

use domain::Failure;

use super::session_bus;

/// One instance for each data directory: the name that a second start looks for on the session bus.
pub fn instance_name(data_dir: &Path) -> String {
    format!("app.inglenook.desktop.d{:016x}", number_of(data_dir))
}

/// A number for a data directory, the same at each start.
pub fn number_of(data_dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let path = data_dir.canonicalize().or_else(|_| std::path::absolute(data_dir));
    path.unwrap_or_else(|_| data_dir.to_owned()).hash(&mut hasher);
    hasher.finish()
}

/// GTK ends the process with a panic when there is no display.
#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    reason = "the display is the shell's own matter, not a setting of the app"
)]
pub fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

#[cfg(not(target_os = "linux"))]
pub fn has_display() -> bool {
    true
}

/// Ends when the system asks the app to end.
pub async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return std::future::pending().await;
        };
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

/// Says on stderr and in a desktop notification why the app did not start.
pub async fn refuse(failure: &Failure) {
    let hint = failure.hint().unwrap_or_default();
    say(&format!(
        "{}: {} {hint}",
        failure.kind().as_str(),
        failure.message()
    ));
    let text = format!("{} {hint}", failure.message());
    session_bus::notify("Inglenook did not start", &text).await;
}

/// Says something on stderr.
pub fn say(text: &str) {
    // a closed stderr is no reason to fail
    let _ = writeln!(std::io::stderr(), "inglenook: {}", text.trim_end());
}
