//! What is embedded or continued: a text or tokens, one or several, in four spellings (W-105, W-108).

use domain::{Failure, TextOrTokens};
use serde_json::value::RawValue;

use crate::fields::{number, wrong_type};
use crate::json;

/// Reads one or at most `most` of them. A flat array of tokens is one.
pub(crate) fn read(param: &str, value: &RawValue, most: usize) -> Result<Vec<TextOrTokens>, Failure> {
    if let Some(text) = json::text(value) {
        return Ok(vec![TextOrTokens::Text(text.into_owned())]);
    }
    let kinds = "a string, an array of strings, of tokens, or of arrays of tokens";
    let list = json::items(value).ok_or_else(|| wrong_type(param, kinds))?;
    if list.first().is_some_and(|first| number(first).is_some()) {
        return Ok(vec![TextOrTokens::Tokens(tokens(param, value)?)]);
    }
    if list.is_empty() {
        let why = format!("'{param}' must hold at least one text.");
        return Err(Failure::invalid(param, why).with_code("empty_array"));
    }
    if list.len() > most {
        let why = format!("'{param}' holds at most {most} texts.");
        return Err(Failure::invalid(param, why).with_code("array_above_max_length"));
    }
    list.into_iter()
        .enumerate()
        .map(|(at, item)| match json::text(item) {
            Some(text) => Ok(TextOrTokens::Text(text.into_owned())),
            None => Ok(TextOrTokens::Tokens(tokens(&format!("{param}[{at}]"), item)?)),
        })
        .collect()
}

fn tokens(path: &str, value: &RawValue) -> Result<Vec<u32>, Failure> {
    serde_json::from_str(value.get()).map_err(|_| wrong_type(path, "a string or an array of tokens"))
}

/// Writes one alone, several as an array.
pub(crate) fn write(list: &[TextOrTokens], out: &mut Vec<u8>) {
    if let [one] = list {
        return write_one(one, out);
    }
    out.push(b'[');
    for (at, one) in list.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_one(one, out);
    }
    out.push(b']');
}

fn write_one(one: &TextOrTokens, out: &mut Vec<u8>) {
    match one {
        TextOrTokens::Text(text) => json::write_string(text, out),
        TextOrTokens::Tokens(tokens) => {
            out.push(b'[');
            for (at, token) in tokens.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                json::write_unsigned((*token).into(), out);
            }
            out.push(b']');
        }
    }
}
