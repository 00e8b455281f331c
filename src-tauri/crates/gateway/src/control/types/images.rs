//! Images from elsewhere.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Names an image.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct FetchImage {
    /// Its address, `http` or `https`.
    pub url: String,
}

/// An image as a page shows it without asking the network.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FetchedImage {
    /// `data:image/png;base64,…`
    pub data_url: String,
    /// MIME type, told by the bytes.
    pub media_type: String,
    /// Size in bytes.
    pub bytes: u64,
}
