//! What providers send instead of an answer, or as one: errors inside success (REL-02), odd framing (REL-23),
//! bombs (REL-24), tool calls in shreds (REL-28), absurd counts (REL-29), and more than a reader takes.

use std::time::Duration;

use bytes::Bytes;
use domain::{Confidence, FailureKind, Outcome, Usage};
use serde_json::{Value, json};

use super::{hi, hi_streamed};
use crate::support::client::events;
use crate::support::raw_provider::HangUp;
use crate::support::{Provider, RawProvider, Reply, TestApp};

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    (provider, app, key)
}

fn stream() -> Reply {
    Reply::new(200, "text/event-stream")
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "u", "object": "chat.completion.chunk", "created": 1, "model": "n",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

/// The chunks of a stream that ended as it should.
fn chunks(text: &str) -> Vec<Value> {
    let mut events = events(text);
    assert_eq!(events.pop().as_deref(), Some("[DONE]"), "{text}");
    events
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_02_an_error_in_the_shape_of_success_is_an_error() {
    use FailureKind as K;
    let (provider, app, key) = world().await;
    let json = |body: Value| Reply::json(200, &body);
    let error = |code: u16| json!({"error": {"message": "It is not possible.", "code": code}});
    let nothing = Reply::json(204, &json!(null));
    let table = [
        (json(error(401)), 424, K::ProviderKeyRejected, Some(401)),
        (json(error(402)), 424, K::ProviderQuotaExceeded, Some(402)),
        (json(json!({"choices": []})), 502, K::UpstreamFailed, None),
        (json(json!([])), 502, K::UpstreamFailed, None),
        (json(json!("ok")), 502, K::UpstreamFailed, None),
        (
            Reply::new(200, "text/html").send("<html>Please log in to this network.</html>"),
            502,
            K::UpstreamFailed,
            None,
        ),
        (Reply::new(200, "application/json"), 502, K::UpstreamFailed, None),
        (
            Reply::new(302, "text/html").header("location", "http://127.0.0.1:1/v1"),
            502,
            K::UpstreamFailed,
            Some(302),
        ),
        (
            Reply::new(307, "text/html").header("location", "https://elsewhere.example/"),
            502,
            K::UpstreamFailed,
            Some(307),
        ),
        (nothing, 502, K::UpstreamFailed, Some(204)),
    ];
    for (number, (reply, status, kind, upstream)) in (1..).zip(table) {
        for body in [hi("reviewer"), hi_streamed("reviewer")] {
            let before = provider.asked().len();
            provider.will(reply.clone());
            let response = app.chat(&key, &body).await;
            assert_eq!(response.status(), status, "{number}");
            assert_eq!(response.headers()["content-type"], "application/json", "{number}");
            let error: Value = response.json().await.unwrap();
            let message = error["error"]["message"].as_str().unwrap();
            assert!(
                message.len() > 10 && !message.contains("://"),
                "{number}: {message}"
            );
            assert_eq!(
                provider.asked().len(),
                before + 1,
                "{number}: it would be the same again"
            );
            let entry = app.ended_call().await.entries.remove(0);
            assert_eq!(entry.outcome, Outcome::Failed { kind }, "{number}");
            assert_eq!(entry.upstream_status, upstream, "{number}");
        }
    }
    // the same inside a stream, before anything was said, is an error with a status as well
    let in_stream = [
        (stream().event(&error(401)), 424),
        (stream().send("event: error\ndata: {\"error\": \"No.\"}\n\n"), 502),
        (stream().send("data: [DONE]\n\n"), 502),
    ];
    for (number, (reply, status)) in (1..).zip(in_stream) {
        provider.always(reply);
        let response = app.chat(&key, &hi_streamed("reviewer")).await;
        assert_eq!(response.status(), status, "{number}");
        assert_eq!(response.headers()["content-type"], "application/json", "{number}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_02_a_stream_is_read_whatever_it_calls_itself() {
    let (provider, app, key) = world().await;
    let body = Reply::stream_body(&["Hello"]);
    for content_type in [
        "text/event-stream; charset=utf-8",
        "text/plain",
        "application/octet-stream",
    ] {
        provider.will(Reply::new(200, content_type).send(body.clone()));
        let response = app.chat(&key, &hi_streamed("reviewer")).await;
        let text = response.text().await.unwrap();
        let said = chunks(&text);
        assert_eq!(
            said[1]["choices"][0]["delta"]["content"], "Hello",
            "{content_type}"
        );
    }
    // and a document in place of a stream is an answer too
    provider.will(Reply::text("Whole"));
    let text = app
        .chat(&key, &hi_streamed("reviewer"))
        .await
        .text()
        .await
        .unwrap();
    assert!(
        chunks(&text)
            .iter()
            .any(|chunk| chunk["choices"][0]["delta"]["content"] == "Whole")
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_02_what_is_not_http_is_told_from_what_is_not_there() {
    let provider = RawProvider::start(|request| {
        let answer = match request["model"].as_str().unwrap() {
            "ssh" => b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
            "headers" => {
                let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
                for number in 0..5000 {
                    head.extend_from_slice(format!("x-{number}: {number}\r\n").as_bytes());
                }
                head.extend_from_slice(b"\r\n");
                head
            }
            _ => [
                &b"HTTP/1.1 200 OK\r\nx-long: "[..],
                &vec![b'x'; 1 << 20],
                b"\r\n\r\n",
            ]
            .concat(),
        };
        (answer, HangUp::Fin)
    })
    .await;
    let app = TestApp::start().await;
    let args = json!({"id": "raw", "kind": "custom", "base_url": provider.base_url(), "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
    let key = app.key_with(json!({"name": "raw", "raw_models": true})).await;
    for (number, model) in (1..).zip(["ssh", "headers", "long"]) {
        let response = app.chat(&key, &hi(&format!("raw/{model}"))).await;
        assert_eq!(response.status(), 502, "{model}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(error["error"]["code"], "upstream_error", "{model}");
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains("does not speak HTTP"), "{model}: {message}");
        assert_eq!(provider.asked(), number, "{model}: once");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_23_framing_and_cuts_change_nothing() {
    let (provider, app, key) = world().await;
    let pieces = ["Grüße ", "aus 🏡", " — fin"];
    let body = String::from_utf8(Reply::stream_body(&pieces).to_vec()).unwrap();
    let unspaced = body.replace("data: ", "data:");
    let spread = body.replace("\"choices\":", "\ndata: \"choices\":");
    let bare = body.replace("\n\n", "\r\r");
    let named = body.replace("data: ", ": ping\nevent: message\nid: 7\nretry: 9\ndata: ");
    let table = [
        ("as it is", body.clone()),
        ("CRLF", body.replace('\n', "\r\n")),
        ("CR", bare),
        ("a byte order mark", format!("\u{feff}{body}")),
        ("no space", unspaced),
        ("several data lines", spread),
        ("comments, names, ids", named),
        ("two end markers", format!("{body}data: [DONE]\n\n")),
        (
            "something after the end",
            format!("{body}data: {{\"choices\": 1}}\n\n"),
        ),
        ("no end marker", body.replace("data: [DONE]\n\n", "")),
        ("no last line end", body.trim_end().to_owned()),
    ];
    let mut expected = None;
    for (what, body) in &table {
        for size in [1, 2, 3, 7, 1024, usize::MAX] {
            let cuts = body.as_bytes().chunks(size);
            let reply = cuts.fold(stream(), |reply, cut| reply.send(cut.to_vec()));
            provider.will(reply);
            let response = app.chat(&key, &hi_streamed("reviewer")).await;
            let text = response.text().await.unwrap();
            let said: Vec<Value> = chunks(&text)
                .into_iter()
                .map(|chunk| chunk["choices"].clone())
                .collect();
            let expected = expected.get_or_insert_with(|| said.clone());
            assert_eq!(said, *expected, "{what}, {size} at a time");
        }
    }
    let text: String = expected
        .unwrap()
        .iter()
        .filter_map(|choices| choices[0]["delta"]["content"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(text, pieces.concat());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_23_bytes_that_are_no_text_are_replaced_and_harm_nothing() {
    let (provider, app, key) = world().await;
    let broken = [
        &b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a"[..],
        b"\xff\xc3",
        b"b\"}}]}\n\n",
    ];
    provider.will(Reply::pieces(&[]).send(broken.concat()).finish());
    let text = app
        .chat(&key, &hi_streamed("reviewer"))
        .await
        .text()
        .await
        .unwrap();
    let said: String = chunks(&text)
        .iter()
        .filter_map(|chunk| {
            chunk["choices"][0]["delta"]["content"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(said, "a\u{fffd}\u{fffd}b");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_24_nothing_is_unpacked_and_nothing_grows_without_bound() {
    let (provider, app, key) = world().await;
    // begins like gzip; what it would unpack to does not matter, because nobody tries
    let bomb = Bytes::from_static(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03");
    for encoding in ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-unheard-of"] {
        for (status, expected) in [(200, 502), (401, 424)] {
            for body in [hi("reviewer"), hi_streamed("reviewer")] {
                provider.will(
                    Reply::new(status, "application/json")
                        .header("content-encoding", encoding)
                        .send(bomb.clone()),
                );
                let response = app.chat(&key, &body).await;
                assert_eq!(response.status(), expected, "{encoding} {status}");
                let error: Value = response.json().await.unwrap();
                let message = error["error"]["message"].as_str().unwrap();
                let told = message.contains(&format!("compressed its answer ({encoding})"));
                assert_eq!(told, status == 200, "{encoding}: {message}");
            }
        }
    }
    assert_eq!(provider.last().header("accept-encoding"), Some("identity"));
    provider.will(Reply::text("plain").header("content-encoding", "identity"));
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);

    let megabyte = Bytes::from(vec![b' '; 1 << 20]);
    let endless =
        |reply: Reply, count: usize| (0..count).fold(reply, |reply, _| reply.send(megabyte.clone()));
    let line = endless(Reply::pieces(&[]).send("data: "), 9);
    for (what, reply, body, says) in [
        (
            "a whole answer",
            endless(Reply::new(200, "application/json"), 65),
            hi("reviewer"),
            "larger than 64 MiB",
        ),
        (
            "a line of a stream",
            line,
            hi_streamed("reviewer"),
            "more than 8 MiB",
        ),
    ] {
        provider.will(reply);
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 502, "{what}");
        let error: Value = response.json().await.unwrap();
        assert!(
            error["error"]["message"].as_str().unwrap().contains(says),
            "{what}: {error}"
        );
    }
    let error = r#"{"error": {"message": "No.", "code": "invalid_api_key"}}"#;
    provider.will(endless(Reply::new(401, "application/json").send(error), 64));
    assert_eq!(
        app.chat(&key, &hi("reviewer")).await.status(),
        424,
        "an error of 64 MiB"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_07_a_reader_that_stops_makes_the_provider_wait() {
    const PIECE: usize = 64 << 10;
    const COUNT: usize = 640;
    let (provider, app, _) = world().await;
    // what is not kept need not be written down
    let key = app.key_with(json!({"name": "none", "store": "none"})).await;
    let text = "x".repeat(PIECE);
    let piece = Bytes::from(format!("data: {}\n\n", chunk(&json!({"content": text}), None)));
    let reply = (0..COUNT).fold(Reply::pieces(&[]), |reply, _| reply.send(piece.clone()));
    provider.will(reply.finish());
    let mut response = app.chat(&key, &hi_streamed("reviewer")).await;
    // it fills the buffers of the sockets, and then nothing moves
    let mut sent = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        if provider.sent() == sent {
            break;
        }
        sent = provider.sent();
    }
    assert!(sent < PIECE * COUNT / 2, "{sent} bytes are somewhere");
    assert_eq!(provider.open(), 1);
    let mut read = Vec::new();
    while let Some(bytes) = response.chunk().await.unwrap() {
        read.extend_from_slice(&bytes);
    }
    let said = chunks(std::str::from_utf8(&read).unwrap());
    let length: usize = said
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .map(|text| {
            assert!(text.bytes().all(|byte| byte == b'x'));
            text.len()
        })
        .sum();
    assert_eq!(length, PIECE * COUNT, "and then all of it arrives");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_28_tool_calls_in_shreds_come_out_whole() {
    let (provider, app, key) = world().await;
    let call = |value: Value| chunk(&json!({"tool_calls": [value]}), None);
    let part = |index: u32, text: &str| call(json!({"index": index, "function": {"arguments": text}}));
    let start = |index: u32, id: &str, name: &str| {
        call(
            json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}),
        )
    };
    let whole = |id: &str, name: &str, arguments: &str| {
        call(
            json!({"index": 0, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}),
        )
    };
    let two = [("c1", "look", r#"{"a":1}"#), ("c2", "find", r#"{"b":2}"#)];
    let table: [(&str, Vec<Value>); 5] = [
        (
            "interleaved",
            vec![
                start(0, "c1", "look"),
                start(1, "c2", "find"),
                part(0, "{\"a\""),
                part(1, "{\"b\""),
                part(0, ":1}"),
                part(1, ":2}"),
            ],
        ),
        (
            "first index 1",
            vec![
                start(1, "c1", "look"),
                part(1, r#"{"a":1}"#),
                start(2, "c2", "find"),
                part(2, r#"{"b":2}"#),
            ],
        ),
        (
            "both with index 0",
            vec![
                whole("c1", "look", r#"{"a":1}"#),
                whole("c2", "find", r#"{"b":2}"#),
            ],
        ),
        (
            "id and name repeated",
            vec![
                start(0, "c1", "look"),
                call(json!({"index": 0, "id": "c1", "type": "function",
                    "function": {"name": "look", "arguments": r#"{"a":1}"#}})),
                start(1, "c2", "find"),
                part(1, r#"{"b":2}"#),
            ],
        ),
        (
            "empty deltas and nulls in between",
            vec![
                start(0, "c1", "look"),
                chunk(&json!({}), None),
                call(json!({"index": 0, "id": null, "type": null,
                    "function": {"name": null, "arguments": r#"{"a":1}"#}})),
                json!({"id": "u", "choices": []}),
                start(1, "c2", "find"),
                part(1, r#"{"b":2}"#),
            ],
        ),
    ];
    for (what, shreds) in table {
        let usage = json!({"id": "u", "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}});
        let reply = shreds.iter().fold(Reply::pieces(&[]), Reply::event);
        // `stop` although there are calls, and usage twice
        let end = chunk(&json!({}), Some("stop"));
        provider.will(
            reply
                .event(&end)
                .event(&usage)
                .event(&usage)
                .send("data: [DONE]\n\n"),
        );
        let text = app
            .chat(&key, &hi_streamed("reviewer"))
            .await
            .text()
            .await
            .unwrap();
        let mut calls: Vec<(String, String, String)> = Vec::new();
        let said = chunks(&text);
        for chunk in &said {
            for call in chunk["choices"][0]["delta"]["tool_calls"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
                let function = &call["function"];
                if let Some(id) = call["id"].as_str() {
                    assert_eq!(index, calls.len(), "{what}: dense, and told once");
                    calls.push((
                        id.into(),
                        function["name"].as_str().unwrap().into(),
                        String::new(),
                    ));
                }
                calls[index].2.push_str(function["arguments"].as_str().unwrap());
            }
        }
        let calls: Vec<_> = calls
            .iter()
            .map(|(id, name, args)| (&**id, &**name, &**args))
            .collect();
        assert_eq!(calls, two, "{what}");
        let reasons: Vec<&str> = said
            .iter()
            .filter_map(|chunk| chunk["choices"][0]["finish_reason"].as_str())
            .collect();
        assert_eq!(reasons, ["tool_calls"], "{what}");
        let usage = app.ended_call().await.row.usage.unwrap();
        assert_eq!((usage.input, usage.output), (5, 2), "{what}: not added up");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_29_the_ledger_is_never_negative_and_says_what_is_estimated() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": crate::support::app::CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    let key = app.key().await;
    let answer = |usage: Value| {
        Reply::json(
            200,
            &json!({"id": "u", "object": "chat.completion", "created": 1, "model": "n", "usage": usage,
                "choices": [{"index": 0, "message": {"role": "assistant", "content": "twelve bytes"}, "finish_reason": "stop"}]}),
        )
    };
    // the provider's count, and whether it can be believed
    let table = [
        (json!(null), None),
        (json!({}), None),
        (json!("many"), None),
        (
            json!({"prompt_tokens": -5, "completion_tokens": -7, "total_tokens": -12}),
            None,
        ),
        (json!({"prompt_tokens": 1e300, "completion_tokens": "x"}), None),
        (
            json!({"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 99},
                "completion_tokens_details": {"reasoning_tokens": 7}}),
            Some(Usage {
                input: 10,
                cached_input: 10,
                cache_write: 0,
                output: 1,
                reasoning: 1,
            }),
        ),
    ];
    for (usage, believed) in table {
        provider.will(answer(usage.clone()));
        let response = app.chat(&key, &hi("reviewer")).await;
        assert_eq!(response.status(), 200, "{usage}");
        let _read = response.bytes().await.unwrap();
        let entry = app.ended_call().await.entries.remove(0);
        let counted = entry.usage.unwrap();
        match believed {
            Some(believed) => {
                assert_eq!(
                    (counted, entry.confidence),
                    (believed, Confidence::Computed),
                    "{usage}"
                );
            }
            None => {
                assert_eq!(entry.confidence, Confidence::Estimated, "{usage}");
                assert_eq!(counted.output, 3, "{usage}: four bytes a token");
                assert!(counted.input > 0 && counted.input < 100, "{usage}: {counted:?}");
            }
        }
        assert!(entry.cost.unwrap().micros() >= 0, "{usage}");
    }
    app.finish().await;
}
