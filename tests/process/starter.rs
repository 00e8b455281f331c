//! The built-in model as a fresh machine meets it: no key, no provider, no network.

use serde_json::{Value, json};

use super::local_model::{self as model, Local};
use super::support::{Home, quiet};

/// The agent `small` on the starter, whose weights lie where the app looks for them.
pub fn local() -> Local {
    let home = Home::new("memory");
    let serve = home.serve();
    let status = home.json(&["status"]);
    let ready = status["starter"]["state"] == "ready";
    assert!(
        ready,
        "the starter's weights are not there: run scripts/fetch-starter.sh ({})",
        status["starter"]
    );
    home.json(&["provider", "add", "starter"]);
    Local::new(home, serve, "starter/smollm2-135m-instruct")
}

#[test]
fn the_starter_answers_like_any_provider() {
    let _quiet = quiet();
    let local = local();
    model::answers_whole_with_usage(&local);
    model::answers_in_pieces_with_usage(&local);
    model::stops_at_a_stop_sequence(&local);
    model::a_client_that_leaves_stops_it(&local);
    model::is_listed_and_passes_its_test(&local, "starter");
    let held = model::asked_for_a_schema(&local);
    assert_eq!(held.status, 200, "{}", held.text());
    let held = held.json();
    let said = held["choices"][0]["message"]["content"].as_str().unwrap();
    let said: Value = serde_json::from_str(said).unwrap();
    assert!(
        said["ok"].is_boolean() && said.as_object().unwrap().len() == 1,
        "{said}"
    );
    completes_a_tool_loop(&local);
    local.serve.stop();
}

/// The model is told to use its tool, the tool is run, and the model answers from what it gave. What it computes and
/// says is not looked at: it is a very small model.
fn completes_a_tool_loop(local: &Local) {
    local.home.json(&[
        "agent",
        "create",
        "reckoner",
        "--model",
        "starter/smollm2-135m-instruct",
        "--tool",
        "calculator",
        "--tool-first",
    ]);
    for stream in [false, true] {
        let reply = local.serve.post(
            &local.key,
            &json!({
                "model": "reckoner", "max_tokens": 160, "temperature": 0, "stream": stream,
                "messages": [{"role": "user", "content": "How much is 17 * 23?"}],
            }),
        );
        assert_eq!(reply.status, 200, "{}", reply.text());
        let call = reply.header("x-request-id").unwrap().to_owned();
        let told = reply.text();
        assert!(
            !told.contains("tool_calls\":"),
            "the agent's tool is not the caller's: {told}"
        );
        let said: String = if stream {
            let (events, done) = reply.events();
            assert!(done, "{told}");
            let pieces = events
                .iter()
                .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
            pieces.collect()
        } else {
            reply.json()["choices"][0]["message"]["content"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert!(!said.is_empty(), "{told}");
        let shown = local.home.json(&["call", "show", &call]);
        let uses = shown["tool_uses"].as_array().unwrap();
        assert_eq!(uses.len(), 1, "{shown}");
        assert_eq!(uses[0]["tool"], "calculator", "{shown}");
        assert_eq!(
            shown["entries"].as_array().unwrap().len(),
            2,
            "it was asked twice: {shown}"
        );
        println!(
            "the starter called its calculator with {} and said {said:?}",
            uses[0]["arguments"]
        );
    }
}
