//! What the tests stand on: an app, a provider that follows a script, and clients.

pub mod app;
pub mod canonical;
pub mod client;
pub mod provider;
pub mod raw_provider;
pub mod recordings;
pub mod replay;

use std::time::{Duration, Instant};

pub use app::TestApp;
pub use client::{Answer, raw};
pub use provider::{Provider, Reply};
pub use raw_provider::RawProvider;

/// How long anything may take that should happen soon. Generous: only a failing test waits so long.
pub const SOON: Duration = Duration::from_secs(10);

/// What waits for nothing takes no longer, on a machine that does much else.
pub const AT_ONCE: Duration = Duration::from_secs(3);

/// Polls until `probe` gives something.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
