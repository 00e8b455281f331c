//! `generationConfig` of a client's request. Out of range is an error, never clamped quietly (W-36).

use domain::{Failure, OutputFormat, RawJson, Request};
use serde_json::value::RawValue;

use super::provider_params::{REST, THINKING};
use super::schema;
use crate::fields::{boolean, decimal, integer, string, wrong_type};
use crate::json::{self, Object};

const JSON: &str = "application/json";

/// Reads `generationConfig`; what the domain does not model rides along.
pub(super) fn read(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(REST, "an object"))?;
    let mut rest = Vec::new();
    let (mut media_type, mut schema) = (None, None);
    for (name, value) in fields {
        if value.get() == "null" {
            continue;
        }
        match camel(&name) {
            "responseMimeType" => media_type = Some((name, value)),
            "responseSchema" | "responseJsonSchema" => schema = Some((name, value)),
            THINKING => {
                let residue = thinking(value, request)?;
                if residue.len() > 2 {
                    rest.push((THINKING.to_owned(), residue));
                }
            }
            known if param(known, value, request)? => {}
            _ => rest.push((name.into_owned(), value.get().to_owned())),
        }
    }
    let wanted = match &media_type {
        Some((_, value)) => Some(string("generationConfig.responseMimeType", value)?),
        None => None,
    };
    match (wanted.as_deref(), schema) {
        (Some(JSON), None) => request.format = OutputFormat::JsonObject,
        (Some(JSON) | None, Some((name, value))) => request.format = schema_of(&name, value)?,
        (_, schema) => {
            let both = media_type.into_iter().chain(schema);
            rest.extend(both.map(|(name, value)| (name.into_owned(), value.get().to_owned())));
        }
    }
    if !rest.is_empty() {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        for (name, value) in rest {
            object.raw(&name, &value);
        }
        object.close();
        let text = String::from_utf8_lossy(&out);
        request.extra.set(REST, RawJson::new(text));
    }
    Ok(())
}

/// Google's server takes both spellings.
fn camel(name: &str) -> &str {
    match name {
        "top_p" => "topP",
        "top_k" => "topK",
        "candidate_count" => "candidateCount",
        "max_output_tokens" => "maxOutputTokens",
        "stop_sequences" => "stopSequences",
        "presence_penalty" => "presencePenalty",
        "frequency_penalty" => "frequencyPenalty",
        "response_mime_type" => "responseMimeType",
        "response_schema" => "responseSchema",
        "response_json_schema" => "responseJsonSchema",
        "response_logprobs" => "responseLogprobs",
        "thinking_config" => THINKING,
        other => other,
    }
}

/// Reads the field into the parameters; `false` when it is not one of theirs.
fn param(name: &str, value: &RawValue, request: &mut Request) -> Result<bool, Failure> {
    let path = &format!("{REST}.{name}");
    let params = &mut request.params;
    let count = |min, max| Ok::<_, Failure>(integer(path, value, min, max)?.map(i64::unsigned_abs));
    let small = |min, max| Ok::<_, Failure>(count(min, max)?.and_then(|n| u32::try_from(n).ok()));
    match name {
        "temperature" => params.temperature = decimal(path, value, 0.0, 2.0)?,
        "topP" => params.top_p = decimal(path, value, 0.0, 1.0)?,
        "topK" => params.top_k = count(1, i64::MAX)?,
        "presencePenalty" => params.presence_penalty = decimal(path, value, -2.0, 2.0)?,
        "frequencyPenalty" => params.frequency_penalty = decimal(path, value, -2.0, 2.0)?,
        "maxOutputTokens" => params.max_output_tokens = count(1, i64::MAX)?,
        "candidateCount" => params.n = small(1, 128)?,
        "seed" => params.seed = integer(path, value, i64::MIN, i64::MAX)?,
        "responseLogprobs" => params.logprobs = boolean(path, value)?,
        "logprobs" => params.top_logprobs = small(0, 20)?,
        "stopSequences" => {
            let list = json::items(value).ok_or_else(|| wrong_type(path, "an array of strings"))?;
            params.stop = list
                .into_iter()
                .enumerate()
                .map(|(at, item)| string(&format!("{path}[{at}]"), item))
                .collect::<Result<_, _>>()?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Level and budget become the domain's; what remains is handed back as an object. A budget of -1 leaves the
/// depth to the model, for which the domain has no word.
fn thinking(value: &RawValue, request: &mut Request) -> Result<String, Failure> {
    let path = "generationConfig.thinkingConfig";
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let mut out = Vec::new();
    let mut rest = Object::open(&mut out);
    for (name, value) in fields {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "thinkingLevel" | "thinking_level" => {
                let level = string(&format!("{path}.thinkingLevel"), value)?.to_ascii_lowercase();
                if level == "thinking_level_unspecified" {
                    continue;
                }
                request.params.reasoning_effort = Some(level);
            }
            "thinkingBudget" | "thinking_budget" => {
                let budget = integer(&format!("{path}.thinkingBudget"), value, -1, i64::MAX)?;
                match budget.and_then(|budget| u64::try_from(budget).ok()) {
                    Some(budget) => request.params.reasoning_tokens = Some(budget),
                    None => rest.raw(&name, value.get()),
                }
            }
            _ => rest.raw(&name, value.get()),
        }
    }
    rest.close();
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn schema_of(name: &str, value: &RawValue) -> Result<OutputFormat, Failure> {
    let fields =
        json::fields(value).ok_or_else(|| wrong_type(&format!("{REST}.{name}"), "a schema object"))?;
    let title = fields.into_iter().find(|(name, _)| name == "title");
    let title = title
        .and_then(|(_, title)| json::text(title))
        .filter(|title| is_name(title));
    let older = camel(name) == "responseSchema";
    Ok(OutputFormat::JsonSchema {
        name: title.map_or_else(|| "response".into(), Into::into),
        description: None,
        schema: if older {
            schema::read(value)
        } else {
            RawJson::new(value.get())
        },
        strict: None,
    })
}

/// Whether it can be the name of a schema at OpenAI.
fn is_name(title: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=64).contains(&title.len()) && title.bytes().all(fits)
}
