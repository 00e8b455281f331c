//! Ollama's wire: a line a chunk, and a call comes whole.

use super::{ARGUMENTS, Stream};

pub(super) fn chat(stream: &mut Stream) {
    let line = |message: &str, end: &str| {
        format!(
            "{{\"model\":\"qwen3:8b\",\"created_at\":\"2026-01-01T09:26:59.678947Z\",\
             \"message\":{{\"role\":\"assistant\",{message}}},{end}}}\n"
        )
        .into_bytes()
    };
    let more = |message: &str| line(message, r#""done":false"#);
    stream.thoughts(|text| more(&format!(r#""content":"","thinking":{text}"#)));
    stream.texts(|text| more(&format!(r#""content":{text}"#)));
    stream.chunk(more(&format!(
        r#""content":"","tool_calls":[{{"function":{{"name":"read_file","arguments":{}}}}}]"#,
        ARGUMENTS.concat()
    )));
    stream.frame(line(
        r#""content":"""#,
        r#""done":true,"done_reason":"stop","total_duration":482007750,"load_duration":52719542,"prompt_eval_count":640,"prompt_eval_duration":44457208,"eval_count":208,"eval_duration":384438167"#,
    ));
}
