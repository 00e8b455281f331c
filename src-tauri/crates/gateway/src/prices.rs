//! What models cost: the user's own table first, then the published one, dated.
//!
//! A price that nobody knows is unknown, never zero. Models that run on this machine are known to be free.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{Money, Price, Provider, Target, Timestamp, Transport, Usage};
use genai_prices::{PriceRequest, UsageKey};
use store::{Store, table};

/// Catalogue kinds whose models run on the user's own machines.
const LOCAL_KINDS: &[&str] = &["starter", "ollama", "lmstudio", "llamacpp", "vllm", "jan"];

/// Our kind, and the name of the same place in the published table.
const PUBLISHED: &[(&str, &str)] = &[
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("google", "google"),
    ("openrouter", "openrouter"),
    ("groq", "groq"),
    ("mistral", "mistral"),
    ("deepseek", "deepseek"),
    ("xai", "x-ai"),
    ("together", "together"),
    ("fireworks", "fireworks"),
    ("cerebras", "cerebras"),
    ("moonshot", "moonshotai"),
    ("perplexity", "perplexity"),
];

/// Prices that were looked up before.
#[derive(Default)]
pub(crate) struct Prices {
    known: Mutex<HashMap<Target, Option<Price>>>,
}

impl Prices {
    /// The price of a target, and whether anybody knows it. The first look-up of a target reads the
    /// user's table and decodes the published one, which takes tens of milliseconds once.
    pub async fn of(&self, store: &Store, provider: &Provider, target: &Target) -> Option<Price> {
        if let Some(price) = self.lock().get(target) {
            return price.clone();
        }
        let wanted = target.clone();
        let own = store.read(move |conn| table::prices::get(conn, &wanted)).await;
        let price = match own {
            Ok(Some(price)) => Some(price),
            Ok(None) => published(provider, &target.model).await,
            Err(_) => return None,
        };
        self.lock().insert(target.clone(), price.clone());
        price
    }

    /// Forgets everything, after prices or providers changed.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Target, Option<Price>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn published(provider: &Provider, model: &str) -> Option<Price> {
    if provider.transport == Transport::InProcess || LOCAL_KINDS.contains(&provider.kind.as_str()) {
        let origin = "local".to_owned();
        return Some(Price {
            input: 0,
            cached_input: 0,
            cache_write: 0,
            output: 0,
            as_of: Timestamp(0),
            origin,
        });
    }
    let name = PUBLISHED
        .iter()
        .find(|(kind, _)| *kind == provider.kind)
        .map(|(_, name)| *name)?;
    let model = model.to_owned();
    tokio::task::spawn_blocking(move || look_up(name, &model))
        .await
        .ok()
        .flatten()
}

/// Asks for a thousand tokens of each kind alone, which stays below every tier, and scales up.
fn look_up(provider: &str, model: &str) -> Option<Price> {
    let per_million = |usage: genai_prices::Usage| {
        let request = PriceRequest::new(model, &usage).with_provider_id(provider);
        let dollars = genai_prices::calculate(&request).ok()?.total_price;
        // dollars a thousand, to micro-dollars a million
        let micros = (dollars * 1e9).round();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be a small whole number"
        )]
        (micros.is_finite() && (0.0..1e15).contains(&micros)).then_some(micros as i64)
    };
    let input = per_million(genai_prices::Usage::from([(UsageKey::INPUT_TOKENS, 1000.0)]))?;
    let output = per_million(genai_prices::Usage::from([(UsageKey::OUTPUT_TOKENS, 1000.0)]))?;
    let cached = |key| {
        per_million(genai_prices::Usage::from([
            (UsageKey::INPUT_TOKENS, 1000.0),
            (key, 1000.0),
        ]))
    };
    Some(Price {
        input,
        cached_input: cached(UsageKey::CACHE_READ_TOKENS).unwrap_or(input),
        cache_write: cached(UsageKey::CACHE_WRITE_TOKENS).unwrap_or(input),
        output,
        as_of: Timestamp(0),
        origin: "catalogue".to_owned(),
    })
}

/// The cost of these tokens at this price.
pub(crate) fn cost(price: Option<&Price>, usage: Option<Usage>) -> Option<Money> {
    Some(price?.cost(usage?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_table_gives_whole_micro_dollars() {
        let price = look_up("openai", "gpt-4o-mini");
        let found = price.map(|price| (price.input, price.cached_input, price.output));
        assert_eq!(found, Some((150_000, 75_000, 600_000)));
        assert_eq!(look_up("openai", "no-such-model"), None);
    }
}
