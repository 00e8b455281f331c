//! Marks for a provider's cache, set for agents that want them (W-165).

use serde_json::{Value, json};

use crate::support::app::{CANARY, draft};
use crate::support::{Provider, Reply, TestApp};

fn answer() -> Reply {
    Reply::json(
        200,
        &json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 1, "output_tokens": 1}}),
    )
}

async fn world() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    provider.always(answer());
    let app = TestApp::start().await;
    let args = json!({"id": "claude", "kind": "custom", "wire": "anthropic-messages",
        "base_url": provider.origin(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    for (slug, cache) in [("off", "off"), ("automatic", "automatic")] {
        let mut agent = draft(slug, "claude/claude-sonnet-4-5", "Be brief.");
        agent["cache"] = json!(cache);
        let _agent: Value = app.ask("agent.create", agent).await;
    }
    let key = app.key().await;
    (provider, app, key)
}

/// Where the marks stand, as `system`, `tools` or the number of a message.
fn marked(body: &Value) -> Vec<String> {
    let mut places = Vec::new();
    let mut look = |place: &str, list: &Value| {
        for one in list.as_array().into_iter().flatten() {
            if one["cache_control"] == json!({"type": "ephemeral"}) {
                places.push(place.to_owned());
            }
        }
    };
    look("tools", &body["tools"]);
    look("system", &body["system"]);
    for (at, message) in body["messages"].as_array().unwrap().iter().enumerate() {
        look(&at.to_string(), &message["content"]);
    }
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn w_165_the_instructions_and_the_last_turn_are_marked_where_it_is_wanted() {
    let (provider, app, key) = world().await;
    let talk = json!([{"role": "user", "content": "One?"}, {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "Three?"}]);
    for (agent, marks) in [("off", vec![]), ("automatic", vec!["system", "2"])] {
        let body = json!({"model": agent, "messages": talk});
        assert_eq!(app.chat(&key, &body).await.status(), 200);
        assert_eq!(marked(&provider.last().json()), marks, "{agent}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_165_there_are_four_marks_at_most_and_the_callers_stay() {
    let (provider, app, key) = world().await;
    let text = |text: &str| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}});
    let own = |count: usize| {
        let parts: Vec<Value> = (0..count).map(|at| text(&at.to_string())).collect();
        json!({"model": "automatic", "max_tokens": 16, "messages": [{"role": "user", "content": parts},
            {"role": "assistant", "content": "Yes."}, {"role": "user", "content": "Go on."}]})
    };
    for (count, marks) in [
        (0, vec!["system", "2"]),
        (2, vec!["system", "0", "0", "2"]),
        (3, vec!["system", "0", "0", "0"]),
        (4, vec!["0", "0", "0", "0"]),
    ] {
        let response = app.chat(&key, &own(count)).await;
        assert_eq!(response.status(), 200, "{count}");
        assert_eq!(marked(&provider.last().json()), marks, "{count}");
    }
    app.finish().await;
}
