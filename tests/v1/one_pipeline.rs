//! The one promise: the agent in the window is the agent at the endpoint.

use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp, eventually};

async fn answered(app: &TestApp, args: Value) -> domain::SessionId {
    let started: gateway::control::ChatStarted = app.ask("chat.send", args).await;
    eventually("the answer", async || {
        let view = app.session(&started.session).await;
        let last = view.messages.last()?;
        (last.id == started.answer && last.state == domain::MessageState::Complete).then_some(())
    })
    .await;
    started.session
}

#[tokio::test(flavor = "multi_thread")]
async fn window_and_endpoint_send_the_same_bytes() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut draft = draft(
        "reviewer",
        "mock/m",
        "You review. \u{e9}\u{1f525} \"quoted\"\nSecond line.",
    );
    draft["params"] = json!({"temperature": 0.3, "max_output_tokens": 500, "stop": ["END"], "seed": 11});
    let _agent: Value = app.ask("agent.create", draft).await;
    let key = app.key().await;
    let question = "Look at this:\n\tlet a = \"b\"; \u{2028}";

    provider.will(Reply::stream(&["Fi", "ne."]));
    let session = answered(&app, json!({"agent": "reviewer", "text": question})).await;
    answered(&app, json!({"session": session, "text": "And this?"})).await;

    let user = |text: &str| json!({"role": "user", "content": text});
    let mut messages = vec![user(question)];
    provider.will(Reply::stream(&["Fi", "ne."]));
    let body = json!({"model": "reviewer", "stream": true, "messages": messages});
    let _read = app.chat(&key, &body).await.bytes().await.unwrap();
    messages.extend([
        json!({"role": "assistant", "content": "Fine."}),
        user("And this?"),
    ]);
    let body = json!({"model": "reviewer", "stream": true, "messages": messages});
    let _read = app.chat(&key, &body).await.bytes().await.unwrap();

    let asked = provider.asked();
    assert_eq!(asked.len(), 4);
    for (window, endpoint) in [(0, 2), (1, 3)] {
        let text = |at: usize| String::from_utf8_lossy(&asked[at].body).into_owned();
        assert_eq!(text(window), text(endpoint));
        assert_eq!(asked[window].target, asked[endpoint].target);
        assert_eq!(asked[window].headers.len(), asked[endpoint].headers.len());
        for (name, value) in &asked[window].headers {
            assert!(
                asked[endpoint].header(name) == Some(value) || name == "content-length",
                "{name}"
            );
        }
    }
    // and both are in one history, with the same receipt
    let calls = app.calls().await;
    assert_eq!(calls.len(), 4);
    assert!(
        calls
            .iter()
            .all(|call| call.usage == calls[0].usage && call.agent_slug.as_deref() == Some("reviewer"))
    );
    let routes: Vec<&str> = calls.iter().map(|call| call.call.route.as_str()).collect();
    assert_eq!(
        routes,
        [
            "POST /v1/chat/completions",
            "POST /v1/chat/completions",
            "window",
            "window"
        ]
    );
    app.finish().await;
}
