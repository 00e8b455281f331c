//! One method of one route: what it takes, what it answers, and how it refuses.

use domain::FailureKind;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::refusals::{self, Refusals, Shape};
use super::schema::{Schema, of};

/// What a stream of server-sent events is.
pub(super) const EVENTS: &str = "text/event-stream";
/// What a stream of lines is.
pub(super) const LINES: &str = "application/x-ndjson";
const JSON: &str = "application/json";

/// A method of a route.
pub(super) struct Operation {
    /// The route as the router has it.
    pub route: &'static str,
    /// The path as the document has it; the router's `{*model}` has no form in OpenAPI.
    pub path: String,
    /// In lower case.
    pub method: &'static str,
    id: String,
    tag: &'static str,
    summary: &'static str,
    shape: Shape,
    public: bool,
    parameters: Vec<&'static str>,
    asks: Option<Schema>,
    answers: Vec<(&'static str, Schema)>,
    refuses: Refusals,
    headers: &'static [&'static str],
}

/// What the answer to a call tells in headers.
const OF_CALLS: &[&str] = &[
    "x-session-id",
    "x-upstream-model",
    "x-inglenook-applied",
    "x-inglenook-replayed",
];

impl Operation {
    fn new(method: &'static str, route: &'static str, id: &str) -> Self {
        Self {
            route,
            path: route.replace("{*", "{"),
            method,
            id: id.to_owned(),
            tag: "",
            summary: "",
            shape: Shape::OpenAi,
            public: false,
            parameters: Vec::new(),
            asks: None,
            answers: Vec::new(),
            refuses: Refusals::of(refusals::GUARD),
            headers: &[],
        }
    }

    /// `GET`, which `HEAD` answers without the body.
    pub fn get(route: &'static str, id: &str) -> Self {
        Self::new("get", route, id)
    }

    /// `POST` of JSON.
    pub fn post(route: &'static str, id: &str) -> Self {
        let mut post = Self::new("post", route, id);
        post.parameters.push("Idempotency-Key");
        post.refuses.add(refusals::BODY);
        post
    }

    /// `DELETE`.
    pub fn delete(route: &'static str, id: &str) -> Self {
        Self::new("delete", route, id)
    }

    /// The path of the document where it is not the router's.
    pub fn at(mut self, path: String) -> Self {
        self.path = path;
        self
    }

    /// Under which heading it stands, and what it does.
    pub fn said(mut self, tag: &'static str, summary: &'static str) -> Self {
        self.tag = tag;
        self.summary = summary;
        self
    }

    /// In whose shape it refuses.
    pub fn shape(mut self, shape: Shape) -> Self {
        self.shape = shape;
        self
    }

    /// It is a constant that needs no key.
    pub fn public(mut self) -> Self {
        self.public = true;
        self.refuses = Refusals::of(refusals::PUBLIC);
        self
    }

    /// It takes these parameters beside those of its path.
    pub fn with(mut self, parameters: &[&'static str]) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// It takes a body of this schema.
    pub fn asks(mut self, schema: &str) -> Self {
        self.asks = Some(of(schema));
        self
    }

    /// It answers with a document of this schema.
    pub fn answers(self, schema: Schema) -> Self {
        self.answers_as(JSON, schema)
    }

    /// It answers with this content type: of a stream the schema is that of each event's data or of each line.
    pub fn answers_as(mut self, content_type: &'static str, schema: Schema) -> Self {
        self.answers.push((content_type, schema));
        self
    }

    /// It runs a call: a key's limits, a provider's failures.
    pub fn calls(mut self) -> Self {
        self.refuses.add(refusals::LIMITS);
        self.refuses.add(refusals::CALL);
        self.parameters.extend(["x-session-id", "x-inglenook-retry"]);
        self.headers = OF_CALLS;
        self
    }

    /// It counts against the limits of a key, though it runs no call.
    pub fn limited(mut self) -> Self {
        self.refuses.add(refusals::LIMITS);
        self
    }

    /// It also refuses for these reasons.
    pub fn refuses(mut self, kinds: &[FailureKind]) -> Self {
        self.refuses.add(kinds);
        self
    }

    /// It also refuses with this status, for a reason that is no kind of its own.
    pub fn refuses_as(mut self, status: StatusCode) -> Self {
        self.refuses.also(status);
        self
    }

    /// In which shape and with which statuses it refuses.
    pub fn refusals(&self) -> impl Iterator<Item = (Shape, StatusCode)> {
        let shape = self.shape;
        let statuses = self.refuses.statuses(shape).into_iter();
        statuses.map(move |status| (shape, status))
    }

    /// The operation as it stands in the document.
    pub fn written(&self) -> Value {
        let mut responses = Map::new();
        if !self.answers.is_empty() {
            responses.insert("200".to_owned(), self.answered());
        }
        for (_, status) in self.refusals() {
            let name = refusals::name(self.shape, status);
            let refusal = json!({ "$ref": format!("#/components/responses/{name}") });
            responses.insert(status.as_str().to_owned(), refusal);
        }
        let mut written = self.head(&self.id, self.summary, responses);
        if let Some(schema) = &self.asks {
            let content = json!({ JSON: { "schema": Value::from(schema.clone()) } });
            written["requestBody"] = json!({ "required": true, "content": content });
        }
        written
    }

    /// The same by `HEAD`, for a `GET`.
    pub fn written_as_head(&self) -> Value {
        let mut responses = Map::new();
        if !self.answers.is_empty() {
            let mut told = json!({ "description": "As GET's, without its body." });
            self.tell_headers(&mut told);
            responses.insert("200".to_owned(), told);
        }
        for (_, status) in self.refusals() {
            let refusal = json!({ "$ref": "#/components/responses/RefusedHead" });
            responses.insert(status.as_str().to_owned(), refusal);
        }
        self.head(
            &format!("{}Head", self.id),
            "As GET, without the body.",
            responses,
        )
    }

    fn head(&self, id: &str, summary: &str, responses: Map<String, Value>) -> Value {
        let mut written = json!({
            "operationId": id,
            "tags": [self.tag],
            "summary": summary,
            "responses": responses,
        });
        let of_path = self
            .path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next());
        let parameters: Vec<Value> = of_path
            .chain(self.parameters.iter().copied())
            .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
            .collect();
        if !parameters.is_empty() {
            written["parameters"] = parameters.into();
        }
        if self.public {
            written["security"] = json!([]);
        }
        written
    }

    fn answered(&self) -> Value {
        let mut content = Map::new();
        for (content_type, schema) in &self.answers {
            content.insert(
                (*content_type).to_owned(),
                json!({ "schema": Value::from(schema.clone()) }),
            );
        }
        let mut answered = json!({ "description": "The answer.", "content": content });
        self.tell_headers(&mut answered);
        answered
    }

    fn tell_headers(&self, answer: &mut Value) {
        let mut names: Vec<&str> = Vec::new();
        if !self.public {
            names.push("x-request-id");
        }
        if self.shape.names_twice() {
            names.push("request-id");
        }
        if self.refuses.holds(FailureKind::RateLimited) {
            names.extend(refusals::RATES);
        }
        names.extend(self.headers);
        if !names.is_empty() {
            answer["headers"] = refusals::headers(&names);
        }
    }
}
