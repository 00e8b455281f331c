//! The endpoint in the local network: for a time, because a person said so.
//!
//! The danger is a door that stays open: machines that listen on every interface because of one variable are found
//! by the hundred thousand (trust.md, SEC-11). So nothing but a command opens it, never a setting or a variable; it
//! needs a client key, speaks TLS alone, stands on a port of its own, and ends by itself, also when the app was
//! started again in between, when the last client key is gone, or when the clock is set back. At its end every
//! connection is cut. The port on loopback knows nothing of all this.

mod certificate;
mod grant;
mod names;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind, Timestamp};
use tokio_util::sync::CancellationToken;

use super::listening::bind_everywhere;
use super::ports::{Served, not_ours};
use super::serve::{Ends, serve};
use super::side::Side;
use crate::Engine;
use crate::control::{FailureView, LanStatus, OpenLan as Wish};
use crate::failures::internal;
use grant::Grant;

/// The port when nobody says otherwise, a hundred above the endpoint's.
const PORT: u16 = 4745;
/// How often the clock is looked at: it may be set, and machines sleep.
const LOOK: Duration = Duration::from_secs(1);

/// The port of the local network while it is served.
pub(super) struct OpenLan {
    grant: Grant,
    /// Its end by a clock that nobody sets.
    deadline: Instant,
    ends: Ends,
    closed: CancellationToken,
}

/// Opens the endpoint to the local network, or changes for how long it is open.
///
/// # Errors
/// [`FailureKind::NotRunning`] when nothing is served, [`FailureKind::Conflict`] without a client key,
/// [`FailureKind::PortTaken`], or storage failures; it is closed then, or open as before when only its time was to
/// change.
pub(crate) async fn open(engine: &Engine, wish: Wish) -> Result<LanStatus, Failure> {
    let mut served = engine.ports().served().await;
    let served = served.as_mut().ok_or_else(|| {
        Failure::new(FailureKind::NotRunning, "The endpoint is not running.")
            .with_hint("Open it in the window, or while `inglenook serve` runs.")
    })?;
    if !has_key(engine) {
        return Err(Failure::new(
            FailureKind::Conflict,
            "The local network needs a client key, and there is none that could be used.",
        )
        .with_hint("Make one under Connect, or with `inglenook key create NAME`."));
    }
    let now = engine.clock().now();
    let grant = Grant {
        port: wish.port.unwrap_or(PORT),
        opened_at: now,
        until: Timestamp(now.millis() + i64::from(wish.seconds) * 1000),
    };
    let stays = !wish.new_certificate
        && served
            .lan
            .as_ref()
            .is_some_and(|lan| wish.port.is_none_or(|port| port == lan.grant.port));
    match served.lan.as_mut().filter(|_| stays) {
        Some(lan) => {
            let grant = Grant {
                port: lan.grant.port,
                ..grant
            };
            grant.keep(&folder(engine))?;
            lan.deadline = deadline(grant, now);
            lan.grant = grant;
            engine.set_lan(prolonged(engine.lan(), grant));
        }
        None => {
            close_now(engine, served).await;
            begin(engine, served, grant, wish.new_certificate).await?;
        }
    }
    Ok(engine.lan())
}

fn prolonged(mut status: LanStatus, grant: Grant) -> LanStatus {
    if let LanStatus::Open { opened_at, until, .. } = &mut status {
        (*opened_at, *until) = (grant.opened_at, grant.until);
    }
    status
}

/// Closes it at once; what runs there is cut.
pub(crate) async fn close(engine: &Engine) -> LanStatus {
    if let Some(served) = engine.ports().served().await.as_mut() {
        close_now(engine, served).await;
    }
    engine.set_lan(LanStatus::Off);
    engine.lan()
}

/// Opens it again after a start, when its time is not over.
pub(crate) async fn resume(engine: &Engine) {
    let folder = folder(engine);
    let Some(grant) = Grant::read(&folder) else {
        return;
    };
    let mut served = engine.ports().served().await;
    let Some(served) = served
        .as_mut()
        .filter(|_| has_key(engine) && !grant.is_over(engine.clock().now()))
    else {
        return Grant::forget(&folder);
    };
    if let Err(failure) = begin(engine, served, grant, false).await {
        tracing::warn!(
            reason = failure.message(),
            "the local network is not served again"
        );
        Grant::forget(&folder);
        engine.set_lan(LanStatus::Failed {
            failure: FailureView::from(&failure),
        });
    }
}

/// The certificate as text, when there is one.
///
/// # Errors
/// [`FailureKind::NotFound`] before the first opening.
pub(crate) async fn certificate(engine: &Engine) -> Result<String, Failure> {
    let file = certificate::certificate_file(&folder(engine));
    tokio::fs::read_to_string(file).await.map_err(|_| {
        Failure::new(FailureKind::NotFound, "There is no certificate yet.")
            .with_hint("It is made when the endpoint is opened to the local network.")
    })
}

async fn begin(engine: &Engine, served: &mut Served, grant: Grant, anew: bool) -> Result<(), Failure> {
    if grant.port != 0 {
        not_ours(engine, grant.port)?;
    }
    let listeners = bind_everywhere(grant.port)
        .map_err(|failure| failure.with_hint("Choose another port for the local network."))?;
    let grant = Grant {
        port: listeners.port(),
        ..grant
    };
    let (name, addresses) = (names::name(), names::addresses());
    let hosts = name.iter().cloned();
    let hosts: Vec<String> = hosts.chain(addresses.iter().map(ToString::to_string)).collect();
    let (folder, now) = (folder(engine), engine.clock().now());
    let (at, known_by) = (folder.clone(), hosts.clone());
    let making = tokio::task::spawn_blocking(move || certificate::identity(&at, known_by, now, anew));
    let identity = making.await.map_err(internal)??;
    grant.keep(&folder)?;
    let ends = Ends::with(&served.stop);
    let side = Side::lan(grant.port, name.as_deref(), identity.config);
    let closed = listeners.closed();
    engine.spawn(serve(
        engine.clone(),
        listeners,
        side,
        served.patience,
        ends.clone(),
    ));
    served.lan = Some(OpenLan {
        grant,
        deadline: deadline(grant, now),
        ends: ends.clone(),
        closed,
    });
    tracing::warn!(port = grant.port, "the endpoint is open to the local network");
    engine.set_lan(LanStatus::Open {
        port: grant.port,
        base_urls: hosts.iter().map(|host| base_url(host, grant.port)).collect(),
        fingerprint: identity.fingerprint,
        opened_at: grant.opened_at,
        until: grant.until,
    });
    engine.spawn(watch(engine.clone(), ends.close));
    Ok(())
}

async fn close_now(engine: &Engine, served: &mut Served) {
    Grant::forget(&folder(engine));
    if let Some(lan) = served.lan.take() {
        lan.ends.close.cancel();
        lan.closed.cancelled().await;
        lan.ends.cut.cancel();
        tracing::info!("the endpoint is closed to the local network");
        engine.set_lan(LanStatus::Off);
    }
}

/// Ends it when its time or its last client key is gone.
async fn watch(engine: Engine, closed: CancellationToken) {
    let mut changes = engine.roster().changes();
    let mut left = Duration::ZERO;
    loop {
        tokio::select! {
            () = closed.cancelled() => return,
            _changed = changes.changed() => {}
            () = tokio::time::sleep(left.min(LOOK)) => {}
        }
        let mut served = engine.ports().served().await;
        let Some(served) = served.as_mut().filter(|_| !closed.is_cancelled()) else {
            return;
        };
        let Some(lan) = &served.lan else { return };
        left = lan.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || lan.grant.is_over(engine.clock().now()) || !has_key(&engine) {
            return close_now(&engine, served).await;
        }
    }
}

/// Whether some client key opens the door. The one of programs that present none does not count, and opens nothing
/// there.
fn has_key(engine: &Engine) -> bool {
    let (roster, now) = (engine.roster().now(), engine.clock().now());
    let mut keys = roster.keys.values();
    keys.any(|state| !state.key.anonymous && state.check_expiry(now).is_ok())
}

fn deadline(grant: Grant, now: Timestamp) -> Instant {
    let left = u64::try_from(grant.until.millis() - now.millis()).unwrap_or_default();
    Instant::now() + Duration::from_millis(left)
}

fn base_url(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("https://[{host}]:{port}/v1")
    } else {
        format!("https://{host}:{port}/v1")
    }
}

fn folder(engine: &Engine) -> PathBuf {
    engine.data_dir().join("lan")
}
