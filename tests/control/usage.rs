//! What is told about usage: sums, days, speeds and failures agree with each other and with the ledger, an unknown
//! cost is never a zero, and what is exported is exact.

use domain::{FailureKind, Money};
use gateway::control::{BudgetOwner, BudgetView, CallPage, UsageExport, UsageReport, UsageSummary};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

/// An answer that took so many tokens.
fn took(input: u64, output: u64) -> Reply {
    Reply::json(
        200,
        &json!({"id": "up", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output}}),
    )
}

async fn call(app: &TestApp, key: &str, model: &str, program: &str) -> String {
    let response = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(key)
        .header("user-agent", program)
        .json(&json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]}))
        .send()
        .await
        .unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let _read = response.bytes().await.unwrap();
    id
}

/// Six calls: three of known cost, one of unknown, one that fell back to another provider, one refused.
async fn world() -> (Provider, Provider, TestApp) {
    let (known, other) = (Provider::start().await, Provider::start().await);
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "wire": "openai-chat", "base_url": known.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_provider("q", &other).await;
    app.add_agent("reviewer", "p/gpt-4o-mini", "").await;
    app.add_agent("free", "q/nobody-knows", "").await;
    let draft = json!({"slug": "falls", "name": "F", "instructions": "",
        "target": "q/nobody-knows", "fallbacks": ["p/gpt-4o-mini"]});
    let _made: Value = app.ask("agent.create", draft).await;
    let (zed, nightly) = (
        app.key_with(json!({"name": "=Zed, the editor", "budgets": [{"cap": 1_000_000, "per": "day"}]}))
            .await,
        app.key_with(json!({"name": "nightly"})).await,
    );
    for (input, output) in [(10, 1_000), (20, 10), (1_000_000, 1)] {
        known.will(took(input, output));
        call(&app, &zed, "reviewer", "Zed/0.199.1 (linux)").await;
    }
    other.will(took(5, 5));
    call(&app, &nightly, "free", "OpenAI/Python 2.8.1").await;
    other.will(Reply::refusal(400, "x", "No."));
    call(&app, &nightly, "free", "OpenAI/Python 2.9.0").await;
    other.always(Reply::refusal(503, "overloaded", "No."));
    known.will(took(100, 100));
    call(&app, &zed, "falls", "curl/8.5.0").await;
    app.ended_call().await;
    (known, other, app)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grouping_adds_up_to_the_same_total() {
    let (_known, _other, app) = world().await;
    let report = async |by: &str| -> UsageReport { app.ask("usage.report", json!({"by": by})).await };
    let first = report("agent").await;
    assert_eq!(first.total.calls, 6, "a call that fell back is one call");
    // 601.5, 9, 150000.6 and 75 micro-dollars
    assert_eq!(first.total.cost, Money(602 + 9 + 150_001 + 75));
    assert!(first.total.unknown_cost >= 1, "what nobody knows is not nothing");
    for by in ["agent", "model", "provider", "key", "client", "day"] {
        let found = report(by).await;
        assert_eq!(found.total, first.total, "{by}");
        assert_eq!(found.failures, first.failures, "{by}");
        let sums = |cost: Money, one: Money| Money(cost.micros() + one.micros());
        let of_groups = found
            .groups
            .iter()
            .map(|group| group.row.cost)
            .fold(Money(0), sums);
        let of_cells = found.cells.iter().map(|cell| cell.cost).fold(Money(0), sums);
        assert_eq!(
            (of_groups, of_cells),
            (first.total.cost, first.total.cost),
            "{by}"
        );
        let unknown: u64 = found.groups.iter().map(|group| group.row.unknown_cost).sum();
        assert_eq!(unknown, first.total.unknown_cost, "{by}");
        for cell in &found.cells {
            assert!(cell.group < found.groups.len(), "{by}");
        }
        let summary: UsageSummary = app.ask("usage.summary", json!({"by": by})).await;
        assert_eq!(summary.total, first.total, "{by}");
        let mut rows: Vec<_> = found.groups.iter().map(|group| group.row.clone()).collect();
        if by == "day" {
            rows.reverse();
        }
        assert_eq!(summary.rows, rows, "{by}: what the command line shows");
    }
    let programs: Vec<String> = report("client")
        .await
        .groups
        .into_iter()
        .map(|group| group.row.group)
        .collect();
    assert_eq!(
        programs,
        ["Zed", "curl", "OpenAI/Python"],
        "by cost, without versions"
    );
    let calls: u64 = report("model")
        .await
        .groups
        .iter()
        .map(|group| group.row.calls)
        .sum();
    assert_eq!(calls, 7, "it reached two models");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn speeds_are_of_answers_and_failures_are_counted_by_kind() {
    let (_known, _other, app) = world().await;
    let report: UsageReport = app.ask("usage.report", json!({"by": "model"})).await;
    let total = report.speed.total_ms.unwrap();
    assert!(0.0 < total.p50 && total.p50 <= total.p95, "{total:?}");
    let counted = |kind| {
        report
            .failures
            .iter()
            .find(|one| one.kind == kind)
            .map(|one| one.count)
    };
    assert_eq!(
        counted(FailureKind::InvalidRequest),
        Some(1),
        "{:?}",
        report.failures
    );
    assert!(
        counted(FailureKind::UpstreamOverloaded).is_some(),
        "{:?}",
        report.failures
    );
    let nothing: UsageReport = app
        .ask("usage.report", json!({"by": "model", "until": 1_000}))
        .await;
    assert_eq!((nothing.groups.len(), nothing.total.calls), (0, 0));
    assert_eq!(nothing.speed.total_ms, None, "no answer has no speed");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_exact_and_runs_no_formula() {
    let (_known, _other, app) = world().await;
    let sums: UsageExport = app.ask("usage.export", json!({"by": "key"})).await;
    let lines: Vec<&str> = sums.csv.lines().collect();
    assert_eq!(
        lines[0],
        "group,calls,failed,input,cached_input,cache_write,output,reasoning,cost_usd,unknown_cost,reported_cost_usd"
    );
    assert!(lines[1].starts_with("\"'=Zed, the editor\",4,"), "{}", lines[1]);
    assert!(lines[1].contains(",0.150687,"), "{}", lines[1]);
    assert_eq!((sums.rows, sums.next), (2, None));

    let ledger: UsageExport = app.ask("usage.export", json!({})).await;
    let rows: Vec<Vec<&str>> = ledger
        .csv
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').collect())
        .collect();
    assert_eq!(u64::try_from(rows.len()).unwrap(), ledger.rows);
    let costs: Vec<&str> = rows.iter().map(|row| row[5]).collect();
    let known: Vec<&&str> = costs.iter().filter(|cost| !cost.is_empty()).collect();
    assert_eq!(known, [&"0.000602", &"0.000009", &"0.150001", &"0.000075"]);
    assert!(
        costs.contains(&""),
        "an unknown cost is an empty field: {costs:?}"
    );
    assert_eq!(
        app.refused("usage.export", json!({"cursor": "1.2.3"})).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_budget_is_told_with_what_is_left_of_it() {
    let (_known, _other, app) = world().await;
    let budgets = json!({"budgets": [{"cap": 10_000_000, "per": "month"}]});
    let _set: Value = app.ask("settings.set", budgets).await;
    let mut draft: Value = app.ask("agent.get", json!({"agent": "falls"})).await;
    draft["budgets"] = json!([{"cap": 50, "per": "total"}]);
    let _updated: Value = app
        .ask("agent.update", json!({"agent": "falls", "draft": draft}))
        .await;
    let told: Vec<BudgetView> = app.ask("budget.list", json!({})).await;
    let told: Vec<_> = told
        .into_iter()
        .map(|one| {
            let owner = match one.owner {
                BudgetOwner::Everything => "everything".to_owned(),
                BudgetOwner::Key { name, .. } => name,
                BudgetOwner::Agent { slug, .. } => slug,
            };
            (
                owner,
                one.standing.cap,
                one.standing.spent >= Money(75),
                one.standing.left,
            )
        })
        .collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!((told[0].0.as_str(), told[0].1), ("everything", Money(10_000_000)));
    assert_eq!(
        (told[1].0.as_str(), told[1].3),
        ("=Zed, the editor", Money(1_000_000 - 150_687)),
        "the ledger's own sum"
    );
    assert_eq!(
        (told[2].0.as_str(), told[2].2, told[2].3),
        ("falls", true, Money(0))
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_found_by_target_route_sender_and_a_part_of_an_id() {
    let (_known, _other, app) = world().await;
    let found = async |filter: Value| -> usize {
        let page: CallPage = app.ask("call.list", filter).await;
        assert_eq!(page.next, None);
        page.calls.len()
    };
    let all: CallPage = app.ask("call.list", json!({})).await;
    let newest = all.calls[0].call.clone();
    let id = newest.id.to_string();
    let session = newest.session.unwrap().to_string();
    let until = all.calls[2].call.started_at.millis();
    for (filter, expected) in [
        (json!({"target": "p"}), 4),
        (json!({"target": "q"}), 3),
        (json!({"target": "q/nobody-knows"}), 3),
        (json!({"target": "q/gpt-4o-mini"}), 0),
        (json!({"route": "POST /v1/chat/completions"}), 6),
        (json!({"route": "window"}), 0),
        (json!({"from": "client"}), 6),
        (json!({"from": "window"}), 0),
        (json!({"text": id}), 1),
        (json!({"text": &id[3..20]}), 1),
        (json!({"text": session}), 1),
        (json!({"text": "ca_ffff"}), 0),
        (json!({"until": until}), 3),
        (json!({"target": "q", "outcome": "succeeded"}), 2),
    ] {
        assert_eq!(found(filter.clone()).await, expected, "{filter}");
    }
    for bad in [json!({"target": "no such/"}), json!({"text": "%' OR 1"})] {
        assert!(app.run("call.list", bad.clone()).await.is_err(), "{bad}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tells_what_was_asked_and_answered() {
    let (known, _other, app) = world().await;
    let key = app.key().await;
    known.will(Reply::text("Paris"));
    let id = call(&app, &key, "reviewer", "x/1").await;
    app.ended_call().await;
    let view: gateway::control::CallView = app.ask("call.get", json!({"call": id})).await;
    assert_eq!(view.asked.unwrap().plain_text(), "Hi");
    let answers: Vec<String> = view.answers.iter().map(domain::Message::plain_text).collect();
    assert_eq!(answers, ["Paris"]);
    let silent = app.key_with(json!({"name": "silent", "store": "metadata"})).await;
    known.will(Reply::text("Rome"));
    let id = call(&app, &silent, "reviewer", "x/1").await;
    app.ended_call().await;
    let view: gateway::control::CallView = app.ask("call.get", json!({"call": id})).await;
    assert!(view.asked.is_none_or(|asked| asked.plain_text().is_empty()));
    assert!(
        !view
            .answers
            .iter()
            .any(|answer| answer.plain_text().contains("Rome"))
    );
    app.finish().await;
}
