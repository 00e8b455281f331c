//! Google's routes. The model and what shall be done with it stand together in the path; the same is served
//! below `/v1`.

use domain::FailureKind;
use wire::client::Form;
use wire::gemini::{Envelope, Framing};

use super::operation::{EVENTS, Operation};
use super::refusals::{self, Shape};
use super::schema::{
    Schema, any_of, anything, boolean, count, integer, list, literal, number, object, of, text, words,
};
use super::vocabulary;

const TAG: &str = "Gemini";

pub(super) fn operations() -> Vec<Operation> {
    let mut all = vec![
        Operation::get("/v1beta/models", "listGeminiModels")
            .said(TAG, "The models that this key may name.")
            .shape(Shape::Gemini)
            .answers(of("GeminiModelList"))
            .refuses(&[FailureKind::StorageFailed]),
        Operation::get("/v1beta/models/{*model}", "getGeminiModel")
            .said(TAG, "One model.")
            .shape(Shape::Gemini)
            .answers(of("GeminiModel"))
            .refuses(refusals::NAMED)
            .refuses(&[FailureKind::StorageFailed]),
    ];
    for (route, newer) in [("/v1beta/models/{*model}", ""), ("/v1/models/{*model}", "V1")] {
        let call = |method: &str, summary| {
            Operation::post(route, &format!("{method}{newer}"))
                .at(format!("{}:{method}", route.replace("{*", "{")))
                .said(TAG, summary)
                .shape(Shape::Gemini)
        };
        all.push(
            call("generateContent", "An answer.")
                .asks("GeminiRequest")
                .answers(of("GeminiResponse"))
                .calls(),
        );
        all.push(
            call(
                "streamGenerateContent",
                "An answer in chunks: one JSON array, or events with `alt=sse`.",
            )
            .with(&["alt"])
            .asks("GeminiRequest")
            .answers(list(of("GeminiChunk")))
            .answers_as(EVENTS, of("GeminiChunk"))
            .calls(),
        );
        all.push(
            call("countTokens", "Tokens of a request, counted here, and about.")
                .asks("GeminiCountRequest")
                .answers(object().needs("totalTokens", count()))
                .refuses(refusals::NAMED)
                .refuses(&[FailureKind::StorageFailed]),
        );
        all.push(
            call("embedContent", "The vector of one content.")
                .asks("GeminiEmbedRequest")
                .answers(object().needs("embedding", of("GeminiVector")))
                .calls(),
        );
        all.push(
            call("batchEmbedContents", "Vectors of several contents.")
                .asks("GeminiBatchRequest")
                .answers(object().needs("embeddings", list(of("GeminiVector"))))
                .calls(),
        );
    }
    all
}

pub(super) fn schemas() -> Vec<(&'static str, Schema)> {
    let embed = object()
        .needs("content", of("GeminiTexts"))
        .takes("outputDimensionality", integer().least(1))
        .takes("model", text())
        .takes("taskType", text())
        .takes("title", text());
    let batch = object().needs(
        "requests",
        list(of("GeminiEmbedRequest")).at_least(1).at_most(2048),
    );
    let texts = object().needs("parts", list(object().needs("text", text())).at_least(1));
    let counted = any_of([
        object().needs("generateContentRequest", of("GeminiRequest")),
        of("GeminiRequest"),
    ]);
    let model = object()
        .needs("name", text().pattern("^models/"))
        .needs("baseModelId", text())
        .needs("version", text())
        .needs("displayName", text())
        .may("description", text())
        .may("inputTokenLimit", count())
        .may("outputTokenLimit", count())
        .needs("supportedGenerationMethods", list(text()));
    vec![
        ("GeminiRequest", request()),
        ("GeminiContent", content()),
        ("GeminiPart", part()),
        ("GeminiTool", tool()),
        ("GeminiGenerationConfig", generation_config()),
        ("GeminiFinishReason", finish_reason()),
        ("GeminiUsage", usage()),
        ("GeminiResponse", response()),
        (
            "GeminiChunk",
            any_of([of("GeminiResponse"), of("GeminiError")])
                .said("A response of its own; or the error that ends a stream."),
        ),
        ("GeminiCountRequest", counted),
        ("GeminiTexts", texts),
        ("GeminiEmbedRequest", embed),
        ("GeminiBatchRequest", batch),
        ("GeminiVector", object().needs("values", list(number()))),
        ("GeminiModel", model),
        (
            "GeminiModelList",
            object().needs("models", list(of("GeminiModel"))),
        ),
    ]
}

fn request() -> Schema {
    let config = object()
        .takes("mode", text())
        .takes("allowedFunctionNames", list(text()));
    object()
        .needs("contents", list(of("GeminiContent")).at_least(1))
        .takes("systemInstruction", any_of([text(), of("GeminiContent")]))
        .takes("tools", list(of("GeminiTool")))
        .takes("toolConfig", object().takes("functionCallingConfig", config))
        .takes("generationConfig", of("GeminiGenerationConfig"))
        .takes("model", text())
        .takes("session_id", text())
        .said("Fields are also read in snake_case.")
}

fn content() -> Schema {
    object()
        .takes(
            "role",
            words(["user", "model", "assistant", "system", "function", "tool", ""]),
        )
        .takes("parts", any_of([list(of("GeminiPart")), of("GeminiPart")]))
}

/// A part is what its one field says it is.
fn part() -> Schema {
    let inline = object().needs("data", text()).may("mimeType", text());
    let file = object().needs("fileUri", text()).may("mimeType", text());
    let call = object()
        .needs("name", text())
        .takes("id", text())
        .takes("args", object());
    let outcome = object()
        .needs("name", text())
        .takes("id", text())
        .takes("response", object());
    object()
        .takes("text", text())
        .takes("inlineData", inline)
        .takes("fileData", file)
        .takes("functionCall", call)
        .takes("functionResponse", outcome)
        .takes("thought", boolean())
        .takes("thoughtSignature", text())
}

fn tool() -> Schema {
    let function = object()
        .needs("name", text().pattern("^[A-Za-z0-9_.:-]{1,64}$"))
        .takes("description", text())
        .takes("parameters", object())
        .takes("parametersJsonSchema", object());
    object().takes("functionDeclarations", list(function))
}

fn generation_config() -> Schema {
    let thinking = object()
        .takes("thinkingLevel", text())
        .takes("thinkingBudget", integer().least(-1));
    object()
        .takes("temperature", of("Sampling0To2"))
        .takes("topP", of("Sampling0To1"))
        .takes("topK", integer().least(1))
        .takes("presencePenalty", of("SamplingPenalty"))
        .takes("frequencyPenalty", of("SamplingPenalty"))
        .takes("maxOutputTokens", integer().least(1))
        .takes("candidateCount", integer().least(1).most(128))
        .takes("seed", integer())
        .takes("stopSequences", list(text()))
        .takes("responseLogprobs", boolean())
        .takes("logprobs", integer().least(0).most(20))
        .takes("responseMimeType", text())
        .takes("responseSchema", object())
        .takes("responseJsonSchema", object())
        .takes("thinkingConfig", thinking)
}

fn finish_reason() -> Schema {
    let form = Form::Gemini {
        envelope: Envelope {
            id: String::new(),
            model: String::new(),
        },
        framing: Framing::Sse,
    };
    vocabulary::of(&form, "/candidates/0/finishReason")
}

fn usage() -> Schema {
    object()
        .may("promptTokenCount", count())
        .may("candidatesTokenCount", count())
        .may("totalTokenCount", count())
        .may("cachedContentTokenCount", count())
        .may("thoughtsTokenCount", count())
}

fn response() -> Schema {
    let content = object()
        .needs("parts", list(of("GeminiPart")).at_least(1))
        .needs("role", literal("model"));
    let candidate = object()
        .needs("content", content)
        .may("finishReason", of("GeminiFinishReason"))
        .needs("index", count())
        .may("logprobsResult", anything());
    object()
        .needs("candidates", list(candidate).at_least(1))
        .may("usageMetadata", of("GeminiUsage"))
        .needs("modelVersion", text())
        .needs("responseId", text())
}
