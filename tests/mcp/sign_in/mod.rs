//! Signing in to servers elsewhere: a person does it in their browser, and nobody else can.

mod hostile;
mod leading;
mod world;

use std::time::Duration;

use domain::FailureKind;
use gateway::control::{Caller, McpHealth, McpLogLine, McpServerView};
use serde_json::{Value, json};

use super::{agent, approve, get, given, impatient, is_running, provider};
use crate::support::TestApp;
use crate::support::app::TestClock;
use world::{TOKEN, World};

async fn add(app: &TestApp, url: &str) -> McpServerView {
    let transport = json!({"kind": "http", "url": url});
    let _added: Value = app
        .ask("mcp.add", json!({"id": "far", "transport": transport}))
        .await;
    approve(app, "far").await
}

fn needs_sign_in(server: &McpServerView) -> bool {
    matches!(server.health, McpHealth::NeedsSignIn {})
}

/// Begins a sign-in; what is to be opened.
async fn begin(app: &TestApp) -> String {
    let begun = app.allow("mcp.sign_in", json!({"id": "far"})).await.unwrap();
    let begun: McpServerView = serde_json::from_value(begun).unwrap();
    begun
        .sign_in
        .expect("it is under way")
        .url
        .expect("it is for the person")
}

/// What a browser does: it opens the address and goes where it is sent. Where that is.
async fn browse(app: &TestApp, url: &str) -> String {
    let page = app.http().get(url).send().await.unwrap();
    assert_eq!(page.status(), 302);
    page.headers()["location"].to_str().unwrap().to_owned()
}

async fn ended(app: &TestApp) -> Result<McpServerView, domain::Failure> {
    let ended = app.allow("mcp.sign_in_end", json!({"id": "far"})).await;
    ended.map(|view| serde_json::from_value(view).unwrap())
}

/// Signs in as a person does.
async fn sign_in(app: &TestApp) -> McpServerView {
    let url = begin(app).await;
    let back = browse(app, &url).await;
    let page = app.http().get(&back).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert_eq!(
        page.headers()["content-security-policy"],
        "default-src 'none'; frame-ancestors 'none'"
    );
    ended(app).await.unwrap()
}

/// Ends the app; no token is on the disk.
async fn finish(app: TestApp) {
    assert!(!app.disk_holds(TOKEN), "a token is on the disk");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_the_token_arrives() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let world = World::start().await;
    let added = add(&app, &world.url()).await;
    assert!(needs_sign_in(&added), "{:?}", added.health);
    assert!(added.signed_in.is_none() && world.login.asked().is_empty());

    let refused = app.refused("mcp.sign_in", json!({"id": "far"})).await;
    assert_eq!(refused, FailureKind::ScopeDenied, "the window cannot");
    assert!(world.login.asked().is_empty(), "nothing was asked for it");

    let url = begin(&app).await;
    let seen: McpServerView = app.ask("mcp.get", json!({"id": "far"})).await;
    let seen = seen.sign_in.expect("it is seen");
    assert_eq!(
        (seen.url, seen.at),
        (None, world.login.url.clone()),
        "without its address"
    );
    assert!(
        url.starts_with(&format!("{}/authorize?response_type=code", world.login.url)),
        "{url}"
    );
    let back = browse(&app, &url).await;
    let asked = world.login.asked_at("/authorize").remove(0);
    assert_eq!(asked.field("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!(asked.field("resource"), Some(world.url()));
    assert_eq!(asked.field("scope").as_deref(), Some("read write"));
    assert_eq!(app.http().get(&back).send().await.unwrap().status(), 200);
    let signed_in = ended(&app).await.unwrap();
    assert!(is_running(&signed_in), "{:?}", signed_in.health);
    assert_eq!(signed_in.signed_in.unwrap().issuer, Some(world.login.url.clone()));
    assert!(signed_in.sign_in.is_none());

    agent(&app, &["far/echo"]).await;
    assert_eq!(
        given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await,
        "far: hi"
    );
    let calls = world.server.asked_at("/mcp");
    let last = calls.last().unwrap();
    assert!(
        last.authorization
            .as_ref()
            .unwrap()
            .starts_with(&format!("Bearer {TOKEN}-a")),
        "{last:?}"
    );

    let lines: Vec<McpLogLine> = app.ask("mcp.log", json!({"id": "far"})).await;
    let shown = get(&app, "far").await;
    assert!(!format!("{lines:?} {shown:?}").contains(TOKEN), "{lines:?}");
    assert!(
        !std::env::vars().any(|(_, value)| value.contains(TOKEN)),
        "programs would have it"
    );

    let out: McpServerView = app.ask("mcp.sign_out", json!({"id": "far"})).await;
    assert!(out.signed_in.is_none());
    world.server.forget();
    let told = given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await;
    assert!(told.contains("wants you to sign in"), "{told}");
    assert!(world.server.asked().iter().all(|one| one.authorization.is_none()));
    assert!(needs_sign_in(&get(&app, "far").await));
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_is_renewed() {
    let clock = TestClock::at(1_800_000_000_000);
    let hands = std::sync::Arc::clone(&clock);
    let app = TestApp::with(move |config| config.clock = hands).await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let world = World::start().await;
    add(&app, &world.url()).await;
    sign_in(&app).await;
    agent(&app, &["far/echo"]).await;
    let call = async || given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await;
    let exchanges = || world.login.asked_at("/token").len();
    assert_eq!(call().await, "far: hi");
    assert_eq!(exchanges(), 1);

    // it is over by its own word: the server is not even asked with it
    clock.advance(Duration::from_secs(3600));
    world.revoke();
    world.server.forget();
    assert_eq!(call().await, "far: hi");
    assert_eq!(exchanges(), 2);
    let used: Vec<_> = world
        .server
        .asked()
        .into_iter()
        .filter_map(|one| one.authorization)
        .collect();
    let first = used.first().unwrap().clone();
    assert!(used.iter().all(|one| *one == first), "{used:?}");

    // the server takes it no more before its time; what was renewed once is renewed with the new token
    world.revoke();
    assert_eq!(call().await, "far: hi");
    assert_eq!(exchanges(), 3);
    let refreshes: Vec<_> = world.login.asked_at("/token");
    let refreshes: Vec<_> = refreshes
        .iter()
        .filter_map(|one| one.field("refresh_token"))
        .collect();
    assert!(
        refreshes.len() == 2 && refreshes[0] != refreshes[1],
        "{refreshes:?}"
    );
    assert!(is_running(&get(&app, "far").await));

    // there is none any more
    world.revoke();
    world.manner.lock().unwrap().refresh.clear();
    let told = call().await;
    assert!(told.contains("wants you to sign in"), "{told}");
    let server = get(&app, "far").await;
    assert!(needs_sign_in(&server) && server.signed_in.is_none(), "{server:?}");
    assert!(is_running(&sign_in(&app).await), "and one can again");
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_one_answer_counts_and_it_counts_once() {
    let app = impatient().await;
    let world = World::start().await;
    add(&app, &world.url()).await;
    let url = begin(&app).await;
    let back = browse(&app, &url).await;
    let (address, query) = back.split_once('?').unwrap();
    let status = async |url: String| app.http().get(url).send().await.unwrap().status().as_u16();
    assert_eq!(status(format!("{address}?code=x&state=wrong")).await, 400);
    assert_eq!(status(format!("{address}?code=x")).await, 400);
    assert_eq!(status(format!("{address}?{query}&{query}")).await, 400);
    assert_eq!(status(address.replace("/callback", "/other")).await, 404);
    assert_eq!(app.http().post(&back).send().await.unwrap().status(), 404);
    let elsewhere = app
        .http()
        .get(&back)
        .header("host", "evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(elsewhere.status(), 421);
    assert!(world.login.asked_at("/token").is_empty());
    assert_eq!(status(back.clone()).await, 200);
    assert!(is_running(&ended(&app).await.unwrap()));
    assert!(
        app.http().get(&back).send().await.is_err(),
        "the address is closed"
    );
    assert_eq!(world.login.asked_at("/token").len(), 1);
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_a_refusal_is_told() {
    let app = impatient().await;
    let world = World::start().await;
    add(&app, &world.url()).await;
    let url = begin(&app).await;
    let back = browse(&app, &url).await;
    let (address, query) = back.split_once('?').unwrap();
    let field = |name: &str| {
        let mut all = form_urlencoded::parse(query.as_bytes());
        all.find(|(known, _)| known == name).unwrap().1.into_owned()
    };
    let mut no = form_urlencoded::Serializer::new(format!("{address}?"));
    no.append_pair("error", "access_denied")
        .append_pair("error_description", "Not\u{1b}[2J today");
    no.append_pair("state", &field("state"))
        .append_pair("iss", &field("iss"));
    let no = no.finish().replace("?&", "?");
    assert_eq!(app.http().get(no).send().await.unwrap().status(), 200);
    let failure = ended(&app).await.unwrap_err();
    assert_eq!(failure.kind(), FailureKind::UpstreamFailed);
    assert!(
        failure.message().contains("access_denied: Not [2J today"),
        "{failure:?}"
    );
    assert!(world.login.asked_at("/token").is_empty());

    // an answer of somebody else's, and no answer of whom it was asked of
    for iss in [Some("https://evil.example"), None] {
        let url = begin(&app).await;
        let back = browse(&app, &url).await;
        let (without, _) = back.split_once("&iss=").unwrap();
        let other = iss.map_or_else(String::new, |iss| format!("&iss={iss}"));
        assert_eq!(
            app.http()
                .get(format!("{without}{other}"))
                .send()
                .await
                .unwrap()
                .status(),
            200
        );
        assert!(ended(&app).await.unwrap_err().message().contains("somebody else"));
        assert!(world.login.asked_at("/token").is_empty());
    }
    assert!(needs_sign_in(&get(&app, "far").await));
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_ends_when_it_is_given_up_or_nobody_comes() {
    let app = TestApp::with(|config| config.mcp.sign_in = Duration::from_millis(300)).await;
    let world = World::start().await;
    add(&app, &world.url()).await;
    let first = begin(&app).await;
    let back = browse(&app, &first).await;
    assert_eq!(
        ended(&app).await.unwrap_err().kind(),
        FailureKind::UpstreamTimeout
    );
    assert!(
        app.http().get(&back).send().await.is_err(),
        "its address is closed"
    );
    app.finish().await;

    let app = impatient().await;
    add(&app, &world.url()).await;
    let back = browse(&app, &begin(&app).await).await;
    let given_up: McpServerView = app.ask("mcp.sign_in_cancel", json!({"id": "far"})).await;
    assert!(given_up.sign_in.is_none());
    assert_eq!(ended(&app).await.unwrap_err().kind(), FailureKind::Conflict);
    assert!(app.http().get(&back).send().await.is_err());

    // another one takes the place of the first
    let first = browse(&app, &begin(&app).await).await;
    let second = browse(&app, &begin(&app).await).await;
    assert!(app.http().get(&first).send().await.is_err());
    assert_eq!(app.http().get(&second).send().await.unwrap().status(), 200);
    assert!(is_running(&ended(&app).await.unwrap()));
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_bring_a_client_of_their_own() {
    let app = impatient().await;
    let world = World::start().await;
    world.issuer_says("registration_endpoint", Value::Null);
    {
        let mut manner = world.manner.lock().unwrap();
        for document in manner.issuer.values_mut() {
            document.as_object_mut().unwrap().remove("registration_endpoint");
        }
    }
    add(&app, &world.url()).await;
    let failure = app.allow("mcp.sign_in", json!({"id": "far"})).await.unwrap_err();
    assert!(failure.hint().unwrap().contains("--client-id"), "{failure:?}");
    let args = json!({"id": "far", "client_id": "mine"});
    let begun = app
        .run_as(Caller::CommandLine, "mcp.sign_in", args)
        .await
        .unwrap();
    let begun: McpServerView = serde_json::from_value(begun).unwrap();
    let back = browse(&app, &begun.sign_in.unwrap().url.unwrap()).await;
    app.http().get(&back).send().await.unwrap();
    assert!(is_running(&ended(&app).await.unwrap()));
    assert!(world.login.asked_at("/register").is_empty());
    assert_eq!(
        world.login.asked_at("/token")[0].field("client_id").as_deref(),
        Some("mine")
    );
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_sign_in_gets_none() {
    let app = impatient().await;
    let world = World::start().await;
    let transport = json!({"kind": "http", "url": world.url(), "headers": ["Authorization"]});
    let args = json!({"id": "far", "transport": transport, "secrets": {"Authorization": "Bearer other"}});
    let _added: Value = app.ask("mcp.add", args).await;
    let before = app.allow("mcp.sign_in", json!({"id": "far"})).await.unwrap_err();
    assert_eq!(before.kind(), FailureKind::Conflict, "nobody has approved it");
    assert!(world.server.asked().is_empty());
    let failed = approve(&app, "far").await;
    assert!(
        matches!(failed.health, McpHealth::Failed { .. }),
        "{:?}",
        failed.health
    );
    let header = app.allow("mcp.sign_in", json!({"id": "far"})).await.unwrap_err();
    assert_eq!(header.kind(), FailureKind::InvalidRequest);
    app.finish().await;
}
