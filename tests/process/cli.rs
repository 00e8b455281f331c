//! The command line as a contract: what machines without a screen and other tests rely on.
//!
//! Everything is asked twice: through the socket of a running `serve`, and directly on the directory. The
//! danger is that the two drift apart, so both run the same list.

use serde_json::{Value, json};

use super::support::{Home, Serve, chat};
use super::upstream::Upstream;

fn passphrase_home() -> Home {
    Home::new("passphrase").with("INGLENOOK_PASSPHRASE", "a passphrase of the tests")
}

/// A directory with `serve` on it, or without: what a command does may not depend on that.
pub(super) struct World {
    pub home: Home,
    pub upstream: Upstream,
    pub serve: Option<Serve>,
}

impl World {
    pub fn new(served: bool) -> Self {
        let home = passphrase_home();
        let serve = served.then(|| home.serve());
        Self {
            home,
            upstream: Upstream::start(),
            serve,
        }
    }

    pub fn both() -> [Self; 2] {
        [Self::new(true), Self::new(false)]
    }

    pub fn way(&self) -> &'static str {
        if self.serve.is_some() {
            "through the socket"
        } else {
            "directly"
        }
    }
}

#[test]
fn serve_prints_one_line_when_it_is_ready() {
    let home = Home::new("memory");
    let serve = home.serve();
    let ready = serve.ready.as_object().unwrap().clone();
    assert_eq!(
        ready.keys().collect::<Vec<_>>(),
        ["event", "base_url", "port", "pid"]
    );
    assert_eq!(ready["event"], "ready");
    assert_eq!(ready["base_url"], format!("http://127.0.0.1:{}/v1", serve.port));
    assert_eq!(ready["pid"], serve.pid());
    assert!(serve.port > 0);
    let key = home.json(&["key", "create", "test"]);
    let models = serve.get(key["secret"].as_str().unwrap(), "/v1/models");
    assert_eq!(models.status, 200, "ready means ready: {models:?}");
    let (rest, _) = serve.stop();
    assert_eq!(rest, "", "nothing but the ready line is on stdout");
}

#[test]
fn providers() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        assert_eq!(home.json(&["provider", "list"]), json!([]), "{way}");
        let url = &world.upstream.base_url;
        let args = [
            "provider",
            "add",
            "mine",
            "--wire",
            "openai-chat",
            "--base-url",
            url,
            "--key-stdin",
        ];
        let mine = home.json_with(&[&args[..], &["--name", "My own"]].concat(), "sk-test-key-1234\n");
        assert_eq!(mine["id"], "mine", "{way}");
        assert_eq!(mine["kind"], "custom");
        assert_eq!(mine["name"], "My own");
        assert_eq!(mine["wire"], "openai-chat");
        assert_eq!(mine["key_missing"], false);
        assert!(
            !mine.to_string().contains("sk-test-key"),
            "{way}: a key never comes back"
        );

        let known = home.json(&["provider", "add", "openai"]);
        assert_eq!(known["kind"], "openai", "{way}: the catalogue entry of the slug");
        assert_eq!(known["key_missing"], true);
        let hosted = home.json(&[
            "provider",
            "add",
            "second",
            "--kind",
            "openai",
            "--base-url",
            url,
            "--no-key",
        ]);
        assert_eq!(hosted["kind"], "openai", "{way}: --kind");
        let expected = &[mine.clone(), known, hosted.clone()];
        assert_eq!(home.json(&["provider", "list"]), json!(expected), "{way}");
        assert!(
            hosted.to_string().contains(url.as_str()),
            "{way}: --base-url overrides the catalogue's"
        );

        let catalogue = home.json(&["provider", "list", "--catalogue"]);
        assert!(
            catalogue
                .as_array()
                .unwrap()
                .iter()
                .any(|entry| entry["id"] == "ollama"),
            "{way}"
        );
        let models = home.json(&["provider", "models", "mine"]);
        assert_eq!(models["models"][0]["id"], "echo", "{way}");
        home.json(&["provider", "models", "mine", "--refresh"]);
        let report = home.json(&["provider", "test", "mine"]);
        assert_eq!(report["ok"], true, "{way}: {report}");
        let checks: Vec<&str> = report["checks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|check| check["name"].as_str().unwrap())
            .collect();
        let all = ["reachable", "key", "models", "call", "stream", "tools"];
        assert_eq!(checks, all, "{way}");
        let refused = home.run(&["provider", "test", "mine", "--model", "refuse", "--json"]);
        assert_eq!(refused.code, Some(1), "{way}");
        let report: Value = serde_json::from_str(&refused.stdout).unwrap();
        assert_eq!(report["model"], "refuse", "{way}");
        assert_eq!(
            report["checks"][1]["state"], "failed",
            "{way}: a call knows better than a list"
        );
        let table = home.run(&["provider", "models", "mine"]).ok().stdout;
        assert!(
            table.contains("echo") && table.contains("the provider's list, "),
            "{way}: {table}"
        );
        let asked = world.upstream.seen();
        let keyed = |head: &str| {
            head.to_ascii_lowercase()
                .contains("authorization: bearer sk-test-key-1234\r\n")
        };
        assert!(asked.iter().all(|seen| keyed(&seen.head)), "{way}: {asked:?}");

        home.json_with(&["provider", "set-key", "mine"], "sk-test-key-5678");
        home.json(&["provider", "remove", "second"]);
        assert_eq!(
            home.json(&["provider", "list"]).as_array().unwrap().len(),
            2,
            "{way}"
        );
        assert!(home.json(&["provider", "detect"]).is_array(), "{way}");
    }
}

#[test]
fn what_provider_add_refuses() {
    for world in World::both() {
        let home = &world.home;
        let add = |args: &[&str]| home.run(&[&["provider", "add"], args].concat());
        add(&["mine"]).failed_with_hint("invalid_request");
        add(&["mine", "--wire", "openai-chat", "--no-key"]).failed_with_hint("invalid_request");
        add(&["mine", "--kind", "nobody"]).failed_with_hint("invalid_request");
        let remote = "http://models.example/v1";
        add(&["mine", "--base-url", remote, "--no-key"]).failed_with_hint("invalid_request");
        add(&["mine", "--base-url", remote, "--no-key", "--allow-http"]).ok();
        for (slug, url) in [
            ("four", "http://127.0.0.1:9/v1"),
            ("name", "http://localhost:9/v1"),
            ("six", "http://[::1]:9/v1"),
        ] {
            add(&[slug, "--base-url", url, "--no-key"]).ok();
        }
        add(&["four", "--base-url", "http://127.0.0.1:9/v1", "--no-key"]).failed_with_hint("conflict");
        add(&["mine", "--key-stdin", "--no-key"]).misused();
        add(&[
            "other",
            "--wire",
            "smoke-signals",
            "--base-url",
            "https://models.example/v1",
        ])
        .misused();
        add(&["Not A Slug", "--base-url", "https://models.example/v1"]).failed_with_hint("invalid_request");
        let empty = home.run_with(
            &["provider", "add", "other", "--kind", "openai", "--key-stdin"],
            "\n",
        );
        empty.failed_with_hint("invalid_request");
    }
}

#[test]
fn agents() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        let create = [
            "agent",
            "create",
            "critic",
            "--model",
            "scripted/echo",
            "--name",
            "Critic",
        ];
        let more = ["--instructions", "Be short.", "--timeout", "90"];
        let made = home.json(&[&create[..], &more].concat());
        assert_eq!(made["timeouts"]["overall_s"], 90, "{way}");
        assert!(made["id"].as_str().unwrap().starts_with("ag_"), "{way}: {made}");
        assert_eq!(
            (&made["slug"], &made["name"], &made["revision"]),
            (&json!("critic"), &json!("Critic"), &json!(1))
        );
        assert_eq!(made["instructions"], "Be short.");
        assert_eq!(home.json(&["agent", "show", "critic"]), made, "{way}");
        assert_eq!(
            home.json(&["agent", "show", made["id"].as_str().unwrap()]),
            made,
            "{way}: also by id"
        );
        assert_eq!(
            home.json(&["agent", "list"]).as_array().unwrap().len(),
            2,
            "{way}"
        );

        let toml = home.run(&["agent", "export", "critic"]).ok().stdout;
        let file = home.data.with_file_name("critic.toml");
        std::fs::write(&file, toml.replace("Be short.", "Be long.")).unwrap();
        let file = file.to_str().unwrap();
        let changed = home.json(&["agent", "import", file]);
        assert_eq!(
            (&changed["id"], &changed["revision"]),
            (&made["id"], &json!(2)),
            "{way}"
        );
        assert_eq!(changed["instructions"], "Be long.");
        assert_eq!(
            home.json(&["agent", "export", "critic"])["instructions"],
            "Be long.",
            "{way}"
        );
        let piped = home.json_with(&["agent", "import", "-"], &toml.replace("critic", "piped"));
        assert_eq!(piped["slug"], "piped", "{way}");
        let from_file = home.json(&["agent", "create", "twin", "--file", file, "--name", "Twin"]);
        assert_eq!(
            (&from_file["slug"], &from_file["name"]),
            (&json!("twin"), &json!("Twin")),
            "{way}"
        );
        assert_eq!(from_file["instructions"], "Be long.");

        let history = home.json(&["agent", "history", "critic"]);
        let revisions: Vec<_> = history
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["revision"].clone())
            .collect();
        assert_eq!(revisions, [json!(2), json!(1)], "{way}");
        let back = home.json(&["agent", "rollback", "critic", "1"]);
        assert_eq!(
            (&back["instructions"], &back["revision"]),
            (&json!("Be short."), &json!(3)),
            "{way}"
        );

        home.json(&["agent", "delete", "critic"]);
        home.run(&["agent", "show", "critic"])
            .failed_with_hint("model_not_found");
        assert_eq!(
            home.json(&["agent", "restore", "critic"])["id"],
            made["id"],
            "{way}"
        );
        home.json(&["agent", "show", "critic"]);

        home.run(&create).failed_with_hint("conflict");
        home.run(&["agent", "create", "homeless", "--model", "nobody/echo"])
            .failed_with_hint("invalid_request");
        home.run(&["agent", "create", "homeless"]).misused();
        home.run(&["agent", "rollback", "critic", "99"])
            .failed_with_hint("not_found");
        home.run(&["agent", "import", "/nonexistent/agent.toml"])
            .failed_with_hint("invalid_request");
    }
}

#[test]
fn client_keys() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        home.json(&["agent", "create", "critic", "--model", "scripted/echo"]);
        let every_flag = [
            "key",
            "create",
            "editor",
            "--agent",
            "parrot",
            "--agent",
            "critic",
            "--raw-models",
            "--catch-all",
            "parrot",
            "--alias",
            "gpt-4o=critic",
            "--alias",
            "gpt-5=parrot",
            "--budget-usd",
            "1.50",
            "--per",
            "month",
            "--rpm",
            "60",
            "--tpm",
            "100000",
            "--concurrency",
            "4",
            "--expires",
            "30d",
            "--store",
            "metadata",
            "--origin",
            "http://localhost:3000",
        ];
        let made = home.json(&every_flag);
        let secret = made["secret"].as_str().unwrap();
        assert!(secret.starts_with("sk-ink-"), "{way}: {made}");
        let id = made["id"].as_str().unwrap();
        assert_eq!(made["key"]["id"], id);

        let shown = home.json(&["key", "show", id]);
        assert_eq!(
            shown,
            home.json(&["key", "show", "editor"]),
            "{way}: by id or name"
        );
        assert!(
            !shown.to_string().contains(secret),
            "{way}: the secret is shown once"
        );
        assert_eq!(shown["agent_slugs"], json!(["parrot", "critic"]), "{way}");
        assert_eq!(shown["raw_models"], true);
        assert_eq!(
            shown["aliases"],
            json!([["gpt-4o", "critic"], ["gpt-5", "parrot"]])
        );
        assert_eq!(shown["budgets"], json!([{ "cap": 1_500_000, "per": "month" }]));
        let limits = (
            &shown["rpm"],
            &shown["tpm"],
            &shown["concurrency"],
            &shown["store"],
        );
        assert_eq!(
            limits,
            (&json!(60), &json!(100_000), &json!(4), &json!("metadata"))
        );
        let span = shown["expires_at"].as_i64().unwrap() - shown["created_at"].as_i64().unwrap();
        assert_eq!(span, 30 * 24 * 3600 * 1000, "{way}");
        assert_eq!(shown["origins"], json!(["http://localhost:3000"]));
        for per in ["day", "week", "total"] {
            let key = home.json(&["key", "create", per, "--budget-usd", "0.000001", "--per", per]);
            assert_eq!(key["key"]["budgets"], json!([{ "cap": 1, "per": per }]), "{way}");
        }
        for store in ["all", "none"] {
            assert_eq!(
                home.json(&["key", "create", store, "--store", store])["key"]["store"],
                store,
                "{way}"
            );
        }
        assert_eq!(home.json(&["key", "list"]).as_array().unwrap().len(), 7, "{way}");
        assert_eq!(
            home.run(&["key", "create", "shell"])
                .ok()
                .stdout
                .matches("sk-ink-")
                .count(),
            1,
            "{way}"
        );

        home.json(&["key", "revoke", id]);
        let names = home.json(&["key", "list"]).to_string();
        assert!(!names.contains("editor"), "{way}: {names}");
        if let Some(serve) = &world.serve {
            let refused = serve.post(secret, &chat("parrot", false));
            assert_eq!(refused.status, 401, "a revoked key ends at once: {refused:?}");
        }
        home.run(&["key", "show", "nobody"]).failed_with_hint("not_found");
        home.run(&["key", "revoke", "nobody"])
            .failed_with_hint("not_found");
        home.run(&["key", "create", "x", "--agent", "nobody"])
            .failed_with_hint("model_not_found");
        for wrong in [
            &["--per", "month"][..],
            &["--budget-usd", "many"],
            &["--budget-usd", "1", "--per", "year"],
            &["--expires", "soon"],
            &["--alias", "gpt-4o"],
            &["--store", "some"],
            &["--rpm", "-1"],
        ] {
            home.run(&[&["key", "create", "x"], wrong].concat()).misused();
        }
    }
}

#[test]
fn conversations_and_calls() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        let key = home.prepare(&world.upstream.base_url);
        let models = home.json(&["models"]);
        assert!(
            models
                .as_array()
                .unwrap()
                .iter()
                .any(|model| model["id"] == "parrot"),
            "{way}: {models}"
        );

        let said = home.run(&["chat", "parrot", "A word about otters"]).ok();
        assert_eq!(
            said.stdout, "You said something.\n",
            "{way}: the answer alone is on stdout"
        );
        let whole = home.json(&["chat", "parrot", "More about otters"]);
        assert_eq!(
            whole["message"]["parts"][0]["text"], "You said something.",
            "{way}: {whole}"
        );
        assert_eq!(whole["receipt"]["usage"]["input"], 7, "{way}");
        let session = whole["session"].as_str().unwrap();
        let next = home.json_with(&["chat", "parrot", "--session", session], "And from stdin\n");
        assert_eq!(next["session"], session, "{way}");
        let raw = home.json(&["chat", "scripted/echo", "Raw"]);
        assert_eq!(raw["receipt"]["target"], "scripted/echo", "{way}: {raw}");
        home.json(&["chat", "parrot@1", "A revision"]);
        let asked = world.upstream.seen();
        let bodies: Vec<_> = asked
            .iter()
            .map(|seen| (&seen.body["model"], &seen.body["stream"]))
            .collect();
        assert_eq!(
            bodies,
            [(&json!("echo"), &json!(true)); 5],
            "{way}: each asked once, and streamed"
        );

        let page = home.json(&["session", "list", "--limit", "2"]);
        assert_eq!(page["sessions"].as_array().unwrap().len(), 2, "{way}");
        let cursor = page["next"].as_str().unwrap();
        let rest = home.json(&["session", "list", "--cursor", cursor]);
        assert_eq!(rest["sessions"].as_array().unwrap().len(), 2, "{way}");
        assert_eq!(
            home.json(&["session", "list", "--agent", "parrot"])["sessions"]
                .as_array()
                .unwrap()
                .len(),
            3,
            "{way}"
        );
        let view = home.json(&["session", "show", session]);
        assert_eq!(view["messages"].as_array().unwrap().len(), 4, "{way}");
        let hits = home.json(&["session", "search", "otter", "--limit", "5"]);
        assert!(
            hits.as_array()
                .unwrap()
                .iter()
                .any(|hit| hit["session"]["id"] == session),
            "{way}: {hits}"
        );
        let markdown = home.run(&["session", "export", session]).ok().stdout;
        assert!(
            markdown.contains("More about otters") && markdown.contains("You said something."),
            "{way}: {markdown}"
        );
        let exported = home.json(&["session", "export", session]);
        assert!(
            exported.to_string().contains("And from stdin"),
            "{way}: {exported}"
        );

        if let Some(serve) = &world.serve {
            let answer = serve.post(&key, &chat("parrot", false));
            assert_eq!(answer.status, 200, "{answer:?}");
            let id = answer.header("x-request-id").unwrap();
            let row = super::support::until(super::support::PATIENCE, || {
                let calls = home.json(&["call", "list"]);
                let found = calls["calls"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|call| call["id"] == id)
                    .cloned();
                found.filter(|call| call["outcome"] != Value::Null)
            });
            assert_eq!(row.unwrap()["client"], "test");
        }
        let calls = home.json(&["call", "list", "--limit", "50"]);
        let calls = calls["calls"].as_array().unwrap();
        assert_eq!(calls.len(), 5 + usize::from(world.serve.is_some()), "{way}");
        let of_session = home.json(&["call", "list", "--session", session]);
        assert_eq!(of_session["calls"].as_array().unwrap().len(), 2, "{way}");
        let shown = home.json(&["call", "show", calls[0]["id"].as_str().unwrap()]);
        assert_eq!(
            shown["entries"][0]["outcome"],
            json!({ "outcome": "succeeded" }),
            "{way}: {shown}"
        );
        assert!(
            shown["upstream_request"].as_str().unwrap().contains("\"echo\""),
            "{way}: {shown}"
        );

        for by in ["day", "agent", "model", "key"] {
            let usage = home.json(&["usage", "--by", by]);
            assert_eq!(usage["total"]["calls"], calls.len(), "{way}: {by}: {usage}");
            assert_eq!(usage["total"]["usage"]["output"], 3 * calls.len(), "{way}: {by}");
            assert!(!usage["rows"].as_array().unwrap().is_empty(), "{way}: {by}");
        }
        home.run(&["usage", "--by", "mood"]).misused();

        home.json(&["session", "rename", session, "Otters"]);
        home.json(&["session", "delete", session]);
        home.json(&["session", "restore", session]);
        assert_eq!(
            home.json(&["session", "show", session])["title"],
            "Otters",
            "{way}"
        );
        home.run(&["chat", "nobody", "Hi"])
            .failed_with_hint("model_not_found");
        home.run(&["session", "show", "se_00000000000000000000000000000000"])
            .failed_with_hint("not_found");
        home.run(&["session", "show", "otters"])
            .failed_with_hint("invalid_request");
        home.run(&["call", "show", "ca_00000000000000000000000000000000"])
            .failed_with_hint("not_found");
        home.run(&["call", "show", "otters"])
            .failed_with_hint("invalid_request");
    }
}
