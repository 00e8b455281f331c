//! W-129: signatures in sealed envelopes, which open for the client key and the maker alone.

use serde_json::{Value, json};

use super::{Door, PATH};
use crate::support::app::CANARY;
use crate::support::canonical::responses;
use crate::support::{Provider, Reply, TestApp};

const INCLUDE: &str = "reasoning.encrypted_content";
const SIGNATURE: &str = "c2lnbmF0dXJlLW9mLXRoZS11cHN0cmVhbQ==";

/// An agent on a provider of the wire `anthropic-messages`, which signs its thoughts.
async fn open() -> Door {
    let provider = Provider::start().await;
    let app = TestApp::start().await;
    for id in ["one", "two"] {
        let args = json!({"id": id, "kind": "custom", "wire": "anthropic-messages",
            "base_url": provider.base_url(), "key": CANARY});
        let _added: Value = app.ask("provider.add", args).await;
    }
    app.add_agent("reviewer", "one/m", "").await;
    app.add_agent("other", "two/m", "").await;
    provider.answers_by(|asked| {
        let body = asked.json();
        let document = json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "Hm.", "signature": SIGNATURE}, {"type": "text", "text": "Yes."}],
            "usage": {"input_tokens": 1, "output_tokens": 1},
        });
        if body["stream"] != true {
            return Reply::json(200, &document);
        }
        let events = [
            json!({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
                "model": "m", "content": [], "usage": {"input_tokens": 1, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": SIGNATURE}}),
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Yes."}}),
            json!({"type": "content_block_stop", "index": 1}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
            json!({"type": "message_stop"}),
        ];
        events.iter().fold(Reply::new(200, "text/event-stream"), |reply, event| {
            let kind = event["type"].as_str().unwrap();
            reply.send(format!("event: {kind}\ndata: {event}\n\n"))
        })
    });
    // nothing of what is said is remembered, so that only the envelope can bring it back
    let key = app.key_with(json!({"name": "test", "store": "none"})).await;
    Door { provider, app, key }
}

fn reasoning(response: &Value) -> &Value {
    let output = response["output"].as_array().unwrap();
    output.iter().find(|item| item["type"] == "reasoning").unwrap()
}

/// The signatures that went upstream in the last request, and what the answer tells about it.
async fn sent_back(door: &Door, key: &str, model: &str, items: &Value) -> (Vec<Value>, String) {
    let mut input = vec![json!({"role": "user", "content": "Is it?"})];
    input.extend(items.as_array().unwrap().iter().cloned());
    input.push(json!({"role": "user", "content": "Sure?"}));
    let body = json!({"model": model, "input": input, "store": false, "include": [INCLUDE]});
    let response = door.app.post(PATH, key, &body).await;
    assert_eq!(response.status(), 200, "never a refusal");
    let applied = response.headers().get("x-inglenook-applied");
    let applied = applied.map_or("", |value| value.to_str().unwrap()).to_owned();
    let body = door.provider.last().json();
    let blocks = body["messages"].as_array().unwrap().iter();
    let blocks = blocks.flat_map(|message| message["content"].as_array().cloned().unwrap_or_default());
    let signatures = blocks.filter(|block| block["type"] == "thinking");
    (
        signatures.map(|block| block["signature"].clone()).collect(),
        applied,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn w_129_a_signature_goes_out_in_an_envelope_and_comes_back_opened() {
    let mut door = open().await;
    let mut kept = Vec::new();
    for streamed in [false, true] {
        let body = json!({"model": "reviewer", "input": "Is it?", "store": false, "include": [INCLUDE], "stream": streamed});
        let bytes = door.app.post(PATH, &door.key, &body).await.bytes().await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(SIGNATURE), "never bare");
        let response = if streamed {
            responses::response(&bytes)
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        let thought = reasoning(&response);
        assert_eq!(thought["summary"][0]["text"], "Hm.");
        assert!(thought["encrypted_content"].as_str().unwrap().len() > SIGNATURE.len());
        kept.push(response["output"].clone());
    }
    let body = json!({"model": "reviewer", "input": "Is it?", "store": false});
    let plain: Value = door.app.post(PATH, &door.key, &body).await.json().await.unwrap();
    assert!(
        reasoning(&plain)["encrypted_content"].is_null(),
        "only where it is asked for"
    );

    // in a process that remembers nothing
    door.app.restart().await;
    for id in ["one", "two"] {
        let _forgotten_with_the_process: Value = door
            .app
            .ask("provider.set_key", json!({"id": id, "key": CANARY}))
            .await;
    }
    for items in &kept {
        let (signatures, applied) = sent_back(&door, &door.key, "reviewer", items).await;
        assert_eq!(signatures, [json!(SIGNATURE)]);
        assert!(!applied.contains("envelopes"), "{applied}");
    }

    // altered, made elsewhere, another maker's, another key's
    let mut altered = kept[0].clone();
    let envelope = altered[0]["encrypted_content"].as_str().unwrap().to_owned();
    let flipped = if envelope.ends_with('A') { "B" } else { "A" };
    altered[0]["encrypted_content"] = json!(format!("{}{flipped}", &envelope[..envelope.len() - 1]));
    let mut elsewhere = kept[0].clone();
    elsewhere[0]["encrypted_content"] = json!("gAAAAABo-from-another-service");
    let other = door.app.key_with(json!({"name": "other", "store": "none"})).await;
    for (key, model, items) in [
        (&door.key, "reviewer", &altered),
        (&door.key, "reviewer", &elsewhere),
        (&door.key, "other", &kept[0]),
        (&other, "reviewer", &kept[0]),
    ] {
        let (signatures, applied) = sent_back(&door, key, model, items).await;
        assert!(!signatures.contains(&json!(SIGNATURE)), "{signatures:?}");
        assert!(
            applied.contains("envelopes that do not open left out (1)"),
            "{applied}"
        );
    }
    door.app.finish().await;
}
