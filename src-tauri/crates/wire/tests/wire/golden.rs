//! Golden files: one input each, and beside it in words what comes out. Read the `.snap` when it changes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use domain::Quirks;
use inglenook_wire::catalog;
use inglenook_wire::openai_chat::{
    decode_answer, decode_request, encode_answer, encode_error, encode_request,
};

use crate::support::{decode, encode, envelope, refused};

fn inputs(folder: &str) -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/wire/golden")
        .join(folder);
    let mut files: Vec<(String, PathBuf)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

pub fn snapshot(name: String, text: String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn pretty(json: &[u8]) -> String {
    let value: serde_json::Value = serde_json::from_slice(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn requests() {
    for (name, path) in inputs("requests") {
        let body = std::fs::read(path).unwrap();
        let mut text = String::new();
        let request = match decode_request(&body) {
            Ok(request) => request,
            Err(failure) => panic!("{name}: {failure}"),
        };
        for kind in ["openai", "groq", "google", "mistral", "xai"] {
            let quirks = catalog::find(kind).map_or_else(Quirks::default, |entry| entry.quirks.clone());
            let mut out = Vec::new();
            let applied = encode_request(&request.request, "upstream-model", &quirks, &mut out);
            writeln!(text, "== to {kind}\n{}", pretty(&out)).unwrap();
            for note in applied {
                writeln!(text, "applied: {}: {}", note.what, note.how).unwrap();
            }
        }
        snapshot(format!("request-{name}"), text);
    }
}

#[test]
fn streams() {
    for (name, path) in inputs("streams") {
        let body = std::fs::read(path).unwrap();
        let (events, outcome) = decode([body.as_slice()]);
        snapshot(format!("stream-{name}"), encode(&events, &outcome, true));
    }
}

#[test]
fn answers() {
    for (name, path) in inputs("answers") {
        let body = std::fs::read(path).unwrap();
        let mut out = Vec::new();
        match decode_answer(&body) {
            Ok(answer) => encode_answer(&answer, &envelope(), &mut out),
            Err(failure) => encode_error(&failure, &mut out),
        }
        snapshot(format!("answer-{name}"), pretty(&out));
    }
}

#[test]
fn every_kind_of_failure_has_a_body() {
    let mut text = String::new();
    for kind in domain::FailureKind::ALL {
        let mut out = Vec::new();
        encode_error(&domain::Failure::new(*kind, "A sentence."), &mut out);
        writeln!(text, "{:<26} {}", kind.as_str(), String::from_utf8(out).unwrap()).unwrap();
    }
    snapshot("errors-out".into(), text);
}

/// Status, `retry-after`, body.
const ERRORS: &[(u16, Option<&str>, &str)] = &[
    (
        401,
        None,
        r#"{"error":{"message":"Incorrect API key provided: sk-proj-abcdefgh12345678.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
    ),
    (401, None, r#"{"detail":"Invalid API Key"}"#),
    (
        403,
        None,
        r#"{"error":{"message":"Country not supported","code":403}}"#,
    ),
    (
        400,
        None,
        r#"{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***ey."}"#,
    ),
    (
        400,
        None,
        r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
    ),
    (
        402,
        None,
        r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#,
    ),
    (
        429,
        Some("20"),
        r#"{"error":{"message":"You exceeded your current quota, please check your plan","type":"insufficient_quota","code":"insufficient_quota"}}"#,
    ),
    (
        429,
        Some("1.5"),
        r#"{"error":{"message":"Rate limit reached. Please try again in 6ms.","type":"requests","code":"rate_limit_exceeded"}}"#,
    ),
    (
        429,
        None,
        r#"{"error":{"message":"Rate limit reached. Please try again in 6ms.","code":"rate_limit_exceeded"}}"#,
    ),
    (
        429,
        Some("Wed, 21 Oct 2026 07:28:00 GMT"),
        r#"{"error":{"code":429,"message":"Provider returned error","metadata":{"raw":"x is rate-limited upstream","provider_name":"Google"}}}"#,
    ),
    (
        429,
        None,
        r#"{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"41s"}]}}"#,
    ),
    (
        404,
        None,
        r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
    ),
    (
        400,
        None,
        r#"{"error":{"message":"x is not a valid model ID","code":400}}"#,
    ),
    (404, None, "404 page not found"),
    (404, None, "<html><body>Not Found</body></html>"),
    (
        400,
        None,
        r#"{"error":{"message":"Unknown parameter: 'foo'.","type":"invalid_request_error","param":"foo","code":"unknown_parameter"}}"#,
    ),
    (
        422,
        None,
        r#"{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error","param":null,"code":null}"#,
    ),
    (
        422,
        None,
        r#"{"detail":[{"loc":["body","messages"],"msg":"field required"}]}"#,
    ),
    (
        400,
        None,
        r#"{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
    ),
    (
        400,
        None,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error"}}"#,
    ),
    (
        413,
        None,
        r#"{"error":{"message":"Please reduce the length of the messages or completion.","code":"context_length_exceeded"}}"#,
    ),
    (
        400,
        None,
        r#"{"error":{"message":"The input token count (1100000) exceeds the maximum number of tokens allowed (1048576)."}}"#,
    ),
    (413, None, ""),
    (
        400,
        None,
        r#"{"error":{"message":"The response was filtered","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
    ),
    (
        403,
        None,
        r#"{"error":{"code":403,"message":"openai/x requires moderation on its platform"}}"#,
    ),
    (
        503,
        Some("3"),
        r#"{"error":{"message":"The engine is currently overloaded"}}"#,
    ),
    (
        529,
        None,
        r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    ),
    (
        500,
        None,
        r#"{"error":{"message":"The server had an error","type":"server_error"}}"#,
    ),
    (502, None, "<!DOCTYPE html><html><h1>502 Bad Gateway</h1></html>"),
    (504, None, "upstream request timeout"),
    (500, None, ""),
];

#[test]
fn errors_of_providers() {
    let mut text = String::new();
    for (status, retry_after, body) in ERRORS {
        let failure = refused(*status, *retry_after, body.as_bytes());
        let upstream = failure.upstream().unwrap();
        assert_eq!(upstream.status, Some(*status));
        writeln!(text, "{status} {retry_after:?} {body}").unwrap();
        writeln!(
            text,
            "   {} retry_after_ms={:?} param={:?} code={:?}",
            failure.kind().as_str(),
            failure.retry_after_ms(),
            failure.param(),
            upstream.code
        )
        .unwrap();
        writeln!(text, "   {}\n   {:?}", failure.message(), upstream.message).unwrap();
        let told = format!("{failure}{failure:?}");
        assert!(!told.contains("abcdefgh12345678"), "a key is masked: {told}");
    }
    snapshot("errors-in".into(), text);
    let long = refused(
        500,
        None,
        format!(r#"{{"error":"{}"}}"#, "é ".repeat(2000)).as_bytes(),
    );
    assert_eq!(
        long.upstream().unwrap().message.as_ref().unwrap().chars().count(),
        500
    );
}
