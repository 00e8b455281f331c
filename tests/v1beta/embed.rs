//! `:embedContent` and `:batchEmbedContents`.

use serde_json::{Value, json};

use super::{post, world};
use crate::support::Reply;
use crate::support::canonical::gemini;

#[tokio::test(flavor = "multi_thread")]
async fn contents_become_vectors_one_or_many() {
    let (provider, app, key) = world().await;
    let content = |text: &str| json!({"model": "models/reviewer", "content": {"parts": [{"text": text}]}, "outputDimensionality": 2});
    let vector =
        |index: u32, first: f64| json!({"object": "embedding", "index": index, "embedding": [first, 0.1]});
    let list = |data: Value| Reply::json(200, &json!({"object": "list", "model": "m", "data": data}));
    provider.will(list(json!([vector(0, 0.5)])));
    let response = post(&app, &key, "/v1beta/models/reviewer:embedContent", &content("a")).await;
    assert_eq!(response.status(), 200);
    let told: Value = response.json().await.unwrap();
    assert_eq!(told, json!({"embedding": {"values": [0.5, 0.1]}}));

    provider.will(list(json!([vector(1, 0.25), vector(0, 0.5)])));
    let batch = json!({"requests": [content("a"), content("b")]});
    let response = post(&app, &key, "/v1/models/reviewer:batchEmbedContents", &batch).await;
    let told: Value = response.json().await.unwrap();
    assert_eq!(
        told,
        json!({"embeddings": [{"values": [0.5, 0.1]}, {"values": [0.25, 0.1]}]})
    );
    let sent = provider.last().json();
    assert_eq!(
        (&sent["input"], &sent["dimensions"]),
        (&json!(["a", "b"]), &json!(2))
    );
    let call = app.ended_call().await.row.call;
    assert_eq!(call.route, "POST /v1beta/models/{id}:batchEmbedContents");
    assert_eq!(call.wire, Some(domain::Wire::Gemini));

    for (path, body, status) in [
        ("/v1beta/models/nobody:embedContent", content("a"), 404),
        ("/v1beta/models/reviewer:embedContent", json!({}), 400),
        (
            "/v1beta/models/reviewer:batchEmbedContents",
            json!({"requests": []}),
            400,
        ),
    ] {
        let response = post(&app, &key, path, &body).await;
        assert_eq!(response.status(), status, "{path}");
        gemini::error(&response.bytes().await.unwrap());
    }
    assert_eq!(provider.asked().len(), 2);
    app.finish().await;
}
