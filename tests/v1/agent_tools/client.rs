//! A client of the Model Context Protocol that sends what a test says.

use domain::CallSource;
use gateway::control::CallView;
use serde_json::{Value, json};

use crate::support::TestApp;

/// A greeted client, in a session of the protocol.
pub struct Client<'a> {
    app: &'a TestApp,
    key: String,
    pub session: String,
    next: u64,
}

pub const VERSION: &str = "2025-06-18";

pub fn greeting() -> Value {
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}})
}

/// A request to `/mcp` as clients of the protocol send it.
pub fn posting(app: &TestApp, key: &str, body: &Value) -> reqwest::RequestBuilder {
    app.http()
        .post(app.url("/mcp"))
        .bearer_auth(key)
        .header("accept", "application/json, text/event-stream")
        .json(body)
}

/// The messages of a body, streamed or not.
pub fn messages(body: &str) -> Vec<Value> {
    if let Ok(one) = serde_json::from_str(body) {
        return vec![one];
    }
    let data = body.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok())
        .collect()
}

impl<'a> Client<'a> {
    pub async fn greet(app: &'a TestApp, key: &str) -> Self {
        let response = posting(app, key, &greeting()).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let session = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let told = messages(&response.text().await.unwrap());
        assert_eq!(told[0]["result"]["protocolVersion"], VERSION, "{told:?}");
        assert_eq!(told[0]["result"]["serverInfo"]["name"], "inglenook");
        let client = Self {
            app,
            key: key.to_owned(),
            session,
            next: 1,
        };
        let ready = client.notify("notifications/initialized", json!({})).await;
        assert_eq!(ready, 202);
        client
    }

    pub fn posting(&self, body: &Value) -> reqwest::RequestBuilder {
        posting(self.app, &self.key, body)
            .header("mcp-session-id", &self.session)
            .header("mcp-protocol-version", VERSION)
    }

    pub async fn notify(&self, method: &str, params: Value) -> u16 {
        let body = json!({"jsonrpc": "2.0", "method": method, "params": params});
        self.posting(&body).send().await.unwrap().status().as_u16()
    }

    /// A request with the id that the next answer has.
    pub fn request(&mut self, method: &str, params: Value) -> (u64, Value) {
        self.next += 1;
        let body = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        (self.next, body)
    }

    /// Everything that is told while a request is answered, the answer last.
    pub async fn hears(&mut self, method: &str, params: Value) -> Vec<Value> {
        let (id, body) = self.request(method, params);
        let response = self.posting(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{method}");
        let told = messages(&response.text().await.unwrap());
        let last = told.last().expect("an answer");
        assert_eq!(last["id"], json!(id), "{told:?}");
        told
    }

    /// The answer to a request, `result` and `error` as they came.
    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.hears(method, params).await.pop().unwrap()
    }

    /// The tools, by name.
    pub async fn tools(&mut self) -> Vec<Value> {
        let told = self.ask("tools/list", json!({})).await;
        told["result"]["tools"].as_array().unwrap().clone()
    }

    /// What a tool gave.
    pub async fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let params = json!({"name": tool, "arguments": arguments});
        let told = self.ask("tools/call", params).await;
        assert!(told["error"].is_null(), "{told}");
        told["result"].clone()
    }

    /// The same, said without more.
    pub async fn says(&mut self, tool: &str, message: &str) -> Value {
        self.call(tool, json!({"message": message})).await
    }
}

/// The newest call, which is this door's.
pub async fn recorded(app: &TestApp) -> CallView {
    let call = app.ended_call().await;
    assert_eq!(call.row.call.route, "POST /mcp");
    assert_eq!(call.row.call.wire, None);
    assert!(matches!(call.row.call.source, CallSource::Client { .. }));
    call
}
