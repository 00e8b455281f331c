//! Bodies that are read whole, and what the head of a response says about them.
//!
//! The danger is a body without an end: one that is larger than memory, that comes a byte a minute, or that
//! unpacks into gigabytes. So every read has a cap and a clock, and nothing is unpacked (REL-24).

use std::time::Duration;

use domain::{Failure, FailureKind, UpstreamError};
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use tokio::time::{Instant, timeout_at};

use super::setback::{Setback, Stage, cut_off, timed_out};

/// The largest answer that is read.
pub(super) const ANSWER_CAP: usize = 64 << 20;
/// An error says what it has to say in this much; the rest is not read.
const ERROR_CAP: usize = 256 << 10;
/// The body of an error is waited for no longer than this: its status has been seen already.
const ERROR_WAIT: Duration = Duration::from_secs(5);
/// Taken at once for a body whose length is announced; more when it really comes.
const AHEAD: u64 = 1 << 20;

/// How long a body may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The end of all waiting.
    pub end: Instant,
    /// Between two pieces.
    pub idle: Duration,
}

/// Reads a body to its end.
pub(super) async fn read(response: &mut reqwest::Response, clock: Clock) -> Result<Vec<u8>, Failure> {
    let ahead = response.content_length().unwrap_or(0).min(AHEAD);
    let mut body = Vec::with_capacity(usize::try_from(ahead).unwrap_or(0));
    match fill(response, &mut body, ANSWER_CAP, clock).await? {
        true => Ok(body),
        false => Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's answer is larger than 64 MiB, the limit.",
        )),
    }
}

/// Appends to `body` until the end (`true`) or the cap (`false`).
async fn fill(
    response: &mut reqwest::Response,
    body: &mut Vec<u8>,
    cap: usize,
    clock: Clock,
) -> Result<bool, Failure> {
    loop {
        let idle_end = Instant::now() + clock.idle;
        let chunk = timeout_at(clock.end.min(idle_end), response.chunk())
            .await
            .map_err(|_| {
                if idle_end < clock.end {
                    timed_out("sent nothing more", clock.idle)
                } else {
                    unfinished()
                }
            })?
            .map_err(|_| cut_off())?;
        let Some(chunk) = chunk else { return Ok(true) };
        let room = cap - body.len();
        if chunk.len() > room {
            body.extend_from_slice(&chunk[..room]);
            return Ok(false);
        }
        body.extend_from_slice(&chunk);
    }
}

fn unfinished() -> Failure {
    Failure::new(
        FailureKind::UpstreamTimeout,
        "The provider did not finish its answer in time.",
    )
}

/// A head that cannot be the head of an answer: a redirect, nothing to come, or a compressed body.
pub(super) fn check(response: &reqwest::Response) -> Result<(), Failure> {
    let status = response.status();
    let wrong = |message: String| {
        Failure::new(FailureKind::UpstreamFailed, message).with_upstream(UpstreamError {
            status: Some(status.as_u16()),
            ..UpstreamError::default()
        })
    };
    if status.is_redirection() {
        return Err(wrong(format!(
            "The provider answered with a redirect (status {}), which is not followed: its key is for one address.",
            status.as_u16()
        ))
        .with_hint("Check its base URL: https instead of http, a missing or doubled /v1."));
    }
    if let Some(encoding) = encoding(response.headers()) {
        return Err(wrong(format!(
            "The provider compressed its answer ({encoding}) although it was asked not to."
        ))
        .with_hint("A proxy in between may do that; switch compression off there."));
    }
    if status.is_success() && matches!(status.as_u16(), 204 | 205) {
        return Err(wrong(format!(
            "The provider answered with status {} and no content.",
            status.as_u16()
        )));
    }
    Ok(())
}

fn encoding(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("unknown");
    let plain = value.trim().is_empty() || value.trim().eq_ignore_ascii_case("identity");
    // a word, for people; never more of what a stranger wrote
    let word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | ',' | ' ');
    (!plain).then(|| value.chars().filter(word).take(40).collect())
}

pub(super) fn content_type(response: &reqwest::Response) -> Option<&str> {
    response.headers().get(CONTENT_TYPE)?.to_str().ok()
}

/// Reads an unsuccessful response.
pub(super) async fn refusal(mut response: reqwest::Response, clock: Clock) -> Setback {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    if let Err(failure) = check(&response) {
        if response.status().is_redirection() {
            return Setback::at(Stage::Answered, failure);
        }
        // its status says enough
    } else {
        let clock = Clock {
            end: clock.end.min(Instant::now() + ERROR_WAIT),
            ..clock
        };
        // a refusal that cannot be read to its end is a refusal all the same
        let _as_far_as_it_came = fill(&mut response, &mut body, ERROR_CAP, clock).await;
    }
    let headers = response.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let said = wire::RefusalHeaders {
        retry_after: text("retry-after"),
        retry_after_ms: text("retry-after-ms"),
        date: text("date"),
        error_type: text("x-amzn-errortype"),
    };
    let mut setback = Setback::at(Stage::Answered, wire::decode_error(status, &said, &body));
    setback.advice = match text("x-should-retry") {
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) | None => None,
    };
    setback
}
