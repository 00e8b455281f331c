//! Settings.

use domain::FailureKind;
use gateway::control::{Language, Notifications, Settings, Theme};
use serde_json::json;

use crate::support::{Provider, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_changes_and_the_rest_stays() {
    let provider = Provider::start().await;
    let mut app = TestApp::with_agent(&provider).await;
    let fresh: Settings = app.ask("settings.get", json!({})).await;
    assert_eq!(fresh, Settings::default());

    let set: Settings = app
        .ask(
            "settings.set",
            json!({"theme": "dark", "language": "ja", "default_agent": "reviewer"}),
        )
        .await;
    assert_eq!((set.theme, set.language), (Theme::Dark, Language::Ja));
    assert!(
        set.default_agent
            .as_deref()
            .is_some_and(|id| id.starts_with("ag_")),
        "kept by id: {set:?}"
    );
    let port = app.port();
    let set: Settings = app.ask("settings.set", json!({ "port": port })).await;
    assert_eq!((set.port, set.theme), (Some(port), Theme::Dark));
    assert_eq!(
        app.refused("settings.set", json!({"port": 0})).await,
        FailureKind::InvalidRequest
    );
    assert_eq!(
        app.refused("settings.set", json!({"default_agent": "nobody"}))
            .await,
        FailureKind::ModelNotFound
    );

    assert_eq!(
        (set.notifications, set.start_at_login),
        (Notifications::On, false)
    );
    let set: Settings = app
        .ask(
            "settings.set",
            json!({"notifications": "off", "start_at_login": true}),
        )
        .await;
    assert_eq!(
        (set.notifications, set.start_at_login),
        (Notifications::Off, true)
    );

    app.restart().await;
    let kept: Settings = app.ask("settings.get", json!({})).await;
    assert_eq!(kept, set, "they survive a restart");
    let none: Settings = app.ask("settings.set", json!({"default_agent": ""})).await;
    assert_eq!(none.default_agent, None);
    app.finish().await;
}
