//! What is asked over the network to sign in: by the guard of fetching (SEC-33), except for servers on this machine that a
//! server on this machine has named.

use bytes::Bytes;
use domain::Failure;
use reqwest::{RequestBuilder, Url};
use serde_json::Value;

use super::place;
use crate::Engine;
use crate::fetch::{Answer, Refusal, answer};

/// More than any metadata or any tokens.
const LARGEST: usize = 256 << 10;

/// A document in JSON; `None` where there is none.
///
/// # Errors
/// Why it could not be had, as the end of a sentence.
pub(super) async fn document(engine: &Engine, url: &Url) -> Result<Result<Option<Value>, String>, Failure> {
    let got = if place::is_loopback(url) {
        let request = engine.http().loopback().get(url.clone());
        let request = request.header("accept", "application/json");
        patiently(engine, answer(request, LARGEST)).await.and_then(found)
    } else {
        engine.fetcher().document(url.as_str(), LARGEST).await?
    };
    Ok(match got {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(format!("{url} is no JSON")),
        },
        Err(Refusal::Status(400..=499)) => Ok(None),
        Err(refusal) => Err(format!("{url} cannot be read: {refusal}")),
    })
}

/// Posts something; what the answer says, with its status.
///
/// # Errors
/// As [`document`].
pub(super) async fn post(
    engine: &Engine,
    url: &Url,
    fill: impl FnOnce(RequestBuilder) -> RequestBuilder,
) -> Result<Result<(u16, Value), String>, Failure> {
    let got = if place::is_loopback(url) {
        let request = engine.http().loopback().post(url.clone());
        let request = fill(request.header("accept", "application/json"));
        patiently(engine, answer(request, LARGEST)).await
    } else {
        engine.fetcher().post(url.as_str(), fill, LARGEST).await?
    };
    Ok(match got {
        Ok(Answer {
            status: 300..=399, ..
        }) => Err(format!("{url} leads elsewhere, which is not followed")),
        // whatever else it holds may be a token, and is not shown
        Ok(Answer { status, body }) => Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null))),
        Err(refusal) => Err(format!("{url} did not answer: {refusal}")),
    })
}

fn found(answer: Answer) -> Result<Bytes, Refusal> {
    match answer.status {
        200 => Ok(answer.body),
        status => Err(Refusal::Status(status)),
    }
}

async fn patiently(
    engine: &Engine,
    asking: impl Future<Output = Result<Answer, Refusal>>,
) -> Result<Answer, Refusal> {
    let patience = engine.fetcher().policy().patience;
    let asked = tokio::time::timeout(patience, asking).await;
    asked.unwrap_or(Err(Refusal::TooSlow))
}
