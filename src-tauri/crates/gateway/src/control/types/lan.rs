//! The endpoint in the local network.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::FailureView;

/// Whether other machines can reach the endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LanStatus {
    /// They cannot.
    #[default]
    Off,
    /// They can, with a client key and over TLS.
    Open {
        /// The port, on every interface of this machine.
        port: u16,
        /// The addresses to use: `https://fireside.local:4745/v1`, then those with the machine's numbers.
        base_urls: Vec<String>,
        /// SHA-256 of the certificate, to compare: `4F:0A:…`.
        fingerprint: String,
        /// Since when.
        opened_at: Timestamp,
        /// When it ends by itself.
        until: Timestamp,
    },
    /// It could not be opened again after a start; it is closed.
    Failed {
        /// Why.
        failure: FailureView,
    },
}

/// Opens the endpoint to the local network, or changes for how long it is open.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct OpenLan {
    /// For how long from now, up to a day.
    pub seconds: u32,
    /// The port; absent: as it is, else 4745. 0 takes any free one.
    #[serde(default)]
    pub port: Option<u16>,
    /// Makes a new key pair and certificate, which have to be compared anew.
    #[serde(default)]
    pub new_certificate: bool,
}

/// The certificate that the local network is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LanCertificate {
    /// As text, for programs that are told what to believe.
    pub pem: String,
}
