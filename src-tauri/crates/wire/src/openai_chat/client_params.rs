//! Sampling parameters and their ranges (W-34 to W-37). Out of range is an error, never clamped quietly.

use domain::{Failure, Params};
use serde_json::value::RawValue;

use crate::fields::{boolean, decimal, integer, number, string, wrong_type};
use crate::json;

/// Values that can only be judged when all fields are known.
#[derive(Default)]
pub(crate) struct Limits {
    max_tokens: Option<u64>,
}

impl Limits {
    /// `max_completion_tokens` wins over `max_tokens` (W-34); `top_logprobs` needs `logprobs` (W-36).
    pub(crate) fn settle(self, params: &mut Params) -> Result<(), Failure> {
        params.max_output_tokens = params.max_output_tokens.or(self.max_tokens);
        if params.top_logprobs.is_some_and(|n| n > 0) && params.logprobs != Some(true) {
            return Err(Failure::invalid(
                "top_logprobs",
                "'top_logprobs' is only allowed when 'logprobs' is true.",
            )
            .with_code("invalid_value"));
        }
        Ok(())
    }
}

/// Reads the field into `params`; `false` when it is not one of theirs.
pub(crate) fn read(
    name: &str,
    value: &RawValue,
    params: &mut Params,
    limits: &mut Limits,
) -> Result<bool, Failure> {
    match name {
        "temperature" => params.temperature = decimal(name, value, 0.0, 2.0)?,
        "top_p" => params.top_p = decimal(name, value, 0.0, 1.0)?,
        "presence_penalty" => params.presence_penalty = decimal(name, value, -2.0, 2.0)?,
        "frequency_penalty" => params.frequency_penalty = decimal(name, value, -2.0, 2.0)?,
        "max_tokens" => limits.max_tokens = integer(name, value, 1, i64::MAX)?.map(i64::unsigned_abs),
        "max_completion_tokens" => {
            params.max_output_tokens = integer(name, value, 1, i64::MAX)?.map(i64::unsigned_abs);
        }
        "n" => params.n = integer(name, value, 1, 128)?.and_then(|n| u32::try_from(n).ok()),
        "top_logprobs" => {
            params.top_logprobs = integer(name, value, 0, 20)?.and_then(|n| u32::try_from(n).ok());
        }
        "seed" => params.seed = integer(name, value, i64::MIN, i64::MAX)?,
        // some providers take a number here, which the domain has no place for
        "logprobs" if number(value).is_some() => return Ok(false),
        "logprobs" => params.logprobs = boolean(name, value)?,
        "parallel_tool_calls" => params.parallel_tool_calls = boolean(name, value)?,
        // some servers take -1 for none, which is no count
        "top_k" if value.get().starts_with('-') => return Ok(false),
        "top_k" => params.top_k = integer(name, value, 0, i64::MAX)?.map(i64::unsigned_abs),
        "stop" => params.stop = stop(value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn stop(value: &RawValue) -> Result<Vec<String>, Failure> {
    if value.get() == "null" {
        return Ok(Vec::new());
    }
    if let Some(one) = json::text(value) {
        return Ok(vec![one.into_owned()]);
    }
    let list = json::items(value).ok_or_else(|| wrong_type("stop", "a string or an array of strings"))?;
    if list.len() > 4 {
        return Err(
            Failure::invalid("stop", "'stop' holds at most 4 sequences.").with_code("array_above_max_length")
        );
    }
    list.into_iter()
        .enumerate()
        .map(|(at, item)| string(&format!("stop[{at}]"), item))
        .collect()
}
