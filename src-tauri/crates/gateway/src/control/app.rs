//! The app as a whole.

use std::time::Duration;

use domain::Failure;
use store::vault::VaultState;

use super::{
    AppStatus, Caller, Check, CheckState, EndpointStatus, LanStatus, Nothing, OllamaPortStatus, StarterStatus,
};
use crate::Engine;

/// How long a check waits for a vault that is being opened.
const VAULT_PATIENCE: Duration = Duration::from_secs(3);

/// What is said wherever programs may call without a key.
pub const KEYLESS: &str = "Every program on this machine may call without a client key; they share the key `no key` and its limits.";

pub(super) async fn status(engine: &Engine, _: Caller, _: Nothing) -> Result<AppStatus, Failure> {
    let roster = engine.roster().now();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(AppStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        endpoint: engine.endpoint(),
        ollama_port: engine.ollama_port(),
        lan: engine.lan(),
        vault: engine.vault_status(),
        starter: starter(engine),
        starter_label: starter_label().to_owned(),
        data_dir: engine.data_dir().display().to_string(),
        read_only: engine.store().is_read_only(),
        first_run: roster.agents.is_empty(),
        no_key_on_loopback: roster.anonymous.is_some(),
        agents: count(roster.agents.len()),
        providers: count(roster.providers.len()),
    })
}

#[cfg(feature = "starter")]
fn starter(engine: &Engine) -> StarterStatus {
    engine.starter().status()
}

#[cfg(not(feature = "starter"))]
fn starter(_: &Engine) -> StarterStatus {
    StarterStatus::NotBuilt
}

fn starter_label() -> &'static str {
    #[cfg(feature = "starter")]
    return local::LABEL;
    #[cfg(not(feature = "starter"))]
    return "This build has no starter model.";
}

pub(super) async fn doctor(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<Check>, Failure> {
    let mut checks = vec![database(engine).await, vault(engine).await, endpoint(engine)];
    checks.extend(ollama_port(engine));
    checks.extend(lan(engine));
    let roster = engine.roster().now();
    if roster.anonymous.is_some() {
        let hint = Some("Switch it off: `inglenook config set no_key_on_loopback false`.");
        checks.push(check("client keys", CheckState::Warning, KEYLESS, hint));
    }
    let mut providers: Vec<_> = roster.providers.values().collect();
    providers.sort_by(|one, other| one.id.cmp(&other.id));
    for provider in providers {
        checks.push(provider_check(engine, provider));
    }
    checks.push(match starter(engine) {
        StarterStatus::Ready => check("starter", CheckState::Ok, "The starter model can answer.", None),
        StarterStatus::NotBuilt => check(
            "starter",
            CheckState::Ok,
            "This build has no starter model.",
            None,
        ),
        StarterStatus::Missing { .. } | StarterStatus::Failed { .. } => check(
            "starter",
            CheckState::Warning,
            "The starter model's weights are not on this machine.",
            Some("Download them in the window, or with `make setup`."),
        ),
        StarterStatus::Fetching { .. } => check(
            "starter",
            CheckState::Ok,
            "The weights are being downloaded.",
            None,
        ),
    });
    checks.push(if roster.agents.is_empty() {
        check(
            "agents",
            CheckState::Warning,
            "There is no agent yet.",
            Some("Make one with `inglenook agent create`."),
        )
    } else {
        check(
            "agents",
            CheckState::Ok,
            &format!("{} agents", roster.agents.len()),
            None,
        )
    });
    Ok(checks)
}

fn provider_check(engine: &Engine, provider: &domain::Provider) -> Check {
    let name = format!("provider {}", provider.id);
    if provider.auth != domain::AuthScheme::None && provider.key_hint.is_none() {
        let hint = Some("Give it a key under Providers.");
        return check(&name, CheckState::Warning, "has no key", hint);
    }
    let resting = engine.upstreams().health.resting(provider);
    if let Some((what, rest)) = resting.first() {
        let seconds = rest.as_secs_f64().ceil();
        let detail = format!("{what} failed several times in a row and is left alone for {seconds} s");
        let hint = Some("`inglenook provider test` tries it now.");
        return check(&name, CheckState::Warning, &detail, hint);
    }
    check(&name, CheckState::Ok, "is set up", None)
}

async fn database(engine: &Engine) -> Check {
    if engine.store().is_read_only() {
        let hint = "Use the newer version, or restore a backup made before.";
        return check(
            "database",
            CheckState::Warning,
            "Written by a newer version; open for reading only.",
            Some(hint),
        );
    }
    match engine.store().flush().await {
        Ok(()) => check("database", CheckState::Ok, "Reads and writes.", None),
        Err(failure) => check("database", CheckState::Failed, failure.message(), failure.hint()),
    }
}

async fn vault(engine: &Engine) -> Check {
    // a vault that is just being opened is not a locked one; a silent one is not waited for long
    let _looked = tokio::time::timeout(VAULT_PATIENCE, engine.vault().open()).await;
    let status = engine.vault_status();
    let name = format!("vault {}", status.kind.as_str());
    match status.state {
        VaultState::Available => check(&name, CheckState::Ok, "Open.", None),
        VaultState::Locked => check(
            &name,
            CheckState::Warning,
            "Locked: calls to providers with a key answer 503 until it is unlocked.",
            Some("Unlock your keychain, or give the passphrase."),
        ),
        VaultState::Absent => check(
            &name,
            CheckState::Warning,
            "This system has no keychain that could be used.",
            Some("Use --vault passphrase with INGLENOOK_PASSPHRASE, or --vault memory."),
        ),
    }
}

fn endpoint(engine: &Engine) -> Check {
    match engine.endpoint() {
        EndpointStatus::Listening { base_url, .. } => check("endpoint", CheckState::Ok, &base_url, None),
        EndpointStatus::Stopped => check(
            "endpoint",
            CheckState::Warning,
            "Not running.",
            Some("Start it with `inglenook serve` or the window."),
        ),
        EndpointStatus::Failed { failure } => check(
            "endpoint",
            CheckState::Failed,
            &failure.message,
            failure.hint.as_deref(),
        ),
    }
}

fn ollama_port(engine: &Engine) -> Option<Check> {
    match engine.ollama_port() {
        OllamaPortStatus::Off => None,
        OllamaPortStatus::Listening { port } => {
            let detail = format!("http://127.0.0.1:{port}");
            Some(check("ollama port", CheckState::Ok, &detail, None))
        }
        OllamaPortStatus::Failed { failure, .. } => Some(check(
            "ollama port",
            CheckState::Warning,
            &failure.message,
            failure.hint.as_deref(),
        )),
    }
}

fn lan(engine: &Engine) -> Option<Check> {
    match engine.lan() {
        LanStatus::Off => None,
        LanStatus::Open { port, .. } => {
            let detail =
                format!("Other machines can reach the endpoint at port {port}, with TLS and a client key.");
            let hint = Some("Close it: `inglenook endpoint lan off`.");
            Some(check("local network", CheckState::Warning, &detail, hint))
        }
        LanStatus::Failed { failure } => Some(check(
            "local network",
            CheckState::Warning,
            &failure.message,
            failure.hint.as_deref(),
        )),
    }
}

fn check(name: &str, state: CheckState, detail: &str, hint: Option<&str>) -> Check {
    Check {
        name: name.to_owned(),
        state,
        detail: detail.to_owned(),
        hint: hint.map(str::to_owned),
        took_ms: None,
    }
}
