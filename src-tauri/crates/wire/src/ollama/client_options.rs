//! `options`: sampling and limits, and what only Ollama's own runner knows, which rides along.
//!
//! Out of range is an error, never clamped quietly. Words of Ollama's own for "no limit" (`num_predict: -1`,
//! `top_k: 0`) are no values elsewhere and ride along too.

use domain::{Failure, RawJson, Request};
use serde_json::value::RawValue;

use crate::fields::{decimal, integer, string, wrong_type};
use crate::json::{self, Object};

/// Reads `options` into the request.
pub(super) fn read(value: &RawValue, request: &mut Request) -> Result<(), Failure> {
    let list = json::fields(value).ok_or_else(|| wrong_type("options", "an object"))?;
    let mut out = Vec::new();
    let mut rest = Object::open(&mut out);
    let mut any = false;
    for (name, value) in list {
        if value.get() != "null" && !known(&name, value, request)? {
            rest.raw(&name, value.get());
            any = true;
        }
    }
    rest.close();
    if any {
        let rest = RawJson::new(String::from_utf8_lossy(&out));
        request.extra.set("options", rest);
    }
    Ok(())
}

fn known(name: &str, value: &RawValue, request: &mut Request) -> Result<bool, Failure> {
    let path = format!("options.{name}");
    let params = &mut request.params;
    let number = || integer(&path, value, i64::MIN, i64::MAX);
    match name {
        "temperature" => params.temperature = decimal(&path, value, 0.0, 2.0)?,
        "top_p" => params.top_p = decimal(&path, value, 0.0, 1.0)?,
        "presence_penalty" => params.presence_penalty = decimal(&path, value, -2.0, 2.0)?,
        "frequency_penalty" => params.frequency_penalty = decimal(&path, value, -2.0, 2.0)?,
        "seed" => params.seed = number()?,
        "top_k" | "num_predict" => {
            let limit = number()?.filter(|limit| *limit > 0).map(i64::unsigned_abs);
            if limit.is_none() {
                return Ok(false);
            }
            if name == "top_k" {
                params.top_k = limit;
            } else {
                params.max_output_tokens = limit;
            }
        }
        "stop" => {
            params.stop = match json::text(value) {
                Some(one) => vec![one.into_owned()],
                None => json::items(value)
                    .ok_or_else(|| wrong_type(&path, "a string or an array of strings"))?
                    .into_iter()
                    .enumerate()
                    .map(|(at, item)| string(&format!("{path}[{at}]"), item))
                    .collect::<Result<_, _>>()?,
            };
        }
        _ => return Ok(false),
    }
    Ok(true)
}
