//! How a model is asked to think: each maker has its own fields, and Claude's changed with its generations.

use domain::{Message, Part, Request};
use serde_json::Value;

use super::model::Maker;
use crate::notes::Notes;

/// What thinking means for the rest of the request.
#[derive(Debug, Default)]
pub(super) struct Thinking {
    /// The model thinks; some fields are refused then.
    pub(super) on: bool,
    /// At this effort the model refuses limits and sampling.
    pub(super) unbounded: bool,
    /// Fields of the model's own request.
    pub(super) fields: Vec<(&'static str, String)>,
}

enum Asked {
    Off,
    Effort(String),
    Tokens(u64),
    /// As the model sees fit.
    Adaptive,
}

/// Extra fields of other wires that say how to think (W-40).
pub(super) fn reads(name: &str) -> bool {
    matches!(name, "thinking" | "reasoning" | "output_config")
}

fn asked(request: &Request) -> Option<Asked> {
    if let Some(tokens) = request.params.reasoning_tokens {
        return Some(if tokens == 0 {
            Asked::Off
        } else {
            Asked::Tokens(tokens)
        });
    }
    let value = |name: &str| request.extra.get(name).and_then(|raw| raw.parse::<Value>().ok());
    let effort = |object: &Value| object["effort"].as_str().map(str::to_owned);
    let reasoning = value("reasoning").unwrap_or_default();
    let effort = request
        .params
        .reasoning_effort
        .clone()
        .or_else(|| effort(&reasoning))
        .or_else(|| effort(&value("output_config")?));
    if let Some(effort) = effort {
        return Some(if effort == "none" {
            Asked::Off
        } else {
            Asked::Effort(effort)
        });
    }
    if let Some(tokens) = reasoning["max_tokens"].as_u64() {
        return Some(Asked::Tokens(tokens));
    }
    let thinking = value("thinking").unwrap_or_default();
    match thinking["type"].as_str() {
        Some("disabled") => Some(Asked::Off),
        Some("enabled") => Some(
            thinking["budget_tokens"]
                .as_u64()
                .map_or(Asked::Adaptive, Asked::Tokens),
        ),
        Some("adaptive") => Some(Asked::Adaptive),
        Some(_) | None => reasoning["enabled"]
            .as_bool()
            .map(|on| if on { Asked::Adaptive } else { Asked::Off }),
    }
}

/// Decides how the model is asked to think.
pub(super) fn plan(request: &Request, maker: Maker, notes: &mut Notes) -> Thinking {
    let asked = match asked(request) {
        None | Some(Asked::Off) => return Thinking::default(),
        Some(asked) => asked,
    };
    match maker {
        Maker::Claude(major, minor) if (major, minor) >= (4, 6) => adaptive(&asked, (major, minor), notes),
        Maker::Claude(major, minor) if (major, minor) >= (3, 7) => budgeted(request, &asked, notes),
        Maker::Nova { second: true } => {
            let word = word(&asked);
            Thinking {
                on: true,
                unbounded: word == "high",
                fields: vec![(
                    "reasoningConfig",
                    format!(r#"{{"type":"enabled","maxReasoningEffort":"{word}"}}"#),
                )],
            }
        }
        Maker::GptOss => Thinking {
            fields: vec![("reasoning_effort", format!(r#""{}""#, word(&asked)))],
            ..Thinking::default()
        },
        Maker::Claude(..) | Maker::Nova { .. } | Maker::Mistral | Maker::Other => {
            notes.add("reasoning effort", "left out, the model has no field for it");
            Thinking::default()
        }
    }
}

/// Newer Claudes decide for themselves how long to think, within an effort.
fn adaptive(asked: &Asked, version: (u32, u32), notes: &mut Notes) -> Thinking {
    let mut fields = vec![("thinking", r#"{"type":"adaptive"}"#.to_owned())];
    match asked {
        Asked::Tokens(tokens) if version < (4, 7) => {
            fields = vec![("thinking", enabled(*tokens))];
        }
        Asked::Tokens(_) => notes.add(
            "reasoning budget",
            "left out, the model decides for itself how long it thinks",
        ),
        Asked::Effort(effort) => {
            let effort = match effort.as_str() {
                "minimal" => "low",
                "xhigh" if version < (4, 7) => "high",
                known @ ("low" | "medium" | "high" | "xhigh" | "max") => known,
                _ => "medium",
            };
            fields.push(("output_config", format!(r#"{{"effort":"{effort}"}}"#)));
        }
        Asked::Adaptive | Asked::Off => {}
    }
    Thinking {
        on: true,
        unbounded: false,
        fields,
    }
}

/// The least budget that Claude takes.
const LEAST: u64 = 1024;

/// Claude up to 4.5 thinks within a budget of tokens, which is a part of the limit.
fn budgeted(request: &Request, asked: &Asked, notes: &mut Notes) -> Thinking {
    if !may_think(&request.messages) {
        notes.add(
            "reasoning",
            "off for this turn: the tool call before it came without its signed reasoning",
        );
        return Thinking::default();
    }
    let mut budget = match asked {
        Asked::Tokens(tokens) => (*tokens).max(LEAST),
        Asked::Effort(effort) => match effort.as_str() {
            "minimal" => LEAST,
            "low" => 2 * LEAST,
            "high" => 16 * LEAST,
            "xhigh" | "max" => 31 * LEAST,
            _ => 8 * LEAST,
        },
        Asked::Adaptive | Asked::Off => 8 * LEAST,
    };
    if let Some(most) = request.params.max_output_tokens {
        if most <= LEAST {
            notes.add("reasoning", "off: the token limit leaves no room for it");
            return Thinking::default();
        }
        if budget >= most {
            budget = (most / 2).max(LEAST);
            notes.add(
                "reasoning budget",
                &format!("lowered to {budget} to fit the token limit"),
            );
        }
    }
    Thinking {
        on: true,
        unbounded: false,
        fields: vec![("thinking", enabled(budget))],
    }
}

fn enabled(budget: u64) -> String {
    format!(r#"{{"type":"enabled","budget_tokens":{budget}}}"#)
}

/// The nearest of the three words that other makers know.
fn word(asked: &Asked) -> &'static str {
    match asked {
        Asked::Effort(effort) => match effort.as_str() {
            "minimal" | "low" => "low",
            "high" | "xhigh" | "max" => "high",
            _ => "medium",
        },
        Asked::Tokens(tokens) if *tokens <= 4 * LEAST => "low",
        Asked::Tokens(tokens) if *tokens > 16 * LEAST => "high",
        Asked::Tokens(_) | Asked::Adaptive | Asked::Off => "medium",
    }
}

/// Whether thinking is legal now: in the middle of a tool loop, the turn that called must begin with the
/// reasoning that its maker signed (W-164).
fn may_think(messages: &[Message]) -> bool {
    let results_only = |message: &&Message| {
        !message.parts.is_empty()
            && message
                .parts
                .iter()
                .all(|part| matches!(part, Part::ToolResult { .. }))
    };
    let Some(calling) = messages.iter().rev().find(|message| !results_only(message)) else {
        return true;
    };
    let calls = |part: &Part| matches!(part, Part::ToolCall { .. });
    let signed = |part: &Part| {
        matches!(
            part,
            Part::Reasoning {
                signature: Some(_),
                ..
            }
        )
    };
    let first = calling.parts.iter().find(|part| calls(part) || signed(part));
    !first.is_some_and(calls)
}
