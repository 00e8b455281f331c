//! The client's side of every wire that we serve behind one door: whoever answers a client names the form
//! once and needs to know nothing else about it.
//!
//! The danger is a route that answers in another wire's shape, above all when it fails: clients cannot read
//! it and show nothing. So answers, streams and errors of a wire come from here, and a new wire is one line
//! in each function. Requests are read by each route, for what they hold beside the conversation differs.

use domain::{Answer, Event, Failure, Wire};

use crate::openai_chat;

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
}

impl Form {
    /// Its wire.
    pub fn wire(&self) -> Wire {
        match self {
            Self::OpenAiChat { .. } => Wire::OpenAiChat,
        }
    }

    /// The content type of a streamed answer.
    pub fn stream_type(&self) -> &'static str {
        match self {
            Self::OpenAiChat { .. } => "text/event-stream; charset=utf-8",
        }
    }

    /// The name under which the answer says it was made, once it is known what `model` stood for (W-57).
    pub fn set_model(&mut self, model: String) {
        match self {
            Self::OpenAiChat { envelope, .. } => envelope.model = model,
        }
    }

    /// Writes a whole answer.
    pub fn whole(&self, answer: &Answer, out: &mut Vec<u8>) {
        match self {
            Self::OpenAiChat { envelope, .. } => openai_chat::encode_answer(answer, envelope, out),
        }
    }

    /// Begins a streamed answer.
    pub fn stream(self) -> StreamEncoder {
        match self {
            Self::OpenAiChat {
                envelope,
                include_usage,
            } => StreamEncoder::OpenAiChat(openai_chat::StreamEncoder::new(envelope, include_usage)),
        }
    }
}

/// Writes a streamed answer, whole events at a time.
#[derive(Debug)]
pub enum StreamEncoder {
    /// Of [`Wire::OpenAiChat`].
    OpenAiChat(openai_chat::StreamEncoder),
}

impl StreamEncoder {
    /// What keeps the connection alive during silence (W-68, W-151).
    pub fn heartbeat(&self) -> &'static [u8] {
        match self {
            Self::OpenAiChat(_) => openai_chat::StreamEncoder::HEARTBEAT,
        }
    }

    /// Writes what an event says.
    pub fn event(&mut self, event: &Event, out: &mut Vec<u8>) {
        match self {
            Self::OpenAiChat(encoder) => encoder.event(event, out),
        }
    }

    /// Ends the stream; an answer that is not complete ends as a failure (W-70).
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let finished = match self {
            Self::OpenAiChat(encoder) => encoder.finish(out),
        };
        if let Err(failure) = finished {
            self.fail(&failure, out);
        }
    }

    /// Ends the stream with a failure. Nothing follows.
    pub fn fail(&mut self, failure: &Failure, out: &mut Vec<u8>) {
        match self {
            Self::OpenAiChat(encoder) => {
                let mut body = Vec::new();
                openai_chat::encode_error(failure, &mut body);
                encoder.fail(&body, out);
            }
        }
    }
}

/// Writes the body of an error response in the shape that clients of a wire read.
pub fn encode_error(wire: Wire, failure: &Failure, out: &mut Vec<u8>) {
    match wire {
        Wire::OpenAiChat
        | Wire::OpenAiResponses
        | Wire::AnthropicMessages
        | Wire::Gemini
        | Wire::Ollama
        | Wire::BedrockConverse => openai_chat::encode_error(failure, out),
    }
}
