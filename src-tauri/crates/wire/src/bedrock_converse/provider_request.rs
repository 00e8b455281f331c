//! A request as Converse reads it. The model is named in the path and not in here.
//!
//! Converse refuses whatever it does not know, and each maker's models refuse something else. What a model
//! would refuse is left out and told; what only the caller can decide (a tool that must be called) is sent,
//! and the provider's own words come back.

use domain::{Applied, Params, Quirks, Request, Wire};

use super::model::Maker;
use super::provider_thinking::{self, Thinking};
use super::provider_tools::Shape;
use super::{provider_message, provider_tools};
use crate::json::{self, Object};
use crate::notes::Notes;

/// Writes the body of a request for `model`, and tells what was dropped or renamed.
pub fn encode_request(request: &Request, model: &str, quirks: &Quirks, out: &mut Vec<u8>) -> Vec<Applied> {
    let mut notes = Notes::default();
    let maker = Maker::of(model);
    let thinking = provider_thinking::plan(request, maker, &mut notes);
    let shape = provider_tools::shape(request, maker, thinking.on, &mut notes);
    let mut object = Object::open(out);
    provider_message::write(request, maker, quirks, &shape, &mut object, &mut notes);
    provider_tools::write(request, maker, &shape, thinking.on, &mut object, &mut notes);
    inference(&request.params, maker, &thinking, &mut object, &mut notes);
    additional(request, maker, &thinking, &mut object, &mut notes);
    if let Shape::Native(schema) = &shape {
        schema.write(object.key("outputConfig"));
    }
    extra(request, &mut object, &mut notes);
    object.close();
    notes.take()
}

fn inference(params: &Params, maker: Maker, thinking: &Thinking, object: &mut Object<'_>, notes: &mut Notes) {
    let (temperature, top_p) = sampling(params, maker, thinking, notes);
    let mut config = Object::open(object.key("inferenceConfig"));
    match params.max_output_tokens {
        Some(_) if thinking.unbounded => {
            notes.add(
                "max_output_tokens",
                "left out, at this effort the model refuses it",
            );
        }
        Some(most) => config.unsigned("maxTokens", most),
        None => {}
    }
    if let Some(temperature) = temperature {
        config.float("temperature", temperature);
    }
    if let Some(top_p) = top_p {
        config.float("topP", top_p);
    }
    let blank = |stop: &&String| stop.trim().is_empty();
    if params.stop.iter().any(|stop| blank(&stop)) {
        notes.add("stop", "sequences of blanks left out, the provider refuses them");
    }
    let mut stops = params.stop.iter().filter(|stop| !blank(stop)).peekable();
    if stops.peek().is_some() {
        let list = config.key("stopSequences");
        list.push(b'[');
        for (at, stop) in stops.enumerate() {
            if at > 0 {
                list.push(b',');
            }
            json::write_string(stop, list);
        }
        list.push(b']');
    }
    config.close();
    for (given, name) in [
        (params.seed.is_some(), "seed"),
        (params.n.is_some_and(|n| n > 1), "n"),
        (params.presence_penalty.is_some(), "presence_penalty"),
        (params.frequency_penalty.is_some(), "frequency_penalty"),
        (params.logprobs == Some(true), "logprobs"),
        (params.top_logprobs.is_some(), "top_logprobs"),
        (params.parallel_tool_calls.is_some(), "parallel_tool_calls"),
    ] {
        if given {
            notes.add(name, "left out, this wire has no field for it");
        }
    }
}

/// Temperature and top-p as far as the model takes them.
fn sampling(
    params: &Params,
    maker: Maker,
    thinking: &Thinking,
    notes: &mut Notes,
) -> (Option<f64>, Option<f64>) {
    let (mut temperature, mut top_p) = (params.temperature, params.top_p);
    let fixed = matches!(maker, Maker::Claude(major, minor) if (major, minor) >= (4, 7));
    if fixed || thinking.unbounded {
        for (given, name) in [
            (temperature.take().is_some(), "temperature"),
            (top_p.take().is_some(), "top_p"),
        ] {
            if given {
                notes.add(name, "left out, the model refuses it");
            }
        }
    }
    if thinking.on && matches!(maker, Maker::Claude(..)) {
        if temperature.take().is_some_and(|temperature| temperature != 1.0) {
            notes.add("temperature", "left out, a model that thinks refuses it");
        }
        if top_p.is_some_and(|top_p| top_p < 0.95) {
            top_p = None;
            notes.add("top_p", "left out, a model that thinks refuses it");
        }
    }
    if let Some(high) = temperature.filter(|temperature| *temperature > 1.0) {
        temperature = Some(1.0);
        notes.add(
            "temperature",
            &format!("{high} lowered to 1, the provider's most"),
        );
    }
    let one_only = matches!(maker, Maker::Claude(major, minor) if (major, minor) >= (4, 1));
    if one_only && temperature.is_some() && top_p.take().is_some() {
        notes.add("top_p", "left out, the model takes it or the temperature");
    }
    (temperature, top_p)
}

/// Fields for the model's own request, past Converse.
fn additional(
    request: &Request,
    maker: Maker,
    thinking: &Thinking,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let mut fields = thinking.fields.clone();
    if let Some(most) = request.params.top_k {
        let refuses = matches!(maker, Maker::Claude(major, minor) if thinking.on || (major, minor) >= (4, 7));
        match maker {
            Maker::Claude(..) if refuses => notes.add("top_k", "left out, the model refuses it"),
            Maker::Claude(..) | Maker::Mistral => fields.push(("top_k", most.to_string())),
            Maker::Nova { .. } => fields.push(("inferenceConfig", format!(r#"{{"topK":{most}}}"#))),
            Maker::GptOss | Maker::Other => notes.add("top_k", "left out, the model has no field for it"),
        }
    }
    let theirs = own(request).and_then(|extra| extra.get("additionalModelRequestFields"));
    let theirs = theirs.and_then(|raw| serde_json::from_str::<&serde_json::value::RawValue>(raw.get()).ok());
    let theirs = theirs.and_then(json::fields).unwrap_or_default();
    if fields.is_empty() && theirs.is_empty() {
        return;
    }
    let mut inner = Object::open(object.key("additionalModelRequestFields"));
    for (name, value) in &fields {
        inner.raw(name, value);
    }
    for (name, value) in theirs {
        if !fields.iter().any(|(ours, _)| *ours == name) {
            inner.raw(&name, value.get());
        }
    }
    inner.close();
}

/// The request's extra fields, if they are of this wire.
fn own(request: &Request) -> Option<&domain::Extra> {
    (request.wire == Wire::BedrockConverse).then_some(&request.extra)
}

/// Fields of this wire that are written above.
const OURS: &[&str] = &[
    "messages",
    "system",
    "toolConfig",
    "inferenceConfig",
    "additionalModelRequestFields",
    "outputConfig",
    "session_id",
];

fn extra(request: &Request, object: &mut Object<'_>, notes: &mut Notes) {
    if let Some(extra) = own(request) {
        object.extra(extra, |name| !OURS.contains(&name));
        return;
    }
    for (name, value) in request.extra.iter() {
        match name {
            "session_id" | "stream_options" => {}
            _ if provider_thinking::reads(name) => {}
            "service_tier" => match value.parse::<String>().as_deref() {
                Ok(tier @ ("priority" | "default" | "flex" | "reserved")) => {
                    let mut inner = Object::open(object.key("serviceTier"));
                    inner.string("type", tier);
                    inner.close();
                }
                Ok(_) | Err(_) => notes.add(name, "left out, the provider has no such tier"),
            },
            "metadata" if fits_metadata(value.get()) => {
                object.raw("requestMetadata", value.get());
                notes.add(name, "renamed requestMetadata");
            }
            _ => notes.add(name, "left out, this wire has no field for it"),
        }
    }
}

/// Whether the provider takes this metadata: up to 16 short texts of plain characters.
fn fits_metadata(json: &str) -> bool {
    let Ok(map) = serde_json::from_str::<std::collections::BTreeMap<String, String>>(json) else {
        return false;
    };
    let plain = |text: &str| {
        text.len() <= 256
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == ' ' || ":_@$#=/+,-.".contains(c))
    };
    (1..=16).contains(&map.len())
        && map
            .iter()
            .all(|(key, value)| !key.is_empty() && plain(key) && plain(value))
}
