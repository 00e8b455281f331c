//! Arguments of a call that are blanks alone, on every wire whose client builds the whole from pieces.

use domain::{Delta, Event, StopReason};
use serde_json::json;

use super::client::{encode, parsed};
use super::strict::read;

#[test]
fn blank_arguments_become_an_object_after_the_blanks_that_were_told() {
    let asked = parsed(&json!({"input": "hi"}));
    let envelope = asked.envelope("resp_test", 1_700_000_000, "agent-writer");
    let call = |delta| Event::Delta { choice: 0, delta };
    let events = [
        call(Delta::ToolCallStart {
            index: 0,
            id: "call_1".into(),
            name: "now".into(),
            extra: domain::Extra::new(),
        }),
        call(Delta::ToolCallArguments {
            index: 0,
            fragment: " ".into(),
        }),
        Event::Finished {
            choice: 0,
            reason: StopReason::ToolCalls,
        },
    ];
    let read = read(&encode(envelope, &events, &Ok(())));
    assert_eq!(read.response["output"][0]["arguments"], " {}");
    let chat = crate::support::encode(&events, &Ok(()), false);
    assert!(
        chat.contains(r#""arguments":" ""#) && chat.contains(r#""arguments":"{}""#),
        "{chat}"
    );
    let mut out = Vec::new();
    let mut messages = inglenook_wire::anthropic_messages::StreamEncoder::new(
        inglenook_wire::anthropic_messages::Envelope {
            request_id: None,
            id: "msg_1".into(),
            model: "m".into(),
            input_tokens: 0,
            signer: None,
        },
    );
    events.iter().for_each(|event| messages.event(event, &mut out));
    messages.finish(&mut out).unwrap();
    let text = String::from_utf8_lossy(&out);
    assert!(text.contains(r#""partial_json":"{}""#), "{text}");
}
