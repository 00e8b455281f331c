//! Fields of clients' requests, read with the path of the field at fault in the failure (W-20, W-36).
//!
//! Every wire that we serve reads its bodies with these, so that the same mistake is told the same way.

use std::borrow::Cow;

use domain::{Failure, FailureKind};
use serde_json::value::RawValue;

use crate::json::{self, Field, Item};

/// How deep a request may be nested (REL-21).
const MAX_DEPTH: usize = 128;

/// Reads a whole body, which must be a JSON object.
///
/// # Errors
/// [`FailureKind::InvalidRequest`] with the place of the mistake; the parser's own message may quote the
/// request and is not repeated.
pub(crate) fn body<'a, T: Item<'a> + Default>(body: &'a [u8]) -> Result<T, Failure> {
    let unreadable = |why: String| {
        Failure::new(
            FailureKind::InvalidRequest,
            format!("We could not parse the JSON body of your request. {why}"),
        )
    };
    if !json::depth_within(body, MAX_DEPTH) {
        return Err(unreadable(format!(
            "It is nested {MAX_DEPTH} levels deep or deeper."
        )));
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| unreadable(format!("It is not UTF-8 at byte {}.", error.valid_up_to())))?;
    let body: Field<T> = serde_json::from_str(text).map_err(|error| {
        unreadable(format!(
            "It is not valid at line {}, column {}.",
            error.line(),
            error.column()
        ))
    })?;
    match body {
        Field::Object(body) => Ok(body),
        Field::Null | Field::Wrong => Err(unreadable("It must be a JSON object.".into())),
    }
}

/// A failure for a value of the wrong kind.
pub(crate) fn wrong_type(param: &str, expected: &str) -> Failure {
    Failure::invalid(param, format!("Invalid type for '{param}': expected {expected}."))
        .with_code("invalid_type")
}

/// A failure for a field that must be there.
pub(crate) fn missing(param: &str) -> Failure {
    Failure::invalid(param, format!("Missing required parameter: '{param}'."))
        .with_code("missing_required_parameter")
}

/// Reads a string.
pub(crate) fn string(param: &str, value: &RawValue) -> Result<String, Failure> {
    json::text(value)
        .map(Cow::into_owned)
        .ok_or_else(|| wrong_type(param, "a string"))
}

/// Reads true, false or null.
pub(crate) fn boolean(name: &str, value: &RawValue) -> Result<Option<bool>, Failure> {
    match value.get() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        "null" => Ok(None),
        _ => Err(wrong_type(name, "a boolean")),
    }
}

/// Reads a number.
pub(crate) fn number(value: &RawValue) -> Option<f64> {
    // not by the JSON parser: its fast way to read floats may miss by the last bit
    value.get().parse().ok()
}

/// A decimal in a range. A numeric string is read as the number it spells: one of the systems that we
/// stand in for documents `temperature` so.
pub(crate) fn decimal(name: &str, value: &RawValue, min: f64, max: f64) -> Result<Option<f64>, Failure> {
    if value.get() == "null" {
        return Ok(None);
    }
    let spelled = || json::text(value)?.trim().parse::<f64>().ok();
    let found = number(value)
        .or_else(spelled)
        .filter(|n| n.is_finite())
        .ok_or_else(|| wrong_type(name, "a decimal"))?;
    let out = |word: &str, bound: f64, code: &str| {
        Failure::invalid(
            name,
            format!("Invalid '{name}': expected a value {word} {bound}, but got {found}."),
        )
        .with_code(code)
    };
    if found < min {
        return Err(out(">=", min, "decimal_below_min_value"));
    }
    if found > max {
        return Err(out("<=", max, "decimal_above_max_value"));
    }
    Ok(Some(found))
}

/// A whole number in a range.
pub(crate) fn integer(name: &str, value: &RawValue, min: i64, max: i64) -> Result<Option<i64>, Failure> {
    if value.get() == "null" {
        return Ok(None);
    }
    let found = match serde_json::from_str::<i64>(value.get()) {
        Ok(found) => i128::from(found),
        Err(_) => match number(value) {
            // 100.0 and 1e2 are whole numbers too
            Some(float) if float.fract() == 0.0 && float.abs() < 1e30 => float as i128,
            Some(_) | None => return Err(wrong_type(name, "an integer")),
        },
    };
    let out = |word: &str, bound: i64, code: &str| {
        Failure::invalid(
            name,
            format!("Invalid '{name}': expected a value {word} {bound}, but got {found}."),
        )
        .with_code(code)
    };
    if found < i128::from(min) {
        return Err(out(">=", min, "integer_below_min_value"));
    }
    if found > i128::from(max) {
        return Err(out("<=", max, "integer_above_max_value"));
    }
    Ok(i64::try_from(found).ok())
}
