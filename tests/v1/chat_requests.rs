//! D.2 of the wire rules, one test each: what a request for a chat completion may say and what it becomes.
//! Messages and tools are here, numbers and the form of the answer in [`parameters`].

mod parameters;

use serde_json::{Value, json};

use super::hi;
use crate::support::client::events;
use crate::support::{Provider, Reply, TestApp};

struct World {
    provider: Provider,
    app: TestApp,
    key: String,
}

impl World {
    async fn new() -> Self {
        let provider = Provider::start().await;
        let app = TestApp::with_agent(&provider).await;
        let key = app.key().await;
        Self { provider, app, key }
    }

    /// A world with one more agent, `claude`, on a provider of another wire.
    async fn with_claude() -> Self {
        let world = Self::new().await;
        let args = json!({"id": "claude", "kind": "anthropic", "base_url": world.provider.origin(),
            "key": crate::support::app::CANARY});
        let _added: Value = world.app.ask("provider.add", args).await;
        world.app.add_agent("claude", "claude/m", "Be brief.").await;
        world.provider.answers_by(|asked| match asked.target.ends_with("/messages") {
            true => Reply::json(
                200,
                &json!({"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
                    "stop_sequence": null, "content": [{"type": "text", "text": "ok"}],
                    "usage": {"input_tokens": 1, "output_tokens": 1}}),
            ),
            false => Reply::text("ok"),
        });
        world
    }

    /// What the provider is sent for a request with these fields.
    async fn sent(&self, fields: Value) -> Value {
        self.sent_to("reviewer", fields).await
    }

    async fn sent_to(&self, model: &str, fields: Value) -> Value {
        let before = self.provider.asked().len();
        let response = self.app.chat(&self.key, &with(model, &fields)).await;
        let status = response.status();
        assert_eq!(status, 200, "{fields}: {}", response.text().await.unwrap());
        assert_eq!(self.provider.asked().len(), before + 1);
        self.provider.last().json()
    }

    /// Code and field of the refusal of a request with these fields.
    async fn refused(&self, fields: Value) -> (Value, String) {
        let before = self.provider.asked().len();
        let response = self.app.chat(&self.key, &with("reviewer", &fields)).await;
        assert_eq!(response.status(), 400, "{fields}");
        let error: Value = response.json().await.unwrap();
        assert_eq!(
            self.provider.asked().len(),
            before,
            "nobody else hears of it: {fields}"
        );
        let error = &error["error"];
        assert_eq!(error["type"], "invalid_request_error", "{fields}");
        (
            error["code"].clone(),
            error["param"].as_str().unwrap_or_default().to_owned(),
        )
    }

    async fn end(self) {
        self.app.finish().await;
    }
}

fn with(model: &str, fields: &Value) -> Value {
    let mut body = hi(model);
    body.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    body
}

fn code(code: &str, param: &str) -> (Value, String) {
    (json!(code), param.to_owned())
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn w_20_messages_are_a_list_with_something_in_it() {
    let world = World::new().await;
    let missing = code("missing_required_parameter", "messages");
    assert_eq!(world.refused(json!({"messages": null})).await, missing);
    assert_eq!(
        world.refused(json!({"messages": []})).await,
        code("empty_array", "messages")
    );
    for wrong in [json!("Hi"), json!({}), json!(7)] {
        assert_eq!(
            world.refused(json!({"messages": wrong})).await,
            code("invalid_type", "messages")
        );
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_21_the_body_of_a_response_is_answered_in_chunks() {
    let world = World::new().await;
    let body = json!({
        "model": "reviewer", "stream": true, "stream_options": {"include_usage": true},
        "input": [{"role": "user", "content": "Hi"}],
        "tools": [
            {"type": "function", "name": "flat", "parameters": {"type": "object", "properties": {}}},
            {"type": "custom", "name": "ApplyPatch", "format": {"type": "text"}},
        ],
    });
    let response = world.app.chat(&world.key, &body).await;
    assert_eq!(response.status(), 200);
    let mut events = events(&response.text().await.unwrap());
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    for event in &events {
        let chunk: Value = serde_json::from_str(event).unwrap();
        assert_eq!(chunk["object"], "chat.completion.chunk");
    }
    let sent = world.provider.last().json();
    assert_eq!(sent["messages"][1], json!({"role": "user", "content": "Hi"}));
    assert_eq!(sent["tools"][0]["function"]["name"], "flat");
    // with messages there, `input` is a field like any other, and flat tools stand beside nested ones
    let flat = json!({"type": "function", "name": "flat", "parameters": {"type": "object"}});
    let sent = world
        .sent(json!({"input": "x", "tools": [tool("nested"), flat]}))
        .await;
    let names: Vec<&Value> = sent["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["function"]["name"])
        .collect();
    assert_eq!(names, ["nested", "flat"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_22_a_model_that_nobody_knows_is_404() {
    let world = World::new().await;
    let response = world.app.chat(&world.key, &hi("x")).await;
    assert_eq!(response.status(), 404);
    let error: Value = response.json().await.unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    let expected = "The model `x` does not exist or you do not have access to it.";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(error["error"]["type"], "invalid_request_error");
    assert_eq!(error["error"]["code"], "model_not_found");
    // one agent is the default; of two none is
    world.sent(json!({"model": null})).await;
    world.app.add_agent("writer", "mock/w", "").await;
    assert_eq!(world.refused(json!({"model": null})).await.1, "model");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_23_a_model_is_looked_up_in_four_spellings() {
    let world = World::new().await;
    world.app.add_agent("reviewer-latest", "mock/l", "").await;
    for (spelling, upstream) in [
        ("reviewer", "m"),
        ("REVIEWER", "m"),
        ("reviewer:latest", "m"),
        ("openai/reviewer", "m"),
        ("models/reviewer", "m"),
        ("models/Reviewer:latest", "m"),
        ("openai/reviewer@1", "m"),
        ("reviewer-latest", "l"),
    ] {
        assert_eq!(
            world.sent(json!({"model": spelling})).await["model"],
            upstream,
            "{spelling}"
        );
    }
    for nobody in [
        "mistral/reviewer",
        "reviewer:newest",
        "openai/models/reviewer",
        "openai/",
    ] {
        assert_eq!(
            world.app.chat(&world.key, &hi(nobody)).await.status(),
            404,
            "{nobody}"
        );
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_23_an_exact_name_goes_before_every_other_spelling() {
    let world = World::new().await;
    let args = json!({"id": "openai", "kind": "custom", "base_url": world.provider.base_url(),
        "key": crate::support::app::CANARY});
    let _added: Value = world.app.ask("provider.add", args).await;
    let raw = world
        .app
        .key_with(json!({"name": "raw", "raw_models": true}))
        .await;
    for (key, upstream) in [(&raw, "reviewer"), (&world.key, "m")] {
        assert_eq!(world.app.chat(key, &hi("openai/reviewer")).await.status(), 200);
        assert_eq!(
            world.provider.last().json()["model"],
            upstream,
            "a provider's model, where it may be named"
        );
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_24_all_roles_in_any_order() {
    let world = World::new().await;
    let messages = json!([
        {"role": "user", "content": "1"},
        {"role": "developer", "content": "2"},
        {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "3"},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": "4"},
        {"role": "system", "content": "5"},
        {"role": "user", "content": "6"},
    ]);
    let sent = world.sent(json!({"messages": messages})).await;
    let roles: Vec<&str> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["role"].as_str())
        .collect();
    let expected = [
        "system",
        "user",
        "developer",
        "assistant",
        "tool",
        "assistant",
        "tool",
        "system",
        "user",
    ];
    assert_eq!(roles, expected);
    let wizard = json!({"messages": [{"role": "wizard", "content": "x"}]});
    assert_eq!(
        world.refused(wizard).await,
        code("invalid_value", "messages[0].role")
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_25_content_is_a_text_or_parts_for_every_role() {
    let world = World::new().await;
    let parts = |text: &str| json!([{"type": "text", "text": text}]);
    let messages = json!([
        {"role": "system", "content": parts("s")},
        {"role": "user", "content": parts("u")},
        {"role": "assistant", "content": parts("a"), "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c1", "content": parts("t")},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "c2", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c2", "content": "t"},
    ]);
    let sent = world.sent(json!({"messages": messages})).await.to_string();
    for text in ["s", "u", "a", "t"] {
        assert!(sent.contains(&format!("\"{text}\"")), "{text}: {sent}");
    }
    let wrong = json!({"messages": [{"role": "user", "content": 7}]});
    assert_eq!(
        world.refused(wrong).await,
        code("invalid_type", "messages[0].content")
    );
    let none = json!({"messages": [{"role": "user", "content": null}]});
    assert_eq!(world.refused(none).await.1, "messages[0].content");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_26_parts_of_every_kind_and_a_refusal_of_others() {
    let world = World::new().await;
    let png = "data:image/png;base64,AAAA";
    let parts = json!([
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": png, "detail": "low"}},
        {"type": "image_url", "image_url": png},
        {"type": "image_url", "image_url": {"url": "https://example.test/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_id": "f-1"}},
    ]);
    let sent = world
        .sent(json!({"messages": [{"role": "user", "content": parts}]}))
        .await;
    let content = &sent["messages"][1]["content"];
    assert_eq!(content[1]["image_url"], json!({"url": png, "detail": "low"}));
    assert_eq!(content[2]["image_url"]["url"], png);
    assert_eq!(
        content[3]["image_url"]["url"], "https://example.test/a.png",
        "nobody but the provider fetches it"
    );
    assert_eq!(
        content[4]["input_audio"],
        json!({"data": "AAAA", "format": "wav"})
    );
    assert_eq!(content[5]["file"]["file_id"], "f-1");
    let odd = json!({"messages": [{"role": "user", "content": [
        {"type": "text", "text": "x"}, {"type": "hologram", "hologram": {}}]}]});
    assert_eq!(
        world.refused(odd).await,
        code("invalid_value", "messages[0].content[1].type")
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_27_cache_marks_reach_who_knows_them() {
    let world = World::with_claude().await;
    let mark = json!({"type": "ephemeral"});
    let messages =
        json!([{"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": mark}]}]);
    let sent = world.sent_to("claude", json!({"messages": messages})).await;
    assert_eq!(sent["messages"][0]["content"][0]["cache_control"], mark);
    let args = json!({"id": "m", "kind": "mistral", "base_url": world.provider.base_url(),
        "key": crate::support::app::CANARY});
    let _added: Value = world.app.ask("provider.add", args).await;
    world.app.add_agent("small", "m/small", "").await;
    let sent = world.sent_to("small", json!({"messages": messages})).await;
    assert!(!sent.to_string().contains("cache_control"), "{sent}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_28_the_same_role_twice_is_legal() {
    let world = World::new().await;
    let twice = json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"},
        {"role": "assistant", "content": "c"}, {"role": "assistant", "content": "d"}, {"role": "user", "content": "e"}]);
    let sent = world.sent(json!({"messages": twice})).await;
    assert_eq!(
        sent["messages"].as_array().unwrap()[1..],
        twice.as_array().unwrap()[..]
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_29_results_answer_calls_and_calls_are_answered() {
    let world = World::new().await;
    let call = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "x"});
    let user = json!({"role": "user", "content": "Hi"});
    for (messages, param) in [
        (json!([user, result("c1")]), "messages[1].tool_call_id"),
        (json!([user, call, result("c2")]), "messages[2].tool_call_id"),
        (json!([user, call, user]), "messages[1].tool_calls"),
        (json!([user, call]), "messages[1].tool_calls"),
    ] {
        let (_, found) = world.refused(json!({"messages": messages})).await;
        assert_eq!(found, param, "{messages}");
    }
    world.sent(json!({"messages": [user, call, result("c1")]})).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_30_a_tool_without_parameters_has_none() {
    let world = World::new().await;
    let bare = json!({"type": "function", "function": {"name": "f"}});
    let sent = world.sent(json!({"tools": [bare]})).await;
    assert_eq!(
        sent["tools"][0]["function"]["parameters"],
        json!({"type": "object", "properties": {}})
    );
    for wrong in ["", "a b", "é", &"x".repeat(65)] {
        let (_, param) = world.refused(json!({"tools": [tool(wrong)]})).await;
        assert_eq!(param, "tools[0].function.name", "{wrong}");
    }
    world.sent(json!({"tools": [tool(&"x".repeat(64))]})).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_31_no_tools_and_no_choice_in_every_spelling() {
    let world = World::new().await;
    for fields in [
        json!({"tools": []}),
        json!({"tools": null, "tool_choice": null}),
        json!({"tool_choice": "none"}),
        json!({"tool_choice": "auto", "tools": []}),
    ] {
        let sent = world.sent(fields.clone()).await;
        assert!(
            sent.get("tools").is_none() && sent.get("tool_choice").is_none(),
            "{fields}: {sent}"
        );
    }
    let named = json!({"tool_choice": {"type": "function", "function": {"name": "f"}}});
    assert_eq!(world.refused(named).await, code("invalid_value", "tool_choice"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_32_a_choice_in_every_form() {
    let world = World::new().await;
    let named = json!({"type": "function", "function": {"name": "f"}});
    let allowed = json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function",
        "function": {"name": "f"}}]}});
    for (choice, expected) in [
        (json!("none"), json!("none")),
        (json!("auto"), json!("auto")),
        (json!("required"), json!("required")),
        (named.clone(), named.clone()),
        (json!({"type": "function", "name": "f"}), named),
        (allowed.clone(), allowed),
    ] {
        let sent = world
            .sent(json!({"tools": [tool("f")], "tool_choice": choice}))
            .await;
        assert_eq!(sent["tool_choice"], expected);
    }
    let odd = json!({"tools": [tool("f")], "tool_choice": "sometimes"});
    assert_eq!(world.refused(odd).await, code("invalid_value", "tool_choice"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_33_functions_are_tools_and_tools_win() {
    let world = World::new().await;
    let old = json!({"name": "old", "parameters": {"type": "object"}});
    let sent = world
        .sent(json!({"functions": [old], "function_call": {"name": "old"}}))
        .await;
    assert_eq!(sent["tools"][0]["function"]["name"], "old");
    assert_eq!(sent["tool_choice"]["function"]["name"], "old");
    let sent = world
        .sent(json!({"functions": [old], "tools": [tool("new")]}))
        .await;
    assert_eq!(sent["tools"].as_array().unwrap().len(), 1);
    assert_eq!(sent["tools"][0]["function"]["name"], "new");
    world.end().await;
}
