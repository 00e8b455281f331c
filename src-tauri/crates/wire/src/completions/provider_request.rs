//! The request as a provider reads it that has the route.

use domain::{Applied, Quirks};

use super::client_request::ClientRequest;
use crate::json::Object;
use crate::notes::Notes;
use crate::openai_chat::write_sampling;
use crate::text_or_tokens;

/// Writes the body of a request for `model`, in the provider's spelling, and tells what was left out or
/// renamed. A stream is asked to report its usage.
pub fn encode_request(
    request: &ClientRequest,
    model: &str,
    quirks: &Quirks,
    out: &mut Vec<u8>,
) -> Vec<Applied> {
    let mut notes = Notes::default();
    let mut object = Object::open(out);
    object.string("model", model);
    text_or_tokens::write(&request.prompts, object.key("prompt"));
    if let Some(suffix) = &request.suffix {
        object.string("suffix", suffix);
    }
    if request.echo {
        object.bool("echo", true);
    }
    if let Some(logprobs) = request.logprobs {
        object.unsigned("logprobs", logprobs.into());
    }
    if let Some(most) = request.params.max_output_tokens {
        object.unsigned("max_tokens", most);
    }
    write_sampling(&request.params, quirks, &mut object, &mut notes);
    if request.stream {
        object.bool("stream", true);
        if !quirks.no_stream_options {
            object.literal("stream_options", r#"{"include_usage":true}"#);
        }
    }
    if quirks.no_extra_fields {
        for (name, _) in request.extra.iter() {
            notes.add(name, "left out, the provider refuses fields it does not know");
        }
    } else {
        object.extra(&request.extra, |_| true);
    }
    object.close();
    notes.take()
}
