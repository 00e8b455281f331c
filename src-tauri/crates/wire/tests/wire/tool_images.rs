//! A picture that a tool gave, on every wire: in the tool's result where that may hold one, else in a message of the
//! user's right behind the results.

use domain::{Extra, Media, MediaSource, Message, Part, Quirks, Request, Role, Wire};
use inglenook_wire::provider;
use serde_json::{Value, json};

const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk";

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message {
        role,
        parts,
        extra: Extra::new(),
    }
}

fn picture(media_type: &str) -> Part {
    Part::Image(Media {
        source: MediaSource::Base64 { data: PNG.into() },
        media_type: Some(media_type.into()),
        name: Some(media_type.replace('/', ".")),
        extra: Extra::new(),
    })
}

fn call(id: &str, name: &str) -> Part {
    Part::ToolCall {
        id: id.into(),
        name: name.into(),
        arguments: "{}".into(),
        extra: Extra::new(),
    }
}

fn gives(call_id: &str, parts: Vec<Part>) -> Message {
    let result = Part::ToolResult {
        call_id: call_id.into(),
        parts,
        is_error: false,
        extra: Extra::new(),
    };
    message(Role::Tool, vec![result])
}

/// Two results, the first with a picture, and what the assistant said to it.
fn request(media_type: &str) -> Request {
    Request {
        wire: Wire::AnthropicMessages,
        messages: vec![
            Message::text(Role::User, "Look."),
            message(
                Role::Assistant,
                vec![call("call_1", "zoom"), call("call_2", "clock")],
            ),
            gives("call_1", vec![Part::text("closer:"), picture(media_type)]),
            gives("call_2", vec![Part::text("noon")]),
            Message::text(Role::Assistant, "A cat."),
            Message::text(Role::User, "Sure?"),
        ],
        ..Request::default()
    }
}

fn sent(wire: Wire, request: &Request, model: &str, quirks: &Quirks) -> (Value, String) {
    let outgoing = provider::encode(wire, request, model, quirks);
    let notes: Vec<String> = outgoing
        .applied
        .iter()
        .map(|one| format!("{}: {}", one.what, one.how))
        .collect();
    (serde_json::from_slice(&outgoing.body).unwrap(), notes.join("\n"))
}

fn roles(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().unwrap().iter();
    messages.map(|one| one["role"].as_str().unwrap()).collect()
}

#[test]
fn chat_completions_show_it_behind_all_results() {
    let plain = Quirks::default();
    let (body, notes) = sent(Wire::OpenAiChat, &request("image/png"), "m", &plain);
    let messages = &body["messages"];
    assert_eq!(
        roles(messages),
        ["user", "assistant", "tool", "tool", "user", "assistant", "user"]
    );
    assert_eq!(messages[2]["content"], "closer:");
    assert_eq!(
        messages[4]["content"],
        json!([
            {"type": "text", "text": "The image that zoom returned:"},
            {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}},
        ])
    );
    assert!(notes.contains("images of tools"), "{notes}");

    let mut alone = request("image/png");
    alone.messages.truncate(2);
    alone.messages.push(gives("call_1", vec![picture("image/png")]));
    let (body, _) = sent(Wire::OpenAiChat, &alone, "m", &plain);
    assert_eq!(roles(&body["messages"]), ["user", "assistant", "tool", "user"]);
    assert_eq!(body["messages"][2]["content"], "[an image, shown below]");

    // whose API refuses a user after a tool, and takes images in its messages
    let strict = Quirks {
        ends_with_user: true,
        ..Quirks::default()
    };
    let (body, _) = sent(Wire::OpenAiChat, &request("image/png"), "m", &strict);
    assert_eq!(
        roles(&body["messages"]),
        ["user", "assistant", "tool", "tool", "assistant", "user"]
    );
    assert_eq!(body["messages"][2]["content"][1]["type"], "image_url");

    let cohere = Quirks {
        cohere_chat: true,
        ..Quirks::default()
    };
    let (body, notes) = sent(Wire::OpenAiChat, &request("image/png"), "m", &cohere);
    assert!(!body.to_string().contains(PNG), "{body:#}");
    assert!(notes.contains("images of tools: left out"), "{notes}");
}

#[test]
fn what_a_client_of_chat_completions_puts_into_a_result_stays_there() {
    let mut request = request("image/png");
    request.wire = Wire::OpenAiChat;
    if let Part::ToolResult { parts, .. } = &mut request.messages[2].parts[0]
        && let Part::Image(media) = &mut parts[1]
    {
        media.name = None;
    }
    let (body, _) = sent(Wire::OpenAiChat, &request, "m", &Quirks::default());
    assert_eq!(body["messages"][2]["content"][1]["type"], "image_url");
    assert_eq!(body["messages"].as_array().unwrap().len(), 6);
}

#[test]
fn ollama_shows_it_behind_all_results() {
    let (body, _) = sent(Wire::Ollama, &request("image/png"), "m", &Quirks::default());
    let messages = &body["messages"];
    assert_eq!(
        roles(messages),
        ["user", "assistant", "tool", "tool", "user", "assistant", "user"]
    );
    assert_eq!(messages[2].get("images"), None);
    assert_eq!(
        messages[4],
        json!({"role": "user", "content": "The image that zoom returned.", "images": [PNG]})
    );
}

#[test]
fn anthropic_bedrock_and_responses_have_it_in_the_result() {
    let plain = Quirks::default();
    let request = request("image/png");
    let (body, _) = sent(Wire::AnthropicMessages, &request, "claude-sonnet-4-5", &plain);
    let result = &body["messages"][2]["content"][0];
    assert_eq!(result["type"], "tool_result");
    assert_eq!(
        result["content"][1],
        json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}})
    );

    let model = "anthropic.claude-sonnet-4-5-20250929-v1:0";
    let (body, _) = sent(Wire::BedrockConverse, &request, model, &plain);
    let result = &body["messages"][2]["content"][0]["toolResult"];
    assert_eq!(
        result["content"][1],
        json!({"image": {"format": "png", "source": {"bytes": PNG}}})
    );

    let (body, _) = sent(Wire::OpenAiResponses, &request, "gpt-5", &plain);
    let input = body["input"].as_array().unwrap();
    let output = input
        .iter()
        .find(|item| item["type"] == "function_call_output")
        .unwrap();
    assert_eq!(
        output["output"],
        json!([
            {"type": "input_text", "text": "closer:"},
            {"type": "input_image", "image_url": format!("data:image/png;base64,{PNG}")},
        ])
    );
}

#[test]
fn gemini_has_it_in_the_result_or_beside_it_and_never_a_gif() {
    let plain = Quirks::default();
    let inline = json!({"inlineData": {"mimeType": "image/png", "data": PNG}});
    let (body, _) = sent(
        Wire::Gemini,
        &request("image/png"),
        "gemini-3-pro-preview",
        &plain,
    );
    let parts = &body["contents"][2]["parts"];
    assert_eq!(parts[0]["functionResponse"]["parts"], json!([inline]));
    let (body, _) = sent(Wire::Gemini, &request("image/png"), "gemini-2.5-flash", &plain);
    let parts = body["contents"][2]["parts"].as_array().unwrap();
    assert_eq!(parts[0]["functionResponse"].get("parts"), None);
    assert_eq!(parts.last(), Some(&inline));
    for model in ["gemini-3-pro-preview", "gemini-2.5-flash"] {
        let (body, notes) = sent(Wire::Gemini, &request("image/gif"), model, &plain);
        assert!(!body.to_string().contains(PNG), "{body:#}");
        assert!(notes.contains("GIF"), "{notes}");
    }
}
