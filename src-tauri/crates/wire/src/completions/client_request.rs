//! A client's request body.

use domain::{Extra, Failure, Params, RawJson, TextOrTokens};
use serde_json::value::RawValue;

use crate::fields::{self, boolean, integer, missing, string, wrong_type};
use crate::json::{self, Fields};
use crate::openai_chat::client_params;
use crate::text_or_tokens;

/// A request for legacy completions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientRequest {
    /// What the client wrote in `model`; `None` when it is missing, null or empty.
    pub model: Option<String>,
    /// What is to be continued: at least one, each answered by itself.
    pub prompts: Vec<TextOrTokens>,
    /// What follows the gap that is to be filled.
    pub suffix: Option<String>,
    /// Whether the answer begins with the prompt.
    pub echo: bool,
    /// How many log probabilities each token shall have, 0 to 20; `None` for none at all.
    pub logprobs: Option<u32>,
    /// Sampling and length; `n` is meant for each prompt.
    pub params: Params,
    /// Whether the answer shall be streamed.
    pub stream: bool,
    /// Whether a stream shall end with a chunk of usage.
    pub include_usage: bool,
    /// Top-level fields that nobody modelled (`best_of`, `logit_bias`).
    pub extra: Extra,
}

/// More prompts than one request may have.
const MAX_PROMPTS: usize = 128;

/// Reads the body of `POST /v1/completions`.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_request(body: &[u8]) -> Result<ClientRequest, Failure> {
    let body: Fields<'_> = fields::body(body)?;
    let mut out = ClientRequest::default();
    let mut limits = client_params::Limits::default();
    for (name, value) in body.0 {
        let null = value.get() == "null";
        match name.as_ref() {
            "model" | "suffix" | "prompt" | "stream_options" if null => {}
            "model" => out.model = Some(string("model", value)?).filter(|model| !model.is_empty()),
            "prompt" => out.prompts = text_or_tokens::read("prompt", value, MAX_PROMPTS)?,
            "suffix" => out.suffix = Some(string("suffix", value)?).filter(|suffix| !suffix.is_empty()),
            "echo" => out.echo = boolean("echo", value)?.unwrap_or(false),
            "logprobs" => {
                out.logprobs = integer("logprobs", value, 0, 20)?.and_then(|n| u32::try_from(n).ok());
            }
            "stream" => out.stream = boolean("stream", value)?.unwrap_or(false),
            "stream_options" => out.include_usage = include_usage(value)?,
            known if client_params::read(known, value, &mut out.params, &mut limits)? => {}
            _ => out.extra.set(name, RawJson::new(value.get())),
        }
    }
    limits.settle(&mut out.params)?;
    if out.prompts.is_empty() {
        return Err(missing("prompt"));
    }
    out.include_usage &= out.stream;
    Ok(out)
}

fn include_usage(value: &RawValue) -> Result<bool, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type("stream_options", "an object"))?;
    match fields.iter().rev().find(|(name, _)| name == "include_usage") {
        Some((_, value)) => Ok(boolean("stream_options.include_usage", value)?.unwrap_or(false)),
        None => Ok(false),
    }
}
