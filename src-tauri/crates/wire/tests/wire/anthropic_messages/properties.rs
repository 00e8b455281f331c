//! Properties over made-up requests and streams.

use domain::{Delta, Event, Extra, RawJson, StopReason};
use inglenook_wire::anthropic_messages::{decode_answer, decode_models, decode_request};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::round_trip::round_trip;
use super::strict;
use super::support::{decode, envelope, gathered, serve};

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}x",
        Just("\u{1F600}\"\\\n\r\t\u{0}\u{2028}.".to_owned())
    ]
}

fn unknown() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from),
        word().prop_map(|text| json!({"deep": [text, null]})),
    ];
    proptest::collection::vec(("x_[a-z]{1,8}", value), 0..3)
}

fn and(mut object: Value, fields: Vec<(String, Value)>) -> Value {
    for (name, value) in fields {
        object[name] = value;
    }
    object
}

fn data() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+/]{0,10}".prop_map(|text| format!("{text}AA=="))
}

/// Blocks that both speakers may say.
fn block() -> impl Strategy<Value = Value> {
    let known = prop_oneof![
        word().prop_map(|text| json!({"type": "text", "text": text})),
        data().prop_map(|data| json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}})),
        "[a-z]{1,9}".prop_map(|path| json!({"type": "image", "source": {"type": "url", "url": format!("https://example.com/{path}")}})),
        ("[a-z]{1,9}", word()).prop_map(|(id, title)| json!({"type": "document", "title": title, "source": {"type": "file", "file_id": id}})),
        word().prop_map(|text| json!({"type": "document", "citations": {"enabled": true}, "source": {"type": "text", "media_type": "text/plain", "data": text}})),
        word().prop_map(|text| json!({"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": text}]}})),
        word().prop_map(|text| json!({"type": "search_result", "source": text})),
        word().prop_map(|text| json!({"type": "news", "of": {"tomorrow": text}})),
    ];
    (known, unknown()).prop_map(|(block, fields)| and(block, fields))
}

fn result() -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        word().prop_map(Value::from),
        proptest::collection::vec(block(), 1..3).prop_map(Value::from)
    ];
    ("[a-zA-Z0-9_-]{1,20}", content, any::<bool>(), unknown()).prop_map(|(id, content, error, fields)| {
        and(
            json!({"type": "tool_result", "tool_use_id": id, "content": content, "is_error": error}),
            fields,
        )
    })
}

fn message() -> impl Strategy<Value = Value> {
    let user = (
        proptest::collection::vec(result(), 0..3),
        proptest::collection::vec(block(), 1..3),
    )
        .prop_map(|(mut content, blocks)| {
            content.extend(blocks);
            json!({"role": "user", "content": content})
        });
    let thinking = (word(), word(), any::<bool>()).prop_map(|(text, sealed, redacted)| {
        if redacted {
            json!({"type": "redacted_thinking", "data": sealed})
        } else {
            json!({"type": "thinking", "thinking": text, "signature": sealed})
        }
    });
    let call = ("[a-zA-Z0-9_-]{1,20}", "[a-zA-Z0-9_-]{1,20}", word(), unknown()).prop_map(
        |(id, name, text, fields)| {
            and(
                json!({"type": "tool_use", "id": id, "name": name, "input": {"of": text}}),
                fields,
            )
        },
    );
    let assistant = (
        proptest::collection::vec(thinking, 0..3),
        proptest::collection::vec(block(), 1..3),
        proptest::collection::vec(call, 1..3),
    )
        .prop_map(|(mut content, blocks, calls)| {
            content.extend(blocks);
            content.extend(calls);
            json!({"role": "assistant", "content": content})
        });
    let plain = word().prop_map(|text| json!({"role": "user", "content": text}));
    (prop_oneof![user, assistant, plain], unknown()).prop_map(|(message, fields)| and(message, fields))
}

fn tool() -> impl Strategy<Value = Value> {
    let client = ("[a-zA-Z0-9_-]{1,64}", word(), any::<bool>()).prop_map(|(name, description, strict)| {
        json!({"name": name, "description": description, "strict": strict, "input_schema": {"type": "object"}})
    });
    let server = Just(json!({"type": "web_search_20250305", "name": "web_search"}));
    (prop_oneof![client, server], unknown()).prop_map(|(tool, fields)| and(tool, fields))
}

fn request() -> impl Strategy<Value = Value> {
    let thinking = prop_oneof![
        (1024..5000_u64).prop_map(|tokens| json!({"type": "enabled", "budget_tokens": tokens})),
        Just(json!({"type": "adaptive", "display": "omitted"})),
        Just(json!({"type": "disabled"})),
        Just(json!({"type": "tomorrow"})),
    ];
    let config = prop_oneof![
        Just(json!({"effort": "xhigh"})),
        Just(
            json!({"format": {"type": "json_schema", "schema": {"type": "object"}, "x": 1}, "effort": "low"})
        ),
        Just(json!({"format": {"type": "tomorrow"}, "task_budget": {"total": 5}})),
    ];
    let choice = prop_oneof![
        Just(json!({"type": "auto", "disable_parallel_tool_use": true})),
        Just(json!({"type": "none"})),
        Just(json!({"type": "tomorrow", "name": "x"})),
    ];
    (
        message().prop_map(|mut first| {
            first["role"] = "user".into();
            first["content"] = "hi".into();
            first
        }),
        proptest::collection::vec(message(), 0..5),
        proptest::collection::vec(tool(), 1..3),
        (proptest::option::of(thinking), proptest::option::of(config), proptest::option::of(choice)),
        (word(), unknown(), any::<bool>()),
    )
        .prop_map(|(first, rest, tools, (thinking, config, choice), (text, fields, stream))| {
            let mut messages = vec![first];
            // the wire has no answer that goes on behind calls
            messages.extend(rest.into_iter().flat_map(|message| [message, json!({"role": "user", "content": "go"})]));
            let mut body = json!({
                "max_tokens": 9000, "messages": messages, "tools": tools, "stream": stream,
                "system": [{"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
                "stop_sequences": [text], "metadata": {"user_id": "u"}, "container": "c",
                "context_management": {"edits": []}, "mcp_servers": [{"type": "url"}], "service_tier": "auto",
            });
            for (name, value) in [("thinking", thinking), ("output_config", config), ("tool_choice", choice)] {
                if let Some(value) = value {
                    body[name] = value;
                }
            }
            and(body, fields)
        })
}

/// Events as a decoder may hand them out.
fn deltas() -> impl Strategy<Value = Vec<Delta>> {
    let signature = || proptest::option::of(word());
    let delta = prop_oneof![
        word().prop_map(|text| Delta::Text { text, logprobs: None }),
        word().prop_map(|text| Delta::Reasoning { text }),
        word().prop_map(|text| Delta::Refusal { text }),
        signature().prop_map(|signature| Delta::ReasoningEnd {
            signature,
            extra: Extra::new()
        }),
        word().prop_map(|text| {
            let mut extra = Extra::new();
            extra.set("citations", RawJson::of(&json!([{"cited_text": text}])));
            Delta::TextExtra { extra }
        }),
        (0..3_u32, word()).prop_map(|(index, fragment)| Delta::ToolCallArguments { index, fragment }),
    ];
    proptest::collection::vec(delta, 0..20)
}

proptest! {
    #[test]
    fn requests_reach_the_provider(body in request()) {
        round_trip(&body);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_request(&bytes);
        let _ = decode_answer(&bytes);
        let _ = decode_models(&bytes);
        let _ = decode([bytes.as_slice()]);
    }

    #[test]
    fn mutated_json_never_panics(body in request(), at in any::<proptest::sample::Index>(), with in any::<[u8; 3]>(), cut in any::<bool>()) {
        let mut bytes = body.to_string().into_bytes();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
        } else {
            let end = (at + 2).min(bytes.len());
            bytes.splice(at..end, with);
        }
        let _ = decode_request(&bytes);
    }

    #[test]
    fn what_is_served_reads_back(deltas in deltas()) {
        let mut events = vec![Event::Started { id: None, model: None, extra: Extra::new() }];
        for index in 0..3 {
            let delta = Delta::ToolCallStart { index, id: format!("call_{index}"), name: "f".into(), extra: Extra::new() };
            events.push(Event::Delta { choice: 0, delta });
        }
        events.extend(deltas.into_iter().map(|delta| Event::Delta { choice: 0, delta }));
        events.push(Event::Finished { choice: 0, reason: StopReason::Stop });
        let stream = serve(&events, &Ok(()), envelope());
        let read = strict::read(&stream);
        let texts = |kind: &str| -> String {
            read.message["content"].as_array().unwrap().iter().filter_map(|block| block[kind].as_str()).collect()
        };
        let all = |pick: fn(&Delta) -> &str| -> String {
            events.iter().map(|event| match event {
                Event::Delta { delta, .. } => pick(delta),
                Event::Started { .. } | Event::Finished { .. } | Event::Usage { .. } => "",
            }).collect()
        };
        let said = all(|delta| if let Delta::Text { text, .. } | Delta::Refusal { text } = delta { text } else { "" });
        prop_assert_eq!(texts("text"), said);
        prop_assert_eq!(texts("thinking"), all(|delta| if let Delta::Reasoning { text } = delta { text } else { "" }));
        // and our own stream, read as a provider's, says the same
        let (again, outcome) = decode([stream.as_bytes()]);
        prop_assert_eq!(&outcome, &Ok(()));
        prop_assert_eq!(&gathered(&again).choices[0].message.role, &domain::Role::Assistant);
        prop_assert_eq!(strict::read(&serve(&again, &outcome, envelope())).message, read.message);
    }
}
