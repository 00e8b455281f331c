//! Client keys: the secret is shown once.

use domain::FailureKind;
use gateway::control::{ClientKeyView, CreatedClientKey};
use serde_json::{Value, json};

use crate::support::{Provider, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_kept_nowhere() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let args = json!({"name": " editor ", "agents": ["reviewer"], "rpm": 30, "budgets": [{"cap": 1_000_000, "per": "month"}]});
    let made: CreatedClientKey = app.ask("key.create", args).await;
    assert!(
        made.secret.starts_with("sk-ink-") && made.secret.len() == 56,
        "{}",
        made.secret.len()
    );
    assert_eq!(made.key.key.name, "editor");
    assert!(made.secret.ends_with(&made.key.key.hint) && made.key.key.hint.len() == 4);
    assert_eq!(made.key.agent_slugs, ["reviewer"]);

    for (name, args) in [
        ("key.list", json!({})),
        ("key.get", json!({"key": "editor"})),
        ("key.get", json!({"key": made.id})),
        ("app.status", json!({})),
        ("app.doctor", json!({})),
    ] {
        let told = app.run(name, args).await.unwrap().to_string();
        assert!(
            !told.contains(&made.secret) && !told.contains(&made.secret[7..20]),
            "{name}"
        );
    }
    assert_eq!(
        app.chat(&made.secret, &crate::v1::hi("reviewer")).await.status(),
        200
    );
    let used: ClientKeyView = app.ask("key.get", json!({"key": "editor"})).await;
    assert!(used.key.last_used_at.is_some());

    let _gone: Value = app.ask("key.revoke", json!({"key": made.id})).await;
    let left: Vec<ClientKeyView> = app.ask("key.list", json!({})).await;
    assert!(left.is_empty());
    assert_eq!(
        app.chat(&made.secret, &crate::v1::hi("reviewer")).await.status(),
        401
    );
    assert_eq!(
        app.refused("key.revoke", json!({"key": "editor"})).await,
        FailureKind::NotFound
    );
    assert!(!app.disk_holds(&made.secret), "only its digest was ever kept");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_breaks_a_rule_is_not_made() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    for args in [
        json!({"name": " "}),
        json!({"name": "n".repeat(101)}),
        json!({"name": "x", "rpm": 0}),
        json!({"name": "x", "tpm": 0}),
        json!({"name": "x", "concurrency": 0}),
        json!({"name": "x", "origins": ["*"]}),
    ] {
        assert_eq!(
            app.refused("key.create", args.clone()).await,
            FailureKind::InvalidRequest,
            "{args}"
        );
    }
    for field in ["agents", "aliases"] {
        let nobody = if field == "agents" {
            json!(["nobody"])
        } else {
            json!([["gpt-4o", "nobody"]])
        };
        let args = json!({"name": "x", field: nobody});
        assert_eq!(
            app.refused("key.create", args).await,
            FailureKind::ModelNotFound,
            "{field}"
        );
    }
    let none: Vec<ClientKeyView> = app.ask("key.list", json!({})).await;
    assert!(none.is_empty());
    // two of one name: an id is needed to say which
    let _one = app.key_with(json!({"name": "twin"})).await;
    let _two = app.key_with(json!({"name": "twin"})).await;
    assert_eq!(
        app.refused("key.revoke", json!({"key": "twin"})).await,
        FailureKind::InvalidRequest
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_changes_and_the_rest_stays() {
    let provider = Provider::start().await;
    let mut app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let args = json!({"name": "editor", "icon": "🔧", "agents": ["reviewer"], "rpm": 30, "rph": 600, "rpd": 5_000,
        "budgets": [{"cap": 5, "per": "day"}, {"cap": 50, "per": "month"}], "session_budget": 1,
        "default_agent": "reviewer", "catch_all": "reviewer", "aliases": [["gpt-4o", "reviewer"]],
        "origins": ["http://localhost:3000"], "expires_in": 60});
    let secret = app.key_with(args).await;
    let before: ClientKeyView = app.ask("key.get", json!({"key": "editor"})).await;
    let same: ClientKeyView = app.ask("key.update", json!({"key": "editor"})).await;
    assert_eq!(same, before, "nothing was named");

    let changes = json!({"key": "editor", "name": "pen", "icon": "", "agents": [], "raw_models": true, "rpm": 0, "rph": 60,
        "budgets": [{"cap": 7, "per": "week"}], "session_budget": -1, "default_agent": "", "catch_all": "other",
        "aliases": [], "origins": [], "expires_in": 0, "store": "none"});
    let changed: ClientKeyView = app.ask("key.update", changes).await;
    let key = &changed.key;
    assert_eq!(
        (key.name.as_str(), &key.icon, key.raw_models),
        ("pen", &None, true)
    );
    assert_eq!(
        (key.rates.rpm, key.rates.rph, key.rates.rpd),
        (None, Some(60), Some(5_000))
    );
    assert_eq!(
        (key.budgets.len(), key.session_budget, key.expires_at),
        (1, None, None)
    );
    assert!(key.agents.is_empty() && key.aliases.is_empty() && key.origins.is_empty());
    assert!(key.default_agent.is_none() && key.catch_all.is_some());
    assert_eq!(key.store, domain::StorePolicy::None);
    assert_eq!(changed.standing.len(), 1);
    app.restart().await;
    let kept: ClientKeyView = app.ask("key.get", json!({"key": "pen"})).await;
    assert_eq!(kept, changed);
    assert_eq!(
        app.get("/v1/models", &secret).await.status(),
        200,
        "its secret stays"
    );

    for (wrong, kind) in [
        (json!({"key": "editor"}), FailureKind::NotFound),
        (json!({"key": "pen", "name": ""}), FailureKind::InvalidRequest),
        (
            json!({"key": "pen", "icon": "far too long for an icon of a key"}),
            FailureKind::InvalidRequest,
        ),
        (
            json!({"key": "pen", "agents": ["nobody"]}),
            FailureKind::ModelNotFound,
        ),
        (
            json!({"key": "pen", "budgets": [{"cap": -1, "per": "day"}]}),
            FailureKind::InvalidRequest,
        ),
        (
            json!({"key": "pen", "budgets": [{"cap": 1, "per": "day"}, {"cap": 2, "per": "day"}]}),
            FailureKind::InvalidRequest,
        ),
        (
            json!({"key": "pen", "origins": ["https://*.example.com"]}),
            FailureKind::InvalidRequest,
        ),
    ] {
        assert_eq!(app.refused("key.update", wrong.clone()).await, kind, "{wrong}");
    }
    let after: ClientKeyView = app.ask("key.get", json!({"key": "pen"})).await;
    assert_eq!(after.key.name, "pen", "and nothing of those happened");
    let _gone: Value = app.ask("key.revoke", json!({"key": "pen"})).await;
    assert_eq!(
        app.refused("key.update", json!({"key": after.key.id, "name": "back"}))
            .await,
        FailureKind::NotFound,
        "a revoked key stays revoked"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_an_agent_of_its_own_for_calls_that_name_none() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    app.add_agent("other", "mock/m", "").await;
    let _set: Value = app
        .ask("settings.set", json!({"default_agent": "reviewer"}))
        .await;
    let key = app.key_with(json!({"name": "k", "default_agent": "other"})).await;
    let mut body = crate::v1::hi("x");
    body.as_object_mut().unwrap().remove("model");
    assert_eq!(app.chat(&key, &body).await.status(), 200);
    assert_eq!(app.newest_call().await.row.agent_slug.as_deref(), Some("other"));
    assert_eq!(
        app.chat(&key, &crate::v1::hi("gpt-9")).await.status(),
        404,
        "the catch-all is off where nobody switched it on"
    );
    app.finish().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_that_used_a_key_is_told() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    assert_eq!(app.get("/v1/models", &key).await.status(), 200);
    let ours = std::fs::read_to_string("/proc/self/comm").unwrap();
    let told = eventually("the program's name", async || {
        let view: ClientKeyView = app.ask("key.get", json!({"key": "test"})).await;
        view.key.last_used_by
    })
    .await;
    assert_eq!(told, ours.trim(), "this test is the program");
    app.finish().await;
}

/// What a page could be let in as by mistake: everything around a good origin that is not it.
fn odd_origins() -> Vec<String> {
    let good = [
        "https://app.example.com",
        "http://localhost:3000",
        "http://[::1]:8080",
        "chrome-extension://abcdef",
    ];
    let mut odd: Vec<String> = [
        "",
        "*",
        "null",
        "https",
        "https:",
        "https:/",
        "https://",
        "://",
        "//app.example.com",
        "app.example.com",
        "chrome-extension://",
        "chrome-extension://*",
        "moz-extension://*",
        "*://app.example.com",
        "https://*",
        "https://*.example.com",
        "https://app.*",
        "http://localhost:*",
        "file://",
        "file:///",
        "file://localhost",
        "https://app.example.com:443",
        "http://localhost:80",
        "http://localhost:65536",
        "http://localhost:",
        "http://127.1",
        "http://0x7f.0.0.1",
        "http://2130706433",
        "http://[::0001]:1",
        "HTTPS://app.example.com",
        "https://App.example.com",
        "https://app.example.com.",
        "https://ex ample.com",
        "https://user@app.example.com",
        "https://app.example.com@evil",
        "data:text/html",
        "javascript://x",
        "blob:https://app.example.com",
        "about:blank",
        "ws://localhost:3000",
        "https://..",
        "tauri://",
        "tauri://a/b",
        "tauri://a:1",
        "1app://x",
        "-app://x",
        "app+x://y",
        "vscode-webview://",
        "https://exämple.com",
        "https://%61.com",
    ]
    .map(str::to_owned)
    .into();
    for origin in good {
        for at in 0..=origin.len() {
            for added in [
                "*", " ", "/", "?", "#", "@", "\\", ",", "\t", "\0", "%", "X", "é", ";", "|", "'", "\"", "<",
            ] {
                odd.push(format!("{}{added}{}", &origin[..at], &origin[at..]));
            }
        }
        odd.push(format!("{origin}/"));
        odd.push(format!("{origin} {origin}"));
        odd.push(format!("{origin},{origin}"));
        odd.push(origin.to_uppercase());
    }
    odd
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_08_an_entry_is_exactly_one_serialised_origin() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let odd = odd_origins();
    assert!(odd.len() > 1_500, "{}", odd.len());
    for origin in &odd {
        assert_eq!(
            app.refused("key.create", json!({"name": "x", "origins": [origin]}))
                .await,
            FailureKind::InvalidRequest,
            "{origin:?}"
        );
    }
    let fine = [
        "https://app.example.com",
        "https://app.example.com:8443",
        "http://localhost:3000",
        "http://localhost",
        "http://127.0.0.1:5173",
        "http://[::1]:8080",
        "https://xn--exmple-cua.com",
        "tauri://localhost",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
        "app://obsidian.md",
        "moz-extension://0f0f0f0f-0000-4000-8000-000000000000",
    ];
    for origin in fine {
        let key = app.key_with(json!({"name": origin, "origins": [origin]})).await;
        let page = async |from: &str| {
            let asked = app
                .http()
                .get(app.url("/v1/models"))
                .bearer_auth(&key)
                .header("origin", from);
            asked.send().await.unwrap().status().as_u16()
        };
        assert_eq!(page(origin).await, 200, "{origin}");
        for near in [
            format!("{origin}/"),
            format!("{origin}.evil"),
            format!("{origin}0"),
            origin.to_uppercase(),
            origin[..origin.len() - 1].to_owned(),
            format!("x{origin}"),
            "null".to_owned(),
        ] {
            assert_eq!(page(&near).await, 403, "{near} is not {origin}");
        }
        let _gone: Value = app.ask("key.revoke", json!({"key": origin})).await;
        assert_eq!(page(origin).await, 403, "and is none any more");
    }
    app.finish().await;
}
