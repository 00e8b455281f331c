//! A run can be gone through step by step, and once more with what its tools gave then: nothing is done a second time.

use domain::{FailureKind, Outcome};
use gateway::control::{CallSteps, CallView, Replayed, RunStep};
use serde_json::{Value, json};

use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

struct World {
    provider: Provider,
    app: TestApp,
    key: String,
    folder: tempfile::TempDir,
}

fn asks(arguments: &Value) -> Reply {
    let call = json!({"id": "c1", "type": "function",
        "function": {"name": "write_file", "arguments": arguments.to_string()}});
    Reply::json(
        200,
        &json!({"id": "u", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls",
                "message": {"role": "assistant", "content": "I write it.", "tool_calls": [call]}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}}),
    )
}

impl World {
    /// An agent that may write, and has written.
    async fn written(store: &str) -> (Self, CallView) {
        let folder = tempfile::tempdir().unwrap();
        let provider = Provider::start().await;
        let app = TestApp::start().await;
        app.add_provider("mock", &provider).await;
        let mut writer = draft("writer", "mock/m", "You write.");
        writer["tools"] = json!([{"tool": "write_file", "rule": "always"}]);
        writer["folders"] = json!([{"path": folder.path().canonicalize().unwrap(), "write": true}]);
        let _agent: Value = app.ask("agent.create", writer).await;
        let key = app.key_with(json!({"name": "test", "store": store})).await;
        let world = Self {
            provider,
            app,
            key,
            folder,
        };
        world
            .provider
            .will(asks(&json!({"path": "made.txt", "content": "x"})));
        world.provider.will(Reply::text("It is written."));
        let body = json!({"model": "writer", "messages": [{"role": "user", "content": "Write it."}]});
        assert_eq!(world.app.chat(&world.key, &body).await.status(), 200);
        assert!(world.exists());
        std::fs::remove_file(world.folder.path().join("made.txt")).unwrap();
        let call = world.app.ended_call().await;
        (world, call)
    }

    fn exists(&self) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().next().is_some()
    }

    async fn again(&self, call: &CallView, model: Option<&str>) -> Replayed {
        let args = json!({"call": call.row.call.id, "model": model, "recorded_tools": true});
        self.app.ask("call.replay", args).await
    }

    async fn call(&self, id: &domain::CallId) -> CallView {
        self.app.ask("call.get", json!({"call": id})).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_told_step_by_step() {
    let (world, call) = World::written("all").await;
    let told: CallSteps = world
        .app
        .ask("call.steps", json!({"call": call.row.call.id}))
        .await;
    let [RunStep::Model(first), RunStep::Tool(used), RunStep::Model(second)] = told.steps.as_slice() else {
        panic!("{:?}", told.steps);
    };
    assert_eq!((first.number, first.text.as_str()), (1, "I write it."));
    assert_eq!((second.number, second.text.as_str()), (2, "It is written."));
    assert_eq!(used.tool, "write_file");
    assert_eq!(used.permit, domain::Permit::Rule);
    assert_eq!(used.state, domain::UseState::Done);
    assert!(used.arguments.contains("made.txt"), "{}", used.arguments);
    assert!(used.result.as_ref().is_some_and(|text| text.contains("made.txt")));
    assert_eq!(used.waited_ms, None);
    assert!(used.took_ms.is_some());
    assert_eq!(
        world.app.refused("call.steps", json!({"call": "ca_1"})).await,
        FailureKind::NotFound
    );
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_the_recorded_results_does_nothing_again() {
    let (world, call) = World::written("all").await;
    // in another order, with other blanks: it means the same
    let same = json!({"content": "x", "path": "made.txt"});
    for model in [None, Some("mock/other")] {
        let before = world.provider.asked().len();
        world.provider.will(asks(&same));
        world.provider.will(Reply::text("It is written."));
        let replayed = world.again(&call, model).await;
        assert!(!world.exists(), "nothing was written");
        assert_eq!(replayed.answer, "I write it.\n\nIt is written.");
        assert_eq!(
            replayed.original_answer.as_deref(),
            Some(replayed.answer.as_str())
        );
        assert_eq!(replayed.stopped, None);
        assert_eq!(replayed.recorded.len(), 1);
        assert!(replayed.recorded[0].known);
        let asked = &world.provider.asked()[before..];
        assert_eq!(asked.len(), 2);
        let first = asked[0].json();
        assert_eq!(first["model"], model.map_or("m", |_| "other"));
        assert_eq!(
            first["messages"][0]["content"], "You write.",
            "it is the agent on any model"
        );
        assert_eq!(first["tools"][0]["function"]["name"], "write_file");
        let result = asked[1].json()["messages"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert_eq!(result["role"], "tool");
        assert!(
            result["content"].as_str().unwrap().contains("made.txt"),
            "{result}"
        );
        let again = world.call(&replayed.replay.call.id).await;
        assert_eq!(again.row.call.replay_of, Some(call.row.call.id.clone()));
        assert_eq!(again.entries.len(), 2);
        assert!(again.tool_uses.is_empty(), "no tool was used");
        assert_eq!(again.row.call.session, None);
    }
    let waiting: Vec<Value> = world.app.ask("approval.list", json!({})).await;
    assert!(waiting.is_empty());
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_record_has_no_answer_to_ends_the_run_and_is_not_run() {
    let (world, call) = World::written("all").await;
    world
        .provider
        .will(asks(&json!({"path": "made.txt", "content": "x"})));
    world
        .provider
        .will(asks(&json!({"path": "other.txt", "content": "x"})));
    let replayed = world.again(&call, Some("mock/other")).await;
    assert!(!world.exists(), "nothing was written");
    assert_eq!(replayed.answer, "");
    let stopped = replayed.stopped.unwrap();
    assert_eq!(stopped.kind, FailureKind::RunStopped);
    assert!(
        stopped.message.contains("the record has no answer to"),
        "{stopped:?}"
    );
    assert_eq!(stopped.param.as_deref(), Some("write_file"));
    let known: Vec<bool> = replayed.recorded.iter().map(|used| used.known).collect();
    assert_eq!(known, [true, false]);
    assert!(replayed.recorded[1].arguments.contains("other.txt"));
    let kind = FailureKind::RunStopped;
    assert_eq!(replayed.replay.outcome, Some(Outcome::Failed { kind }));
    let again = world.call(&replayed.replay.call.id).await;
    assert!(again.tool_uses.is_empty());
    // a result is given once: the same asked for twice was used once
    for _ in 0..2 {
        world
            .provider
            .will(asks(&json!({"path": "made.txt", "content": "x"})));
    }
    let replayed = world.again(&call, None).await;
    assert!(replayed.stopped.is_some());
    assert!(!world.exists());
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_kept_is_not_gone_through_again() {
    let (world, call) = World::written("metadata").await;
    let args = json!({"call": call.row.call.id, "recorded_tools": true});
    let before = world.provider.asked().len();
    assert_eq!(
        world.app.refused("call.replay", args).await,
        FailureKind::InvalidRequest
    );
    assert_eq!(world.provider.asked().len(), before);
    let told: CallSteps = world
        .app
        .ask("call.steps", json!({"call": call.row.call.id}))
        .await;
    let tool = told.steps.iter().find_map(|step| match step {
        RunStep::Tool(tool) => Some(tool),
        RunStep::Model(_) => None,
    });
    let tool = tool.unwrap();
    assert_eq!((tool.arguments.as_str(), &tool.result), ("", &None));
    world.app.finish().await;
}
