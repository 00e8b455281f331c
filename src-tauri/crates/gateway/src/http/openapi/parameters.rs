//! Parameters of requests and headers of answers, each described once.

use serde_json::{Map, Value, json};

use super::schema::{Schema, boolean, count, integer, literal, text, words};

/// The document's parameters, by the names under which operations refer to them.
pub(super) fn parameters() -> Map<String, Value> {
    let key = text().long(1, 255);
    let page = || integer().least(1).most(100);
    let all: Vec<(&str, &str, &str, Schema, &str)> = vec![
        (
            "id",
            "id",
            "path",
            text().long(1, 200),
            "A response's id; an agent's slug or id.",
        ),
        (
            "model",
            "model",
            "path",
            text().long(1, 200),
            "An agent or a model, whose name may hold slashes as they are.",
        ),
        (
            "stream",
            "stream",
            "query",
            boolean(),
            "Its stream, from the beginning or after an event.",
        ),
        (
            "starting_after",
            "starting_after",
            "query",
            count(),
            "The number of the last event that was seen.",
        ),
        ("limit", "limit", "query", page(), "Items on a page."),
        (
            "order",
            "order",
            "query",
            words(["asc", "desc"]),
            "From the oldest or from the newest.",
        ),
        (
            "after",
            "after",
            "query",
            text(),
            "The id of the item before the page.",
        ),
        (
            "alt",
            "alt",
            "query",
            literal("sse"),
            "Events in place of an array.",
        ),
        (
            "page_limit",
            "limit",
            "query",
            integer().least(1).most(1000),
            "Models on a page, in Anthropic's shape.",
        ),
        (
            "after_id",
            "after_id",
            "query",
            text(),
            "The model before the page, in Anthropic's shape.",
        ),
        (
            "before_id",
            "before_id",
            "query",
            text(),
            "The model after the page, in Anthropic's shape.",
        ),
        (
            "Idempotency-Key",
            "Idempotency-Key",
            "header",
            key,
            "The same request with the same key is answered again for a day instead of being run again.",
        ),
        (
            "x-session-id",
            "x-session-id",
            "header",
            text(),
            "The session to go on with, where the body names none.",
        ),
        (
            "x-inglenook-retry",
            "x-inglenook-retry",
            "header",
            words(["true", "false"]),
            "`false`: no provider is asked twice.",
        ),
        (
            "x-workspace-id",
            "x-workspace-id",
            "header",
            integer(),
            "Checked; there is one workspace.",
        ),
        (
            "anthropic-version",
            "anthropic-version",
            "header",
            text(),
            "Asks for Anthropic's shape.",
        ),
        (
            "anthropic-beta",
            "anthropic-beta",
            "header",
            text(),
            "Told to a provider that is Anthropic.",
        ),
        (
            "x-goog-api-client",
            "x-goog-api-client",
            "header",
            text(),
            "Asks for Google's shape.",
        ),
    ];
    all.into_iter()
        .map(|(reference, name, place, schema, said)| {
            let parameter = json!({
                "name": name,
                "in": place,
                "required": place == "path",
                "description": said,
                "schema": Value::from(schema),
            });
            (reference.to_owned(), parameter)
        })
        .collect()
}

/// The document's headers.
pub(super) fn headers() -> Map<String, Value> {
    let span = || text().pattern(r"^([0-9]+ms|([0-9]+h)?([0-9]+m)?[0-9]+s)$");
    let all: Vec<(&str, Schema, &str)> = vec![
        ("x-request-id", text(), "The id of the call, or of the request."),
        ("request-id", text(), "The same, for Anthropic's clients."),
        (
            "x-should-retry",
            words(["true", "false"]),
            "Whether the same request may succeed later.",
        ),
        ("retry-after", count(), "Seconds."),
        ("retry-after-ms", count(), "Milliseconds."),
        (
            "x-ratelimit-limit-requests",
            count(),
            "The tightest limit on requests; absent without one.",
        ),
        (
            "x-ratelimit-remaining-requests",
            count(),
            "How many are left of it.",
        ),
        ("x-ratelimit-reset-requests", span(), "Until it is whole again."),
        (
            "x-ratelimit-limit-tokens",
            count(),
            "The limit on tokens a minute; absent without one.",
        ),
        (
            "x-ratelimit-remaining-tokens",
            count(),
            "How many are left of it.",
        ),
        ("x-ratelimit-reset-tokens", span(), "Until it is whole again."),
        ("x-session-id", text(), "The session that the call belongs to."),
        (
            "x-upstream-model",
            text(),
            "The provider and its model that answered.",
        ),
        (
            "x-inglenook-applied",
            text(),
            "What was changed of the request, in short.",
        ),
        (
            "x-inglenook-replayed",
            literal("true"),
            "The answer was given before, to the same Idempotency-Key.",
        ),
    ];
    all.into_iter()
        .map(|(name, schema, said)| {
            let header = json!({ "description": said, "schema": Value::from(schema) });
            (name.to_owned(), header)
        })
        .collect()
}
