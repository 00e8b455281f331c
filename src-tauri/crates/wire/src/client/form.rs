//! The form of one answer, as its route chose it.

use domain::{Answer, Wire};

use super::StreamEncoder;
use crate::{anthropic_messages, completions, gemini, ollama, openai_chat, openai_responses};

const EVENTS: &str = "text/event-stream; charset=utf-8";
const JSON: &str = "application/json";

/// How long an answer took and when it ended, for the wires that say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// Nanoseconds from the request to the end.
    pub total: u64,
    /// Nanoseconds until the provider's first piece; zero when none came by itself.
    pub first: u64,
    /// Seconds since the Unix epoch at the end.
    pub ended: i64,
}

impl Took {
    pub(super) fn durations(self) -> ollama::Durations {
        ollama::Durations {
            total: self.total,
            // the model lies with the provider: nothing is loaded here
            load: 0,
            prompt_eval: self.first,
            eval: self.total.saturating_sub(self.first),
        }
    }
}

/// The form of an answer: its wire, and what the wire repeats of the request.
#[derive(Debug)]
pub enum Form {
    /// Of [`Wire::OpenAiChat`].
    OpenAiChat {
        /// What stands around the answer.
        envelope: openai_chat::Envelope,
        /// Whether a stream ends with a chunk of usage.
        include_usage: bool,
    },
    /// The old form of [`Wire::OpenAiChat`]: text and nothing else.
    Completions {
        /// What stands around the answer.
        envelope: openai_chat::Envelope,
        /// Whether a stream ends with a chunk of usage.
        include_usage: bool,
    },
    /// Of [`Wire::OpenAiResponses`].
    OpenAiResponses(Box<openai_responses::Envelope>),
    /// Of [`Wire::AnthropicMessages`].
    AnthropicMessages(anthropic_messages::Envelope),
    /// Of [`Wire::Gemini`].
    Gemini {
        /// What stands around the answer.
        envelope: gemini::Envelope,
        /// How the chunks of a stream are told apart.
        framing: gemini::Framing,
    },
    /// Of [`Wire::Ollama`].
    Ollama(ollama::Envelope),
}

impl Form {
    /// Its wire.
    pub fn wire(&self) -> Wire {
        match self {
            Self::OpenAiChat { .. } | Self::Completions { .. } => Wire::OpenAiChat,
            Self::OpenAiResponses(_) => Wire::OpenAiResponses,
            Self::AnthropicMessages(_) => Wire::AnthropicMessages,
            Self::Gemini { .. } => Wire::Gemini,
            Self::Ollama(_) => Wire::Ollama,
        }
    }

    /// The content type of a streamed answer.
    pub fn stream_type(&self) -> &'static str {
        match self {
            Self::OpenAiChat { .. }
            | Self::Completions { .. }
            | Self::OpenAiResponses(_)
            | Self::AnthropicMessages(_)
            | Self::Gemini {
                framing: gemini::Framing::Sse,
                ..
            } => EVENTS,
            Self::Gemini {
                framing: gemini::Framing::Array,
                ..
            } => JSON,
            Self::Ollama(_) => "application/x-ndjson",
        }
    }

    /// The name under which the answer says it was made, once it is known what `model` stood for (W-57).
    pub fn set_model(&mut self, model: String) {
        match self {
            Self::OpenAiChat { envelope, .. } | Self::Completions { envelope, .. } => envelope.model = model,
            Self::OpenAiResponses(envelope) => envelope.model = model,
            Self::AnthropicMessages(envelope) => envelope.model = model,
            Self::Gemini { envelope, .. } => envelope.model = model,
            Self::Ollama(envelope) => envelope.model = model,
        }
    }

    /// Tells about how many tokens the request is, for the wire that says so before the provider does.
    pub fn set_input_tokens(&mut self, tokens: u64) {
        match self {
            Self::AnthropicMessages(envelope) => envelope.input_tokens = tokens,
            Self::OpenAiChat { .. }
            | Self::Completions { .. }
            | Self::OpenAiResponses(_)
            | Self::Gemini { .. }
            | Self::Ollama(_) => {}
        }
    }

    /// Tells how long a whole answer took, before it is written.
    pub fn took(&mut self, took: Took) {
        match self {
            Self::OpenAiResponses(envelope) => envelope.completed = Some(took.ended),
            Self::Ollama(envelope) => envelope.durations = took.durations(),
            Self::OpenAiChat { .. }
            | Self::Completions { .. }
            | Self::AnthropicMessages(_)
            | Self::Gemini { .. } => {}
        }
    }

    /// Writes a whole answer.
    pub fn whole(&self, answer: &Answer, out: &mut Vec<u8>) {
        match self {
            Self::OpenAiChat { envelope, .. } => openai_chat::encode_answer(answer, envelope, out),
            Self::Completions { envelope, .. } => completions::encode_answer(answer, envelope, out),
            Self::OpenAiResponses(envelope) => openai_responses::encode_answer(answer, envelope, out),
            Self::AnthropicMessages(envelope) => anthropic_messages::encode_answer(answer, envelope, out),
            Self::Gemini { envelope, .. } => gemini::encode_answer(answer, envelope, out),
            Self::Ollama(envelope) => ollama::encode_answer(answer, envelope, out),
        }
    }

    /// Begins a streamed answer.
    pub fn stream(self) -> StreamEncoder {
        match self {
            Self::OpenAiChat {
                envelope,
                include_usage,
            } => StreamEncoder::OpenAiChat(openai_chat::StreamEncoder::new(envelope, include_usage)),
            Self::Completions {
                envelope,
                include_usage,
            } => StreamEncoder::Completions(completions::StreamEncoder::new(envelope, include_usage)),
            Self::OpenAiResponses(envelope) => {
                StreamEncoder::OpenAiResponses(Box::new(openai_responses::StreamEncoder::new(*envelope)))
            }
            Self::AnthropicMessages(envelope) => {
                StreamEncoder::AnthropicMessages(Box::new(anthropic_messages::StreamEncoder::new(envelope)))
            }
            Self::Gemini { envelope, framing } => {
                StreamEncoder::Gemini(Box::new(gemini::StreamEncoder::new(envelope, framing)))
            }
            Self::Ollama(envelope) => StreamEncoder::Ollama(Box::new(ollama::StreamEncoder::new(envelope))),
        }
    }
}
