//! A citation opens the file that was read and no other, however many have its name.

use domain::FailureKind;
use gateway::control::{DocumentView, PassageView};
use serde_json::json;

use super::{add, read, search};
use crate::support::TestApp;

/// Folders with a `README.md` each, which says its own word.
fn folders(words: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    for (folder, word) in words {
        let folder = home.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("README.md"), format!("# Notes\n\nIt says {word}.\n")).unwrap();
    }
    home
}

async fn open(app: &TestApp, names: &[&str], citation: &str) -> DocumentView {
    app.ask(
        "knowledge.document",
        json!({"names": names, "citation": citation}),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_one_name_are_cited_with_the_folders_that_tell_them_apart() {
    let app = TestApp::start().await;
    let home = folders(&[
        ("tea", "saffron"),
        ("work/docs", "cardamom"),
        ("play/docs", "liquorice"),
    ]);
    let at = |folder: &str| home.path().join(folder);
    add(&app, "house", &[&at("tea"), &at("work/docs"), &at("play/docs")]).await;
    read(&app, "house").await;
    for (word, cited) in [
        ("saffron", "tea/README.md:1-3"),
        ("cardamom", "work/docs/README.md:1-3"),
        ("liquorice", "play/docs/README.md:1-3"),
    ] {
        let found = search(&app, "house", word).await;
        assert_eq!(found[0].citation, cited);
        let opened = open(&app, &["house"], cited).await;
        assert_eq!(opened.path, found[0].path);
        assert_eq!(opened.passages[0].citation, cited);
        assert!(opened.passages[0].text.contains(word), "{opened:?}");
    }
    // a name that several files have opens none of them
    for several in ["README.md:1-3", "README.md", "docs/README.md:1-3"] {
        let args = json!({"names": ["house"], "citation": several});
        let failure = app.run("knowledge.document", args).await.unwrap_err();
        assert_eq!(failure.kind(), FailureKind::InvalidRequest, "{several}");
        assert!(
            failure.hint().unwrap().contains("work/docs/README.md"),
            "{failure:?}"
        );
    }
    let nowhere = json!({"names": ["house"], "citation": "ork/docs/README.md:1-3"});
    assert_eq!(
        app.refused("knowledge.document", nowhere).await,
        FailureKind::NotFound,
        "half a folder's name is none"
    );
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_one_files_among_the_collections_that_are_asked() {
    let app = TestApp::start().await;
    let home = folders(&[("tea", "saffron"), ("tea/old", "nutmeg"), ("work", "cardamom")]);
    let at = |folder: &str| home.path().join(folder);
    add(&app, "kitchen", &[&at("tea")]).await;
    add(&app, "office", &[&at("work")]).await;
    // the same file again, under another name
    add(&app, "attic", &[&at("tea/old")]).await;
    for name in ["kitchen", "office", "attic"] {
        read(&app, name).await;
    }
    let found = search(&app, "kitchen", "saffron").await;
    assert_eq!(found[0].citation, "README.md:1-3", "alone in its collection");
    let everywhere: Vec<PassageView> = app.ask("knowledge.search", json!({"text": "saffron"})).await;
    assert_eq!(everywhere[0].citation, "tea/README.md:1-3");
    let opened = open(&app, &[], "tea/README.md:1-3").await;
    assert!(opened.passages[0].text.contains("saffron"));
    let twice: Vec<PassageView> = app
        .ask(
            "knowledge.search",
            json!({"names": ["kitchen", "attic"], "text": "nutmeg"}),
        )
        .await;
    assert_eq!(twice[0].citation, "old/README.md:1-3");
    assert!(twice.iter().all(|passage| passage.path == twice[0].path));
    let opened = open(&app, &["attic"], "old/README.md:1-3").await;
    assert!(opened.passages[0].text.contains("nutmeg"));
    app.finish().await;
}
