//! Tools.

use domain::{RawJson, Reach};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Something that an agent may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ToolView {
    /// What it is called in grants and by models.
    pub name: String,
    /// What models are told of it.
    pub description: String,
    /// How far it goes, which is its rule where nobody has set one.
    pub reach: Reach,
    /// JSON Schema of its arguments.
    pub parameters: RawJson,
}
