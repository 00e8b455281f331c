//! `GET /openapi.json`: the data plane described for programs and for those who generate clients from it.
//!
//! The danger is a document that says other than the server does. Bodies are read and written by hand in the
//! codecs, so their schemas cannot be derived: they are written here, a file for each family of routes, and held
//! by tests against the route table, against real requests, and against real answers and events. Whatever is
//! a closed set in Rust is taken from there: kinds of failure and their statuses, reasons to stop, periods.
//!
//! The document is built by a test and committed as `docs/openapi.json`; the server has the bytes of that file
//! and nothing of this module but the route.

mod agents;
mod catalogue;
mod gemini;
mod messages;
mod ollama;
mod openai_chat;
mod openai_texts;
mod operation;
mod parameters;
mod refusals;
mod responses;
mod schema;
mod vocabulary;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use operation::Operation;
use schema::Schema;

const DOCUMENT: &[u8] = include_bytes!("../../../../../docs/openapi.json");

/// `GET /openapi.json`.
pub(super) async fn get() -> Response {
    let mut response = Response::new(Body::from(DOCUMENT));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// A method of a route that the document describes, as [`super::Route`] names both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Described {
    /// The route's path, with `{*name}` for the rest.
    pub route: &'static str,
    /// In capitals.
    pub method: String,
}

/// What the document describes, without repetition.
pub fn described() -> Vec<Described> {
    let mut all: Vec<Described> = operations()
        .iter()
        .flat_map(|operation| {
            let head = (operation.method == "get").then_some("head");
            let methods = std::iter::once(operation.method).chain(head);
            methods.map(|method| Described {
                route: operation.route,
                method: method.to_ascii_uppercase(),
            })
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

/// The document, as it is to be committed.
pub fn document() -> String {
    let mut paths: Map<String, Value> = Map::new();
    let operations = operations();
    for operation in &operations {
        let path = paths.entry(operation.path.as_str()).or_insert_with(|| json!({}));
        path[operation.method] = operation.written();
        if operation.method == "get" {
            path["head"] = operation.written_as_head();
        }
    }
    let schemas: Map<String, Value> = schemas()
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema.into()))
        .collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Inglenook",
            "version": "1",
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }, { "x-api-key": [] }, { "api-key": [] }, { "x-goog-api-key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "`sk-ink-…`" },
                "x-api-key": { "type": "apiKey", "in": "header", "name": "x-api-key" },
                "api-key": { "type": "apiKey", "in": "header", "name": "api-key" },
                "x-goog-api-key": { "type": "apiKey", "in": "header", "name": "x-goog-api-key" },
            },
            "parameters": parameters::parameters(),
            "headers": parameters::headers(),
            "responses": refusals::responses(operations.iter().flat_map(Operation::refusals)),
            "schemas": schemas,
        },
    });
    // whether objects keep the order in which they were written is another crate's choice
    document.sort_all_objects();
    let mut text = String::new();
    write(&document, 0, &mut text);
    text.push('\n');
    text
}

/// Writes each operation and each part of the components on a line of its own, so that a change can be read.
fn write(value: &Value, depth: usize, out: &mut String) {
    let fields = match value {
        Value::Object(fields) if depth < 3 && !fields.is_empty() => fields,
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => return out.push_str(&value.to_string()),
    };
    let indent = " ".repeat(depth);
    for (at, (name, value)) in fields.iter().enumerate() {
        out.push_str(if at == 0 { "{\n" } else { ",\n" });
        out.push_str(&format!("{indent} {}:", Value::from(name.as_str())));
        write(value, depth + 1, out);
    }
    out.push_str(&format!("\n{indent}}}"));
}

const ABOUT: &str = "Agents that you make in a window, served to every program on your machine.\n\n\
    Paths below `/v1` are served without it and with it doubled too, those below `/v1beta` as the libraries of \
    Google spell them, and all of them with a slash at the end. Of a stream, `text/event-stream` or \
    `application/x-ndjson`, the schema is that of the data of each event or of each line; streams of OpenAI's \
    chunks end with `data: [DONE]`, and comments or blanks keep a silent one open. Requests are read more \
    liberally than is written here: unknown fields go to the provider, and null is as good as nothing. Whoever \
    sends `anthropic-version`, or `x-goog-api-client`, is refused in Anthropic's, or Google's, shape before a \
    route is reached, and in Anthropic's on every route. Requests are refused with 421 whose Host is not this \
    server's, and with 403 when they come from a web page that no client key lists. `/mcp` is not described here: it \
    speaks the Model Context Protocol, in which servers describe themselves.";

/// Routes that this document leaves to another description: of the Model Context Protocol's one path the protocol's own
/// document says what it takes, and `tools/list` what is behind it.
pub const ELSEWHERE: [&str; 1] = [super::mcp::PATH];

fn operations() -> Vec<Operation> {
    [
        catalogue::operations(),
        openai_chat::operations(),
        openai_texts::operations(),
        responses::operations(),
        messages::operations(),
        agents::operations(),
        gemini::operations(),
        ollama::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn schemas() -> Vec<(&'static str, Schema)> {
    [
        refusals::schemas(),
        catalogue::schemas(),
        openai_chat::schemas(),
        openai_texts::schemas(),
        responses::schemas(),
        messages::schemas(),
        agents::schemas(),
        gemini::schemas(),
        ollama::schemas(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
