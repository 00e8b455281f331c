//! Ten thousand files, and nobody waits for them.

use gateway::control::Notice;
use serde_json::json;

use super::{add, found_in, read, status};
use crate::support::{Provider, Reply, TestApp, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_files_keep_nobody_waiting() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    provider.always(Reply::text("Fine."));
    let key = app.key().await;
    let folder = tempfile::tempdir().unwrap();
    for n in 0..10_000 {
        let inside = folder.path().join(format!("{}", n % 100));
        if n < 100 {
            std::fs::create_dir(&inside).unwrap();
        }
        std::fs::write(
            inside.join(format!("{n}.md")),
            format!("# Note {n}\n\nIt is about topic{n}.\n"),
        )
        .unwrap();
    }
    let mut notices = app.engine().notices();
    add(&app, "notes", &[folder.path()]).await;
    // something is read, and much is not: a program asks just then
    eventually("the first files", async || {
        let status = status(&app, "notes").await;
        (status.view.files > 0).then_some(())
    })
    .await;
    let question = json!({"model": "reviewer", "messages": [{"role": "user", "content": "Hi"}]});
    let answer = app.chat(&key, &question).await;
    assert_eq!(answer.status(), 200);
    let then = status(&app, "notes").await;
    assert!(
        then.view.looking && then.view.files < 10_000,
        "it was read before anybody asked"
    );
    let done = read(&app, "notes").await;
    assert_eq!((done.view.files, done.view.failed), (10_000, 0));
    assert_eq!(found_in(&app, "notes", "topic7777").await, ["77/7777.md"]);
    let mut told = Vec::new();
    while let Ok(notice) = notices.try_recv() {
        if let Notice::Indexing { done, of, .. } = notice {
            told.push((done, of));
        }
    }
    assert!(told.len() > 10 && told.is_sorted(), "{told:?}");
    assert_eq!(told.last(), Some(&(10_000, 10_000)));
    app.finish().await;
}
