//! Whether a call that runs is still allowed.
//!
//! A key is checked when a request arrives, and an answer can take minutes. So whoever writes one also waits for
//! its warrant to lapse: the key was revoked, its time is over, it may not use this agent any more, or its budget
//! was lowered to what is spent already (SEC-16). Looking again costs nothing until something changes.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{ClientKeyId, Failure, FailureKind};

use crate::Engine;
use crate::limits::Scope;
use crate::roster::KeyState;
use crate::turn;

/// Ends when the call must, and says why.
pub(super) type Lapse = Pin<Box<dyn Future<Output = Failure> + Send>>;

/// Clocks are set: an expiry is looked at this often at most, and at least once an hour.
const SOONEST: Duration = Duration::from_millis(50);
const LATEST: Duration = Duration::from_secs(3_600);

/// Waits until a call with this key, on what it named in `model`, is not allowed any more.
pub(super) fn lapse(engine: Engine, key: &KeyState, model: Option<String>) -> Lapse {
    let id = key.key.id.clone();
    Box::pin(async move { waits(&engine, || check(&engine, &id, model.as_deref())).await })
}

/// Waits until a key is nobody's any more.
pub(super) fn end_of_key(engine: Engine, key: &KeyState) -> impl Future<Output = ()> + Send + use<> {
    let id = key.key.id.clone();
    async move {
        waits(&engine, || check_key(&engine, &id).map(|(_, rest)| rest)).await;
    }
}

/// Looks again after every change, and when the time may be over, and ends with what it finds.
async fn waits(engine: &Engine, look: impl Fn() -> Result<Duration, Failure> + Send) -> Failure {
    let mut changes = engine.roster().changes();
    loop {
        changes.borrow_and_update();
        let expires = match look() {
            Ok(expires) => expires,
            Err(failure) => return failure,
        };
        tokio::select! {
            changed = changes.changed() => {
                if changed.is_err() {
                    // the app ends, and with it this answer in its own order
                    std::future::pending::<()>().await;
                }
            }
            () = tokio::time::sleep(expires.clamp(SOONEST, LATEST)) => {}
        }
    }
}

/// How long it is allowed from now, as far as that is known.
fn check(engine: &Engine, id: &ClientKeyId, model: Option<&str>) -> Result<Duration, Failure> {
    let (state, rest) = check_key(engine, id)?;
    turn::still_allowed(&engine.roster().now(), &state, model)?;
    engine
        .accounts()
        .check(&Scope::Key(id.clone()), &state.key.budgets, engine.clock().now())?;
    Ok(rest)
}

/// The key, and how long it goes on, as far as that is known.
fn check_key(engine: &Engine, id: &ClientKeyId) -> Result<(Arc<KeyState>, Duration), Failure> {
    let roster = engine.roster().now();
    let now = engine.clock().now();
    let state = roster
        .key(id)
        .filter(|state| !state.key.anonymous || roster.anonymous.is_some())
        .ok_or_else(|| Failure::new(FailureKind::ClientKeyInvalid, "This API key was revoked."))?;
    state.check_expiry(now)?;
    let rest = state.key.expires_at.map_or(LATEST, |at| {
        Duration::from_millis(u64::try_from(at.millis() - now.millis()).unwrap_or_default())
    });
    Ok((Arc::clone(state), rest))
}
