//! Legacy completions: read, sent on, turned into conversations, and answered in the old form.

use domain::{Event, FailureKind, Quirks, Role, TextOrTokens};
use inglenook_wire::catalog;
use inglenook_wire::completions::{
    ClientRequest, StreamDecoder, StreamEncoder, decode_answer, decode_request, encode_answer,
    encode_request, requests,
};
use serde_json::{Value, json};

use crate::support::{cuts, envelope};

fn read(body: &Value) -> ClientRequest {
    decode_request(body.to_string().as_bytes()).unwrap()
}

fn sent(body: &Value, quirks: &Quirks) -> Value {
    let mut out = Vec::new();
    encode_request(&read(body), "m-1", quirks, &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn prompts_of_every_kind_reach_a_provider_that_has_the_route() {
    for prompt in [
        json!("a"),
        json!(""),
        json!(["a", "b"]),
        json!([1, 2]),
        json!([[1], [2, 3]]),
    ] {
        let body = json!({"model": "reviewer", "prompt": prompt});
        assert_eq!(
            sent(&body, &Quirks::default()),
            json!({"model": "m-1", "prompt": prompt})
        );
    }
    let body = json!({
        "prompt": "def f(", "suffix": "):", "echo": true, "logprobs": 3, "max_tokens": 9, "n": 2, "best_of": 4,
        "temperature": 0.5, "stop": "\n", "seed": 7, "stream": true, "stream_options": {"include_usage": false},
        "logit_bias": {"1": -100}, "user": "u",
    });
    let mut expected = body.clone();
    expected["model"] = json!("m-1");
    expected["stop"] = json!(["\n"]);
    expected["stream_options"] = json!({"include_usage": true});
    assert_eq!(sent(&body, &Quirks::default()), expected);
    let strict = Quirks {
        no_extra_fields: true,
        no_stream_options: true,
        ..Quirks::default()
    };
    let strict = sent(&body, &strict);
    for gone in ["best_of", "logit_bias", "user", "stream_options"] {
        assert_eq!(strict.get(gone), None, "{gone}");
    }
    assert!(!read(&body).include_usage);
    assert_eq!(
        catalog::find("openai").unwrap().completions.as_deref(),
        Some("/completions")
    );
}

#[test]
fn wrong_requests_are_refused_by_name() {
    for (body, param, code) in [
        (json!({}), "prompt", "missing_required_parameter"),
        (json!({"prompt": null}), "prompt", "missing_required_parameter"),
        (json!({"prompt": []}), "prompt", "empty_array"),
        (json!({"prompt": ["a", {}]}), "prompt[1]", "invalid_type"),
        (json!({"prompt": 7}), "prompt", "invalid_type"),
        (
            json!({"prompt": vec!["a"; 129]}),
            "prompt",
            "array_above_max_length",
        ),
        (
            json!({"prompt": "a", "logprobs": 21}),
            "logprobs",
            "integer_above_max_value",
        ),
        (
            json!({"prompt": "a", "temperature": 3}),
            "temperature",
            "decimal_above_max_value",
        ),
        (
            json!({"prompt": "a", "max_tokens": 0}),
            "max_tokens",
            "integer_below_min_value",
        ),
        (json!({"prompt": "a", "echo": 1}), "echo", "invalid_type"),
    ] {
        let failure = decode_request(body.to_string().as_bytes()).unwrap_err();
        assert_eq!(
            (failure.param(), failure.code()),
            (Some(param), Some(code)),
            "{body}"
        );
    }
}

#[test]
fn each_prompt_is_a_conversation_where_there_is_only_chat() {
    let client = read(&json!({"prompt": ["one", "two"], "max_tokens": 9, "logprobs": 2, "stream": true}));
    let requests_ = requests(&client).unwrap();
    assert_eq!(requests_.len(), 2);
    let first = &requests_[0];
    assert_eq!(first.messages[0].role, Role::System);
    assert_eq!(first.messages[1].plain_text(), "one");
    assert_eq!(requests_[1].messages[1].plain_text(), "two");
    let params = &first.params;
    assert_eq!(
        (
            params.max_output_tokens,
            params.logprobs,
            params.top_logprobs,
            first.stream
        ),
        (Some(9), Some(true), Some(2), true)
    );
    let fill = requests(&read(&json!({"prompt": "def f(", "suffix": "):"}))).unwrap();
    assert_eq!(
        fill[0].messages[1].plain_text(),
        "<before>def f(</before><after>):</after>"
    );
    assert!(fill[0].messages[0].plain_text().contains("gap"));
    let failure = requests(&read(&json!({"prompt": [1, 2]}))).unwrap_err();
    assert_eq!(
        (failure.kind(), failure.param()),
        (FailureKind::InvalidRequest, Some("prompt"))
    );
}

fn written(answer: &domain::Answer) -> Value {
    let mut out = Vec::new();
    encode_answer(answer, &envelope(), &mut out);
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn answers_of_the_route_come_out_as_they_are() {
    let body = json!({
        "id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "system_fingerprint": "fp",
        "choices": [
            {"text": " world", "index": 0, "logprobs": {"tokens": [" world"], "token_logprobs": [-0.1], "top_logprobs": [{" world": -0.1}], "text_offset": [5]}, "finish_reason": "length"},
            {"text": "", "index": 1, "logprobs": null, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3},
    });
    let ours = written(&decode_answer(body.to_string().as_bytes()).unwrap());
    assert_eq!(ours["choices"], body["choices"]);
    assert_eq!(
        (&ours["object"], &ours["model"]),
        (&json!("text_completion"), &json!("reviewer"))
    );
    assert_eq!(ours["usage"]["total_tokens"], 3);
    assert_eq!(ours["system_fingerprint"], "fp");
}

#[test]
fn answers_of_chat_come_out_as_text() {
    let body = json!({
        "choices": [{
            "message": {"content": "éb", "reasoning_content": "hm"}, "finish_reason": "stop",
            "logprobs": {"content": [
                {"token": "é", "logprob": -0.5, "top_logprobs": [{"token": "é", "logprob": -0.5}]},
                {"token": "b", "logprob": -1.5, "top_logprobs": []},
            ]},
        }],
        "usage": {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3},
    });
    let ours = written(&decode_answer(body.to_string().as_bytes()).unwrap());
    assert_eq!(ours["choices"][0]["text"], "éb");
    assert_eq!(ours["usage"]["prompt_tokens"], 2);
    let expected = json!({"tokens": ["é", "b"], "token_logprobs": [-0.5, -1.5], "top_logprobs": [{"é": -0.5}, {}], "text_offset": [0, 1]});
    assert_eq!(ours["choices"][0]["logprobs"], expected);
}

fn streamed(events: &[Event], include_usage: bool) -> String {
    let mut encoder = StreamEncoder::new(envelope(), include_usage);
    let mut out = Vec::new();
    events.iter().for_each(|event| encoder.event(event, &mut out));
    encoder.finish(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn streams_have_the_same_object_and_end_with_the_marker() {
    let stream = concat!(
        "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"w\u{f6}\",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}\r\n\r\n",
        "data: {\"id\":\"cmpl-1\",\"object\":\"text_completion\",\"choices\":[{\"text\":\"rld\",\"index\":0,\"finish_reason\":\"length\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":2,\"completion_tokens\":1,\"total_tokens\":3}}\n\ndata: [DONE]\n\n",
    );
    let mut seen = Vec::new();
    for pieces in cuts(stream.as_bytes()) {
        let mut decoder = StreamDecoder::new();
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece, &mut events).unwrap();
        }
        decoder.finish(&mut events).unwrap();
        seen.push(streamed(&events, true));
    }
    assert!(seen.iter().all(|one| *one == seen[0]));
    let head = r#"data: {"id":"chatcmpl-test","object":"text_completion","created":1700000000,"model":"reviewer","choices":["#;
    let expected = [
        format!(r#"{head}{{"text":"wö","index":0,"logprobs":null,"finish_reason":null}}],"usage":null}}"#),
        format!(r#"{head}{{"text":"rld","index":0,"logprobs":null,"finish_reason":null}}],"usage":null}}"#),
        format!(r#"{head}{{"text":"","index":0,"logprobs":null,"finish_reason":"length"}}],"usage":null}}"#),
        format!(
            r#"{head}],"usage":{{"prompt_tokens":2,"completion_tokens":1,"total_tokens":3,"prompt_tokens_details":{{"cached_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0}}}}}}"#
        ),
        "data: [DONE]".to_owned(),
    ];
    assert_eq!(seen[0], format!("{}\n\n", expected.join("\n\n")));
}

#[test]
fn a_stream_that_stops_in_the_middle_has_no_marker() {
    let mut encoder = StreamEncoder::new(envelope(), false);
    let mut out = Vec::new();
    let delta = domain::Delta::Text {
        text: "x".into(),
        logprobs: None,
    };
    encoder.event(&Event::Delta { choice: 0, delta }, &mut out);
    let failure = encoder.finish(&mut out).unwrap_err();
    assert_eq!(failure.kind(), FailureKind::UpstreamDisconnected);
    let mut body = Vec::new();
    inglenook_wire::openai_chat::encode_error(&failure, &mut body);
    encoder.fail(&body, &mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\"error\"") && !text.contains("[DONE]"), "{text}");
    assert!(
        StreamEncoder::new(envelope(), false)
            .finish(&mut Vec::new())
            .is_err()
    );
}

#[test]
fn recordings() {
    for line in crate::recordings::index() {
        if line["api"] != "openai.completions" {
            continue;
        }
        let whole = crate::recordings::read(&line);
        let body = &whole["request"]["body"];
        assert_eq!(read(body).prompts, [TextOrTokens::Text("Hello world".into())]);
        let mut expected = body.clone();
        expected["model"] = json!("m-1");
        expected["stop"] = json!(["."]);
        assert_eq!(sent(body, &Quirks::default()), expected);
        let answer = whole["response"]["body"].as_str().unwrap();
        let failure = crate::support::refused(401, None, answer.as_bytes());
        assert_eq!(failure.kind(), FailureKind::ProviderKeyRejected);
    }
}
