//! `inglenook serve`: the endpoint without a window.

use std::process::ExitCode;

use domain::Failure;
use gateway::App;

use super::{Resolved, door, output};

/// Serve the endpoint without a window. When ready, one line of JSON is printed on stdout.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// The port, on 127.0.0.1 and ::1; 0 takes any free one.
    ///
    /// Without it the setting, else 4645, else the next free one after it.
    #[arg(long)]
    port: Option<u16>,
    /// Serve the window's pages and the control plane on this loopback port too, for tests.
    #[cfg(feature = "web-host")]
    #[arg(long, value_name = "PORT")]
    web_port: Option<u16>,
    /// The folder of the window's pages.
    #[cfg(feature = "web-host")]
    #[arg(long, value_name = "DIR", default_value = "ui/dist")]
    web_pages: std::path::PathBuf,
}

pub(super) async fn run(args: Serve, options: Resolved) -> Result<ExitCode, Failure> {
    let mut config = door::config(&options);
    config.serve = true;
    config.port = args.port;
    #[cfg(feature = "web-host")]
    {
        config.web = args.web_port.map(|port| (port, args.web_pages));
    }
    super::raise_descriptor_limit();
    let mut stop = Stop::new()?;
    let app = App::start(config).await?;
    let port = app.port().unwrap_or_default();
    let mut ready = serde_json::json!({
        "event": "ready",
        "base_url": format!("http://127.0.0.1:{port}/v1"),
        "port": port,
        "pid": std::process::id(),
    });
    if let (Some(url), Some(ready)) = (app.web_url(), ready.as_object_mut()) {
        ready.insert("web_url".to_owned(), url.into());
    }
    output::line(&ready.to_string());
    stop.wait().await;
    app.shutdown().await;
    Ok(ExitCode::SUCCESS)
}

/// The signals that end a server in order.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).map_err(
                |error| {
                    Failure::new(
                        domain::FailureKind::Internal,
                        format!("Signals cannot be handled: {error}."),
                    )
                },
            )?,
        })
    }

    async fn wait(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _interrupted = tokio::signal::ctrl_c() => {}
            _terminated = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _interrupted = tokio::signal::ctrl_c().await;
    }
}
