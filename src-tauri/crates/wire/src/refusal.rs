//! Unsuccessful answers of providers, in every shape they come in, on any wire (W-58, W-92, W-169, W-171,
//! W-173).
//!
//! No provider keeps to one shape: a gateway in front answers for it, in its own words. So every wire reads
//! errors here, and what the shapes mean is in [`crate::upstream_error`].

use domain::Failure;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http_date;
use crate::upstream_error::{Reported, delay_in, millis, retry_after_ms};

/// Headers of an unsuccessful answer that say something about it; `None` where it has none of that name.
#[derive(Clone, Copy, Debug, Default)]
pub struct RefusalHeaders<'a> {
    /// `retry-after`: seconds, also with a fraction, or a date.
    pub retry_after: Option<&'a str>,
    /// `retry-after-ms`, of OpenAI and Azure; the finer of the two, unless it says 0.
    pub retry_after_ms: Option<&'a str>,
    /// `date`: the server's clock, from which a date in `retry-after` is counted.
    pub date: Option<&'a str>,
    /// `x-amzn-errortype`: where Amazon puts the error's name.
    pub error_type: Option<&'a str>,
}

impl RefusalHeaders<'_> {
    fn delay(&self) -> Option<u64> {
        let fine = self.retry_after_ms.and_then(|text| millis(text.trim(), 1.0));
        if let Some(fine) = fine.filter(|millis| *millis > 0) {
            return Some(fine);
        }
        let header = self.retry_after?;
        retry_after_ms(header).or_else(|| {
            let until = http_date::seconds(header)?;
            let now = http_date::seconds(self.date?)?;
            Some(until.saturating_sub(now).saturating_mul(1000))
        })
    }
}

/// Reads an unsuccessful answer: its status, its headers and its body.
pub fn decode_error(status: u16, headers: &RefusalHeaders<'_>, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let mut reported = match serde_json::from_str::<Value>(text.trim()) {
        Ok(value) => report(&value),
        Err(_) => plain(&text),
    };
    reported.status = Some(status);
    if let Some(millis) = headers.delay() {
        reported.retry_after_ms = Some(millis);
    }
    if let Some(name) = headers.error_type {
        // `ThrottlingException:http://internal.amazon.com/...`
        let name = name.split([':', ';']).next().unwrap_or(name);
        reported.category = reported.category.or_else(|| Some(name.to_owned()));
    }
    reported.failure()
}

/// Reads the value of an `error` field inside a successful response.
pub(crate) fn inside(error: &RawValue) -> Failure {
    match serde_json::from_str::<Value>(error.get()) {
        Ok(error) => successful(report_inner(&error)),
        Err(_) => successful(Reported::default()),
    }
}

/// Reads the data of an `error` event.
pub(crate) fn in_stream(data: &str) -> Failure {
    match serde_json::from_str::<Value>(data) {
        Ok(value) => successful(report(&value)),
        Err(_) => successful(plain(data)),
    }
}

/// Inside a response with status 200 the code is the status, if it can be one.
fn successful(mut reported: Reported) -> Failure {
    let code = reported.code.as_deref().and_then(|code| code.parse().ok());
    reported.status = code.filter(|status| (400..600).contains(status));
    reported.failure()
}

fn report(value: &Value) -> Reported {
    match value {
        // Google wraps it in an array
        Value::Array(list) => list.first().map(report).unwrap_or_default(),
        Value::Object(object) => match object.get("error") {
            Some(error) if !error.is_null() && !error.is_boolean() => {
                let mut reported = report_inner(error);
                let outer = report_inner(value);
                reported.message = reported.message.or(outer.message);
                reported.code = reported.code.or(outer.code);
                reported
            }
            Some(_) | None => report_inner(value),
        },
        Value::String(_) => report_inner(value),
        Value::Null | Value::Bool(_) | Value::Number(_) => Reported::default(),
    }
}

fn report_inner(error: &Value) -> Reported {
    if let Some(text) = error.as_str() {
        return Reported {
            message: Some(text.to_owned()),
            ..Reported::default()
        };
    }
    let word = |name: &str| match &error[name] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let mut message = word("message").or_else(|| word("msg")).or_else(|| word("detail"));
    if message.is_none() {
        message = listed(&error["detail"]).or_else(|| listed(&error["message"]));
    }
    // OpenRouter: its own message is generic, the provider's lies below
    if let Some(raw) = error["metadata"]["raw"].as_str() {
        message = Some(match message {
            Some(message) => format!("{message}: {raw}"),
            None => raw.to_owned(),
        });
    }
    let delay = error["details"].as_array().and_then(|details| {
        details
            .iter()
            .find_map(|detail| delay_in(detail["retryDelay"].as_str()?))
    });
    let asked = || {
        delay_in(
            message
                .as_deref()
                .filter(|text| text.to_ascii_lowercase().contains(" in "))?,
        )
    };
    Reported {
        status: None,
        retry_after_ms: delay.or_else(asked),
        refills: delay.is_some() && !by_the_day(&error["details"]),
        code: word("code"),
        category: word("type").or_else(|| word("status")),
        param: word("param"),
        message,
    }
}

/// Whether a quota of Google's that was exceeded refills once a day; it names a delay all the same.
fn by_the_day(details: &Value) -> bool {
    let violations = details.as_array().into_iter().flatten();
    violations
        .filter_map(|detail| detail["violations"].as_array())
        .flatten()
        .any(|violation| {
            violation["quotaId"]
                .as_str()
                .is_some_and(|id| id.contains("PerDay"))
        })
}

/// The list of faults that some frameworks give: `[{"loc":[…],"msg":"…"}]`, also below `detail`.
fn listed(value: &Value) -> Option<String> {
    if let Some(inner) = value.get("detail") {
        return listed(inner);
    }
    let texts: Vec<&str> = value
        .as_array()?
        .iter()
        .filter_map(|fault| fault["msg"].as_str().or_else(|| fault["message"].as_str()))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// Not JSON: a short text says something, a page of a proxy does not.
fn plain(text: &str) -> Reported {
    let text = text.trim();
    let page = text.starts_with('<');
    Reported {
        message: (!page && !text.is_empty()).then(|| text.to_owned()),
        ..Reported::default()
    }
}

/// The error inside a body that should have been an answer.
pub(crate) fn told(body: &[u8]) -> Option<Failure> {
    #[derive(serde::Deserialize)]
    struct Failed<'a> {
        #[serde(borrow)]
        error: &'a RawValue,
    }
    let failed: Failed<'_> = serde_json::from_slice(body).ok()?;
    Some(inside(failed.error))
}
