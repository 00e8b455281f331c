//! How the app stands.

use serde::{Deserialize, Serialize};
use store::vault::{VaultKind, VaultState};
use ts_rs::TS;

use super::{FailureView, LanStatus};

/// Where the data plane listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EndpointStatus {
    /// Not started: the command line works on the directory alone.
    Stopped,
    /// Serving.
    Listening {
        /// `http://127.0.0.1:4645/v1`.
        base_url: String,
        /// The port.
        port: u16,
        /// The port that was wanted, when another program had it.
        instead_of: Option<u16>,
        /// Whether the person has paused it: programs are told so instead of being answered.
        paused: bool,
    },
    /// It could not start.
    Failed {
        /// Why.
        failure: FailureView,
    },
}

impl EndpointStatus {
    /// Serving on this port of loopback.
    pub(crate) fn listening(port: u16, instead_of: Option<u16>, paused: bool) -> Self {
        Self::Listening {
            base_url: format!("http://127.0.0.1:{port}/v1"),
            port,
            instead_of,
            paused,
        }
    }
}

/// The second port, for clients of Ollama that look nowhere else.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum OllamaPortStatus {
    /// Not wanted, or nothing is served at all.
    #[default]
    Off,
    /// Served like the endpoint's own.
    Listening {
        /// The port.
        port: u16,
    },
    /// It is not to be had. The endpoint's own port is not touched by that.
    Failed {
        /// The port.
        port: u16,
        /// Who has it.
        failure: FailureView,
    },
}

/// The vault in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VaultStatus {
    /// Which one.
    pub kind: VaultKind,
    /// Whether it can be used now.
    pub state: VaultState,
}

/// The starter model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StarterStatus {
    /// This build has no starter.
    NotBuilt,
    /// Its weights are not on this machine.
    Missing {
        /// Size of the download in bytes.
        bytes: u64,
        /// Bytes that an earlier, stopped download left.
        have: u64,
        /// Where they would come from.
        from: String,
        /// Their licence.
        licence: String,
    },
    /// Its weights are being downloaded.
    Fetching {
        /// Size of the download in bytes.
        bytes: u64,
        /// Bytes that have arrived.
        have: u64,
    },
    /// The download failed.
    Failed {
        /// Why.
        failure: FailureView,
    },
    /// It can answer.
    Ready,
}

/// What the app is and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AppStatus {
    /// The app's version.
    pub version: String,
    /// The data plane.
    pub endpoint: EndpointStatus,
    /// The second port, for clients of Ollama.
    pub ollama_port: OllamaPortStatus,
    /// Whether other machines can reach the endpoint.
    #[serde(default)]
    pub lan: LanStatus,
    /// The vault.
    pub vault: VaultStatus,
    /// The starter model.
    pub starter: StarterStatus,
    /// What the starter is and is not good for.
    pub starter_label: String,
    /// Where everything is kept.
    pub data_dir: String,
    /// Whether the database was written by a newer version and cannot be changed.
    pub read_only: bool,
    /// Whether there is no agent yet.
    pub first_run: bool,
    /// Whether every program on this machine may call without a client key.
    pub no_key_on_loopback: bool,
    /// How many agents there are.
    pub agents: u32,
    /// How many providers there are.
    pub providers: u32,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Works, but look at it.
    Warning,
    /// Does not work.
    Failed,
    /// Not looked at, because of what was found before.
    Skipped,
}

/// One check of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Check {
    /// What was checked.
    pub name: String,
    /// How it ended.
    pub state: CheckState,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// How long it took, in milliseconds, where that tells something.
    #[serde(default)]
    pub took_ms: Option<u64>,
}
