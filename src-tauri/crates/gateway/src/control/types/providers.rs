//! Providers and their models.

use domain::{FailureKind, Model, Outcome, Provider, Slug, Timeouts, Timestamp, Wire};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Check, FailureView, SecretText};

/// A provider and how it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderView {
    /// The provider.
    #[serde(flatten)]
    pub provider: Provider,
    /// Whether it needs a key and has none.
    pub key_missing: bool,
    /// How many agents answer from it.
    pub agents: u32,
}

/// A kind of provider that is known by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CatalogueEntry {
    /// What `--kind` names.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// The protocol.
    pub wire: Wire,
    /// Where it is, when that is always the same.
    pub base_url: Option<String>,
    /// How each user's own is made up, where there is no common one.
    pub base_url_help: Option<String>,
    /// Whether it wants a key.
    pub needs_key: bool,
    /// Where keys are made.
    pub key_url: Option<String>,
    /// What to know before making one, a sentence.
    pub key_help: Option<String>,
    /// Whether it runs on this machine.
    pub local: bool,
}

/// A new provider.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AddProvider {
    /// Its slug.
    pub id: Slug,
    /// A catalogue id or `custom`; absent: the catalogue entry named like the slug, else `custom`.
    #[serde(default)]
    pub kind: Option<String>,
    /// The name people read; absent: the catalogue's, else the slug.
    #[serde(default)]
    pub name: Option<String>,
    /// The protocol; needed for `custom`.
    #[serde(default)]
    pub wire: Option<Wire>,
    /// Instead of the catalogue's; needed for `custom`.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Whether plain HTTP is accepted for a host that is not this machine.
    #[serde(default)]
    pub allow_http: bool,
    /// Its key.
    #[serde(default)]
    pub key: Option<SecretText>,
    /// It needs none.
    #[serde(default)]
    pub no_key: bool,
    /// How long it is waited for.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// Certificates in PEM form of an authority that may vouch for it.
    #[serde(default)]
    pub ca: Option<String>,
    /// It only streams.
    #[serde(default)]
    pub streams_only: bool,
}

/// Another key for a provider.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SetProviderKey {
    /// The provider.
    pub id: Slug,
    /// Its new key.
    pub key: SecretText,
}

/// Names a provider.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ProviderName {
    /// Its slug.
    pub id: Slug,
}

/// Asks for a provider's models.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ProviderModels {
    /// The provider.
    pub id: Slug,
    /// Ask the provider even when an answer is kept.
    #[serde(default)]
    pub refresh: bool,
}

/// A provider's models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelList {
    /// The models, in the provider's order.
    pub models: Vec<Model>,
    /// When the provider said so, or when the catalogue was read.
    pub fetched_at: Timestamp,
    /// How many seconds ago that was.
    #[serde(default)]
    pub age_s: u64,
    /// Who says so.
    #[serde(default)]
    pub source: ModelSource,
    /// Why the provider could not be asked just now.
    #[serde(default)]
    pub failure: Option<FailureView>,
}

/// Who says which models there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelSource {
    /// The provider.
    #[default]
    Provider,
    /// A table that came with the app: the provider has no list, or could not be asked.
    Catalogue,
}

/// Asks what works with a provider.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct TestProvider {
    /// The provider.
    pub id: Slug,
    /// The model to call; absent: the first of its list.
    #[serde(default)]
    pub model: Option<String>,
}

/// What works with a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderReport {
    /// Whether no check failed.
    pub ok: bool,
    /// The model that was called, when one was.
    pub model: Option<String>,
    /// Reachability, key, models, a call of one token, streaming, tools.
    pub checks: Vec<Check>,
}

/// A model server that runs on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DetectedServer {
    /// The catalogue id of what it is.
    pub kind: String,
    /// The name people read.
    pub name: String,
    /// Where it listens.
    pub base_url: String,
    /// The models it offers, as far as it says.
    pub models: Vec<String>,
    /// Whether it wants a key.
    pub needs_key: bool,
}

/// How a provider stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderHealth {
    /// The provider.
    pub id: Slug,
    /// In one word.
    pub state: ProviderState,
    /// What of it is being left alone: models, or its address.
    pub resting: Vec<Resting>,
    /// The last failure that was its own.
    pub failure: Option<LastFailure>,
    /// The last attempts, the oldest first; at most 50.
    pub attempts: Vec<RecentAttempt>,
}

/// How a provider stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProviderState {
    /// It answered when it was last asked.
    Works,
    /// It failed when it was last asked.
    Failing,
    /// It failed several times in a row and is being left alone for a moment.
    Resting,
    /// It needs a key and has none.
    KeyMissing,
    /// Nobody asked it lately.
    Untried,
}

/// Something that is being left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Resting {
    /// A target, or an address.
    pub what: String,
    /// For how long still, in milliseconds.
    pub for_ms: u64,
}

/// A failure of a provider's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LastFailure {
    /// What programs branch on.
    pub kind: FailureKind,
    /// A sentence for people, when one was kept.
    pub message: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// An attempt at a provider, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecentAttempt {
    /// The model.
    pub model: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Milliseconds to its first token, when it came so far.
    pub first_token_ms: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
}
