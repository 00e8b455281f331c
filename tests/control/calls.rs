//! What is kept of a call, how calls are found, how they are made again, and how they are forgotten.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::{FailureKind, Outcome, StepKind, StopReason, Timestamp};
use gateway::Clock;
use gateway::control::{CallPage, CallView, Replayed};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

fn hi(stream: bool) -> Value {
    json!({"model": "reviewer", "stream": stream, "temperature": 0.5,
        "messages": [{"role": "user", "content": "What is the capital of France?"}]})
}

async fn view(app: &TestApp, call: &domain::CallId) -> CallView {
    app.ask("call.get", json!({"call": call})).await
}

async fn listed(app: &TestApp, filter: Value) -> Vec<domain::CallId> {
    let page: CallPage = app.ask("call.list", filter).await;
    page.calls.into_iter().map(|row| row.call.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tells_what_was_sent_and_when_the_answer_came() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    provider.will(Reply::stream(&["Par", "is"]).header("x-request-id", "req-of-theirs"));
    let response = app
        .http()
        .post(app.url("/v1/chat/completions?beta=1"))
        .bearer_auth(&key)
        .header("user-agent", "Some/1.0")
        .header("x-of-mine", "a-private-value")
        .json(&hi(true))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let _read = response.bytes().await.unwrap();
    let call = app.ended_call().await;

    let client = call.client_request.as_ref().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&client.body.text).unwrap(),
        hi(true),
        "as it came"
    );
    assert!(!client.body.cut);
    for name in ["authorization", "x-of-mine", "content-type"] {
        assert!(client.headers.iter().any(|header| header == name), "{name}");
    }
    assert_eq!(call.row.call.user_agent.as_deref(), Some("Some/1.0"));
    let whole = serde_json::to_string(&call).unwrap();
    assert!(
        !whole.contains("a-private-value") && !whole.contains(&key) && !whole.contains(CANARY),
        "names of headers and no values"
    );

    assert_eq!(call.upstream_requests.len(), 1);
    let sent = &call.upstream_requests[0];
    assert_eq!(sent.number, 1);
    assert_eq!(sent.body.text.as_bytes(), provider.last().body, "byte for byte");
    assert_eq!(call.upstream_request.as_ref(), Some(&sent.body.text));

    let entry = &call.entries[0];
    assert_eq!(entry.upstream_request_id.as_deref(), Some("req-of-theirs"));
    assert_eq!(entry.finish, Some(StopReason::Stop));
    let times = entry.timings;
    let order = [
        times.sent_us,
        times.accepted_us,
        times.first_token_us,
        times.last_token_us,
        Some(times.total_us),
    ];
    assert!(
        order.iter().all(Option::is_some) && order.is_sorted(),
        "{times:?}"
    );
    assert!(times.connect_us.is_some(), "the first call connects: {times:?}");

    let [timeline] = call.timelines.as_slice() else {
        panic!("one attempt: {:?}", call.timelines)
    };
    let text: u64 = timeline
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Text)
        .map(|step| step.bytes)
        .sum();
    assert_eq!(text, 5, "Paris: {timeline:?}");
    assert!(timeline.steps.is_sorted_by_key(|step| step.at_us));
    assert!(
        !serde_json::to_string(timeline).unwrap().contains("Par"),
        "no content"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_there_costs_no_connecting() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for expected in [true, false] {
        let _read = app.chat(&key, &hi(false)).await.bytes().await.unwrap();
        let entry = app.ended_call().await.entries.remove(0);
        assert_eq!(
            entry.timings.connect_us.is_some(),
            expected,
            "{:?}",
            entry.timings
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_keeps_what_it_sent() {
    let (first, second) = (Provider::start().await, Provider::start().await);
    let app = TestApp::start().await;
    app.add_provider("one", &first).await;
    app.add_provider("two", &second).await;
    let draft = json!({"slug": "reviewer", "name": "R", "instructions": "Be brief.",
        "target": "one/m-one", "fallbacks": ["two/m-two"]});
    let _made: domain::Agent = app.ask("agent.create", draft).await;
    let key = app.key().await;
    first.always(Reply::refusal(503, "overloaded", "No."));
    let _read = app.chat(&key, &hi(false)).await.bytes().await.unwrap();
    let call = app.ended_call().await;
    assert_eq!(call.row.outcome, Some(Outcome::Succeeded));
    let sent: Vec<(u32, String)> = call
        .upstream_requests
        .iter()
        .map(|sent| {
            let body: Value = serde_json::from_str(&sent.body.text).unwrap();
            (sent.number, body["model"].as_str().unwrap().to_owned())
        })
        .collect();
    let last = u32::try_from(call.entries.len()).unwrap();
    assert_eq!(sent, [(1, "m-one".to_owned()), (last, "m-two".to_owned())]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_request_is_cut_and_says_so() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut body = hi(false);
    body["messages"][0]["content"] = "x".repeat(1_500_000).into();
    let _read = app.chat(&key, &body).await.bytes().await.unwrap();
    let call = app.ended_call().await;
    let client = call.client_request.unwrap();
    assert!(client.body.cut);
    assert_eq!(client.body.text.len(), 1 << 20);
    assert_eq!(client.body.size, u64::try_from(body.to_string().len()).unwrap());
    let sent = &call.upstream_requests[0];
    assert!(sent.body.cut && sent.body.text.len() < 300_000);
    assert_eq!(sent.body.size, u64::try_from(provider.last().body.len()).unwrap());
    let refused = app
        .refused("call.replay", json!({"call": call.row.call.id}))
        .await;
    assert_eq!(refused, FailureKind::InvalidRequest, "half a request is not sent");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_keeps_no_content_keeps_no_request_and_no_name() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    for policy in ["metadata", "none"] {
        let key = app.key_with(json!({"name": policy, "store": policy})).await;
        let _read = app
            .http()
            .post(app.url("/v1/chat/completions"))
            .bearer_auth(&key)
            .header("user-agent", "NamedProgram/1")
            .json(&hi(true))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let call = app.ended_call().await;
        assert_eq!(
            (&call.client_request, call.upstream_requests.len()),
            (&None, 0),
            "{policy}"
        );
        let named = call.row.call.user_agent.is_some();
        assert_eq!(named, policy == "metadata");
        assert_eq!(
            call.timelines.len(),
            usize::from(policy == "metadata"),
            "{policy}"
        );
        assert!(
            call.entries[0].timings.last_token_us.is_some(),
            "the ledger has its times"
        );
        assert_eq!(
            app.refused("call.replay", json!({"call": call.row.call.id}))
                .await,
            FailureKind::InvalidRequest
        );
    }
    assert!(!app.disk_holds("capital of France"));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_found_by_agent_key_session_outcome_and_time() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    app.add_provider("gone", &provider).await;
    app.add_agent("lost", "gone/m", "").await;
    let mut draft: Value = app.ask("agent.get", json!({"agent": "lost"})).await;
    draft["target"] = "mock/m".into();
    let _moved: Value = app
        .ask("agent.update", json!({"agent": "lost", "draft": draft}))
        .await;
    let _gone: Value = app.ask("provider.remove", json!({"id": "gone"})).await;
    let (one, two) = (app.key().await, app.key_with(json!({"name": "second"})).await);
    let mut other = hi(false);
    other["model"] = "other".into();
    let mut lost = hi(false);
    lost["model"] = "lost@1".into();
    let mut ids = Vec::new();
    for (key, body) in [(&one, hi(false)), (&two, other), (&one, lost)] {
        let response = app.chat(key, &body).await;
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        ids.push(domain::CallId::parse(&id).unwrap());
        let _read = response.bytes().await.unwrap();
    }
    let [first, second, third] = ids.as_slice() else {
        panic!()
    };
    for (filter, expected) in [
        (json!({}), vec![third, second, first]),
        (json!({"agent": "other"}), vec![second]),
        (json!({"key": "second"}), vec![second]),
        (json!({"key": "test"}), vec![third, first]),
        (json!({"outcome": "failed"}), vec![third]),
        (json!({"outcome": "succeeded", "key": "test"}), vec![first]),
        (json!({"outcome": "running"}), vec![]),
        (json!({"since": 4_102_444_800_000_i64}), vec![]),
        (json!({"since": 0, "limit": 1}), vec![third]),
    ] {
        assert_eq!(
            listed(&app, filter.clone()).await.iter().collect::<Vec<_>>(),
            expected,
            "{filter}"
        );
    }
    let session = view(&app, first).await.row.call.session;
    let of_session = listed(&app, json!({"session": session})).await;
    assert_eq!(of_session.iter().collect::<Vec<_>>(), [first]);
    let failed = view(&app, third).await;
    assert_eq!(
        failed.row.outcome,
        Some(Outcome::Failed {
            kind: FailureKind::ModelNotFound
        }),
        "a call that never left does not run for ever"
    );
    assert!(failed.entries.is_empty() && failed.client_request.is_some());
    assert_eq!(
        app.refused("call.list", json!({"key": "nobody"})).await,
        FailureKind::NotFound
    );
    assert_eq!(
        app.refused("call.list", json!({"agent": "nobody"})).await,
        FailureKind::ModelNotFound
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_again_to_the_same_and_to_another_target() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m2", "Be long.").await;
    let key = app.key().await;
    provider.will(Reply::stream(&["Par", "is"]));
    let response = app.chat(&key, &hi(true)).await;
    let _read = response.bytes().await.unwrap();
    let first = app.ended_call().await;
    let asked = provider.last().json();
    let sessions = app.sessions().await.len();

    provider.will(Reply::text("Lutetia"));
    let replayed: Replayed = app.ask("call.replay", json!({"call": first.row.call.id})).await;
    assert_eq!(replayed.original.call.id, first.row.call.id);
    assert_eq!(replayed.original_answer.as_deref(), Some("Paris"));
    assert_eq!(replayed.answer, "Lutetia");
    let mut again = provider.last().json();
    assert_eq!(
        again["messages"], asked["messages"],
        "what the agent adds is not added twice"
    );
    assert_eq!(
        (&again["model"], &again["temperature"]),
        (&asked["model"], &asked["temperature"])
    );
    let row = view(&app, &replayed.replay.call.id).await;
    assert_eq!(row.row.call.replay_of.as_ref(), Some(&first.row.call.id));
    assert_eq!(
        (row.row.call.session.clone(), row.row.client.clone()),
        (None, None),
        "nobody's expense"
    );
    assert_eq!(row.client_request, first.client_request, "the request as it came");
    assert_eq!(
        app.sessions().await.len(),
        sessions,
        "it leaves no trace in conversations"
    );

    let args = json!({"call": row.row.call.id, "model": "other"});
    let _replayed: Replayed = app.ask("call.replay", args).await;
    again = provider.last().json();
    assert_eq!(again["model"], "m2");
    assert_eq!(again["messages"][0]["content"], "Be long.");
    let _replayed: Replayed = app
        .ask(
            "call.replay",
            json!({"call": first.row.call.id, "model": "mock/raw"}),
        )
        .await;
    again = provider.last().json();
    assert_eq!(
        (
            again["model"].as_str(),
            again["messages"].as_array().unwrap().len()
        ),
        (Some("raw"), 1)
    );

    provider.will(Reply::refusal(400, "x", "No."));
    assert!(
        app.run("call.replay", json!({"call": first.row.call.id}))
            .await
            .is_err(),
        "a replay can fail"
    );
    assert_eq!(
        app.calls().await[0].call.replay_of.as_ref(),
        Some(&first.row.call.id),
        "and that is a call too"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_brings_the_history_that_the_server_had_added() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for text in ["My name is Ada.", "What is my name?"] {
        let body = json!({"model": "reviewer", "session_id": "s-1", "messages": [{"role": "user", "content": text}]});
        let _read = app.chat(&key, &body).await.bytes().await.unwrap();
    }
    let asked = provider.last().said();
    assert_eq!(asked.len(), 4, "{asked:?}");
    let newest = app.ended_call().await.row.call.id;
    let _replayed: Replayed = app.ask("call.replay", json!({"call": newest})).await;
    assert_eq!(provider.last().said(), asked);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_the_window_is_made_again_too() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    provider.will(Reply::stream(&["Hello"]));
    let _started: Value = app
        .ask("chat.send", json!({"agent": "reviewer", "text": "Good morning"}))
        .await;
    crate::support::eventually("the call to be recorded", async || app.calls().await.pop()).await;
    let call = app.ended_call().await;
    assert_eq!(call.client_request, None, "there was no client");
    let asked = provider.last().said();
    let replayed: Replayed = app.ask("call.replay", json!({"call": call.row.call.id})).await;
    assert_eq!(provider.last().said(), asked);
    assert_eq!(replayed.original_answer.as_deref(), Some("Hello"));
    app.finish().await;
}

/// A clock that tests turn; it goes on by itself as well.
struct Turned(AtomicI64);

impl Clock for Turned {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

const DAY: i64 = 86_400_000;

#[tokio::test(flavor = "multi_thread")]
async fn old_requests_and_old_calls_are_forgotten_when_the_settings_say_so() {
    let clock = Arc::new(Turned(AtomicI64::new(1_795_305_600_000)));
    let provider = Provider::start().await;
    let handed = Arc::clone(&clock);
    let app = TestApp::with(move |config| config.clock = handed).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let capped = app
        .key_with(json!({"name": "capped", "budgets": [{"cap": 5_000_000, "per": "total"}]}))
        .await;
    let mut ids = Vec::new();
    for (key, later) in [(&key, 0), (&capped, 0), (&key, 40)] {
        clock.0.fetch_add(later * DAY, Ordering::SeqCst);
        let response = app.chat(key, &hi(true)).await;
        let _read = response.bytes().await.unwrap();
        ids.push(app.ended_call().await.row.call.id);
    }
    let kept = async || {
        let mut kept = Vec::new();
        for id in &ids {
            match app.run("call.get", json!({"call": id})).await {
                Ok(call) => kept.push(
                    !call["client_request"].is_null() as usize + call["timelines"].as_array().unwrap().len(),
                ),
                Err(failure) => {
                    assert_eq!(failure.kind(), FailureKind::NotFound);
                    kept.push(9);
                }
            }
        }
        kept
    };
    assert_eq!(
        kept().await,
        [2, 2, 2],
        "nothing is forgotten unless somebody asked for it"
    );
    let refused = app.refused("settings.set", json!({"keep_calls_days": 30})).await;
    assert_eq!(
        refused,
        FailureKind::InvalidRequest,
        "a month's budget counts 31 days"
    );
    let _set: Value = app.ask("settings.set", json!({"keep_requests_days": 30})).await;
    assert_eq!(kept().await, [0, 0, 2], "the ledger stays");
    let usage: gateway::control::UsageSummary = app.ask("usage.summary", json!({"by": "key"})).await;
    assert_eq!(usage.total.calls, 3);
    let _set: Value = app.ask("settings.set", json!({"keep_calls_days": 31})).await;
    assert_eq!(
        kept().await,
        [9, 0, 2],
        "what a budget without end counts is kept, or it would be refilled"
    );
    assert_eq!(app.sessions().await.len(), 3, "conversations are not calls");
    let _set: Value = app
        .ask(
            "settings.set",
            json!({"keep_requests_days": 0, "keep_calls_days": 0}),
        )
        .await;
    clock.0.fetch_add(4000 * DAY, Ordering::SeqCst);
    let _set: Value = app.ask("settings.set", json!({"theme": "dark"})).await;
    assert_eq!(kept().await, [9, 0, 2], "0 is for ever");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_forgets_too() {
    let provider = Provider::start().await;
    let early = Arc::new(Turned(AtomicI64::new(1_595_305_600_000)));
    let mut app = TestApp::with(|config| config.clock = early).await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let key = app.key().await;
    let _read = app.chat(&key, &hi(false)).await.bytes().await.unwrap();
    let id = app.ended_call().await.row.call.id;
    let _set: Value = app.ask("settings.set", json!({"keep_requests_days": 7})).await;
    assert!(view(&app, &id).await.client_request.is_some(), "it is of today");
    // the machine's own clock is years ahead
    app.restart().await;
    crate::support::eventually("the old request to be forgotten", async || {
        view(&app, &id).await.client_request.is_none().then_some(())
    })
    .await;
    app.finish().await;
}
