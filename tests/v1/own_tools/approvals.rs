//! A person is asked before a tool is used, and what they say is what happens.

use std::time::{Duration, Instant};

use domain::{FailureKind, Outcome, Permit, UseState};
use gateway::control::{ApprovalView, Caller, StandingApprovalView};
use serde_json::{Value, json};

use super::{WANTED, asks, asks_streamed, call, question};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

/// An agent whose calculator asks.
async fn asking() -> (Provider, TestApp, String) {
    asking_of(TestApp::start().await).await
}

async fn asking_of(app: TestApp) -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    app.add_provider("mock", &provider).await;
    let mut agent = draft("reckoner", "mock/m", "Be exact.");
    agent["name"] = json!("Reckoner");
    agent["tools"] = json!([{"tool": "calculator", "rule": "ask"}]);
    let _agent: Value = app.ask("agent.create", agent).await;
    let key = app.key_with(json!({"name": "editor"})).await;
    (provider, app, key)
}

fn expects(provider: &Provider, id: &str, arguments: &str) {
    provider.will(asks("", &[call(id, "calculator", arguments)]));
    provider.will(Reply::text("So it is."));
}

async fn said(response: reqwest::Response) -> String {
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    answer["choices"][0]["message"]["content"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// What the model was told that the tool gave.
fn given(provider: &Provider) -> String {
    let sent = provider.last().json();
    let messages = sent["messages"].as_array().unwrap();
    let last = messages.last().unwrap();
    assert_eq!(last["role"], "tool", "{sent:#}");
    last["content"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_waits_until_a_person_has_allowed_it_once() {
    let (provider, app, key) = asking().await;
    for turn in 0..2 {
        expects(&provider, "call_1", WANTED);
        let question = question(false);
        let call = app.chat(&key, &question);
        let person = async {
            let asked = app.wanted().await;
            assert_eq!(asked.agent_name, "Reckoner");
            assert_eq!(asked.tool, "calculator");
            assert_eq!(asked.arguments, WANTED, "all of it, as the model wrote it");
            assert_eq!(asked.client.as_deref(), Some("editor"));
            assert_eq!(asked.tool_call, "call_1");
            assert_eq!(
                serde_json::to_value(&asked.reasons).unwrap(),
                json!(["asks"]),
                "nothing came from outside"
            );
            assert_eq!(asked.expires_at.millis() - asked.asked_at.millis(), 300_000);
            assert_eq!(provider.asked().len(), turn * 2 + 1, "the model waits too");
            app.answer(&asked, "once").await;
            let gone = app.run_as(
                Caller::Approvals,
                "approval.answer",
                json!({"approval": asked.id, "decision": "once"}),
            );
            assert_eq!(gone.await.unwrap_err().kind(), FailureKind::NotFound);
        };
        let (response, ()) = tokio::join!(call, person);
        assert_eq!(said(response).await, "So it is.");
        assert_eq!(given(&provider), "391");
        let call = app.ended_call().await;
        let [used] = call.tool_uses.as_slice() else {
            panic!("{:?}", call.tool_uses);
        };
        assert_eq!((used.permit, used.state), (Permit::Once, UseState::Done));
        assert_eq!(used.arguments, WANTED);
        assert!(used.begun_at >= Some(used.asked_at) && used.ended_at >= used.begun_at);
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_told_to_the_model_and_nothing_is_done() {
    let (provider, app, key) = asking().await;
    provider.will(asks_streamed("", &[call("call_1", "calculator", WANTED)]));
    provider.will(Reply::stream(&["Then not."]));
    let question = question(true);
    let call = async { app.chat(&key, &question).await.text().await.unwrap() };
    let person = async {
        let asked = app.wanted().await;
        // a no counts from everywhere
        let args = json!({"approval": asked.id, "decision": "deny"});
        app.run("approval.answer", args).await.unwrap();
    };
    let (body, ()) = tokio::join!(call, person);
    assert!(
        body.contains("Then not.") && body.ends_with("data: [DONE]\n\n"),
        "{body}"
    );
    assert!(!body.contains("calculator") && !body.contains("person"), "{body}");
    let told = given(&provider);
    assert!(
        told.contains("The person said no") && !told.contains("391"),
        "{told}"
    );
    let call = app.ended_call().await;
    assert_eq!(call.row.outcome, Some(Outcome::Succeeded));
    let used = &call.tool_uses[0];
    assert_eq!(
        (used.permit, used.state, used.begun_at),
        (Permit::Denied, UseState::Refused, None)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_24_the_windows_page_cannot_allow_anything() {
    let (provider, app, key) = asking().await;
    expects(&provider, "call_1", WANTED);
    let question = question(false);
    let call = app.chat(&key, &question);
    let person = async {
        let asked = app.wanted().await;
        for decision in ["once", "session", "always"] {
            let args = json!({"approval": asked.id, "decision": decision});
            let kind = app.refused("approval.answer", args).await;
            assert_eq!(kind, FailureKind::ScopeDenied, "{decision}");
        }
        assert_eq!(app.wanted().await.id, asked.id, "it waits on");
        assert_eq!(provider.asked().len(), 1);
        app.answer(&asked, "deny").await;
    };
    let (response, ()) = tokio::join!(call, person);
    assert_eq!(response.status(), 200);
    assert!(!given(&provider).contains("391"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn always_is_for_exactly_this_and_outlives_the_process() {
    let (provider, mut app, key) = asking().await;
    expects(&provider, "call_1", WANTED);
    let once = question(false);
    let person = async {
        let asked = app.wanted().await;
        app.answer(&asked, "always").await;
    };
    let (response, ()) = tokio::join!(app.chat(&key, &once), person);
    assert_eq!(response.status(), 200);
    app.restart().await;
    let secret = json!({"id": "mock", "key": crate::support::app::CANARY});
    let _forgotten_with_the_process: Value = app.ask("provider.set_key", secret).await;

    // the same, written another way
    expects(&provider, "call_2", r#"{ "expression" : "17 * 23" }"#);
    assert_eq!(said(app.chat(&key, &once).await).await, "So it is.");
    assert_eq!(given(&provider), "391");
    assert_eq!(app.ended_call().await.tool_uses[0].permit, Permit::Always);

    // somebody else's program has no part in it
    let other = app
        .key_with(json!({"name": "other", "agents": ["reckoner"]}))
        .await;
    expects(&provider, "call_5", WANTED);
    let person = async {
        let asked = app.wanted().await;
        assert_eq!(asked.client.as_deref(), Some("other"));
        app.answer(&asked, "deny").await;
    };
    let (response, ()) = tokio::join!(app.chat(&other, &once), person);
    assert_eq!(response.status(), 200);
    assert!(!given(&provider).contains("391"));

    // another one asks
    expects(&provider, "call_3", r#"{"expression":"17 * 24"}"#);
    let person = async {
        let asked = app.wanted().await;
        app.answer(&asked, "deny").await;
    };
    let (response, ()) = tokio::join!(app.chat(&key, &once), person);
    assert_eq!(response.status(), 200);
    assert!(!given(&provider).contains("408"));

    let standing: Vec<StandingApprovalView> = app.ask("approval.standing", json!({})).await;
    let [one] = standing.as_slice() else {
        panic!("{standing:?}");
    };
    assert_eq!(
        (
            one.agent_name.as_str(),
            one.client.as_deref(),
            one.arguments.as_str()
        ),
        ("Reckoner", Some("editor"), WANTED)
    );
    let _revoked: Value = app.ask("approval.revoke", json!({"id": one.id})).await;
    assert_eq!(
        app.refused("approval.revoke", json!({"id": one.id})).await,
        FailureKind::NotFound
    );
    expects(&provider, "call_4", WANTED);
    let person = async {
        let asked = app.wanted().await;
        app.answer(&asked, "once").await;
    };
    let (response, ()) = tokio::join!(app.chat(&key, &once), person);
    assert_eq!(response.status(), 200);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_allowed_and_no_other() {
    let (provider, app, key) = asking().await;
    let mut here = question(false);
    here["session_id"] = json!("here");
    expects(&provider, "call_1", WANTED);
    let person = async {
        let asked = app.wanted().await;
        assert!(!asked.session_exact);
        app.answer(&asked, "session").await;
    };
    let (response, ()) = tokio::join!(app.chat(&key, &here), person);
    assert_eq!(response.status(), 200);
    expects(&provider, "call_2", r#"{"expression":"17 * 24"}"#);
    here["messages"] = json!([{"role": "user", "content": "And 24?"}]);
    assert_eq!(said(app.chat(&key, &here).await).await, "So it is.");
    assert_eq!(app.ended_call().await.tool_uses[0].permit, Permit::Session);

    let mut there = question(false);
    there["session_id"] = json!("there");
    expects(&provider, "call_3", WANTED);
    let person = async {
        let asked = app.wanted().await;
        app.answer(&asked, "deny").await;
    };
    let (response, ()) = tokio::join!(app.chat(&key, &there), person);
    assert_eq!(response.status(), 200);
    assert!(!given(&provider).contains("391"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_and_it_is_not_done() {
    let (provider, app, key) = asking().await;
    let _settings: Value = app.ask("settings.set", json!({"approval_seconds": 1})).await;
    expects(&provider, "call_1", WANTED);
    let response = app.chat(&key, &question(false)).await;
    assert_eq!(said(response).await, "So it is.");
    let told = given(&provider);
    assert!(
        told.contains("Nobody answered") && !told.contains("391"),
        "{told}"
    );
    assert_eq!(app.ended_call().await.tool_uses[0].permit, Permit::Unanswered);
    let waiting: Vec<ApprovalView> = app.ask("approval.list", json!({})).await;
    assert_eq!(waiting, []);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_takes_the_question_along() {
    let (provider, app, key) = asking().await;
    expects(&provider, "call_1", WANTED);
    let question = question(false);
    tokio::select! {
        _ = app.chat(&key, &question) => panic!("nobody has answered"),
        _ = app.wanted() => {}
    }
    crate::support::eventually("the question stays", || async {
        let waiting: Vec<ApprovalView> = app.ask("approval.list", json!({})).await;
        waiting.is_empty().then_some(())
    })
    .await;
    let call = app.ended_call().await;
    assert_eq!(call.tool_uses[0].state, UseState::Refused, "it was not done");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(provider.asked().len(), 1, "nor is the model asked again");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_68_a_stream_is_kept_alive_while_a_person_is_waited_for() {
    let text = "How much is 17 * 23?";
    let user = json!([{"role": "user", "content": text}]);
    let doors = [
        (
            "/v1/chat/completions",
            json!({"messages": user}),
            ": keep-alive\n\n",
        ),
        ("/v1/responses", json!({"input": text}), ": keep-alive\n\n"),
        (
            "/v1/messages",
            json!({"messages": user, "max_tokens": 100}),
            "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        ),
    ];
    for (route, mut body, heartbeat) in doors {
        // a tenth of a second stands for fifteen
        let often =
            |config: &mut gateway::Config| config.upstream.meanwhile.heartbeat = Duration::from_millis(100);
        let (provider, app, key) = asking_of(TestApp::with(often).await).await;
        provider.will(asks_streamed(
            "Let me see. ",
            &[call("call_1", "calculator", WANTED)],
        ));
        provider.will(Reply::stream(&["It is 391."]));
        body["model"] = json!("reckoner");
        body["stream"] = json!(true);
        let mut response = app.post(route, &key, &body).await;
        assert_eq!(response.status(), 200, "{route}");
        let asked = app.wanted().await;
        let mut read = String::new();
        let waited = Instant::now();
        while read.matches(heartbeat).count() < 3 {
            let piece = response.chunk().await.unwrap().expect(route);
            read.push_str(&String::from_utf8_lossy(&piece));
            assert!(waited.elapsed() < Duration::from_secs(20), "{route}: {read}");
        }
        assert!(
            read.contains("Let me see. "),
            "{route}: what was said is not held back: {read}"
        );
        assert_eq!(provider.asked().len(), 1, "{route}: the model waits too");
        app.answer(&asked, "once").await;
        let rest = response.text().await.unwrap();
        assert!(rest.contains("It is 391."), "{route}: {rest}");
        for word in ["calculator", "call_1", "17 * 23"] {
            assert!(
                !read.contains(word) && !rest.contains(word),
                "{route} tells {word}: {read}{rest}"
            );
        }
        assert_eq!(given(&provider), "391", "{route}");
        app.finish().await;
    }
}
