//! The side where we are the server: answers whole and streamed, and failures.

use domain::{
    Answer, Choice, Delta, Event, Extra, Failure, FailureKind, Message, Part, RawJson, Role, StopReason,
    Usage,
};
use inglenook_wire::openai_chat;
use inglenook_wire::openai_responses::{
    ClientRequest, Envelope, StreamEncoder, decode_answer, decode_request, encode_answer, encode_error,
};
use serde_json::{Value, json};

use super::replay::{Recording, decode, recordings};
use super::strict::{check_response, read};

/// The request of Codex, as far as it matters here: instructions as an item, tools of every kind.
pub fn codex() -> Value {
    json!({
        "model": "agent-writer", "stream": true, "store": false,
        "input": [
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "You are a coding agent."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment>linux</environment>"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "say hi"}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "thinking"}], "content": null, "encrypted_content": "sealed-1"},
            {"type": "function_call", "name": "spawn", "namespace": "multi", "arguments": "{}", "call_id": "c1"},
            {"type": "custom_tool_call", "status": "completed", "call_id": "c2", "name": "apply_patch", "input": "*** \"Begin\"\n"},
            {"type": "function_call_output", "call_id": "c1", "output": "done"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "ok"}]},
            {"type": "compaction", "encrypted_content": "zzz"}
        ],
        "tools": [
            {"type": "function", "name": "exec", "description": "Runs", "strict": false, "parameters": {"type": "object", "properties": {}}},
            {"type": "custom", "name": "apply_patch", "description": "Edits", "format": {"type": "grammar", "syntax": "lark", "definition": "start: x"}},
            {"type": "namespace", "name": "multi", "description": "Agents", "tools": [
                {"type": "function", "name": "spawn", "description": "Spawns", "strict": false, "parameters": {"type": "object"}},
                {"type": "function", "name": "wait for it", "parameters": {"type": "object"}}
            ]},
            {"type": "web_search", "external_web_access": false}
        ],
        "tool_choice": "auto", "parallel_tool_calls": true, "reasoning": {"summary": "auto"},
        "include": ["reasoning.encrypted_content"], "prompt_cache_key": "thread-1", "client_metadata": {"k": "v"}
    })
}

pub fn parsed(body: &Value) -> ClientRequest {
    decode_request(body.to_string().as_bytes())
        .unwrap_or_else(|failure| panic!("{failure} {:?}", failure.param()))
}

fn envelope(request: &Value) -> Envelope {
    parsed(request).envelope("resp_test", 1_700_000_000, "agent-writer")
}

fn plain() -> Envelope {
    envelope(&json!({"input": "hi", "include": ["reasoning.encrypted_content"]}))
}

/// Encodes events as the gateway does: a failure ends the stream.
pub fn encode(envelope: Envelope, events: &[Event], outcome: &Result<(), Failure>) -> String {
    let mut encoder = StreamEncoder::new(envelope);
    let mut out = Vec::new();
    for event in events {
        let before = out.len();
        encoder.event(event, &mut out);
        assert!(
            out.len() == before || out.ends_with(b"\n\n"),
            "each event is written whole"
        );
    }
    encoder.completed(1_700_000_009);
    let end = match outcome {
        Ok(()) => encoder.finish(&mut out),
        Err(failure) => Err(failure.clone()),
    };
    if let Err(failure) = end {
        encoder.fail(&failure, &mut out);
        // nothing follows
        let length = out.len();
        encoder.fail(&failure, &mut out);
        encoder.event(&delta(Delta::Reasoning { text: "late".into() }), &mut out);
        assert_eq!(out.len(), length);
    }
    String::from_utf8(out).unwrap()
}

fn delta(delta: Delta) -> Event {
    Event::Delta { choice: 0, delta }
}

fn started() -> Event {
    Event::Started {
        id: None,
        model: None,
        extra: Extra::new(),
    }
}

fn text(text: &str) -> Event {
    delta(Delta::Text {
        text: text.into(),
        logprobs: None,
    })
}

fn call(index: u32, id: &str, name: &str) -> Event {
    delta(Delta::ToolCallStart {
        index,
        id: id.into(),
        name: name.into(),
        extra: Extra::new(),
    })
}

fn arguments(index: u32, fragment: &str) -> Event {
    delta(Delta::ToolCallArguments {
        index,
        fragment: fragment.into(),
    })
}

fn finished(reason: StopReason) -> Event {
    Event::Finished { choice: 0, reason }
}

#[test]
fn text_comes_in_the_order_of_w126() {
    let events = [
        started(),
        text("Hel"),
        text("lo"),
        finished(StopReason::Stop),
        usage(),
    ];
    let stream = encode(plain(), &events, &Ok(()));
    let read = read(&stream);
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(read.kinds, expected);
    assert_eq!(read.response["output"][0]["content"][0]["text"], "Hello");
    assert_eq!(read.response["model"], "agent-writer");
    assert_eq!(read.response["completed_at"], 1_700_000_009);
    assert_eq!(
        read.response["usage"],
        json!({"input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 5,
               "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 14})
    );
    assert!(!stream.contains("[DONE]"), "W-133");
}

fn usage() -> Event {
    Event::Usage {
        usage: Usage {
            input: 9,
            cached_input: 4,
            output: 5,
            reasoning: 2,
            ..Usage::default()
        },
        raw: RawJson::new("{}"),
    }
}

#[test]
fn calls_come_in_the_order_of_w127() {
    let events = [
        started(),
        call(0, "c1", "exec"),
        arguments(0, "{\"a\""),
        arguments(0, ":1}"),
        call(1, "c2", "exec"),
        finished(StopReason::ToolCalls),
    ];
    let read = read(&encode(plain(), &events, &Ok(())));
    let expected = [
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.output_item.added",
        // a call without arguments has `{}`
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(read.kinds[2..], expected);
    let calls = &read.response["output"];
    assert_eq!(calls[0]["call_id"], "c1");
    assert_eq!(calls[0]["arguments"], "{\"a\":1}");
    assert_eq!(calls[1]["arguments"], "{}");
    assert!(calls[0]["id"].as_str().unwrap().starts_with("fc_"));
}

#[test]
fn calls_that_grow_at_once_stay_apart() {
    let events = [
        started(),
        call(0, "c1", "a"),
        arguments(0, "{"),
        call(1, "c2", "b"),
        arguments(1, "{\"x\":"),
        arguments(0, "}"),
        arguments(1, "2}"),
        finished(StopReason::ToolCalls),
    ];
    let read = read(&encode(plain(), &events, &Ok(())));
    assert_eq!(read.response["output"][0]["arguments"], "{}");
    assert_eq!(read.response["output"][1]["arguments"], "{\"x\":2}");
}

#[test]
fn reasoning_is_sealed_only_for_who_asks() {
    let mut extra = Extra::new();
    extra.set("id", RawJson::new("\"rs_theirs\""));
    let events = [
        started(),
        delta(Delta::Reasoning { text: "hm".into() }),
        delta(Delta::ReasoningEnd {
            signature: Some("sig".into()),
            extra: extra.clone(),
        }),
        delta(Delta::ReasoningEnd {
            signature: Some("sig2".into()),
            extra,
        }),
        text("hi"),
        finished(StopReason::Stop),
    ];
    let read1 = read(&encode(plain(), &events, &Ok(())));
    let output = &read1.response["output"];
    assert_eq!(
        output[0]["summary"],
        json!([{"type": "summary_text", "text": "hm"}])
    );
    assert_eq!(output[0]["encrypted_content"], "sig");
    // a block without text is worth telling for its seal alone
    assert_eq!(output[1]["summary"], json!([]));
    assert_eq!(output[1]["encrypted_content"], "sig2");
    assert_eq!(output[2]["type"], "message");
    let read2 = read(&encode(envelope(&json!({"input": "hi"})), &events, &Ok(())));
    let output = read2.response["output"].as_array().unwrap();
    assert_eq!(output.len(), 2);
    assert!(output[0].get("encrypted_content").is_none());
}

#[test]
fn an_answer_that_was_cut_off_is_incomplete() {
    for (reason, word) in [
        (StopReason::Length, "max_output_tokens"),
        (StopReason::ContentFilter, "content_filter"),
    ] {
        let read = read(&encode(
            plain(),
            &[started(), text("He"), finished(reason)],
            &Ok(()),
        ));
        assert_eq!(read.kinds.last().unwrap(), "response.incomplete");
        assert_eq!(read.response["incomplete_details"]["reason"], word);
        assert_eq!(read.response["output"][0]["status"], "incomplete");
    }
}

#[test]
fn failures_end_the_stream_in_codex_words() {
    for (failure, code, said) in [
        (
            Failure::new(FailureKind::ContextTooLong, "Too long."),
            "context_length_exceeded",
            "maximum context length",
        ),
        (
            Failure::new(FailureKind::ProviderQuotaExceeded, "No money."),
            "insufficient_quota",
            "No money.",
        ),
        (
            Failure::new(FailureKind::ProviderRateLimited, "Slow down.").with_retry_after_ms(1500),
            "rate_limit_exceeded",
            "Slow down. Please try again in 1.500s.",
        ),
        (
            Failure::new(FailureKind::UpstreamDisconnected, "Gone."),
            "upstream_disconnected",
            "Gone.",
        ),
        (
            Failure::new(FailureKind::InvalidRequest, "No."),
            "invalid_prompt",
            "No.",
        ),
    ] {
        for events in [vec![], vec![started(), text("Hel")]] {
            let read = read(&encode(plain(), &events, &Err(failure.clone())));
            assert_eq!(read.kinds.last().unwrap(), "response.failed", "W-130");
            assert_eq!(read.response["error"]["code"], code);
            assert!(read.response["error"]["type"].is_string());
            assert!(read.response["error"]["message"].as_str().unwrap().contains(said));
        }
    }
    // an end that nobody told is a failure, too
    let read = read(&encode(plain(), &[started(), text("Hel")], &Ok(())));
    assert_eq!(read.response["error"]["code"], "upstream_disconnected");
    let mut out = Vec::new();
    encode_error(&Failure::new(FailureKind::ModelNotFound, "None."), &mut out);
    assert_eq!(
        serde_json::from_slice::<Value>(&out).unwrap()["error"]["code"],
        "model_not_found"
    );
}

#[test]
fn refusals_and_annotations_have_their_own_parts() {
    let mut extra = Extra::new();
    extra.set(
        "annotations",
        RawJson::new(r#"[{"type":"url_citation","url_citation":{"url":"https://a.b","start_index":0,"end_index":2,"title":"t"}}]"#),
    );
    let refusal = delta(Delta::Refusal { text: "no".into() });
    let events = [
        started(),
        text("hi"),
        delta(Delta::Extra { extra }),
        refusal,
        finished(StopReason::Stop),
    ];
    let read = read(&encode(plain(), &events, &Ok(())));
    let content = &read.response["output"][0]["content"];
    let flat = json!([{"type": "url_citation", "url": "https://a.b", "start_index": 0, "end_index": 2, "title": "t"}]);
    assert_eq!(content[0]["annotations"], flat);
    assert_eq!(content[1], json!({"type": "refusal", "refusal": "no"}));
}

/// The model calls tools by flat names; the client hears the names that it declared.
#[test]
fn codex_hears_its_own_names() {
    let request = parsed(&codex());
    let names: Vec<&str> = request
        .request
        .tools
        .iter()
        .map(|tool| tool.name.as_str())
        .collect();
    assert_eq!(names[..4], ["exec", "apply_patch", "web_search", "multi__spawn"]);
    assert!(
        names[4].starts_with("multi__wait_for_it_") && names[4].len() <= 64,
        "{}",
        names[4]
    );
    assert_eq!(request.names.original(names[4]), Some(("multi", "wait for it")));
    assert!(request.names.is_custom("apply_patch") && !request.names.is_custom("exec"));
    let events = [
        started(),
        call(0, "c1", "multi__spawn"),
        arguments(0, "{}"),
        call(1, "c2", "apply_patch"),
        arguments(1, "{\"inp"),
        arguments(1, "ut\":\"a\\n\\\"b\\\"\"}"),
        call(2, "c3", "exec"),
        finished(StopReason::ToolCalls),
    ];
    let envelope = request.envelope("resp_test", 1, "agent-writer");
    let read = read(&encode(envelope.clone(), &events, &Ok(())));
    let output = &read.response["output"];
    assert_eq!(
        (&output[0]["name"], &output[0]["namespace"]),
        (&json!("spawn"), &json!("multi"))
    );
    assert_eq!(output[1]["type"], "custom_tool_call");
    assert_eq!(
        (&output[1]["name"], &output[1]["input"]),
        (&json!("apply_patch"), &json!("a\n\"b\""))
    );
    assert_eq!(output[2]["type"], "function_call");
    assert_eq!(
        read.response["tools"][3],
        codex()["tools"][3],
        "tools are repeated as they came"
    );
    assert_eq!(read.response["store"], false);
    assert_eq!(read.response["prompt_cache_key"], "thread-1");
    // and the same in a whole answer
    let parts = vec![
        Part::ToolCall {
            id: "c1".into(),
            name: "multi__spawn".into(),
            arguments: "{}".into(),
            extra: Extra::new(),
        },
        Part::ToolCall {
            id: "c2".into(),
            name: "apply_patch".into(),
            arguments: "{\"input\":\"x\"}".into(),
            extra: Extra::new(),
        },
    ];
    let whole = whole(&answer(parts), &envelope);
    assert_eq!(whole["output"][0]["namespace"], "multi");
    assert_eq!(whole["output"][1]["input"], "x");
}

fn answer(parts: Vec<Part>) -> Answer {
    Answer {
        choices: vec![Choice {
            message: Message {
                role: Role::Assistant,
                parts,
                extra: Extra::new(),
            },
            reason: StopReason::Stop,
            logprobs: None,
        }],
        ..Answer::default()
    }
}

fn whole(answer: &Answer, envelope: &Envelope) -> Value {
    let mut out = Vec::new();
    encode_answer(answer, envelope, &mut out);
    let value: Value = serde_json::from_slice(&out).unwrap();
    check_response(&value);
    value
}

/// An answer of a provider of this wire, given out on this wire, says the same: whole and streamed.
#[test]
fn recordings_come_out_as_they_came_in() {
    for recording in recordings() {
        if recording.status != 200 || recording.id.contains("stream-error") {
            continue;
        }
        let id = &recording.id;
        if recording.is_stream() {
            let (events, outcome) = decode([recording.body.as_bytes()]);
            let stream = encode(plain(), &events, &outcome);
            let read = read(&stream);
            let (again, outcome) = decode([stream.as_bytes()]);
            assert_eq!(outcome, Ok(()), "{id}");
            compare(id, &last(&recording), &read.response);
            assert_eq!(joined(&again), joined(&events), "{id}");
        } else {
            let mut answer = decode_answer(recording.body.as_bytes()).unwrap();
            // blocks that have neither text nor seal are not told
            let empty = |part: &Part| matches!(part, Part::Reasoning { text, signature: None, .. } if text.is_empty());
            answer.choices[0].message.parts.retain(|part| !empty(part));
            let ours = whole(&answer, &plain());
            compare(id, &serde_json::from_str(&recording.body).unwrap(), &ours);
            let again = decode_answer(ours.to_string().as_bytes()).unwrap();
            assert_eq!(again.choices, answer.choices, "{id}: also ids, phases and seals");
            // the same on the wire of chat completions
            let mut out = Vec::new();
            openai_chat::encode_answer(&answer, &crate::support::envelope(), &mut out);
            let chat: Value = serde_json::from_slice(&out).unwrap();
            assert!(!chat.to_string().contains("openai_responses"), "{id}");
            crate::strict::check_usage(&chat["usage"]);
        }
    }
}

fn last(recording: &Recording) -> Value {
    let event = recording
        .body
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data:")?.trim()).ok())
        .find(|event| event["type"] == "response.completed");
    event.unwrap()["response"].clone()
}

fn compare(id: &str, theirs: &Value, ours: &Value) {
    assert_eq!(ours["status"], theirs["status"], "{id}");
    for path in [
        "/usage/input_tokens",
        "/usage/input_tokens_details/cached_tokens",
        "/usage/output_tokens",
        "/usage/output_tokens_details/reasoning_tokens",
        "/usage/total_tokens",
    ] {
        assert_eq!(ours.pointer(path), theirs.pointer(path), "{id}: {path}");
    }
    let kinds = |response: &Value| -> Vec<Value> {
        let list = response["output"].as_array().unwrap().iter();
        list.map(|item| {
            json!([
                item["type"],
                item["call_id"],
                item["name"],
                item["arguments"],
                item["input"],
                item["phase"]
            ])
        })
        .collect()
    };
    if theirs["output"] != json!([]) {
        // blocks that have neither text nor seal are not told
        let empty = |item: &Value| {
            item["type"] == "reasoning"
                && item["summary"] == json!([])
                && item["encrypted_content"].is_null()
                && item["content"].as_array().is_none_or(Vec::is_empty)
        };
        let mut full = theirs.clone();
        full["output"].as_array_mut().unwrap().retain(|item| !empty(item));
        assert_eq!(kinds(ours), kinds(&full), "{id}");
    }
}

/// Events without what differs from one telling to another: neighbours joined, ids of items left out.
fn joined(events: &[Event]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut add = |kind: &str, text: &str| match out.last_mut() {
        Some(last) if last.starts_with(kind) => last.push_str(text),
        _ => out.push(format!("{kind}{text}")),
    };
    for event in events {
        match event {
            Event::Delta { delta, .. } => match delta {
                Delta::Text { text, .. } => add("text:", text),
                Delta::Reasoning { text } => add("thought:", text),
                Delta::ReasoningEnd { signature, .. } => add("seal:", &format!("{signature:?}")),
                Delta::ToolCallStart { id, name, .. } => add("call:", &format!("{id} {name} ")),
                Delta::ToolCallArguments { fragment, .. } => add("call:", fragment),
                Delta::Refusal { text } => add("refusal:", text),
                Delta::TextExtra { .. } | Delta::Part { .. } | Delta::Extra { .. } => {}
            },
            Event::Finished { reason, .. } => add("end:", reason.as_str()),
            Event::Usage { usage, .. } => add("usage:", &format!("{usage:?}")),
            Event::Started { .. } => {}
        }
    }
    out
}

/// What another wire's provider says comes out on this one: the chat recordings of the unit before.
#[test]
fn an_answer_of_chat_completions_is_a_response_too() {
    let body = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"reasoning_content\":\"hm\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"k\",\"function\":{\"name\":\"exec\",\"arguments\":\"{}\"}}]}}]}\n\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n\
        data: [DONE]\n\n";
    let (events, outcome) = crate::support::decode([body.as_bytes()]);
    let read = read(&encode(plain(), &events, &outcome));
    let kinds: Vec<&str> = read.response["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["reasoning", "message", "function_call"]);
    assert_eq!(read.response["usage"]["total_tokens"], 3);
}
