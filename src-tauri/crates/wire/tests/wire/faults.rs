//! Every fault of the matrix (A.3) as a provider's stream; the client's side must be canonical (W-178).

use domain::FailureKind;

use crate::strict::{Call, Choice, Read, read};
use crate::support::{cuts, decode, encode};

/// A chunk around the JSON of its choices.
fn chunk(choices: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{choices}]}}\n\n"
    )
}

fn delta(delta: &str) -> String {
    chunk(&format!(r#"{{"index":0,"delta":{delta},"finish_reason":null}}"#))
}

fn finish(reason: &str) -> String {
    chunk(&format!(
        r#"{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}"#
    ))
}

const ROLE: &str = r#"{"role":"assistant","content":""}"#;
const DONE: &str = "data: [DONE]\n\n";
const USAGE: &str = r#""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#;

/// Runs a stream through both codecs in every cut; the client must see the same each time.
fn run(stream: &str) -> (Read, Option<FailureKind>) {
    let mut seen: Option<(String, Option<FailureKind>)> = None;
    for pieces in cuts(stream.as_bytes()) {
        let (events, outcome) = decode(pieces.iter().copied());
        let kind = outcome.as_ref().err().map(domain::Failure::kind);
        let text = encode(&events, &outcome, true);
        read(&encode(&events, &outcome, false), false);
        match &seen {
            None => seen = Some((text, kind)),
            Some(first) => assert_eq!((&first.0, first.1), (&text, kind), "cut into {}", pieces.len()),
        }
    }
    let (text, kind) = seen.unwrap();
    (read(&text, true), kind)
}

fn answered(stream: &[&str]) -> Choice {
    let (mut read, kind) = run(&stream.concat());
    assert_eq!(kind, None, "{stream:?}");
    assert!(read.done);
    assert_eq!(read.choices.len(), 1);
    read.choices.remove(&0).unwrap()
}

fn said(stream: &[&str], text: &str) {
    let expected = Choice {
        text: text.into(),
        finish: Some("stop".into()),
        ..Choice::default()
    };
    assert_eq!(answered(stream), expected, "{stream:?}");
}

fn failed(stream: &[&str], expected: FailureKind) {
    let (read, kind) = run(&stream.concat());
    assert_eq!(kind, Some(expected), "{stream:?}");
    assert!(!read.done, "a failure is no end");
}

fn called(stream: &[&str], calls: &[(&str, &str, &str)]) {
    let choice = answered(stream);
    let expected: Vec<Call> = calls
        .iter()
        .map(|(id, name, arguments)| Call {
            id: (*id).into(),
            name: (*name).into(),
            arguments: (*arguments).into(),
        })
        .collect();
    assert_eq!(choice.calls, expected, "{stream:?}");
    assert_eq!(choice.finish.as_deref(), Some("tool_calls"), "{stream:?}");
}

#[test]
fn text_arrives_whatever_stands_around_it() {
    let (role, hi, stop) = (&delta(ROLE), &delta(r#"{"content":"hi"}"#), &finish("stop"));
    said(&[role, hi, stop, DONE], "hi");
    // comments before and between
    said(&[": a\n\n", role, ": b\n\n", hi, ":\n\n", stop, DONE], "hi");
    said(
        &[
            "event: ping\ndata: {}\n\n",
            role,
            "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            hi,
            stop,
            DONE,
        ],
        "hi",
    );
    // a bare data line
    said(&[role, "data:\n\n", "data: \n\n", hi, stop, DONE], "hi");
    // Azure's first chunk, heartbeats, usage without choices
    let filter = "data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[{}]}\n\n";
    said(&[filter, role, hi, stop, DONE], "hi");
    said(&[role, &delta("{}"), hi, &delta("{}"), stop, DONE], "hi");
    said(&[role, hi, stop, &format!("data: {{{USAGE}}}\n\n"), DONE], "hi");
    // no role, no id, no object, no created, no index, no finish_reason key
    said(
        &[
            "data: {\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n",
            "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n",
            DONE,
        ],
        "hi",
    );
    // role on every chunk, null fields
    let nulls = &delta(
        r#"{"role":"assistant","content":"hi","refusal":null,"tool_calls":null,"function_call":null,"reasoning_content":null,"audio":null}"#,
    );
    said(&[nulls, stop, DONE], "hi");
    // unknown reasons, finish in the same chunk as text, finish twice, no marker, data after it, two markers
    for reason in ["eos", "end_turn", "whatever"] {
        said(&[role, hi, &finish(reason), DONE], "hi");
    }
    let both = &chunk(r#"{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}"#);
    said(&[both, DONE], "hi");
    said(&[both, stop, stop, DONE], "hi");
    said(&[both], "hi");
    said(&[both, DONE, hi, DONE], "hi");
    said(
        &[both, DONE, "data: {\"error\":\"late\"}\n\n", "data: nonsense\n\n"],
        "hi",
    );
    // text after a finish that came too early
    said(&[&finish("stop"), hi, &finish("stop"), DONE], "hi");
    // CR LF, no space, an extra line, padding
    said(&[&both.replace("\n", "\r\n"), "data: [DONE]\r\n\r\n"], "hi");
    said(
        &[
            &both.replace("data: ", "event: message\ndata:"),
            "data:[DONE]\n\n",
        ],
        "hi",
    );
    said(
        &[
            &both.replace("\"model\"", "\"obfuscation\":\"xxx\",\"p\":\"yyy\",\"model\""),
            DONE,
        ],
        "hi",
    );
    said(&[&both.replace("}\n\n", "}   \n\n"), "data: [DONE] \n\n"], "hi");
    // the last event lacks its blank line, or even its line end
    said(&[both, "data: [DONE]"], "hi");
    said(&[both.trim_end()], "hi");
    // the whole text so far beside each delta
    said(
        &[
            &chunk(r#"{"index":0,"message":{"content":"h"},"delta":{"content":"h"}}"#),
            &chunk(
                r#"{"index":0,"delta":{"content":"i"},"message":{"content":"hi"},"finish_reason":"stop"}"#,
            ),
            DONE,
        ],
        "hi",
    );
    // content as an array, a lone half of a surrogate pair, characters beyond the first plane
    said(
        &[
            &delta(r#"{"content":[{"type":"text","text":"h"},"i"]}"#),
            stop,
            DONE,
        ],
        "hi",
    );
    said(&[&delta(r#"{"content":"\ud83d"}"#), stop, DONE], "\u{FFFD}");
    said(
        &[
            &delta("{\"content\":\"\u{1F600}\u{2028}\\u0000\\n\"}"),
            stop,
            DONE,
        ],
        "\u{1F600}\u{2028}\0\n",
    );
    // a document although a stream was asked for
    said(
        &["\n {\"choices\":[{\"message\":{\"content\":\"hi\"},\"finish_reason\":\"stop\"}]}"],
        "hi",
    );
}

#[test]
fn an_end_without_a_finish_is_an_error() {
    let (role, hi) = (&delta(ROLE), &delta(r#"{"content":"hi"}"#));
    let stop = &finish("stop");
    for stream in [
        &[][..],
        &[": only comments\n\n"],
        &[role],
        &[role, hi],
        &[role, hi, DONE],
        &[DONE],
        &[role, hi, &stop[..stop.len() - 10]],
        &[role, hi, stop, "data: {\"usa"],
    ] {
        failed(stream, FailureKind::UpstreamDisconnected);
    }
    let second = &chunk(r#"{"index":1,"delta":{"content":"x"}}"#);
    failed(&[hi, second, stop], FailureKind::UpstreamDisconnected);
}

/// REL-03: wherever the connection is cut before the last choice has finished, it is no end.
#[test]
fn rel_03_a_stream_cut_at_any_byte_never_looks_finished() {
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/golden/streams");
    for name in ["text", "calls", "choices"] {
        let body = std::fs::read_to_string(golden.join(name).with_extension("sse")).unwrap();
        // the last chunk that ends a choice, up to the brace that makes it whole
        let finish = body.rfind("\"finish_reason\":\"").unwrap();
        let whole = finish + body[finish..].find('\n').unwrap();
        for at in 0..whole {
            let (_, outcome) = decode([&body.as_bytes()[..at]]);
            let kind = outcome.err().map(|failure| failure.kind());
            assert_eq!(
                kind,
                Some(FailureKind::UpstreamDisconnected),
                "{name} cut at {at}"
            );
        }
        assert_eq!(decode([&body.as_bytes()[..whole]]).1, Ok(()), "{name}");
    }
}

#[test]
fn an_error_inside_the_stream_is_an_error() {
    let (hi, stop) = (&delta(r#"{"content":"hi"}"#), &finish("stop"));
    let cases = [
        (
            r#"data: {"error":{"message":"boom","type":"server_error","code":null}}"#,
            FailureKind::UpstreamFailed,
        ),
        (r#"data: {"error":"boom"}"#, FailureKind::UpstreamFailed),
        (
            r#"data: {"error":{"code":429,"message":"slow down"},"choices":[]}"#,
            FailureKind::ProviderRateLimited,
        ),
        (
            r#"data: {"error":{"code":502,"message":"bad"},"choices":[{"delta":{},"finish_reason":"error"}]}"#,
            FailureKind::UpstreamFailed,
        ),
        (
            r#"data: {"choices":[{"delta":{},"finish_reason":"error"}]}"#,
            FailureKind::UpstreamFailed,
        ),
        (
            r#"data: {"choices":[{"delta":{},"finish_reason":"insufficient_system_resource"}]}"#,
            FailureKind::UpstreamOverloaded,
        ),
        (
            "event: error\ndata: {\"message\":\"overloaded\",\"type\":\"overloaded_error\"}",
            FailureKind::UpstreamOverloaded,
        ),
        ("event: error\ndata: boom", FailureKind::UpstreamFailed),
        ("data: <html>", FailureKind::UpstreamFailed),
        (
            r#"data: {"choices":[{"index":4000000000,"delta":{"content":"x"}}]}"#,
            FailureKind::UpstreamFailed,
        ),
    ];
    for (event, kind) in cases {
        let event = &format!("{event}\n\n");
        failed(&[hi, event], kind);
        failed(&[hi, event, stop, DONE], kind);
        // after the finish it is still an error
        failed(&[hi, stop, event, DONE], kind);
    }
    failed(
        &[
            r#"{"error":{"message":"Incorrect API key provided: sk-1234567890abcd","code":"invalid_api_key"}}"#,
        ],
        FailureKind::ProviderKeyRejected,
    );
}

#[test]
fn tool_calls_are_put_in_order() {
    let calls = |list: &str| delta(&format!(r#"{{"tool_calls":[{list}]}}"#));
    let end = [&finish("tool_calls"), DONE].concat();
    let one = [("call_1", "f", r#"{"a":1}"#)];
    let start = r#"{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}"#;
    called(
        &[
            &calls(start),
            &calls(r#"{"index":0,"function":{"arguments":"{\"a\""}}"#),
            &calls(r#"{"index":0,"function":{"arguments":":1}"}}"#),
            &end,
        ],
        &one,
    );
    // without index, with first index 1, without type
    let without = start.replace("\"index\":0,", "");
    called(
        &[
            &calls(&without),
            &calls(r#"{"function":{"arguments":"{\"a\":1}"}}"#),
            &end,
        ],
        &one,
    );
    let shifted = start.replace("\"index\":0", "\"index\":1");
    called(
        &[
            &calls(&shifted),
            &calls(r#"{"index":1,"function":{"arguments":"{\"a\":1}"}}"#),
            &end,
        ],
        &one,
    );
    let untyped = start.replace("\"type\":\"function\",", "");
    called(
        &[
            &calls(&untyped),
            &calls(r#"{"index":0,"function":{"arguments":"{\"a\":1}"}}"#),
            &end,
        ],
        &one,
    );
    // id and name repeated, null, or empty on later fragments
    for later in [
        r#"{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"ARGS"}}"#,
        r#"{"index":0,"id":null,"type":null,"function":{"name":null,"arguments":"ARGS"}}"#,
        r#"{"index":0,"id":"","type":"","function":{"name":"","arguments":"ARGS"}}"#,
        r#"{"index":0,"id":"another","function":{"arguments":"ARGS"}}"#,
        r#"{"id":"call_1","function":{"arguments":"ARGS"}}"#,
    ] {
        let (a, b) = (later.replace("ARGS", r#"{\"a\""#), later.replace("ARGS", ":1}"));
        called(&[&calls(start), &calls(&a), &calls(&b), &end], &one);
    }
    // whole in one delta, also with an object for arguments; with the wrong reason, in the last chunk
    let whole =
        r#"{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}"#;
    called(&[&calls(whole), &end], &one);
    called(
        &[&calls(&whole.replace(r#""{\"a\":1}""#, r#"{"a":1}"#)), &end],
        &one,
    );
    called(&[&calls(whole), &finish("stop"), DONE], &one);
    called(&[&calls(whole), &finish("length"), DONE], &one);
    called(&[&finish("stop"), &calls(whole), DONE], &one);
    // two calls that both have index 0, with and without ids, and interleaved ones
    let second = whole.replace("call_1", "call_2");
    let two = [("call_1", "f", r#"{"a":1}"#), ("call_2", "f", r#"{"a":1}"#)];
    called(&[&calls(whole), &calls(&second), &end], &two);
    called(&[&calls(&format!("{whole},{second}")), &end], &two);
    called(
        &[
            &calls(&format!(
                "{start},{}",
                start
                    .replace("call_1", "call_2")
                    .replace("\"index\":0", "\"index\":1")
            )),
            &calls(r#"{"index":1,"function":{"arguments":"{\"a\":1}"}}"#),
            &calls(r#"{"index":0,"function":{"arguments":"{\"a\":1}"}}"#),
            &end,
        ],
        &two,
    );
    let nameless = [whole, &second].map(|call| {
        call.replace("\"id\":\"call_1\",", "")
            .replace("\"id\":\"call_2\",", "")
    });
    let choice = answered(&[&calls(&nameless[0]), &calls(&nameless[1]), &end]);
    assert_eq!(choice.calls.len(), 2);
    assert!(choice.calls.iter().all(|call| call.id.len() == 9), "W-74");
    // no arguments at all
    called(&[&calls(start), &end], &[("call_1", "f", "{}")]);
    // arguments before the name
    called(
        &[
            &calls(r#"{"index":0,"id":"call_1","function":{"arguments":"{\"a\""}}"#),
            &calls(r#"{"index":0,"function":{"name":"f","arguments":":1}"}}"#),
            &end,
        ],
        &one,
    );
    // the legacy form
    let choice = answered(&[
        &delta(r#"{"function_call":{"name":"f","arguments":"{"}}"#),
        &delta(r#"{"function_call":{"arguments":"}"}}"#),
        &finish("function_call"),
        DONE,
    ]);
    assert_eq!(
        (choice.calls[0].name.as_str(), choice.calls[0].arguments.as_str()),
        ("f", "{}")
    );
    // a call that was cut off keeps the reason why: nobody should run it
    let choice = answered(&[
        &calls(start),
        &calls(r#"{"index":0,"function":{"arguments":"{\"a"}}"#),
        &finish("length"),
        DONE,
    ]);
    assert_eq!(choice.finish.as_deref(), Some("length"));
    // a call that never gets a name cannot be put together
    failed(
        &[&calls(r#"{"index":0,"function":{"arguments":"{}"}}"#), &end],
        FailureKind::UpstreamFailed,
    );
    // a reason to call, and nothing to call
    said(&[&delta(r#"{"content":"x"}"#), &end], "x");
}

#[test]
fn reasoning_comes_out_once_under_one_name() {
    let end = [&finish("stop"), DONE].concat();
    for (first, second) in [
        (r#"{"reasoning_content":"th"}"#, r#"{"reasoning_content":"ink"}"#),
        (r#"{"reasoning":"th"}"#, r#"{"reasoning":"ink"}"#),
        (
            r#"{"reasoning":"th","reasoning_content":"th"}"#,
            r#"{"reasoning_content":"ink","reasoning":"ink"}"#,
        ),
        (
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"th"}]}]}"#,
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"ink"}],"closed":true}]}"#,
        ),
    ] {
        let choice = answered(&[&delta(first), &delta(second), &delta(r#"{"content":"ok"}"#), &end]);
        assert_eq!(
            (choice.reasoning.as_str(), choice.text.as_str()),
            ("think", "ok"),
            "{first}"
        );
    }
    let choice = answered(&[
        &delta(r#"{"refusal":"I can"}"#),
        &delta(r#"{"refusal":"not."}"#),
        &end,
    ]);
    assert_eq!(choice.refusal, "I cannot.");
}

#[test]
fn usage_is_told_once_and_last() {
    let hi = &delta(r#"{"content":"hi"}"#);
    let counted = hi.replace("\"choices\"", &format!("{USAGE},\"choices\""));
    let running = counted.replace(
        "\"completion_tokens\":2,\"total_tokens\":5",
        "\"completion_tokens\":1,\"total_tokens\":4",
    );
    let last = &format!("data: {{\"choices\":[],{USAGE}}}\n\n");
    for stream in [
        vec![hi, &finish("stop"), last, DONE],
        vec![hi, &finish("stop"), last, last, DONE],
        vec![&running, &counted, &finish("stop"), DONE],
        vec![hi, last, &finish("stop"), DONE],
        vec![
            hi,
            &finish("stop"),
            &last
                .replace("\"usage\":", "\"x_groq\":{\"usage\":")
                .replace("}}\n", "}}}\n"),
            DONE,
        ],
    ] {
        let (read, kind) = run(&stream.concat());
        assert_eq!(kind, None, "{stream:?}");
        let usage = read.usage.unwrap_or_else(|| panic!("{stream:?}"));
        assert_eq!(
            (&usage["prompt_tokens"], &usage["completion_tokens"]),
            (&3.into(), &2.into()),
            "{stream:?}"
        );
    }
    let (read, _) = run(&[hi, &finish("stop"), DONE].concat());
    assert!(read.usage.is_none(), "nobody makes tokens up");
    let absurd = r#"data: {"choices":[],"usage":{"prompt_tokens":-4,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":99}}}"#;
    let (read, _) = run(&[hi, &finish("stop"), absurd, "\n\n", DONE].concat());
    assert_eq!(read.usage.unwrap()["prompt_tokens"], 0);
}

#[test]
fn choices_may_interleave() {
    let text =
        |index: u32, text: &str| chunk(&format!(r#"{{"index":{index},"delta":{{"content":"{text}"}}}}"#));
    let end = |index: u32| {
        chunk(&format!(
            r#"{{"index":{index},"delta":{{}},"finish_reason":"stop"}}"#
        ))
    };
    let (read, kind) = run(&[
        text(0, "a"),
        text(1, "x"),
        text(0, "b"),
        end(0),
        text(1, "y"),
        end(1),
        DONE.into(),
    ]
    .concat());
    assert_eq!(kind, None);
    let texts: Vec<&str> = read.choices.values().map(|choice| choice.text.as_str()).collect();
    assert_eq!(texts, ["ab", "xy"]);
}
