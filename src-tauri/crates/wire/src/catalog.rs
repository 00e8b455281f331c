//! Providers we know, as data: one TOML file each, read once.
//!
//! A new provider over a known wire is a new file and no code. The danger is an entry that nobody can
//! read at run time, so a test reads every file. Prices and lists of models are not here: they age in weeks.
//! Only addresses that their provider documents, or that recorded traffic shows, are here.

mod document;

use std::sync::LazyLock;

pub use document::document;

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

/// What can be had from a provider, from at least one of its models. `None` where it is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderAbilities {
    /// Answers as a stream.
    pub streaming: Option<bool>,
    /// Calls of tools.
    pub tools: Option<bool>,
    /// Images to look at.
    pub images: Option<bool>,
    /// PDF documents to read.
    pub pdf: Option<bool>,
    /// Reasoning before the answer.
    pub reasoning: Option<bool>,
    /// Answers that are held to a JSON Schema.
    pub json_schema: Option<bool>,
}

/// In which form a provider makes embeddings; read by [`crate::embeddings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum EmbeddingShape {
    /// As OpenAI does.
    #[serde(rename = "openai")]
    OpenAi,
    /// As Cohere's second protocol does.
    Cohere,
    /// As Gemini's `batchEmbedContents` does.
    Gemini,
    /// As Ollama does.
    Ollama,
}

/// Where and how a provider makes embeddings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingRoute {
    /// The path under the base URL; `{model}` in it stands for the model.
    pub path: String,
    /// The form.
    pub shape: EmbeddingShape,
    /// Its name for `dimensions`, where it is another than the form's.
    pub dimensions: Option<String>,
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
    /// How each user's own is made up, where there is no common one.
    pub base_url_help: Option<String>,
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
    /// What can be had from it.
    #[serde(default)]
    pub abilities: ProviderAbilities,
    /// The path of legacy completions under the base URL, where it has them.
    pub completions: Option<String>,
    /// How it makes embeddings, where it does.
    pub embeddings: Option<EmbeddingRoute>,
    /// The path under the base URL at which it makes pictures as OpenAI does, where it does.
    pub images: Option<String>,
}

macro_rules! files {
    ($($id:literal)*) => {
        /// Id and text of each entry, in the order in which they are offered.
        const FILES: &[(&str, &str)] = &[$(($id, include_str!(concat!("../catalog/", $id, ".toml"))),)*];
    };
}

files! {
    "openai" "anthropic" "google" "openrouter" "mistral" "groq" "deepseek" "xai" "azure" "bedrock" "vertex"
    "cohere" "perplexity" "together" "fireworks" "cerebras" "moonshot" "zai" "alibaba" "minimax" "nvidia"
    "huggingface" "github" "vercel" "sambanova" "novita" "deepinfra" "baseten" "hyperbolic" "siliconflow"
    "venice" "featherless" "upstage" "ai21" "crusoe" "avian" "heroku" "ollama-cloud"
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

    /// A quirk that is misspelt would be none.
    #[test]
    fn every_quirk_is_known() {
        let known = serde_json::to_value(Quirks::default()).unwrap_or_default();
        for (id, text) in FILES {
            let file: toml::Table = toml::from_str(text).unwrap_or_default();
            let quirks = file.get("quirks").and_then(toml::Value::as_table);
            for name in quirks.into_iter().flatten().map(|(name, _)| name) {
                assert!(known.get(name).is_some(), "{id}: {name}");
            }
        }
    }

    #[test]
    fn entries_are_fit_to_be_used() {
        for entry in entries() {
            let id = &entry.id;
            assert!(domain::Slug::new(id).is_ok(), "{id}");
            assert!(!entry.name.is_empty(), "{id}");
            let keyed = entry.auth != AuthScheme::None;
            assert_eq!(keyed, entry.key_url.is_some(), "{id}");
            assert_ne!(entry.base_url.is_some(), entry.base_url_help.is_some(), "{id}");
            assert_ne!(
                entry.models.path.is_some(),
                !entry.models.known.is_empty(),
                "a list or some names: {id}"
            );
            let Some(url) = &entry.base_url else {
                continue;
            };
            assert_eq!(entry.local, url.is_loopback(), "{id}");
            assert_eq!(
                entry.local,
                url.is_plain_http(),
                "keys never travel in the clear: {id}"
            );
            for (name, _) in &entry.headers {
                assert_ne!(name.to_ascii_lowercase(), "authorization", "{id}");
            }
        }
        assert!(find("openai").is_some());
        assert!(find("starter").is_none());
    }
}
