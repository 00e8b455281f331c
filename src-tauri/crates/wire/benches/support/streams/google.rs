//! Gemini's wire: the counts come with every chunk, and a call comes whole.

use super::{ARGUMENTS, Stream, signature};

pub(super) fn generate_content(stream: &mut Stream) {
    let chunk = |part: &str, reason: &str| {
        format!(
            "data: {{\"candidates\": [{{\"content\": {{\"parts\": [{part}],\"role\": \"model\"}},{reason}\"index\": 0}}],\
             \"usageMetadata\": {{\"promptTokenCount\": 640,\"candidatesTokenCount\": 176,\"totalTokenCount\": 848,\
             \"promptTokensDetails\": [{{\"modality\": \"TEXT\",\"tokenCount\": 640}}],\"thoughtsTokenCount\": 32}},\
             \"modelVersion\": \"gemini-2.5-pro\",\"responseId\": \"2ACzaf8I9HRz7IP\"}}\r\n\r\n"
        )
        .into_bytes()
    };
    stream.thoughts(|text| chunk(&format!(r#"{{"text": {text},"thought": true}}"#), ""));
    stream.texts(|text| chunk(&format!(r#"{{"text": {text}}}"#), ""));
    let call = format!(
        r#"{{"functionCall": {{"name": "read_file","args": {}}},"thoughtSignature": "{}"}}"#,
        ARGUMENTS.concat(),
        signature()
    );
    stream.chunk(chunk(&call, r#""finishReason": "STOP","#));
}
