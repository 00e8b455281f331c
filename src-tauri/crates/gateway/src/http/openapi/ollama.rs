//! Ollama's routes. Streams are the rule there, and a line of them is as a whole answer without its end.

use domain::{FailureKind, Role};
use wire::client::Form;
use wire::ollama::{Durations, Envelope, Route};

use super::operation::{LINES, Operation};
use super::refusals::{self, Shape};
use super::schema::{
    Schema, any_of, boolean, count, integer, list, literal, number, object, of, text, words,
};
use super::vocabulary::{self, one_of};

const TAG: &str = "Ollama";

pub(super) fn operations() -> Vec<Operation> {
    let ask = |route, id, summary| Operation::get(route, id).said(TAG, summary).shape(Shape::Ollama);
    let post = |route, id, summary| Operation::post(route, id).said(TAG, summary).shape(Shape::Ollama);
    let mut all = vec![
        ask(
            "/api/version",
            "ollamaVersion",
            "The release of Ollama whose routes these are.",
        )
        .answers(object().needs("version", text())),
        ask("/api/tags", "ollamaTags", "The models that this key may name.")
            .answers(object().needs("models", list(of("OllamaModel"))))
            .refuses(&[FailureKind::StorageFailed]),
        ask("/api/ps", "ollamaRunning", "Always an empty list.")
            .answers(object().needs("models", list(object()).at_most(0))),
        post("/api/show", "ollamaShow", "What is known of a model.")
            .asks("OllamaShowRequest")
            .answers(of("OllamaCard"))
            .refuses(refusals::NAMED)
            .refuses(&[FailureKind::StorageFailed]),
        post("/api/chat", "ollamaChat", "An answer, streamed unless declined.")
            .asks("OllamaChatRequest")
            .answers(of("OllamaChatAnswer"))
            .answers_as(LINES, of("OllamaChatLine"))
            .calls(),
        post(
            "/api/generate",
            "ollamaGenerate",
            "An answer to one prompt, streamed unless declined.",
        )
        .asks("OllamaGenerateRequest")
        .answers(of("OllamaGenerateAnswer"))
        .answers_as(LINES, of("OllamaGenerateLine"))
        .calls(),
        post("/api/embed", "ollamaEmbed", "Vectors.")
            .asks("OllamaEmbedRequest")
            .answers(of("OllamaVectors"))
            .calls(),
        post(
            "/api/embeddings",
            "ollamaEmbeddings",
            "One vector, as it was asked for before.",
        )
        .asks("OllamaEmbeddingsRequest")
        .answers(object().needs("embedding", list(number())))
        .calls(),
    ];
    for (route, id) in [
        ("/api/pull", "ollamaPull"),
        ("/api/push", "ollamaPush"),
        ("/api/create", "ollamaCreate"),
        ("/api/copy", "ollamaCopy"),
    ] {
        all.push(
            post(route, id, REFUSED)
                .limited()
                .refuses(&[FailureKind::ScopeDenied]),
        );
    }
    all.push(
        Operation::delete("/api/delete", "ollamaDelete")
            .said(TAG, REFUSED)
            .shape(Shape::Ollama)
            .refuses(&[FailureKind::ScopeDenied]),
    );
    all
}

const REFUSED: &str = "Always refused: agents are managed in the app.";

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let show = object()
        .may("model", text())
        .may("name", text())
        .needs_one(&["model", "name"]);
    let embed = object()
        .takes("model", text())
        .takes("input", any_of([text(), list(text()).at_most(2048)]))
        .takes("dimensions", integer().least(1).most(i64::from(u32::MAX)));
    let old_embed = object()
        .takes("model", text())
        .takes("prompt", text())
        .takes("dimensions", integer().least(1).most(i64::from(u32::MAX)));
    let vectors = object()
        .needs("model", text())
        .needs("embeddings", list(list(number())))
        .needs("total_duration", count())
        .needs("load_duration", count())
        .may("prompt_eval_count", count());
    let chat = request().takes("messages", list(of("OllamaMessage")));
    let generate = request()
        .takes("prompt", text())
        .takes("system", text())
        .takes("images", list(text()));
    vec![
        ("OllamaShowRequest", show),
        ("OllamaChatRequest", chat),
        ("OllamaGenerateRequest", generate),
        ("OllamaEmbedRequest", embed),
        ("OllamaEmbeddingsRequest", old_embed),
        ("OllamaOptions", options()),
        ("OllamaMessage", message()),
        ("OllamaVectors", vectors),
        ("OllamaDetails", details()),
        ("OllamaModel", model()),
        ("OllamaCard", card()),
        ("OllamaDoneReason", done_reason()),
        ("OllamaChatAnswer", ended(chat_line())),
        ("OllamaGenerateAnswer", ended(generate_line())),
        ("OllamaChatLine", line(chat_line())),
        ("OllamaGenerateLine", line(generate_line())),
    ]
}

fn request() -> Schema {
    object()
        .takes(
            "model",
            text().said("An agent, also with `:latest`; without it the default agent."),
        )
        .takes("stream", boolean().said("True when it is not said."))
        .takes("tools", list(of("ChatTool")))
        .takes(
            "format",
            any_of([words(["", "json"]), object().said("A JSON Schema.")]),
        )
        .takes("options", of("OllamaOptions"))
        .takes("think", any_of([boolean(), text().long(1, 100)]))
        .takes("logprobs", boolean())
        .takes("top_logprobs", integer().least(0).most(20))
        .takes("session_id", text())
}

fn options() -> Schema {
    object()
        .takes("temperature", of("Sampling0To2"))
        .takes("top_p", of("Sampling0To1"))
        .takes("presence_penalty", of("SamplingPenalty"))
        .takes("frequency_penalty", of("SamplingPenalty"))
        .takes("top_k", integer())
        .takes("num_predict", integer())
        .takes("seed", integer())
        .takes("stop", any_of([text(), list(text())]))
}

fn message() -> Schema {
    let function = object()
        .needs("name", text())
        .takes("arguments", any_of([object(), text()]));
    object()
        .needs("role", one_of::<Role>())
        .takes("content", text())
        .takes("thinking", text())
        .takes("images", list(text()))
        .takes(
            "tool_calls",
            list(object().takes("id", text()).needs("function", function)),
        )
        .takes("tool_name", text())
        .takes("tool_call_id", text())
}

fn details() -> Schema {
    object()
        .needs("parent_model", text())
        .needs("format", text())
        .needs("family", text())
        .needs("families", list(text()))
        .needs("parameter_size", text())
        .needs("quantization_level", text())
}

fn capabilities() -> Schema {
    list(words(["completion", "tools", "vision", "thinking"])).at_least(1)
}

fn model() -> Schema {
    object()
        .needs("name", text())
        .needs("model", text())
        .needs("modified_at", text())
        .needs("size", count())
        .needs("digest", text().pattern("^[0-9a-f]{64}$"))
        .needs("details", of("OllamaDetails"))
        .needs("capabilities", capabilities())
}

fn card() -> Schema {
    let info = object()
        .needs("general.architecture", text())
        .needs("general.basename", text())
        .may("inglenook.context_length", count());
    object()
        .needs("license", text())
        .needs("modelfile", text())
        .needs("parameters", text())
        .needs("template", text())
        .needs("details", of("OllamaDetails"))
        .needs("model_info", info)
        .needs("capabilities", capabilities())
        .needs("modified_at", text())
}

fn done_reason() -> Schema {
    let form = Form::Ollama(Envelope {
        model: String::new(),
        created_at: String::new(),
        route: Route::Chat,
        durations: Durations::default(),
    });
    any_of([
        vocabulary::of(&form, "/done_reason"),
        literal("load").said("Nothing was asked but the model."),
    ])
}

fn head() -> Schema {
    object()
        .needs("model", text())
        .needs("created_at", text())
        .needs("done", boolean())
        .may("logprobs", list(object()))
}

fn chat_line() -> Schema {
    let function = object()
        .needs("index", count())
        .needs("name", text())
        .needs("arguments", object());
    let call = object().needs("id", text()).needs("function", function);
    let message = object()
        .needs("role", literal("assistant"))
        .needs("content", text())
        .may("thinking", text())
        .may("images", list(text()))
        .may("tool_calls", list(call).at_least(1));
    head().needs("message", message)
}

fn generate_line() -> Schema {
    head().needs("response", text()).may("thinking", text())
}

/// Times are nanoseconds. The answer to a request that asks nothing has none.
fn ended(line: Schema) -> Schema {
    line.needs("done_reason", of("OllamaDoneReason"))
        .may("total_duration", count())
        .may("load_duration", count())
        .may("prompt_eval_count", count())
        .may("prompt_eval_duration", count())
        .may("eval_count", count())
        .may("eval_duration", count())
}

fn line(line: Schema) -> Schema {
    let fields = line.may("done_reason", of("OllamaDoneReason"));
    any_of([fields, of("OllamaError")]).said("A piece, the end, or the error that stands in its place.")
}
