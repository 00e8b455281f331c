//! `POST /api/generate` (W-193, W-196).

use serde_json::json;

use super::world;
use crate::support::Reply;
use crate::support::canonical::ollama::{self, Route};

#[tokio::test(flavor = "multi_thread")]
async fn w_196_one_prompt_whole_and_streamed() {
    let (provider, app, key) = world().await;
    let mut body = json!({"model": "reviewer", "system": "Rhyme.", "prompt": "Write."});
    provider.will(Reply::stream(&["A ", "rose."]));
    let response = app.post("/api/generate", &key, &body).await;
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let seen = ollama::stream(&response.bytes().await.unwrap(), Route::Generate, "reviewer");
    assert_eq!(seen.only().text, "A rose.");
    assert_eq!(seen.usage, Some(json!([12000, 3000])));
    let said = provider.last().said();
    assert_eq!(said.last().unwrap(), &("user".to_owned(), "Write.".to_owned()));
    assert!(
        said.iter()
            .any(|(role, text)| role == "system" && text.contains("Rhyme.")),
        "{said:?}"
    );

    body["stream"] = json!(false);
    let response = app.post("/api/generate", &key, &body).await;
    let seen = ollama::whole(&response.bytes().await.unwrap(), Route::Generate, "reviewer");
    assert_eq!(seen.only().text, "ok");
    assert_eq!(app.ended_call().await.row.call.route, "POST /api/generate");
    app.finish().await;
}
