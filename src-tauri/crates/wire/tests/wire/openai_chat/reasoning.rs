//! Thinking: asked for in every dialect, told under one name, and handed back as its provider wants it.

use domain::{Delta, Event, Part, Quirks};
use inglenook_wire::catalog;
use inglenook_wire::openai_chat::{decode_answer, encode_answer};
use serde_json::{Value, json};

use crate::round_trip::{decode, encode, round_trip};
use crate::support::{self, envelope};

fn quirks(kind: &str) -> Quirks {
    catalog::find(kind).map_or_else(Quirks::default, |entry| entry.quirks.clone())
}

/// What is left of a request's thinking fields at a provider.
fn asked(kind: &str, fields: &Value) -> Value {
    let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    let (mut sent, _) = encode(&decode(&body).unwrap(), &quirks(kind));
    let sent = sent.as_object_mut().unwrap();
    sent.remove("model");
    sent.remove("messages");
    Value::Object(sent.clone())
}

#[test]
fn every_way_of_asking_is_understood() {
    for (fields, effort, tokens) in [
        (json!({"reasoning_effort": "low"}), Some("low"), None),
        (json!({"reasoning_effort": null}), None, None),
        (
            json!({"reasoning": {"effort": "high", "exclude": true}}),
            Some("high"),
            None,
        ),
        (json!({"reasoning": {"max_tokens": 2000}}), None, Some(2000)),
        (json!({"reasoning": {"enabled": true}}), Some("medium"), None),
        (json!({"reasoning": {"enabled": false}}), Some("none"), Some(0)),
        (
            json!({"thinking": {"type": "enabled", "budget_tokens": 4096}}),
            None,
            Some(4096),
        ),
        (json!({"thinking": {"type": "enabled"}}), Some("medium"), None),
        (json!({"thinking": {"type": "disabled"}}), Some("none"), Some(0)),
        (json!({"thinking": {"type": "adaptive"}}), None, None),
        (
            json!({"thinking": {"type": "enabled"}, "reasoning_effort": "max"}),
            Some("max"),
            None,
        ),
        (
            json!({"thinking": {"type": "disabled"}, "reasoning_effort": "max"}),
            Some("none"),
            Some(0),
        ),
        (json!({"reasoning": "odd", "thinking": 7}), None, None),
    ] {
        let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let params = decode(&body).unwrap().request.params;
        assert_eq!(
            (params.reasoning_effort.as_deref(), params.reasoning_tokens),
            (effort, tokens),
            "{fields}"
        );
    }
    for (fields, param) in [
        (json!({"reasoning": {"effort": 7}}), "reasoning.effort"),
        (json!({"reasoning": {"max_tokens": -1}}), "reasoning.max_tokens"),
        (
            json!({"thinking": {"budget_tokens": "x"}}),
            "thinking.budget_tokens",
        ),
    ] {
        let mut body = json!({"messages": [{"role": "user", "content": "hi"}]});
        body.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        assert_eq!(decode(&body).unwrap_err().param(), Some(param));
    }
}

#[test]
fn every_provider_is_asked_in_its_own_way() {
    let effort = json!({"reasoning_effort": "high"});
    let object = json!({"reasoning": {"effort": "high", "exclude": true}});
    let budget = json!({"thinking": {"type": "enabled", "budget_tokens": 3000}});
    let off = json!({"thinking": {"type": "disabled"}});
    for (kind, fields, sent) in [
        ("custom", &effort, effort.clone()),
        ("custom", &object, object.clone()),
        ("custom", &budget, budget.clone()),
        ("custom", &off, off.clone()),
        ("openai", &effort, effort.clone()),
        ("openai", &object, effort.clone()),
        ("openai", &budget, json!({"reasoning_effort": "medium"})),
        ("openai", &off, json!({"reasoning_effort": "none"})),
        ("openrouter", &effort, json!({"reasoning": {"effort": "high"}})),
        ("openrouter", &object, object.clone()),
        ("openrouter", &budget, json!({"reasoning": {"max_tokens": 3000}})),
        ("openrouter", &off, json!({"reasoning": {"enabled": false}})),
        ("deepseek", &effort, effort.clone()),
        ("deepseek", &object, effort.clone()),
        ("deepseek", &budget, budget.clone()),
        ("deepseek", &off, off.clone()),
        ("alibaba", &effort, json!({"enable_thinking": true})),
        (
            "alibaba",
            &budget,
            json!({"enable_thinking": true, "thinking_budget": 3000}),
        ),
        ("alibaba", &off, json!({"enable_thinking": false})),
        ("google", &object, effort.clone()),
    ] {
        assert_eq!(asked(kind, fields), sent, "{fields} to {kind}");
    }
}

#[test]
fn an_agent_that_decides_otherwise_is_obeyed() {
    let body = json!({"messages": [{"role": "user", "content": "hi"}], "reasoning": {"effort": "high", "exclude": true}});
    let mut request = decode(&body).unwrap();
    request.request.params.reasoning_effort = Some("low".into());
    let (sent, notes) = encode(&request, &quirks("custom"));
    assert_eq!(
        (&sent["reasoning_effort"], sent.get("reasoning")),
        (&json!("low"), None)
    );
    assert_eq!(notes, ["reasoning: written as this provider reads it"]);
    let (sent, _) = encode(&request, &quirks("openrouter"));
    assert_eq!(sent["reasoning"], json!({"effort": "low", "exclude": true}));
}

fn history(fields: &Value) -> Value {
    let mut message = json!({"role": "assistant", "content": "yes"});
    for (name, value) in fields.as_object().unwrap() {
        message[name] = value.clone();
    }
    json!({"messages": [{"role": "user", "content": "hi"}, message, {"role": "user", "content": "why"}]})
}

#[test]
fn earlier_reasoning_stands_where_the_provider_wants_it() {
    let details =
        json!([{"type": "reasoning.text", "text": "hm", "signature": "S", "format": "f", "index": 0}]);
    for (kind, fields, sent) in [
        (
            "custom",
            json!({"reasoning_content": "hm"}),
            json!({"reasoning_content": "hm"}),
        ),
        ("custom", json!({"reasoning": "hm"}), json!({"reasoning": "hm"})),
        (
            "custom",
            json!({"reasoning": "hm", "reasoning_content": "hm"}),
            json!({"reasoning_content": "hm"}),
        ),
        (
            "custom",
            json!({"reasoning_details": details}),
            json!({"reasoning_details": details}),
        ),
        (
            "cerebras",
            json!({"reasoning_content": "hm"}),
            json!({"reasoning": "hm"}),
        ),
        (
            "openrouter",
            json!({"reasoning_content": "hm"}),
            json!({"reasoning": "hm"}),
        ),
        (
            "openrouter",
            json!({"reasoning": "hm", "reasoning_details": details}),
            json!({"reasoning": "hm", "reasoning_details": details}),
        ),
        (
            "deepseek",
            json!({"reasoning": "hm"}),
            json!({"reasoning_content": "hm"}),
        ),
        (
            "openai",
            json!({"reasoning_content": "hm", "reasoning_details": details}),
            json!({}),
        ),
    ] {
        let (message, _) = encode(&decode(&history(&fields)).unwrap(), &quirks(kind));
        let mut message = message["messages"][1].clone();
        let message = message.as_object_mut().unwrap();
        message.remove("role");
        message.remove("content");
        assert_eq!(Value::Object(message.clone()), sent, "{fields} to {kind}");
    }
}

#[test]
fn deepseek_gets_reasoning_with_every_turn_that_had_tools() {
    let call = json!({"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let mut body = json!({
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "a", "reasoning_content": "hm", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": "x"},
            {"role": "assistant", "content": "lost"},
            {"role": "user", "content": "why"},
        ],
        "tools": [{"type": "function", "function": {"name": "f"}}],
    });
    let (sent, notes) = encode(&decode(&body).unwrap(), &quirks("deepseek"));
    assert_eq!(sent["messages"][1]["reasoning_content"], "hm");
    assert_eq!(sent["messages"][3]["reasoning_content"], "");
    assert_eq!(notes, ["reasoning: lost, an empty one is sent in its place"]);
    body["tools"] = json!([]);
    body["messages"] = json!([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "x"}]);
    let (sent, _) = encode(&decode(&body).unwrap(), &quirks("deepseek"));
    assert_eq!(sent["messages"][1].get("reasoning_content"), None);
}

/// What OpenRouter streams: text in pieces, then the signature, then a call.
const SIGNED: &str = concat!(
    r#"data: {"id":"g","choices":[{"index":0,"delta":{"reasoning":"th","reasoning_details":[{"type":"reasoning.text","text":"th","format":"f","index":0}]}}]}"#,
    "\n\n",
    r#"data: {"id":"g","choices":[{"index":0,"delta":{"reasoning":"ink","reasoning_details":[{"type":"reasoning.text","text":"ink","format":"f","index":0}]}}]}"#,
    "\n\n",
    r#"data: {"id":"g","choices":[{"index":0,"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"S","format":"f","index":0}]}}]}"#,
    "\n\n",
    r#"data: {"id":"g","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]}}]}"#,
    "\n\n",
    r#"data: {"id":"g","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
    "\n\ndata: [DONE]\n\n",
);

const BLOCK: &str = r#"[{"type":"reasoning.text","text":"think","format":"f","index":0,"signature":"S"}]"#;

#[test]
fn signed_blocks_are_put_together_before_what_follows() {
    for pieces in support::cuts(SIGNED.as_bytes()) {
        let (events, outcome) = support::decode(pieces);
        assert_eq!(outcome, Ok(()));
        let ends: Vec<usize> = events
            .iter()
            .enumerate()
            .filter(|(_, event)| {
                matches!(event, Event::Delta { delta: Delta::ReasoningEnd { signature: Some(signature), extra }, .. }
                    if signature == "S" && extra.get("reasoning_details").unwrap().get() == BLOCK)
            })
            .map(|(at, _)| at)
            .collect();
        let call = events.iter().position(|event| {
            matches!(
                event,
                Event::Delta {
                    delta: Delta::ToolCallStart { .. },
                    ..
                }
            )
        });
        assert_eq!(ends.len(), 1, "{events:?}");
        assert!(Some(ends[0]) < call);
        // a client of the same wire gets the pieces as they came, and not once more in whole
        let stream = support::encode(&events, &outcome, false);
        assert_eq!(stream.matches("reasoning_details").count(), 3, "{stream}");
        assert!(stream.contains(
            r#""reasoning_details":[{"type":"reasoning.text","signature":"S","format":"f","index":0}]"#
        ));
    }
}

#[test]
fn signed_blocks_of_whole_answers_come_out_and_go_back() {
    let body = format!(
        r#"{{"id":"g","choices":[{{"message":{{"content":"yes","reasoning":"think","reasoning_details":{BLOCK}}},"finish_reason":"stop"}}]}}"#
    );
    let answer = decode_answer(body.as_bytes()).unwrap();
    let Part::Reasoning { text, signature, .. } = &answer.choices[0].message.parts[0] else {
        panic!("{answer:?}");
    };
    assert_eq!((text.as_str(), signature.as_deref()), ("think", Some("S")));
    let mut out = Vec::new();
    encode_answer(&answer, &envelope(), &mut out);
    let ours: Value = serde_json::from_slice(&out).unwrap();
    let block: Value = serde_json::from_str(BLOCK).unwrap();
    assert_eq!(ours["choices"][0]["message"]["reasoning_details"], block);
    assert_eq!(ours["choices"][0]["message"]["reasoning_content"], "think");
    // kept in the session, it goes back as it came
    let mut request = decode(&json!({"messages": [{"role": "user", "content": "hi"}]})).unwrap();
    request.request.messages.push(answer.choices[0].message.clone());
    let (sent, _) = encode(&request, &quirks("openrouter"));
    let expected =
        json!({"role": "assistant", "content": "yes", "reasoning": "think", "reasoning_details": block});
    assert_eq!(sent["messages"][1], expected);
    // a stream made of it holds the blocks once
    let events = answer.into_events();
    let stream = support::encode(&events, &Ok(()), false);
    assert_eq!(stream.matches("reasoning_details").count(), 1, "{stream}");
}

#[test]
fn sealed_blocks_have_no_text() {
    let body = r#"{"choices":[{"message":{"content":"yes","reasoning_details":[{"type":"reasoning.encrypted","data":"D"}]}}]}"#;
    let answer = decode_answer(body.as_bytes()).unwrap();
    let mut request = decode(&json!({"messages": [{"role": "user", "content": "hi"}]})).unwrap();
    request.request.messages.push(answer.choices[0].message.clone());
    let (sent, _) = encode(&request, &quirks("openrouter"));
    let details = json!([{"type": "reasoning.encrypted", "data": "D"}]);
    assert_eq!(
        sent["messages"][1],
        json!({"role": "assistant", "content": "yes", "reasoning_details": details})
    );
    // to a provider that has no such field it is left out, and told
    let (sent, notes) = encode(&request, &quirks("mistral"));
    assert_eq!(
        sent["messages"][1],
        json!({"role": "assistant", "content": "yes", "prefix": true})
    );
    assert!(
        notes.contains(&"reasoning signature: left out, this wire has no field for it".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn reasoning_of_clients_reaches_unknown_providers_unchanged() {
    for fields in [
        json!({"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}),
        json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": "D"}]}),
        json!({"reasoning_content": "hm"}),
        json!({"reasoning_content": ""}),
    ] {
        round_trip(&history(&fields));
    }
}
