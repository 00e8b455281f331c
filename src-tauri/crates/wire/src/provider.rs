//! The provider's side of every wire behind one door: whoever speaks to a provider names its [`Wire`] and
//! needs to know nothing else about it.
//!
//! The danger is a branch on the wire anywhere else: a provider that is data would become code again. So
//! this is the only place that goes from a `Wire` to its module, and a new wire is one line in each function.
//! What a codec does is not here, nor is anything about addresses, keys and time.

use std::borrow::Cow;

use domain::{Answer, Applied, Event, Failure, Model, Quirks, Request, Wire};

use crate::openai_chat;

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
///
/// # Errors
/// [`unspoken`] for a wire without a codec.
pub fn encode(wire: Wire, request: &Request, model: &str, quirks: &Quirks) -> Result<Outgoing, Failure> {
    let mut body = Vec::with_capacity(1024);
    let (path, applied) = match wire {
        Wire::OpenAiChat => (
            Cow::Borrowed(openai_chat::path(quirks)),
            openai_chat::encode_request(request, model, quirks, &mut body),
        ),
        Wire::OpenAiResponses
        | Wire::AnthropicMessages
        | Wire::Gemini
        | Wire::Ollama
        | Wire::BedrockConverse => return Err(unspoken(wire)),
    };
    Ok(Outgoing {
        path,
        accept: accept(wire, request.stream),
        headers: headers(wire),
        body,
        applied,
    })
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
        Wire::AnthropicMessages => vec![("anthropic-version", Cow::Borrowed("2023-06-01"))],
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
        Wire::OpenAiResponses
        | Wire::AnthropicMessages
        | Wire::Gemini
        | Wire::Ollama
        | Wire::BedrockConverse => Err(unspoken(wire)),
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

/// Reads the body of a streamed response, in whatever pieces it comes.
#[derive(Debug)]
pub enum StreamDecoder {
    /// Of [`Wire::OpenAiChat`].
    OpenAiChat(openai_chat::StreamDecoder),
}

impl StreamDecoder {
    /// A decoder at the beginning of a stream.
    ///
    /// # Errors
    /// [`unspoken`] for a wire without a codec.
    pub fn new(wire: Wire) -> Result<Self, Failure> {
        match wire {
            Wire::OpenAiChat => Ok(Self::OpenAiChat(openai_chat::StreamDecoder::new())),
            Wire::OpenAiResponses
            | Wire::AnthropicMessages
            | Wire::Gemini
            | Wire::Ollama
            | Wire::BedrockConverse => Err(unspoken(wire)),
        }
    }

    /// Takes the next bytes and appends what they mean to `events`.
    ///
    /// # Errors
    /// What the provider says when it sends an error, else [`domain::FailureKind::UpstreamFailed`] when it
    /// sends nonsense. Events appended before the failure are good; the decoder is of no use after it.
    pub fn push(&mut self, chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Failure> {
        match self {
            Self::OpenAiChat(decoder) => decoder.push(chunk, events),
        }
    }

    /// Ends the stream at the end of the connection.
    ///
    /// # Errors
    /// [`domain::FailureKind::UpstreamDisconnected`] unless the answer was complete (W-70).
    pub fn finish(&mut self, events: &mut Vec<Event>) -> Result<(), Failure> {
        match self {
            Self::OpenAiChat(decoder) => decoder.finish(events),
        }
    }

    /// Whether the provider has said that nothing follows.
    pub fn is_done(&self) -> bool {
        match self {
            Self::OpenAiChat(decoder) => decoder.is_done(),
        }
    }
}

/// Where a provider of this wire lists its models, under its base URL, unless the catalogue says otherwise.
///
/// # Errors
/// [`unspoken`] for a wire without a codec.
pub fn models_path(wire: Wire) -> Result<&'static str, Failure> {
    match wire {
        Wire::OpenAiChat => Ok(openai_chat::MODELS_PATH),
        Wire::OpenAiResponses
        | Wire::AnthropicMessages
        | Wire::Gemini
        | Wire::Ollama
        | Wire::BedrockConverse => Err(unspoken(wire)),
    }
}

/// Reads a list of models.
///
/// # Errors
/// [`domain::FailureKind::UpstreamFailed`] when it is none.
pub fn decode_models(wire: Wire, body: &[u8]) -> Result<Vec<Model>, Failure> {
    match wire {
        Wire::OpenAiChat => openai_chat::decode_models(body),
        Wire::OpenAiResponses
        | Wire::AnthropicMessages
        | Wire::Gemini
        | Wire::Ollama
        | Wire::BedrockConverse => Err(unspoken(wire)),
    }
}

/// The failure of a wire that has no codec yet.
pub fn unspoken(wire: Wire) -> Failure {
    Failure::invalid(
        "wire",
        format!("This version of Inglenook does not speak {} yet.", wire.as_str()),
    )
    .with_hint("Use the provider's OpenAI-compatible address with --wire openai-chat.")
}

/// Whether this build has a codec for the wire.
pub fn is_spoken(wire: Wire) -> bool {
    models_path(wire).is_ok()
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

    #[test]
    fn a_wire_is_spoken_everywhere_or_nowhere() {
        for wire in Wire::ALL.iter().copied() {
            let spoken = is_spoken(wire);
            let encoded = encode(wire, &Request::default(), "m", &Quirks::default());
            assert_eq!(encoded.is_ok(), spoken, "{wire:?}");
            assert_eq!(StreamDecoder::new(wire).is_ok(), spoken, "{wire:?}");
        }
    }
}
