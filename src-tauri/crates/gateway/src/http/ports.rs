//! Which ports are served, all of them behind one cap of connections, and moving the endpoint's own to another
//! while it runs.

use std::sync::Arc;

use domain::{Failure, FailureKind};
use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio_util::sync::CancellationToken;

use super::lan::OpenLan;
use super::listening::{Listeners, bind};
use super::serve::{ClientPatience, Ends, serve};
use super::side::Side;
use crate::Engine;
use crate::control::{EndpointStatus, LanStatus, OllamaPortStatus};

/// Connections on all ports together.
const CONNECTIONS: usize = 2048;
/// Those of them that may come from the network, which must not keep this machine's own programs out.
const FROM_LAN: usize = 512;

/// The ports of one engine.
pub(crate) struct Ports {
    places: Arc<Semaphore>,
    from_lan: Arc<Semaphore>,
    served: Mutex<Option<Served>>,
}

/// What is being served.
pub(super) struct Served {
    pub patience: ClientPatience,
    pub stop: CancellationToken,
    main: Open,
    pub lan: Option<OpenLan>,
}

struct Open {
    ends: Ends,
    closed: CancellationToken,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            from_lan: Arc::new(Semaphore::new(FROM_LAN)),
            served: Mutex::default(),
        }
    }
}

impl Ports {
    /// What a connection needs one place of each of.
    pub(super) fn places(&self, side: &Side) -> Vec<Arc<Semaphore>> {
        let all = Arc::clone(&self.places);
        match side {
            Side::Loopback { .. } => vec![all],
            Side::Lan(_) => vec![Arc::clone(&self.from_lan), all],
        }
    }

    pub(super) async fn served(&self) -> MutexGuard<'_, Option<Served>> {
        self.served.lock().await
    }
}

/// Serves the endpoint until `stop`, on the sockets it was given.
pub(crate) async fn open(
    engine: &Engine,
    listeners: Listeners,
    patience: ClientPatience,
    stop: &CancellationToken,
) {
    let main = begin(engine, listeners, patience, stop);
    *engine.ports().served().await = Some(Served {
        patience,
        stop: stop.clone(),
        main,
        lan: None,
    });
}

/// Takes hold of a port for the endpoint; nothing is served there yet. `None` when there is nothing to move: it is
/// there already, or nothing is served at all.
///
/// # Errors
/// [`FailureKind::PortTaken`], or [`FailureKind::Conflict`] for another port of ours.
pub(crate) async fn claim(engine: &Engine, port: u16) -> Result<Option<Listeners>, Failure> {
    let EndpointStatus::Listening { port: now, .. } = engine.endpoint() else {
        return Ok(None);
    };
    if now == port {
        return Ok(None);
    }
    let stays =
        |failure: Failure| failure.with_hint(format!("The endpoint stays at port {now}. Choose another."));
    not_ours(engine, port).map_err(stays)?;
    bind(port).await.map(Some).map_err(stays)
}

/// Moves the endpoint to the sockets: new calls come in there. What runs on the old port finishes there.
pub(crate) async fn move_to(engine: &Engine, listeners: Listeners) {
    let mut served = engine.ports().served().await;
    let (Some(served), EndpointStatus::Listening { paused, .. }) = (served.as_mut(), engine.endpoint())
    else {
        return;
    };
    let port = listeners.port();
    let main = begin(engine, listeners, served.patience, &served.stop);
    let old = std::mem::replace(&mut served.main, main);
    engine.set_endpoint(EndpointStatus::listening(port, None, paused));
    old.ends.close.cancel();
    old.closed.cancelled().await;
}

/// Refuses a port that is served for something else here.
pub(super) fn not_ours(engine: &Engine, port: u16) -> Result<(), Failure> {
    let is_main = matches!(engine.endpoint(), EndpointStatus::Listening { port: main, .. } if main == port);
    let is_lan = matches!(engine.lan(), LanStatus::Open { port: lan, .. } if lan == port);
    let is_ollama =
        matches!(engine.ollama_port(), OllamaPortStatus::Listening { port: second } if second == port);
    let what = match (is_main, is_lan, is_ollama) {
        (true, _, _) => "the endpoint on this machine",
        (_, true, _) => "the local network",
        (_, _, true) => "clients of Ollama",
        (false, false, false) => return Ok(()),
    };
    Err(Failure::new(
        FailureKind::Conflict,
        format!("Inglenook uses port {port} already, for {what}."),
    ))
}

fn begin(engine: &Engine, listeners: Listeners, patience: ClientPatience, stop: &CancellationToken) -> Open {
    let (ends, closed) = (Ends::with(stop), listeners.closed());
    let side = Side::loopback(listeners.port());
    engine.spawn(serve(engine.clone(), listeners, side, patience, ends.clone()));
    Open { ends, closed }
}
