//! Who can reach the app.

use domain::{FailureKind, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::LanStatus;

/// Who can reach the app, and who tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Exposure {
    /// Where programs of this machine can connect: address and port.
    pub addresses: Vec<String>,
    /// Whether other machines can, and where.
    #[serde(default)]
    pub lan: LanStatus,
    /// Client keys that open the door now.
    pub keys: u32,
    /// Those of them that may name any model of any provider.
    pub keys_any_model: u32,
    /// Web origins that some key lists.
    pub origins: Vec<String>,
    /// Whether programs may call without a client key.
    pub no_key_on_loopback: bool,
    /// Requests that were turned away since the start, by kind.
    pub refused: Vec<RefusedView>,
}

/// Requests of one kind that were turned away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RefusedView {
    /// Why.
    pub kind: FailureKind,
    /// How many, since the start.
    pub count: u64,
    /// When the last one came.
    pub last_at: Timestamp,
}
