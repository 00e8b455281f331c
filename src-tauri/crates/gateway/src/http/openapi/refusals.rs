//! How requests are refused: statuses and bodies, taken from the error table and from the writers of the
//! clients' error shapes.

use std::collections::BTreeSet;

use domain::{Failure, FailureKind, Wire};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::schema::{Schema, any_of, integer, list, literal, null, object, of, text, words};
use crate::http::errors::status_on;

use FailureKind as K;

/// The guard's, on every route that wants a key. Whoever asks for a WebSocket is told that there is none.
pub(super) const GUARD: &[K] = &[
    K::HostDenied,
    K::OriginDenied,
    K::UnsupportedMediaType,
    K::ClientKeyMissing,
    K::ClientKeyInvalid,
    K::RouteNotFound,
    K::BodyTooLarge,
    K::Internal,
];
/// The guard's, where no key is needed.
pub(super) const PUBLIC: &[K] = &[
    K::HostDenied,
    K::OriginDenied,
    K::UnsupportedMediaType,
    K::Internal,
];
/// Of a body that is read, and of an `Idempotency-Key`.
pub(super) const BODY: &[K] = &[K::InvalidRequest, K::BodyTooLarge, K::Overloaded, K::Conflict];
/// Of a key's limits.
pub(super) const LIMITS: &[K] = &[K::BudgetExceeded, K::RateLimited];
/// Of a model that is named, where no provider is asked.
pub(super) const NAMED: &[K] = &[K::InvalidRequest, K::ScopeDenied, K::ModelNotFound];
/// Of what is kept, where it is read.
pub(super) const KEPT: &[K] = &[K::NotFound, K::StorageFailed];
/// Of a call.
pub(super) const CALL: &[K] = &[
    K::InvalidRequest,
    K::ContextTooLong,
    K::RunStopped,
    K::ContentRefused,
    K::ScopeDenied,
    K::ModelNotFound,
    K::NotFound,
    K::Conflict,
    K::ProviderKeyMissing,
    K::ProviderKeyRejected,
    K::ProviderRateLimited,
    K::ProviderQuotaExceeded,
    K::UpstreamFailed,
    K::UpstreamDisconnected,
    K::UpstreamUnreachable,
    K::UpstreamOverloaded,
    K::UpstreamTimeout,
    K::Overloaded,
    K::VaultLocked,
    K::VaultAbsent,
    K::WeightsMissing,
    K::ReadOnly,
    K::StorageFailed,
];

/// Those that no response tells: of the command line, and of a client that is gone.
const UNTOLD: &[K] = &[K::ClientGone, K::DataDirectoryInUse, K::PortTaken, K::NotRunning];

/// What a key's limits tell in headers.
pub(super) const RATES: [&str; 6] = [
    "x-ratelimit-limit-requests",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-reset-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-tokens",
];

/// In whose shape an operation refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    OpenAi,
    Anthropic,
    Gemini,
    Ollama,
    /// As the headers of the request ask for: OpenAI's, Anthropic's or Google's.
    Asked,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "OpenAi",
            Self::Anthropic => "Anthropic",
            Self::Gemini => "Gemini",
            Self::Ollama => "Ollama",
            Self::Asked => "Asked",
        }
    }

    fn wire(self) -> Wire {
        match self {
            Self::OpenAi | Self::Asked => Wire::OpenAiChat,
            Self::Anthropic => Wire::AnthropicMessages,
            Self::Gemini => Wire::Gemini,
            Self::Ollama => Wire::Ollama,
        }
    }

    /// Whether its client is told the request's id twice.
    pub fn names_twice(self) -> bool {
        matches!(self, Self::Anthropic | Self::Asked)
    }

    fn error(self) -> Schema {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Gemini | Self::Ollama => {
                of(&format!("{}Error", self.name()))
            }
            Self::Asked => any_of([Self::OpenAi, Self::Anthropic, Self::Gemini].map(Self::error)),
        }
    }
}

/// The name of a refusal among the document's responses.
pub(super) fn name(shape: Shape, status: StatusCode) -> String {
    if status == StatusCode::MISDIRECTED_REQUEST {
        return "Misdirected".to_owned();
    }
    format!("{}{}", shape.name(), status.as_str())
}

/// Reasons why an operation refuses.
pub(super) struct Refusals {
    kinds: Vec<K>,
    others: Vec<StatusCode>,
}

impl Refusals {
    /// These.
    pub fn of(kinds: &[K]) -> Self {
        Self {
            kinds: kinds.to_vec(),
            others: Vec::new(),
        }
    }

    /// Adds reasons.
    pub fn add(&mut self, kinds: &[K]) {
        self.kinds.extend(kinds);
    }

    /// Adds a status that belongs to no kind.
    pub fn also(&mut self, status: StatusCode) {
        self.others.push(status);
    }

    /// Whether this is one of them.
    pub fn holds(&self, kind: K) -> bool {
        self.kinds.contains(&kind)
    }

    /// The statuses that they become.
    pub fn statuses(&self, shape: Shape) -> BTreeSet<StatusCode> {
        let told = self.kinds.iter().map(|kind| status_on(shape.wire(), *kind));
        told.chain(self.others.iter().copied()).collect()
    }
}

/// The document's responses: these statuses in these shapes, each with the kinds that are told so.
pub(super) fn responses(used: impl IntoIterator<Item = (Shape, StatusCode)>) -> Map<String, Value> {
    let mut all = Map::new();
    let told = [
        "x-request-id",
        "request-id",
        "x-should-retry",
        "retry-after",
        "retry-after-ms",
    ];
    let head = json!({
        "description": "Refused as GET is, without the body.",
        "headers": headers(&told),
    });
    all.insert("RefusedHead".to_owned(), head);
    for (shape, status) in used {
        let is_so = |kind: &&K| status_on(shape.wire(), **kind) == status && !UNTOLD.contains(kind);
        let kinds: Vec<String> = K::ALL
            .iter()
            .filter(is_so)
            .map(|kind| format!("`{}`", kind.as_str()))
            .collect();
        all.entry(name(shape, status))
            .or_insert_with(|| response(shape, status, &kinds));
    }
    all
}

fn response(shape: Shape, status: StatusCode, kinds: &[String]) -> Value {
    if status == StatusCode::MISDIRECTED_REQUEST {
        return json!({
            "description": format!("{}: the Host is not this server's. There is no body.", kinds.join(", ")),
            "headers": headers(&["x-should-retry"]),
        });
    }
    let said = match kinds {
        [] => "Another protocol than HTTP was asked for.".to_owned(),
        kinds => format!("One of the kinds {}.", kinds.join(", ")),
    };
    let mut names = vec!["x-request-id", "x-should-retry"];
    if shape.names_twice() {
        names.push("request-id");
    }
    // a failure that names a time, whatever its kind
    names.extend(["retry-after", "retry-after-ms"]);
    if status == StatusCode::TOO_MANY_REQUESTS {
        names.extend(RATES);
    }
    json!({
        "description": said,
        "headers": headers(&names),
        "content": { "application/json": { "schema": Value::from(shape.error()) } },
    })
}

/// These headers, by reference.
pub(super) fn headers(names: &[&str]) -> Value {
    let all: Map<String, Value> = names
        .iter()
        .map(|name| {
            let header = json!({ "$ref": format!("#/components/headers/{name}") });
            ((*name).to_owned(), header)
        })
        .collect();
    Value::Object(all)
}

/// The schemas of the errors. Their closed sets of words are what is written for each kind.
pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let openai = object().needs(
        "error",
        object()
            .needs("message", text())
            .needs("type", told(Wire::OpenAiChat, "/error/type"))
            .needs("param", text().or_null().said("The field at fault."))
            .needs("code", openai_code()),
    );
    let anthropic = object()
        .needs("type", literal("error"))
        .needs(
            "error",
            object()
                .needs("type", told(Wire::AnthropicMessages, "/error/type"))
                .needs("message", text()),
        )
        .needs("request_id", text().or_null());
    let detail = object().needs("@type", text());
    let info = object()
        .needs("@type", literal("type.googleapis.com/google.rpc.ErrorInfo"))
        .needs("reason", told(Wire::Gemini, "/error/details/0/reason"))
        .needs("domain", literal("inglenook"));
    let gemini = object().needs(
        "error",
        object()
            .needs("code", integer().said("The HTTP status."))
            .needs("message", text())
            .needs("status", told(Wire::Gemini, "/error/status"))
            .needs("details", list(any_of([info, detail])).at_least(1)),
    );
    let ollama = object().needs("error", text());
    vec![
        ("OpenAiError", openai),
        ("AnthropicError", anthropic),
        ("GeminiError", gemini),
        ("OllamaError", ollama),
    ]
}

/// What stands at a place of the errors of all kinds.
fn told_words(wire: Wire, place: &str) -> BTreeSet<String> {
    let told = K::ALL.iter().filter_map(|kind| {
        let mut body = Vec::new();
        wire::client::encode_error(wire, &Failure::new(*kind, "x"), None, &mut body);
        let body: Value = serde_json::from_slice(&body).ok()?;
        body.pointer(place)?.as_str().map(str::to_owned)
    });
    told.collect()
}

fn told(wire: Wire, place: &str) -> Schema {
    words(told_words(wire, place).iter().map(String::as_str))
}

/// The words for whole kinds, which are a closed set, or a finer one: our own for a field at fault, or the
/// provider's.
fn openai_code() -> Schema {
    let kinds = told_words(Wire::OpenAiChat, "/error/code");
    let finer = text().said("A finer word for an invalid request, such as `missing_required_parameter`.");
    any_of([words(kinds.iter().map(String::as_str)), finer, null()])
}
