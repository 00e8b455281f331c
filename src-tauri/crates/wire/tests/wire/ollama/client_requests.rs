//! What clients that know only Ollama ask of us.

use domain::{FailureKind, Message, OutputFormat, Part, Quirks, Role, Wire};
use inglenook_wire::ollama::{
    Route, decode_generate, decode_request, decode_show, encode_loaded, encode_request, without_latest,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::envelope;
use crate::recorded::recorded;

fn decoded(body: &Value) -> inglenook_wire::ollama::ClientRequest {
    decode_request(body.to_string().as_bytes()).unwrap()
}

#[test]
fn a_chat_is_read_whole() {
    let body = json!({
        "model": "reviewer:latest",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Look", "images": ["/9j/4AAQ", "data:image/png;base64,iVBOR"]},
            {"role": "assistant", "content": "", "thinking": "Hm.", "tool_calls": [
                {"function": {"name": "f", "arguments": {"a": 1}}},
                {"id": "call_9", "function": {"index": 1, "name": "g", "arguments": {}}},
                {"function": {"name": "g", "arguments": {}}}]},
            {"role": "tool", "content": "three", "tool_name": "g", "tool_call_id": "call_9"},
            {"role": "tool", "content": "two", "tool_name": "g"},
            {"role": "tool", "content": "one"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "format": {"type": "object"}, "think": "high", "keep_alive": "5m", "logprobs": true, "top_logprobs": 3,
        "options": {"temperature": 0.5, "num_predict": 100, "top_k": 40, "top_p": 0.9, "seed": 7, "stop": ["a"],
            "presence_penalty": 0.1, "frequency_penalty": 0.2, "num_ctx": 4096},
        "unheard_of": [1]});
    let read = decoded(&body);
    assert_eq!(
        (read.model.as_deref(), read.route, read.preload),
        (Some("reviewer:latest"), Route::Chat, false)
    );
    let request = &read.request;
    assert!(request.stream, "streams are the rule");
    assert_eq!(request.wire, Wire::Ollama);
    let parts = |at: usize| &request.messages[at].parts;
    let Part::Image(image) = &parts(1)[1] else {
        panic!("{:?}", parts(1));
    };
    assert_eq!(image.media_type.as_deref(), Some("image/jpeg"));
    assert_eq!(parts(2)[0], Part::reasoning("Hm."));
    let ids: Vec<&str> = parts(2)[1..]
        .iter()
        .map(|part| {
            let Part::ToolCall { id, .. } = part else {
                panic!("{part:?}");
            };
            id.as_str()
        })
        .collect();
    let answers: Vec<&str> = request.messages[3..]
        .iter()
        .map(|message| {
            let [Part::ToolResult { call_id, .. }] = message.parts.as_slice() else {
                panic!("{message:?}");
            };
            call_id.as_str()
        })
        .collect();
    assert_eq!(answers, [ids[1], ids[2], ids[0]]);
    assert_eq!(ids[1], "call_9");
    assert_ne!(ids[0], ids[2]);
    let params = &request.params;
    assert_eq!(
        (params.temperature, params.top_p, params.top_k),
        (Some(0.5), Some(0.9), Some(40))
    );
    assert_eq!((params.max_output_tokens, params.seed), (Some(100), Some(7)));
    assert_eq!(
        (params.presence_penalty, params.frequency_penalty),
        (Some(0.1), Some(0.2))
    );
    assert_eq!((params.logprobs, params.top_logprobs), (Some(true), Some(3)));
    assert_eq!(
        (params.stop.as_slice(), params.reasoning_effort.as_deref()),
        (&["a".to_owned()][..], Some("high"))
    );
    assert!(
        matches!(&request.format, OutputFormat::JsonSchema { schema, .. } if schema.get() == r#"{"type":"object"}"#)
    );
    let extra: Vec<_> = request
        .extra
        .iter()
        .map(|(name, value)| (name, value.get()))
        .collect();
    assert_eq!(
        extra,
        [
            ("keep_alive", r#""5m""#),
            ("options", r#"{"num_ctx":4096}"#),
            ("unheard_of", "[1]")
        ]
    );
    assert_eq!(decoded(&body), read, "made ids are the same each time");
}

/// Client to server of the same wire: nothing is lost but what is a default.
#[test]
fn recorded_requests_go_through() {
    for recording in recorded(&["ollama.chat"]) {
        let mut expected = recording.request.clone();
        let request = decoded(&expected).request;
        let mut out = Vec::new();
        let notes = encode_request(
            &request,
            expected["model"].as_str().unwrap(),
            &Quirks::default(),
            &mut out,
        );
        assert_eq!(notes, [], "{}", recording.id);
        let mut sent: Value = serde_json::from_slice(&out).unwrap();
        let object = expected.as_object_mut().unwrap();
        object.retain(|_, value| value != &json!("") && value != &json!({}));
        object.entry("stream").or_insert(json!(true));
        for message in sent["messages"].as_array_mut().unwrap() {
            // results name their tool and their call now
            for made in ["tool_name", "tool_call_id"] {
                message.as_object_mut().unwrap().remove(made);
            }
            for call in message
                .get_mut("tool_calls")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                assert!(call.as_object_mut().unwrap().remove("id").is_some());
            }
        }
        assert_eq!(sent, expected, "{}", recording.id);
    }
}

#[test]
fn a_prompt_is_read_as_a_conversation() {
    let body = json!({"model": "m", "prompt": "hi", "system": "Be brief.", "images": ["iVBOR"], "stream": false,
        "format": "json", "think": false, "suffix": "x", "options": {"num_predict": -1, "top_k": 0}});
    let read = decode_generate(body.to_string().as_bytes()).unwrap();
    assert_eq!(
        (read.route, read.preload, read.request.stream),
        (Route::Generate, false, false)
    );
    assert_eq!(read.request.messages[0], Message::text(Role::System, "Be brief."));
    let user = &read.request.messages[1];
    assert_eq!((user.role, user.parts.len()), (Role::User, 2));
    assert_eq!(read.request.format, OutputFormat::JsonObject);
    assert_eq!(read.request.params.reasoning_tokens, Some(0));
    assert_eq!(
        (read.request.params.max_output_tokens, read.request.params.top_k),
        (None, None)
    );
    assert_eq!(
        read.request.extra.get("options").unwrap().get(),
        r#"{"num_predict":-1,"top_k":0}"#
    );
    assert_eq!(read.request.extra.get("suffix").unwrap().get(), r#""x""#);
}

/// W-194: clients load a model by asking nothing.
#[test]
fn asking_nothing_loads() {
    for body in [
        r#"{"model":"m"}"#,
        r#"{"model":"m","messages":[]}"#,
        r#"{"model":"m","messages":null,"keep_alive":0}"#,
    ] {
        assert!(decode_request(body.as_bytes()).unwrap().preload, "{body}");
    }
    for body in [r#"{"model":"m"}"#, r#"{"model":"m","prompt":"","system":"s"}"#] {
        let read = decode_generate(body.as_bytes()).unwrap();
        assert!(read.preload && read.request.messages.is_empty(), "{body}");
    }
    for (route, said) in [
        (
            Route::Chat,
            json!({"message": {"role": "assistant", "content": ""}}),
        ),
        (Route::Generate, json!({"response": ""})),
    ] {
        let mut out = Vec::new();
        encode_loaded(&envelope(route), &mut out);
        let mut expected = json!({"model": "reviewer:latest", "created_at": "2026-01-02T03:04:05Z",
            "done_reason": "load", "done": true});
        for (name, value) in said.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
    }
}

#[test]
fn mistakes_are_named_by_their_place() {
    for (body, param) in [
        (json!({"messages": {}}), "messages"),
        (json!({"messages": [1]}), "messages[0]"),
        (json!({"messages": [{"content": "x"}]}), "messages[0].role"),
        (json!({"messages": [{"role": "robot"}]}), "messages[0].role"),
        (
            json!({"messages": [{"role": "user", "content": []}]}),
            "messages[0].content",
        ),
        (
            json!({"messages": [{"role": "user", "images": [1]}]}),
            "messages[0].images[0]",
        ),
        (
            json!({"messages": [{"role": "assistant", "tool_calls": [{}]}]}),
            "messages[0].tool_calls[0].function",
        ),
        (json!({"options": 1}), "options"),
        (json!({"options": {"temperature": 3}}), "options.temperature"),
        (json!({"options": {"stop": [1]}}), "options.stop[0]"),
        (json!({"format": "xml"}), "format"),
        (json!({"think": 1}), "think"),
        (json!({"stream": "yes"}), "stream"),
        (json!({"tools": 1}), "tools"),
    ] {
        let failure = decode_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            (failure.kind(), failure.param()),
            (FailureKind::InvalidRequest, Some(param)),
            "{body}"
        );
    }
    for body in ["", "[]", "{", "null"] {
        assert_eq!(
            decode_request(body.as_bytes()).unwrap_err().kind(),
            FailureKind::InvalidRequest
        );
    }
    assert_eq!(decode_show(br#"{"name":"a"}"#), Ok("a".into()));
    assert_eq!(decode_show(br#"{"name":"a","model":"b"}"#), Ok("b".into()));
    assert_eq!(decode_show(b"{}").unwrap_err().param(), Some("model"));
    assert_eq!(
        (without_latest("a:latest"), without_latest("a:8b")),
        ("a", "a:8b")
    );
}

proptest! {
    #[test]
    fn random_requests_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_request(&bytes);
        let _ = decode_generate(&bytes);
        let _ = decode_show(&bytes);
    }
}
