//! D3: kill -9 while a tool does something. What is known afterwards is that nobody knows, and it is not done again.

use serde_json::{Value, json};

use super::support::{Home, PATIENCE, quiet, until};
use super::upstream::Upstream;

#[test]
fn d3_a_tool_that_was_cut_off_is_told_as_unknown_and_never_repeated() {
    let _quiet = quiet();
    let home = Home::new("memory");
    let upstream = Upstream::start();
    let key = home.prepare(&upstream.base_url);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    home.json(&[
        "agent",
        "create",
        "runner",
        "--model",
        "scripted/runs",
        "--tool",
        "run_command",
        "--folder-write",
        path,
    ]);
    let serve = home.serve();
    let port = serve.port;
    let caller = {
        let key = key.clone();
        std::thread::spawn(move || {
            let body = json!({"model": "runner", "session_id": "mine",
                "messages": [{"role": "user", "content": "Run it."}]});
            let authorization = format!("Bearer {key}");
            let headers = [("authorization", authorization.as_str())];
            let answer = super::support::ask(port, "POST", "/v1/chat/completions", &headers, Some(&body));
            // the connection ends with the process
            answer.ok()?.try_whole().ok()
        })
    };
    let asked = until(PATIENCE, || {
        let waiting = home.json(&["approval", "list"]);
        waiting.as_array().unwrap().first().cloned()
    })
    .expect("it asks");
    assert_eq!(asked["tool"], "run_command");
    home.json(&["approval", "answer", asked["id"].as_str().unwrap(), "once"]);
    let made = folder.path().join("done.txt");
    until(PATIENCE, || made.exists().then_some(())).expect("it has begun");
    serve.kill();
    assert!(caller.join().unwrap().is_none_or(|reply| reply.status != 200));

    // nothing is done again by itself
    let serve = home.serve();
    let calls = home.json(&["call", "list"]);
    let call = calls["calls"][0]["id"].as_str().unwrap().to_owned();
    let shown = home.json(&["call", "show", &call]);
    let uses = shown["tool_uses"].as_array().unwrap();
    assert_eq!(uses.len(), 1, "{shown:#}");
    assert_eq!(uses[0]["state"], "unknown");
    assert_eq!(uses[0]["permit"], "once");
    assert_eq!(upstream.seen().len(), 1);
    assert_eq!(std::fs::read_to_string(&made).unwrap(), "once\n");

    // who goes on is told, and so is the model
    let reply = serve.post(
        &key,
        &json!({"model": "runner", "session_id": "mine", "messages": [{"role": "user", "content": "And?"}]}),
    );
    assert_eq!(reply.status, 200, "{}", reply.text());
    let sent = upstream.seen().last().unwrap().body.clone();
    let messages = sent["messages"].as_array().unwrap();
    let told: Vec<&Value> = messages
        .iter()
        .filter(|message| message["role"] == "tool")
        .collect();
    assert_eq!(told.len(), 1, "{messages:#?}");
    let text = told[0]["content"].as_str().unwrap();
    assert!(text.contains("may have taken effect or not"), "{text}");
    assert_eq!(std::fs::read_to_string(&made).unwrap(), "once\n");
    serve.kill();
}
