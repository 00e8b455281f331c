//! Settings and the vault.

use serde::{Deserialize, Serialize};
use store::vault::VaultKind;
use ts_rs::TS;

use super::SecretText;

/// How the window looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Settings of this data directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// Answers when a client names no model.
    pub default_agent: Option<String>,
    /// The endpoint's port; absent: 4645.
    pub port: Option<u16>,
    /// Light or dark.
    pub theme: Theme,
    /// Whether the person agreed to download the starter's weights.
    pub starter_consent: bool,
    /// Which vault holds provider keys; absent: the OS keychain.
    pub vault: Option<VaultKind>,
    /// Days for which calls keep what was said: the client's request, the requests to providers, the timeline.
    /// Absent: for ever. Conversations are kept until they are deleted.
    pub keep_requests_days: Option<u32>,
    /// Days for which calls and their cost are kept, at least 31; absent: for ever. What a budget without end
    /// counts is kept.
    pub keep_calls_days: Option<u32>,
}

/// Settings to change; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SettingsPatch {
    /// See [`Settings`]; an empty text means none.
    pub default_agent: Option<String>,
    /// See [`Settings`]; takes effect at the next start.
    pub port: Option<u16>,
    /// See [`Settings`].
    pub theme: Option<Theme>,
    /// See [`Settings`].
    pub starter_consent: Option<bool>,
    /// See [`Settings`]; takes effect at the next start.
    pub vault: Option<VaultKind>,
    /// See [`Settings`]; 0 means for ever.
    pub keep_requests_days: Option<u32>,
    /// See [`Settings`]; 0 means for ever.
    pub keep_calls_days: Option<u32>,
}

/// Opens a vault.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct UnlockVault {
    /// For the passphrase vault.
    #[serde(default)]
    pub passphrase: Option<SecretText>,
}
