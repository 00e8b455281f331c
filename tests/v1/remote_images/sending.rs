//! What providers get of an image that a message names by its address.

use std::time::Duration;

use serde_json::{Value, json};

use super::network::{Network, PDF, PNG, picture, within};
use crate::support::{Provider, Reply, TestApp, eventually};

const SLOW: Duration = Duration::from_millis(120);

/// The picture in base64.
fn encoded() -> String {
    use base64ct::{Base64, Encoding as _};
    Base64::encode_string(PNG)
}

async fn target(network: &Network, wire: &str) -> (Provider, String) {
    let provider = Provider::start().await;
    let args = json!({"id": wire, "kind": "custom", "wire": wire, "base_url": provider.origin(),
        "key": crate::support::app::CANARY});
    let _added: Value = network.app.ask("provider.add", args).await;
    network
        .app
        .add_agent(&format!("on-{wire}"), &format!("{wire}/m"), "")
        .await;
    (provider, format!("on-{wire}"))
}

fn ollama_says(text: &str) -> Reply {
    Reply::json(
        200,
        &json!({"model": "m", "message": {"role": "assistant", "content": text}, "done": true, "done_reason": "stop"}),
    )
}

/// A message of a text and these images.
fn asks(model: &str, urls: &[String]) -> Value {
    let mut content = vec![json!({"type": "text", "text": "What is it?"})];
    content.extend(
        urls.iter()
            .map(|url| json!({"type": "image_url", "image_url": {"url": url}})),
    );
    json!({"model": model, "messages": [{"role": "user", "content": content}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn w_26_an_image_is_fetched_for_a_provider_that_wants_its_bytes() {
    let network = Network::start().await;
    let (provider, model) = target(&network, "ollama").await;
    provider.will(ollama_says("a dot"));
    let key = network.app.key().await;
    let url = network.url("pictures.example", "/a.png");
    network.pictures.will(picture().wait(SLOW));
    let twice = asks(
        &model,
        &[url.clone(), url, network.url("other.example", "/b.png")],
    );
    let response = network.app.chat(&key, &twice).await;
    assert_eq!(response.status(), 200);
    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(applied.contains("images by address"), "{applied}");
    assert!(!applied.contains("left out"), "{applied}");
    let images = provider.last().json()["messages"][0]["images"].clone();
    assert_eq!(images, json!([encoded(), encoded(), encoded()]));
    assert_eq!(network.pictures.asked().len(), 2, "the same address once");

    let call = network.app.ended_call().await;
    let sent = call.entries[0].timings.sent_us.unwrap();
    let took = Duration::from_micros(sent);
    assert!(took >= SLOW, "the fetch counts as time before sending: {took:?}");
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_26_bedrock_gets_images_and_documents_as_bytes() {
    let network = Network::start().await;
    let (provider, model) = target(&network, "bedrock-converse").await;
    provider.will(Reply::json(
        200,
        &json!({"output": {"message": {"role": "assistant", "content": [{"text": "a dot"}]}}, "stopReason": "end_turn",
            "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}}),
    ));
    network.pictures.answers_by(|asked| match asked.target.as_str() {
        "/a.pdf" => Reply::new(200, "application/pdf").send(PDF),
        _ => picture(),
    });
    let key = network.app.key().await;
    let image = network.url("pictures.example", "/a.png");
    let document = network.url("pictures.example", "/a.pdf");
    let body = json!({"model": model, "max_tokens": 5, "messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": image}},
        {"type": "document", "source": {"type": "url", "url": document}},
        {"type": "text", "text": "What is it?"},
    ]}]});
    let response = network.app.post("/v1/messages", &key, &body).await;
    let status = response.status();
    assert_eq!(status, 200, "{}", response.text().await.unwrap());
    let content = provider.last().json()["messages"][0]["content"].clone();
    assert_eq!(
        content[0]["image"],
        json!({"format": "png", "source": {"bytes": encoded()}})
    );
    assert_eq!(content[1]["document"]["format"], "pdf");
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_26_who_fetches_by_himself_gets_the_address() {
    let network = Network::start().await;
    let key = network.app.key().await;
    let url = network.url("inside.example", "/a.png");
    for wire in ["openai-chat", "openai-responses", "anthropic-messages", "gemini"] {
        let (provider, model) = target(&network, wire).await;
        provider.will(Reply::refusal(400, "enough", "The test has seen enough."));
        let _refused = network
            .app
            .chat(&key, &asks(&model, std::slice::from_ref(&url)))
            .await;
        let sent = String::from_utf8(provider.last().body.to_vec()).unwrap();
        assert!(sent.contains(&url), "{wire}: {sent}");
    }
    assert_eq!(network.looked_up().len(), 0, "nobody here looks for it");
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_an_image_that_is_not_fetched_is_named_and_nothing_is_sent() {
    let network = Network::start().await;
    let (provider, model) = target(&network, "ollama").await;
    let key = network.app.key().await;
    network.resolves("two.example", &[&["10.1.2.3".parse().unwrap(), within()]]);
    let good = network.url("pictures.example", "/a.png");
    let bad = network.url("two.example", "/secret-path?token=1");
    let response = network.app.chat(&key, &asks(&model, &[good, bad])).await;
    assert_eq!(response.status(), 400);
    assert_eq!(response.headers()["x-should-retry"], "false");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "invalid_image_url");
    assert_eq!(body["error"]["type"], "invalid_request_error");
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("Image 2 "), "{message}");
    assert!(
        message.contains("two.example") && message.contains("public internet"),
        "{message}"
    );
    for kept in ["10.1.2.3", "127.0.0.2", "secret-path", "token"] {
        assert!(!message.contains(kept), "{message}");
    }
    assert_eq!(provider.asked().len(), 0, "nothing is asked of the provider");
    let call = network.app.ended_call().await;
    assert_eq!(call.entries.len(), 0, "and nothing is paid");
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_27_what_a_tool_or_a_model_said_is_not_fetched() {
    let network = Network::start().await;
    let (provider, model) = target(&network, "ollama").await;
    provider.always(ollama_says("ok"));
    let key = network.app.key().await;
    let url = network.url("pictures.example", "/?stolen=1");
    let body = json!({"model": model, "max_tokens": 5, "messages": [
        {"role": "user", "content": "Look it up."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": [
            {"type": "image", "source": {"type": "url", "url": url}}]}]},
    ], "tools": [{"name": "look", "input_schema": {"type": "object"}}]});
    let response = network.app.post("/v1/messages", &key, &body).await;
    assert_eq!(response.status(), 200);
    let said = json!({"model": model, "messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": format!("![a]({url})")},
        {"role": "user", "content": format!("And this: ![b]({url}) {url}")},
    ]});
    assert_eq!(network.app.chat(&key, &said).await.status(), 200);
    assert_eq!(network.pictures.connections(), 0);
    assert_eq!(network.looked_up().len(), 0);
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_26_a_setting_keeps_addresses_from_being_fetched() {
    let network = Network::start().await;
    let (provider, model) = target(&network, "ollama").await;
    provider.always(ollama_says("ok"));
    let key = network.app.key().await;
    let _set: Value = network
        .app
        .ask("settings.set", json!({"remote_images": "leave_out"}))
        .await;
    let body = asks(&model, &[network.url("pictures.example", "/a.png")]);
    let response = network.app.chat(&key, &body).await;
    assert_eq!(response.status(), 200);
    let applied = response.headers()["x-inglenook-applied"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        applied.contains("images by address") && applied.contains("left out"),
        "{applied}"
    );
    assert_eq!(provider.last().json()["messages"][0].get("images"), None);
    assert_eq!(network.pictures.connections(), 0);
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_images_of_a_call_are_bounded_in_number_and_together() {
    let network = Network::with(|config| {
        config.fetch.most_items = 3;
        config.fetch.most_together = 2 * PNG.len() + 1;
    })
    .await;
    let (provider, model) = target(&network, "ollama").await;
    provider.always(ollama_says("ok"));
    let key = network.app.key().await;
    let urls = |count: usize| {
        let url = |at| network.url("pictures.example", &format!("/{at}.png"));
        (0..count).map(url).collect::<Vec<_>>()
    };
    assert_eq!(
        network.app.chat(&key, &asks(&model, &urls(2))).await.status(),
        200
    );
    let before = network.pictures.asked().len();
    let response = network.app.chat(&key, &asks(&model, &urls(3))).await;
    assert_eq!(response.status(), 400);
    let body: Value = response.json().await.unwrap();
    let message = body["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.starts_with("Image 3 ") && message.contains("too large"),
        "{message}"
    );
    let after = network.pictures.asked().len();
    assert!(after > before);
    let response = network.app.chat(&key, &asks(&model, &urls(4))).await;
    assert_eq!(response.status(), 400);
    assert_eq!(
        network.pictures.asked().len(),
        after,
        "too many are not even begun"
    );
    assert_eq!(provider.asked().len(), 1);
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_a_caller_who_leaves_ends_the_fetch() {
    let network = Network::start().await;
    let (provider, model) = target(&network, "ollama").await;
    let key = network.app.key().await;
    network.pictures.always(Reply::silence());
    let body = asks(
        &model,
        &[
            network.url("pictures.example", "/a"),
            network.url("pictures.example", "/b"),
        ],
    );
    let left = tokio::time::timeout(Duration::from_millis(300), network.app.chat(&key, &body)).await;
    assert!(left.is_err(), "it waits for the images");
    assert_eq!(
        network.pictures.asked().len(),
        2,
        "they are fetched beside each other"
    );
    eventually("both fetches to end", async || {
        (network.pictures.open() == 0).then_some(())
    })
    .await;
    assert_eq!(network.pictures.aborted(), 2);
    assert_eq!(provider.asked().len(), 0);
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_a_rehearsal_fetches_nothing() {
    let network = Network::start().await;
    let (_provider, model) = target(&network, "ollama").await;
    let url = network.url("pictures.example", "/a.png");
    let request = asks(&model, std::slice::from_ref(&url)).to_string();
    let compared: Value = network
        .app
        .ask(
            "agent.compare",
            json!({"agent": model, "text": "Hi", "request": request}),
        )
        .await;
    let body = compared["endpoint"]["body"].as_str().unwrap();
    assert!(body.contains(&format!("the bytes of {url}")), "{body}");
    assert_eq!(network.looked_up().len(), 0);
    network.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_33_without_a_test_s_word_this_machine_is_inside() {
    let pictures = Provider::start().await;
    let app = TestApp::start().await;
    for host in [
        pictures.origin(),
        pictures.origin().replace("127.0.0.1", "localhost"),
    ] {
        let kind = app
            .refused("image.fetch", json!({"url": format!("{host}/a.png")}))
            .await;
        assert_eq!(kind, domain::FailureKind::InvalidRequest);
    }
    assert_eq!(pictures.connections(), 0);
    app.finish().await;
}
