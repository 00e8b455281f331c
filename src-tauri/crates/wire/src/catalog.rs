//! Providers we know, as data: one TOML file each, read once.
//!
//! A new provider over a known wire is a new file and no code. The danger is an entry that nobody can
//! read at run time, so a test reads every file. Prices and lists of models are not here: they age in weeks.

use std::sync::LazyLock;

use domain::{AuthScheme, BaseUrl, Quirks, Wire};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How a provider tells which models it serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ModelListing {
    /// The path under the base URL; `None` where there is no such route and people type the name.
    pub path: Option<String>,
    /// Whether the route answers without a key.
    pub public: bool,
    /// Names worth offering where there is no route.
    pub known: Vec<String>,
}

impl ModelListing {
    fn usual() -> Self {
        Self {
            path: Some("/models".into()),
            ..Self::default()
        }
    }
}

/// A provider we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its id, also the slug it gets by default.
    pub id: String,
    /// The name people read.
    pub name: String,
    /// The protocol it speaks.
    pub wire: Wire,
    /// Where its routes begin; `None` when each user has their own.
    pub base_url: Option<BaseUrl>,
    /// How it wants its key.
    pub auth: AuthScheme,
    /// Where it departs from its wire.
    #[serde(default)]
    pub quirks: Quirks,
    /// Where keys are made.
    pub key_url: Option<String>,
    /// What to know before making a key, one sentence.
    pub key_help: Option<String>,
    /// Whether it runs on this machine.
    #[serde(default)]
    pub local: bool,
    /// How it lists its models; `/models` with the key when the file does not say.
    #[serde(default = "ModelListing::usual")]
    pub models: ModelListing,
    /// Further headers sent with each request; never secrets.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
}

macro_rules! files {
    ($($id:literal)*) => {
        /// Id and text of each entry, in the order in which they are offered.
        const FILES: &[(&str, &str)] = &[$(($id, include_str!(concat!("../catalog/", $id, ".toml"))),)*];
    };
}

files! {
    "openai" "openrouter" "google" "groq" "mistral" "deepseek" "xai" "together" "fireworks" "cerebras"
    "moonshot" "perplexity" "nvidia" "zai" "alibaba" "huggingface" "vercel" "sambanova" "novita"
    "ollama" "lmstudio" "llamacpp" "vllm" "jan"
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    FILES
        .iter()
        .filter_map(|(_, text)| toml::from_str(text).ok())
        .collect()
});

/// Every entry, hosted ones first.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// The entry of that id.
pub fn find(id: &str) -> Option<&'static Entry> {
    entries().iter().find(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_an_entry() {
        for (id, text) in FILES {
            let entry: Result<Entry, _> = toml::from_str(text);
            match entry {
                Ok(entry) => assert_eq!(entry.id, *id),
                Err(error) => panic!("{id}: {error}"),
            }
        }
        assert_eq!(entries().len(), FILES.len());
    }

    #[test]
    fn entries_are_fit_to_be_used() {
        for entry in entries() {
            let id = &entry.id;
            assert!(domain::Slug::new(id).is_ok(), "{id}");
            assert!(!entry.name.is_empty(), "{id}");
            let Some(url) = &entry.base_url else {
                continue;
            };
            assert_eq!(entry.local, url.is_loopback(), "{id}");
            assert_eq!(
                entry.local,
                url.is_plain_http(),
                "keys never travel in the clear: {id}"
            );
            let keyed = entry.auth != AuthScheme::None;
            assert_eq!(keyed, entry.key_url.is_some(), "{id}");
            for (name, _) in &entry.headers {
                assert_ne!(name.to_ascii_lowercase(), "authorization", "{id}");
            }
        }
        assert!(find("openai").is_some());
        assert!(find("starter").is_none());
    }
}
