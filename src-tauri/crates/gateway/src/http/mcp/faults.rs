//! Faults of the protocol, as JSON-RPC tells them.
//!
//! What rmcp cannot read it answers in plain words, under a status for something else. Clients read objects.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use rmcp::model::ClientJsonRpcMessage;
use serde_json::{Value, json};

const PARSE: i32 = -32_700;
const INVALID: i32 = -32_600;
/// More than any of rmcp's own words.
const WORDS: usize = 4 << 10;

/// The answer to a body that is not one message of the protocol: 400.
pub(super) fn of(body: &[u8]) -> Option<Response> {
    let fault = |code, id, message| Some(object(StatusCode::BAD_REQUEST, code, id, message));
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return fault(PARSE, Value::Null, "The request body is not JSON.");
    };
    if value.is_array() {
        return fault(
            INVALID,
            Value::Null,
            "Batches are not part of the protocol. Send one message a request.",
        );
    }
    let id = value["id"].clone();
    match serde_json::from_value::<ClientJsonRpcMessage>(value) {
        Ok(_) => None,
        Err(_) => fault(INVALID, id, "The request body is no JSON-RPC 2.0 message."),
    }
}

/// An answer, its refusals as objects.
pub(super) async fn told(answered: http::Response<BoxBody<Bytes, std::convert::Infallible>>) -> Response {
    let (mut head, body) = answered.into_parts();
    let plain = !head.headers.contains_key(header::CONTENT_TYPE);
    if !plain || !(head.status.is_client_error() || head.status.is_server_error()) {
        return Response::from_parts(head, Body::new(body));
    }
    let words = match body.collect().await {
        Ok(words) => words.to_bytes(),
        Err(never) => match never {},
    };
    let words = String::from_utf8_lossy(words.get(..WORDS).unwrap_or(&words)).into_owned();
    let (message, status) = match head.status {
        // its reason may hold what the client sent; the log has it
        StatusCode::INTERNAL_SERVER_ERROR => ("The server cannot do this now.".to_owned(), head.status),
        status => (words, status),
    };
    let told = object(status, INVALID, Value::Null, &message);
    head.headers.remove(header::CONTENT_LENGTH);
    let (said, body) = told.into_parts();
    head.headers.extend(said.headers);
    Response::from_parts(head, body)
}

fn object(status: StatusCode, code: i32, id: Value, message: &str) -> Response {
    let told = json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}});
    let mut response = Response::new(Body::from(told.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
