//! A streamed answer in the form that its route chose.

use domain::{Event, Failure, Wire};

use super::{Took, encode_error};
use crate::{anthropic_messages, completions, gemini, ollama, openai_chat, openai_responses};

/// Writes a streamed answer, whole events at a time.
#[derive(Debug)]
pub enum StreamEncoder {
    /// Of [`Wire::OpenAiChat`].
    OpenAiChat(openai_chat::StreamEncoder),
    /// The old form of [`Wire::OpenAiChat`].
    Completions(completions::StreamEncoder),
    /// Of [`Wire::OpenAiResponses`].
    OpenAiResponses(Box<openai_responses::StreamEncoder>),
    /// Of [`Wire::AnthropicMessages`].
    AnthropicMessages(Box<anthropic_messages::StreamEncoder>),
    /// Of [`Wire::Gemini`].
    Gemini(Box<gemini::StreamEncoder>),
    /// Of [`Wire::Ollama`].
    Ollama(Box<ollama::StreamEncoder>),
}

impl StreamEncoder {
    /// What keeps the connection alive during silence (W-68, W-151).
    pub fn heartbeat(&self) -> &'static [u8] {
        match self {
            Self::OpenAiChat(_) => openai_chat::StreamEncoder::HEARTBEAT,
            Self::Completions(_) => completions::StreamEncoder::HEARTBEAT,
            Self::OpenAiResponses(_) => openai_responses::StreamEncoder::HEARTBEAT,
            Self::AnthropicMessages(_) => anthropic_messages::StreamEncoder::HEARTBEAT,
            Self::Gemini(_) => gemini::StreamEncoder::HEARTBEAT,
            Self::Ollama(_) => ollama::StreamEncoder::HEARTBEAT,
        }
    }

    /// Tells about how many tokens the request is, where that is known only after the stream has begun; see
    /// [`super::Form::set_input_tokens`].
    pub fn set_input_tokens(&mut self, tokens: u64) {
        match self {
            Self::AnthropicMessages(encoder) => encoder.set_input_tokens(tokens),
            Self::OpenAiChat(_)
            | Self::Completions(_)
            | Self::OpenAiResponses(_)
            | Self::Gemini(_)
            | Self::Ollama(_) => {}
        }
    }

    /// Writes what an event says.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match self {
            Self::OpenAiChat(encoder) => encoder.event(event, out),
            Self::Completions(encoder) => encoder.event(event, out),
            Self::OpenAiResponses(encoder) => encoder.event(event, out),
            Self::AnthropicMessages(encoder) => encoder.event(event, out),
            Self::Gemini(encoder) => encoder.event(event, out),
            Self::Ollama(encoder) => encoder.event(event, out),
        }
    }

    /// Ends the stream; an answer that is not complete ends as a failure (W-70).
    pub fn finish(&mut self, took: Took, out: &mut Vec<u8>) {
        let finished = match self {
            Self::OpenAiChat(encoder) => encoder.finish(out),
            Self::Completions(encoder) => encoder.finish(out),
            Self::OpenAiResponses(encoder) => {
                encoder.completed(took.ended);
                encoder.finish(out)
            }
            Self::AnthropicMessages(encoder) => encoder.finish(out),
            Self::Gemini(encoder) => encoder.finish(out),
            Self::Ollama(encoder) => {
                encoder.took(took.durations());
                encoder.finish(out)
            }
        };
        if let Err(failure) = finished {
            self.fail(&failure, out);
        }
    }

    /// Ends the stream with a failure. Nothing follows.
    pub fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        let body = |wire| {
            let mut body = Vec::new();
            encode_error(wire, failure, None, &mut body);
            body
        };
        match self {
            Self::OpenAiChat(encoder) => encoder.fail(&body(Wire::OpenAiChat), out),
            Self::Completions(encoder) => encoder.fail(&body(Wire::OpenAiChat), out),
            Self::OpenAiResponses(encoder) => encoder.fail(failure, out),
            Self::AnthropicMessages(encoder) => encoder.fail(failure, out),
            Self::Gemini(encoder) => encoder.fail(failure, out),
            Self::Ollama(encoder) => encoder.fail(&body(Wire::Ollama), out),
        }
    }
}
