//! Requests of other wires, as Google gets them.

use domain::{
    Extra, Media, MediaSource, Message, OutputFormat, Part, RawJson, Request, Role, ToolChoice, ToolSpec,
    Wire,
};
use inglenook_wire::openai_chat::decode_request;
use serde_json::{Value, json};

use super::round_trip::sent;

fn request(messages: Vec<Message>) -> Request {
    Request {
        messages,
        ..Request::default()
    }
}

fn call(id: &str, name: &str, extra: Extra) -> Part {
    Part::ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: "{}".into(),
        extra,
    }
}

fn result(id: &str, parts: Vec<Part>) -> Message {
    let result = Part::ToolResult {
        call_id: id.into(),
        parts,
        is_error: false,
        extra: Extra::new(),
    };
    Message {
        role: Role::Tool,
        parts: vec![result],
        extra: Extra::new(),
    }
}

fn assistant(parts: Vec<Part>) -> Message {
    Message {
        role: Role::Assistant,
        parts,
        extra: Extra::new(),
    }
}

fn signed(signature: &str) -> Extra {
    let mut extra = Extra::new();
    let value = json!({"google": {"thought_signature": signature}});
    extra.set("extra_content", RawJson::of(&value));
    extra
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: None,
        parameters: RawJson::new(r#"{"type":"object"}"#),
        strict: None,
        extra: Extra::new(),
    }
}

/// The whole of a chat request, and everything that is told about it.
#[test]
fn a_chat_request_becomes_contents() {
    let body = json!({
        "model": "agent", "temperature": 0.5, "max_tokens": 50, "stop": "END", "seed": 5, "n": 2,
        "logprobs": true, "top_logprobs": 2, "reasoning_effort": "medium", "parallel_tool_calls": false,
        "stream": true, "stream_options": {"include_usage": true}, "user": "u-1", "service_tier": "flex",
        "tool_choice": "required",
        "tools": [{"type": "function", "cache_control": {"type": "ephemeral"}, "function": {
            "name": "look", "description": "Looks.", "strict": true,
            "parameters": {"type": "object", "properties": {"z": {"const": 1}, "a": {}}, "$schema": "x"}}}],
        "messages": [
            {"role": "system", "content": "One."},
            {"role": "user", "content": [{"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo=", "detail": "low"}}]},
            {"role": "user", "content": "Quick!"},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"z\":1}"}},
                {"id": "call_2", "type": "function", "function": {"name": "look", "arguments": "oops"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "a cat"},
            {"role": "tool", "tool_call_id": "call_2", "content": "{\"animal\":\"dog\"}"},
            {"role": "developer", "content": "Two."},
            {"role": "user", "content": "So?"}
        ]
    });
    let request = decode_request(body.to_string().as_bytes()).unwrap().request;
    let (out, notes) = sent(&request, "gemini-2.5-flash");
    let expected = json!({
        "contents": [
            {"role": "user", "parts": [{"text": "What is this?"},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, {"text": "Quick!"}]},
            {"role": "model", "parts": [
                {"functionCall": {"id": "call_1", "name": "look", "args": {"z": 1}}},
                {"functionCall": {"id": "call_2", "name": "look", "args": {"arguments": "oops"}}}]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "call_1", "name": "look", "response": {"output": "a cat"}}},
                {"functionResponse": {"id": "call_2", "name": "look", "response": {"animal": "dog"}}},
                {"text": "So?"}]}
        ],
        "systemInstruction": {"parts": [{"text": "One."}, {"text": "Two."}]},
        "tools": [{"functionDeclarations": [{"name": "look", "description": "Looks.",
            "parametersJsonSchema": {"type": "object", "properties": {"z": {"const": 1}, "a": {}}, "$schema": "x"}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "generationConfig": {"temperature": 0.5, "maxOutputTokens": 50, "candidateCount": 2, "seed": 5,
            "stopSequences": ["END"], "responseLogprobs": true, "logprobs": 2,
            "thinkingConfig": {"thinkingBudget": 25, "includeThoughts": true}}
    });
    assert_eq!(out, expected);
    assert_eq!(
        notes,
        [
            "fields of parts: left out, this wire does not know them",
            "arguments that are no JSON object: sent as text inside one",
            "later system messages: moved to the front, this wire has one place for them",
            "role developer: sent as system",
            "fields of tools: left out, this wire does not know them",
            "strict: left out, this wire has no field for it",
            "parallel_tool_calls: left out, this wire cannot forbid them",
            "reasoning effort: sent as half of the tokens of the answer",
            "user: left out, this wire does not know it",
            "service_tier: left out, this wire does not know it",
        ]
    );
}

/// W-168: signatures come back on their part, and calls that another model made get the documented dummy on
/// the first of each step, where the model asks for one.
#[test]
fn signatures_stand_on_their_part() {
    let history = |first: Extra| {
        request(vec![
            Message::text(Role::User, "go"),
            assistant(vec![call("1", "a", first), call("2", "b", Extra::new())]),
            result("1", vec![Part::text("x")]),
            result("2", vec![Part::text("y")]),
            assistant(vec![call("3", "c", Extra::new())]),
            result("3", vec![]),
        ])
    };
    let signatures = |request: &Request, model: &str| -> Vec<Value> {
        let (out, notes) = sent(request, model);
        assert_eq!(notes, Vec::<String>::new());
        [(1, 0), (1, 1), (3, 0)]
            .map(|(content, part)| out["contents"][content]["parts"][part]["thoughtSignature"].clone())
            .into()
    };
    let dummy = json!("skip_thought_signature_validator");
    let foreign = history(Extra::new());
    assert_eq!(
        signatures(&foreign, "gemini-3-pro-preview"),
        [dummy.clone(), Value::Null, dummy.clone()]
    );
    assert_eq!(
        signatures(&foreign, "gemini-2.5-pro"),
        [Value::Null, Value::Null, Value::Null]
    );
    assert_eq!(
        signatures(&history(signed("cmVhbA==")), "gemini-3-pro-preview"),
        [json!("cmVhbA=="), Value::Null, dummy]
    );
}

#[test]
fn thoughts_come_back_and_those_of_others_do_not() {
    let mut redacted = Extra::new();
    redacted.set("redacted", RawJson::new("true"));
    let reasoning = |signature: Option<&str>, extra: Extra| Part::Reasoning {
        text: "hm".into(),
        signature: signature.map(str::to_owned),
        extra,
    };
    let request = request(vec![
        Message::text(Role::User, "go"),
        assistant(vec![
            reasoning(Some("c2ln"), Extra::new()),
            reasoning(Some("c2Vh"), redacted),
            reasoning(Some("sealed:by/someone else"), Extra::new()),
            Part::Text {
                text: "said".into(),
                extra: signed("dGV4dA=="),
            },
            Part::Opaque {
                wire: Wire::AnthropicMessages,
                value: RawJson::new("{}"),
            },
        ]),
        Message::text(Role::User, "on"),
    ]);
    let (out, notes) = sent(&request, "gemini-2.5-pro");
    assert_eq!(
        out["contents"][1]["parts"],
        json!([
            {"text": "hm", "thought": true, "thoughtSignature": "c2ln"},
            {"text": "hm", "thought": true},
            {"text": "said", "thoughtSignature": "dGV4dA=="}
        ])
    );
    assert_eq!(
        notes,
        [
            "reasoning: left out, it is of another provider or refused by this one",
            "reasoning signature: left out, Google cannot have made it",
            "a part that this wire has no form for: left out"
        ]
    );
}

/// Older models take images only beside the results of tools.
#[test]
fn results_hold_images_where_the_model_reads_them() {
    let image = Part::Image(Media {
        source: MediaSource::Base64 {
            data: "/9j/4AAQ".into(),
        },
        media_type: None,
        name: None,
        extra: Extra::new(),
    });
    let request = request(vec![
        Message::text(Role::User, "go"),
        assistant(vec![
            call("1", "shot", Extra::new()),
            call("2", "shot", Extra::new()),
        ]),
        result("1", vec![Part::text("done"), image]),
        result("2", vec![Part::text("none")]),
    ]);
    let data = json!({"inlineData": {"mimeType": "image/jpeg", "data": "/9j/4AAQ"}});
    let (new, _) = sent(&request, "gemini-3-flash-preview");
    assert_eq!(
        new["contents"][2]["parts"][0]["functionResponse"],
        json!({"id": "1", "name": "shot", "response": {"output": "done"}, "parts": [data]})
    );
    let (old, _) = sent(&request, "gemini-2.5-flash");
    let kinds: Vec<&str> = old["contents"][2]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part.as_object().unwrap().keys().next().unwrap().as_str())
        .collect();
    assert_eq!(kinds, ["functionResponse", "functionResponse", "inlineData"]);
}

#[test]
fn results_say_whether_the_tool_failed() {
    let response = |text: &str, is_error: bool| {
        let part = Part::ToolResult {
            call_id: "1".into(),
            parts: vec![Part::text(text)],
            is_error,
            extra: Extra::new(),
        };
        let message = Message {
            role: Role::Tool,
            parts: vec![part],
            extra: Extra::new(),
        };
        let (out, notes) = sent(&request(vec![message]), "gemini-2.5-flash");
        assert_eq!(
            notes,
            ["a tool result without its call: named after the call's id"]
        );
        out["contents"][0]["parts"][0]["functionResponse"]["response"].clone()
    };
    assert_eq!(response("5", false), json!({"output": "5"}));
    assert_eq!(response("[1]", false), json!({"output": "[1]"}));
    assert_eq!(response(" {\"a\": 1}\n", false), json!({"a": 1}));
    assert_eq!(response("{broken", false), json!({"output": "{broken"}));
    assert_eq!(response("no", true), json!({"error": "no"}));
    assert_eq!(response("{\"a\":1}", true), json!({"error": "{\"a\":1}"}));
    assert_eq!(response("{\"error\":1}", true), json!({"error": 1}));
}

#[test]
fn a_word_leaves_tokens_for_the_answer_and_a_number_is_what_was_asked() {
    let budget = |effort: Option<&str>, tokens: Option<u64>, most: u64, model: &str| {
        let mut request = request(vec![Message::text(Role::User, "go")]);
        request.params.reasoning_effort = effort.map(str::to_owned);
        request.params.reasoning_tokens = tokens;
        request.params.max_output_tokens = Some(most);
        let (out, notes) = sent(&request, model);
        let budget = out["generationConfig"]["thinkingConfig"]["thinkingBudget"].as_u64();
        (budget.unwrap(), notes.len())
    };
    let flash = "gemini-2.5-flash";
    assert_eq!(budget(Some("high"), None, 1000, flash), (500, 1));
    assert_eq!(budget(Some("high"), None, 65_536, flash), (24_576, 0));
    assert_eq!(budget(Some("low"), None, 1, flash), (0, 1));
    assert_eq!(
        budget(Some("low"), None, 100, "gemini-2.5-pro"),
        (128, 2),
        "its least"
    );
    assert_eq!(budget(None, Some(2000), 1000, flash), (2000, 0));
}

#[test]
fn efforts_are_said_in_the_models_own_way() {
    let config = |effort: Option<&str>, tokens: Option<u64>, model: &str| {
        let mut request = request(vec![Message::text(Role::User, "go")]);
        request.params.reasoning_effort = effort.map(str::to_owned);
        request.params.reasoning_tokens = tokens;
        let (out, notes) = sent(&request, model);
        (out["generationConfig"]["thinkingConfig"].clone(), notes.len())
    };
    let level = |level: &str| json!({"thinkingLevel": level, "includeThoughts": true});
    let budget = |budget: u64| json!({"thinkingBudget": budget, "includeThoughts": true});
    for (effort, tokens, model, expected, told) in [
        (None, None, "gemini-3-flash-preview", Value::Null, 0),
        (Some("low"), None, "gemini-3-flash-preview", level("low"), 0),
        (
            Some("minimal"),
            None,
            "gemini-3-flash-preview",
            level("minimal"),
            0,
        ),
        (Some("minimal"), None, "gemini-3.1-pro-preview", level("low"), 1),
        (Some("medium"), None, "gemini-3-pro-preview", level("high"), 1),
        (Some("medium"), None, "gemini-3.1-pro-preview", level("medium"), 0),
        (Some("max"), None, "gemini-3.1-pro-preview", level("high"), 1),
        (
            Some("none"),
            None,
            "gemini-3-flash-preview",
            json!({"thinkingLevel": "minimal"}),
            1,
        ),
        (
            None,
            Some(0),
            "gemini-3.1-pro-preview",
            json!({"thinkingLevel": "low"}),
            1,
        ),
        (None, Some(2000), "gemini-3.1-pro-preview", budget(2000), 0),
        (Some("low"), Some(2000), "gemini-2.5-flash", budget(2000), 0),
        (
            Some("none"),
            None,
            "gemini-2.5-flash",
            json!({"thinkingBudget": 0}),
            0,
        ),
        (
            Some("none"),
            None,
            "gemini-2.5-pro",
            json!({"thinkingBudget": 128}),
            1,
        ),
        (Some("high"), None, "gemini-2.5-pro", budget(24_576), 0),
        (Some("high"), None, "gemini-2.0-flash", Value::Null, 1),
        (None, Some(5), "gemma-3-27b-it", Value::Null, 1),
    ] {
        assert_eq!(
            config(effort, tokens, model),
            (expected, told),
            "{effort:?} {tokens:?} {model}"
        );
    }
    let mut foreign = request(vec![Message::text(Role::User, "go")]);
    foreign
        .extra
        .set("reasoning", RawJson::new(r#"{"effort":"high"}"#));
    let (out, notes) = sent(&foreign, "gemini-3-flash-preview");
    assert_eq!(out["generationConfig"]["thinkingConfig"], level("high"));
    assert_eq!(notes, Vec::<String>::new());
    foreign.extra = Extra::new();
    foreign.extra.set(
        "thinking",
        RawJson::new(r#"{"type":"enabled","budget_tokens":4000}"#),
    );
    let (out, _) = sent(&foreign, "gemini-2.5-flash");
    assert_eq!(out["generationConfig"]["thinkingConfig"], budget(4000));
}

#[test]
fn the_form_of_the_answer_is_asked_for() {
    let mut asked = request(vec![
        Message::text(Role::System, "s"),
        Message::text(Role::User, "go"),
    ]);
    asked.format = OutputFormat::JsonSchema {
        name: "city".into(),
        description: None,
        schema: RawJson::new(r#"{"type":"object","additionalProperties":false}"#),
        strict: Some(true),
    };
    let native = json!({"responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object", "additionalProperties": false}});
    let (out, notes) = sent(&asked, "gemini-2.5-flash");
    assert_eq!(
        (out["generationConfig"].clone(), notes.len()),
        (native.clone(), 0)
    );
    asked.tools = vec![tool("f")];
    let (out, notes) = sent(&asked, "gemini-3-flash-preview");
    assert_eq!((out["generationConfig"].clone(), notes.len()), (native, 0));
    // beside tools, older models have no such form
    let (out, notes) = sent(&asked, "gemini-2.5-flash");
    assert_eq!(out.get("generationConfig"), None);
    let said = out["systemInstruction"]["parts"][1]["text"].as_str().unwrap();
    assert!(
        said.contains(r#"{"type":"object","additionalProperties":false}"#),
        "{said}"
    );
    assert_eq!(
        notes,
        ["response format: sent as an instruction, the model has none beside tools"]
    );
}

#[test]
fn choices_among_tools_are_translated() {
    let chosen = |choice: ToolChoice, tools: Vec<ToolSpec>| {
        let mut asked = request(vec![Message::text(Role::User, "go")]);
        (asked.tools, asked.tool_choice) = (tools, Some(choice));
        let (out, notes) = sent(&asked, "gemini-2.5-flash");
        (out["toolConfig"]["functionCallingConfig"].clone(), notes)
    };
    let one = || vec![tool("f")];
    let named = ToolChoice::Tool { name: "f".into() };
    let none = Vec::<String>::new();
    assert_eq!(
        chosen(ToolChoice::Auto, one()),
        (json!({"mode": "AUTO"}), none.clone())
    );
    assert_eq!(
        chosen(ToolChoice::None, one()),
        (json!({"mode": "NONE"}), none.clone())
    );
    assert_eq!(
        chosen(named, one()),
        (
            json!({"mode": "ANY", "allowedFunctionNames": ["f"]}),
            none.clone()
        )
    );
    assert_eq!(chosen(ToolChoice::Auto, vec![]), (Value::Null, none));
    let (config, notes) = chosen(ToolChoice::Required, vec![]);
    assert_eq!(
        (config, notes),
        (
            Value::Null,
            vec!["tool_choice: left out, there are no tools".into()]
        )
    );
    let opaque = ToolChoice::Opaque {
        value: RawJson::new(r#"{"type":"allowed_tools"}"#),
    };
    assert_eq!(
        chosen(opaque, one()).1,
        ["tool_choice: left out, this wire has no form for it"]
    );
}

#[test]
fn instructions_alone_are_the_users() {
    let (out, notes) = sent(
        &request(vec![Message::text(Role::System, "Say hi.")]),
        "gemini-2.5-flash",
    );
    assert_eq!(
        out,
        json!({"contents": [{"role": "user", "parts": [{"text": "Say hi."}]}]})
    );
    assert_eq!(
        notes,
        ["system messages: sent as the user's, there is no other message"]
    );
}
