//! The strict reading of a request, for a surface that documents what it refuses.
//!
//! What it asks for beyond [`super::decode_request`] is presence and type: a model that is named, messages
//! that are there, numbers that are numbers. The ranges are the same on every surface.

use domain::Failure;

use super::{ClientRequest, decode_request};
use crate::fields::{self, missing, wrong_type};
use crate::json::Fields;

/// Numbers that the liberal reading also takes as text.
const NUMBERS: [&str; 4] = ["temperature", "top_p", "presence_penalty", "frequency_penalty"];

/// Reads a body as its surface documents it. A stream always ends with usage there.
///
/// # Errors
/// As [`decode_request`], and for a model or messages that are missing, and for a number written as text.
pub fn decode_strict(body: &[u8]) -> Result<ClientRequest, Failure> {
    let top: Fields<'_> = fields::body(body)?;
    let mut messages = false;
    for (name, value) in &top.0 {
        let name = name.as_ref();
        messages |= name == "messages";
        if NUMBERS.contains(&name) && value.get().starts_with('"') {
            return Err(wrong_type(name, "a decimal"));
        }
    }
    // or a body of another kind would be read in their place (W-21)
    if !messages {
        return Err(missing("messages"));
    }
    let mut read = decode_request(body)?;
    if read.model.is_none() {
        return Err(missing("model"));
    }
    read.include_usage = read.request.stream;
    Ok(read)
}
