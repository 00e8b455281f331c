//! Limits by command: what `key`, `agent` and `config` take, and what they say of it.

use serde_json::json;

use super::cli::World;

#[test]
fn limits_are_set_changed_and_lifted_by_command() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let several = [
            "key",
            "create",
            "several",
            "--icon",
            "🔧",
            "--budget-usd",
            "1",
            "--per",
            "day",
            "--budget-usd",
            "10.5",
            "--per",
            "month",
            "--session-budget-usd",
            "0.25",
            "--rph",
            "60",
            "--rpd",
            "500",
            "--default-agent",
            "parrot",
        ];
        let key = home.json(&several)["key"].clone();
        let both = json!([{ "cap": 1_000_000, "per": "day" }, { "cap": 10_500_000, "per": "month" }]);
        assert_eq!(key["budgets"], both, "{way}");
        assert_eq!(
            (&key["rph"], &key["rpd"], &key["rpm"]),
            (&json!(60), &json!(500), &json!(null)),
            "{way}"
        );
        assert_eq!(
            (&key["session_budget"], &key["icon"]),
            (&json!(250_000), &json!("🔧")),
            "{way}"
        );
        assert_eq!(key["standing"][1]["left"], 10_500_000, "{way}");

        let set = [
            "key",
            "set",
            "several",
            "--rph",
            "0",
            "--rpm",
            "5",
            "--no-session-budget",
            "--raw-models",
            "--agent",
            "parrot",
        ];
        let changed = home.json(&set);
        assert_eq!(changed["budgets"], both, "{way}: what was not named stays");
        assert_eq!(
            (&changed["rph"], &changed["rpm"], &changed["rpd"]),
            (&json!(null), &json!(5), &json!(500))
        );
        assert_eq!(
            (&changed["raw_models"], &changed["agent_slugs"]),
            (&json!(true), &json!(["parrot"]))
        );
        let changed = home.json(&[
            "key",
            "update",
            "several",
            "--no-budget",
            "--all-agents",
            "--raw-models",
            "false",
        ]);
        assert_eq!(
            (&changed["budgets"], &changed["raw_models"]),
            (&json!([]), &json!(false)),
            "{way}"
        );
        assert_eq!(
            home.json(&["key", "rename", "several", "one"])["name"],
            "one",
            "{way}"
        );
        let shown = home.run(&["key", "show", "one"]).ok().stdout;
        assert!(
            shown.contains("requests a minute: 5") && shown.contains("🔧 one"),
            "{way}: {shown}"
        );
        home.run(&[
            "key",
            "create",
            "x",
            "--budget-usd",
            "1",
            "--budget-usd",
            "2",
            "--per",
            "day",
        ])
        .misused();
        home.run(&["key", "set", "one", "--agent", "parrot", "--all-agents"])
            .misused();

        let agent = [
            "agent",
            "create",
            "busy",
            "--model",
            "scripted/echo",
            "--rph",
            "60",
            "--budget-usd",
            "2",
            "--per",
            "week",
        ];
        let agent = home.json(&agent);
        assert_eq!(agent["limits"]["rph"], 60, "{way}");
        assert_eq!(
            agent["budgets"],
            json!([{ "cap": 2_000_000, "per": "week" }]),
            "{way}"
        );
        let toml = home.run(&["agent", "export", "busy"]).ok().stdout;
        assert!(
            toml.contains("[limits]") && toml.contains("rph = 60"),
            "{way}: {toml}"
        );

        let settings = home.json(&["config", "set", "budgets", "1/day, 20.5/month"]);
        assert_eq!(
            settings["budgets"],
            json!([{ "cap": 1_000_000, "per": "day" }, { "cap": 20_500_000, "per": "month" }]),
            "{way}"
        );
        assert_eq!(
            home.json(&["config", "set", "budgets", ""])["budgets"],
            json!([]),
            "{way}"
        );
        assert_eq!(
            home.json(&["config", "set", "session_budget", "0.5"])["session_budget"],
            500_000,
            "{way}"
        );
        let price = home.json(&["config", "set", "fallback_price", "1/4"]);
        assert_eq!(
            price["fallback_price"],
            json!({ "input": 1_000_000, "output": 4_000_000 }),
            "{way}"
        );
        home.run(&["config", "set", "budgets", "much/day"])
            .failed_with_hint("invalid_request");
    }
}

#[test]
fn w_04_the_switch_for_no_key_is_loud_on_the_command_line() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        let quiet = home.run(&["status"]).ok();
        assert!(!quiet.stderr.contains("warning"), "{way}: {quiet:?}");
        let on = home.run(&["config", "set", "no_key_on_loopback", "true"]).ok();
        assert!(on.stderr.contains("warning: Every program"), "{way}: {on:?}");
        assert!(
            home.run(&["status"])
                .ok()
                .stderr
                .contains("warning: Every program"),
            "{way}"
        );
        let doctor = home.run(&["doctor"]);
        assert!(doctor.stdout.contains("client keys"), "{way}: {doctor:?}");
        let keys = home.json(&["key", "list"]);
        assert!(
            keys.as_array()
                .unwrap()
                .iter()
                .any(|key| key["anonymous"] == true),
            "{way}: {keys}"
        );
        home.json(&["config", "set", "no_key_on_loopback", "false"]);
        assert!(!home.run(&["status"]).ok().stderr.contains("warning"), "{way}");
    }
}
