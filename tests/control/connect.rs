//! Pointing programs at the endpoint: what they have to be told, and their own files.

use domain::FailureKind;
use gateway::control::{ToolFile, ToolTexts};
use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

async fn with_home(home: &tempfile::TempDir) -> TestApp {
    let home = home.path().to_owned();
    TestApp::with(move |config| {
        config.folders.settings = Some(home.join(".config"));
        config.folders.home = Some(home);
    })
    .await
}

async fn add_agents(app: &TestApp, provider: &Provider) {
    app.add_provider("openai", provider).await;
    for slug in ["reviewer", "writer"] {
        app.add_agent(slug, "openai/gpt-4o", "You help.").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_has_the_real_address_the_agent_and_a_place_for_the_key() {
    let (provider, home) = (Provider::start().await, tempfile::tempdir().unwrap());
    let app = with_home(&home).await;
    assert_eq!(
        app.refused("connect.tools", json!({})).await,
        FailureKind::NotFound,
        "there is no agent yet"
    );
    add_agents(&app, &provider).await;
    let told: ToolTexts = app.ask("connect.tools", json!({"agent": "writer"})).await;
    assert_eq!((told.agent.as_str(), told.tools.len()), ("writer", 17));
    assert_eq!(told.base_url, app.url("/v1"));
    let root = app.url("");
    for tool in &told.tools {
        assert!(tool.text.contains(root.trim_end_matches('/')), "{tool:?}");
        let names = tool.text.contains("writer") || ["open-webui", "mcp"].contains(&tool.tool.as_str());
        assert!(names && !tool.text.contains("reviewer"), "{tool:?}");
        // Zed asks for it in its own window
        assert_eq!(tool.text.contains(&told.key), tool.tool != "zed", "{tool:?}");
    }
    let default: ToolTexts = app.ask("connect.tools", json!({})).await;
    let _set: Value = app.ask("settings.set", json!({"default_agent": "writer"})).await;
    let set: ToolTexts = app.ask("connect.tools", json!({})).await;
    assert_eq!(
        (default.agent.as_str(), set.agent.as_str()),
        ("reviewer", "writer")
    );
    assert_eq!(
        app.refused("connect.tools", json!({"agent": "nobody"})).await,
        FailureKind::ModelNotFound
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_written_as_it_was_shown_or_not_at_all() {
    let (provider, home) = (Provider::start().await, tempfile::tempdir().unwrap());
    let app = with_home(&home).await;
    add_agents(&app, &provider).await;
    let file = home.path().join(".codex/config.toml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mine = "# mine\nmodel = \"o\"\n";
    std::fs::write(&file, mine).unwrap();

    let seen: ToolFile = app.ask("connect.write", json!({"tool": "codex"})).await;
    assert!(seen.diff.contains("+[model_providers.inglenook]"), "{seen:?}");
    assert!(!seen.written && seen.backup.is_none(), "{seen:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mine, "only looked at");

    std::fs::write(&file, "# changed meanwhile\n").unwrap();
    let args = json!({"tool": "codex", "seen": seen.diff});
    assert_eq!(app.refused("connect.write", args).await, FailureKind::Conflict);
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "# changed meanwhile\n",
        "nobody saw this change"
    );

    let seen: ToolFile = app.ask("connect.write", json!({"tool": "codex"})).await;
    let args = json!({"tool": "codex", "seen": seen.diff});
    let done: ToolFile = app.ask("connect.write", args).await;
    assert!(done.written, "{done:?}");
    let backup = done.backup.unwrap();
    assert_eq!(std::fs::read_to_string(backup).unwrap(), "# changed meanwhile\n");
    let again: ToolFile = app.ask("connect.write", json!({"tool": "codex"})).await;
    assert_eq!(again.diff, "", "twice is once");

    let secret = app.key().await;
    let with_key = json!({"tool": "opencode", "agent": "writer", "key": secret});
    let seen: ToolFile = app.ask("connect.write", with_key.clone()).await;
    let mut args = with_key;
    args["seen"] = json!(seen.diff);
    let done: ToolFile = app.ask("connect.write", args).await;
    assert!(done.written && done.backup.is_none(), "there was none before");
    assert!(std::fs::read_to_string(&done.path).unwrap().contains(&secret));
    assert!(!app.disk_holds(&secret), "it is in that file and nowhere else");

    for (tool, kind) in [
        ("curl", FailureKind::InvalidRequest),
        ("teapot", FailureKind::InvalidRequest),
    ] {
        assert_eq!(
            app.refused("connect.write", json!({ "tool": tool })).await,
            kind,
            "{tool}"
        );
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_is_tried_before_it_is_kept() {
    let app = TestApp::start().await;
    let _own: Value = app.ask("endpoint.try_port", json!({"port": app.port()})).await;
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    assert_eq!(
        app.refused("endpoint.try_port", json!({ "port": port })).await,
        FailureKind::PortTaken
    );
    drop(other);
    let _free: Value = app.ask("endpoint.try_port", json!({ "port": port })).await;
    assert_eq!(
        app.refused("endpoint.try_port", json!({"port": 0})).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}
