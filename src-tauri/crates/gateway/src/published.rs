//! The published table of models: what they cost and how much they read, from the crate `genai-prices`.
//!
//! It is decoded at its first use, which takes tens of milliseconds, so it is only touched off the async
//! threads. It knows nothing of what a model can do, and nothing at all of models on the user's own machines.

use domain::{Abilities, Model, Price, Provider, Timestamp, Transport};
use genai_prices::{Calculator, PriceRequest, UsageKey};

/// Catalogue kinds whose models run on the user's own machines.
const LOCAL_KINDS: &[&str] = &["starter", "ollama", "lmstudio", "llamacpp", "vllm", "jan"];

/// Our kind, and the name of the same place in the published table.
const PUBLISHED: &[(&str, &str)] = &[
    ("openai", "openai"),
    ("anthropic", "anthropic"),
    ("google", "google"),
    ("vertex", "google"),
    ("azure", "azure"),
    ("bedrock", "aws"),
    ("openrouter", "openrouter"),
    ("groq", "groq"),
    ("mistral", "mistral"),
    ("deepseek", "deepseek"),
    ("xai", "x-ai"),
    ("cohere", "cohere"),
    ("together", "together"),
    ("fireworks", "fireworks"),
    ("cerebras", "cerebras"),
    ("moonshot", "moonshotai"),
    ("minimax", "minimax"),
    ("novita", "novita"),
    ("zai", "zai"),
    ("perplexity", "perplexity"),
];

/// Whether a provider's models run on the user's own machines, and so cost nothing.
pub(crate) fn is_local(provider: &Provider) -> bool {
    provider.transport == Transport::InProcess || LOCAL_KINDS.contains(&provider.kind.as_str())
}

/// What models cost that run on the user's own machines.
pub(crate) fn free() -> Price {
    Price {
        input: 0,
        cached_input: 0,
        cache_write: 0,
        output: 0,
        as_of: Timestamp(0),
        origin: "local".to_owned(),
    }
}

/// The table's name for a provider.
pub(crate) fn name(provider: &Provider) -> Option<&'static str> {
    PUBLISHED
        .iter()
        .find(|(kind, _)| *kind == provider.kind)
        .map(|(_, name)| *name)
}

/// What a model costs.
pub(crate) fn price(provider: &str, model: &str) -> Option<Price> {
    // a thousand tokens of each kind alone, which stays below every tier, and scaled up
    let of = |usage| Some(per_million(calculate(provider, model, usage)?.0)).flatten();
    let input = of(genai_prices::Usage::from([(UsageKey::INPUT_TOKENS, 1000.0)]))?;
    let output = of(genai_prices::Usage::from([(UsageKey::OUTPUT_TOKENS, 1000.0)]))?;
    let cached = |key| {
        of(genai_prices::Usage::from([
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

fn calculate(provider: &str, model: &str, usage: genai_prices::Usage) -> Option<(f64, String)> {
    let request = PriceRequest::new(model, &usage).with_provider_id(provider);
    let found = genai_prices::calculate(&request).ok()?;
    Some((found.total_price, found.model_id))
}

/// Dollars a thousand to micro-dollars a million.
fn per_million(dollars: f64) -> Option<i64> {
    let micros = (dollars * 1e9).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be a small whole number"
    )]
    (micros.is_finite() && (0.0..1e15).contains(&micros)).then_some(micros as i64)
}

/// How many tokens a model reads.
pub(crate) fn context(provider: &str, model: &str) -> Option<u64> {
    // the table's own name for the model: providers list dated and prefixed ones
    let usage = genai_prices::Usage::from([(UsageKey::INPUT_TOKENS, 1.0)]);
    let (_, id) = calculate(provider, model, usage)?;
    let place = Calculator::bundled().find_provider(Some(provider), None).ok()??;
    place.models().find(|one| one.id() == id)?.context_window()
}

/// The models of a provider that the table knows by the name that the provider calls them by.
pub(crate) fn models(provider: &str) -> Vec<Model> {
    let Ok(Some(place)) = Calculator::bundled().find_provider(Some(provider), None) else {
        return Vec::new();
    };
    let model = |one: genai_prices::ModelInfo<'_>| {
        let usage = genai_prices::Usage::from([(UsageKey::INPUT_TOKENS, 1.0)]);
        let (_, known_as) = calculate(provider, one.id(), usage)?;
        (known_as == one.id()).then(|| Model {
            id: known_as,
            context: one.context_window(),
            max_output: None,
            abilities: Abilities::default(),
            price: price(provider, one.id()),
        })
    };
    place.models().filter_map(model).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_whole_micro_dollars() {
        let found =
            price("openai", "gpt-4o-mini").map(|price| (price.input, price.cached_input, price.output));
        assert_eq!(found, Some((150_000, 75_000, 600_000)));
        assert_eq!(price("openai", "no-such-model"), None);
    }

    #[test]
    fn a_dated_name_is_the_same_model() {
        let window = context("anthropic", "claude-2");
        assert_eq!(window, Some(200_000));
        assert_eq!(context("anthropic", "claude-2.1"), window);
        assert_eq!(context("anthropic", "no-such-model"), None);
    }

    #[test]
    fn every_name_is_in_the_table() {
        for (kind, name) in PUBLISHED {
            let place = Calculator::bundled().find_provider(Some(name), None);
            assert!(matches!(place, Ok(Some(_))), "{kind}");
        }
        assert!(models("openai").iter().any(|model| model.id == "gpt-4o-mini"));
        assert!(models("nobody").is_empty());
    }
}
