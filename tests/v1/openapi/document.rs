//! The document by itself: it is what the code says, it names every route and no other, and it can be read.

use std::collections::BTreeSet;

use gateway::http::openapi::{self, Described};
use serde_json::Value;

use super::contract::Contract;
use crate::control::written;
use crate::support::{Provider, TestApp};

#[test]
fn the_committed_document_is_what_the_code_says() {
    written("docs/openapi.json", &openapi::document());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_document_is_served_to_whoever_asks() {
    let provider = Provider::start().await;
    let app = TestApp::with_agent(&provider).await;
    for path in ["/openapi.json", "/openapi.json/"] {
        let response = app.http().get(app.url(path)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert!(
            !response.headers().contains_key("x-request-id"),
            "it is a constant"
        );
        assert!(response.text().await.unwrap() == openapi::document(), "{path}");
    }
    // a page reads it no more than anything else here
    let asked = app.http().get(app.url("/openapi.json"));
    let foreign = asked
        .header("origin", "https://example.com")
        .send()
        .await
        .unwrap();
    assert_eq!(foreign.status(), 403);
    app.finish().await;
}

#[test]
fn the_document_describes_every_route_and_method_and_no_other() {
    let mut served: Vec<Described> = gateway::http::routes()
        .into_iter()
        .filter(|route| !openapi::ELSEWHERE.contains(&route.of))
        .flat_map(|route| {
            route.methods.iter().map(move |method| Described {
                route: route.of,
                method: (*method).to_owned(),
            })
        })
        .collect();
    served.sort();
    served.dedup();
    assert_eq!(openapi::described(), served, "a new route wants its schema");
}

#[test]
fn only_constants_are_described_as_wanting_no_key() {
    let contract = Contract::of_the_code();
    let open: BTreeSet<&str> = contract
        .operations()
        .filter(|(_, _, operation)| operation["security"].as_array().is_some_and(Vec::is_empty))
        .map(|(_, path, _)| path)
        .collect();
    let routes = gateway::http::routes();
    let public: BTreeSet<&str> = routes
        .iter()
        .filter(|route| route.public)
        .map(|route| route.of)
        .collect();
    assert_eq!(open, public);
    let schemes = contract.document()["components"]["securitySchemes"]
        .as_object()
        .unwrap();
    let asked: BTreeSet<&String> = contract.document()["security"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one.as_object().unwrap().keys())
        .collect();
    assert_eq!(asked, schemes.keys().collect());
}

#[test]
fn every_reference_leads_somewhere_and_everything_is_referred_to() {
    let contract = Contract::of_the_code();
    let mut found = BTreeSet::new();
    references(contract.document(), &mut found);
    for reference in &found {
        let place = reference.trim_start_matches('#');
        assert!(contract.document().pointer(place).is_some(), "{reference}");
    }
    for (kind, parts) in contract.document()["components"].as_object().unwrap() {
        // those are asked for by name
        if kind == "securitySchemes" {
            continue;
        }
        for name in parts.as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            assert!(found.contains(&reference), "{reference} is referred to by nobody");
        }
    }
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(reference) if name == "$ref" => {
                        found.insert(reference.to_owned());
                    }
                    _ => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn schemas_are_schemas_and_operations_can_be_told_apart() {
    let contract = Contract::of_the_code();
    for (name, schema) in contract.document()["components"]["schemas"].as_object().unwrap() {
        if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
            panic!("{name}: {error}");
        }
        let _compiles = contract.validator(schema);
    }
    let mut ids = BTreeSet::new();
    for (method, path, operation) in contract.operations() {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{what}");
        let named: Vec<&str> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| contract.resolved(parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let in_path = path
            .split('{')
            .skip(1)
            .map(|rest| rest.split('}').next().unwrap());
        assert_eq!(named, in_path.collect::<Vec<_>>(), "{what}");
    }
}

/// Every word of a closed set in Rust stands in the document, because it is taken from there.
#[test]
fn kinds_of_failure_and_reasons_to_stop_are_those_of_the_code() {
    let contract = Contract::of_the_code();
    let text = contract.document()["components"]["responses"].to_string();
    use domain::FailureKind as K;
    // of the command line, and of a client that is gone
    let untold = [K::ClientGone, K::DataDirectoryInUse, K::PortTaken, K::NotRunning];
    for kind in K::ALL {
        let is_told = text.contains(&format!("`{}`", kind.as_str()));
        assert_eq!(is_told, !untold.contains(kind), "{}", kind.as_str());
    }
    let schemas = &contract.document()["components"]["schemas"];
    let words = |name: &str| schemas[name]["enum"].clone();
    assert_eq!(
        words("ChatFinishReason"),
        serde_json::json!(["stop", "tool_calls", "length", "content_filter"])
    );
    assert_eq!(
        words("GeminiFinishReason"),
        serde_json::json!(["STOP", "MAX_TOKENS", "SAFETY"])
    );
    assert_eq!(
        words("ResponseStatus"),
        serde_json::json!(["in_progress", "completed", "incomplete", "failed", "cancelled"])
    );
}
