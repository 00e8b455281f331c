//! `generationConfig`: how the model samples, thinks and forms its answer.

use domain::{Extra, OutputFormat, Params, RawJson, Request};
use serde_json::value::RawValue;

use super::dialect::{Dialect, Thinking};
use super::provider_request::foreign_thinking;
use crate::json::{self, Object};
use crate::notes::Notes;

/// Where fields of `generationConfig` are kept that the domain does not model.
pub(super) const REST: &str = "generationConfig";
/// Where fields of `thinkingConfig` are kept among them.
pub(super) const THINKING: &str = "thinkingConfig";

/// Writes `generationConfig`, unless it would be empty. `native` says whether the answer's form is asked for
/// here.
pub(super) fn write(
    request: &Request,
    dialect: Dialect,
    native: bool,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let rest = rest(request);
    let mut out = Vec::new();
    let mut config = Object::open(&mut out);
    sampling(&request.params, &mut config, notes);
    if native {
        format(&request.format, &mut config);
    }
    let mut thinking = Vec::new();
    think(request, &rest, dialect, &mut thinking, notes);
    if thinking.len() > 2 {
        config.raw(THINKING, &String::from_utf8_lossy(&thinking));
    }
    let formed = request.format != OutputFormat::Text;
    config.extra(&rest, |name| {
        name != THINKING && !(formed && matches!(name, "responseMimeType" | "responseSchema"))
    });
    config.close();
    if out.len() > 2 {
        object.raw(REST, &String::from_utf8_lossy(&out));
    }
}

/// The fields that a client of this wire sent beyond those we know.
fn rest(request: &Request) -> Extra {
    match request.extra.get(REST) {
        Some(raw) if request.wire == domain::Wire::Gemini => unpack(raw),
        Some(_) | None => Extra::new(),
    }
}

fn unpack(raw: &RawJson) -> Extra {
    let mut extra = Extra::new();
    let parsed = serde_json::from_str::<&RawValue>(raw.get());
    for (name, value) in parsed.ok().and_then(json::fields).unwrap_or_default() {
        extra.set(name, RawJson::new(value.get()));
    }
    extra
}

fn sampling(params: &Params, config: &mut Object<'_>, notes: &mut Notes) {
    let mut float = |name, value: Option<f64>| {
        if let Some(value) = value {
            config.float(name, value);
        }
    };
    float("temperature", params.temperature);
    float("topP", params.top_p);
    float("presencePenalty", params.presence_penalty);
    float("frequencyPenalty", params.frequency_penalty);
    let mut count = |name, value: Option<u64>| {
        if let Some(value) = value {
            config.unsigned(name, value);
        }
    };
    count("topK", params.top_k);
    count("maxOutputTokens", params.max_output_tokens);
    count("candidateCount", params.n.map(u64::from));
    if let Some(seed) = params.seed {
        match i32::try_from(seed) {
            Ok(seed) => config.signed("seed", seed.into()),
            Err(_) => notes.add("seed", "left out, it has more than 32 bits"),
        }
    }
    if !params.stop.is_empty() {
        let list = config.key("stopSequences");
        list.push(b'[');
        for (at, stop) in params.stop.iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            json::write_string(stop, list);
        }
        list.push(b']');
    }
    if let Some(wanted) = params.logprobs {
        config.bool("responseLogprobs", wanted);
    }
    if let Some(top) = params.top_logprobs {
        config.unsigned("logprobs", top.into());
    }
    if params.parallel_tool_calls == Some(false) {
        notes.add("parallel_tool_calls", "left out, this wire cannot forbid them");
    }
}

fn format(format: &OutputFormat, config: &mut Object<'_>) {
    match format {
        OutputFormat::Text => {}
        OutputFormat::JsonObject => config.literal("responseMimeType", r#""application/json""#),
        OutputFormat::JsonSchema { schema, .. } => {
            config.literal("responseMimeType", r#""application/json""#);
            config.raw("responseJsonSchema", schema.get());
        }
    }
}

/// How much the model shall think.
enum Depth {
    /// A word.
    Level(String),
    /// A number of tokens.
    Budget(u64),
}

fn think(request: &Request, rest: &Extra, dialect: Dialect, out: &mut Vec<u8>, notes: &mut Notes) {
    let params = &request.params;
    let given = params
        .reasoning_tokens
        .map(Depth::Budget)
        .or_else(|| params.reasoning_effort.clone().map(Depth::Level))
        .or_else(|| match foreign_thinking(request)? {
            (_, Some(tokens)) => Some(Depth::Budget(tokens)),
            (effort, None) => effort.map(Depth::Level),
        });
    let residue = rest.get(THINKING).map(unpack).unwrap_or_default();
    let carried = request.wire == domain::Wire::Gemini;
    let mut config = Object::open(out);
    if let (Some(_), Thinking::Fixed) = (&given, dialect.thinking) {
        notes.add(
            "reasoning effort",
            "left out, the model cannot be told how much to think",
        );
        return config.close();
    }
    let off = match given {
        None => true,
        Some(depth) => write_depth(&depth, dialect, params.max_output_tokens, &mut config, notes),
    };
    // a client of this wire says itself whether it wants to read the thoughts
    if !off && !carried {
        config.bool("includeThoughts", true);
    }
    config.extra(&residue, |_| true);
    config.close();
}

/// Writes the depth in the model's own form; whether thinking is off with it.
fn write_depth(
    depth: &Depth,
    dialect: Dialect,
    most: Option<u64>,
    config: &mut Object<'_>,
    notes: &mut Notes,
) -> bool {
    match (depth, dialect.thinking) {
        (Depth::Level(word), Thinking::Level) => {
            let level = level(word, dialect);
            if level != word {
                notes.add(
                    "reasoning effort",
                    &format!("sent as {level}, the nearest the model has"),
                );
            }
            config.string("thinkingLevel", level);
            word == "none"
        }
        // it cannot be turned off
        (Depth::Budget(0), Thinking::Level) => {
            let level = level("none", dialect);
            notes.add(
                "reasoning tokens",
                &format!("sent as the level {level}, the least the model has"),
            );
            config.string("thinkingLevel", level);
            true
        }
        (Depth::Level(word), Thinking::Budget | Thinking::Fixed) => {
            let usual = budget(word);
            let within = most.map_or(usual, |most| usual.min(most / 2));
            if within < usual {
                // thoughts are counted among the answer's tokens, and some must be left for the answer
                notes.add("reasoning effort", "sent as half of the tokens of the answer");
            }
            let budget = least(within, dialect, notes);
            config.unsigned("thinkingBudget", budget);
            word == "none"
        }
        (Depth::Budget(tokens), Thinking::Budget) => {
            config.unsigned("thinkingBudget", least(*tokens, dialect, notes));
            *tokens == 0
        }
        (Depth::Budget(tokens), Thinking::Level | Thinking::Fixed) => {
            config.unsigned("thinkingBudget", *tokens);
            *tokens == 0
        }
    }
}

/// The level of an effort. Large models know neither `minimal` nor, in their first version, `medium`.
fn level(effort: &str, dialect: Dialect) -> &'static str {
    match effort {
        "none" | "minimal" if dialect.pro => "low",
        "none" | "minimal" => "minimal",
        "low" => "low",
        "medium" if dialect.medium => "medium",
        _ => "high",
    }
}

/// The budget of an effort, as Google's OpenAI-compatible surface has it.
fn budget(effort: &str) -> u64 {
    match effort {
        "none" => 0,
        "minimal" | "low" => 1024,
        "medium" => 8192,
        _ => 24_576,
    }
}

/// The least that a large model thinks.
fn least(budget: u64, dialect: Dialect, notes: &mut Notes) -> u64 {
    if dialect.pro && budget < 128 {
        notes.add("reasoning tokens", "raised to 128, the least the model has");
        return 128;
    }
    budget
}
