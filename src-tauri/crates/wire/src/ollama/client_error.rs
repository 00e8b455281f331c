//! Failures in Ollama's shape: one text (W-09, W-195). The HTTP status is the gateway's.

use domain::{Failure, FailureKind};

use crate::json::Object;

/// Writes the body of an error response, and of the error line of a stream.
pub fn encode_error(failure: &Failure, out: &mut Vec<u8>) {
    let mut text = String::new();
    // clients look for these words: to offer a pull, to compact the conversation
    let told = |words: &str| failure.message().contains(words);
    if failure.kind() == FailureKind::ModelNotFound && !told("not found") {
        text.push_str("model not found: ");
    }
    if failure.kind() == FailureKind::ContextTooLong && !told("maximum context length") {
        text.push_str("This model's maximum context length is exceeded. ");
    }
    text.push_str(failure.message());
    if let Some(hint) = failure.hint() {
        text.push(' ');
        text.push_str(hint);
    }
    let mut object = Object::open(out);
    object.string("error", &text);
    object.close();
}
