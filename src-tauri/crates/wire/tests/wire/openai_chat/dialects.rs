//! Requests as each provider wants them (W-171 to W-175), and requests that came in on another wire.

use domain::{Extra, Quirks, RawJson, Wire};
use inglenook_wire::catalog;
use inglenook_wire::openai_chat::decode_request;
use serde_json::{Value, json};

use crate::round_trip::{decode, encode};

fn quirks(kind: &str) -> Quirks {
    catalog::find(kind).unwrap().quirks.clone()
}

fn to(kind: &str, body: &Value) -> (Value, Vec<String>) {
    encode(&decode(body).unwrap(), &quirks(kind))
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}})
}

#[test]
fn mistral_gets_ids_of_nine_characters() {
    let history = |ids: [&str; 3]| {
        json!({"messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "tool_calls": [call(ids[0]), call(ids[1])]},
            {"role": "tool", "tool_call_id": ids[1], "content": "b"},
            {"role": "tool", "tool_call_id": ids[0], "content": "a"},
            {"role": "assistant", "tool_calls": [call(ids[2])]},
            {"role": "tool", "tool_call_id": ids[2], "content": "c"},
        ]})
    };
    let ids = |sent: &Value| -> Vec<String> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let messages = &sent["messages"];
        vec![
            text(&messages[1]["tool_calls"][0]["id"]),
            text(&messages[1]["tool_calls"][1]["id"]),
            text(&messages[4]["tool_calls"][0]["id"]),
            text(&messages[3]["tool_call_id"]),
            text(&messages[2]["tool_call_id"]),
            text(&messages[5]["tool_call_id"]),
        ]
    };
    let body = history(["call_abc", "toolu_01:x.y", "D681PevKs"]);
    let (sent, _) = to("mistral", &body);
    let sent = ids(&sent);
    assert_eq!(sent[..3], sent[3..], "calls and results agree");
    assert_eq!(sent[2], "D681PevKs", "an id that fits stays");
    for id in &sent {
        assert!(
            id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{id}"
        );
    }
    assert_ne!(sent[0], sent[1]);
    let (again, _) = to("mistral", &body);
    assert_eq!(ids(&again), sent, "the same in every request");
    let (others, _) = to("groq", &body);
    assert_eq!(others["messages"][1]["tool_calls"][0]["id"], "call_abc");
}

#[test]
fn ids_that_were_rewritten_for_clients_reach_their_maker_as_he_made_them() {
    let answer = r#"{"id":"x","choices":[{"message":{"tool_calls":[{"id":"functions.f:0","function":{"name":"f","arguments":"{}"}}]}}]}"#;
    let answer = inglenook_wire::openai_chat::decode_answer(answer.as_bytes()).unwrap();
    let mut out = Vec::new();
    inglenook_wire::openai_chat::encode_answer(&answer, &crate::support::envelope(), &mut out);
    let ours: Value = serde_json::from_slice(&out).unwrap();
    let id = ours["choices"][0]["message"]["tool_calls"][0]["id"]
        .as_str()
        .unwrap();
    assert!(
        id.len() <= 64
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'),
        "W-74: {id}"
    );
    let body = json!({"messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "tool_calls": [call(id)]},
        {"role": "tool", "tool_call_id": id, "content": "a"},
    ]});
    let (sent, _) = to("groq", &body);
    assert_eq!(sent["messages"][1]["tool_calls"][0]["id"], "functions.f:0");
    assert_eq!(sent["messages"][2]["tool_call_id"], "functions.f:0");
}

#[test]
fn mistral_has_words_of_its_own() {
    let body = json!({
        "messages": [{"role": "user", "content": "hi"}], "seed": 7, "max_completion_tokens": 9, "top_k": 4,
        "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "required",
        "user": "u", "stream": true,
    });
    let (sent, notes) = to("mistral", &body);
    let expected = json!({
        "model": "upstream-model", "messages": [{"role": "user", "content": "hi"}], "random_seed": 7, "max_tokens": 9,
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}],
        "tool_choice": "any", "stream": true,
    });
    assert_eq!(sent, expected);
    assert!(
        notes.contains(&"top_k: left out, the provider has none".to_owned()),
        "{notes:?}"
    );
    assert!(
        notes.iter().any(|note| note.starts_with("user: left out")),
        "{notes:?}"
    );
}

#[test]
fn mistral_ends_with_the_user() {
    let last = |last: Value| {
        let body = json!({"messages": [{"role": "user", "content": "hi"}, last]});
        let (sent, notes) = to("mistral", &body);
        (sent["messages"][1].clone(), notes)
    };
    let (message, notes) = last(json!({"role": "assistant", "content": "Once"}));
    assert_eq!(
        message,
        json!({"role": "assistant", "content": "Once", "prefix": true})
    );
    assert_eq!(
        notes,
        ["the last message: marked as a prefix, the provider wants it so"]
    );
    let own = json!({"role": "assistant", "content": "Once", "prefix": true});
    assert_eq!(last(own.clone()), (own, Vec::new()));
    let (message, _) = last(json!({"role": "system", "content": "Be brief."}));
    assert_eq!(message, json!({"role": "user", "content": "Be brief."}));
    let tool = json!({"role": "user", "content": "x"});
    assert_eq!(last(tool.clone()), (tool, Vec::new()));
}

#[test]
fn mistral_reads_its_reasoning_as_a_part() {
    let body = json!({"messages": [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "yes", "reasoning_content": "hm"},
        {"role": "user", "content": "why"},
    ]});
    let (sent, notes) = to("mistral", &body);
    let expected = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"},
    ]);
    assert_eq!(
        sent["messages"][1],
        json!({"role": "assistant", "content": expected})
    );
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn a_schema_becomes_an_instruction_where_there_is_none() {
    let body = json!({
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hi"}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}},
    });
    let (sent, notes) = to("deepseek", &body);
    assert_eq!(sent["response_format"], json!({"type": "json_object"}));
    let instruction = sent["messages"][1]["content"].as_str().unwrap();
    assert!(
        instruction.ends_with(r#"this JSON Schema: {"type":"object"}"#),
        "{instruction}"
    );
    assert_eq!(
        (&sent["messages"][0]["content"], &sent["messages"][2]["content"]),
        (&json!("Be kind."), &json!("hi"))
    );
    assert_eq!(
        notes,
        ["response_format: sent as json_object, the schema as an instruction"]
    );
    let (sent, _) = to("openai", &body);
    assert_eq!(sent["response_format"], body["response_format"]);
    assert_eq!(sent["messages"], body["messages"]);
}

#[test]
fn fields_of_other_wires_are_translated_or_told() {
    let mut request = decode_request(br#"{"messages":[{"role":"user","content":"hi"}]}"#).unwrap();
    let mut send = |wire: Wire, fields: &[(&str, &str)]| {
        request.request.wire = wire;
        request.request.extra = Extra::new();
        for (name, value) in fields {
            request.request.extra.set(*name, RawJson::new(*value));
        }
        let (mut sent, notes) = encode(&request, &Quirks::default());
        let sent = sent.as_object_mut().unwrap();
        sent.remove("model");
        sent.remove("messages");
        (Value::Object(sent.clone()), notes)
    };
    let (sent, notes) = send(
        Wire::AnthropicMessages,
        &[
            ("metadata", r#"{"user_id":"u-1"}"#),
            ("service_tier", r#""standard_only""#),
            ("container", "\"c\""),
            ("thinking", r#"{"type":"adaptive"}"#),
        ],
    );
    assert_eq!(sent, json!({"user": "u-1", "service_tier": "default"}));
    assert_eq!(notes, ["container: left out, this wire has no field for it"]);
    let (sent, notes) = send(
        Wire::OpenAiResponses,
        &[
            ("metadata", r#"{"k":"v"}"#),
            ("prompt_cache_key", "\"p\""),
            ("text", r#"{"verbosity":"low"}"#),
            ("previous_response_id", "\"resp_1\""),
        ],
    );
    assert_eq!(
        sent,
        json!({"metadata": {"k": "v"}, "prompt_cache_key": "p", "verbosity": "low"})
    );
    assert_eq!(
        notes,
        ["previous_response_id: left out, this wire has no field for it"]
    );
    let (sent, notes) = send(Wire::Gemini, &[("safetySettings", "[]")]);
    assert_eq!(sent, json!({}));
    assert_eq!(notes, ["safetySettings: left out, this wire has no field for it"]);
    let (sent, notes) = send(Wire::OpenAiChat, &[("safetySettings", "[]")]);
    assert_eq!((sent, notes), (json!({"safetySettings": []}), Vec::new()), "W-43");
}
