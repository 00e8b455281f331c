//! How much, how likely, how often and in which form (W-34 to W-41).

use serde_json::{Value, json};

use super::super::hi_streamed;
use super::{World, code, with};

#[tokio::test(flavor = "multi_thread")]
async fn w_34_the_newer_limit_wins_and_takes_the_providers_name() {
    let world = World::with_claude().await;
    for (fields, most) in [
        (json!({"max_tokens": 5}), 5),
        (json!({"max_completion_tokens": 7}), 7),
        (json!({"max_tokens": 5, "max_completion_tokens": 7}), 7),
    ] {
        let sent = world.sent(fields.clone()).await;
        assert_eq!(sent["max_completion_tokens"], most, "{fields}");
        assert!(sent.get("max_tokens").is_none(), "under one name");
        assert_eq!(world.sent_to("claude", fields).await["max_tokens"], most);
    }
    for field in ["max_tokens", "max_completion_tokens"] {
        for wrong in [0, -1] {
            let found = world.refused(json!({field: wrong})).await;
            assert_eq!(found, code("integer_below_min_value", field), "{wrong}");
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_35_several_answers_are_given_or_refused() {
    let world = World::with_claude().await;
    assert_eq!(world.sent(json!({"n": 2})).await["n"], 2);
    let before = world.provider.asked().len();
    let response = world
        .app
        .chat(&world.key, &with("claude", &json!({"n": 2})))
        .await;
    assert_eq!(response.status(), 400, "never quietly one");
    let error: Value = response.json().await.unwrap();
    assert_eq!(error["error"]["code"], "unsupported_value");
    assert_eq!(error["error"]["param"], "n");
    assert_eq!(world.provider.asked().len(), before);
    world.sent_to("claude", json!({"n": 1})).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_36_numbers_keep_to_their_ranges() {
    let world = World::new().await;
    for (field, least, most) in [
        ("temperature", 0, 2),
        ("top_p", 0, 1),
        ("presence_penalty", -2, 2),
        ("frequency_penalty", -2, 2),
    ] {
        for edge in [least, most] {
            assert_eq!(
                world.sent(json!({field: edge})).await[field].as_f64(),
                Some(f64::from(edge))
            );
        }
        let low = world.refused(json!({field: f64::from(least) - 0.01})).await;
        assert_eq!(low, code("decimal_below_min_value", field));
        let high = world.refused(json!({field: f64::from(most) + 0.01})).await;
        assert_eq!(high, code("decimal_above_max_value", field));
    }
    world.sent(json!({"logprobs": true, "top_logprobs": 20})).await;
    let many = world.refused(json!({"logprobs": true, "top_logprobs": 21})).await;
    assert_eq!(many, code("integer_above_max_value", "top_logprobs"));
    assert_eq!(world.refused(json!({"top_logprobs": 3})).await.1, "top_logprobs");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_37_one_to_four_stops() {
    let world = World::new().await;
    for (stop, expected) in [
        (json!("x"), json!(["x"])),
        (json!(["1", "2", "3", "4"]), json!(["1", "2", "3", "4"])),
        (Value::Null, Value::Null),
    ] {
        assert_eq!(world.sent(json!({"stop": stop})).await["stop"], expected);
    }
    let many = world.refused(json!({"stop": ["1", "2", "3", "4", "5"]})).await;
    assert_eq!(many, code("array_above_max_length", "stop"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_38_known_fields_pass_or_are_seen_to_be_dropped() {
    let world = World::with_claude().await;
    let fields = json!({
        "seed": 7, "logit_bias": {"50256": -100}, "user": "me", "metadata": {"a": "b"}, "store": false,
        "service_tier": "auto", "prediction": {"type": "content", "content": "x"}, "modalities": ["text"],
        "web_search_options": {}, "verbosity": "low", "safety_identifier": "s", "prompt_cache_key": "k",
        "moderation": {"x": 1},
    });
    let sent = world.sent(fields.clone()).await;
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(sent.get(name), Some(value), "{name}");
    }
    let sent = world.sent_to("claude", fields).await;
    assert!(
        sent.get("logit_bias").is_none() && sent.get("seed").is_none(),
        "{sent}"
    );
    let applied = world.app.newest_call().await.row.call.applied;
    for name in ["logit_bias", "seed", "prediction"] {
        assert!(applied.iter().any(|one| one.what == name), "{name}: {applied:?}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_39_the_form_of_the_answer() {
    let world = World::new().await;
    let schema = json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}});
    for format in [json!({"type": "json_object"}), schema] {
        let sent = world.sent(json!({"response_format": format})).await;
        assert_eq!(sent["response_format"], format);
    }
    assert!(
        world
            .sent(json!({"response_format": {"type": "text"}}))
            .await
            .get("response_format")
            .is_none()
    );
    let xml = world.refused(json!({"response_format": {"type": "xml"}})).await;
    assert_eq!(xml, code("invalid_value", "response_format.type"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_40_how_much_to_think_in_three_dialects() {
    let world = World::with_claude().await;
    for fields in [
        json!({"reasoning_effort": "high"}),
        json!({"reasoning": {"effort": "high"}}),
        json!({"thinking": {"type": "enabled", "budget_tokens": 2048}}),
    ] {
        let sent = world.sent(fields.clone()).await;
        for (name, value) in fields.as_object().unwrap() {
            assert_eq!(sent.get(name), Some(value), "as it was said, to who may know it");
        }
        let most = json!({"max_tokens": 20_000});
        let mut all = fields.clone();
        all.as_object_mut()
            .unwrap()
            .extend(most.as_object().unwrap().clone());
        let sent = world.sent_to("claude", all).await;
        assert!(sent["thinking"]["type"].is_string(), "{fields}: {sent}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_41_no_stream_unless_it_is_asked_for() {
    let world = World::new().await;
    for fields in [
        json!({"stream": null}),
        json!({"stream": false, "stream_options": {"include_usage": true}}),
    ] {
        let response = world.app.chat(&world.key, &with("reviewer", &fields)).await;
        assert_eq!(response.headers()["content-type"], "application/json", "{fields}");
        let sent = world.provider.last().json();
        assert!(
            sent.get("stream").is_none() && sent.get("stream_options").is_none(),
            "{sent}"
        );
    }
    let mut body = hi_streamed("reviewer");
    body["stream_options"] = json!({"include_obfuscation": false});
    assert_eq!(world.app.chat(&world.key, &body).await.status(), 200);
    world.end().await;
}
