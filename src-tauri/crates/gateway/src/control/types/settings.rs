//! Settings and the vault.

use domain::{Budget, Money, Price, ProviderId, Target, Timestamp, WebSearch};
use serde::{Deserialize, Serialize};
use store::vault::VaultKind;
use ts_rs::TS;

use super::{SecretText, VaultStatus};

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

/// What becomes of images and documents that a message names by their address, where the provider does not fetch
/// them itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RemoteImages {
    /// They are fetched from the public internet and sent along.
    #[default]
    Fetch,
    /// They are left out, and that is told.
    LeaveOut,
}

/// Whether the desktop shows what happens while the window is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Notifications {
    /// It does.
    #[default]
    On,
    /// Only the window says it.
    Off,
}

/// What the window speaks. Its texts lie with the window; here is which of them were chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// As the system, or English where the window does not speak that.
    #[default]
    System,
    /// English.
    En,
    /// German.
    De,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Chinese, in simplified characters.
    Zh,
    /// Japanese.
    Ja,
}

/// What models of unknown price count against budgets, in micro-dollars per million tokens. It is never shown as
/// a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FallbackPrice {
    /// Tokens read.
    pub input: i64,
    /// Tokens written.
    pub output: i64,
}

impl Default for FallbackPrice {
    /// What a large model costs at a large provider: three and fifteen dollars.
    fn default() -> Self {
        Self {
            input: 3_000_000,
            output: 15_000_000,
        }
    }
}

impl FallbackPrice {
    /// As a price row.
    pub fn price(self) -> Price {
        Price {
            input: self.input,
            cached_input: self.input,
            cache_write: self.input,
            output: self.output,
            as_of: Timestamp(0),
            origin: "fallback".to_owned(),
        }
    }
}

/// Settings of this data directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// Answers when a client names no model.
    pub default_agent: Option<String>,
    /// The endpoint's port; absent: 4645.
    pub port: Option<u16>,
    /// A second port for clients of Ollama, whose own is 11434; absent: none.
    pub ollama_port: Option<u16>,
    /// How many days a response is kept for clients that come back by its id; absent: 30.
    pub responses_days: Option<u16>,
    /// Light or dark.
    pub theme: Theme,
    /// What the window speaks.
    pub language: Language,
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
    /// Spending caps for everything together, at most one for each span.
    pub budgets: Vec<Budget>,
    /// The most that one session may cost.
    pub session_budget: Option<Money>,
    /// Seconds for which a person is waited for who is to allow what an agent wants to do; absent: 300.
    pub approval_seconds: Option<u32>,
    /// What models of unknown price count against budgets.
    pub fallback_price: FallbackPrice,
    /// Whether programs on this machine may call without a client key. They then share a built-in one.
    pub no_key_on_loopback: bool,
    /// What becomes of images that a message names by their address.
    pub remote_images: RemoteImages,
    /// Whether the desktop tells of a budget near its end while the window is not looked at.
    pub notifications: Notifications,
    /// Whether the window's app starts with the desktop session, in the tray.
    pub start_at_login: bool,
    /// Whether the window's app asks once a day for a newer version of itself.
    pub check_for_updates: bool,
    /// The model that embeds what agents remember and what they look up; absent: these are found by their words.
    pub embedding_model: Option<Target>,
    /// The model that makes pictures for agents; absent: none does.
    pub image_model: Option<Target>,
    /// The engine that agents look things up in the web with; absent: they cannot. Commands of its own change it.
    pub web_search: Option<WebSearch>,
}

/// Settings to change; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(optional_fields = nullable)]
pub struct SettingsPatch {
    /// See [`Settings`]; an empty text means none.
    pub default_agent: Option<String>,
    /// See [`Settings`]; takes effect at once.
    pub port: Option<u16>,
    /// See [`Settings`]; 0 means none.
    pub ollama_port: Option<u16>,
    /// See [`Settings`]; 1 to 365, for responses from now on.
    pub responses_days: Option<u16>,
    /// See [`Settings`].
    pub theme: Option<Theme>,
    /// See [`Settings`].
    pub language: Option<Language>,
    /// See [`Settings`].
    pub starter_consent: Option<bool>,
    /// See [`Settings`]; takes effect at the next start, and is refused while keys would stay behind.
    pub vault: Option<VaultKind>,
    /// See [`Settings`]; 0 means for ever.
    pub keep_requests_days: Option<u32>,
    /// See [`Settings`]; 0 means for ever.
    pub keep_calls_days: Option<u32>,
    /// See [`Settings`]; an empty list means none.
    pub budgets: Option<Vec<Budget>>,
    /// See [`Settings`]; 0 means none.
    pub session_budget: Option<Money>,
    /// See [`Settings`]; 1 to 86,400, 0 means 300.
    pub approval_seconds: Option<u32>,
    /// See [`Settings`].
    pub fallback_price: Option<FallbackPrice>,
    /// See [`Settings`].
    pub no_key_on_loopback: Option<bool>,
    /// See [`Settings`].
    pub remote_images: Option<RemoteImages>,
    /// See [`Settings`].
    pub notifications: Option<Notifications>,
    /// See [`Settings`]; taken up by the app with the window, at its next start where it does not run.
    pub start_at_login: Option<bool>,
    /// See [`Settings`].
    pub check_for_updates: Option<bool>,
    /// See [`Settings`]; an empty text means none.
    pub embedding_model: Option<String>,
    /// See [`Settings`]; an empty text means none.
    pub image_model: Option<String>,
}

/// Opens a vault.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct UnlockVault {
    /// For the passphrase vault.
    #[serde(default)]
    pub passphrase: Option<SecretText>,
}

/// Moves every provider key to another kind of vault.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ChangeVault {
    /// Where to: the OS keychain or the passphrase vault.
    pub kind: VaultKind,
    /// The new vault's, for the passphrase vault only.
    #[serde(default)]
    pub passphrase: Option<SecretText>,
}

/// What a move of the keys came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VaultChanged {
    /// The vault that is used now.
    pub status: VaultStatus,
    /// Whose keys were moved.
    pub providers: Vec<ProviderId>,
    /// Whether the old master key still lies in the OS keychain, where it opens nothing; it is removed when the
    /// keychain allows it.
    pub left_behind: bool,
}
