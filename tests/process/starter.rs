//! The built-in model as a fresh machine meets it: no key, no provider, no network.

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
    let refused = model::asked_for_a_schema(&local);
    assert_eq!(
        refused.status,
        400,
        "what it cannot do it does not pretend to do: {}",
        refused.text()
    );
    assert_eq!(
        refused.json()["error"]["param"],
        "response_format",
        "{}",
        refused.text()
    );
    local.serve.stop();
}
