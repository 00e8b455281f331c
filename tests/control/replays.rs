//! Calls that are no conversations, made again.

use gateway::control::{CallView, Replayed};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

async fn view(app: &TestApp, call: &domain::CallId) -> CallView {
    app.ask("call.get", json!({"call": call})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_continued_text_and_vectors_are_made_again_too() {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    // it has a route for texts that are to be continued
    let args = json!({"id": "mock", "kind": "vllm", "base_url": provider.base_url(), "key": CANARY});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "mock/m", "Be brief.").await;
    app.add_agent("bare", "mock/m", "").await;
    let key = app.key().await;
    let continued = |text: &str| {
        Reply::json(
            200,
            &json!({"id": "x", "object": "text_completion", "created": 1, "model": "m",
                "choices": [{"index": 0, "text": text, "finish_reason": "stop", "logprobs": null}]}),
        )
    };
    provider.will(continued(" upon a time"));
    let body = json!({"model": "bare", "prompt": "Once", "suffix": "end", "max_tokens": 7});
    assert_eq!(app.post("/v1/completions", &key, &body).await.status(), 200);
    let first = app.ended_call().await;
    let asked = provider.last();
    provider.will(continued(" more"));
    let replayed: Replayed = app.ask("call.replay", json!({"call": first.row.call.id})).await;
    assert_eq!(replayed.answer, " more");
    assert_eq!(
        (provider.last().target, provider.last().json()),
        (asked.target.clone(), asked.json())
    );
    assert_eq!(asked.target, "/v1/completions");
    // by an agent with instructions it is a conversation
    provider.will(Reply::text("said"));
    let args = json!({"call": first.row.call.id, "model": "reviewer"});
    let replayed: Replayed = app.ask("call.replay", args).await;
    assert_eq!(replayed.answer, "said");
    let said = provider.last().said();
    assert_eq!(said.first(), Some(&("system".to_owned(), "Be brief.".to_owned())));
    assert!(
        said.iter()
            .any(|(role, text)| role == "user" && text.contains("Once")),
        "{said:?}"
    );

    for (path, body) in [
        (
            "/v1/embeddings",
            json!({"model": "bare", "input": ["one", "two"], "dimensions": 2}),
        ),
        ("/api/embed", json!({"model": "bare", "input": ["one", "two"]})),
        ("/api/embeddings", json!({"model": "bare", "prompt": "one"})),
        (
            "/v1beta/models/bare:embedContent",
            json!({"content": {"parts": [{"text": "one"}]}}),
        ),
        (
            "/v1beta/models/bare:batchEmbedContents",
            json!({"requests": [{"content": {"parts": [{"text": "one"}]}}]}),
        ),
    ] {
        provider.answers_by(|asked| {
            let count = asked.json()["input"].as_array().map_or(1, Vec::len);
            let data: Vec<Value> = (0..count)
                .map(|index| json!({"object": "embedding", "index": index, "embedding": [0.5, index]}))
                .collect();
            let usage = json!({"prompt_tokens": 8, "total_tokens": 8});
            Reply::json(
                200,
                &json!({"object": "list", "data": data, "model": "up", "usage": usage}),
            )
        });
        assert_eq!(app.post(path, &key, &body).await.status(), 200, "{path}");
        let first = app.ended_call().await;
        let asked = provider.last().json();
        let replayed: Replayed = app.ask("call.replay", json!({"call": first.row.call.id})).await;
        assert_eq!(provider.last().json(), asked, "{path}");
        assert!(
            replayed.answer.starts_with("[0.5, 0] of 2 numbers"),
            "{path}: {}",
            replayed.answer
        );
        let again = view(&app, &replayed.replay.call.id).await;
        assert_eq!(
            again.row.call.replay_of.as_ref(),
            Some(&first.row.call.id),
            "{path}"
        );
        assert_eq!(again.client_request, first.client_request, "{path}");
    }
    app.finish().await;
}
