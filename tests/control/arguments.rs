//! What is said to a command and read by nobody: a mistake, and never silently nothing.

use gateway::control::{self, Command};
use serde_json::{Value, json};

use crate::support::app::draft;

/// Arguments that are read, where a command looks for strange ones last.
fn fitting(command: &str) -> Value {
    match command {
        "agent.create" => draft("reviewer", "p/m", ""),
        _ => json!({}),
    }
}

fn refusal(command: &str, args: &Value) -> String {
    let text = json!({"command": command, "args": args}).to_string();
    match serde_json::from_str::<Command>(&text) {
        Ok(_) => panic!("{command} reads {args}"),
        Err(error) => control::unreadable(&error).message().to_owned(),
    }
}

#[test]
fn every_command_refuses_an_unknown_field_by_its_name() {
    for command in Command::NAMES {
        let mut args = fitting(command);
        args["buget"] = json!(1);
        let message = refusal(command, &args);
        assert!(message.contains("unknown field `buget`"), "{command}: {message}");
    }
}

#[test]
fn the_budget_of_an_older_version_is_no_key_without_a_budget() {
    let message = refusal(
        "key.create",
        &json!({"name": "k", "budget": 5_000_000, "per": "month"}),
    );
    assert!(message.contains("unknown field `budget`"), "{message}");
    let message = refusal("key.update", &json!({"key": "k", "rpm": 1, "rpmm": 1}));
    assert!(message.contains("unknown field `rpmm`"), "{message}");
}

#[test]
fn an_agent_is_read_to_its_depths() {
    let mut deep = draft("reviewer", "p/m", "");
    deep["params"] = json!({"temprature": 1.0});
    let message = refusal("agent.create", &deep);
    assert!(message.contains("unknown field `params.temprature`"), "{message}");
    let message = refusal("agent.update", &json!({"agent": "reviewer", "draft": deep}));
    assert!(message.contains("temprature"), "{message}");
}
