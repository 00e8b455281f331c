//! The data directory as a whole.

use domain::FailureKind;
use gateway::control::{Backup, DataExported, DataReport, Staged};
use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, TestApp};

async fn used() -> (Provider, TestApp, String) {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let said =
        json!({"model": "reviewer", "messages": [{"role": "user", "content": "Which builds failed?"}]});
    assert_eq!(app.chat(&key, &said).await.status(), 200);
    (provider, app, key)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_but_secrets() {
    let (_provider, app, key) = used().await;
    let draft = crate::support::app::draft("reviewer", "mock/m", "Be long.");
    let _saved: Value = app
        .ask("agent.draft_save", json!({"agent": "reviewer", "draft": draft}))
        .await;
    let exported: DataExported = app.ask("data.export", json!({})).await;
    let text = std::fs::read_to_string(&exported.path).unwrap();
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (rows.len() as u64, text.len() as u64),
        (exported.rows, exported.bytes)
    );
    for table in [
        "agents",
        "agent_revisions",
        "agent_drafts",
        "providers",
        "client_keys",
        "sessions",
        "messages",
        "calls",
        "entries",
    ] {
        assert!(rows.iter().any(|row| row["table"] == table), "{table}");
    }
    assert!(text.contains("Which builds failed?"));
    for secret in [CANARY, key.as_str(), "digest", "\"secrets\""] {
        assert!(!text.contains(secret), "{secret}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&exported.path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "for this user alone");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_deleted_at_the_next_start_and_not_before() {
    let (_provider, mut app, key) = used().await;
    let _backup: Backup = app.ask("backup.create", json!({})).await;
    let exported: DataExported = app.ask("data.export", json!({})).await;
    for wrong in ["", "yes", "delete"] {
        assert_eq!(
            app.refused("data.erase", json!({"confirm": wrong})).await,
            FailureKind::InvalidRequest
        );
    }
    let staged: Staged = app
        .ask("data.erase", json!({"confirm": "delete everything"}))
        .await;
    assert_eq!(staged, Staged::Erase);
    let report: DataReport = app.ask("data.report", json!({})).await;
    assert_eq!(
        (report.agents, report.calls, report.staged),
        (1, 1, Some(Staged::Erase))
    );
    assert!(report.database_bytes > 0 && report.backup_bytes > 0);

    // taken back
    let _nothing: Value = app.ask("data.keep", json!({})).await;
    app.restart().await;
    let kept: DataReport = app.ask("data.report", json!({})).await;
    assert_eq!((kept.agents, kept.messages, kept.staged), (1, 2, None));

    let _staged: Staged = app
        .ask("data.erase", json!({"confirm": "delete everything"}))
        .await;
    app.restart().await;
    let empty: DataReport = app.ask("data.report", json!({})).await;
    assert_eq!(
        (
            empty.agents,
            empty.sessions,
            empty.messages,
            empty.calls,
            empty.backup_bytes,
            empty.staged
        ),
        (0, 0, 0, 0, 0, None)
    );
    assert!(!exported.path.exists());
    assert_eq!(
        app.get("/v1/models", &key).await.status(),
        401,
        "keys are gone too"
    );
    app.restart().await;
    app.add_provider("mock", &Provider::start().await).await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_takes_the_place_at_the_next_start() {
    let (_provider, mut app, _key) = used().await;
    let backup: Backup = app.ask("backup.create", json!({})).await;
    app.add_agent("later", "mock/m", "").await;
    let staged: Staged = app
        .ask("data.restore", json!({"backup": backup.number.to_string()}))
        .await;
    assert_eq!(
        staged,
        Staged::Restore {
            backup: backup.path.clone()
        }
    );
    app.restart().await;
    let report: DataReport = app.ask("data.report", json!({})).await;
    assert_eq!(
        (report.agents, report.staged),
        (1, None),
        "the later agent is set aside"
    );

    assert_eq!(
        app.refused("data.restore", json!({"backup": "99"})).await,
        FailureKind::NotFound
    );
    // damaged between the staging and the start: said, and the next start works
    let _staged: Staged = app.ask("data.restore", json!({"backup": backup.path})).await;
    std::fs::write(&backup.path, "no database").unwrap();
    app.stop().await;
    assert_eq!(
        app.start_another().await.err().map(|failure| failure.kind()),
        Some(FailureKind::StorageFailed)
    );
    app.start_again().await;
    let report: DataReport = app.ask("data.report", json!({})).await;
    assert_eq!((report.agents, report.staged), (1, None), "as it was");
    std::fs::remove_file(&backup.path).unwrap();
    app.finish().await;
}
