//! Failures inside a stream that began well: frames of the type `exception`, or `error`.
//!
//! The type of an exception is the status that the same refusal has when it comes before the stream.

use domain::Failure;
use serde_json::Value;

use crate::eventstream::Frame;
use crate::upstream_error::Reported;

/// Reads a frame that is no event.
pub(super) fn read(frame: &Frame<'_>) -> Failure {
    let body: Value = serde_json::from_slice(frame.payload).unwrap_or_default();
    let word = |name: &str| body[name].as_str().map(str::to_owned);
    let message = word("message")
        .or_else(|| word("Message"))
        .or_else(|| word("originalMessage"))
        .or_else(|| Some(frame.error_message.to_owned()));
    Reported {
        status: status(frame.name),
        category: Some(frame.name.to_owned()).filter(|name| !name.is_empty()),
        message: message.filter(|text| !text.is_empty()),
        ..Reported::default()
    }
    .failure()
}

fn status(name: &str) -> Option<u16> {
    // `throttlingException` in a stream, `ThrottlingException` elsewhere
    Some(match name.to_ascii_lowercase().as_str() {
        "throttlingexception" => 429,
        "validationexception" => 400,
        "accessdeniedexception" => 403,
        "resourcenotfoundexception" => 404,
        "modeltimeoutexception" => 408,
        "modelstreamerrorexception" => 424,
        "serviceunavailableexception" => 503,
        "internalserverexception" => 500,
        _ => return None,
    })
}
