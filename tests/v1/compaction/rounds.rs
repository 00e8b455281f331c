//! A run whose tools fill the window while it runs: what they gave some rounds ago is shortened, and stays so.

use domain::{Outcome, UseState};
use serde_json::{Value, json};

use super::super::own_tools::{asks, call};
use crate::support::app::draft;
use crate::support::provider::Asked;
use crate::support::{Provider, Reply, TestApp};

/// Some nine hundred tokens.
const LINES: usize = 80;

fn given(asked: &Asked) -> Vec<String> {
    let said = asked.said().into_iter();
    said.filter(|(role, _)| role == "tool")
        .map(|(_, text)| text)
        .collect()
}

fn is_short(text: &str) -> bool {
    text.contains("characters were left out here to make room")
}

struct World {
    provider: Provider,
    app: TestApp,
    key: String,
    _folder: tempfile::TempDir,
}

/// An agent that is asked to read six files, one after the other.
async fn world(window: Option<u64>, compaction: Value) -> World {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    let list = json!({"data": [{"id": "m", "context_length": window}]});
    provider.will(Reply::json(200, &list));
    let _list: Value = app.ask("provider.models", json!({"id": "mock"})).await;
    let folder = tempfile::tempdir().unwrap();
    for n in 0..6 {
        let text = format!("This is line one of file {n}, as long as others.\n").repeat(LINES);
        std::fs::write(folder.path().join(format!("{n}.txt")), text).unwrap();
    }
    let mut agent = draft("clerk", "mock/m", "Read.");
    agent["tools"] = json!([{"tool": "read_file"}]);
    agent["folders"] = json!([{"path": folder.path(), "write": false}]);
    agent["compaction"] = compaction;
    let _agent: Value = app.ask("agent.create", agent).await;
    let key = app.key().await;
    World {
        provider,
        app,
        key,
        _folder: folder,
    }
}

fn reads(n: usize) -> Reply {
    let path = json!({"path": format!("{n}.txt")}).to_string();
    asks("", &[call(&format!("call_{n}"), "read_file", &path)])
}

impl World {
    async fn ask(&self) -> (u16, String, Value) {
        let body = json!({"model": "clerk", "messages": [{"role": "user", "content": "Read them all."}]});
        super::sent(&self.app, &self.key, &body).await
    }

    /// What the model was asked, without the list of models.
    fn asked(&self) -> Vec<Asked> {
        self.provider.asked().split_off(1)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_were_read_are_shortened_when_the_window_fills_and_stay_so() {
    let world = world(Some(3_000), json!({})).await;
    (0..6).for_each(|n| world.provider.will(reads(n)));
    world.provider.will(Reply::text("All read."));
    let (status, applied, body) = world.ask().await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["choices"][0]["message"]["content"], "All read.");
    // headers have left before the tools are run; the record tells
    assert!(!applied.contains("compaction"), "{applied}");
    let asked = world.asked();
    assert_eq!(asked.len(), 7);
    let short: Vec<usize> = asked
        .iter()
        .map(|asked| given(asked).iter().filter(|text| is_short(text)).count())
        .collect();
    assert!(short[6] >= 2, "{short:?}");
    assert!(
        short.windows(2).all(|two| two[0] <= two[1]),
        "what is shortened stays so: {short:?}"
    );
    for (round, asked) in asked.iter().enumerate() {
        let given = given(asked);
        assert_eq!(given.len(), round);
        assert!(
            given.last().is_none_or(|last| !is_short(last)),
            "the last is told whole"
        );
    }
    // while nothing more is shortened, what was told before is told again, byte by byte
    for (round, two) in asked.windows(2).enumerate() {
        if short[round] == short[round + 1] {
            let before = two[0].said();
            assert_eq!(two[1].said()[..before.len()], before[..]);
        }
    }
    let call = world.app.newest_call().await;
    assert!(call.row.outcome == Some(Outcome::Succeeded));
    assert!(
        call.row
            .call
            .applied
            .iter()
            .any(|one| one.what == "compaction" && one.how.contains("of this run shortened")),
        "{:?}",
        call.row.call.applied
    );
    assert!(call.tool_uses.iter().all(|one| one.state == UseState::Done));
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_its_provider_finds_too_long_goes_on_shorter() {
    let world = world(None, json!({})).await;
    world.provider.answers_by(|asked| {
        let given = given(asked);
        let letters: usize = given.iter().map(String::len).sum();
        match (letters > 9_000, given.len()) {
            (true, _) => Reply::json(
                400,
                &json!({"error": {"message": "Too long.", "type": "invalid_request_error",
                    "code": "context_length_exceeded"}}),
            ),
            (false, read @ 0..6) => reads(read),
            (false, _) => Reply::text("All read."),
        }
    });
    let (status, _, body) = world.ask().await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["choices"][0]["message"]["content"], "All read.");
    let call = world.app.newest_call().await;
    let failed = call
        .entries
        .iter()
        .filter(|entry| entry.outcome != Outcome::Succeeded);
    assert_eq!(failed.count(), 1, "the provider refuses once");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_agent_wants_none_of_it_the_refusal_ends_the_run() {
    let world = world(Some(3_000), json!({"mode": "off"})).await;
    (0..3).for_each(|n| world.provider.will(reads(n)));
    world
        .provider
        .will(Reply::refusal(400, "context_length_exceeded", "Too long."));
    let (status, _, body) = world.ask().await;
    assert_ne!(status, 200, "{body}");
    assert!(
        world
            .asked()
            .iter()
            .all(|asked| !given(asked).iter().any(|text| is_short(text)))
    );
    assert_eq!(world.asked().len(), 4);
    world.app.finish().await;
}
