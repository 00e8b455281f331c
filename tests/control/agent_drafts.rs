//! Agents that are not saved: as files, and tried out while they are written.

use domain::{Agent, AgentDraft, FailureKind, MessageState, Money};
use gateway::control::{AgentFile, Notice, Receipt, TokenEstimate, TryStarted, UsageSummary};
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use crate::support::app::draft;
use crate::support::{Provider, Reply, SOON, TestApp};

/// What was written, and how it ended.
async fn hear(notices: &mut Receiver<Notice>, started: &TryStarted) -> (String, MessageState, Receipt) {
    let mut text = String::new();
    loop {
        let notice = tokio::time::timeout(SOON, notices.recv())
            .await
            .expect("a notice comes");
        match notice.unwrap() {
            Notice::AnswerPiece {
                message, text: piece, ..
            } if message == started.answer => {
                text.push_str(&piece);
            }
            Notice::AnswerEnded {
                message,
                state,
                receipt,
                ..
            } if message == started.answer => {
                return (text, state, receipt);
            }
            Notice::AnswerStarted { .. }
            | Notice::AnswerPiece { .. }
            | Notice::AnswerStep { .. }
            | Notice::AnswerEnded { .. }
            | Notice::Changed { .. }
            | Notice::Endpoint { .. }
            | Notice::Lan { .. }
            | Notice::VaultMoving { .. }
            | Notice::Vault { .. }
            | Notice::Starter { .. }
            | Notice::ProviderCheck { .. }
            | Notice::ApprovalWanted { .. }
            | Notice::BudgetNear { .. }
            | Notice::Missed {} => {}
        }
    }
}

fn says(text: &str) -> Value {
    json!([{"by": "user", "text": text}])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_answers_before_it_is_saved_and_its_cost_is_counted() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": "sk-x"});
    let _added: Value = app.ask("provider.add", args).await;
    let saved = app.add_agent("reviewer", "p/gpt-4o-mini", "Old.").await;
    let mut notices = app.engine().notices();

    provider.will(Reply::stream(&["So ", "be it."]));
    let mut changed = draft("reviewer", "p/gpt-4o-mini", "New.");
    changed["params"] = json!({"temperature": 0.3});
    let said = json!([
        {"by": "user", "text": "Hi"}, {"by": "agent", "text": "Hello."}, {"by": "user", "text": "Well?"}
    ]);
    let started: TryStarted = app
        .ask(
            "agent.try",
            json!({"agent": "reviewer", "draft": changed, "messages": said}),
        )
        .await;
    let (text, state, receipt) = hear(&mut notices, &started).await;
    assert_eq!((text.as_str(), state), ("So be it.", MessageState::Complete));
    assert_eq!(receipt.call, started.call);
    let asked = provider.last().json();
    assert_eq!(
        asked["messages"][0]["content"], "New.",
        "the draft, not what is saved"
    );
    assert_eq!(asked["messages"].as_array().unwrap().len(), 4);
    assert_eq!(asked["temperature"], 0.3);

    let call = app.ended_call().await;
    let recorded = &call.row.call;
    assert_eq!(
        (
            recorded.agent.as_ref(),
            recorded.revision,
            recorded.route.as_str()
        ),
        (Some(&saved.id), None, "try")
    );
    let usage: UsageSummary = app.ask("usage.summary", json!({"by": "agent"})).await;
    assert!(
        usage.total.cost > Money::ZERO && usage.total.unknown_cost == 0,
        "{usage:?}"
    );
    assert!(app.sessions().await.is_empty(), "it is in no session");
    let kept: Agent = app.ask("agent.get", json!({"agent": "reviewer"})).await;
    assert_eq!(kept, saved, "and makes no revision");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_not_there_yet_is_tried_and_stopped() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut notices = app.engine().notices();

    provider.will(Reply::pieces(&["Once "]).stall());
    let args = json!({"draft": draft("new", "mock/m", "Tell."), "messages": says("Begin")});
    let started: TryStarted = app.ask("agent.try", args).await;
    loop {
        let notice = tokio::time::timeout(SOON, notices.recv())
            .await
            .expect("a piece comes");
        if matches!(notice.unwrap(), Notice::AnswerPiece { .. }) {
            break;
        }
    }
    let _stopped: Value = app.ask("chat.stop", json!({"session": started.session})).await;
    let (_, state, _) = hear(&mut notices, &started).await;
    assert_eq!(state, MessageState::Stopped);
    assert_eq!(
        app.ended_call().await.row.call.agent,
        None,
        "no agent has this cost"
    );

    provider.will(Reply::refusal(401, "invalid_api_key", "No."));
    let args = json!({"draft": draft("new", "mock/m", ""), "messages": says("Again")});
    let started: TryStarted = app.ask("agent.try", args).await;
    let (_, state, receipt) = hear(&mut notices, &started).await;
    assert_eq!(
        (state, receipt.failure.map(|failure| failure.kind)),
        (MessageState::Failed, Some(FailureKind::ProviderKeyRejected))
    );

    for wrong in [
        json!({"draft": draft("new", "nobody/m", ""), "messages": says("Hi")}),
        json!({"draft": draft("new", "mock/m", ""), "messages": says("  ")}),
        json!({"draft": draft("new", "mock/m", ""), "messages": []}),
        json!({"draft": draft("new", "mock/m", ""), "messages": [{"by": "agent", "text": "Hi"}]}),
    ] {
        let kind = app.refused("agent.try", wrong.clone()).await;
        assert_eq!(kind, FailureKind::InvalidRequest, "{wrong}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_agents_budget_holds_for_its_drafts() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    let args = json!({"id": "p", "kind": "openai", "base_url": provider.base_url(), "key": "sk-x"});
    let _added: Value = app.ask("provider.add", args).await;
    let mut thrifty = draft("thrifty", "p/gpt-4o-mini", "");
    thrifty["budgets"] = json!([{"cap": 0, "per": "day"}, {"cap": 5_000_000, "per": "month"}]);
    let _made: Value = app.ask("agent.create", thrifty.clone()).await;
    thrifty["budgets"] = json!([]);
    let mut notices = app.engine().notices();
    let args = json!({"agent": "thrifty", "draft": thrifty, "messages": says("Hi")});
    let started: TryStarted = app.ask("agent.try", args).await;
    let (_, state, receipt) = hear(&mut notices, &started).await;
    assert_eq!(
        (state, receipt.failure.map(|failure| failure.kind)),
        (MessageState::Failed, Some(FailureKind::BudgetExceeded))
    );
    assert!(provider.asked().is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_says_what_the_agent_is() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut whole = draft("reviewer", "mock/a", "First line.\nSecond \"line\".");
    whole["icon"] = json!({"glyph": "bug", "colour": "moss"});
    whole["fallbacks"] = json!(["mock/b", "mock/c"]);
    whole["params"] = json!({"temperature": 0.5, "stop": ["END"]});
    whole["locked"] = json!(["temperature"]);
    whole["budgets"] = json!([{"cap": 1_000_000, "per": "day"}, {"cap": 9_000_000, "per": "month"}]);
    whole["limits"] = json!({"rpm": 10});
    let agent: Agent = app.ask("agent.create", whole).await;
    let file: AgentFile = app.ask("agent.export", json!({"agent": "reviewer"})).await;
    assert_eq!(file.name, "reviewer.toml");
    let read: AgentDraft = app.ask("agent.read", json!({"text": file.text})).await;
    assert_eq!(read, agent.draft);
    let as_json = serde_json::to_string(&agent.draft).unwrap();
    let read: AgentDraft = app.ask("agent.read", json!({"text": as_json})).await;
    assert_eq!(read, agent.draft);

    let old = "slug = \"old\"\nname = \"Old\"\ntarget = \"mock/a\"\n[budget]\ncap = 7\nper = \"week\"\n";
    let read: AgentDraft = app.ask("agent.read", json!({"text": old})).await;
    assert_eq!(read.budgets.len(), 1, "a file from before there could be several");
    assert!(read.icon.is_plain());
    let all: Vec<Agent> = app.ask("agent.list", json!({})).await;
    assert_eq!(all.len(), 1, "reading makes nothing");
    for wrong in [
        "",
        "name = 7",
        "{",
        "slug = \"a b\"\nname = \"x\"\ntarget = \"mock/a\"",
    ] {
        let kind = app.refused("agent.read", json!({"text": wrong})).await;
        assert_eq!(kind, FailureKind::InvalidRequest, "{wrong}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_measured_by_our_own_estimate() {
    let app = TestApp::start().await;
    for (text, tokens) in [("", 0), ("four", 1), ("Be brief, and kind.", 5), ("日本語", 3)] {
        let told: TokenEstimate = app.ask("agent.estimate", json!({"text": text})).await;
        assert_eq!(told.tokens, tokens, "{text}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_one_budget_a_span() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let mut twice = draft("twice", "mock/a", "");
    twice["budgets"] = json!([{"cap": 1, "per": "day"}, {"cap": 2, "per": "day"}]);
    assert_eq!(
        app.refused("agent.create", twice).await,
        FailureKind::InvalidRequest
    );
    let mut below = draft("below", "mock/a", "");
    below["budgets"] = json!([{"cap": -1, "per": "day"}]);
    assert_eq!(
        app.refused("agent.create", below).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}
