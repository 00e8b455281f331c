//! The app as a whole: its status, its doctor, its models.

use gateway::control::{AppStatus, Check, CheckState, Command, EndpointStatus, ModelChoice, UsageSummary};
use serde_json::json;

use crate::support::{Provider, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_how_it_stands() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let fresh: AppStatus = app.ask("app.status", json!({})).await;
    assert!(fresh.first_run);
    assert_eq!((fresh.agents, fresh.providers, fresh.read_only), (0, 0, false));
    let EndpointStatus::Listening {
        base_url,
        port,
        instead_of,
        paused,
    } = fresh.endpoint
    else {
        panic!("not serving")
    };
    assert_eq!((port, instead_of, paused), (app.port(), None, false));
    assert_eq!(base_url, format!("http://127.0.0.1:{port}/v1"));

    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "").await;
    let used: AppStatus = app.ask("app.status", json!({})).await;
    assert_eq!((used.first_run, used.agents, used.providers), (false, 1, 1));
    let choices: Vec<ModelChoice> = app.ask("model.list", json!({})).await;
    assert!(
        choices
            .iter()
            .any(|choice| choice.id == "reviewer" && choice.agent)
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_provider_without_a_key() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "bare", "kind": "custom", "base_url": provider.base_url()});
    let _added: serde_json::Value = app.ask("provider.add", args).await;
    let checks: Vec<Check> = app.ask("app.doctor", json!({})).await;
    let bare = checks.iter().find(|check| check.name == "provider bare").unwrap();
    assert_eq!(bare.state, CheckState::Warning);
    assert!(bare.hint.is_some());
    assert!(
        checks.iter().all(|check| check.state != CheckState::Failed),
        "{checks:#?}"
    );
    app.finish().await;
}

#[test]
fn command_names_are_unique_and_one_noun_one_verb() {
    let names: std::collections::BTreeSet<&str> = Command::NAMES.iter().copied().collect();
    assert_eq!(names.len(), Command::NAMES.len());
    for name in names {
        let (noun, verb) = name.split_once('.').unwrap();
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        assert!(word(noun) && word(verb), "{name}");
    }
}

#[test]
fn a_command_that_is_none_is_refused() {
    for text in [
        r#"{"command":"agent.explode","args":{}}"#,
        r#"{"command":"agent.list"}"#,
        r#"{"args":{}}"#,
        r#"{"command":"settings.set","args":{"unknown":1}}"#,
        r#"{"command":"agent.get","args":{"agent":7}}"#,
    ] {
        assert!(serde_json::from_str::<Command>(text).is_err(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_summed_by_each_question() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("writer", "mock/w", "").await;
    let key = app.key().await;
    let other = app.key_with(json!({"name": "other"})).await;
    provider.will(crate::support::Reply::refusal(401, "x", "No."));
    for (key, agent) in [(&key, "reviewer"), (&key, "reviewer"), (&other, "writer")] {
        let _read = app.chat(key, &crate::v1::hi(agent)).await.bytes().await.unwrap();
    }
    let summary = async |by: &str| -> Vec<(String, u64, u64, u64)> {
        let summary: UsageSummary = app.ask("usage.summary", json!({"by": by})).await;
        assert_eq!((summary.total.calls, summary.total.failed), (3, 1), "{by}");
        assert_eq!(summary.total.usage.total(), 30_000, "{by}");
        let row =
            |row: &gateway::control::UsageRow| (row.group.clone(), row.calls, row.failed, row.usage.total());
        let mut rows: Vec<_> = summary.rows.iter().map(row).collect();
        rows.sort();
        rows
    };
    let of = |group: &str, calls, failed, tokens| (group.to_owned(), calls, failed, tokens);
    assert_eq!(
        summary("agent").await,
        [of("reviewer", 2, 1, 15_000), of("writer", 1, 0, 15_000)]
    );
    assert_eq!(
        summary("key").await,
        [of("other", 1, 0, 15_000), of("test", 2, 1, 15_000)]
    );
    assert_eq!(
        summary("model").await,
        [of("mock/m", 2, 1, 15_000), of("mock/w", 1, 0, 15_000)]
    );
    assert_eq!(summary("day").await.len(), 1);
    let future: UsageSummary = app
        .ask(
            "usage.summary",
            json!({"by": "day", "since": 4_000_000_000_000_i64}),
        )
        .await;
    assert_eq!(future.total.calls, 0);
    app.finish().await;
}
