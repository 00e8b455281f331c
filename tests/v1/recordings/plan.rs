//! What becomes of each recording: by which wire it is replayed, or why not.

use domain::{FailureKind, Wire};

use super::said::Said;
use super::{chat, native};
use crate::support::recordings::Recording;

/// What is done with a recording.
pub enum Plan {
    /// It is replayed through the endpoint.
    Replay(Box<Play>),
    /// It is no answer to a chat; the tests of `inglenook-wire` decode it.
    InWireTests(&'static str),
    /// No provider of ours answers like this.
    LeftOut(&'static str),
}

/// How a recording is replayed.
pub struct Play {
    pub wire: Wire,
    /// The catalogue's entry of its provider, where that speaks this wire.
    pub kind: Option<&'static str>,
    pub expected: Expected,
}

/// What the client must be told: an answer or a failure. Where providers leave it open, either will do.
#[derive(Default)]
pub struct Expected {
    pub answer: Option<Said>,
    pub failure: Option<FailureKind>,
    /// When to try again.
    pub retry_after_ms: Option<u64>,
}

type Whole = fn(&serde_json::Value) -> Said;
type Stream = fn(&[u8]) -> Said;

/// The wire of an API and how its answers are read; `Err` with what is done instead.
fn speech(api: &str) -> Result<(Wire, Whole, Stream), Plan> {
    fn lines(read: fn(&str) -> Said, body: &[u8]) -> Said {
        read(std::str::from_utf8(body).unwrap())
    }
    let (_, form) = api.split_once('.').unwrap();
    Ok(match form {
        _ if api == "ollama.chat" => (Wire::Ollama, native::ollama_whole, |body| {
            lines(native::ollama_stream, body)
        }),
        // the first protocol, long gone: only a refusal is recorded
        _ if api == "cohere.chat" => (Wire::OpenAiChat, chat::cohere_whole, |body| {
            lines(chat::cohere_stream, body)
        }),
        "chat" | "openai-chat" | "mantle-chat" => {
            (Wire::OpenAiChat, chat::whole, |body| lines(chat::stream, body))
        }
        "v2-chat" => (Wire::OpenAiChat, chat::cohere_whole, |body| {
            lines(chat::cohere_stream, body)
        }),
        "responses" | "mantle-responses" => (Wire::OpenAiResponses, native::responses_whole, |body| {
            lines(native::responses_stream, body)
        }),
        "messages" | "anthropic-messages" | "rawPredict" | "streamRawPredict" => {
            (Wire::AnthropicMessages, native::messages_whole, |body| {
                lines(native::messages_stream, body)
            })
        }
        "generateContent" | "streamGenerateContent" => (Wire::Gemini, native::gemini_whole, |body| {
            lines(native::gemini_stream, body)
        }),
        "converse" | "converse-stream" => (
            Wire::BedrockConverse,
            native::converse_whole,
            native::converse_stream,
        ),
        _ if api == "openai.models" => {
            return Err(Plan::LeftOut("the deletion of a model, which is never asked for"));
        }
        "models" | "mantle-models" => return Err(Plan::InWireTests("a list of models")),
        "embeddings" | "v2-embed" => return Err(Plan::InWireTests("embeddings")),
        "count_tokens" => return Err(Plan::LeftOut("tokens are counted here, no provider is asked")),
        // a refusal reads the same whatever was asked
        "completions" => (Wire::OpenAiChat, chat::whole, |body| lines(chat::stream, body)),
        "countTokens" | "batchEmbedContents" => (Wire::Gemini, native::gemini_whole, |body| {
            lines(native::gemini_stream, body)
        }),
        "invoke" | "invoke-with-response-stream" => {
            return Err(Plan::LeftOut(
                "Bedrock is asked by Converse, never by InvokeModel",
            ));
        }
        "generate" => {
            return Err(Plan::LeftOut(
                "Ollama is asked by /api/chat, never by /api/generate",
            ));
        }
        other => panic!("nobody knows what to do with {api}: {other}"),
    })
}

/// Decides about a recording.
pub fn plan(recording: &Recording) -> Plan {
    let api = recording.api.as_str();
    // an embedding's refusal is a refusal
    let api = match api {
        "openai.embeddings" if recording.status != 200 => "openai.chat",
        api => api,
    };
    let (wire, whole, stream) = match speech(api) {
        Ok(speech) => speech,
        Err(instead) => return instead,
    };
    let kind = kind_of(&recording.provider)
        .filter(|kind| wire::catalog::find(kind).is_some_and(|entry| entry.wire == wire));
    let mut expected = Expected::default();
    if recording.status != 200 {
        expected.failure = Some(refusal(recording));
        expected.retry_after_ms = retry_hint(&recording.id);
    } else if let Some(kind) = broken_stream(recording) {
        expected.failure = Some(kind);
    } else {
        expected.answer = Some(if recording.is_stream() {
            stream(&recording.body)
        } else {
            whole(&recording.json())
        });
        expected.failure = match recording.id.as_str() {
            // the prompt was refused, and the model made an invalid call (W-98, W-170)
            "vertex-generatecontent-content-filter-empty-content-4d0a69" => Some(FailureKind::ContentRefused),
            "vertex-generatecontent-tool-call-2b245f" => Some(FailureKind::UpstreamFailed),
            _ => None,
        };
    }
    Plan::Replay(Box::new(Play { wire, kind, expected }))
}

/// The catalogue's name of a provider.
fn kind_of(provider: &str) -> Option<&'static str> {
    Some(match provider {
        "google-vertex" => "vertex",
        "llama-cpp" => "llamacpp",
        "vercel-gateway" => "vercel",
        provider => wire::catalog::find(provider)?.id.as_str(),
    })
}

/// What a refusal means, by what the recordings say of themselves.
fn refusal(recording: &Recording) -> FailureKind {
    match recording.status {
        _ if recording.has("error-auth") => FailureKind::ProviderKeyRejected,
        _ if recording.has("context-length") => FailureKind::ContextTooLong,
        _ if recording.has("model-not-found") => FailureKind::ModelNotFound,
        // Cohere took a model away
        404 => FailureKind::ModelNotFound,
        400 => FailureKind::InvalidRequest,
        429 => FailureKind::ProviderRateLimited,
        500 => FailureKind::UpstreamFailed,
        503 | 529 => FailureKind::UpstreamOverloaded,
        status => panic!("{}: {status}", recording.id),
    }
}

/// When to try again: in a header, in two that differ, in the body, or nowhere.
fn retry_hint(id: &str) -> Option<u64> {
    match id {
        "azure-chat-error-429-398ff6" => Some(1000),
        "openai-chat-error-429-c32069" => Some(6),
        "google-generatecontent-error-429-c8d065" => Some(48_000),
        _ => None,
    }
}

/// The failure inside a stream that had begun well.
fn broken_stream(recording: &Recording) -> Option<FailureKind> {
    Some(match recording.id.as_str() {
        "anthropic-messages-stream-error-empty-content-stream-c93f63" => FailureKind::UpstreamOverloaded,
        "openai-responses-stream-error-empty-content-stream-baf26a"
        | "ollama-chat-stream-error-stream-c2c079" => FailureKind::UpstreamFailed,
        // "Token limit reached", with 400 for its code
        "openrouter-chat-stream-error-length-stream-6bef9c" => FailureKind::InvalidRequest,
        // in the middle of an answer another one begins, so the first never ends
        "anthropic-messages-parallel-tools-reasoning-stream-8d22ab" => FailureKind::UpstreamDisconnected,
        id => {
            assert!(!recording.has("stream-error"), "an unknown failure: {id}");
            return None;
        }
    })
}
