//! Anthropic's wire.

use super::{Stream, named, signature};

pub(super) fn messages(stream: &mut Stream) {
    let start = |index: u32, block: &str| {
        let rest = format!(r#","index":{index},"content_block":{block}"#);
        named("content_block_start", &rest)
    };
    let delta = |index: u32, delta: String| {
        let rest = format!(r#","index":{index},"delta":{{{delta}}}"#);
        named("content_block_delta", &rest)
    };
    let stop = |index: u32| named("content_block_stop", &format!(r#","index":{index}"#));
    stream.frame(named(
        "message_start",
        r#","message":{"model":"claude-haiku-4-5-20251001","id":"msg_011CeCGonipJEJaZ","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":640,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}"#,
    ));
    stream.frame(start(0, r#"{"type":"thinking","thinking":"","signature":""}"#));
    stream.frame(named("ping", ""));
    stream.thoughts(|text| delta(0, format!(r#""type":"thinking_delta","thinking":{text}"#)));
    let sealed = format!(r#""type":"signature_delta","signature":"{}""#, signature());
    stream.frame(delta(0, sealed));
    stream.frame(stop(0));
    stream.frame(start(1, r#"{"type":"text","text":""}"#));
    stream.texts(|text| delta(1, format!(r#""type":"text_delta","text":{text}"#)));
    stream.frame(stop(1));
    stream.frame(start(
        2,
        r#"{"type":"tool_use","id":"toolu_01A09q90qw","name":"read_file","input":{}}"#,
    ));
    stream.arguments(|text| delta(2, format!(r#""type":"input_json_delta","partial_json":{text}"#)));
    stream.frame(stop(2));
    stream.frame(named(
        "message_delta",
        r#","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":640,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":208}"#,
    ));
    stream.frame(named("message_stop", ""));
}
