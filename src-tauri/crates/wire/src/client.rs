//! The client's side of every wire that we serve behind one door: whoever answers a client names the form
//! once and needs to know nothing else about it.
//!
//! The danger is a route that answers in another wire's shape, above all when it fails: clients cannot read
//! it and show nothing. So answers, streams and errors of a wire come from here, and a new form is one line
//! in each function. Requests are read by each route, for what they hold beside the conversation differs.

mod form;
mod stream;

use domain::{Failure, Wire};

pub use form::{Form, Took};
pub use stream::StreamEncoder;

use crate::{anthropic_messages, gemini, ollama, openai_chat};

/// Writes the body of an error response in the shape that clients of a wire read. Anthropic's clients also
/// read the request's id from it.
pub fn encode_error(wire: Wire, failure: &Failure, request_id: Option<&str>, out: &mut Vec<u8>) {
    match wire {
        Wire::AnthropicMessages => anthropic_messages::encode_error(failure, request_id, out),
        Wire::Gemini => gemini::encode_error(failure, out),
        Wire::Ollama => ollama::encode_error(failure, out),
        // nobody speaks Bedrock's wire to us
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::BedrockConverse => {
            openai_chat::encode_error(failure, out);
        }
    }
}
