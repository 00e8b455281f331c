//! SEC-17 over every route: whatever of another key's is named, and wherever, nothing of it comes back.
//!
//! The routes are the server's own list, so that a new one is either asked here or fails this test until it is.

use std::collections::BTreeSet;

use gateway::http::Route;
use serde_json::{Value, json};

use crate::support::{Provider, TestApp, eventually};

const SECRET: &str = "my secret plan";
/// What a stranger asks.
const ASKED: &str = "what did I say?";

/// What its owner has, and a stranger knows the names of.
struct Owned {
    app: TestApp,
    provider: Provider,
    owner: String,
    thief: String,
    session: String,
    window: String,
    response: String,
    call: String,
}

impl Owned {
    async fn world() -> Self {
        let provider = Provider::start().await;
        let app = TestApp::with_agent(&provider).await;
        let owner = app.key_with(json!({"name": "owner", "raw_models": true})).await;
        let thief = app.key_with(json!({"name": "thief", "raw_models": true})).await;
        let started: gateway::control::ChatStarted = app
            .ask("chat.send", json!({"agent": "reviewer", "text": SECRET}))
            .await;
        eventually("the window's answer", async || {
            let view = app.session(&started.session).await;
            let last = view.messages.last()?;
            (last.state == domain::MessageState::Complete && view.messages.len() == 2).then_some(())
        })
        .await;
        let mut chat = super::hi("reviewer");
        chat["messages"][0]["content"] = json!(SECRET);
        chat["session_id"] = json!("mine");
        let said = app.chat(&owner, &chat).await;
        let header = |name: &str| said.headers()[name].to_str().unwrap().to_owned();
        let (session, call) = (header("x-session-id"), header("x-request-id"));
        let _read = said.bytes().await.unwrap();
        let asked = json!({"model": "reviewer", "input": SECRET, "conversation": "talk"});
        let kept: Value = app
            .post("/v1/responses", &owner, &asked)
            .await
            .json()
            .await
            .unwrap();
        let response = kept["id"].as_str().unwrap().to_owned();
        eventually("the response to be kept", async || {
            let got = app.get(&format!("/v1/responses/{response}"), &owner).await;
            (got.status() == 200).then_some(())
        })
        .await;
        Self {
            app,
            provider,
            owner,
            thief,
            session,
            window: started.session.to_string(),
            response,
            call,
        }
    }

    /// Every name that something of the owner's or of the window's has.
    fn names(&self) -> [&str; 6] {
        [
            "mine",
            "talk",
            &self.session,
            &self.window,
            &self.response,
            &self.call,
        ]
    }

    /// How long the owner's conversations and the window's are.
    async fn lengths(&self) -> Vec<(String, usize)> {
        let mut lengths = Vec::new();
        for row in self.app.sessions().await {
            let view = self.app.session(&row.session.id).await;
            let text = serde_json::to_string(&view.messages).unwrap();
            if text.contains(SECRET) {
                lengths.push((row.session.id.to_string(), view.messages.len()));
            }
        }
        lengths.sort();
        lengths
    }
}

/// One request, and what became of it.
struct Probe<'p> {
    key: &'p str,
    method: &'p str,
    path: String,
    body: Option<Value>,
    headers: Vec<(&'p str, &'p str)>,
}

impl Probe<'_> {
    /// Its status, its headers and all it said.
    async fn send(&self, app: &TestApp) -> (u16, String, String) {
        let method = reqwest::Method::from_bytes(self.method.as_bytes()).unwrap();
        let mut request = app
            .http()
            .request(method, app.url(&self.path))
            .bearer_auth(self.key);
        for (name, value) in &self.headers {
            request = request.header(*name, *value);
        }
        if self.path.starts_with("/mcp") {
            request = request
                .header("accept", "application/json, text/event-stream")
                .header("mcp-protocol-version", NEWEST)
                .header("mcp-method", "tools/call")
                .header("mcp-name", "reviewer");
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = format!("{:?}", response.headers());
        (status, headers, response.text().await.unwrap())
    }
}

/// The protocol of `/mcp` that needs no session of its own.
const NEWEST: &str = "2026-07-28";

/// What is posted to a route: a request that it runs, or nothing that it would.
fn body(path: &str) -> Value {
    let said = json!([{"role": "user", "content": ASKED}]);
    let ends = |end: &str| path.ends_with(end);
    let agent = path.starts_with("/api/agents/");
    match () {
        () if agent => json!({"messages": said}),
        () if ends("/chat/completions") => json!({"model": "reviewer", "messages": said}),
        () if ends("/chats/openai") => json!({"agent_id": "reviewer", "messages": said}),
        () if path.contains("/agents/") && ends("/chat") => json!({"message": ASKED}),
        () if ends("/messages") || ends("/messages/count_tokens") => {
            json!({"model": "reviewer", "max_tokens": 9, "messages": said})
        }
        () if ends("/completions") => json!({"model": "reviewer", "prompt": ASKED}),
        () if ends("/embeddings") && path.starts_with("/api/") => {
            json!({"model": "reviewer", "prompt": ASKED})
        }
        () if ends("/embeddings") || ends("/api/embed") => json!({"model": "reviewer", "input": ASKED}),
        () if ends("/cancel") => json!({}),
        () if path.contains("/responses") || ends("/responses") => {
            json!({"model": "reviewer", "input": ASKED})
        }
        () if path.contains("/models/") => {
            json!({"contents": [{"role": "user", "parts": [{"text": ASKED}]}]})
        }
        () if ends("/api/chat") => json!({"model": "reviewer", "messages": said, "stream": false}),
        () if ends("/api/generate") => json!({"model": "reviewer", "prompt": ASKED, "stream": false}),
        () if ["show", "pull", "push", "create", "copy"]
            .iter()
            .any(|end| ends(&format!("/api/{end}"))) =>
        {
            json!({"model": "reviewer"})
        }
        () if path.starts_with("/mcp") => {
            let meta = json!({"io.modelcontextprotocol/protocolVersion": NEWEST,
                "io.modelcontextprotocol/clientInfo": {"name": "probe", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {}});
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "reviewer", "arguments": {"message": ASKED}, "_meta": meta}})
        }
        () => panic!("teach this test what is posted to {path}"),
    }
}

/// A path of a route, with a name where it takes one.
fn path_of(route: &Route, name: &str) -> String {
    let path = route
        .path
        .replace("/responses/{id}", &format!("/responses/{name}"))
        .replace("/agents/{id}", "/agents/reviewer")
        .replace("{*model}", "reviewer:generateContent");
    assert!(!path.contains('{'), "teach this test about {path}");
    path
}

/// A body that names something in one of the places where sessions and responses are named.
fn naming(mut body: Value, place: usize, name: &str) -> Value {
    match place {
        0 if body["jsonrpc"].is_string() => body["params"]["arguments"]["session_id"] = json!(name),
        0 => {
            body["session_id"] = json!(name);
            body["metadata"] = json!({"session_id": name});
        }
        1 => body["previous_response_id"] = json!(name),
        2 => body["conversation"] = json!(name),
        3 => body["conversation"] = json!({"id": name}),
        4 => body["input"] = json!([{"type": "item_reference", "id": name}]),
        _ => {}
    }
    body
}

const PLACES: usize = 6;

/// Routes under one spelling: the others lead to the same handlers.
fn routes() -> Vec<Route> {
    let all = gateway::http::routes();
    let is_spelling = |path: &str| {
        let below = format!("/v1{path}");
        let doubled = ["/v1/v1", "/v1beta/v1"];
        path.ends_with('/')
            || doubled.iter().any(|prefix| path.starts_with(prefix))
            || (!path.starts_with("/v1/")
                && !path.starts_with("/v1beta/")
                && all.iter().any(|route| route.path == below))
    };
    let own = all.iter().filter(|route| !is_spelling(&route.path));
    own.cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_no_route_leads_to_what_is_anothers() {
    let world = Owned::world().await;
    let before = world.lengths().await;
    assert_eq!(before.len(), 3, "the window's, a session and a conversation");
    let sent = world.provider.asked().len();
    for route in routes() {
        for method in route.methods {
            let posted = (*method == "POST").then(|| body(&path_of(&route, "resp_0")));
            for name in world.names() {
                let places = if posted.is_some() { 0..PLACES } else { 0..1 };
                for place in places {
                    let probe = Probe {
                        key: &world.thief,
                        method,
                        path: path_of(&route, name),
                        body: posted.clone().map(|body| naming(body, place, name)),
                        headers: vec![("x-session-id", name), ("x-inglenook-session", name)],
                    };
                    let (status, headers, told) = probe.send(&world.app).await;
                    let what = format!("{method} {} naming {name} in place {place}: {status}", probe.path);
                    assert!(status != 500, "{what} {told}");
                    assert!(!told.contains(SECRET), "{what}: {told}");
                    assert!(
                        !headers.contains(&format!("\"x-session-id\": \"{}\"", world.session)),
                        "{what}"
                    );
                    assert!(
                        !headers.contains(&format!("\"x-session-id\": \"{}\"", world.window)),
                        "{what}"
                    );
                    if route.path.contains("/responses/{id}") {
                        assert_eq!(status, 404, "{what}");
                    }
                }
            }
        }
    }
    let asked = world.provider.asked();
    assert!(
        asked.len() > sent + 100,
        "strangers are answered: {}",
        asked.len()
    );
    for asked in asked.iter().skip(sent) {
        let body = String::from_utf8_lossy(&asked.body);
        assert!(
            !body.contains(SECRET),
            "no provider is told for a stranger: {body}"
        );
    }
    assert_eq!(
        world.lengths().await,
        before,
        "and nothing was added or taken away"
    );
    let kept = world
        .app
        .get(&format!("/v1/responses/{}", world.response), &world.owner)
        .await;
    assert_eq!(
        kept.status(),
        200,
        "what a stranger deletes and cancels is still there"
    );
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_the_owner_is_led_there_by_the_same_names() {
    let world = Owned::world().await;
    let mut led = BTreeSet::new();
    for route in routes() {
        if !route.methods.contains(&"POST") || route.path.contains("/responses/") {
            continue;
        }
        for (place, name) in [
            (0, "mine"),
            (1, world.response.as_str()),
            (2, "talk"),
            (5, "mine"),
        ] {
            let path = path_of(&route, "");
            let probe = Probe {
                key: &world.owner,
                method: "POST",
                body: Some(naming(body(&path), place, name)),
                path,
                headers: if place == 5 {
                    vec![("x-session-id", name)]
                } else {
                    Vec::new()
                },
            };
            let sent = world.provider.asked().len();
            let _told = probe.send(&world.app).await;
            let asked = world.provider.asked();
            let bodies = asked
                .iter()
                .skip(sent)
                .map(|asked| String::from_utf8_lossy(&asked.body));
            if bodies.into_iter().any(|body| body.contains(SECRET)) {
                led.insert(route.path.clone());
            }
        }
    }
    for path in [
        "/v1/chat/completions",
        "/v1/messages",
        "/v1/responses",
        "/v2/chats/openai",
        "/v1/agents/{id}/chat",
        "/api/agents/{id}/openai/chat/completions",
        "/api/v1/chat/completions",
        "/api/chat",
        "/v1beta/models/{*model}",
        "/mcp",
    ] {
        assert!(led.contains(path), "the probes of {path} are none: {led:?}");
    }
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_an_idempotency_key_of_another_gives_nothing_on_any_route() {
    let world = Owned::world().await;
    let mut again = 0;
    for route in routes() {
        if !route.methods.contains(&"POST") {
            continue;
        }
        let path = path_of(&route, "resp_0");
        let probe = |key| Probe {
            key,
            method: "POST",
            body: Some(body(&path)),
            path: path.clone(),
            headers: vec![("idempotency-key", path.as_str())],
        };
        let (_, _, _) = probe(&world.owner).send(&world.app).await;
        let (_, theirs, _) = probe(&world.thief).send(&world.app).await;
        assert!(!theirs.contains("x-inglenook-replayed"), "{path}: {theirs}");
        let (_, own, _) = probe(&world.owner).send(&world.app).await;
        again += usize::from(own.contains("x-inglenook-replayed"));
    }
    assert!(again > 0, "the owner is answered again");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_a_key_is_told_of_itself_only() {
    let world = Owned::world().await;
    let told = world.app.get("/v1/key", &world.thief).await.text().await.unwrap();
    assert!(told.contains("thief") && !told.contains("owner"), "{told}");
    world.app.finish().await;
}
