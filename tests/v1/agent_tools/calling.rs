//! A call of a tool is a call like any other.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Client, recorded};
use super::world;
use crate::support::Reply;

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_text_and_an_object_and_is_recorded() {
    let (provider, app, key) = world().await;
    provider.will(Reply::text("It is good."));
    let mut client = Client::greet(&app, &key).await;
    let given = client.says("reviewer", "Is it good?").await;
    assert!(given["isError"].is_null() || given["isError"] == false, "{given}");
    assert_eq!(
        given["content"][0],
        json!({"type": "text", "text": "It is good."})
    );
    let told = &given["structuredContent"];
    assert_eq!(told["content"], "It is good.");
    assert_eq!(told["model"], "reviewer");
    assert_eq!(
        told["usage"],
        json!({"prompt_tokens": 12_000, "completion_tokens": 3_000, "total_tokens": 15_000})
    );
    let schema = client.tools().await[0]["outputSchema"].clone();
    let schema = jsonschema::draft202012::options().build(&schema).unwrap();
    assert!(schema.is_valid(told), "{told}");
    assert_eq!(
        provider.last().said(),
        [
            ("system".to_owned(), "Be brief.".to_owned()),
            ("user".to_owned(), "Is it good?".to_owned())
        ]
    );
    let call = recorded(&app).await;
    assert_eq!(call.row.outcome, Some(domain::Outcome::Succeeded));
    assert_eq!(call.row.call.requested_model, "reviewer");
    let session = call.row.call.session.clone().unwrap();
    assert_eq!(told["session_id"], json!(session));
    let text = given["content"][1]["text"].as_str().unwrap();
    assert!(text.contains(session.as_str()), "for models that see text alone");
    assert_eq!(app.session(&session).await.messages.len(), 2);
    assert_eq!(app.calls().await.len(), 1, "greeting and lists are no calls");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_by_its_name_and_another_keys_does_not() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    provider.will(Reply::text("One."));
    let first = client.says("reviewer", "Count.").await;
    let session = first["structuredContent"]["session_id"].clone();
    provider.will(Reply::text("Two."));
    let second = client
        .call("reviewer", json!({"message": "Go on.", "session_id": session}))
        .await;
    assert_eq!(second["structuredContent"]["session_id"], session);
    let said: Vec<String> = provider.last().said().into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["Be brief.", "Count.", "One.", "Go on."]);
    assert_eq!(app.sessions().await.len(), 1);

    let thief = app.key_with(json!({"name": "thief"})).await;
    let mut thief = Client::greet(&app, &thief).await;
    provider.will(Reply::text("Who are you?"));
    let _given = thief
        .call("reviewer", json!({"message": "Go on.", "session_id": session}))
        .await;
    let said: Vec<String> = provider.last().said().into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["Be brief.", "Go on."], "nothing of the other's");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_progress_hears_of_it() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    // an answer that is there at once may overtake what is told meanwhile
    provider.will(Reply::text("Done.").late(Duration::from_millis(400)));
    let params =
        json!({"name": "reviewer", "arguments": {"message": "Hi"}, "_meta": {"progressToken": "p1"}});
    let told = client.hears("tools/call", params).await;
    let beats: Vec<&Value> = told
        .iter()
        .filter(|one| one["method"] == "notifications/progress")
        .collect();
    assert!(!beats.is_empty(), "{told:?}");
    assert!(beats.iter().all(|beat| beat["params"]["progressToken"] == "p1"));
    let quiet = client.hears(
        "tools/call",
        json!({"name": "reviewer", "arguments": {"message": "Hi"}}),
    );
    provider.will(Reply::text("Done."));
    assert_eq!(quiet.await.len(), 1, "nobody else does");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_can_be_sent_again() {
    let (provider, app, key) = world().await;
    let mut client = Client::greet(&app, &key).await;
    provider.will(Reply::text("Good."));
    let _given = client.says("reviewer", "Is it good?").await;
    let call = recorded(&app).await;
    provider.will(Reply::text("Bad."));
    let replayed: gateway::control::Replayed =
        app.ask("call.replay", json!({"call": call.row.call.id})).await;
    assert_eq!(replayed.answer, "Bad.");
    assert_eq!(replayed.original_answer.as_deref(), Some("Good."));
    assert_eq!(
        provider.last().said().last().unwrap().1,
        "Is it good?",
        "the message and not its envelope"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_newest_protocol_needs_no_session() {
    let (provider, app, key) = world().await;
    provider.will(Reply::text("Good."));
    let version = "2026-07-28";
    let meta = json!({"io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}});
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "reviewer", "arguments": {"message": "Hi"}, "_meta": meta}});
    let asking = super::client::posting(&app, &key, &body)
        .header("mcp-protocol-version", version)
        .header("mcp-method", "tools/call")
        .header("mcp-name", "reviewer");
    let response = asking.send().await.unwrap();
    let (status, body) = (response.status(), response.text().await.unwrap());
    assert_eq!(status, 200, "{body}");
    let told = super::client::messages(&body).pop().unwrap();
    assert_eq!(told["result"]["structuredContent"]["content"], "Good.", "{told}");
    let _call = recorded(&app).await;
    app.finish().await;
}
