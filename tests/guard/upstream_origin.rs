//! SEC-19: a provider key goes to the origin that its user gave, and nowhere else, whatever anyone says.

use serde_json::{Value, json};

use crate::support::app::CANARY;
use crate::support::{Provider, Reply, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let provider = Provider::start().await;
    let sink = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let locations = [
        format!("{}/v1/chat/completions", sink.origin()),
        format!("{}/elsewhere", provider.origin()),
        "/relative".to_owned(),
    ];
    for status in [301, 302, 303, 307, 308] {
        for location in &locations {
            for stream in [false, true] {
                let before = provider.asked().len();
                provider.will(
                    Reply::new(status, "text/plain")
                        .header("location", location)
                        .send("moved"),
                );
                let body = json!({"model": "reviewer", "stream": stream, "messages": [{"role": "user", "content": "Hi"}]});
                let response = app.chat(&key, &body).await;
                assert_eq!(response.status(), 502, "{status} {location}");
                let headers = format!("{:?}", response.headers());
                let told = headers + &response.text().await.unwrap();
                assert!(
                    !told.contains(location.as_str()),
                    "nor is the client sent there: {told}"
                );
                assert_eq!(provider.asked().len(), before + 1, "asked once");
            }
        }
    }
    // the model list goes the same way
    provider.will(Reply::new(302, "text/plain").header("location", &format!("{}/v1/models", sink.origin())));
    let failure = app
        .run("provider.models", json!({"id": "mock", "refresh": true}))
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), domain::FailureKind::UpstreamFailed);
    assert_eq!(sink.connections(), 0, "not even a connection");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_the_provider_says_moves_the_key() {
    let provider = Provider::start().await;
    let sink = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let elsewhere = sink.origin();
    let challenges = [
        (
            "www-authenticate",
            format!("Bearer realm=\"{elsewhere}/token\", resource_metadata=\"{elsewhere}/meta\""),
        ),
        ("link", format!("<{elsewhere}>; rel=\"next\"")),
        (
            "alt-svc",
            format!("h2=\"{}\"", elsewhere.trim_start_matches("http://")),
        ),
        ("refresh", format!("0; url={elsewhere}")),
        ("content-location", elsewhere.clone()),
        ("set-cookie", "session=stolen; Path=/".to_owned()),
    ];
    for (name, value) in &challenges {
        for status in [200, 401, 407] {
            let reply = if status == 200 {
                Reply::text("ok")
            } else {
                Reply::refusal(status, "invalid_api_key", "No.")
            };
            provider.will(reply.header(name, value));
            let response = app.chat(&key, &crate::v1::hi("reviewer")).await;
            assert!(response.headers().get(*name).is_none(), "{name} is not passed on");
            let _read = response.bytes().await.unwrap();
        }
    }
    assert!(
        provider
            .asked()
            .iter()
            .all(|asked| asked.header("cookie").is_none()),
        "no cookies are kept"
    );
    assert!(
        provider
            .asked()
            .iter()
            .all(|asked| asked.target == "/v1/chat/completions")
    );
    assert_eq!(sink.connections(), 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_the_client_says_moves_the_key() {
    let provider = Provider::start().await;
    let sink = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let mut body = crate::v1::hi("reviewer");
    for field in [
        "base_url",
        "api_base",
        "api_key",
        "endpoint",
        "proxy",
        "url",
        "extra_headers",
        "provider",
    ] {
        body[field] = json!(sink.base_url());
    }
    let sending = app.http().post(app.url("/v1/chat/completions")).bearer_auth(&key);
    let sending = sending
        .header("x-base-url", sink.base_url())
        .header("x-forwarded-host", "attacker.example");
    let response = sending
        .header("openai-organization", "org-x")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let asked = provider.last();
    assert_eq!(
        asked.header("host"),
        Some(provider.origin().trim_start_matches("http://"))
    );
    for theirs in [
        "x-base-url",
        "x-forwarded-host",
        "openai-organization",
        "x-api-key",
        "cookie",
        "origin",
        "referer",
    ] {
        assert_eq!(asked.header(theirs), None, "{theirs}");
    }
    assert_eq!(sink.connections(), 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_on_another_provider_does_not_get_the_key() {
    let provider = Provider::start().await;
    let sink = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let args = json!({"id": "other", "kind": "custom", "base_url": sink.base_url(), "no_key": true});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("elsewhere", "other/m", "").await;
    let key = app.key().await;
    assert_eq!(app.chat(&key, &crate::v1::hi("elsewhere")).await.status(), 200);
    assert_eq!(sink.last().header("authorization"), None);
    assert!(!format!("{:?}", sink.asked()).contains(CANARY));

    // removed and added again elsewhere under the same name: the old key is gone with the old address
    let _gone: Value = app.ask("agent.delete", json!({"agent": "reviewer"})).await;
    let _gone: Value = app.ask("provider.remove", json!({"id": "mock"})).await;
    let args = json!({"id": "mock", "kind": "custom", "base_url": sink.base_url()});
    let _added: Value = app.ask("provider.add", args).await;
    app.add_agent("reviewer", "mock/m", "").await;
    assert_eq!(app.chat(&key, &crate::v1::hi("reviewer")).await.status(), 424);
    assert!(!format!("{:?}", sink.asked()).contains(CANARY));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_for_this_machine_unless_its_user_says_so() {
    let app = TestApp::start().await;
    let add = |id: &str, url: &str, allow: bool| json!({"id": id, "kind": "custom", "base_url": url, "key": "k", "allow_http": allow});
    for url in [
        "http://models.example/v1",
        "http://192.168.1.5:8000",
        "http://localhost.attacker.example",
        "http://127.0.0.1.nip.example",
        "http://[2001:db8::1]/v1",
    ] {
        assert_eq!(
            app.refused("provider.add", add("far", url, false)).await,
            domain::FailureKind::InvalidRequest,
            "{url}"
        );
    }
    for url in [
        "ftp://x",
        "file:///etc/passwd",
        "https://user:pw@models.example",
        "https://models.example/?key=1",
        "models.example",
        "https://",
        "javascript:alert(1)",
    ] {
        assert_eq!(
            app.refused("provider.add", add("bad", url, true)).await,
            domain::FailureKind::InvalidRequest,
            "{url}"
        );
    }
    let providers: Vec<gateway::control::ProviderView> = app.ask("provider.list", json!({})).await;
    assert!(providers.is_empty(), "none was added by half");
    let _near: Value = app
        .ask("provider.add", add("near", "http://localhost:1/v1", false))
        .await;
    let _allowed: Value = app
        .ask("provider.add", add("lan", "http://192.168.1.5:8000", true))
        .await;
    let _safe: Value = app
        .ask("provider.add", add("tls", "https://models.example/v1", false))
        .await;
    app.finish().await;
}
