//! Going on from a response: by its id, by items of it, by a conversation's name (W-132).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Door, PATH, id, pairs, text};
use crate::support::app::TestClock;
use crate::support::{Provider, Reply, TestApp, eventually};

const NOT_FOUND: &str = "previous_response_not_found";

#[tokio::test(flavor = "multi_thread")]
async fn w_132_a_response_is_continued_in_its_session_and_without_its_instructions() {
    let door = Door::open().await;
    for text in ["one", "two", "three", "other"] {
        door.provider.will(Reply::text(text));
    }
    let first = json!({"instructions": "Speak like a pirate.", "input": [
        {"role": "developer", "content": "The user is Ada."}, {"role": "user", "content": "A"}]});
    let first = door.ask(first).await;
    let second = door
        .ask(json!({"input": "B", "instructions": "Speak plainly.", "previous_response_id": id(&first)}))
        .await;
    assert_eq!(second["previous_response_id"], first["id"]);
    let expected = [
        ("system", "Be brief."),
        ("system", "Speak plainly."),
        ("developer", "The user is Ada."),
        ("user", "A"),
        ("assistant", "one"),
        ("user", "B"),
    ];
    assert_eq!(
        door.said(),
        pairs(&expected),
        "the first one's instructions are gone, its input is not"
    );
    let third = door
        .ask(json!({"input": "C", "previous_response_id": id(&second)}))
        .await;
    assert_eq!(text(&third), "three");
    assert_eq!(door.said().len(), 7, "{:?}", door.said());

    // another answer to the first: a branch, which knows nothing of the second
    let other = door
        .ask(json!({"input": "D", "previous_response_id": id(&first)}))
        .await;
    assert_eq!(text(&other), "other");
    let said: Vec<String> = door.said().into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["Be brief.", "The user is Ada.", "A", "one", "D"]);
    let sessions = door.app.sessions().await;
    assert_eq!(sessions.len(), 1, "one history");
    assert_eq!(door.app.calls().await.len(), 4);
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_132_a_tool_loop_goes_on_with_the_result_alone() {
    let door = Door::open().await;
    let call =
        json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}});
    let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    door.provider.will(Reply::json(
        200,
        &json!({"choices": [
        {"index": 0, "message": message, "finish_reason": "tool_calls"}]}),
    ));
    let tools = json!([{"type": "function", "name": "look"}]);
    let first = door.ask(json!({"input": "Hi", "tools": tools})).await;
    let result = json!([{"type": "function_call_output", "call_id": "c1", "output": "rain"}]);
    let second = door
        .ask(json!({"input": result, "tools": tools, "previous_response_id": id(&first)}))
        .await;
    assert_eq!(second["status"], "completed");
    let sent = door.provider.last().json();
    let [_, _, called, told] = sent["messages"].as_array().unwrap().as_slice() else {
        panic!("{sent}");
    };
    assert_eq!(called["tool_calls"][0]["function"]["arguments"], "{\"a\":1}");
    assert_eq!(
        (&told["role"], &told["tool_call_id"]),
        (&json!("tool"), &json!("c1"))
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_132_what_cannot_be_continued_is_refused_so_that_clients_retry_without_it() {
    let door = Door::open().await;
    let first = id(&door.ask(json!({"input": "my secret plan"})).await);
    let unstored = id(&door.ask(json!({"input": "Hi", "store": false})).await);
    let deleted = id(&door.ask(json!({"input": "Hi"})).await);
    let url = door.app.url(&format!("{PATH}/{deleted}"));
    let sending = door.app.http().delete(url).bearer_auth(&door.key).send();
    assert_eq!(sending.await.unwrap().status(), 200);
    door.provider.will(Reply::pieces(&["Once"]).cut());
    let failed = id(&door.ask(json!({"input": "Hi", "stream": true})).await);
    let other = door.app.key_with(json!({"name": "other"})).await;
    let asked = door.provider.asked().len();
    let unknown = "resp_00000000000000000000000000000000";
    for (key, id) in [
        (&door.key, unknown),
        (&door.key, "not an id"),
        (&door.key, &unstored),
        (&door.key, &deleted),
        (&door.key, &failed),
        (&other, &first),
    ] {
        let (status, error) = door
            .refused(key, json!({"input": "x", "previous_response_id": id}))
            .await;
        assert_eq!(status, 400, "{id}");
        assert_eq!(error["param"], "previous_response_id", "{id}");
        assert_eq!(error["code"], NOT_FOUND, "{id}");
        assert_eq!(error["type"], "invalid_request_error");
    }
    let both = json!({"input": "x", "previous_response_id": first, "conversation": "c"});
    assert_eq!(door.refused(&door.key, both).await.0, 400);
    assert_eq!(door.provider.asked().len(), asked, "and no provider was asked");
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_132_responses_are_forgotten_after_the_days_of_the_setting() {
    let clock = TestClock::at(1_800_000_000_000);
    let handed = Arc::clone(&clock);
    let app = TestApp::with(|config| config.clock = handed).await;
    let provider = Provider::start().await;
    app.add_provider("mock", &provider).await;
    app.add_agent("reviewer", "mock/m", "Be brief.").await;
    let key = app.key().await;
    let door = Door { provider, app, key };
    let _set: Value = door.app.ask("settings.set", json!({"responses_days": 2})).await;
    assert_eq!(
        door.app
            .refused("settings.set", json!({"responses_days": 0}))
            .await,
        domain::FailureKind::InvalidRequest
    );
    let first = id(&door.ask(json!({"input": "Hi"})).await);
    clock.advance(Duration::from_secs(47 * 3600));
    assert_eq!(door.get(&first).await.0, 200);
    clock.advance(Duration::from_secs(2 * 3600));
    assert_eq!(door.get(&first).await.0, 404);
    let (status, error) = door
        .refused(&door.key, json!({"input": "x", "previous_response_id": first}))
        .await;
    assert_eq!((status, &error["code"]), (400, &json!(NOT_FOUND)));
    // and they go from the disk with those that come after them
    for _ in 0..64 {
        let _more = door.ask(json!({"input": "Hi"})).await;
    }
    eventually("the row to go", async || {
        (!door.app.disk_rows("responses", &format!("id = '{first}'"))).then_some(())
    })
    .await;
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_132_a_session_that_was_deleted_in_the_window_takes_its_responses_along() {
    let door = Door::open().await;
    let first = id(&door.ask(json!({"input": "Hi"})).await);
    let session = door.app.sessions().await.remove(0);
    let _done: Value = door
        .app
        .ask("session.delete", json!({"session": session.session.id}))
        .await;
    assert_eq!(door.get(&first).await.0, 404);
    let (status, _) = door
        .refused(&door.key, json!({"input": "x", "previous_response_id": first}))
        .await;
    assert_eq!(status, 400);
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_132_only_a_key_that_keeps_content_keeps_responses() {
    let door = Door::open().await;
    for (policy, kept) in [("metadata", false), ("none", false), ("all", true)] {
        let key = door.app.key_with(json!({"name": policy, "store": policy})).await;
        let body = json!({"model": "reviewer", "input": format!("words under {policy}")});
        let response: Value = door.app.post(PATH, &key, &body).await.json().await.unwrap();
        assert_eq!(response["store"], kept, "{policy}: the answer says so");
        let path = format!("{PATH}/{}", id(&response));
        assert_eq!(door.app.get(&path, &key).await.status() == 200, kept, "{policy}");
        assert_eq!(
            door.app.disk_holds(&format!("words under {policy}")),
            kept,
            "{policy}"
        );
        let body = json!({"input": "x", "background": true});
        if !kept {
            let (status, error) = door.refused(&key, body).await;
            assert_eq!((status, &error["param"]), (400, &json!("background")), "{policy}");
        }
    }
    let unstored = door.ask(json!({"input": "Hi", "store": false})).await;
    assert_eq!(unstored["store"], false);
    assert_eq!(door.get(&id(&unstored)).await.0, 404);
    let (status, _) = door
        .refused(
            &door.key,
            json!({"input": "x", "background": true, "store": false}),
        )
        .await;
    assert_eq!(status, 400);
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_121_items_are_referred_to_by_their_ids() {
    let door = Door::open().await;
    door.provider.will(Reply::text("Paris."));
    let asked =
        json!([{"type": "message", "role": "user", "id": "msg_mine", "content": "Capital of France?"}]);
    let first = door.ask(json!({"input": asked})).await;
    let answered = first["output"][0]["id"].as_str().unwrap();
    let input = json!([
        {"type": "item_reference", "id": "msg_mine"}, {"type": "item_reference", "id": answered},
        {"role": "user", "content": "And of Spain?"},
    ]);
    let second = door.ask(json!({"input": input})).await;
    let expected = [
        ("user", "Capital of France?"),
        ("assistant", "Paris."),
        ("user", "And of Spain?"),
    ];
    assert_eq!(door.said()[1..], pairs(&expected));
    assert_eq!(
        door.app.sessions().await.len(),
        1,
        "recognised as the same conversation"
    );
    let (_, items) = door.get(&format!("{}/input_items?order=asc", id(&second))).await;
    assert_eq!(
        items["data"][1]["content"][0]["text"], "Paris.",
        "what was meant is kept"
    );

    let other = door.app.key_with(json!({"name": "other"})).await;
    let asked = door.provider.asked().len();
    for (key, item) in [(&door.key, "msg_unknown"), (&other, "msg_mine")] {
        let (status, error) = door
            .refused(key, json!({"input": [{"type": "item_reference", "id": item}]}))
            .await;
        assert_eq!((status, &error["param"]), (404, &json!("input")), "{item}");
    }
    assert_eq!(door.provider.asked().len(), asked);
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_a_session_of_that_name() {
    let door = Door::open().await;
    let first = door.ask(json!({"input": "A", "conversation": "conv_7"})).await;
    assert_eq!(first["conversation"], json!({"id": "conv_7"}));
    let _second = door
        .ask(json!({"input": "B", "conversation": {"id": "conv_7"}}))
        .await;
    let expected = [("user", "A"), ("assistant", "ok"), ("user", "B")];
    assert_eq!(door.said()[1..], pairs(&expected));
    let sessions = door.app.sessions().await;
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].session.external_id.as_deref(), Some("conv_7"));
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_outlive_a_restart() {
    let mut door = Door::open().await;
    let first = door.ask(json!({"input": "A"})).await;
    door.app.restart().await;
    let back = json!({"id": "mock", "key": crate::support::app::CANARY});
    let _forgotten_with_the_process: Value = door.app.ask("provider.set_key", back).await;
    assert_eq!(door.get(&id(&first)).await, (200, first.clone()));
    let _second = door
        .ask(json!({"input": "B", "previous_response_id": id(&first)}))
        .await;
    assert_eq!(
        door.said()[1..],
        pairs(&[("user", "A"), ("assistant", "ok"), ("user", "B")])
    );
    door.app.finish().await;
}
