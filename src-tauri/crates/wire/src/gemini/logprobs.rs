//! Log probabilities, between Google's two parallel lists and OpenAI's one, which is the domain's.

use domain::RawJson;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Reads `logprobsResult`; `None` when it names no token.
pub(super) fn read(raw: &RawValue) -> Option<RawJson> {
    let result: Value = serde_json::from_str(raw.get()).ok()?;
    let chosen = result["chosenCandidates"].as_array()?;
    let tops = result["topCandidates"].as_array();
    let content: Vec<Value> = chosen
        .iter()
        .enumerate()
        .map(|(at, token)| {
            let others = tops.and_then(|tops| tops.get(at)?["candidates"].as_array());
            let mut out = one(token);
            out["top_logprobs"] = others.into_iter().flatten().map(one).collect();
            out
        })
        .collect();
    (!content.is_empty()).then(|| RawJson::of(&json!({ "content": content, "refusal": null })))
}

fn one(token: &Value) -> Value {
    let text = token["token"].as_str().unwrap_or_default();
    // zero is left out by the protocol that Google's JSON comes from
    let logprob = token["logProbability"].as_f64().unwrap_or(0.0);
    json!({ "token": text, "logprob": logprob, "bytes": text.as_bytes() })
}

/// Writes `logprobsResult`; `None` when there is nothing to write.
pub(super) fn write(logprobs: &RawJson) -> Option<String> {
    let value: Value = logprobs.parse().ok()?;
    let content = value["content"].as_array().filter(|list| !list.is_empty())?;
    let one = |token: &Value| json!({ "token": token["token"], "logProbability": token["logprob"] });
    let tops: Vec<Value> = content
        .iter()
        .map(|token| {
            let others = token["top_logprobs"].as_array().into_iter().flatten();
            json!({ "candidates": others.map(one).collect::<Vec<_>>() })
        })
        .collect();
    let chosen: Vec<Value> = content.iter().map(one).collect();
    Some(json!({ "topCandidates": tops, "chosenCandidates": chosen }).to_string())
}
