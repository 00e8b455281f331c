//! Where things are kept when nobody says otherwise: the platform's place for a user's data, never a cache.

use std::path::PathBuf;

/// The data directory.
pub(super) fn data() -> PathBuf {
    base().join("inglenook")
}

/// The starter model's weights, shared by all data directories of this user.
pub(super) fn models() -> PathBuf {
    base().join("inglenook").join("models")
}

fn base() -> PathBuf {
    dirs::data_dir().unwrap_or_else(|| PathBuf::from("."))
}
