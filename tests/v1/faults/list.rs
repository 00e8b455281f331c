//! The faults themselves, as a provider of OpenAI's chat commits them, and what a client must be told. Every
//! route that answers a conversation is held against all of them.

use domain::FailureKind;
use serde_json::{Value, json};

use crate::support::Reply;
use crate::support::canonical::{Call, Choice};

/// What a client must be told.
#[derive(Clone)]
pub enum Told {
    Answer(Choice),
    Failure(FailureKind),
}

/// A fault: its row in the matrix, what the provider sends, and what the client must be told.
#[derive(Clone)]
pub struct Fault {
    pub row: &'static str,
    pub reply: Reply,
    pub told: Told,
}

fn fault(row: &'static str, reply: Reply, told: Told) -> Fault {
    Fault { row, reply, told }
}

/// Faults of streams.
pub fn streams() -> Vec<Fault> {
    [framing(), endings(), calls()].concat()
}

/// A stream of events as they stand.
fn stream(events: &[&str]) -> Reply {
    let begun = Reply::new(200, "text/event-stream");
    events
        .iter()
        .fold(begun, |reply, event| reply.send((*event).to_owned()))
}

/// An event with one choice.
fn choice(choice: &Value) -> String {
    let chunk = json!({
        "id": "up-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice],
    });
    format!("data: {chunk}\n\n")
}

fn delta(delta: &Value) -> String {
    choice(&json!({"index": 0, "delta": delta, "finish_reason": null}))
}

fn finish(reason: &str) -> String {
    choice(&json!({"index": 0, "delta": {}, "finish_reason": reason}))
}

fn call(call: &Value) -> String {
    delta(&json!({"tool_calls": [call]}))
}

const DONE: &str = "data: [DONE]\n\n";

fn hello() -> Told {
    Told::Answer(Choice {
        text: "Hello.".into(),
        finish: Some("stop".into()),
        ..Choice::default()
    })
}

fn thought() -> Told {
    Told::Answer(Choice {
        text: "Hello.".into(),
        reasoning: "Hm, well.".into(),
        finish: Some("stop".into()),
        ..Choice::default()
    })
}

/// Calls of `look`; an empty id is one that we make.
fn looked(calls: &[(&str, &str)]) -> Told {
    let call = |(id, arguments): &(&str, &str)| Call {
        id: (*id).into(),
        name: "look".into(),
        arguments: (*arguments).into(),
    };
    Told::Answer(Choice {
        calls: calls.iter().map(call).collect(),
        finish: Some("tool_calls".into()),
        ..Choice::default()
    })
}

/// Faults in what stands around the text.
fn framing() -> Vec<Fault> {
    let role = &delta(&json!({"role": "assistant", "content": ""}));
    let (hel, lo) = (
        &delta(&json!({"content": "Hel"})),
        &delta(&json!({"content": "lo."})),
    );
    let (stop, usual) = (&finish("stop"), &delta(&json!({"content": "Hello."})));
    let bare = |delta: &Value, reason: &Value| {
        format!(
            "data: {}\n\n",
            json!({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        )
    };
    let usage = r#""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}"#;
    let crlf = [role, usual, stop, DONE].concat();
    let crlf = crlf
        .replace("data: ", "event: message\ndata:")
        .replace('\n', "\r\n");
    vec![
        fault(
            "comments before and between",
            stream(&[": hi\n\n", role, hel, ": keep-alive\n\n:\n\n", lo, stop, DONE]),
            hello(),
        ),
        fault(
            "event: ping with empty data",
            stream(&[
                "event: ping\ndata: {}\n\n",
                role,
                hel,
                "event: ping\ndata: {}\n\n",
                lo,
                stop,
                DONE,
            ]),
            hello(),
        ),
        fault(
            "a bare data line",
            stream(&[role, "data:\n\n", hel, "data: \n\n", lo, stop, DONE]),
            hello(),
        ),
        fault(
            "a first chunk without choices",
            stream(&[
                "data: {\"choices\":[],\"prompt_filter_results\":[{}]}\n\n",
                role,
                usual,
                stop,
                DONE,
            ]),
            hello(),
        ),
        fault(
            "an empty delta as heartbeat",
            stream(&[role, &delta(&json!({})), usual, &delta(&json!({})), stop, DONE]),
            hello(),
        ),
        fault(
            "usage without choices",
            stream(&[role, usual, stop, &format!("data: {{{usage}}}\n\n"), DONE]),
            hello(),
        ),
        fault("no role", stream(&[hel, lo, stop, DONE]), hello()),
        fault(
            "no id, no object, no created",
            stream(&[
                &bare(&json!({"content": "Hello."}), &Value::Null),
                &bare(&json!({}), &"stop".into()),
                DONE,
            ]),
            hello(),
        ),
        fault(
            "an unknown reason",
            stream(&[role, usual, &finish("whatever"), DONE]),
            hello(),
        ),
        fault("no end marker", stream(&[role, usual, stop]), hello()),
        fault(
            "data after the end marker",
            stream(&[
                role,
                usual,
                stop,
                DONE,
                hel,
                "data: {\"error\":\"late\"}\n\n",
                DONE,
            ]),
            hello(),
        ),
        fault(
            "no usage although asked",
            stream(&[role, usual, stop, DONE]),
            hello(),
        ),
        fault("CRLF, no space, a further line", stream(&[&crlf]), hello()),
        fault(
            "a finish beside the last text",
            stream(&[
                &choice(&json!({"index": 0, "delta": {"content": "Hello."}, "finish_reason": "stop"})),
                DONE,
            ]),
            hello(),
        ),
        fault("reasoning_content", reasoned(&["reasoning_content"]), thought()),
        fault("reasoning", reasoned(&["reasoning"]), thought()),
        fault(
            "both in one delta",
            reasoned(&["reasoning", "reasoning_content"]),
            thought(),
        ),
    ]
}

fn reasoned(names: &[&str]) -> Reply {
    let piece = |text: &str| {
        let fields = names.iter().map(|name| ((*name).to_owned(), text.into()));
        delta(&Value::Object(fields.collect()))
    };
    let text = delta(&json!({"content": "Hello."}));
    stream(&[&piece("Hm, "), &piece("well."), &text, &finish("stop"), DONE])
}

/// Faults after which there is no answer.
fn endings() -> Vec<Fault> {
    use FailureKind::{UpstreamDisconnected, UpstreamFailed};
    let role = &delta(&json!({"role": "assistant", "content": ""}));
    let hel = &delta(&json!({"content": "Hel"}));
    let error = "data: {\"error\":{\"message\":\"The engine fell over.\",\"type\":\"server_error\"}}\n\n";
    let disconnected = || Told::Failure(UpstreamDisconnected);
    vec![
        fault("no finish reason", stream(&[role, hel, DONE]), disconnected()),
        fault("an end in mid-text", stream(&[role, hel]), disconnected()),
        fault(
            "a cut in mid-chunk",
            stream(&[role, hel, &hel[..hel.len() / 2]]).cut(),
            disconnected(),
        ),
        fault("an empty stream", stream(&[": hi\n\n"]), disconnected()),
        fault(
            "an error in mid-stream",
            stream(&[role, hel, error]),
            Told::Failure(UpstreamFailed),
        ),
        fault(
            "an error after the finish",
            stream(&[role, hel, &finish("stop"), error, DONE]),
            Told::Failure(UpstreamFailed),
        ),
        fault(
            "an error as the first event",
            stream(&[error, DONE]),
            Told::Failure(UpstreamFailed),
        ),
    ]
}

/// Faults in tool calls.
fn calls() -> Vec<Fault> {
    let end = &[finish("tool_calls").as_str(), DONE].concat();
    let start = json!({
        "index": 0, "id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""},
    });
    let more = |text: &str| json!({"index": 0, "function": {"arguments": text}});
    let with = |value: &Value, changes: &[(&str, Value)]| {
        let mut value = value.clone();
        for (path, new) in changes {
            *value.pointer_mut(path).unwrap() = new.clone();
        }
        value
    };
    let without = |value: &Value, name: &str| {
        let mut value = value.clone();
        value.as_object_mut().unwrap().remove(name);
        value
    };
    let whole = with(&start, &[("/function/arguments", "{\"at\":1}".into())]);
    let other = with(
        &whole,
        &[
            ("/id", "call_2".into()),
            ("/function/arguments", "{\"at\":2}".into()),
        ],
    );
    let halves = |first: &Value, change: &dyn Fn(&Value) -> Value| {
        let later = ["{\"at\"", ":1}"].map(|text| call(&change(&more(text))));
        stream(&[&call(first), &later[0], &later[1], end])
    };
    let same = |value: &Value| value.clone();
    let repeated = |value: &Value| {
        with(
            &start,
            &[("/function/arguments", value["function"]["arguments"].clone())],
        )
    };
    let nulls = |value: &Value| {
        let repeated = repeated(value);
        with(
            &repeated,
            &[
                ("/id", Value::Null),
                ("/type", Value::Null),
                ("/function/name", Value::Null),
            ],
        )
    };
    let shifted = |value: &Value| with(value, &[("/index", 1.into())]);
    let one = || looked(&[("call_1", "{\"at\":1}")]);
    vec![
        fault("no fault at all", halves(&start, &same), one()),
        fault(
            "no index",
            halves(&without(&start, "index"), &|value| without(value, "index")),
            one(),
        ),
        fault("the first index is 1", halves(&shifted(&start), &shifted), one()),
        fault("no type", halves(&without(&start, "type"), &same), one()),
        fault("id and name on every delta", halves(&start, &repeated), one()),
        fault("null on later deltas", halves(&start, &nulls), one()),
        fault(
            "two calls with index 0",
            stream(&[&call(&whole), &call(&other), end]),
            looked(&[("call_1", "{\"at\":1}"), ("call_2", "{\"at\":2}")]),
        ),
        fault("a whole call in one delta", stream(&[&call(&whole), end]), one()),
        fault(
            "no id",
            stream(&[&call(&without(&whole, "id")), end]),
            looked(&[("", "{\"at\":1}")]),
        ),
        fault(
            "stop with calls",
            stream(&[&call(&whole), &finish("stop"), DONE]),
            one(),
        ),
        fault(
            "no arguments",
            stream(&[&call(&start), end]),
            looked(&[("call_1", "{}")]),
        ),
    ]
}

/// Faults of answers that are not streams; asked for as a stream and not.
pub fn documents() -> Vec<Fault> {
    use FailureKind as K;
    let answer = json!({
        "id": "up-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [{
            "index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop",
        }],
    });
    let nothing =
        json!({"id": "up-1", "object": "chat.completion", "created": 1, "model": "m", "choices": []});
    let document = |text: String| Reply::new(200, "application/json").send(text);
    let overflow = "This model's maximum context length is 8192 tokens.";
    vec![
        fault(
            "blanks before the document",
            document(format!(" \n\n {answer}")),
            hello(),
        ),
        fault(
            "no choices",
            document(nothing.to_string()),
            Told::Failure(K::UpstreamFailed),
        ),
        fault(
            "half a document",
            document(answer.to_string()[..90].to_owned()),
            Told::Failure(K::UpstreamFailed),
        ),
        fault(
            "an error that is a text",
            Reply::json(400, &json!({"error": "nope"})),
            Told::Failure(K::InvalidRequest),
        ),
        fault(
            "a list of details",
            Reply::json(
                422,
                &json!({"detail": [{"loc": ["body", "x"], "msg": "field required"}]}),
            ),
            Told::Failure(K::InvalidRequest),
        ),
        fault(
            "a proxy's page",
            Reply::new(502, "text/html").send("<html><h1>502 Bad Gateway</h1></html>"),
            Told::Failure(K::UpstreamFailed),
        ),
        fault(
            "too long, as 413",
            Reply::refusal(413, "context_length_exceeded", overflow),
            Told::Failure(K::ContextTooLong),
        ),
        fault(
            "an error inside a success",
            Reply::json(200, &json!({"error": {"message": "Slow down.", "code": 429}})),
            Told::Failure(K::ProviderRateLimited),
        ),
    ]
}
