//! The second port, for clients of Ollama that look at 11434 and nowhere else. Off until a person asks for it (W-197).
//!
//! The danger is to stand where somebody else belongs: before a real Ollama, whose port some systems would
//! let us take from it, or where one of our own providers is expected, so that we would call ourselves. So
//! the port is knocked at before it is bound, whoever has it keeps it, and the endpoint's own port does not
//! depend on any of this. A port that was refused is asked for again when the settings change, not by a
//! timer: an Ollama that restarts must find it free.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use domain::{Failure, FailureKind};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::listening::bind;
use super::ports::not_ours;
use super::serve::{ClientPatience, Ends, serve};
use super::side::Side;
use crate::control::{EndpointStatus, FailureView, OllamaPortStatus};
use crate::{Engine, discovery};

/// How long a silent port is knocked at.
const KNOCK: Duration = Duration::from_millis(300);

/// Opens the port when the settings want it, and follows them until `stop`.
pub(crate) async fn follow(engine: &Engine, patience: ClientPatience, stop: &CancellationToken) {
    let mut port = OllamaPort {
        engine: engine.clone(),
        patience,
        stop: stop.clone(),
        open: None,
    };
    port.settle().await;
    let stop = stop.clone();
    engine.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = port.engine.reconfigured() => {}
            }
            port.settle().await;
        }
    });
}

struct OllamaPort {
    engine: Engine,
    patience: ClientPatience,
    stop: CancellationToken,
    open: Option<Open>,
}

/// A port that is served.
struct Open {
    port: u16,
    ends: Ends,
    closed: CancellationToken,
}

impl OllamaPort {
    /// Does what the settings say, and tells what came of it.
    async fn settle(&mut self) {
        let wanted = self.engine.roster().now().settings.ollama_port;
        let status = match wanted {
            None => {
                self.close().await;
                OllamaPortStatus::Off
            }
            Some(port) => match self.open(port).await {
                Ok(()) => OllamaPortStatus::Listening { port },
                Err(failure) => {
                    self.close().await;
                    tracing::warn!(port, reason = failure.message(), "the second port is not served");
                    OllamaPortStatus::Failed {
                        port,
                        failure: FailureView::from(&failure),
                    }
                }
            },
        };
        self.engine.set_ollama_port(status);
    }

    async fn open(&mut self, port: u16) -> Result<(), Failure> {
        if Some(port) == self.main() {
            self.close().await;
            return Ok(());
        }
        self.is_no_providers(port)?;
        if self.open.as_ref().is_some_and(|open| open.port == port) {
            return Ok(());
        }
        self.close().await;
        not_ours(&self.engine, port).map_err(|failure| failure.with_hint(self.hint()))?;
        if is_answered(port).await {
            return Err(self.taken(port).await);
        }
        let Ok(listeners) = bind(port).await else {
            return Err(self.taken(port).await);
        };
        let ends = Ends::with(&self.stop);
        self.open = Some(Open {
            port,
            ends: ends.clone(),
            closed: listeners.closed(),
        });
        let (engine, side) = (self.engine.clone(), Side::loopback(port));
        self.engine
            .spawn(serve(engine, listeners, side, self.patience, ends));
        Ok(())
    }

    /// Lets go of the port; answers that are being given there go on.
    async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.ends.close.cancel();
            open.closed.cancelled().await;
        }
    }

    fn is_no_providers(&self, port: u16) -> Result<(), Failure> {
        let roster = self.engine.roster().now();
        let at_port = roster.providers.values().filter(|provider| {
            let url = provider.base_url();
            url.is_some_and(|url| url.is_loopback() && url.port() == port)
        });
        match at_port.map(|provider| &provider.id).min() {
            None => Ok(()),
            Some(id) => Err(Failure::new(
                FailureKind::Conflict,
                format!("Port {port} is where the provider {id} is expected."),
            )
            .with_hint(self.hint())),
        }
    }

    async fn taken(&self, port: u16) -> Failure {
        let mut is_ollama = false;
        for host in ["127.0.0.1", "[::1]"] {
            is_ollama |= discovery::is_ollama(&self.engine, &format!("http://{host}:{port}")).await;
        }
        let message = if is_ollama {
            format!("Port {port} belongs to Ollama, which is running.")
        } else {
            format!("Port {port} is taken by another program.")
        };
        Failure::new(FailureKind::PortTaken, message).with_hint(self.hint())
    }

    fn hint(&self) -> String {
        format!(
            "Clients of Ollama can use http://127.0.0.1:{} instead. `inglenook config set ollama_port PORT` \
             tries again; 0 for PORT ends it.",
            self.main().unwrap_or_default()
        )
    }

    /// The endpoint's own port.
    fn main(&self) -> Option<u16> {
        match self.engine.endpoint() {
            EndpointStatus::Listening { port, .. } => Some(port),
            EndpointStatus::Stopped | EndpointStatus::Failed { .. } => None,
        }
    }
}

/// Whether anybody listens at either loopback address. A bind alone does not tell everywhere.
async fn is_answered(port: u16) -> bool {
    let hosts = [
        SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
    ];
    for host in hosts {
        let knocking = tokio::time::timeout(KNOCK, TcpStream::connect(host));
        if matches!(knocking.await, Ok(Ok(_))) {
            return true;
        }
    }
    false
}
