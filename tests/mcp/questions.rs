//! Servers that ask the person something in the middle of their work.

use std::time::Duration;

use domain::FailureKind;
use gateway::control::{Caller, McpFieldKind, McpLogLine, McpQuestion};
use serde_json::{Value, json};

use super::{add, agent, approve, asks_for, given, impatient, program, provider};
use crate::support::{Provider, Reply, TestApp, eventually};

async fn world() -> (TestApp, Provider, String) {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    add(&app, "demo", program("asking", "/dev/null")).await;
    approve(&app, "demo").await;
    agent(&app, &["demo/ask"]).await;
    (app, provider, key)
}

/// Waits until the server asks.
async fn asked(app: &TestApp) -> McpQuestion {
    eventually("nobody asked", async || {
        let mut waiting: Vec<McpQuestion> = app.ask("mcp.questions", json!({})).await;
        (!waiting.is_empty()).then(|| waiting.remove(0))
    })
    .await
}

async fn answer(
    app: &TestApp,
    question: &McpQuestion,
    action: &str,
    values: &Value,
) -> Result<Value, domain::Failure> {
    let args = json!({"question": question.id, "action": action, "values": values.to_string()});
    app.run_as(Caller::Approvals, "mcp.answer", args).await
}

/// What the model was given when it used the tool, while this was done.
async fn meanwhile(world: &(TestApp, Provider, String), person: impl AsyncFnOnce(McpQuestion)) -> Value {
    let (app, provider, key) = world;
    let asking = given(app, provider, key, "demo__ask", json!({}));
    let (told, ()) = tokio::join!(asking, async { person(asked(app).await).await });
    let left: Vec<McpQuestion> = app.ask("mcp.questions", json!({})).await;
    assert!(left.is_empty(), "{left:?}");
    serde_json::from_str(&told).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_fills_in_what_a_server_asks() {
    let world = world().await;
    let (app, _, _) = &world;
    let told = meanwhile(&world, async |question| {
        assert_eq!((question.server.as_str(), question.server_name.as_str()), ("demo", "demo"));
        assert_eq!(question.tools, ["ask"]);
        assert!(question.message.starts_with("Whom shall I greet?"));
        let names: Vec<_> = question.fields.iter().map(|field| (field.name.as_str(), field.required, field.like_a_secret)).collect();
        assert_eq!(names.len(), 5);
        assert!(names.contains(&("name", true, false)) && names.contains(&("password", false, true)), "{names:?}");
        let kind = |name: &str| question.fields.iter().find(|field| field.name == name).unwrap().kind.clone();
        assert!(matches!(kind("name"), McpFieldKind::Text { initially: Some(ada), least: Some(2), .. } if ada == "Ada"));
        assert!(matches!(kind("times"), McpFieldKind::Number { whole: true, .. }));
        assert!(matches!(kind("loud"), McpFieldKind::YesNo { initially: Some(true) }));
        assert!(matches!(kind("tone"), McpFieldKind::Choice { options, .. } if options[1].title == "Stern"));
        // the window with the screens cannot answer, and what does not fit is no answer
        let args = json!({"question": question.id, "action": "accept", "values": "{\"name\":\"Ada\"}"});
        assert_eq!(app.refused("mcp.answer", args).await, FailureKind::ScopeDenied);
        for odd in [json!({}), json!({"name": "A"}), json!({"name": "Ada", "times": 10}), json!({"name": "Ada", "else": 1})] {
            let refused = answer(app, &question, "accept", &odd).await.unwrap_err();
            assert_eq!(refused.kind(), FailureKind::InvalidRequest, "{odd}");
        }
        let values = json!({"name": "Grace", "times": 3, "loud": false, "tone": "stern"});
        answer(app, &question, "accept", &values).await.unwrap();
        let again = answer(app, &question, "accept", &values).await.unwrap_err();
        assert_eq!(again.kind(), FailureKind::NotFound);
    })
    .await;
    assert_eq!(told["action"], "accept");
    assert_eq!(
        told["content"],
        json!({"name": "Grace", "times": 3, "loud": false, "tone": "stern"})
    );
    let lines: Vec<McpLogLine> = app.ask("mcp.log", json!({"id": "demo"})).await;
    let log = format!("{lines:?}");
    assert!(log.contains("was answered") && !log.contains("Grace"), "{log}");
    world.0.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_refuse_from_anywhere() {
    let world = world().await;
    for action in ["decline", "cancel"] {
        let told = meanwhile(&world, async |question| {
            let args = json!({"question": question.id, "action": action});
            let _refused: Value = world.0.ask("mcp.answer", args).await;
        })
        .await;
        assert_eq!(told, json!({"action": action}));
    }
    world.0.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_time_is_not_the_tool_s() {
    let world = world().await;
    let told = meanwhile(&world, async |question| {
        // longer than the two seconds that a tool may take without a sign
        tokio::time::sleep(Duration::from_millis(2600)).await;
        answer(&world.0, &question, "accept", &json!({"name": "Ada"}))
            .await
            .unwrap();
    })
    .await;
    assert_eq!(told["content"]["name"], "Ada");
    world.0.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_and_nobody_waits_for_ever() {
    let world = world().await;
    let (app, provider, key) = &world;
    let _set: Value = app.ask("settings.set", json!({"approval_seconds": 1})).await;
    let told = given(app, provider, key, "demo__ask", json!({})).await;
    assert_eq!(told, "{\"action\": \"cancel\"}");
    let _set: Value = app.ask("settings.set", json!({"approval_seconds": 60})).await;

    // who leaves takes the question along
    provider.will(asks_for("demo__ask", &json!({})));
    let body = json!({"model": "worker", "messages": [{"role": "user", "content": "Go."}], "stream": true});
    let response = app.chat(key, &body).await;
    asked(app).await;
    drop(response);
    eventually("the question is still there", async || {
        let waiting: Vec<McpQuestion> = app.ask("mcp.questions", json!({})).await;
        waiting.is_empty().then_some(())
    })
    .await;
    provider.will(Reply::text("unused"));
    world.0.finish().await;
}

/// The questions as the window for approvals sees them.
async fn to_approve(app: &TestApp) -> Vec<McpQuestion> {
    let seen = app.run_as(Caller::Approvals, "mcp.questions", json!({})).await;
    serde_json::from_value(seen.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_visits_what_a_server_names() {
    let (app, provider, key) = world().await;
    let asking = given(&app, &provider, &key, "demo__ask", json!({"text": "address"}));
    let person = async {
        let question = asked(&app).await;
        // a script in the main page learns nothing that a server may have put into an address
        assert_eq!(
            (question.address.as_deref(), question.message.as_str()),
            (None, "Look at this.")
        );
        let question = to_approve(&app).await.remove(0);
        let address = question.address.as_deref();
        assert_eq!(address, Some("https://example.com/connect?id=1"));
        assert!(question.fields.is_empty());
        let args = json!({"question": question.id, "action": "accept"});
        assert_eq!(app.refused("mcp.answer", args).await, FailureKind::ScopeDenied);
        let odd = answer(&app, &question, "accept", &json!({"name": "Ada"})).await;
        assert_eq!(odd.unwrap_err().kind(), FailureKind::InvalidRequest);
        answer(&app, &question, "accept", &json!({})).await.unwrap();
    };
    let (told, ()) = tokio::join!(asking, person);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told, json!({"action": "accept"}));
    let lines: Vec<McpLogLine> = app.ask("mcp.log", json!({"id": "demo"})).await;
    let log = format!("{lines:?}");
    assert!(
        log.contains("was visited") && !log.contains("example.com"),
        "{log}"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_not_what_it_seems_is_not_shown() {
    let (app, provider, key) = world().await;
    for url in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://example.com/",
        "https://user:pass@example.com/",
        "https://example.com@evil.example/",
        "https://ex\u{430}mple.com/",
        "https://example.com\\@evil.example/",
        "https://example.com/%0d%0aLocation:",
        "https://example.com/ and more",
        "inglenook://agent/new",
        "//example.com/",
        "",
    ] {
        let asks = json!({"text": "address", "url": url});
        let told = given(&app, &provider, &key, "demo__ask", asks).await;
        assert_eq!(told, "{\"action\": \"decline\"}", "{url}");
    }
    app.finish().await;
}
