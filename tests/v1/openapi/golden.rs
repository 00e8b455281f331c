//! The golden files of the codecs, held against the document: one rich conversation as it is written for every
//! wire, and one rich answer in every form that we serve, whole and streamed.

use std::path::Path;

use serde_json::{Value, json};

use super::contract::{Contract, values};

const GOLDEN: &str = "src-tauri/crates/wire/tests/wire/golden";

fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN).join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands below the head of a snapshot.
fn snapshot(name: &str) -> String {
    let text = read(&format!("snapshots/{name}.snap"));
    text.splitn(3, "---\n").nth(2).unwrap().to_owned()
}

fn of(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

#[test]
fn golden_answers_of_every_form_are_as_the_document_says() {
    let contract = Contract::of_the_code();
    for (form, whole, piece) in [
        ("openai-chat", "ChatCompletion", "ChatEvent"),
        ("completions", "Completion", "CompletionEvent"),
        ("agent-chat", "AgentAnswer", "AgentEvent"),
        ("openai-responses", "Response", "ResponseEvent"),
        ("anthropic-messages", "Message", "MessageEvent"),
        ("gemini", "GeminiResponse", "GeminiChunk"),
        ("ollama", "OllamaChatAnswer", "OllamaChatLine"),
    ] {
        let text = snapshot(&format!("translation-answer-{form}"));
        let (answer, stream) = text.split_once("\n\n== ").unwrap();
        let (content_type, stream) = stream.split_once('\n').unwrap();
        let content_type = content_type.split(';').next().unwrap();
        contract.check(&of(whole), &values("application/json", answer), form);
        let pieces = values(content_type, stream);
        assert!(pieces.len() > 1, "{form}: {stream}");
        contract.check(&of(piece), &pieces, form);
        // the schema is not so wide that any answer would do
        let nothing = contract.validator(&of(whole));
        assert!(!nothing.is_valid(&json!({})), "{form}");
        assert!(!contract.validator(&of(piece)).is_valid(&json!({})), "{form}");
    }
}

#[test]
fn golden_requests_of_every_wire_are_as_the_document_says() {
    let contract = Contract::of_the_code();
    for (wire, schema) in [
        ("openai-chat", "ChatRequest"),
        ("openai-responses", "ResponseRequest"),
        ("anthropic-messages", "MessageRequest"),
        ("gemini", "GeminiRequest"),
        ("ollama", "OllamaChatRequest"),
    ] {
        let text = snapshot(&format!("translation-request-{wire}"));
        let (_, body) = text.split_once("\n{\n").unwrap();
        let (body, _) = body.split_once("\n}\n").unwrap();
        let body: Value = serde_json::from_str(&format!("{{{body}}}")).unwrap();
        contract.check(&of(schema), &[body], wire);
        assert!(!contract.validator(&of(schema)).is_valid(&json!([])), "{wire}");
    }
    for (path, schema) in [
        ("requests/plain.json", "ChatRequest"),
        ("requests/schema.json", "ChatRequest"),
        ("requests/tools.json", "ChatRequest"),
        ("gemini/requests/cli.json", "GeminiRequest"),
        ("gemini/requests/tool-loop.json", "GeminiRequest"),
    ] {
        let body: Value = serde_json::from_str(&read(path)).unwrap();
        contract.check(&of(schema), &[body], path);
    }
}
