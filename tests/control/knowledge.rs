//! Collections of files: read, found, cited, followed when they change, and survived when they are hostile.

mod citing;
mod files;
mod hostile;
mod many;

use std::path::Path;
use std::time::Duration;

use gateway::control::{CollectionView, DocumentView, KnowledgeStatus, PassageView};
use serde_json::{Value, json};

use crate::support::{Provider, Reply, TestApp, eventually};

async fn add(app: &TestApp, name: &str, paths: &[&Path]) -> CollectionView {
    app.ask("knowledge.add", json!({"name": name, "paths": paths}))
        .await
}

async fn status(app: &TestApp, name: &str) -> KnowledgeStatus {
    app.ask("knowledge.status", json!({"name": name})).await
}

/// How it stands once it is read, however busy the machine is.
async fn read(app: &TestApp, name: &str) -> KnowledgeStatus {
    for _ in 0..6_000 {
        let status = status(app, name).await;
        if !status.view.looking && status.view.looked_at.is_some() {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{name} is not read");
}

async fn search(app: &TestApp, name: &str, text: &str) -> Vec<PassageView> {
    app.ask("knowledge.search", json!({"names": [name], "text": text}))
        .await
}

async fn found_in(app: &TestApp, name: &str, text: &str) -> Vec<String> {
    let found = search(app, name, text).await;
    found.into_iter().map(|passage| passage.name).collect()
}

const GUIDE: &str = "# Guide\n\nThe tea house.\n\n## Brewing\n\nBoil the water.\nSteep for three minutes.\n\n## Serving\n\nUse the blue cups.\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_citation_opens_the_lines_that_say_it() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guide.md"), GUIDE).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    std::fs::write(folder.path().join("src/pot.rs"), "fn main() {\n    steam();\n}\n").unwrap();
    add(&app, "tea", &[folder.path()]).await;
    let status = read(&app, "tea").await;
    assert_eq!((status.view.files, status.view.failed), (2, 0), "{status:?}");
    assert!(status.view.embedding_model.is_none() && status.view.watched);

    let found = search(&app, "tea", "How long does it steep?").await;
    assert_eq!(found[0].citation, "guide.md:5-8");
    assert_eq!(found[0].heading, "Guide › Brewing");
    let lines: Vec<&str> = GUIDE.lines().collect();
    let place = found[0].place;
    let (first, last) = (place.first_line as usize, place.last_line as usize);
    assert!(lines[first - 1..last].contains(&"Steep for three minutes."));
    let opened: DocumentView = app
        .ask(
            "knowledge.document",
            json!({"names": ["tea"], "citation": found[0].citation}),
        )
        .await;
    assert!(opened.path.ends_with("guide.md"));
    assert_eq!(opened.place.unwrap(), place);
    assert!(opened.passages.iter().any(|passage| passage.place == place));
    assert!(
        opened
            .passages
            .iter()
            .any(|passage| passage.text.contains("blue cups"))
    );
    assert_eq!(found_in(&app, "tea", "steam").await, ["src/pot.rs"]);
    let none = json!({"names": ["tea"], "citation": "nothing.md:1-2"});
    assert_eq!(
        app.refused("knowledge.document", none).await,
        domain::FailureKind::NotFound
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_found_and_what_is_deleted_is_not() {
    let mut app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.txt");
    std::fs::write(&file, "The meeting is on Monday.").unwrap();
    std::fs::write(folder.path().join("other.txt"), "Nothing of note.").unwrap();
    add(&app, "plans", &[folder.path()]).await;
    read(&app, "plans").await;
    assert_eq!(found_in(&app, "plans", "Monday").await, ["plan.txt"]);

    std::fs::write(&file, "The meeting is on Thursday.").unwrap();
    eventually("the new text", async || {
        (found_in(&app, "plans", "Thursday").await == ["plan.txt"]).then_some(())
    })
    .await;
    assert!(found_in(&app, "plans", "Monday").await.is_empty());
    std::fs::create_dir(folder.path().join("new")).unwrap();
    std::fs::write(folder.path().join("new/more.txt"), "A wholly new saffron.").unwrap();
    eventually("the new file", async || {
        (found_in(&app, "plans", "saffron").await == ["new/more.txt"]).then_some(())
    })
    .await;
    std::fs::remove_file(&file).unwrap();
    eventually("the end of the old one", async || {
        found_in(&app, "plans", "Thursday").await.is_empty().then_some(())
    })
    .await;

    // what changes while the app is away is found at its next start
    app.stop().await;
    std::fs::write(folder.path().join("other.txt"), "It is about cardamom now.").unwrap();
    app.start_again().await;
    eventually("what changed meanwhile", async || {
        (found_in(&app, "plans", "cardamom").await == ["other.txt"]).then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unchanged_is_not_read_again() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    for n in 0..5 {
        let path = folder.path().join(format!("{n}.txt"));
        std::fs::write(&path, format!("number {n}")).unwrap();
        std::fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(old)
            .unwrap();
    }
    add(&app, "numbers", &[folder.path()]).await;
    assert_eq!(read(&app, "numbers").await.view.of, 5);
    let _begun: CollectionView = app.ask("knowledge.rescan", json!({"name": "numbers"})).await;
    assert_eq!(read(&app, "numbers").await.view.of, 0);
    std::fs::write(folder.path().join("3.txt"), "another three").unwrap();
    let _begun: CollectionView = app.ask("knowledge.rescan", json!({"name": "numbers"})).await;
    eventually("the one that changed", async || {
        (found_in(&app, "numbers", "another").await == ["3.txt"]).then_some(())
    })
    .await;
    assert!(read(&app, "numbers").await.view.of <= 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collection_is_removed_and_the_files_stay() {
    let app = TestApp::start().await;
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(one.path().join("a.txt"), "apricots").unwrap();
    std::fs::write(two.path().join("b.txt"), "blackberries").unwrap();
    let view = add(&app, "fruit", &[one.path(), two.path()]).await;
    read(&app, "fruit").await;
    let args = json!({"name": "fruit", "path": view.collection.roots[0]});
    let _gone: Value = app.ask("knowledge.remove", args).await;
    eventually("the folder's end", async || {
        found_in(&app, "fruit", "apricots blackberries")
            .await
            .eq(&["b.txt"])
            .then_some(())
    })
    .await;
    let _gone: Value = app.ask("knowledge.remove", json!({"name": "fruit"})).await;
    assert_eq!(
        app.refused("knowledge.status", json!({"name": "fruit"})).await,
        domain::FailureKind::NotFound
    );
    eventually("nothing of it left", async || {
        (!app.disk_rows("passages", "true")).then_some(())
    })
    .await;
    assert!(one.path().join("a.txt").exists() && two.path().join("b.txt").exists());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_collection_is_refused() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let own = app.data_dir();
    for paths in [
        json!([]),
        json!(["relative"]),
        json!(["/nowhere/at/all"]),
        json!([own]),
    ] {
        let args = json!({"name": "bad", "paths": paths});
        assert_eq!(
            app.refused("knowledge.add", args).await,
            domain::FailureKind::InvalidRequest,
            "{paths}"
        );
    }
    let mut agent = crate::support::app::draft("clerk", "mock/m", "");
    agent["knowledge"] = json!(["nowhere"]);
    assert_eq!(
        app.refused("agent.create", agent).await,
        domain::FailureKind::InvalidRequest
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meaning_is_found_where_a_model_for_it_is_named() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    provider.embeds_drinks();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tea.txt"), "Green tea with lemon.").unwrap();
    std::fs::write(folder.path().join("printer.txt"), "The printer is upstairs.").unwrap();
    add(&app, "house", &[folder.path()]).await;
    read(&app, "house").await;
    assert!(
        found_in(&app, "house", "Which beverage?").await.is_empty(),
        "by words alone"
    );
    let _settings: Value = app
        .ask("settings.set", json!({"embedding_model": "mock/e"}))
        .await;
    let _begun: CollectionView = app.ask("knowledge.rescan", json!({"name": "house"})).await;
    eventually("the vectors", async || {
        (status(&app, "house").await.view.embedded == 2).then_some(())
    })
    .await;
    assert_eq!(found_in(&app, "house", "Which beverage?").await[0], "tea.txt");
    // what both find best comes first
    assert_eq!(
        found_in(&app, "house", "beverage tea lemon printer").await[0],
        "tea.txt"
    );
    let embedded = app.calls().await;
    assert!(
        embedded
            .iter()
            .any(|call| call.call.route == "embedding" && call.usage.is_some())
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_is_told_and_words_go_on() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    provider.always(Reply::refusal(500, "down", "down"));
    let _settings: Value = app
        .ask("settings.set", json!({"embedding_model": "mock/e"}))
        .await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tea.txt"), "Green tea with lemon.").unwrap();
    add(&app, "house", &[folder.path()]).await;
    let status = read(&app, "house").await;
    assert!(status.view.unembedded.is_some(), "{status:?}");
    assert_eq!(found_in(&app, "house", "lemon").await, ["tea.txt"]);
    app.finish().await;
}
