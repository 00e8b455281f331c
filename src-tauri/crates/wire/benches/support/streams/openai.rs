//! OpenAI's two wires.

use super::{ARGUMENTS, Stream, TEXTS, THOUGHTS, named, quoted, tokens};

pub(super) fn chat(stream: &mut Stream) {
    let chunk = |choices: &str, usage: &str| {
        format!(
            "data: {{\"id\":\"chatcmpl-B1f0oZ9cU3\",\"object\":\"chat.completion.chunk\",\"created\":1741570283,\
             \"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_06737a9306\",\
             \"choices\":[{choices}],\"usage\":{usage},\"obfuscation\":\"x8Kd0Q\"}}\n\n"
        )
        .into_bytes()
    };
    let choice = |delta: &str, reason: &str| {
        let choice = format!(r#"{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{reason}}}"#);
        chunk(&choice, "null")
    };
    let delta = |delta: &str| choice(delta, "null");
    stream.frame(delta(r#"{"role":"assistant","content":"","refusal":null}"#));
    stream.thoughts(|text| delta(&format!(r#"{{"reasoning_content":{text}}}"#)));
    stream.texts(|text| delta(&format!(r#"{{"content":{text}}}"#)));
    stream.frame(delta(
        r#"{"tool_calls":[{"index":0,"id":"call_1vT0aWq8","type":"function","function":{"name":"read_file","arguments":""}}]}"#,
    ));
    stream.arguments(|text| {
        delta(&format!(
            r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":{text}}}}}]}}"#
        ))
    });
    stream.frame(choice("{}", r#""tool_calls""#));
    stream.frame(chunk(
        "",
        r#"{"prompt_tokens":640,"completion_tokens":208,"total_tokens":848,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":32}}"#,
    ));
    stream.frame(b"data: [DONE]\n\n".to_vec());
}

pub(super) fn responses(stream: &mut Stream) {
    let response = |name: &str, rest: &str| {
        named(
            name,
            &format!(
                r#","response":{{"id":"resp_0d6d0acf28b8b1c4","object":"response","created_at":1741570283,"model":"gpt-5.4-mini-2026-03-17","parallel_tool_calls":true,"store":false,"temperature":1.0,"tool_choice":"auto","truncation":"disabled","metadata":{{}},{rest}}},"sequence_number":1"#
            ),
        )
    };
    let item = |name: &str, index: u32, item: &str| {
        named(
            name,
            &format!(r#","output_index":{index},"item":{item},"sequence_number":33"#),
        )
    };
    let delta = |name: &str, item: &str, index: u32, rest: String| {
        named(
            name,
            &format!(
                r#","item_id":"{item}","output_index":{index},{rest},"obfuscation":"x8Kd0QmP","sequence_number":96"#
            ),
        )
    };
    let part = |name: &str, item: &str, index: u32, part: &str| {
        named(
            name,
            &format!(r#","item_id":"{item}","output_index":{index},{part},"sequence_number":34"#),
        )
    };
    let call = |status: &str, arguments: &str| {
        format!(
            r#"{{"id":"fc_1","type":"function_call","status":"{status}","arguments":{arguments},"call_id":"call_1vT0aWq8","name":"read_file"}}"#
        )
    };
    let thoughts = quoted(&tokens(THOUGHTS).collect::<String>());
    let text = quoted(&tokens(TEXTS).collect::<String>());
    let reasoning = format!(
        r#"{{"id":"rs_1","type":"reasoning","summary":[{{"type":"summary_text","text":{thoughts}}}]}}"#
    );
    let message = format!(
        r#"{{"id":"msg_1","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":{text}}}],"role":"assistant"}}"#
    );
    let called = call("completed", &quoted(&ARGUMENTS.concat()));

    let begun = r#""status":"in_progress","output":[],"usage":null"#;
    stream.frame(response("response.created", begun));
    stream.frame(response("response.in_progress", begun));
    stream.frame(item(
        "response.output_item.added",
        0,
        r#"{"id":"rs_1","type":"reasoning","summary":[]}"#,
    ));
    stream.frame(part(
        "response.reasoning_summary_part.added",
        "rs_1",
        0,
        r#""summary_index":0,"part":{"type":"summary_text","text":""}"#,
    ));
    stream.thoughts(|text| {
        let rest = format!(r#""summary_index":0,"delta":{text}"#);
        delta("response.reasoning_summary_text.delta", "rs_1", 0, rest)
    });
    stream.frame(item("response.output_item.done", 0, &reasoning));
    stream.frame(item(
        "response.output_item.added",
        1,
        r#"{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}"#,
    ));
    stream.frame(part(
        "response.content_part.added",
        "msg_1",
        1,
        r#""content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}"#,
    ));
    stream.texts(|text| {
        let rest = format!(r#""content_index":0,"delta":{text},"logprobs":[]"#);
        delta("response.output_text.delta", "msg_1", 1, rest)
    });
    stream.frame(item("response.output_item.done", 1, &message));
    stream.frame(item(
        "response.output_item.added",
        2,
        &call("in_progress", r#""""#),
    ));
    stream.arguments(|text| {
        let rest = format!(r#""delta":{text}"#);
        delta("response.function_call_arguments.delta", "fc_1", 2, rest)
    });
    stream.frame(item("response.output_item.done", 2, &called));
    stream.frame(response(
        "response.completed",
        &format!(
            r#""status":"completed","output":[{reasoning},{message},{called}],"usage":{{"input_tokens":640,"input_tokens_details":{{"cached_tokens":0}},"output_tokens":208,"output_tokens_details":{{"reasoning_tokens":32}},"total_tokens":848}}"#
        ),
    ));
}
