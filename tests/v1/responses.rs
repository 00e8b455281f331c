//! `/v1/responses`: what is asked, what is answered, what is kept (W-120 to W-135).

mod background;
mod envelopes;
mod following;
mod leaving;
mod stored;

use serde_json::{Value, json};

use crate::support::canonical::{self, responses};
use crate::support::{Provider, Reply, TestApp, raw};

const PATH: &str = "/v1/responses";

/// An app with an agent on a scripted provider, and a key.
struct Door {
    provider: Provider,
    app: TestApp,
    key: String,
}

impl Door {
    async fn open() -> Self {
        let provider = Provider::start().await;
        let app = TestApp::with_agent(&provider).await;
        let key = app.key().await;
        Self { provider, app, key }
    }

    /// Asks the agent and gives the response, which must be one.
    async fn ask(&self, mut body: Value) -> Value {
        body["model"] = json!("reviewer");
        let response = self.app.post(PATH, &self.key, &body).await;
        assert_eq!(response.status(), 200);
        let bytes = response.bytes().await.unwrap();
        if body["stream"] == true {
            return responses::response(&bytes);
        }
        let _checked = responses::whole(&bytes, "reviewer");
        serde_json::from_slice(&bytes).unwrap()
    }

    /// Asks the agent and gives status and error.
    async fn refused(&self, key: &str, mut body: Value) -> (u16, Value) {
        body["model"] = json!("reviewer");
        let response = self.app.post(PATH, key, &body).await;
        let status = response.status().as_u16();
        (status, canonical::error(&response.bytes().await.unwrap()))
    }

    /// `GET` below the route.
    async fn get(&self, path: &str) -> (u16, Value) {
        let response = self.app.get(&format!("{PATH}/{path}"), &self.key).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Role and text of what went upstream last.
    fn said(&self) -> Vec<(String, String)> {
        self.provider.last().said()
    }
}

/// The id of a response.
fn id(response: &Value) -> String {
    response["id"].as_str().unwrap().to_owned()
}

/// The text of a response.
fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"].as_str().unwrap()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(role, text): &(&str, &str)| ((*role).to_owned(), (*text).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn w_120_input_is_a_text_or_items_with_and_without_a_type() {
    let door = Door::open().await;
    for (input, expected) in [
        (json!("Hi"), pairs(&[("user", "Hi")])),
        // how Codex warms a server up
        (json!(""), pairs(&[("user", "")])),
        (
            json!([
                {"role": "developer", "content": "Be kind."},
                {"role": "user", "content": [{"type": "input_text", "text": "A"}]},
                {"type": "message", "role": "assistant", "id": "msg_made_by_the_client",
                    "content": [{"type": "output_text", "text": "B"}]},
                {"type": "something_new", "id": "x_1"},
                {"role": "user", "content": "C"},
            ]),
            pairs(&[
                ("developer", "Be kind."),
                ("user", "A"),
                ("assistant", "B"),
                ("user", "C"),
            ]),
        ),
    ] {
        let response = door.ask(json!({"input": input, "max_output_tokens": 1})).await;
        assert_eq!(response["status"], "completed");
        let said = door.said();
        assert_eq!(said[0], ("system".to_owned(), "Be brief.".to_owned()));
        assert_eq!(said[1..], expected[..]);
    }
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_122_hosted_tools_are_dropped_and_namespaces_called_back_by_their_names() {
    let door = Door::open().await;
    let tools = json!([
        {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": false},
        {"type": "namespace", "name": "files", "tools": [
            {"type": "function", "name": "read", "parameters": {"type": "object", "properties": {}}}]},
        {"type": "custom", "name": "patch", "format": {"type": "text"}},
        {"type": "web_search", "external_web_access": false}, {"type": "file_search"}, {"type": "local_shell"},
        {"type": "mcp", "server_label": "x"}, {"type": "image_generation"},
    ]);
    for streamed in [false, true] {
        door.provider.answers_by(|asked| {
            let body = asked.json();
            let names: Vec<&str> = body["tools"]
                .as_array()
                .unwrap()
                .iter()
                .map(|tool| tool["function"]["name"].as_str().unwrap())
                .collect();
            assert_eq!(names.len(), 3, "{names:?}");
            let flat = names.iter().find(|name| name.contains("read")).unwrap();
            let calls = json!([
                {"index": 0, "id": "c1", "type": "function", "function": {"name": flat, "arguments": "{}"}},
                {"index": 1, "id": "c2", "type": "function",
                    "function": {"name": "patch", "arguments": "{\"input\":\"*** Begin\"}"}},
            ]);
            if body["stream"] == true {
                let chunk = |delta: &Value, finish: &Value| {
                    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
                };
                Reply::new(200, "text/event-stream")
                    .event(&chunk(&json!({"role": "assistant", "tool_calls": calls}), &Value::Null))
                    .event(&chunk(&json!({}), &json!("tool_calls")))
                    .send("data: [DONE]\n\n")
            } else {
                let message = json!({"role": "assistant", "content": null, "tool_calls": calls});
                Reply::json(200, &json!({"choices": [
                    {"index": 0, "message": message, "finish_reason": "tool_calls"}]}))
            }
        });
        let body = json!({"model": "reviewer", "input": "Hi", "tools": tools, "stream": streamed});
        let response = door.app.post(PATH, &door.key, &body).await;
        assert_eq!(response.status(), 200);
        let applied = response.headers()["x-inglenook-applied"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            applied.contains("web_search"),
            "what was dropped is told: {applied}"
        );
        let bytes = response.bytes().await.unwrap();
        let response = if streamed {
            responses::response(&bytes)
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        let [read, patch] = response["output"].as_array().unwrap().as_slice() else {
            panic!("{response}");
        };
        assert_eq!(
            (&read["name"], &read["namespace"]),
            (&json!("read"), &json!("files"))
        );
        assert_eq!(read["type"], "function_call");
        assert_eq!(
            (&patch["type"], &patch["input"]),
            (&json!("custom_tool_call"), &json!("*** Begin"))
        );
    }
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_123_to_126_an_answer_is_whole_in_every_field_and_every_event() {
    let door = Door::open().await;
    door.provider.will(Reply::text("Hello there."));
    let body = json!({
        "input": "Hi", "instructions": "Be kind.", "temperature": 0.5, "metadata": {"a": "b"},
        "reasoning": {"effort": "low"}, "text": {"verbosity": "low"}, "prompt_cache_key": "k", "user": "me",
    });
    let whole = door.ask(body.clone()).await;
    assert_eq!(text(&whole), "Hello there.");
    for (field, value) in body.as_object().unwrap() {
        if !matches!(field.as_str(), "input" | "reasoning" | "text") {
            assert_eq!(&whole[field], value, "W-123: {field}");
        }
    }
    assert_eq!(whole["reasoning"], json!({"effort": "low", "summary": null}));
    let usage = json!({
        "input_tokens": 12000, "input_tokens_details": {"cached_tokens": 4000}, "output_tokens": 3000,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 15000,
    });
    assert_eq!(whole["usage"], usage, "W-124");
    assert_eq!(whole["store"], true);

    door.provider.will(Reply::stream(&["Hello", " there."]));
    let mut streamed = body.clone();
    streamed["stream"] = json!(true);
    streamed["model"] = json!("reviewer");
    let response = door.app.post(PATH, &door.key, &streamed).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let bytes = response.bytes().await.unwrap();
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(responses::kinds(&bytes), expected, "W-126");
    assert!(!String::from_utf8_lossy(&bytes).contains("[DONE]"), "W-133");
    let mut last = responses::response(&bytes);
    let mut first = whole.clone();
    assert_eq!(text(&last), text(&first));
    for changing in ["id", "created_at", "completed_at", "output"] {
        last[changing] = Value::Null;
        first[changing] = Value::Null;
    }
    assert_eq!(last, first, "streamed or not, it is the same response");
    let said = door.said();
    let expected = pairs(&[("system", "Be brief."), ("system", "Be kind."), ("user", "Hi")]);
    assert_eq!(said, expected, "the agent's instructions, then the caller's");
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_127_a_streamed_call_is_told_four_times() {
    let door = Door::open().await;
    let call = |call: &Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": null}]});
    let reply = Reply::new(200, "text/event-stream")
        .event(&call(&json!({"index": 0, "id": "c1", "type": "function", "function": {"name": "look", "arguments": ""}})))
        .event(&call(&json!({"index": 0, "function": {"arguments": "{\"a\""}})))
        .event(&call(&json!({"index": 0, "function": {"arguments": ":1}"}})))
        .event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}))
        .send("data: [DONE]\n\n");
    door.provider.will(reply);
    let tools = json!([{"type": "function", "name": "look"}]);
    let body = json!({"model": "reviewer", "input": "Hi", "tools": tools, "stream": true});
    let bytes = door.app.post(PATH, &door.key, &body).await.bytes().await.unwrap();
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(responses::kinds(&bytes), expected);
    let call = &responses::response(&bytes)["output"][0];
    assert_eq!(
        (&call["call_id"], &call["arguments"]),
        (&json!("c1"), &json!("{\"a\":1}"))
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_130_a_failure_in_the_middle_is_told_as_a_failed_response_and_ends_the_stream() {
    let door = Door::open().await;
    let limited = json!({"error": {"message": "Slow down.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}});
    for (reply, code) in [
        (Reply::pieces(&["Once"]).cut(), "upstream_disconnected"),
        (Reply::pieces(&["Once"]).event(&limited), "rate_limit_exceeded"),
    ] {
        door.provider.will(reply);
        let response = door.ask(json!({"input": "Hi", "stream": true})).await;
        assert_eq!(response["status"], "failed");
        assert_eq!(response["error"]["code"], code);
        assert!(
            response["error"]["type"].is_string(),
            "error payloads have a type"
        );
        let (status, kept) = door.get(&id(&response)).await;
        assert_eq!(
            (status, &kept["status"]),
            (200, &json!("failed")),
            "and so it is kept"
        );
    }
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_131_a_length_stop_is_an_incomplete_response() {
    let door = Door::open().await;
    for streamed in [false, true] {
        let choice = json!({"index": 0, "message": {"role": "assistant", "content": "Once upon"},
            "delta": {"content": "Once upon"}, "finish_reason": "length"});
        let document = json!({"choices": [choice]});
        door.provider.will(if streamed {
            Reply::new(200, "text/event-stream")
                .event(&document)
                .send("data: [DONE]\n\n")
        } else {
            Reply::json(200, &document)
        });
        let response = door.ask(json!({"input": "Hi", "stream": streamed})).await;
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["incomplete_details"]["reason"], "max_output_tokens");
        assert_eq!(text(&response), "Once upon");
    }
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_134_parameters_become_those_of_the_provider() {
    let door = Door::open().await;
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let body = json!({
        "input": "Hi", "max_output_tokens": 99, "parallel_tool_calls": false, "truncation": "auto",
        "reasoning": {"effort": "low"}, "tools": [{"type": "function", "name": "look"}],
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "schema": schema, "strict": true}},
    });
    let _answer = door.ask(body).await;
    let sent = door.provider.last().json();
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": true}});
    assert_eq!(sent["response_format"], format);
    assert!(
        sent["max_tokens"] == 99 || sent["max_completion_tokens"] == 99,
        "{sent}"
    );
    assert_eq!(sent["parallel_tool_calls"], false);
    assert!(
        sent.get("truncation").is_none() && sent.get("text").is_none(),
        "{sent}"
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_135_what_is_not_served_is_refused_in_shape() {
    let door = Door::open().await;
    let url = door.app.url("/v1/responses/compact");
    let sending = door
        .app
        .http()
        .post(url)
        .bearer_auth(&door.key)
        .json(&json!({"input": "Hi"}));
    let response = sending.send().await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(
        canonical::error(&response.bytes().await.unwrap())["code"],
        "unknown_url"
    );

    for path in ["/v1/responses", "/responses", "/v1/v1/responses/"] {
        let upgrade = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nConnection: Upgrade, close\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            door.app.port(),
            door.key
        );
        let answer = raw(door.app.port(), upgrade.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.header("upgrade")),
            (426, Some("HTTP/1.1")),
            "{path}"
        );
        let _shaped = canonical::error(&answer.body);
    }
    assert!(door.provider.asked().is_empty());
    door.app.finish().await;
}
