//! What we answer to clients that know only Ollama, read back by a reader that knows nothing of the encoder.

use domain::{
    Answer, Choice, Delta, Event, Extra, Failure, FailureKind, Message, Part, RawJson, Role, StopReason,
    Usage,
};
use inglenook_wire::ollama::{
    Durations, Envelope, ModelCard, Route, StreamEncoder, decode_answer, encode_answer, encode_error,
    encode_ps, encode_show, encode_tags, encode_version,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::envelope;

/// Encodes events as the gateway does, with a heartbeat between any two.
fn stream(events: &[Event], outcome: Result<(), Failure>, route: Route) -> String {
    let mut encoder = StreamEncoder::new(Envelope {
        durations: Durations::default(),
        ..envelope(route)
    });
    let mut out = Vec::new();
    for event in events {
        out.extend_from_slice(StreamEncoder::HEARTBEAT);
        encoder.event(event, &mut out);
    }
    encoder.took(envelope(route).durations);
    if let Err(failure) = outcome.and_then(|()| encoder.finish(&mut out)) {
        let mut body = Vec::new();
        encode_error(&failure, &mut body);
        encoder.fail(&body, &mut out);
    }
    String::from_utf8(out).unwrap()
}

/// What a strict client has at the end: text, thinking, calls, and the last line.
#[derive(Debug, Default, PartialEq)]
struct Read {
    text: String,
    thinking: String,
    calls: Vec<Value>,
    last: Value,
}

fn read(stream: &str, route: Route) -> Read {
    let mut out = Read::default();
    assert!(stream.ends_with('\n') && !stream.contains("\n\n"));
    for line in stream.trim_end_matches('\n').split('\n') {
        assert!(out.last.is_null(), "nothing follows the last line: {line}");
        let line: Value = serde_json::from_str(line).unwrap();
        if line.get("error").is_some() {
            assert!(line["error"].is_string() && line.as_object().unwrap().len() == 1);
            out.last = line;
            continue;
        }
        assert_eq!(line["model"], "reviewer:latest");
        assert_eq!(line["created_at"], "2026-01-02T03:04:05Z");
        let (text, beside) = match route {
            Route::Chat => {
                assert_eq!(line["message"]["role"], "assistant");
                (&line["message"]["content"], &line["message"])
            }
            Route::Generate => (&line["response"], &line),
        };
        out.text += text.as_str().unwrap();
        out.thinking += beside["thinking"].as_str().unwrap_or_default();
        for call in beside["tool_calls"].as_array().into_iter().flatten() {
            assert!(call["function"]["arguments"].is_object());
            out.calls.push(call.clone());
        }
        if line["done"].as_bool().unwrap() {
            assert!(line["done_reason"].is_string());
            for duration in [
                "total_duration",
                "load_duration",
                "prompt_eval_duration",
                "eval_duration",
            ] {
                assert!(line[duration].is_u64(), "{duration}");
            }
            out.last = line;
        } else {
            assert_ne!(
                line["message"],
                json!({"role": "assistant", "content": ""}),
                "a line says something"
            );
        }
    }
    assert!(!out.last.is_null());
    out
}

fn deltas(deltas: impl IntoIterator<Item = Delta>, reason: StopReason) -> Vec<Event> {
    let mut events = vec![Event::Started {
        id: Some("x".into()),
        model: None,
        extra: Extra::new(),
    }];
    events.extend(deltas.into_iter().map(|delta| Event::Delta { choice: 0, delta }));
    events.push(Event::Finished { choice: 0, reason });
    events
}

fn text(text: &str) -> Delta {
    Delta::Text {
        text: text.into(),
        logprobs: None,
    }
}

fn call(index: u32, id: &str, fragments: &[&str]) -> Vec<Delta> {
    let mut out = vec![Delta::ToolCallStart {
        index,
        id: id.into(),
        name: "f".into(),
        extra: Extra::new(),
    }];
    out.extend(fragments.iter().map(|fragment| Delta::ToolCallArguments {
        index,
        fragment: (*fragment).into(),
    }));
    out
}

fn usage() -> Event {
    Event::Usage {
        usage: Usage {
            input: 7,
            output: 3,
            ..Usage::default()
        },
        raw: RawJson::new("{}"),
    }
}

#[test]
fn a_stream_is_lines_and_a_last_one() {
    let mut said = vec![
        Delta::Reasoning { text: "Hm".into() },
        Delta::ReasoningEnd {
            signature: Some("s".into()),
            extra: Extra::new(),
        },
        text("a\n"),
        text(""),
        Delta::Refusal { text: "no".into() },
    ];
    said.extend(call(0, "c0", &["{\"a\"", ":1}"]));
    said.extend(call(1, "c1", &[]));
    let mut events = deltas(said, StopReason::ToolCalls);
    events.push(usage());
    // another choice is not asked for and not shown
    events.insert(
        2,
        Event::Delta {
            choice: 1,
            delta: text("other"),
        },
    );
    let read = read(&stream(&events, Ok(()), Route::Chat), Route::Chat);
    assert_eq!((read.text.as_str(), read.thinking.as_str()), ("a\nno", "Hm"));
    assert_eq!(
        read.calls,
        [
            json!({"id": "c0", "function": {"index": 0, "name": "f", "arguments": {"a": 1}}}),
            json!({"id": "c1", "function": {"index": 1, "name": "f", "arguments": {}}}),
        ]
    );
    assert_eq!(
        read.last,
        json!({"model": "reviewer:latest", "created_at": "2026-01-02T03:04:05Z",
            "message": {"role": "assistant", "content": ""}, "done_reason": "stop", "done": true,
            "total_duration": 9, "load_duration": 1, "prompt_eval_count": 7, "prompt_eval_duration": 2,
            "eval_count": 3, "eval_duration": 6})
    );
}

#[test]
fn a_prompt_is_answered_in_its_own_shape() {
    let events = deltas(
        [Delta::Reasoning { text: "Hm".into() }, text("a")],
        StopReason::Length,
    );
    let read = read(&stream(&events, Ok(()), Route::Generate), Route::Generate);
    assert_eq!((read.text.as_str(), read.thinking.as_str()), ("a", "Hm"));
    assert_eq!(read.last["done_reason"], "length");
    assert_eq!(read.last.get("message"), None);
    assert_eq!(
        read.last.get("eval_count"),
        None,
        "what is not known is not nought"
    );
}

/// A call that was cut off must not be run; one that is merely odd is wrapped.
#[test]
fn broken_arguments_are_never_run_as_if_they_were_whole() {
    let both = [call(0, "c0", &["{}"]), call(1, "c1", &["{\"a\":"])].concat();
    let cut = read(
        &stream(&deltas(both.clone(), StopReason::Length), Ok(()), Route::Chat),
        Route::Chat,
    );
    assert_eq!((cut.calls.len(), &cut.last["done_reason"]), (1, &json!("length")));
    let odd = read(
        &stream(&deltas(both, StopReason::ToolCalls), Ok(()), Route::Chat),
        Route::Chat,
    );
    assert_eq!(
        odd.calls[1]["function"]["arguments"],
        json!({"arguments": "{\"a\":"})
    );
}

/// W-195, and no end that is none.
#[test]
fn a_failure_is_a_line_of_its_own() {
    let mut events = deltas([text("a")], StopReason::Stop);
    events.pop();
    let torn = read(&stream(&events, Ok(()), Route::Chat), Route::Chat);
    assert_eq!(
        torn.last,
        json!({"error": "The answer ended before it was complete."})
    );
    let failure = Failure::new(FailureKind::UpstreamOverloaded, "Too many\nat once.").with_hint("Wait.");
    let failed = read(&stream(&events, Err(failure), Route::Chat), Route::Chat);
    assert_eq!(failed.last, json!({"error": "Too many\nat once. Wait."}));
    for (kind, words) in [
        (FailureKind::ModelNotFound, "model not found: A sentence."),
        (
            FailureKind::ContextTooLong,
            "This model's maximum context length is exceeded. A sentence.",
        ),
        (FailureKind::Internal, "A sentence."),
    ] {
        let mut out = Vec::new();
        encode_error(&Failure::new(kind, "A sentence."), &mut out);
        assert_eq!(
            serde_json::from_slice::<Value>(&out).unwrap(),
            json!({"error": words})
        );
    }
}

#[test]
fn an_answer_reads_back_as_it_was() {
    let mut message = Message {
        role: Role::Assistant,
        parts: vec![
            Part::reasoning("Hm"),
            Part::text("a"),
            Part::ToolCall {
                id: "c".into(),
                name: "f".into(),
                arguments: r#"{"a":1}"#.into(),
                extra: Extra::new(),
            },
        ],
        extra: Extra::new(),
    };
    message.extra.set("x", RawJson::new("1"));
    let answer = Answer {
        model: Some("reviewer:latest".into()),
        choices: vec![Choice {
            message,
            reason: StopReason::ToolCalls,
            logprobs: Some(RawJson::new(r#"{"content":[1],"refusal":null}"#)),
        }],
        usage: Some((
            Usage {
                input: 7,
                output: 3,
                ..Usage::default()
            },
            RawJson::new("{}"),
        )),
        ..Answer::default()
    };
    let mut out = Vec::new();
    encode_answer(&answer, &envelope(Route::Chat), &mut out);
    let mut again = decode_answer(&out).unwrap();
    again.usage = again.usage.map(|(usage, _)| (usage, RawJson::new("{}")));
    assert_eq!(again, answer);
    let one: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(
        (&one["done"], &one["done_reason"], &one["total_duration"]),
        (&json!(true), &json!("stop"), &json!(9))
    );
    let mut out = Vec::new();
    encode_answer(&Answer::default(), &envelope(Route::Generate), &mut out);
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap()["response"], "");
}

#[test]
fn pickers_find_what_they_look_for() {
    let card = ModelCard {
        name: "reviewer".into(),
        basename: "Reviewer".into(),
        modified_at: "2026-01-02T03:04:05Z".into(),
        size: 0,
        digest: "ab".repeat(32),
        family: "inglenook".into(),
        parameter_size: String::new(),
        quantization: String::new(),
        context: Some(200_000),
        tools: true,
        images: false,
        thinks: true,
    };
    let json = |write: &dyn Fn(&mut Vec<u8>)| -> Value {
        let mut out = Vec::new();
        write(&mut out);
        serde_json::from_slice(&out).unwrap()
    };
    let details = json!({"parent_model": "", "format": "gguf", "family": "inglenook", "families": ["inglenook"],
        "parameter_size": "", "quantization_level": ""});
    let capabilities = json!(["completion", "tools", "thinking"]);
    assert_eq!(
        json(&|out| encode_tags(&[card.clone(), card.clone()], out))["models"][1],
        json!({"name": "reviewer", "model": "reviewer", "modified_at": "2026-01-02T03:04:05Z", "size": 0,
            "digest": "ab".repeat(32), "details": details, "capabilities": capabilities})
    );
    let show = json(&|out| encode_show(&card, out));
    assert_eq!(
        (&show["details"], &show["capabilities"]),
        (&details, &capabilities)
    );
    assert_eq!(
        show["model_info"],
        json!({"general.architecture": "inglenook", "general.basename": "Reviewer", "inglenook.context_length": 200_000})
    );
    assert_eq!(
        json(&|out| encode_version("0.13.5", out)),
        json!({"version": "0.13.5"})
    );
    assert_eq!(json(&encode_ps), json!({"models": []}));
    assert_eq!(json(&|out| encode_tags(&[], out)), json!({"models": []}));
    // and our own reader of lists agrees
    let mut out = Vec::new();
    encode_tags(std::slice::from_ref(&card), &mut out);
    let models = inglenook_wire::ollama::decode_models(&out).unwrap();
    assert_eq!(
        (models[0].id.as_str(), models[0].abilities.reasoning),
        ("reviewer", Some(true))
    );
    let mut out = Vec::new();
    encode_show(&card, &mut out);
    let model = inglenook_wire::ollama::decode_details("reviewer", &out).unwrap();
    assert_eq!(model.context, Some(200_000));
}

proptest! {
    #[test]
    fn what_is_streamed_reads_back(
        texts in proptest::collection::vec((any::<bool>(), any::<String>()), 0..8),
        arguments in proptest::collection::vec("[ -~]{0,12}", 0..4),
    ) {
        let mut said: Vec<Delta> = texts.iter().map(|(thought, words)| {
            if *thought { Delta::Reasoning { text: words.clone() } } else { text(words) }
        }).collect();
        for (index, arguments) in (0..).zip(&arguments) {
            said.extend(call(index, &format!("c{index}"), &[arguments]));
        }
        let mut events = deltas(said, StopReason::Stop);
        events.push(usage());
        let lines = stream(&events, Ok(()), Route::Chat);
        let seen = read(&lines, Route::Chat);
        let all = |wanted: bool| -> String {
            texts.iter().filter(|(thought, _)| *thought == wanted).map(|(_, words)| words.as_str()).collect()
        };
        prop_assert_eq!((&seen.text, &seen.thinking), (&all(false), &all(true)));
        prop_assert_eq!(seen.calls.len(), arguments.len());
        // and our own stream, read as a server's, ends well with the same usage
        let (again, outcome) = super::decode([lines.as_bytes()]);
        prop_assert_eq!(outcome, Ok(()));
        let expected = Usage { input: 7, output: 3, ..Usage::default() };
        let counted = matches!(again.last(), Some(Event::Usage { usage, .. }) if *usage == expected);
        prop_assert!(counted);
    }
}
