//! Forgets what the settings do not keep: at the start, every day, and when the settings change.
//!
//! Nothing is forgotten unless somebody asked for it, but for answers under idempotency keys, which nobody may
//! ask for any more after their day. The time is the clock's, so that a machine that slept for a week forgets
//! when it wakes.

use std::time::Duration;

use domain::{Failure, Timestamp};
use store::table;
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::http::idempotency::KEPT_FOR;

/// A month's budget counts so many days, and that is the longest span that starts anew.
pub(crate) const LEDGER_AT_LEAST: u32 = 31;
const DAY: i64 = 86_400_000;
/// Days for which a forgotten memory can be brought back.
const FORGOTTEN_FOR: u32 = 30;
/// How often the clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Forgets once a day, beginning now, until `stop`.
pub(crate) async fn daily(engine: Engine, stop: CancellationToken) {
    let mut due = Timestamp(i64::MIN);
    loop {
        let now = engine.clock().now();
        if now >= due {
            match apply(&engine).await {
                Ok(()) => due = Timestamp(now.millis().saturating_add(DAY)),
                // tried again at the next look
                Err(failure) => {
                    tracing::warn!(kind = failure.kind().as_str(), "old calls could not be forgotten");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// Forgets what is too old at this moment.
///
/// # Errors
/// Storage failures.
pub(crate) async fn apply(engine: &Engine) -> Result<(), Failure> {
    if engine.store().is_read_only() {
        return Ok(());
    }
    let now = engine.clock().now().millis();
    let settings = engine.roster().now().settings.clone();
    let days_ago = |days: u32| Timestamp(now.saturating_sub(i64::from(days) * DAY));
    let store = engine.store();
    let answers = Timestamp(now.saturating_sub(KEPT_FOR));
    store
        .write(move |tx| table::idempotency::forget_old(tx, answers))
        .await?;
    let forgotten = days_ago(FORGOTTEN_FOR);
    store
        .write(move |tx| table::memories::purge(tx, forgotten).map(|_| ()))
        .await?;
    // what is said of a call goes with it
    let said = settings
        .keep_requests_days
        .into_iter()
        .chain(settings.keep_calls_days)
        .min();
    if let Some(before) = said.map(days_ago) {
        while store
            .write(move |tx| table::retention::forget_details(tx, before))
            .await?
            > 0
        {}
    }
    if let Some(before) = settings.keep_calls_days.map(days_ago) {
        while store
            .write(move |tx| table::retention::forget_calls(tx, before))
            .await?
            > 0
        {}
    }
    Ok(())
}
