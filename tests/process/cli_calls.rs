//! Calls, prices, backups and connections on the command line.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;

use serde_json::{Value, json};

use super::cli::World;
use super::support::{Home, PATIENCE, chat, until, wait};
use super::upstream::Upstream;

fn called(home: &Home, upstream: &Upstream, bodies: &[Value]) -> Vec<String> {
    let key = home.prepare(&upstream.base_url);
    let serve = home.serve();
    let ids = bodies
        .iter()
        .map(|body| {
            let reply = serve.post(&key, body);
            assert_eq!(reply.status, 200, "{reply:?}");
            reply.header("x-request-id").unwrap().to_owned()
        })
        .collect();
    let _ended = serve.stop();
    ids
}

#[test]
fn calls_are_listed_shown_and_made_again() {
    let (home, upstream) = (Home::new("memory"), Upstream::start());
    let ids = called(
        &home,
        &upstream,
        &[chat("parrot", true), chat("scripted/echo", false)],
    );
    for served in [true, false] {
        let serve = served.then(|| home.serve());
        let page = home.json(&[
            "call",
            "list",
            "--agent",
            "parrot",
            "--outcome",
            "succeeded",
            "--since",
            "1d",
        ]);
        assert_eq!(page["calls"][0]["id"], ids[0], "{page}");
        assert_eq!(page["calls"].as_array().unwrap().len(), 1);
        assert_eq!(
            home.json(&["call", "list", "--since", "2100-01-01"])["calls"],
            json!([])
        );
        home.run(&["call", "list", "--outcome", "wonderful"]).misused();
        home.run(&["call", "list", "--key", "nobody"])
            .failed_with_hint("not_found");

        let call = home.json(&["call", "show", &ids[0]]);
        let asked: Value =
            serde_json::from_str(call["client_request"]["body"]["text"].as_str().unwrap()).unwrap();
        assert_eq!(asked, chat("parrot", true));
        assert_eq!(call["upstream_requests"][0]["number"], 1);
        assert_eq!(call["finish"], "stop");
        let told = home.json(&["call", "show", &ids[0], "--steps"]);
        assert_eq!(told["steps"][0]["kind"], "model", "{told}");
        let text = home.run(&["call", "show", &ids[0], "--steps"]).ok().stdout;
        assert!(text.starts_with("1. ") && text.contains("succeeded"), "{text}");
        let again = home.json(&["call", "replay", &ids[1], "--recorded-tools"]);
        assert_eq!(again["replay"]["replay_of"], ids[1], "{again}");
        assert_eq!(
            (&again["recorded"], &again["stopped"]),
            (&json!([]), &Value::Null)
        );
        let text = home.run(&["call", "show", &ids[0]]).ok().stdout;
        for part in [
            "the client sent",
            "attempt 1 sent upstream",
            "timeline of attempt 1",
            "first token at",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }

        let before = upstream.seen().len();
        let replayed = home.json(&["call", "replay", &ids[0], "--model", "scripted/other"]);
        assert_eq!(replayed["replay"]["replay_of"], ids[0]);
        assert_eq!(replayed["original_answer"], replayed["answer"]);
        assert_eq!(upstream.seen().len(), before + 1);
        assert_eq!(upstream.seen().pop().unwrap().body["model"], "other");
        let text = home.run(&["call", "replay", &ids[1]]).ok().stdout;
        assert!(
            text.contains("Both answered the same") && text.contains("tokens out"),
            "{text}"
        );
        home.run(&["call", "replay", "ca_00"])
            .failed_with_hint("not_found");
        home.run(&["call", "replay", &ids[0], "--model", "a/b", "--agent", "parrot"])
            .misused();
        drop(serve);
    }
}

#[test]
fn tail_tells_each_call_once_as_it_ends() {
    let (home, upstream) = (Home::new("memory"), Upstream::start());
    let key = home.prepare(&upstream.base_url);
    let serve = home.serve();
    serve.post(&key, &chat("parrot", false));
    let mut tail = home
        .command(&["call", "tail", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (send, lines) = channel();
    let out = BufReader::new(tail.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if send.send(serde_json::from_str::<Value>(&line).unwrap()).is_err() {
                return;
            }
        }
    });
    // calls are made until one is told: then it follows
    let first = until(PATIENCE, || {
        serve.post(&key, &chat("parrot", true));
        lines.recv_timeout(std::time::Duration::from_millis(400)).ok()
    })
    .expect("a call is told");
    assert_eq!(first["outcome"]["outcome"], "succeeded", "{first}");
    std::thread::sleep(std::time::Duration::from_millis(500));
    let mut told: Vec<Value> = std::iter::once(first).chain(lines.try_iter()).collect();
    let last = serve.post(&key, &chat("parrot", false));
    let last = last.header("x-request-id").unwrap().to_owned();
    loop {
        let row = lines.recv_timeout(PATIENCE).unwrap();
        told.push(row.clone());
        if row["id"] == last.as_str() {
            break;
        }
    }
    let ids: Vec<&str> = told.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(
        ids.is_sorted_by(|one, next| one < next),
        "in order and once: {ids:?}"
    );
    let kill = std::process::Command::new("kill")
        .args(["-INT", &tail.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    assert!(
        wait(&mut tail, PATIENCE).unwrap().success(),
        "Ctrl-C is its end and no failure"
    );
}

#[test]
fn prices_correct_history_and_usage_is_written_for_spreadsheets() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        home.prepare(&world.upstream.base_url);
        home.json(&["chat", "parrot", "hello"]);
        let usage = home.json(&["usage", "--by", "model"]);
        assert_eq!(usage["total"]["unknown_cost"], 1, "{way}: {usage}");
        assert!(home.run(&["usage"]).ok().stdout.contains("1 unknown"), "{way}");
        assert_eq!(home.json(&["price", "list"]), json!([]), "{way}");
        let args = [
            "price",
            "set",
            "scripted/echo",
            "--input",
            "1000",
            "--output",
            "0.5",
        ];
        let changed = home.json(&args);
        assert_eq!(changed["repriced"], 1, "{way}: {changed}");
        // 7 in and 3 out: 7000 and 1.5 micro-dollars, rounded
        let usage = home.json(&["usage", "--by", "provider"]);
        assert_eq!(
            (&usage["total"]["cost"], &usage["total"]["unknown_cost"]),
            (&json!(7002), &json!(0)),
            "{way}"
        );
        let csv = home.run(&["usage", "--by", "provider", "--csv"]).ok().stdout;
        assert_eq!(
            csv,
            "group,calls,failed,input,cached_input,cache_write,output,reasoning,cost_usd,unknown_cost,reported_cost_usd\n\
             scripted,1,0,7,0,0,3,0,0.007002,0,0.000000\n",
            "{way}"
        );
        let never = home.json(&["usage", "--until", "2000-01-01"]);
        assert_eq!(never["rows"], json!([]), "{way}");
        assert_eq!(
            home.json(&["price", "list"])[0]["target"],
            "scripted/echo",
            "{way}"
        );
        assert_eq!(
            home.json(&["price", "remove", "scripted/echo"])["repriced"],
            1,
            "{way}"
        );
        home.run(&["price", "remove", "scripted/echo"])
            .failed_with_hint("not_found");
        home.run(&["price", "set", "echo", "--input", "1", "--output", "1"])
            .misused();
        home.run(&["usage", "--since", "yesterday"]).misused();
    }
}

#[test]
fn a_backup_is_made_verified_and_put_back() {
    let (home, upstream) = (Home::new("memory"), Upstream::start());
    home.prepare(&upstream.base_url);
    home.run(&["backup", "verify"]).failed_with_hint("not_found");
    let serve = home.serve();
    let made = home.json(&["backup", "create"]);
    let path = made["path"].as_str().unwrap().to_owned();
    let report = home.json(&["backup", "verify"]);
    assert_eq!(
        (&report["agents"], report["path"].as_str()),
        (&json!(1), Some(path.as_str()))
    );
    home.json(&["agent", "create", "later", "--model", "scripted/echo"]);
    let refused = home.run(&["backup", "restore", "1"]);
    refused.failed_with_hint("data_directory_in_use");
    assert_eq!(
        home.json(&["agent", "list"]).as_array().unwrap().len(),
        2,
        "nothing was touched"
    );
    let _ended = serve.stop();

    let damaged = home.data.join("damaged.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&damaged, &bytes).unwrap();
    home.run(&["backup", "verify", damaged.to_str().unwrap()])
        .failed_with_hint("storage_failed");
    home.run(&["backup", "restore", damaged.to_str().unwrap()])
        .failed_with_hint("storage_failed");
    assert_eq!(
        home.json(&["agent", "list"]).as_array().unwrap().len(),
        2,
        "a damaged one changes nothing"
    );

    let restored = home.json(&["backup", "restore", "1"]);
    assert_eq!(
        home.json(&["agent", "list"]).as_array().unwrap().len(),
        1,
        "as it was then"
    );
    let replaced = restored["replaced"].as_str().unwrap();
    assert!(
        std::path::Path::new(replaced).exists(),
        "what was there is set aside"
    );
    home.json(&["backup", "restore", replaced]);
    assert_eq!(
        home.json(&["agent", "list"]).as_array().unwrap().len(),
        2,
        "and can be had again"
    );
}

#[test]
fn connect_tells_every_tool_the_real_address() {
    let (home, upstream) = (Home::new("memory"), Upstream::start());
    home.run(&["connect", "curl"]).failed_with_hint("not_found");
    home.prepare(&upstream.base_url);
    let serve = home.serve();
    let base = format!("http://127.0.0.1:{}", serve.port);
    let tools = home.json(&["connect"]);
    let tools: Vec<&str> = tools
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["tool"].as_str().unwrap())
        .collect();
    for tool in [
        "python",
        "node",
        "curl",
        "continue",
        "cline",
        "zed",
        "aider",
        "opencode",
        "codex",
        "claude-code",
        "vscode",
        "jetbrains",
        "open-webui",
        "langchain",
        "llm",
        "goose",
        "mcp",
    ] {
        assert!(tools.contains(&tool), "{tool}");
    }
    for tool in tools {
        let shown = home.json(&["connect", tool]);
        let text = shown["text"].as_str().unwrap();
        assert!(text.contains(&base), "{tool}: {text}");
        let names_it = text.contains("parrot") || ["open-webui", "mcp"].contains(&tool);
        assert!(names_it, "{tool}: {text}");
        assert_eq!(shown["key"], Value::Null, "{tool}: a key only when asked");
    }
    assert_eq!(home.json(&["key", "list"]).as_array().unwrap().len(), 1);
    let shown = home.json(&["connect", "curl", "--key", "for curl", "--agent", "parrot"]);
    let secret = shown["key"].as_str().unwrap();
    assert!(shown["text"].as_str().unwrap().contains(secret));
    let models = serve.get(secret, "/v1/models");
    assert_eq!(models.status, 200, "the key is real");
    home.run(&["connect", "teapot"])
        .failed_with_hint("invalid_request");
    home.run(&["connect", "cline", "--write", "--key", "x"])
        .failed_with_hint("invalid_request");
    home.run(&["connect", "curl", "--agent", "nobody"])
        .failed_with_hint("model_not_found");
    assert_eq!(
        home.json(&["key", "list"]).as_array().unwrap().len(),
        2,
        "no key for what failed"
    );
}

#[test]
fn connect_writes_a_tools_file_and_keeps_the_old_one() {
    let user = tempfile::tempdir().unwrap();
    let home = Home::new("memory")
        .with("HOME", user.path().to_str().unwrap())
        .with("XDG_CONFIG_HOME", user.path().join(".config").to_str().unwrap())
        .without("CODEX_HOME");
    let upstream = Upstream::start();
    home.prepare(&upstream.base_url);
    let read = |path: &str| std::fs::read_to_string(user.path().join(path)).unwrap();

    std::fs::create_dir_all(user.path().join(".codex")).unwrap();
    let mine = "# mine\nmodel = \"o\"\n";
    std::fs::write(user.path().join(".codex/config.toml"), mine).unwrap();
    let text = home.run(&["connect", "codex", "--write"]).ok().stdout;
    assert!(
        text.contains("+[model_providers.inglenook]"),
        "the change is shown: {text}"
    );
    let written = read(".codex/config.toml");
    assert!(
        written.starts_with(mine) && written.contains("http://127.0.0.1:4645/v1"),
        "{written}"
    );
    assert_eq!(read(".codex/config.toml.before-inglenook-1"), mine);
    let again = home.json(&["connect", "codex", "--write"]);
    assert_eq!(
        (&again["backup"], again["diff"].as_str()),
        (&Value::Null, Some("")),
        "twice is once"
    );

    let made = home.json(&["connect", "opencode", "--write", "--key", "opencode"]);
    let secret = made["key"].as_str().unwrap();
    let written: Value = serde_json::from_str(&read(".config/opencode/opencode.json")).unwrap();
    assert_eq!(written["provider"]["inglenook"]["options"]["apiKey"], secret);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(user.path().join(".config/opencode/opencode.json")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "there is a key in it");
    }
    for tool in ["zed", "aider", "claude-code", "continue", "llm", "goose"] {
        let made = home.json(&["connect", tool, "--write"]);
        let file = std::fs::read_to_string(made["file"].as_str().unwrap()).unwrap();
        assert!(
            file.contains("parrot") && file.contains("127.0.0.1:4645"),
            "{tool}: {file}"
        );
        let again = home.json(&["connect", tool, "--write"]);
        assert_eq!(again["diff"], "", "{tool}: twice is once");
    }

    std::fs::write(user.path().join(".claude/settings.json"), "{ not json").unwrap();
    let keys = home.json(&["key", "list"]).as_array().unwrap().len();
    home.run(&["connect", "claude-code", "--write", "--key", "lost"])
        .failed_with_hint("conflict");
    assert_eq!(read(".claude/settings.json"), "{ not json", "left as it was");
    assert_eq!(
        home.json(&["key", "list"]).as_array().unwrap().len(),
        keys,
        "and no key was made for it"
    );
}

#[test]
fn every_setting_is_shown_and_set() {
    for world in World::both() {
        let (home, way) = (&world.home, world.way());
        for name in ["keep_requests_days", "keep_calls_days"] {
            assert_eq!(home.json(&["config", "get", name]), Value::Null, "{way}");
            assert_eq!(home.json(&["config", "set", name, "90"])[name], 90, "{way}");
            assert_eq!(home.json(&["config", "get", name]), 90, "{way}");
            assert_eq!(
                home.json(&["config", "set", name, "0"])[name],
                Value::Null,
                "{way}"
            );
        }
        home.run(&["config", "set", "keep_calls_days", "7"])
            .failed_with_hint("invalid_request");
    }
}

#[test]
fn an_agent_says_when_its_conversations_are_summarised() {
    let (home, upstream) = (Home::new("memory"), Upstream::start());
    home.prepare(&upstream.base_url);
    let kept = home.json(&["agent", "show", "parrot"]);
    assert_eq!(kept.get("compaction"), None, "as everybody's: {kept}");
    let changed = home.json(&[
        "agent",
        "update",
        "parrot",
        "--compaction",
        "always",
        "--compaction-threshold",
        "50",
    ]);
    assert_eq!(changed["compaction"], json!({"mode": "always", "threshold": 50}));
    home.run(&["agent", "update", "parrot", "--compaction", "sometimes"])
        .misused();
    let refused = home.run(&["agent", "update", "parrot", "--compaction-threshold", "5"]);
    assert_eq!(refused.code, Some(1));
    let kept = home.json(&["agent", "show", "parrot"]);
    assert_eq!(kept["compaction"]["threshold"], 50, "{kept}");
}
