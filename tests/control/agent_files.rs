//! Several agents' files at once: all of them or none.

use domain::{Agent, AgentDraft, FailureKind};
use gateway::control::{AgentFile, AgentImport, AgentsImported};
use serde_json::{Value, json};

use crate::support::{Provider, TestApp};

fn file(name: &str, slug: &str, instructions: &str) -> Value {
    let text = format!(
        "slug = \"{slug}\"\nname = \"{slug}\"\ntarget = \"mock/m\"\ninstructions = \"{instructions}\"\n"
    );
    json!({"name": name, "text": text})
}

async fn world() -> (Provider, TestApp) {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    app.add_provider("mock", &provider).await;
    (provider, app)
}

async fn import(app: &TestApp, files: &[Value], existing: &str, dry_run: bool) -> AgentsImported {
    let args = json!({"files": files, "existing": existing, "dry_run": dry_run});
    app.ask("agent.import", args).await
}

async fn all(app: &TestApp) -> Vec<(String, u32, String)> {
    let all: Vec<Agent> = app.ask("agent.list", json!({})).await;
    let told = |agent: Agent| {
        (
            agent.draft.slug.to_string(),
            agent.revision,
            agent.draft.instructions,
        )
    };
    all.into_iter().map(told).collect()
}

fn becomes(imported: &AgentsImported) -> Vec<AgentImport> {
    imported.files.iter().map(|one| one.becomes).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_file_keeps_all_from_being_written() {
    let (_provider, app) = world().await;
    let nowhere = "slug = \"lost\"\nname = \"lost\"\ntarget = \"nowhere/m\"\n";
    let files = [
        file("a.toml", "a", "A."),
        json!({"name": "b.toml", "text": "name = 7"}),
        json!({"name": "c.toml", "text": nowhere}),
        file("d.toml", "a", "Again."),
    ];
    let imported = import(&app, &files, "update", false).await;
    assert!(!imported.written);
    use AgentImport as I;
    assert_eq!(becomes(&imported), [I::Created, I::Failed, I::Failed, I::Failed]);
    let why = |at: usize| imported.files[at].failure.clone().unwrap();
    assert!(why(2).message.contains("nowhere"), "{:?}", why(2));
    assert_eq!(why(3).kind, FailureKind::Conflict);
    assert!(why(3).message.contains("a.toml"), "{:?}", why(3));
    assert!(all(&app).await.is_empty());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_that_are_there_are_skipped_or_changed_or_keep_all_out() {
    let (_provider, app) = world().await;
    app.add_agent("a", "mock/m", "Old.").await;
    app.add_agent("same", "mock/m", "Same.").await;
    let files = [
        file("a.toml", "a", "New."),
        file("b.toml", "b", "B."),
        file("same.toml", "same", "Same."),
    ];
    use AgentImport as I;
    let before = all(&app).await;
    let refused = import(&app, &files, "fail", false).await;
    assert_eq!(becomes(&refused), [I::Failed, I::Created, I::Unchanged]);
    assert!(!refused.written);
    let dry = import(&app, &files, "update", true).await;
    assert_eq!(becomes(&dry), [I::Updated, I::Created, I::Unchanged]);
    assert_eq!(dry.files[0].revision, Some(2));
    assert!(!dry.written);
    assert_eq!(all(&app).await, before, "neither has written");

    let skipped = import(&app, &files, "skip", false).await;
    assert_eq!(becomes(&skipped), [I::Skipped, I::Created, I::Unchanged]);
    assert!(skipped.written);
    let told = |slug: &str, revision, text: &str| (slug.to_owned(), revision, text.to_owned());
    let [a, b, same] = [told("a", 1, "Old."), told("b", 1, "B."), told("same", 1, "Same.")];
    assert_eq!(all(&app).await, [a, b.clone(), same.clone()]);
    let updated = import(&app, &files, "update", false).await;
    assert_eq!(becomes(&updated), [I::Updated, I::Unchanged, I::Unchanged]);
    assert_eq!(all(&app).await, [told("a", 2, "New."), b, same]);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_exported_says_the_same_when_it_comes_back() {
    let (_provider, app) = world().await;
    app.add_agent("a", "mock/m", "A.").await;
    app.add_agent("b", "mock/m", "B.").await;
    let mut files = Vec::new();
    for slug in ["a", "b"] {
        let file: AgentFile = app.ask("agent.export", json!({"agent": slug})).await;
        files.push(serde_json::to_value(file).unwrap());
    }
    let back = import(&app, &files, "update", false).await;
    assert_eq!(becomes(&back), [AgentImport::Unchanged; 2]);
    let other = TestApp::start().await;
    let refused = import(&other, &files, "update", false).await;
    assert!(!refused.written, "there is no such provider");
    other.finish().await;
    let read: AgentDraft = app.ask("agent.read", json!({"text": files[0]["text"]})).await;
    assert_eq!(read.slug.as_str(), "a");
    app.finish().await;
}
