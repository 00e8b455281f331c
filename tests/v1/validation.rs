//! Requests that break a rule are told which, at the field's path; nobody else hears of them.

use serde_json::{Value, json};

use super::hi;
use crate::support::{Provider, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_is_named_where_it_is_broken() {
    let table: &[(&str, Value, &str, Option<&str>)] = &[
        ("messages", Value::Null, "messages", None),
        ("messages", json!([]), "messages", Some("empty_array")),
        ("messages", json!("Hi"), "messages", Some("invalid_type")),
        ("messages", json!([7]), "messages[0]", Some("invalid_type")),
        (
            "messages",
            json!([{"role": "wizard", "content": "x"}]),
            "messages[0].role",
            Some("invalid_value"),
        ),
        (
            "temperature",
            json!(2.1),
            "temperature",
            Some("decimal_above_max_value"),
        ),
        (
            "temperature",
            json!(-0.1),
            "temperature",
            Some("decimal_below_min_value"),
        ),
        ("temperature", json!("warm"), "temperature", Some("invalid_type")),
        ("top_p", json!(1.01), "top_p", Some("decimal_above_max_value")),
        ("top_p", json!(-1), "top_p", Some("decimal_below_min_value")),
        (
            "max_tokens",
            json!(0),
            "max_tokens",
            Some("integer_below_min_value"),
        ),
        (
            "max_tokens",
            json!(-5),
            "max_tokens",
            Some("integer_below_min_value"),
        ),
        ("max_tokens", json!(1.5), "max_tokens", Some("invalid_type")),
        (
            "max_completion_tokens",
            json!(0),
            "max_completion_tokens",
            Some("integer_below_min_value"),
        ),
        (
            "stop",
            json!(["1", "2", "3", "4", "5"]),
            "stop",
            Some("array_above_max_length"),
        ),
        ("stop", json!([1]), "stop[0]", Some("invalid_type")),
        ("n", json!(0), "n", Some("integer_below_min_value")),
        ("n", json!(129), "n", Some("integer_above_max_value")),
        (
            "presence_penalty",
            json!(3),
            "presence_penalty",
            Some("decimal_above_max_value"),
        ),
        (
            "frequency_penalty",
            json!(-3),
            "frequency_penalty",
            Some("decimal_below_min_value"),
        ),
        ("top_logprobs", json!(3), "top_logprobs", Some("invalid_value")),
        ("stream", json!("yes"), "stream", Some("invalid_type")),
        ("model", json!(7), "model", Some("invalid_type")),
        (
            "response_format",
            json!({"type": "xml"}),
            "response_format.type",
            Some("invalid_value"),
        ),
        ("session_id", json!("a\u{0}b"), "session_id", None),
    ];
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    for (field, value, param, code) in table {
        let mut body = hi("reviewer");
        body[*field] = value.clone();
        let response = app.chat(&key, &body).await;
        assert_eq!(response.status(), 400, "{field} = {value}");
        assert_eq!(response.headers()["x-should-retry"], "false");
        let error: Value = response.json().await.unwrap();
        let error = &error["error"];
        assert_eq!(error["type"], "invalid_request_error", "{field} = {value}");
        assert_eq!(error["param"], *param, "{field} = {value}");
        if let Some(code) = code {
            assert_eq!(error["code"], *code, "{field} = {value}");
        }
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let mut without = hi("reviewer");
    without.as_object_mut().unwrap().remove("messages");
    let error: Value = app.chat(&key, &without).await.json().await.unwrap();
    assert_eq!(error["error"]["code"], "missing_required_parameter");

    assert!(provider.asked().is_empty(), "the provider is not asked");
    let recorded = app.calls().await;
    assert!(
        !recorded.is_empty() && recorded.len() <= 20,
        "bounded: {}",
        recorded.len()
    );
    for row in recorded {
        assert_eq!(
            row.outcome,
            Some(domain::Outcome::Failed {
                kind: domain::FailureKind::InvalidRequest
            })
        );
        assert_eq!((row.usage, row.target), (None, None), "nothing was attempted");
    }
    assert!(app.sessions().await.is_empty(), "no session is opened");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_at_the_edge_are_in() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    let key = app.key().await;
    let edges = [
        ("temperature", json!(0)),
        ("temperature", json!(2)),
        ("temperature", json!("0.7")),
        ("top_p", json!(1)),
        ("max_tokens", json!(1)),
        ("stop", json!(["1", "2", "3", "4"])),
        ("stop", json!("x")),
        ("stop", Value::Null),
    ];
    for (field, value) in edges {
        let mut body = hi("reviewer");
        body[field] = value.clone();
        assert_eq!(app.chat(&key, &body).await.status(), 200, "{field} = {value}");
    }
    app.finish().await;
}
