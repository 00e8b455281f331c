//! Model servers that already run on this machine: found, shown, never added silently.
//!
//! Only loopback is probed, with a short deadline, and a server is known by what it answers and not by its
//! port. No credential is sent: whoever listens there is a stranger until the user says otherwise.

use std::time::Duration;

use serde::Deserialize;

use crate::Engine;
use crate::control::DetectedServer;

const DEADLINE: Duration = Duration::from_millis(300);
const ANSWER_CAP: usize = 1 << 20;

struct Probe {
    port: u16,
    kind: &'static str,
    name: &'static str,
}

/// The usual ports (local-model notes, section 6).
const PROBES: &[Probe] = &[
    Probe {
        port: 11434,
        kind: "ollama",
        name: "Ollama",
    },
    Probe {
        port: 1234,
        kind: "lmstudio",
        name: "LM Studio",
    },
    Probe {
        port: 8080,
        kind: "llamacpp",
        name: "llama.cpp",
    },
    Probe {
        port: 1337,
        kind: "jan",
        name: "Jan",
    },
    Probe {
        port: 8000,
        kind: "vllm",
        name: "vLLM",
    },
];

/// Probes all usual ports at once, but those that are our own.
pub(crate) async fn detect(engine: &Engine, own_ports: &[u16]) -> Vec<DetectedServer> {
    let added: Vec<(String, u16)> = engine
        .roster()
        .now()
        .providers
        .values()
        .filter_map(|provider| provider.base_url())
        .filter(|url| url.is_loopback())
        .map(|url| (url.host().to_owned(), url.port()))
        .collect();
    let probes = PROBES
        .iter()
        .filter(|probe| {
            !own_ports.contains(&probe.port) && !added.iter().any(|(_, port)| *port == probe.port)
        })
        .map(|probe| look(engine, probe));
    futures_util::future::join_all(probes)
        .await
        .into_iter()
        .flatten()
        .collect()
}

async fn look(engine: &Engine, probe: &Probe) -> Option<DetectedServer> {
    for host in ["127.0.0.1", "[::1]"] {
        let at = format!("http://{host}:{}", probe.port);
        if let Some((models, needs_key, kind)) = ask(engine, &at, probe).await {
            let name = PROBES
                .iter()
                .find(|one| one.kind == kind)
                .map_or(probe.name, |one| one.name);
            let base_url = format!("{at}/v1");
            return Some(DetectedServer {
                kind: kind.to_owned(),
                name: name.to_owned(),
                base_url,
                models,
                needs_key,
            });
        }
    }
    None
}

#[derive(Deserialize)]
struct Listed {
    data: Vec<ListedModel>,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
    #[serde(default)]
    owned_by: Option<String>,
}

async fn ask(engine: &Engine, at: &str, probe: &Probe) -> Option<(Vec<String>, bool, &'static str)> {
    if probe.kind == "ollama" {
        is_ollama(engine, at).await.then_some(())?;
    }
    let (status, body) = get(engine, &format!("{at}/v1/models")).await?;
    if status == 401 && probe.kind == "jan" {
        return Some((Vec::new(), true, probe.kind));
    }
    if status != 200 {
        return None;
    }
    let listed: Listed = serde_json::from_slice(&body).ok()?;
    let owner = |name: &str| {
        listed
            .data
            .iter()
            .any(|model| model.owned_by.as_deref() == Some(name))
    };
    let kind = if owner("llamacpp") {
        "llamacpp"
    } else if owner("vllm") {
        "vllm"
    } else if probe.kind == "llamacpp" || probe.kind == "vllm" {
        // these two say who they are, and their ports are everybody's
        return None;
    } else {
        probe.kind
    };
    Some((
        listed.data.into_iter().map(|model| model.id).take(200).collect(),
        false,
        kind,
    ))
}

/// Whether Ollama answers there, or something that speaks like it to anybody.
pub(crate) async fn is_ollama(engine: &Engine, at: &str) -> bool {
    let told = get(engine, &format!("{at}/api/version")).await;
    told.is_some_and(|(status, body)| status == 200 && body.starts_with(b"{\"version\""))
}

async fn get(engine: &Engine, url: &str) -> Option<(u16, Vec<u8>)> {
    let asking = async {
        let mut response = engine.http().loopback().get(url).send().await.ok()?;
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.ok()? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_CAP {
                return None;
            }
        }
        Some((status, body))
    };
    tokio::time::timeout(DEADLINE, asking).await.ok().flatten()
}
