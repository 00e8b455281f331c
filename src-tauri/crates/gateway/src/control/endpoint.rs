//! The endpoint as the person sees it from behind: pausing it, and who can reach it.

use domain::Failure;

use super::{Caller, EndpointStatus, Exposure, Nothing, OllamaPortStatus, RefusedView};
use crate::Engine;

pub(super) async fn pause(engine: &Engine, _: Caller, _: Nothing) -> Result<EndpointStatus, Failure> {
    Ok(engine.pause_endpoint(true))
}

pub(super) async fn resume(engine: &Engine, _: Caller, _: Nothing) -> Result<EndpointStatus, Failure> {
    Ok(engine.pause_endpoint(false))
}

pub(super) async fn exposure(engine: &Engine, _: Caller, _: Nothing) -> Result<Exposure, Failure> {
    let roster = engine.roster().now();
    let now = engine.clock().now();
    let mut addresses = Vec::new();
    if let EndpointStatus::Listening { port, .. } = engine.endpoint() {
        addresses.extend([format!("127.0.0.1:{port}"), format!("[::1]:{port}")]);
    }
    if let OllamaPortStatus::Listening { port } = engine.ollama_port() {
        addresses.push(format!("127.0.0.1:{port}"));
    }
    let usable: Vec<_> = roster
        .keys
        .values()
        .filter(|state| state.check_expiry(now).is_ok())
        .collect();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut origins: Vec<String> = usable
        .iter()
        .flat_map(|state| state.key.origins.iter().cloned())
        .collect();
    origins.sort();
    origins.dedup();
    Ok(Exposure {
        addresses,
        lan: engine.lan(),
        keys: count(usable.len()),
        keys_any_model: count(usable.iter().filter(|state| state.key.raw_models).count()),
        origins,
        no_key_on_loopback: roster.anonymous.is_some(),
        refused: engine
            .denials()
            .all()
            .into_iter()
            .map(|(kind, refused)| RefusedView {
                kind,
                count: refused.count,
                last_at: refused.last,
            })
            .collect(),
    })
}
