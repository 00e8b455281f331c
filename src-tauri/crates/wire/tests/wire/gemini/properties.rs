//! Properties over made-up requests, answers and streams of this wire.

use inglenook_wire::gemini::{
    StreamDecoder, decode_answer, decode_embeddings, decode_models, decode_request,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::replay::{collect, decode, said};
use super::round_trip::{answer_round_trip, round_trip};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        any::<String>(),
        Just("\u{1F600}\"\\\n\r\t\u{0}\u{2028}".to_owned()),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,6}", inner, 1..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Fields that nobody knows.
fn unknown() -> impl Strategy<Value = Vec<(String, Value)>> {
    proptest::collection::vec(("x_[a-z]{1,8}", json_value()), 0..3)
}

fn and(mut object: Value, fields: Vec<(String, Value)>) -> Value {
    for (name, value) in fields {
        object[name] = value;
    }
    object
}

fn signed() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[A-Za-z0-9+/]{4,12}")
}

fn sign(mut part: Value, signature: Option<String>) -> Value {
    if let Some(signature) = signature {
        part["thoughtSignature"] = signature.into();
    }
    part
}

fn part() -> impl Strategy<Value = Value> {
    let known = prop_oneof![
        text().prop_map(|text| json!({"text": text})),
        "[A-Za-z0-9+/]{0,40}".prop_map(|data| json!({"inlineData": {"mimeType": "image/png", "data": data}})),
        "https://example.com/[a-z]{0,9}"
            .prop_map(|uri| json!({"fileData": {"mimeType": "application/pdf", "fileUri": uri}})),
        json_value().prop_map(|value| json!({"executableCode": value})),
    ];
    (known, unknown(), signed()).prop_map(|(part, fields, signature)| sign(and(part, fields), signature))
}

fn call() -> impl Strategy<Value = Value> {
    let args = proptest::collection::btree_map(text(), json_value(), 0..3);
    (
        "[a-z_]{1,9}",
        "[a-z0-9]{1,9}",
        args,
        unknown(),
        "[A-Za-z0-9]{4,8}",
    )
        .prop_map(|(name, id, args, fields, signature)| {
            let call = json!({"id": id, "name": name, "args": args});
            json!({"functionCall": and(call, fields), "thoughtSignature": signature})
        })
}

fn turn() -> impl Strategy<Value = [Value; 3]> {
    let result = prop_oneof![
        text().prop_map(|text| json!({"output": text})),
        text().prop_map(|text| json!({"error": text})),
        proptest::collection::btree_map("[a-z]{1,5}", json_value(), 0..3).prop_map(|map| json!(map)),
    ];
    let said = || proptest::collection::vec(part(), 1..4);
    (said(), unknown(), said(), call(), result).prop_map(|(asked, fields, mut parts, call, result)| {
        let (id, name) = (call["functionCall"]["id"].clone(), call["functionCall"]["name"].clone());
        parts.push(json!({"text": "hm", "thought": true}));
        parts.push(call);
        [
            and(json!({"role": "user", "parts": asked}), fields),
            json!({"role": "model", "parts": parts}),
            json!({"role": "user", "parts": [{"functionResponse": {"id": id, "name": name, "response": result}}]}),
        ]
    })
}

fn request() -> impl Strategy<Value = Value> {
    let tool = ("[a-zA-Z][a-zA-Z0-9_-]{0,60}", text(), unknown(), unknown()).prop_map(
        |(name, description, schema, fields)| {
            let schema = and(json!({"type": "object"}), schema);
            and(
                json!({"name": name, "description": description, "parametersJsonSchema": schema}),
                fields,
            )
        },
    );
    (
        turn(),
        proptest::collection::vec(tool, 1..3),
        (0.0..2.0_f64, 1..100_000_u32, any::<i32>(), proptest::collection::vec(text(), 1..4)),
        unknown(),
        unknown(),
    )
        .prop_map(|(contents, tools, (temperature, most, seed, stop), config, fields)| {
            let config = and(
                json!({"temperature": temperature, "maxOutputTokens": most, "seed": seed, "stopSequences": stop}),
                config,
            );
            and(
                json!({
                    "contents": contents, "systemInstruction": {"parts": [{"text": "s"}]},
                    "tools": [{"functionDeclarations": tools}, {"googleSearch": {}}], "generationConfig": config,
                }),
                fields,
            )
        })
}

fn answer() -> impl Strategy<Value = Value> {
    let said = prop_oneof![
        part().prop_filter("an empty text says nothing", |part| part["text"] != ""),
        call(),
        ("[a-z ]{1,9}", signed())
            .prop_map(|(text, signature)| sign(json!({"text": text, "thought": true}), signature)),
    ];
    (proptest::collection::vec(said, 1..5), unknown(), unknown()).prop_map(|(parts, candidate, fields)| {
        let one = json!({"content": {"parts": parts, "role": "model"}, "finishReason": "STOP", "index": 0});
        and(
            json!({"candidates": [and(one, candidate)], "responseId": "r", "modelVersion": "m"}),
            fields,
        )
    })
}

proptest! {
    #[test]
    fn gemini_requests_reach_the_provider(body in request()) {
        round_trip(&body, "gemini-3-flash-preview");
    }

    #[test]
    fn gemini_answers_reach_the_client(body in answer()) {
        answer_round_trip(&body);
    }

    #[test]
    fn gemini_streams_are_the_same_in_every_cut(chunks in proptest::collection::vec(answer(), 1..4), size in 1..40_usize) {
        let stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect();
        let (events, outcome) = decode([stream.as_bytes()]);
        prop_assert_eq!(&outcome, &Ok(()));
        prop_assert_eq!(&decode(stream.as_bytes().chunks(size)), &(events.clone(), Ok(())));
        let array = Value::from(chunks).to_string();
        let joined = decode_answer(array.as_bytes()).unwrap();
        prop_assert_eq!(said(&joined), said(&collect(events)));
    }

    #[test]
    fn gemini_decoders_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_request(&bytes);
        let _ = decode_answer(&bytes);
        let _ = decode_models(&bytes);
        let _ = decode_embeddings(&bytes);
        let mut events = Vec::new();
        let mut decoder = StreamDecoder::new();
        let _ = decoder.push(&bytes, &mut events).and_then(|()| decoder.finish(&mut events));
    }

    #[test]
    fn gemini_requests_of_wrong_kinds_never_panic(
        fields in proptest::collection::vec((
            "systemInstruction|tools|toolConfig|generationConfig|model|session_id", json_value(),
        ), 0..4),
        content in json_value(),
        part in json_value(),
        kind in "text|inlineData|fileData|functionCall|functionResponse|thoughtSignature",
    ) {
        let body = json!({"contents": [content, {"parts": [part]}, {"parts": [{ kind: part }]}]});
        let _ = decode_request(and(body, fields).to_string().as_bytes());
    }

    #[test]
    fn gemini_mutations_never_panic(body in answer(), at in any::<proptest::sample::Index>(), with in any::<[u8; 3]>()) {
        let mut bytes = body.to_string().into_bytes();
        let at = at.index(bytes.len());
        let end = (at + 2).min(bytes.len());
        bytes.splice(at..end, with);
        let _ = decode_answer(&bytes);
        let _ = decode([b"data: ".as_slice(), &bytes, b"\n\n"]);
    }
}
