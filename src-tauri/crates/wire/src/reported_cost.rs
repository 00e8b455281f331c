//! What a provider says that an answer cost, where it says it (W-173).
//!
//! It stands in the usage object beside the tokens, in the words of each: OpenRouter and Vercel write dollars,
//! Perplexity an object of dollars, xAI ten-billionths of one. The danger is a number that is not what the user
//! pays: who brings a key of their own to OpenRouter pays OpenRouter a fee, often none, and the provider the rest.

use domain::{Money, RawJson};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A dollar is a million micro-dollars.
const DOLLARS: i32 = -6;
/// A micro-dollar is ten thousand of xAI's ticks.
const TICKS: i32 = 4;

#[derive(Deserialize)]
struct Usage<'r> {
    #[serde(borrow)]
    cost: Option<&'r RawValue>,
    #[serde(borrow)]
    cost_in_usd_ticks: Option<&'r RawValue>,
    is_byok: Option<bool>,
    #[serde(borrow)]
    cost_details: Option<Details<'r>>,
}

#[derive(Deserialize)]
struct Details<'r> {
    #[serde(borrow)]
    upstream_inference_cost: Option<&'r RawValue>,
}

#[derive(Deserialize)]
struct Total<'r> {
    #[serde(borrow)]
    total_cost: &'r RawValue,
}

/// The cost that a provider's usage object tells, rounded to the nearest micro-dollar; `None` when it tells none
/// that can be read.
pub fn reported_cost(usage: &RawJson) -> Option<Money> {
    let usage: Usage<'_> = serde_json::from_str(usage.get()).ok()?;
    if let Some(ticks) = usage.cost_in_usd_ticks {
        return amount(ticks, TICKS);
    }
    let cost = usage.cost?;
    if let Ok(Total { total_cost }) = serde_json::from_str(cost.get()) {
        return amount(total_cost, DOLLARS);
    }
    let cost = amount(cost, DOLLARS)?;
    if usage.is_byok != Some(true) {
        return Some(cost);
    }
    let upstream = usage.cost_details?.upstream_inference_cost?;
    Some(cost + amount(upstream, DOLLARS)?)
}

/// A number, or one in a string.
fn amount(value: &RawValue, scale: i32) -> Option<Money> {
    let text = value.get();
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    Money::from_decimal(text, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_in_its_own_words() {
        for (usage, micros) in [
            (r#"{"cost":0.002922,"is_byok":false}"#, Some(2_922)),
            (r#"{"cost":"0.0001346"}"#, Some(135)),
            (r#"{"cost":0}"#, Some(0)),
            (
                r#"{"cost":{"input_tokens_cost":0.00001,"request_cost":0.005,"total_cost":0.00501}}"#,
                Some(5_010),
            ),
            (r#"{"cost_in_usd_ticks":4074000}"#, Some(407)),
            (
                r#"{"cost":0.0001,"is_byok":true,"cost_details":{"upstream_inference_cost":0.00417}}"#,
                Some(4_270),
            ),
            (
                r#"{"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":null}}"#,
                None,
            ),
            (r#"{"cost":0,"is_byok":true}"#, None),
            (r#"{"cost":null}"#, None),
            (r#"{"cost":-1}"#, None),
            (r#"{"cost":true}"#, None),
            (r#"{"prompt_tokens":1}"#, None),
            ("null", None),
        ] {
            assert_eq!(reported_cost(&RawJson::new(usage)), micros.map(Money), "{usage}");
        }
    }
}
