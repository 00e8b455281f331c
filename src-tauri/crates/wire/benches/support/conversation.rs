//! A conversation as a coding assistant sends it: twenty messages with tools, calls and their results.

use domain::{Extra, Message, Params, Part, RawJson, Request, Role, ToolSpec};

const PROSE: &str = "The parser keeps the beginning of an event whose end has not come, and a cut may fall \
    anywhere: inside a character, between \"\\r\" and \"\\n\", or inside a number.\nSay what is wrong first, \
    then why, then how to repair it – and be brief about it.";
const SOURCE: &str = "fn length(frame: &[u8]) -> Option<usize> {\n\tlet (prelude, _) = frame.split_first_chunk::<12>()?;\n\
    \tusize::try_from(u32::from_be_bytes(prelude[..4])).ok()\n}\n";

/// A system message, six rounds of a question, a tool call and its result, and a last question.
pub fn conversation() -> Request {
    let mut messages = vec![Message::text(Role::System, PROSE)];
    for round in 0..6 {
        let call_id = format!("call_{round:09}");
        messages.push(Message::text(Role::User, PROSE));
        messages.push(message(
            Role::Assistant,
            vec![
                Part::text("I look at the file first."),
                Part::ToolCall {
                    id: call_id.clone(),
                    name: "read_file".into(),
                    arguments: format!(r#"{{"path":"src/part_{round}.rs","first":1,"last":120}}"#),
                    extra: Extra::new(),
                },
            ],
        ));
        messages.push(message(
            Role::Tool,
            vec![Part::ToolResult {
                call_id,
                parts: vec![Part::text(SOURCE.repeat(4))],
                is_error: false,
                extra: Extra::new(),
            }],
        ));
    }
    messages.push(Message::text(Role::User, PROSE));
    Request {
        messages,
        tools: ["read_file", "write_file", "run_tests"].map(tool).into(),
        params: Params {
            temperature: Some(0.7),
            max_output_tokens: Some(4096),
            ..Params::default()
        },
        stream: true,
        ..Request::default()
    }
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message {
        role,
        parts,
        extra: Extra::new(),
    }
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: Some("Works on a file of the project, by its path from the top of the tree.".into()),
        parameters: RawJson::new(
            r#"{"type":"object","properties":{"path":{"type":"string","description":"The file."},"first":{"type":"integer"},"last":{"type":"integer"}},"required":["path"],"additionalProperties":false}"#,
        ),
        strict: None,
        extra: Extra::new(),
    }
}
