//! Bedrock's wire: binary frames, padded so that their lengths tell nothing.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};

use super::{Stream, signature};

pub(super) fn converse(stream: &mut Stream) {
    let delta = |index: u32, delta: String| {
        event(
            "contentBlockDelta",
            &format!(r#""contentBlockIndex":{index},"delta":{{{delta}}}"#),
        )
    };
    let stop = |index: u32| event("contentBlockStop", &format!(r#""contentBlockIndex":{index}"#));
    stream.frame(event("messageStart", r#""role":"assistant""#));
    stream.thoughts(|text| delta(0, format!(r#""reasoningContent":{{"text":{text}}}"#)));
    let sealed = format!(r#""reasoningContent":{{"signature":"{}"}}"#, signature());
    stream.frame(delta(0, sealed));
    stream.frame(stop(0));
    stream.texts(|text| delta(1, format!(r#""text":{text}"#)));
    stream.frame(stop(1));
    stream.frame(event(
        "contentBlockStart",
        r#""contentBlockIndex":2,"start":{"toolUse":{"name":"read_file","toolUseId":"tooluse_1vT0aWq8"}}"#,
    ));
    stream.arguments(|text| delta(2, format!(r#""toolUse":{{"input":{text}}}"#)));
    stream.frame(stop(2));
    stream.frame(event("messageStop", r#""stopReason":"tool_use""#));
    stream.frame(event(
        "metadata",
        r#""metrics":{"latencyMs":1790},"usage":{"inputTokens":640,"outputTokens":208,"totalTokens":848}"#,
    ));
}

fn event(name: &'static str, fields: &str) -> Vec<u8> {
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let message = Message::new(format!(r#"{{{fields},"p":"abcdefghijklmnopqrstuvwxyzABCDEF"}}"#))
        .add_header(header(":event-type", name))
        .add_header(header(":content-type", "application/json"))
        .add_header(header(":message-type", "event"));
    let mut out = Vec::new();
    write_message_to(&message, &mut out).unwrap();
    out
}
