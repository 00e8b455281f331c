//! The provider's side of every wire behind one door: whoever speaks to a provider names its [`Wire`] and
//! needs to know nothing else about it.
//!
//! The danger is a branch on the wire anywhere else: a provider that is data would become code again. So
//! this is the only place that goes from a `Wire` to its module, and a new wire is one line in each function.
//! What a codec does is not here, nor is anything about addresses, keys and time.

use std::borrow::Cow;

use domain::{Answer, Applied, Event, Failure, Model, Quirks, Request, Wire};

use crate::{anthropic_messages, bedrock_converse, gemini, ollama, openai_chat, openai_responses};

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

#[cfg(test)]
mod tests {
    use super::*;

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
        }
    }
}
