//! Properties over made-up requests and streams.

use domain::{Delta, Event, Extra, Quirks, StopReason};
use inglenook_wire::openai_responses::{StreamDecoder, decode_answer, decode_request, encode_request};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::{encode, parsed};
use super::replay::decode;
use super::strict;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        Just("\u{1F600}\"\\\n\r\t\u{0}\u{2028}".to_owned()),
    ]
}

/// Fields that nobody knows.
fn unknown() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        text().prop_map(|text| json!({ "deep": [text] })),
    ];
    proptest::collection::vec(("x_[a-z]{1,8}", value), 0..3)
}

fn and(mut object: Value, fields: Vec<(String, Value)>) -> Value {
    for (name, value) in fields {
        object[name] = value;
    }
    object
}

fn part() -> impl Strategy<Value = Value> {
    let known = prop_oneof![
        text().prop_map(|text| json!({"type": "input_text", "text": text})),
        "[A-Za-z0-9+/]{0,40}".prop_map(
            |data| json!({"type": "input_image", "image_url": format!("data:image/png;base64,{data}"), "detail": "auto"})
        ),
        "https://example.com/[a-z]{0,9}".prop_map(|url| json!({"type": "input_image", "image_url": url})),
        ("[a-z]{1,9}", "[A-Za-z0-9+/]{0,40}").prop_map(
            |(name, data)| json!({"type": "input_file", "filename": name, "file_data": format!("data:application/pdf;base64,{data}")})
        ),
        "[A-Za-z0-9+/]{0,40}"
            .prop_map(|data| json!({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}})),
        text().prop_map(|text| json!({"type": "input_hologram", "hologram": text})),
    ];
    (known, unknown()).prop_map(|(part, fields)| and(part, fields))
}

/// Content in the form in which we write it: a lone text without further fields is a string.
fn content() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        (part(), part(), proptest::collection::vec(part(), 0..2)).prop_map(|(one, two, mut rest)| {
            rest.extend([one, two]);
            Value::from(rest)
        }),
    ]
}

fn item() -> impl Strategy<Value = Value> {
    let id = "[a-z0-9]{1,20}";
    let known = prop_oneof![
        ("system|developer|user", content())
            .prop_map(|(role, content)| json!({"type": "message", "role": role, "content": content})),
        (id, text(), text()).prop_map(|(id, one, two)| json!({"type": "message", "id": format!("msg_{id}"), "role": "assistant",
            "content": [{"type": "output_text", "text": one, "annotations": [{"type": "x"}]}, {"type": "refusal", "refusal": two}]})),
        (text(), id).prop_map(|(text, phase)| json!({"type": "message", "role": "assistant", "phase": phase, "content": text})),
        (text(), id).prop_map(|(text, seal)| json!({"type": "reasoning", "encrypted_content": seal,
            "summary": [{"type": "summary_text", "text": text}, {"type": "summary_text", "text": "b"}]})),
        (id, text()).prop_map(|(seal, text)| json!({"type": "reasoning", "encrypted_content": seal, "summary": [],
            "content": [{"type": "reasoning_text", "text": format!("{text}.")}]})),
        (id, text(), "[a-z]{1,9}", "[ -~]{1,20}").prop_map(|(id, call, name, arguments)| json!({"type": "function_call",
            "id": format!("fc_{id}"), "call_id": call, "name": name, "arguments": format!("{{{arguments}")})),
        (text(), "[a-z]{1,9}", text()).prop_map(
            |(call, name, input)| json!({"type": "custom_tool_call", "call_id": call, "name": name, "input": input})
        ),
        (text(), content()).prop_map(
            |(call, output)| json!({"type": "function_call_output", "call_id": format!("o{call}"), "output": output})
        ),
        (text(), content()).prop_map(
            |(call, output)| json!({"type": "custom_tool_call_output", "call_id": format!("u{call}"), "output": output})
        ),
        (id, text()).prop_map(|(id, query)| json!({"type": "web_search_call", "id": id, "query": query})),
        (id, "[A-Za-z0-9+/]{1,40}").prop_map(|(id, data)| json!({"type": "image_generation_call", "id": id, "result": data})),
    ];
    (known, unknown()).prop_map(|(item, fields)| and(item, fields))
}

fn tool() -> impl Strategy<Value = Value> {
    let name = "[a-zA-Z0-9_-]{1,64}";
    let known = prop_oneof![
        (name, text(), any::<bool>()).prop_map(
            |(name, description, strict)| json!({"type": "function", "name": name,
            "description": description, "parameters": {"type": "object", "x": [1]}, "strict": strict})
        ),
        (name, text()).prop_map(
            |(name, format)| json!({"type": "custom", "name": format!("c{name}")[..name.len().min(60)],
            "description": "d", "format": {"type": format}})
        ),
        text().prop_map(|text| json!({"type": "web_search", "filters": text})),
    ];
    (known, unknown()).prop_map(|(tool, fields)| and(tool, fields))
}

fn request() -> impl Strategy<Value = Value> {
    (
        proptest::collection::vec(item(), 1..6),
        proptest::collection::vec(tool(), 1..3),
        proptest::option::of(0..20_u32),
        any::<bool>(),
        unknown(),
    )
        .prop_map(|(input, tools, temperature, stream, fields)| {
            let mut body = json!({"model": "m", "input": input, "tools": tools, "store": false,
                "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low", "summary": "concise"},
                "text": {"format": {"type": "json_object"}, "verbosity": "low"}, "max_output_tokens": 99, "truncation": "auto"});
            if let Some(tenths) = temperature {
                body["temperature"] = json!(f64::from(tenths) / 10.0);
            }
            if stream {
                body["stream"] = true.into();
            }
            and(body, fields)
        })
}

/// Names of tools that take free text decide about calls and results: the property keeps them apart.
fn fits(body: &Value) -> bool {
    let names: Vec<&Value> = body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"])
        .collect();
    let calls = body["input"].as_array().unwrap().iter();
    let mut calls =
        calls.filter(|item| item["type"] == "function_call" || item["type"] == "custom_tool_call");
    calls.all(|call| !names.contains(&&call["name"]))
}

proptest! {
    /// What a client of this wire says reaches a provider of this wire unchanged, unknown fields too.
    #[test]
    fn the_same_wire_is_the_identity(body in request().prop_filter("names", fits)) {
        let read = parsed(&body);
        let mut out = Vec::new();
        let notes = encode_request(&read.request, "m", &Quirks::default(), &mut out);
        prop_assert_eq!(notes, vec![]);
        let mut sent: Value = serde_json::from_slice(&out).unwrap();
        prop_assert_eq!(sent["temperature"].as_f64(), body["temperature"].as_f64());
        sent.as_object_mut().unwrap().remove("temperature");
        let mut body = body;
        body.as_object_mut().unwrap().remove("temperature");
        prop_assert_eq!(sent, body);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_request(&bytes);
        let _ = decode_answer(&bytes);
        let mut events = Vec::new();
        let mut decoder = StreamDecoder::new();
        let _ = decoder.push(&bytes, &mut events).and_then(|()| decoder.finish(&mut events));
    }

    #[test]
    fn mutated_requests_never_panic(body in request(), at in any::<proptest::sample::Index>(), with in any::<[u8; 3]>()) {
        let mut bytes = body.to_string().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + 2).min(bytes.len());
        bytes.splice(at..end, with);
        let _ = decode_request(&bytes);
        let _ = decode_answer(&bytes);
    }

    /// Whatever events come, in whatever order, the stream is canonical and reads back as what was said.
    #[test]
    fn what_is_encoded_reads_back(deltas in deltas()) {
        let mut events = vec![Event::Started { id: None, model: None, extra: Extra::new() }];
        events.extend(deltas.into_iter().map(|delta| Event::Delta { choice: 0, delta }));
        events.push(Event::Finished { choice: 0, reason: StopReason::Stop });
        let envelope = parsed(&json!({"input": "x", "include": ["reasoning.encrypted_content"]}))
            .envelope("resp_test", 1, "m");
        let stream = encode(envelope, &events, &Ok(()));
        strict::read(&stream);
        let (again, outcome) = decode([stream.as_bytes()]);
        prop_assert_eq!(&outcome, &Ok(()));
        let all = |events: &[Event], pick: fn(&Delta) -> &str| -> String {
            events.iter().map(|event| match event {
                Event::Delta { delta, .. } => pick(delta),
                Event::Started { .. } | Event::Finished { .. } | Event::Usage { .. } => "",
            }).collect()
        };
        for pick in [
            (|delta| if let Delta::Text { text, .. } = delta { text } else { "" }) as fn(&Delta) -> &str,
            |delta| if let Delta::Reasoning { text } = delta { text } else { "" },
            |delta| if let Delta::Refusal { text } = delta { text } else { "" },
            |delta| if let Delta::ToolCallStart { id, .. } = delta { id } else { "" },
        ] {
            prop_assert_eq!(all(&again, pick), all(&events, pick));
        }
    }
}

/// Events as a decoder may hand them out.
fn deltas() -> impl Strategy<Value = Vec<Delta>> {
    let delta = prop_oneof![
        text().prop_map(|text| Delta::Text { text, logprobs: None }),
        text().prop_map(|text| Delta::Reasoning { text }),
        text().prop_map(|text| Delta::Refusal { text }),
        text().prop_map(|signature| Delta::ReasoningEnd {
            signature: Some(signature),
            extra: Extra::new()
        }),
        Just(Delta::TextExtra { extra: Extra::new() }),
        (0..3_u32, text()).prop_map(|(index, fragment)| Delta::ToolCallArguments { index, fragment }),
        Just(Delta::ToolCallStart {
            index: 0,
            id: String::new(),
            name: "f".into(),
            extra: Extra::new()
        }),
    ];
    proptest::collection::vec(delta, 0..20).prop_map(|mut list| {
        // calls begin in order, each once, with an id of its own
        let mut next = 0;
        for delta in &mut list {
            if let Delta::ToolCallStart { index, id, .. } = delta {
                *index = next;
                *id = format!("call_{next}");
                next += 1;
            }
        }
        list
    })
}
