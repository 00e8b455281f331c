//! SEC-05: what is reachable over TCP is this list and nothing that manages the app.

use super::{CHAT, send};
use crate::support::{Provider, TestApp};

const ROUTES: &str = "\
GET,HEAD / public
GET,HEAD /health public
GET,HEAD /health/ public
GET,HEAD /openapi.json public
GET,HEAD /openapi.json/ public
POST /v1/chat/completions
POST /chat/completions
POST /v1/v1/chat/completions
POST /v1/chat/completions/
POST /chat/completions/
POST /v1/v1/chat/completions/
POST /v1/completions
POST /completions
POST /v1/v1/completions
POST /v1/completions/
POST /completions/
POST /v1/v1/completions/
POST /v1/embeddings
POST /embeddings
POST /v1/v1/embeddings
POST /v1/embeddings/
POST /embeddings/
POST /v1/v1/embeddings/
POST /v1/messages
POST /messages
POST /v1/v1/messages
POST /v1/messages/
POST /messages/
POST /v1/v1/messages/
POST /v1/messages/count_tokens
POST /messages/count_tokens
POST /v1/v1/messages/count_tokens
POST /v1/messages/count_tokens/
POST /messages/count_tokens/
POST /v1/v1/messages/count_tokens/
GET,HEAD,POST /v1/responses
GET,HEAD,POST /responses
GET,HEAD,POST /v1/v1/responses
GET,HEAD,POST /v1/responses/
GET,HEAD,POST /responses/
GET,HEAD,POST /v1/v1/responses/
POST /v1/responses/compact
POST /responses/compact
POST /v1/v1/responses/compact
POST /v1/responses/compact/
POST /responses/compact/
POST /v1/v1/responses/compact/
POST /v1/responses/input_tokens
POST /responses/input_tokens
POST /v1/v1/responses/input_tokens
POST /v1/responses/input_tokens/
POST /responses/input_tokens/
POST /v1/v1/responses/input_tokens/
GET,HEAD,DELETE /v1/responses/{id}
GET,HEAD,DELETE /responses/{id}
GET,HEAD,DELETE /v1/v1/responses/{id}
GET,HEAD,DELETE /v1/responses/{id}/
GET,HEAD,DELETE /responses/{id}/
GET,HEAD,DELETE /v1/v1/responses/{id}/
POST /v1/responses/{id}/cancel
POST /responses/{id}/cancel
POST /v1/v1/responses/{id}/cancel
POST /v1/responses/{id}/cancel/
POST /responses/{id}/cancel/
POST /v1/v1/responses/{id}/cancel/
GET,HEAD /v1/responses/{id}/input_items
GET,HEAD /responses/{id}/input_items
GET,HEAD /v1/v1/responses/{id}/input_items
GET,HEAD /v1/responses/{id}/input_items/
GET,HEAD /responses/{id}/input_items/
GET,HEAD /v1/v1/responses/{id}/input_items/
GET,HEAD /v1/models
GET,HEAD /models
GET,HEAD /v1/v1/models
GET,HEAD /v1/models/
GET,HEAD /models/
GET,HEAD /v1/v1/models/
GET,HEAD,DELETE,POST /v1/models/{*model}
GET,HEAD,DELETE,POST /models/{*model}
GET,HEAD,DELETE,POST /v1/v1/models/{*model}
GET,HEAD /v1/key
GET,HEAD /key
GET,HEAD /v1/v1/key
GET,HEAD /v1/key/
GET,HEAD /key/
GET,HEAD /v1/v1/key/
POST /v2/chats/openai
POST /v2/chats/openai/
POST /v1/agents/{id}/chat
POST /agents/{id}/chat
POST /v1/v1/agents/{id}/chat
POST /v1/agents/{id}/chat/
POST /agents/{id}/chat/
POST /v1/v1/agents/{id}/chat/
POST /api/agents/{id}/openai/chat/completions
POST /api/agents/{id}/openai/chat/completions/
GET,HEAD /api/agents/{id}
GET,HEAD /api/agents/{id}/
POST /api/v1/chat/completions
POST /api/v1/chat/completions/
GET,HEAD /api/v1/chat/models
GET,HEAD /api/v1/chat/models/
GET,HEAD /v1beta/models
GET,HEAD /v1/v1beta/models
GET,HEAD /v1beta/v1beta/models
GET,HEAD /v1beta/v1/models
GET,HEAD /v1beta/models/
GET,HEAD /v1/v1beta/models/
GET,HEAD /v1beta/v1beta/models/
GET,HEAD /v1beta/v1/models/
GET,HEAD,POST /v1beta/models/{*model}
GET,HEAD,POST /v1/v1beta/models/{*model}
GET,HEAD,POST /v1beta/v1beta/models/{*model}
GET,HEAD,POST /v1beta/v1/models/{*model}
GET,HEAD /api/version
GET,HEAD /api/version/
GET,HEAD /api/tags
GET,HEAD /api/tags/
GET,HEAD /api/ps
GET,HEAD /api/ps/
POST /api/show
POST /api/show/
POST /api/chat
POST /api/chat/
POST /api/generate
POST /api/generate/
POST /api/embed
POST /api/embed/
POST /api/embeddings
POST /api/embeddings/
POST /api/pull
POST /api/pull/
POST /api/push
POST /api/push/
POST /api/create
POST /api/create/
POST /api/copy
POST /api/copy/
DELETE /api/delete
DELETE /api/delete/
GET,HEAD,POST,DELETE /mcp
GET,HEAD,POST,DELETE /mcp/
";

#[test]
fn the_routes_are_these() {
    let text: String = gateway::http::routes()
        .iter()
        .map(|route| {
            let public = if route.public { " public" } else { "" };
            format!("{} {}{public}\n", route.methods.join(","), route.path)
        })
        .collect();
    assert_eq!(
        text, ROUTES,
        "a new route wants a look at its key, scope, caps and tests; then it goes into the list"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_manages_the_app_is_reachable() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = format!("Bearer {}", app.key().await);
    let headers = [
        ("Authorization", key.as_str()),
        ("Content-Type", "application/json"),
    ];
    for name in gateway::control::Command::NAMES {
        let body = format!(r#"{{"command":"{name}","args":{{}}}}"#);
        for path in ["", "/v1", "/api", "/control", "/rpc", "/ipc", "/admin"] {
            for line in [
                format!("POST {path}/{name}"),
                format!("POST {path}/{}", name.replace('.', "/")),
            ] {
                let answer = send(&app, &line, &headers, &body).await;
                assert_eq!(answer.status, 404, "{line}");
            }
        }
    }
    // where a route is, its body is not a command
    let body = r#"{"command":"key.create","args":{"name":"x"},"model":"reviewer","messages":[{"role":"user","content":"Hi"}]}"#;
    assert_eq!(
        send(&app, "POST /v1/chat/completions", &headers, body)
            .await
            .status,
        200
    );
    let keys: Vec<gateway::control::ClientKeyView> = app.ask("key.list", serde_json::json!({})).await;
    assert_eq!(keys.len(), 1);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_and_unknown_paths_are_told_in_the_clients_shape() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = format!("Bearer {}", app.key().await);
    let headers = [
        ("Authorization", key.as_str()),
        ("Content-Type", "application/json"),
    ];
    for (line, status, code) in [
        ("GET /v1/chat/completions", 405, "method_not_allowed"),
        ("PUT /v1/chat/completions", 405, "method_not_allowed"),
        ("DELETE /v1/models", 405, "method_not_allowed"),
        ("POST /health", 405, "method_not_allowed"),
        ("POST /v1/nothing", 404, "unknown_url"),
        ("GET /V1/MODELS", 404, "unknown_url"),
        ("GET /v1//models", 404, "unknown_url"),
        ("GET /v1/models/%ff", 400, "invalid_path"),
    ] {
        let answer = send(&app, line, &headers, CHAT).await;
        assert_eq!(answer.status, status, "{line}");
        assert_eq!(answer.json()["error"]["code"], code, "{line}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{line}");
    }
    assert!(provider.asked().is_empty());
    app.finish().await;
}
