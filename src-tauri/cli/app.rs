//! `inglenook doctor` and `inglenook status`

use std::process::ExitCode;

use domain::Failure;
use gateway::control::{
    AppStatus, Check, CheckState, EndpointStatus, KEYLESS, LanStatus, Nothing, OllamaPortStatus,
};

use super::door::Door;
use super::{Resolved, output, provider};

pub(super) async fn doctor(options: Resolved) -> Result<ExitCode, Failure> {
    let mut door = Door::open(&options).await?;
    let checks = door.run::<Vec<Check>>("app.doctor", &Nothing {}).await;
    door.close().await;
    let checks = checks?;
    let failed = checks.iter().any(|check| check.state == CheckState::Failed);
    output::print(options.json, &checks, |checks| provider::checks(checks))?;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

pub(super) async fn status(options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let status = door.run::<AppStatus>("app.status", &Nothing {}).await;
    door.close().await;
    let status = status?;
    if status.no_key_on_loopback {
        output::note(&format!("warning: {KEYLESS}"));
    }
    if let LanStatus::Open { port, until, .. } = &status.lan {
        let until = output::when(*until);
        output::note(&format!(
            "warning: Other machines can reach the endpoint at port {port} until {until}; `inglenook endpoint lan off` closes it."
        ));
    }
    output::print(options.json, &status, |status| {
        let endpoint = match &status.endpoint {
            EndpointStatus::Listening {
                base_url,
                paused: true,
                ..
            } => format!("{base_url} (paused)"),
            EndpointStatus::Listening { base_url, .. } => base_url.clone(),
            EndpointStatus::Stopped => "not running".to_owned(),
            EndpointStatus::Failed { failure } => failure.message.clone(),
        };
        let ollama_port = match &status.ollama_port {
            OllamaPortStatus::Off => String::new(),
            OllamaPortStatus::Listening { port } => format!("\nollama     http://127.0.0.1:{port}"),
            OllamaPortStatus::Failed { failure, .. } => format!("\nollama     {}", failure.message),
        };
        let lan = match &status.lan {
            LanStatus::Off => String::new(),
            LanStatus::Open { base_urls, .. } => format!("\nlan        {}", base_urls.join(", ")),
            LanStatus::Failed { failure } => format!("\nlan        {}", failure.message),
        };
        format!(
            "Inglenook {}\nendpoint   {endpoint}{ollama_port}{lan}\nvault      {} ({:?})\ndata       {}\nagents     {}\nproviders  {}",
            status.version,
            status.vault.kind.as_str(),
            status.vault.state,
            status.data_dir,
            status.agents,
            status.providers
        )
    })
}
