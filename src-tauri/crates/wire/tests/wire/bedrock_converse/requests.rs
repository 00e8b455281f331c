//! Requests as Bedrock wants them, and what is told of those that it would refuse.

use domain::{
    Extra, Message, OutputFormat, Params, Part, Quirks, RawJson, Request, Role, ToolChoice, ToolSpec, Wire,
};
use inglenook_wire::bedrock_converse::encode_request;
use inglenook_wire::openai_chat::decode_request;
use serde_json::{Value, json};

use crate::recorded::recorded;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const LLAMA: &str = "meta.llama3-1-8b-instruct-v1:0";

fn encode(request: &Request, model: &str) -> (Value, Vec<String>) {
    let mut out = Vec::new();
    let notes = encode_request(request, model, &Quirks::default(), &mut out);
    let notes = notes
        .into_iter()
        .map(|note| format!("{}: {}", note.what, note.how))
        .collect();
    (serde_json::from_slice(&out).unwrap(), notes)
}

/// A chat client's request, translated.
fn translate(body: Value, model: &str) -> (Value, Vec<String>) {
    encode(
        &decode_request(body.to_string().as_bytes()).unwrap().request,
        model,
    )
}

fn user(text: &str) -> Message {
    Message::text(Role::User, text)
}

fn asking(params: Params) -> Request {
    Request {
        messages: vec![user("hi")],
        params,
        ..Request::default()
    }
}

#[test]
fn a_conversation_is_laid_out_as_converse_wants_it() {
    let (sent, notes) = translate(
        json!({"model": "m", "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [
                {"type": "text", "text": "Look: "},
                {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4AAQ"}},
                {"type": "text", "text": "  "},
                {"type": "file", "file": {"filename": "a.b report.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}},
                {"type": "file", "file": {"filename": "a.b report.pdf", "file_data": "data:application/pdf;base64,JVBERi0="}}]},
            {"role": "user", "content": "Well?"},
            {"role": "assistant", "content": "", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}},
                {"id": "functions.g:1", "type": "function", "function": {"name": "g", "arguments": ""}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "one"},
            {"role": "tool", "tool_call_id": "functions.g:1", "content": ""},
            {"role": "user", "content": "Go on."}],
            "tools": [{"type": "function", "function": {"name": "f", "description": "", "parameters": {"type": "object"}}}],
            "tool_choice": "required", "max_tokens": 100, "temperature": 0.5, "stop": ["END", " \n"]}),
        CLAUDE,
    );
    let id = &sent["messages"][1]["content"][1]["toolUse"]["toolUseId"];
    assert!(
        id.as_str()
            .is_some_and(|id| id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
    );
    let document =
        |name: &str| json!({"document": {"format": "pdf", "name": name, "source": {"bytes": "JVBERi0="}}});
    let expected = json!({
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [
                {"text": "Look: "},
                {"image": {"format": "jpeg", "source": {"bytes": "/9j/4AAQ"}}},
                document("a-b report"), document("a-b report 2"),
                {"text": "Well?"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "call_1", "name": "f", "input": {"a": 1}}},
                {"toolUse": {"toolUseId": id, "name": "g", "input": {}}}]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "call_1", "content": [{"text": "one"}]}},
                {"toolResult": {"toolUseId": id, "content": [{"text": "(empty)"}]}},
                {"text": "Go on."}]}],
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}],
            "toolChoice": {"any": {}}},
        "inferenceConfig": {"maxTokens": 100, "temperature": 0.5, "stopSequences": ["END"]},
    });
    assert_eq!(sent, expected);
    assert_eq!(
        notes,
        [
            "texts of blanks: left out, the provider refuses them",
            "tool-call ids: respelled, the provider takes letters, digits, _ and -",
            "empty tool results: sent as '(empty)', the provider wants a text",
            "stop: sequences of blanks left out, the provider refuses them",
        ]
    );
}

/// The same conversation as a recorded one gives the request that was recorded.
#[test]
fn recorded_requests_are_what_we_send() {
    for recording in recorded(&["bedrock.converse"]) {
        if !recording.id.contains("usage-cache") {
            continue;
        }
        let theirs = &recording.request;
        let mark = json!({"type": "ephemeral"});
        let mut messages = vec![json!({"role": "system", "content": [
            {"type": "text", "text": theirs["system"][0]["text"], "cache_control": mark}]})];
        for message in theirs["messages"].as_array().unwrap() {
            let block = &message["content"][0];
            messages.push(if let Some(call) = block.get("toolUse") {
                json!({"role": "assistant", "tool_calls": [{"id": call["toolUseId"], "type": "function",
                    "function": {"name": call["name"], "arguments": call["input"].to_string()}}]})
            } else if let Some(result) = block.get("toolResult") {
                json!({"role": "tool", "tool_call_id": result["toolUseId"], "content": result["content"][0]["text"]})
            } else {
                json!({"role": message["role"], "content": block["text"]})
            });
        }
        let tool = |at: usize| {
            let spec = &theirs["toolConfig"]["tools"][at]["toolSpec"];
            json!({"type": "function", "function": {"name": spec["name"], "strict": spec["strict"],
                "parameters": spec["inputSchema"]["json"]}})
        };
        let mut last = tool(1);
        last["cache_control"] = mark;
        let choice = match theirs["toolConfig"]["toolChoice"].get("tool") {
            Some(tool) => json!({"type": "function", "function": {"name": tool["name"]}}),
            None => json!("auto"),
        };
        let (sent, notes) = translate(
            json!({"messages": messages, "tools": [tool(0), last], "tool_choice": choice}),
            CLAUDE,
        );
        let mut expected = theirs.clone();
        for message in expected["messages"].as_array_mut().unwrap() {
            // `success` is what it is without a word
            if let Some(result) = message["content"][0].get_mut("toolResult") {
                result.as_object_mut().unwrap().remove("status");
            }
        }
        assert_eq!((sent, notes), (expected, vec![]), "{}", recording.id);
    }
}

#[test]
fn cache_marks_reach_those_who_know_them() {
    let body = json!({"messages": [
        {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]},
        {"role": "user", "content": "u", "cache_control": {"type": "ephemeral"}}],
        "tools": [{"type": "function", "function": {"name": "f"}, "cache_control": {"type": "ephemeral"}}]});
    let points = |model: &str| {
        let (sent, notes) = translate(body.clone(), model);
        let count = |list: &Value| {
            let blocks = list.as_array().unwrap().iter();
            blocks.filter(|block| block.get("cachePoint").is_some()).count()
        };
        let places = [
            &sent["system"],
            &sent["messages"][0]["content"],
            &sent["toolConfig"]["tools"],
        ];
        (places.map(count), notes)
    };
    assert_eq!(points(CLAUDE), ([1, 1, 1], vec![]));
    let told = vec!["cache_control: left out, the model refuses it".to_owned()];
    assert_eq!(points("amazon.nova-pro-v1:0"), ([1, 1, 0], told.clone()));
    assert_eq!(points(LLAMA), ([0, 0, 0], told));
    let (sent, _) = translate(body, CLAUDE);
    assert_eq!(
        sent["system"][1],
        json!({"cachePoint": {"type": "default", "ttl": "1h"}})
    );
}

#[test]
fn turns_alternate_and_begin_with_the_user() {
    let (sent, notes) = translate(
        json!({"messages": [
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": " "},
            {"role": "user", "content": "b"},
            {"role": "system", "content": "late"}]}),
        LLAMA,
    );
    let expected = json!([
        {"role": "user", "content": [{"text": "Continue."}]},
        {"role": "assistant", "content": [{"text": "Hello."}]},
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]},
    ]);
    assert_eq!(sent["messages"], expected);
    assert_eq!(sent["system"], json!([{"text": "late"}]));
    assert_eq!(
        notes,
        [
            "texts of blanks: left out, the provider refuses them",
            "instructions amid the conversation: moved before it",
            "messages: begun with a user's 'Continue.', the provider wants one",
        ]
    );
}

#[test]
fn reasoning_goes_back_as_it_was_signed() {
    let mut sealed = Extra::new();
    sealed.set("redacted", RawJson::new("true"));
    let reasoning = |text: &str, signature: Option<&str>, extra: &Extra| Part::Reasoning {
        text: text.into(),
        signature: signature.map(str::to_owned),
        extra: extra.clone(),
    };
    let request = Request {
        messages: vec![
            user("hi"),
            Message {
                role: Role::Assistant,
                parts: vec![
                    reasoning("thought", Some("c2ln"), &Extra::new()),
                    reasoning("", Some("c2VhbGVk"), &sealed),
                    reasoning("unsigned", None, &Extra::new()),
                    Part::text("ok"),
                    Part::Opaque {
                        wire: Wire::BedrockConverse,
                        value: RawJson::new(r#"{"guardContent":{}}"#),
                    },
                    Part::Opaque {
                        wire: Wire::Gemini,
                        value: RawJson::new("{}"),
                    },
                ],
                extra: Extra::new(),
            },
            user("and?"),
        ],
        ..Request::default()
    };
    let (sent, notes) = encode(&request, CLAUDE);
    let expected = json!([
        {"reasoningContent": {"reasoningText": {"text": "thought", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "c2VhbGVk"}},
        {"text": "ok"},
        {"guardContent": {}},
    ]);
    assert_eq!(sent["messages"][1]["content"], expected);
    assert_eq!(
        notes,
        [
            "reasoning without a signature: left out, the provider refuses it",
            "a part that this wire has no form for: left out",
        ]
    );
}

#[test]
fn each_maker_is_asked_to_think_in_its_own_words() {
    let effort = |word: &str| {
        asking(Params {
            reasoning_effort: Some(word.into()),
            ..Params::default()
        })
    };
    let tokens = |n: u64| {
        asking(Params {
            reasoning_tokens: Some(n),
            ..Params::default()
        })
    };
    let fields =
        |request: &Request, model: &str| encode(request, model).0["additionalModelRequestFields"].clone();
    let budget = |n: u64| json!({"thinking": {"type": "enabled", "budget_tokens": n}});
    let sonnet4 = "us.anthropic.claude-sonnet-4-20250514-v1:0";
    assert_eq!(fields(&tokens(1024), sonnet4), budget(1024));
    assert_eq!(fields(&effort("high"), sonnet4), budget(16_384));
    assert_eq!(
        fields(&effort("high"), "us.anthropic.claude-opus-4-6-v1"),
        json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}})
    );
    assert_eq!(
        fields(&tokens(2000), "us.anthropic.claude-opus-4-6-v1"),
        budget(2000)
    );
    assert_eq!(
        fields(&tokens(2000), "us.anthropic.claude-opus-4-7"),
        json!({"thinking": {"type": "adaptive"}})
    );
    assert_eq!(
        fields(&effort("medium"), "us.amazon.nova-2-lite-v1:0"),
        json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}})
    );
    assert_eq!(
        fields(&effort("minimal"), "openai.gpt-oss-120b-1:0"),
        json!({"reasoning_effort": "low"})
    );
    for off in [effort("none"), tokens(0)] {
        assert_eq!(encode(&off, sonnet4), encode(&asking(Params::default()), sonnet4));
    }
    let (sent, notes) = encode(&effort("high"), LLAMA);
    assert_eq!(sent.get("additionalModelRequestFields"), None);
    assert_eq!(
        notes,
        ["reasoning effort: left out, the model has no field for it"]
    );
    // the words of other wires
    let mut request = asking(Params::default());
    request.extra.set(
        "thinking",
        RawJson::new(r#"{"type":"enabled","budget_tokens":3000}"#),
    );
    assert_eq!(
        encode(&request, sonnet4),
        (encode(&tokens(3000), sonnet4).0, vec![])
    );
}

#[test]
fn a_model_that_thinks_gets_only_what_it_takes() {
    let mut request = asking(Params {
        reasoning_tokens: Some(5000),
        max_output_tokens: Some(4000),
        temperature: Some(0.2),
        top_p: Some(0.5),
        top_k: Some(7),
        ..Params::default()
    });
    request.tools = vec![tool("f")];
    request.tool_choice = Some(ToolChoice::Required);
    let (sent, notes) = encode(&request, CLAUDE);
    assert_eq!(sent["inferenceConfig"], json!({"maxTokens": 4000}));
    assert_eq!(sent["toolConfig"]["toolChoice"], json!({"auto": {}}));
    assert_eq!(
        sent["additionalModelRequestFields"],
        json!({"thinking": {"type": "enabled", "budget_tokens": 2000}})
    );
    assert_eq!(
        notes,
        [
            "reasoning budget: lowered to 2000 to fit the token limit",
            "tool_choice: sent as 'auto', a model that thinks refuses more",
            "temperature: left out, a model that thinks refuses it",
            "top_p: left out, a model that thinks refuses it",
            "top_k: left out, the model refuses it",
        ]
    );
    request.params.max_output_tokens = Some(1000);
    assert_eq!(
        encode(&request, CLAUDE).0.get("additionalModelRequestFields"),
        Some(&json!({"top_k": 7}))
    );
}

/// W-164: the signed reasoning of a tool call is lost, so this turn goes without.
#[test]
fn thinking_is_off_where_the_signed_reasoning_was_lost() {
    let mut request = asking(Params {
        reasoning_tokens: Some(2000),
        ..Params::default()
    });
    let call = Part::ToolCall {
        id: "t".into(),
        name: "f".into(),
        arguments: "{}".into(),
        extra: Extra::new(),
    };
    let signed = Part::Reasoning {
        text: "x".into(),
        signature: Some("c2ln".into()),
        extra: Extra::new(),
    };
    let result = Part::ToolResult {
        call_id: "t".into(),
        parts: vec![Part::text("bad")],
        is_error: true,
        extra: Extra::new(),
    };
    let message = |role, parts| Message {
        role,
        parts,
        extra: Extra::new(),
    };
    request
        .messages
        .push(message(Role::Assistant, vec![call.clone()]));
    request.messages.push(message(Role::Tool, vec![result]));
    let thinks = |request: &Request| {
        encode(request, CLAUDE)
            .0
            .get("additionalModelRequestFields")
            .is_some()
    };
    assert!(!thinks(&request));
    assert!(
        encode(&request, CLAUDE).1[0].starts_with("reasoning: off for this turn"),
        "and it is told"
    );
    let (sent, _) = encode(&request, CLAUDE);
    assert_eq!(sent["messages"][2]["content"][0]["toolResult"]["status"], "error");
    // conversations that hold calls need tools, though none are offered
    assert_eq!(sent["toolConfig"]["tools"][0]["toolSpec"]["name"], "f");
    request.messages[1].parts.insert(0, signed);
    assert!(thinks(&request));
    request.messages[1].parts.remove(0);
    request.messages.push(user("new question"));
    assert!(thinks(&request), "a new turn may think");
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: Some("does it".into()),
        parameters: RawJson::new(r#"{"type":"object"}"#),
        strict: None,
        extra: Extra::new(),
    }
}

#[test]
fn the_form_of_the_answer_is_kept_as_the_model_can() {
    let schema = r#"{"type":"object","additionalProperties":false}"#;
    let mut request = asking(Params::default());
    request.format = OutputFormat::JsonSchema {
        name: "s".into(),
        description: None,
        schema: RawJson::new(schema),
        strict: Some(true),
    };
    let (sent, notes) = encode(&request, CLAUDE);
    assert_eq!(
        sent["outputConfig"],
        json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": schema, "name": "s"}}}})
    );
    assert_eq!(notes, Vec::<String>::new());
    let older = "anthropic.claude-3-5-haiku-20241022-v1:0";
    let (sent, notes) = encode(&request, older);
    let name = "inglenook_structured_answer";
    assert_eq!(sent["toolConfig"]["tools"][0]["toolSpec"]["name"], name);
    assert_eq!(sent["toolConfig"]["toolChoice"], json!({"tool": {"name": name}}));
    assert_eq!(
        notes,
        ["response_format: kept by a tool whose arguments are the answer"]
    );
    request.tools = vec![tool("f")];
    let (sent, _) = encode(&request, older);
    assert_eq!(sent["toolConfig"]["toolChoice"], json!({"any": {}}));
    assert_eq!(sent["toolConfig"]["tools"].as_array().unwrap().len(), 2);
    let (sent, notes) = encode(&request, LLAMA);
    assert!(sent["system"][0]["text"].as_str().unwrap().ends_with(schema));
    assert_eq!(
        notes,
        ["response_format: asked for in words, the model has no field for it"]
    );
    request.format = OutputFormat::JsonObject;
    let (sent, notes) = encode(&request, CLAUDE);
    assert_eq!(
        sent["system"],
        json!([{"text": "Answer with one JSON object and nothing else."}])
    );
    assert_eq!(
        notes,
        ["response_format: asked for in words, this wire has no field for it"]
    );
}

#[test]
fn what_has_no_field_is_told() {
    let (sent, notes) = translate(
        json!({"messages": [{"role": "user", "content": [
                {"type": "text", "text": "x"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}], "name": "bob"}],
            "tools": [{"type": "function", "function": {"name": "f"}}, {"type": "web_search"}], "tool_choice": "none",
            "seed": 1, "n": 2, "logprobs": true, "presence_penalty": 0.5, "frequency_penalty": 0.5,
            "parallel_tool_calls": false, "temperature": 1.5, "user": "u", "service_tier": "flex",
            "metadata": {"team": "a b"}, "store": true}),
        LLAMA,
    );
    assert_eq!(
        sent,
        json!({"messages": [{"role": "user", "content": [{"text": "x"}]}],
            "inferenceConfig": {"temperature": 1},
            "serviceTier": {"type": "flex"}, "requestMetadata": {"team": "a b"}})
    );
    let mut about: Vec<&str> = notes
        .iter()
        .map(|note| note.split(": ").next().unwrap())
        .collect();
    about.sort_unstable();
    assert_eq!(
        about,
        [
            "fields of messages",
            "frequency_penalty",
            "images",
            "logprobs",
            "metadata",
            "n",
            "parallel_tool_calls",
            "presence_penalty",
            "seed",
            "store",
            "temperature",
            "tool web_search",
            "user",
        ]
    );
    // one's own fields go through
    let mut own = asking(Params {
        top_k: Some(3),
        ..Params::default()
    });
    own.wire = Wire::BedrockConverse;
    own.extra
        .set("guardrailConfig", RawJson::new(r#"{"guardrailIdentifier":"g"}"#));
    own.extra
        .set("additionalModelRequestFields", RawJson::new(r#"{"x":1}"#));
    let (sent, notes) = encode(&own, "amazon.nova-pro-v1:0");
    assert_eq!(sent["guardrailConfig"], json!({"guardrailIdentifier": "g"}));
    assert_eq!(
        sent["additionalModelRequestFields"],
        json!({"inferenceConfig": {"topK": 3}, "x": 1})
    );
    assert_eq!(notes, Vec::<String>::new());
}
