//! SEC-19: nobody can lead a token, a code or a client to somebody else.

use gateway::control::McpServerView;
use serde_json::{Value, json};

use super::world::{Reply, Site, TOKEN, World};
use super::{
    add, agent, begin, browse, ended, finish, given, impatient, is_running, needs_sign_in, provider, sign_in,
};

async fn sink() -> Site {
    Site::start(|_| Reply::json(200, &json!({"access_token": "x", "token_type": "Bearer"}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_19_a_server_that_names_another_issuer_later_leads_no_token_there() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let (world, sink) = (World::start().await, sink().await);
    add(&app, &world.url()).await;
    sign_in(&app).await;
    agent(&app, &["far/echo"]).await;
    world.server_says("authorization_servers", json!([sink.url]));
    world.issuer_says("token_endpoint", json!(format!("{}/token", sink.url)));
    world.manner.lock().unwrap().challenge = format!(
        r#"Bearer realm="{0}", resource_metadata="{0}/.well-known/oauth-protected-resource", authorization_uri="{0}""#,
        sink.url
    );
    world.revoke();
    assert_eq!(
        given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await,
        "far: hi"
    );
    assert_eq!(world.login.asked_at("/token").len(), 2, "by whom it was");
    world.revoke();
    world.manner.lock().unwrap().refresh.clear();
    let told = given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await;
    assert!(told.contains("wants you to sign in"), "{told}");
    let refused = app.allow("mcp.sign_in", json!({"id": "far"})).await.unwrap_err();
    assert!(
        refused.message().contains("not at its own address"),
        "{refused:?}"
    );
    assert!(sink.asked().is_empty(), "{:?}", sink.asked());
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_19_redirects_lead_no_token_and_no_code_away() {
    let app = impatient().await;
    let provider = provider(&app).await;
    let key = app.key().await;
    let (world, sink) = (World::start().await, sink().await);
    add(&app, &world.url()).await;
    world.manner.lock().unwrap().token_leads_to = Some(format!("{}/token", sink.url));
    let back = browse(&app, &begin(&app).await).await;
    app.http().get(&back).send().await.unwrap();
    let failure = ended(&app).await.unwrap_err();
    assert!(failure.message().contains("not followed"), "{failure:?}");
    assert!(sink.asked().is_empty(), "{:?}", sink.asked());

    world.manner.lock().unwrap().token_leads_to = None;
    sign_in(&app).await;
    agent(&app, &["far/echo"]).await;
    world.manner.lock().unwrap().leads_to = Some(format!("{}/mcp", sink.url));
    let told = given(&app, &provider, &key, "far__echo", json!({"text": "hi"})).await;
    assert!(told.contains("does not work"), "{told}");
    assert!(sink.asked().is_empty(), "{:?}", sink.asked());

    // metadata that lead elsewhere are no metadata
    let elsewhere = sink.url.clone();
    let leading = Site::start(move |asked| match asked.path.as_str() {
        "/mcp" => Reply::turned_away("Bearer"),
        _ => Reply::to(302, &elsewhere),
    })
    .await;
    let _moved: McpServerView = app
        .ask(
            "mcp.update",
            json!({"id": "far", "transport": {"kind": "http", "url": format!("{}/mcp", leading.url)}}),
        )
        .await;
    super::approve(&app, "far").await;
    app.allow("mcp.sign_in", json!({"id": "far"})).await.unwrap_err();
    assert!(sink.asked().is_empty(), "{:?}", sink.asked());
    finish(app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_19_another_address_does_not_get_the_token() {
    let app = impatient().await;
    let (world, sink) = (World::start().await, sink().await);
    add(&app, &world.url()).await;
    assert!(is_running(&sign_in(&app).await));
    let to = |url: &str| json!({"id": "far", "transport": {"kind": "http", "url": format!("{url}/mcp")}});
    let moved: McpServerView = app.ask("mcp.update", to(&sink.url)).await;
    assert!(moved.signed_in.is_none(), "{moved:?}");
    super::approve(&app, "far").await;
    assert!(!sink.asked().is_empty(), "it was asked");
    assert!(
        sink.asked()
            .iter()
            .all(|one| one.authorization.is_none() && !one.body.contains(TOKEN))
    );
    // and back again nobody is signed in
    let _back: McpServerView = app.ask("mcp.update", to(&world.server.url)).await;
    assert!(needs_sign_in(&super::approve(&app, "far").await));

    // one that is removed leaves nothing for the next of its name
    assert!(is_running(&sign_in(&app).await));
    let _gone: Value = app.ask("mcp.remove", json!({"id": "far"})).await;
    world.server.forget();
    assert!(needs_sign_in(&add(&app, &world.url()).await));
    assert!(world.server.asked().iter().all(|one| one.authorization.is_none()));
    finish(app).await;
}
