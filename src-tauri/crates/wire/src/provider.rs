//! The provider's side of every wire behind one door: whoever speaks to a provider names its [`Wire`] and
//! needs to know nothing else about it.
//!
//! The danger is a branch on the wire anywhere else: a provider that is data would become code again. So
//! this is the only place that goes from a `Wire` to its module, and a new wire is one line in each function.
//! What a codec does is not here, nor is anything about addresses, keys and time.

use std::borrow::Cow;

use domain::{
    Answer, Applied, Event, Failure, Media, MediaSource, Model, Part, Quirks, RawJson, Request, Usage, Wire,
};
use serde_json::value::RawValue;

use crate::{anthropic_messages, bedrock_converse, gemini, json, ollama, openai_chat, openai_responses};

/// A request as it leaves for a provider, but for its address and its key.
#[derive(Debug)]
pub struct Outgoing {
    /// Where it goes under the provider's base URL, with its query.
    pub path: Cow<'static, str>,
    /// What kind of answer is awaited: the value of `accept`.
    pub accept: &'static str,
    /// Further headers of the wire, names in lower case.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body, JSON on every wire.
    pub body: Vec<u8>,
    /// What had to be left out or said otherwise.
    pub applied: Vec<Applied>,
}

/// Writes a request out.
pub fn encode(wire: Wire, request: &Request, model: &str, quirks: &Quirks) -> Outgoing {
    let mut body = Vec::with_capacity(1024);
    let (path, applied) = match wire {
        Wire::OpenAiChat => (
            Cow::Borrowed(openai_chat::path(quirks)),
            openai_chat::encode_request(request, model, quirks, &mut body),
        ),
        Wire::OpenAiResponses => (
            Cow::Borrowed(openai_responses::PATH),
            openai_responses::encode_request(request, model, quirks, &mut body),
        ),
        Wire::AnthropicMessages => (
            Cow::Borrowed(anthropic_messages::PATH),
            anthropic_messages::encode_request(request, model, quirks, &mut body),
        ),
        Wire::Gemini => (
            Cow::Owned(gemini::path(model, request.stream)),
            gemini::encode_request(request, model, quirks, &mut body),
        ),
        Wire::Ollama => (
            Cow::Borrowed(ollama::PATH),
            ollama::encode_request(request, model, quirks, &mut body),
        ),
        Wire::BedrockConverse => (
            Cow::Owned(bedrock_converse::path(model, request.stream)),
            bedrock_converse::encode_request(request, model, quirks, &mut body),
        ),
    };
    Outgoing {
        path,
        accept: accept(wire, request.stream),
        headers: match wire {
            Wire::AnthropicMessages => anthropic_messages::headers(request),
            Wire::OpenAiChat
            | Wire::OpenAiResponses
            | Wire::Gemini
            | Wire::Ollama
            | Wire::BedrockConverse => headers(wire),
        },
        body,
        applied,
    }
}

/// Whether a provider can give several answers to one request (W-35).
pub fn gives_choices(wire: Wire, quirks: &Quirks) -> bool {
    match wire {
        Wire::OpenAiChat => !quirks.cohere_chat,
        Wire::Gemini => true,
        Wire::OpenAiResponses | Wire::AnthropicMessages | Wire::Ollama | Wire::BedrockConverse => false,
    }
}

/// Whether a provider must be given the bytes of something that a message names by its address: it has a form
/// for the thing and does not fetch it itself (W-26).
pub fn wants_bytes(wire: Wire, quirks: &Quirks, part: &Part) -> bool {
    let (media, image) = match part {
        Part::Image(media) => (media, true),
        Part::File(media) => (media, false),
        Part::Audio(_)
        | Part::Text { .. }
        | Part::Reasoning { .. }
        | Part::Refusal { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Opaque { .. } => return false,
    };
    if !is_remote(media) {
        return false;
    }
    match wire {
        Wire::OpenAiChat => image && quirks.no_image_addresses,
        Wire::Ollama => image,
        Wire::BedrockConverse => true,
        Wire::OpenAiResponses | Wire::AnthropicMessages | Wire::Gemini => false,
    }
}

/// Whether its bytes are somewhere on the web; other addresses are the provider's own.
fn is_remote(media: &Media) -> bool {
    let MediaSource::Url { url } = &media.source else {
        return false;
    };
    let scheme = url.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
}

fn accept(wire: Wire, stream: bool) -> &'static str {
    if !stream {
        return "application/json";
    }
    match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::AnthropicMessages | Wire::Gemini => {
            "text/event-stream"
        }
        Wire::Ollama => "application/x-ndjson",
        Wire::BedrockConverse => "application/vnd.amazon.eventstream",
    }
}

/// Headers that every request of a wire carries, its list of models included.
pub fn headers(wire: Wire) -> Vec<(&'static str, Cow<'static, str>)> {
    match wire {
        Wire::AnthropicMessages => vec![(
            anthropic_messages::VERSION_HEADER,
            Cow::Borrowed(anthropic_messages::VERSION),
        )],
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::Gemini | Wire::Ollama | Wire::BedrockConverse => {
            Vec::new()
        }
    }
}

/// Reads a whole answer of a successful response.
///
/// # Errors
/// [`domain::FailureKind::UpstreamFailed`] when it is none; what the provider says when it holds an error.
pub fn decode_answer(wire: Wire, body: &[u8]) -> Result<Answer, Failure> {
    let body = past_keep_alives(body);
    match wire {
        Wire::OpenAiChat => openai_chat::decode_answer(body),
        Wire::OpenAiResponses => openai_responses::decode_answer(body),
        Wire::AnthropicMessages => anthropic_messages::decode_answer(body),
        Wire::Gemini => gemini::decode_answer(body),
        Wire::Ollama => ollama::decode_answer(body),
        Wire::BedrockConverse => bedrock_converse::decode_answer(body),
    }
}

/// Whether a successful response to a streamed request is to be read as a stream.
///
/// Servers forget their content type or say `text/plain`: unless it is certainly something else, it is the
/// stream that was asked for.
pub fn is_stream(wire: Wire, content_type: Option<&str>) -> bool {
    let Some(value) = content_type else { return true };
    let essence = value.split(';').next().unwrap_or(value).trim();
    let is = |name: &str| essence.eq_ignore_ascii_case(name);
    match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::AnthropicMessages | Wire::Gemini => {
            !is("application/json") && !is("text/html")
        }
        // its stream is JSON, a document a line
        Wire::Ollama => !is("text/html"),
        Wire::BedrockConverse => is("application/vnd.amazon.eventstream"),
    }
}

/// Whether a successful response is a stream although none was asked for: only what says so is (W-59).
pub fn is_surely_stream(wire: Wire, content_type: Option<&str>) -> bool {
    let Some(value) = content_type else { return false };
    let essence = value.split(';').next().unwrap_or(value).trim();
    essence.eq_ignore_ascii_case(accept(wire, true))
}

/// Whether a whole body is a stream that does not say it is one: no answer begins like this (W-59).
pub fn holds_stream(wire: Wire, body: &[u8]) -> bool {
    let body = past_keep_alives(body);
    match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::AnthropicMessages | Wire::Gemini => {
            [b"data:".as_slice(), b"event:", b"id:"]
                .iter()
                .any(|field| body.starts_with(field))
        }
        // a stream of lines cannot be told from an answer, and frames are always labelled
        Wire::Ollama | Wire::BedrockConverse => false,
    }
}

/// Leaves out the blank lines and comments that keep a slow connection alive before a document begins (W-59).
fn past_keep_alives(body: &[u8]) -> &[u8] {
    let mut rest = body.trim_ascii_start();
    while rest.first() == Some(&b':') {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        rest = end.map_or(&[][..], |end| rest[end..].trim_ascii_start());
    }
    rest
}

macro_rules! decoders {
    ($($name:ident = $module:ident;)*) => {
        /// Reads the body of a streamed response, in whatever pieces it comes.
        #[derive(Debug)]
        pub enum StreamDecoder {
            $(
                #[doc = concat!("Of [`Wire::", stringify!($name), "`].")]
                $name(Box<$module::StreamDecoder>),
            )*
        }

        impl StreamDecoder {
            /// A decoder at the beginning of a stream.
            pub fn new(wire: Wire) -> Self {
                match wire {
                    $(Wire::$name => Self::$name(Box::new($module::StreamDecoder::new())),)*
                }
            }

            /// Takes the next bytes and appends what they mean to `events`.
            ///
            /// # Errors
            /// What the provider says when it sends an error, else [`domain::FailureKind::UpstreamFailed`]
            /// when it sends nonsense. Events appended before the failure are good; the decoder is of no use
            /// after it.
            pub fn push(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
                match self {
                    $(Self::$name(decoder) => decoder.push(chunk, events),)*
                }
            }

            /// Ends the stream at the end of the connection.
            ///
            /// # Errors
            /// [`domain::FailureKind::UpstreamDisconnected`] unless the answer was complete (W-70).
            pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
                match self {
                    $(Self::$name(decoder) => decoder.finish(events),)*
                }
            }

            /// Whether the provider has said that nothing follows.
            pub fn is_done(&self) -> bool {
                match self {
                    $(Self::$name(decoder) => decoder.is_done(),)*
                }
            }
        }
    };
}

decoders! {
    OpenAiChat = openai_chat;
    OpenAiResponses = openai_responses;
    AnthropicMessages = anthropic_messages;
    Gemini = gemini;
    Ollama = ollama;
    BedrockConverse = bedrock_converse;
}

/// Where a provider of this wire lists its models, under its base URL, unless the catalogue says otherwise.
pub fn models_path(wire: Wire) -> &'static str {
    match wire {
        Wire::OpenAiChat => openai_chat::MODELS_PATH,
        Wire::OpenAiResponses => openai_responses::MODELS_PATH,
        Wire::AnthropicMessages => anthropic_messages::MODELS_PATH,
        Wire::Gemini => gemini::MODELS_PATH,
        Wire::Ollama => ollama::MODELS_PATH,
        Wire::BedrockConverse => bedrock_converse::MODELS_PATH,
    }
}

/// Reads a list of models.
///
/// # Errors
/// [`domain::FailureKind::UpstreamFailed`] when it is none.
pub fn decode_models(wire: Wire, body: &[u8]) -> Result<Vec<Model>, Failure> {
    match wire {
        Wire::OpenAiChat => openai_chat::decode_models(body),
        Wire::OpenAiResponses => openai_responses::decode_models(body),
        Wire::AnthropicMessages => anthropic_messages::decode_models(body),
        Wire::Gemini => gemini::decode_models(body),
        Wire::Ollama => ollama::decode_models(body),
        Wire::BedrockConverse => bedrock_converse::decode_models(body),
    }
}

/// The path of the page that follows a list of models, where it has more; `path` is that of the first.
pub fn next_models(wire: Wire, path: &str, body: &[u8]) -> Option<String> {
    match wire {
        Wire::AnthropicMessages => anthropic_messages::next_page(body).ok().flatten(),
        Wire::Gemini => gemini::next_page(path, body),
        // all at once
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::Ollama | Wire::BedrockConverse => None,
    }
}

/// What a provider says it took, in a body that is no answer all the same: it is paid for.
pub fn reported(wire: Wire, body: &[u8]) -> Option<(Usage, RawJson)> {
    let whole: &RawValue = serde_json::from_slice(past_keep_alives(body)).ok()?;
    let fields = json::fields(whole)?;
    let field = |name: &str| {
        fields
            .iter()
            .find(|(one, _)| one == name)
            .map(|(_, value)| *value)
    };
    match wire {
        Wire::OpenAiChat => openai_chat::read_usage(field("usage")?),
        Wire::OpenAiResponses => openai_responses::read_usage(field("usage")?),
        Wire::AnthropicMessages => anthropic_messages::read_usage(field("usage")?),
        Wire::Gemini => gemini::read_usage(field("usageMetadata")?),
        Wire::BedrockConverse => bedrock_converse::read_usage(field("usage")?),
        // it counts in the last line of an answer, and an error has none
        Wire::Ollama => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w_59_what_keeps_a_connection_alive_is_no_part_of_the_document() {
        for (body, document) in [
            ("{}", "{}"),
            ("\n\n \r\n{}", "{}"),
            (
                ": OPENROUTER PROCESSING\n\n: still\r\n\r\n{\":\": 1}",
                "{\":\": 1}",
            ),
            (":", ""),
            ("", ""),
            ("text", "text"),
        ] {
            assert_eq!(past_keep_alives(body.as_bytes()), document.as_bytes(), "{body:?}");
        }
        assert!(holds_stream(Wire::OpenAiChat, b": hi\n\ndata: {}\n\n"));
        assert!(holds_stream(Wire::AnthropicMessages, b"event: message_start\n"));
        assert!(!holds_stream(Wire::OpenAiChat, b"\n{\"data\": 1}"));
        assert!(!holds_stream(Wire::Ollama, b"data: {}"));
    }

    #[test]
    fn only_what_is_certainly_no_stream_is_read_whole() {
        use Wire::{BedrockConverse, Ollama, OpenAiChat};
        for (wire, content_type, stream) in [
            (OpenAiChat, Some("text/event-stream"), true),
            (OpenAiChat, Some("Text/Event-Stream; charset=utf-8"), true),
            (OpenAiChat, Some("text/plain"), true),
            (OpenAiChat, None, true),
            (OpenAiChat, Some("application/json; charset=utf-8"), false),
            (OpenAiChat, Some("text/html"), false),
            (Ollama, Some("application/x-ndjson"), true),
            (Ollama, Some("application/json"), true),
            (BedrockConverse, Some("application/vnd.amazon.eventstream"), true),
            (BedrockConverse, Some("application/json"), false),
        ] {
            assert_eq!(is_stream(wire, content_type), stream, "{wire:?} {content_type:?}");
            let surely = stream && content_type.is_some_and(|it| it.to_ascii_lowercase().contains("-stream"))
                || content_type == Some("application/x-ndjson")
                || content_type == Some("application/vnd.amazon.eventstream");
            assert_eq!(
                is_surely_stream(wire, content_type),
                surely,
                "{wire:?} {content_type:?}"
            );
        }
    }
}
