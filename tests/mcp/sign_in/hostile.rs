//! SEC-29: what hostile servers and issuers say of themselves. Nothing of it is opened, and nobody is told anything.

use std::sync::Arc;

use domain::FailureKind;
use serde_json::{Value, json};

use super::world::{Site, World};
use super::{add, get, needs_sign_in};
use crate::support::TestApp;

/// Addresses that are none. `SINK` is another server on this machine, `LOGIN` the host of whoever signs in.
const BAD: &[&str] = &[
    "http://login.example.com/x",
    "https://login.example.com/x",
    "file:///etc/passwd",
    "file://host/share",
    "javascript:alert(1)",
    "data:text/html,x",
    "vscode://file/x",
    "ms-msdt:/id",
    "--flag",
    "-a Calculator",
    "\\\\host\\share\\x.exe",
    "//host/share",
    "LOGIN/x\"y",
    "LOGIN/x'y",
    "LOGIN/$(touch x)",
    "LOGIN/`id`",
    "LOGIN/x;id",
    "LOGIN/x&&id|id",
    "LOGIN/ --flag",
    "LOGIN/x\r\nHost: evil.example",
    "LOGIN/%0d%0aHost:%20evil.example",
    "LOGIN/\u{202e}x",
    "http://user@LOGINHOST/x",
    "http://user:pass@LOGINHOST/x",
    "http://LOGINHOST@evil.example/x",
    "http://2130706433:PORT/x",
    "http://0x7f.1:PORT/x",
    "http://169.254.169.254/latest/meta-data",
    "http://192.168.1.1/x",
    "https://192.168.1.1/x",
    "https://metadata.google.internal/x",
    "SINK/x",
    "",
];

/// An app for which there is no name in any network.
async fn alone() -> TestApp {
    TestApp::with(|config| {
        config.fetch.lookup = Some(Arc::new(|_| Err(std::io::Error::other("there is none"))));
    })
    .await
}

fn filled(text: &str, world: &World, sink: &Site) -> String {
    let login = &world.login.url;
    let host = login.strip_prefix("http://").unwrap();
    let port = host.rsplit_once(':').unwrap().1;
    text.replace("LOGINHOST", host)
        .replace("LOGIN", login)
        .replace("PORT", port)
        .replace("SINK", &sink.url)
}

/// A sign-in that must be refused, with nothing opened and nobody told.
async fn refused(app: &TestApp, world: &World, sink: &Site, what: &str) {
    let failure = app.allow("mcp.sign_in", json!({"id": "far"})).await;
    let failure = failure.expect_err(what);
    assert_eq!(failure.kind(), FailureKind::UpstreamFailed, "{what}: {failure:?}");
    let text = format!("{failure:?}");
    assert!(!text.contains('\r') && !text.contains("\\r"), "{what}: {text}");
    let server = get(app, "far").await;
    assert!(
        server.sign_in.is_none() && server.signed_in.is_none(),
        "{what}: {server:?}"
    );
    for path in ["/authorize", "/register", "/token"] {
        assert!(world.login.asked_at(path).is_empty(), "{what}: {path}");
    }
    assert!(sink.asked().is_empty(), "{what}: {:?}", sink.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_29_hostile_metadata_open_nothing() {
    let app = alone().await;
    let world = World::start().await;
    let sink = Site::start(|_| super::world::Reply::empty(200)).await;
    assert!(needs_sign_in(&add(&app, &world.url()).await));
    let mut cases = 0;
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
    ] {
        let odd = [
            json!(7),
            json!(null),
            json!([world.login.url]),
            json!({"url": world.login.url}),
        ];
        let bad = BAD.iter().map(|text| json!(filled(text, &world, &sink)));
        for value in bad.chain(odd) {
            world.be_good();
            world.issuer_says(endpoint, value.clone());
            refused(&app, &world, &sink, &format!("{endpoint}: {value}")).await;
            cases += 1;
        }
    }
    for text in BAD {
        // an issuer is the host of an address and nothing behind it, so what is only behind is no case
        let issuer = filled(text, &world, &sink);
        if issuer.starts_with(&sink.url) {
            continue;
        }
        world.be_good();
        world.server_says("authorization_servers", json!([issuer]));
        refused(&app, &world, &sink, &format!("issuer: {issuer}")).await;
        world.be_good();
        world.server_says("resource", json!(issuer));
        refused(&app, &world, &sink, &format!("resource: {issuer}")).await;
        world.be_good();
        let challenge = format!(
            "Bearer resource_metadata=\"{}\"",
            issuer.replace(['\r', '\n', '"', '\\', '\u{202e}'], "^")
        );
        world.manner.lock().unwrap().challenge = challenge.clone();
        refused(&app, &world, &sink, &challenge).await;
        cases += 3;
    }
    assert!(cases >= 60, "{cases}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_29_documents_that_speak_for_somebody_else_open_nothing() {
    let app = alone().await;
    let world = World::start().await;
    let sink = Site::start(|_| super::world::Reply::empty(200)).await;
    add(&app, &world.url()).await;
    let login = world.login.url.clone();
    let cases: [(&str, &str, Value); 18] = [
        ("issuer", "issuer", json!(sink.url)),
        ("issuer", "issuer", json!("https://login.example.com")),
        ("issuer", "issuer", json!(format!("{login}/tenant"))),
        ("issuer", "issuer", json!(null)),
        ("issuer", "code_challenge_methods_supported", json!(["plain"])),
        ("issuer", "code_challenge_methods_supported", json!(null)),
        ("issuer", "response_types_supported", json!(["token"])),
        (
            "issuer",
            "authorization_endpoint",
            json!(format!("{login}/authorize?client_id=theirs")),
        ),
        (
            "issuer",
            "authorization_endpoint",
            json!(format!("{login}/authorize?redirect_uri=x")),
        ),
        (
            "issuer",
            "authorization_endpoint",
            json!(format!("{login}/authorize?state=x")),
        ),
        ("server", "authorization_servers", json!([])),
        ("server", "authorization_servers", json!(login)),
        ("server", "authorization_servers", json!([7])),
        ("server", "resource", json!(sink.url)),
        ("server", "resource", json!(format!("{}/other", world.server.url))),
        (
            "server",
            "resource",
            json!(format!("{}/mcp/below", world.server.url)),
        ),
        ("server", "resource", json!("https://mcp.example.com/mcp")),
        ("server", "resource", json!(null)),
    ];
    for (who, name, value) in cases {
        world.be_good();
        match who {
            "issuer" => world.issuer_says(name, value.clone()),
            _ => world.server_says(name, value.clone()),
        }
        refused(&app, &world, &sink, &format!("{who} {name}: {value}")).await;
    }
    world.be_good();
    world.manner.lock().unwrap().issuer.clear();
    refused(&app, &world, &sink, "no metadata at all").await;
    for challenge in [
        "Basic realm=\"x\"",
        "Negotiate",
        "Bearer resource_metadata=\"open",
    ] {
        world.be_good();
        world.manner.lock().unwrap().challenge = challenge.to_owned();
        refused(&app, &world, &sink, challenge).await;
    }
    app.finish().await;
}
