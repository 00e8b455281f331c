//! The command line's manners: exit codes, where failures go, and where it finds its directory.

use serde_json::Value;

use super::cli::World;
use super::support::Home;

#[test]
fn doctor_settings_and_status() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let checks = home.json(&["doctor"]);
        let state = |name: &str| {
            let check = checks
                .as_array()
                .unwrap()
                .iter()
                .find(|check| check["name"] == name);
            check.unwrap_or_else(|| panic!("{way}: {name} in {checks}"))["state"].clone()
        };
        assert_eq!(state("database"), "ok", "{way}");
        assert_eq!(state("vault passphrase"), "ok", "{way}: {checks}");
        assert_eq!(
            state("endpoint"),
            if world.serve.is_some() { "ok" } else { "warning" },
            "{way}"
        );
        assert_eq!(state("provider scripted"), "ok", "{way}");
        assert!(home.run(&["doctor"]).ok().stdout.contains("database"), "{way}");

        let status = home.json(&["status"]);
        assert_eq!(status["vault"]["kind"], "passphrase", "{way}");
        let listening = if world.serve.is_some() {
            "listening"
        } else {
            "stopped"
        };
        assert_eq!(status["endpoint"]["state"], listening, "{way}");

        home.json(&["config", "set", "default_agent", "parrot"]);
        let agent = home.json(&["agent", "show", "parrot"])["id"].clone();
        assert_eq!(home.json(&["config", "get", "default_agent"]), agent, "{way}");
        home.json(&["config", "set", "port", "4700"]);
        assert_eq!(home.json(&["config", "get"])["port"], 4700, "{way}");
        // 0 is none; another would take a port of this machine
        home.json(&["config", "set", "ollama_port", "0"]);
        assert_eq!(
            home.json(&["config", "get"])["ollama_port"],
            serde_json::Value::Null,
            "{way}"
        );
        home.json(&["config", "set", "theme", "dark"]);
        home.json(&["config", "set", "language", "de"]);
        assert_eq!(home.json(&["config", "get", "language"]), "de", "{way}");
        home.run(&["config", "set", "language", "xx"])
            .failed_with_hint("invalid_request");
        home.run(&["config", "set", "colour", "red"])
            .failed_with_hint("invalid_request");
        home.run(&["config", "get", "colour"])
            .failed_with_hint("invalid_request");
        home.run(&["config", "set", "port", "0"])
            .failed_with_hint("invalid_request");
    }
}

#[test]
fn the_doors_are_compared() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let same = home.json(&["agent", "compare", "parrot", "Hi"]);
        assert_eq!(same["equal"], true, "{way}: {same}");
        assert_eq!(same["window"], same["endpoint"], "{way}");
        let request = r#"{"seed": 7}"#;
        let other = home.json(&["agent", "compare", "parrot", "Hi", "--request", request]);
        assert_eq!(other["differences"][0]["path"], "/body/seed", "{way}: {other}");
        let shown = home
            .run(&["agent", "compare", "parrot", "Hi", "--request", request])
            .ok();
        assert!(shown.stdout.contains("/body/seed"), "{way}: {}", shown.stdout);
        home.run(&["agent", "compare", "nobody", "Hi"])
            .failed_with_hint("model_not_found");
        assert_eq!(
            home.json(&["call", "list"])["calls"],
            serde_json::json!([]),
            "{way}"
        );
    }
}

#[test]
fn wrong_usage_is_told_from_failure() {
    let home = Home::new("memory");
    for args in [
        &["dance"][..],
        &["provider"],
        &["provider", "add"],
        &["serve", "--port", "70000"],
        &["serve", "--port", "many"],
        &["call", "list", "--limit", "all"],
        &["models", "--colour"],
        &["agent", "rollback", "critic", "first"],
        &["agent", "create", "critic", "--model", "no-slash"],
        &["agent", "create", "Not a slug", "--model", "p/m"],
        &[
            "agent",
            "create",
            "critic",
            "--model",
            "p/m",
            "--tools-merge",
            "all",
        ],
        &[
            "agent",
            "create",
            "critic",
            "--model",
            "p/m",
            "--instructions-merge",
            "prepend",
        ],
        &["agent", "create", "critic", "--model", "p/m", "--lock", "warmth"],
        &[
            "agent",
            "create",
            "critic",
            "--model",
            "p/m",
            "--param",
            "temperature=warm",
        ],
        &[
            "agent", "create", "critic", "--model", "p/m", "--param", "warmth=1",
        ],
        &["agent", "update", "critic", "--lock", "temperature", "--no-locks"],
        &["agent", "update", "critic", "--budget-usd", "1", "--no-budget"],
        &["key", "create", "k", "--budget-usd", "one"],
        &["key", "create", "k", "--per", "day"],
        &["key", "create", "k", "--alias", "gpt-4"],
        &["key", "create", "k", "--expires", "soon"],
        &["key", "create", "k", "--store", "some"],
        &["key", "set", "k", "--agent", "critic", "--all-agents"],
    ] {
        home.run(args).misused();
    }
    let mut command = std::process::Command::new(super::support::BINARY);
    let wrong_vault = command.args(["models", "--vault", "pocket"]).output().unwrap();
    assert_eq!(wrong_vault.status.code(), Some(2));
    assert!(!home.data.exists(), "wrong usage touches nothing");
}

#[test]
fn budgets_that_do_not_fit_together_are_wrong_usage() {
    let home = Home::new("memory");
    let two = ["--budget-usd", "1", "--budget-usd", "10"];
    let spans = [
        "--budget-usd",
        "1",
        "--per",
        "day",
        "--budget-usd",
        "10",
        "--per",
        "day",
    ];
    for (budgets, why) in [
        (&two[..], "each of several budgets needs its --per"),
        (
            &[&two[..], &["--per", "day"]].concat(),
            "each of several budgets needs its --per",
        ),
        (
            &["--budget-usd", "1", "--per", "day", "--per", "week"],
            "needs its --per",
        ),
        (&spans, "there are two budgets a day"),
    ] {
        for command in [
            &["key", "create", "k"][..],
            &["key", "set", "k"],
            &["agent", "update", "critic"],
        ] {
            let ran = home.run(&[command, budgets].concat());
            ran.misused();
            assert!(
                ran.stderr.contains(why) && ran.stderr.contains("Usage"),
                "{ran:?}"
            );
        }
    }
    assert!(!home.data.exists(), "wrong usage touches nothing");
}

#[test]
fn what_an_agent_does_with_its_caller_is_said_in_flags() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let made = home.json(&[
            "agent",
            "create",
            "strict",
            "--model",
            "scripted/echo",
            "--instructions-merge",
            "ignore",
            "--tools-merge",
            "agent-only",
            "--param",
            "temperature=0.2",
            "--param",
            "stop=END",
            "--param",
            "reasoning_effort=low",
            "--lock",
            "temperature",
            "--lock",
            "top_p",
            "--budget-usd",
            "2",
            "--per",
            "day",
            "--rpm",
            "5",
            "--cache",
        ]);
        assert_eq!(made["instructions_merge"], "ignore", "{way}: {made}");
        assert_eq!(made["tools_merge"], "agent-only", "{way}");
        assert_eq!(
            made["locked"],
            serde_json::json!(["temperature", "top_p"]),
            "{way}"
        );
        assert_eq!(made["params"]["temperature"], 0.2, "{way}");
        assert_eq!(made["params"]["stop"], serde_json::json!(["END"]), "{way}");
        assert_eq!(made["params"]["reasoning_effort"], "low", "{way}");
        let shown = home.run(&["agent", "show", "strict"]).ok().stdout;
        for line in [
            "instructions_merge = \"ignore\"",
            "tools_merge = \"agent-only\"",
            "\"top_p\"",
        ] {
            assert!(shown.contains(line), "{way}: {line} in {shown}");
        }

        let changed = home.json(&[
            "agent",
            "update",
            "strict",
            "--tools-merge",
            "caller-only",
            "--param",
            "temperature=",
        ]);
        assert_eq!(changed["revision"], 2, "{way}: {changed}");
        assert_eq!(changed["tools_merge"], "caller-only", "{way}");
        assert_eq!(changed["params"]["temperature"], Value::Null, "{way}");
        for (name, value) in [
            ("instructions_merge", serde_json::json!("ignore")),
            ("locked", made["locked"].clone()),
            ("budgets", made["budgets"].clone()),
            ("limits", made["limits"].clone()),
            ("cache", made["cache"].clone()),
        ] {
            assert_eq!(changed[name], value, "{way}: what is not named stays");
        }
        let bare = home.json(&[
            "agent",
            "set",
            "strict",
            "--no-locks",
            "--no-budget",
            "--no-cache",
            "--rpm",
            "0",
            "--instructions-merge",
            "append",
            "--slug",
            "loose",
        ]);
        assert_eq!(bare["locked"], serde_json::json!([]), "{way}: {bare}");
        assert_eq!(
            (&bare["budgets"], &bare["limits"]["rpm"]),
            (&serde_json::json!([]), &Value::Null),
            "{way}"
        );
        assert_eq!(
            (&bare["slug"], &bare["cache"]),
            (&"loose".into(), &"off".into()),
            "{way}"
        );
        home.run(&["agent", "update", "nobody", "--name", "N"])
            .failed_with_hint("model_not_found");
        // a field that nobody reads is no setting
        let file = home.data.with_file_name("agent.toml");
        let text = "slug = \"typo\"\nname = \"T\"\ntarget = \"scripted/echo\"\ntool_merge = \"agent-only\"\n";
        std::fs::write(&file, text).unwrap();
        let refused = home.run(&["agent", "import", file.to_str().unwrap()]);
        refused.failed("invalid_request");
        assert!(refused.stderr.contains("tool_merge"), "{way}: {refused:?}");
    }
}

#[test]
fn with_json_a_failure_is_json_on_stderr() {
    for world in World::both() {
        let ran = world.home.run(&["agent", "show", "nobody", "--json"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", world.way());
        let error: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(error["error"]["kind"], "model_not_found", "{error}");
        assert!(error["error"]["hint"].is_string(), "{error}");
    }
}

#[test]
fn the_directory_may_come_from_the_environment() {
    let home = Home::new("memory");
    let mut command = std::process::Command::new(super::support::BINARY);
    let made = command
        .args(["models", "--json", "--vault", "memory"])
        .env("INGLENOOK_DATA_DIR", &home.data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    assert!(home.database().exists());
}
