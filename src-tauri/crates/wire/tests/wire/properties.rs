//! Properties over made-up requests and streams.

use domain::{Delta, Event, Extra, StopReason};
use inglenook_wire::openai_chat::{StreamDecoder, decode_answer, decode_models, decode_request};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::round_trip::round_trip;
use crate::strict;
use crate::support::{decode, encode, refused};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        Just("\u{1F600}\"\\\n\r\t\u{0}\u{2028}".to_owned()),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(|n: f64| Value::from(n)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Fields that nobody knows.
fn unknown() -> impl Strategy<Value = Vec<(String, Value)>> {
    let value = json_value().prop_filter("nulls in messages are left out", |value| !value.is_null());
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
        text().prop_map(|text| json!({"type": "text", "text": text})),
        "[A-Za-z0-9+/]{0,40}".prop_map(
            |data| json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}})
        ),
        ("https://example.com/[a-z]{0,9}", "low|high").prop_map(
            |(url, detail)| json!({"type": "image_url", "image_url": {"url": url, "detail": detail}})
        ),
        "[A-Za-z0-9+/]{0,40}"
            .prop_map(|data| json!({"type": "input_audio", "input_audio": {"data": data, "format": "wav"}})),
        json_value().prop_map(|value| json!({"type": "video_url", "video_url": value})),
    ];
    (known, unknown()).prop_map(|(part, fields)| and(part, fields))
}

fn message() -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        text().prop_map(Value::from),
        proptest::collection::vec(part(), 1..4).prop_map(Value::from),
    ];
    let call =
        (text(), "[a-zA-Z0-9_]{1,20}", "[ -~]{1,20}", unknown()).prop_map(|(id, name, arguments, fields)| {
            let arguments = format!("{{{arguments}");
            and(
                json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}),
                fields,
            )
        });
    let said = prop_oneof![
        ("system|developer|user", content.clone()).prop_map(|(role, content)| json!({"role": role, "content": content})),
        (text(), content.clone()).prop_map(|(id, content)| json!({"role": "tool", "tool_call_id": id, "content": content})),
        (content, proptest::collection::vec(call, 1..3), text()).prop_map(|(content, calls, thought)| {
            json!({"role": "assistant", "content": content, "tool_calls": calls, "reasoning_content": thought})
        }),
    ];
    (said, unknown()).prop_map(|(message, fields)| and(message, fields))
}

fn tool() -> impl Strategy<Value = Value> {
    ("[a-zA-Z0-9_-]{1,64}", text(), unknown(), unknown(), unknown()).prop_map(
        |(name, description, schema, inner, outer)| {
            let function = json!({"name": name, "description": description, "parameters": and(json!({"type": "object"}), schema)});
            and(json!({"type": "function", "function": and(function, inner)}), outer)
        },
    )
}

fn request() -> impl Strategy<Value = Value> {
    let params = (
        proptest::option::of(0.0..2.0_f64),
        proptest::option::of(1..100_000_u32),
        proptest::option::of(any::<i64>()),
        proptest::collection::vec(text(), 1..4),
        any::<bool>(),
    );
    (
        proptest::collection::vec(message(), 1..5),
        proptest::collection::vec(tool(), 0..3),
        params,
        unknown(),
    )
        .prop_map(
            |(messages, tools, (temperature, most, seed, stop, stream), fields)| {
                let body = json!({
                    "model": "m", "messages": messages, "tools": tools, "temperature": temperature,
                    "max_completion_tokens": most, "seed": seed, "stop": stop, "stream": stream,
                });
                and(body, fields)
            },
        )
}

/// Events as a decoder may hand them out, for one choice.
fn deltas() -> impl Strategy<Value = Vec<Delta>> {
    let delta = prop_oneof![
        text().prop_map(|text| Delta::Text { text, logprobs: None }),
        text().prop_map(|text| Delta::Reasoning { text }),
        text().prop_map(|text| Delta::Refusal { text }),
        text().prop_map(|signature| Delta::ReasoningEnd {
            signature: Some(signature),
            extra: Extra::new()
        }),
        (0..3_u32, text()).prop_map(|(index, fragment)| Delta::ToolCallArguments { index, fragment }),
        Just(Delta::Extra { extra: Extra::new() }),
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
        let _ = refused(400, Some(&String::from_utf8_lossy(&bytes)), &bytes);
        let mut events = Vec::new();
        let mut decoder = StreamDecoder::new();
        let _ = decoder.push(&bytes, &mut events).and_then(|()| decoder.finish(&mut events));
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
    fn requests_of_wrong_kinds_never_panic(
        fields in proptest::collection::vec((
            "messages|tools|stop|n|temperature|tool_choice|response_format|functions|function_call|metadata|stream_options",
            json_value(),
        ), 0..4),
        message in json_value(),
    ) {
        let _ = decode_request(and(json!({"messages": [message]}), fields).to_string().as_bytes());
    }

    #[test]
    fn what_is_encoded_reads_back(deltas in deltas(), include_usage in any::<bool>()) {
        let mut events = vec![Event::Started { id: None, model: None, extra: Extra::new() }];
        for index in 0..3 {
            let delta = Delta::ToolCallStart { index, id: format!("call_{index}"), name: "f".into(), extra: Extra::new() };
            events.push(Event::Delta { choice: 0, delta });
        }
        events.extend(deltas.into_iter().map(|delta| Event::Delta { choice: 0, delta }));
        events.push(Event::Finished { choice: 0, reason: StopReason::Stop });
        let stream = encode(&events, &Ok(()), include_usage);
        let seen = strict::read(&stream, include_usage);
        let all = |pick: fn(&Delta) -> &str| -> String {
            events.iter().map(|event| match event {
                Event::Delta { delta, .. } => pick(delta),
                Event::Started { .. } | Event::Finished { .. } | Event::Usage { .. } => "",
            }).collect()
        };
        let choice = &seen.choices[&0];
        prop_assert_eq!(&choice.text, &all(|delta| if let Delta::Text { text, .. } = delta { text } else { "" }));
        prop_assert_eq!(&choice.reasoning, &all(|delta| if let Delta::Reasoning { text } = delta { text } else { "" }));
        prop_assert_eq!(&choice.refusal, &all(|delta| if let Delta::Refusal { text } = delta { text } else { "" }));
        // and our own stream, read as a provider's, says the same
        let (again, outcome) = decode([stream.as_bytes()]);
        prop_assert_eq!(&outcome, &Ok(()));
        prop_assert_eq!(encode(&again, &outcome, include_usage), stream);
    }
}
