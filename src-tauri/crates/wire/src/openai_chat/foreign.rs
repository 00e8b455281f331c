//! Top-level fields of requests that came in on another wire: the few that mean something on this one.
//!
//! A field of another protocol is not sent on in the hope that somebody knows it: what looks alike often
//! means something else. So each that is taken over stands here by name, and the others are told.

use domain::{Extra, RawJson, Request, Wire};

use crate::notes::Notes;

/// Fields that mean the same in Responses and in chat completions.
const OF_RESPONSES: &[&str] = &[
    "metadata",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
];

/// Fields whose meaning their own codec has put into the request's parameters.
const READ_ALREADY: &[&str] = &["reasoning", "thinking", "think"];

/// The fields of this wire that say what those of another one said.
pub(super) fn translate(request: &Request, notes: &mut Notes) -> Extra {
    let mut out = Extra::new();
    for (name, value) in request.extra.iter() {
        let known = match request.wire {
            Wire::OpenAiResponses => responses(name, value, &mut out),
            Wire::AnthropicMessages => anthropic(name, value, &mut out),
            Wire::OpenAiChat | Wire::Gemini | Wire::Ollama | Wire::BedrockConverse => false,
        };
        if !known && !READ_ALREADY.contains(&name) {
            notes.add(name, "left out, this wire has no field for it");
        }
    }
    out
}

fn responses(name: &str, value: &RawJson, out: &mut Extra) -> bool {
    if OF_RESPONSES.contains(&name) {
        out.set(name, value.clone());
        return true;
    }
    if name != "text" && name != "verbosity" {
        return false;
    }
    let Ok(found) = value.parse::<serde_json::Value>() else {
        return false;
    };
    let verbosity = if name == "text" {
        &found["verbosity"]
    } else {
        &found
    };
    if verbosity.is_string() {
        out.set("verbosity", RawJson::of(verbosity));
    }
    true
}

fn anthropic(name: &str, value: &RawJson, out: &mut Extra) -> bool {
    let found = value.parse::<serde_json::Value>().unwrap_or_default();
    match name {
        "metadata" if found["user_id"].is_string() => out.set("user", RawJson::of(&found["user_id"])),
        "service_tier" => match found.as_str() {
            // its other word means the tier without priority
            Some("standard_only") => out.set(name, RawJson::new(r#""default""#)),
            Some("auto") => out.set(name, value.clone()),
            Some(_) | None => return false,
        },
        _ => return false,
    }
    true
}
