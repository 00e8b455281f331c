//! Requests and answers through both codecs, compared as JSON values after the documented normalisations.

use domain::Quirks;
use inglenook_wire::gemini::{
    ClientRequest, Envelope, decode_answer, decode_request, encode_answer, encode_request,
};
use serde_json::{Map, Value, json};

/// Reads a client's request.
pub fn read(body: &Value) -> ClientRequest {
    decode_request(body.to_string().as_bytes())
        .unwrap_or_else(|failure| panic!("{failure} {:?} {body}", failure.param()))
}

/// Writes a request for a model, with what was told about it.
pub fn sent(request: &domain::Request, model: &str) -> (Value, Vec<String>) {
    let mut out = Vec::new();
    let applied = encode_request(request, model, &Quirks::default(), &mut out);
    let notes = applied
        .into_iter()
        .map(|note| format!("{}: {}", note.what, note.how))
        .collect();
    (serde_json::from_slice(&out).unwrap(), notes)
}

/// Keys that have two spellings, outside of what programs name themselves.
fn camel(name: &str) -> String {
    let mut out = String::new();
    for piece in name.split('_') {
        match out.is_empty() {
            true => out.push_str(piece),
            false => {
                let mut chars = piece.chars();
                out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
                out.push_str(chars.as_str());
            }
        }
    }
    out
}

const SPELLED_TWICE: &[&str] = &[
    "system_instruction",
    "tool_config",
    "generation_config",
    "function_declarations",
    "parameters_json_schema",
    "function_calling_config",
    "allowed_function_names",
    "function_call",
    "function_response",
    "inline_data",
    "file_data",
    "file_uri",
    "mime_type",
    "display_name",
    "thought_signature",
];

fn spelled_once(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let old = std::mem::take(object);
            for (name, mut field) in old {
                // what a program or a model named is left alone
                if !matches!(
                    name.as_str(),
                    "args" | "response" | "parameters" | "parametersJsonSchema"
                ) {
                    spelled_once(&mut field);
                }
                let name = if SPELLED_TWICE.contains(&name.as_str()) {
                    camel(&name)
                } else {
                    name
                };
                object.insert(name, field);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(spelled_once),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Types in small letters: enough of the dialect for what the recordings hold.
fn small(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(word)) = object.get_mut("type") {
                *word = word.to_lowercase();
            }
            object.values_mut().for_each(small);
        }
        Value::Array(list) => list.iter_mut().for_each(small),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What a request becomes without a change of meaning; each step is a documented normalisation.
pub fn normalised(mut body: Value) -> Value {
    spelled_once(&mut body);
    let object = body.as_object_mut().unwrap();
    for tool in object
        .get_mut("tools")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let functions = tool.get_mut("functionDeclarations").and_then(Value::as_array_mut);
        for function in functions.into_iter().flatten() {
            let function = function.as_object_mut().unwrap();
            if let Some(mut schema) = function.remove("parameters") {
                small(&mut schema);
                function.insert("parametersJsonSchema".into(), schema);
            }
            function
                .entry("parametersJsonSchema")
                .or_insert(json!({"type": "object", "properties": {}}));
        }
    }
    // the role of instructions says nothing
    if let Some(system) = object.get_mut("systemInstruction") {
        system.as_object_mut().unwrap().remove("role");
    }
    for content in object["contents"].as_array_mut().unwrap() {
        content
            .as_object_mut()
            .unwrap()
            .entry("role")
            .or_insert("user".into());
    }
    if object.get("generationConfig") == Some(&json!({})) {
        object.remove("generationConfig");
    }
    body
}

/// Takes out ids that were made up because the client gave none.
fn without_made_ids(ours: &mut Value, theirs: &Value) {
    let both = ours["contents"].as_array_mut().unwrap().iter_mut();
    for (our, their) in both.zip(theirs["contents"].as_array().unwrap()) {
        let parts = our["parts"].as_array_mut().unwrap().iter_mut();
        for (our, their) in parts.zip(their["parts"].as_array().unwrap()) {
            for kind in ["functionCall", "functionResponse"] {
                if their[kind].is_object() && their[kind]["id"].is_null() {
                    let made = our[kind].as_object_mut().and_then(|call| call.remove("id"));
                    assert!(made.is_some_and(|id| id.as_str().is_some_and(|id| id.len() == 9)));
                }
            }
        }
    }
}

/// 1 and 1.0 are the same number.
fn numbers(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let whole = |float: &f64| float.fract() == 0.0 && float.abs() < 1e15;
            if let Some(float) = number.as_f64().filter(whole) {
                *value = json!(float as i64);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(numbers),
        Value::Object(object) => object.values_mut().for_each(numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Sends a request through both codecs and compares.
pub fn round_trip(body: &Value, model: &str) {
    let (mut sent, notes) = sent(&read(body).request, model);
    // as text and back, for the tree's floats may differ from their text by the last bit
    let mut expected = normalised(serde_json::from_str(&body.to_string()).unwrap());
    without_made_ids(&mut sent, &expected);
    numbers(&mut sent);
    numbers(&mut expected);
    assert_eq!(sent, expected);
    assert_eq!(notes, Vec::<String>::new());
}

/// An answer through both codecs, with the fields taken out that are the envelope's or say nothing.
pub fn answer_round_trip(body: &Value) {
    let answer = decode_answer(body.to_string().as_bytes()).unwrap();
    let envelope = Envelope {
        id: answer.id.clone().unwrap_or_default(),
        model: answer.model.clone().unwrap_or_default(),
    };
    let mut out = Vec::new();
    encode_answer(&answer, &envelope, &mut out);
    let mut ours: Value = serde_json::from_slice(&out).unwrap();
    let mut theirs: Value = serde_json::from_str(&body.to_string()).unwrap();
    for whole in [&mut ours, &mut theirs] {
        for (at, candidate) in whole["candidates"].as_array_mut().unwrap().iter_mut().enumerate() {
            let candidate = candidate.as_object_mut().unwrap();
            candidate.entry("index").or_insert(at.into());
            let content = candidate.entry("content").or_insert(json!({}));
            let content: &mut Map<String, Value> = content.as_object_mut().unwrap();
            content.entry("role").or_insert("model".into());
            content.entry("parts").or_insert(json!([{"text": ""}]));
            for part in content["parts"].as_array_mut().unwrap() {
                if let Some(call) = part.get_mut("functionCall") {
                    call.as_object_mut().unwrap().remove("id");
                }
            }
        }
    }
    assert_eq!(ours, theirs);
}
