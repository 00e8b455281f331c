//! One attempt over HTTP: the request leaves, and an answer begins or something else happens.

use std::borrow::Cow;
use std::time::Duration;

use domain::{Answer, BaseUrl, Event, Failure, FailureKind, Provider, RawJson, Usage, Wire};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};
use wire::provider::{self, StreamDecoder};

use super::body::{self, Clock};
use super::events::HttpEvents;
use super::gather::Gathered;
use super::setback::{Setback, Stage, timed_out, unsent};
use super::{Compiled, Events, Form, Patience, Response, auth, connecting};
use crate::Engine;
use crate::failures::internal;

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Where providers write their id of a request: OpenAI and many others, Anthropic, Amazon.
const REQUEST_IDS: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("request-id"),
    HeaderName::from_static("x-amzn-requestid"),
];
/// No id is longer.
const LONGEST_ID: usize = 128;
/// Nothing here unpacks anything (REL-24).
pub(super) const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// Where an attempt goes and how long it may take.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub base_url: &'a BaseUrl,
    pub patience: Patience,
    /// The end of all waiting.
    pub end: Instant,
}

/// When a provider's status line came, and what is known from then on.
pub(crate) struct Acceptance {
    /// When.
    pub at: std::time::Instant,
    /// How long connecting took; `None` on a connection that was there.
    pub connecting: Option<Duration>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

impl Acceptance {
    fn of(response: &reqwest::Response, connecting: Option<Duration>) -> Self {
        let named = |name: &HeaderName| response.headers().get(name)?.to_str().ok();
        let request_id = REQUEST_IDS
            .iter()
            .find_map(named)
            .map(|id| id.chars().take(LONGEST_ID).collect());
        Self {
            at: std::time::Instant::now(),
            connecting,
            request_id,
        }
    }
}

/// Sends a request and waits until its answer has begun. `acceptance` is told when its status line came.
pub(super) async fn send(
    engine: &Engine,
    provider: &Provider,
    bounds: Bounds<'_>,
    compiled: &Compiled,
    acceptance: &mut Option<Acceptance>,
) -> Result<Response, Setback> {
    let patience = bounds.patience;
    let sent = Instant::now();
    let outgoing = post(engine, provider, bounds.base_url, compiled)
        .await
        .map_err(|failure| Setback::at(Stage::Unsent, failure))?;
    let wait = if compiled.stream {
        patience.first_token
    } else {
        patience.overall
    };
    let due = bounds.end.min(sent + wait);
    let execution = execute(engine, (provider, bounds.base_url), outgoing, due);
    let (response, connecting) = connecting::timed(execution).await;
    let mut response = response.map_err(|none| match none {
        Some(setback) => setback,
        None => Setback::at(Stage::Waited, timed_out("did not begin to answer", wait)),
    })?;
    *acceptance = Some(Acceptance::of(&response, connecting));
    let clock = Clock {
        end: bounds.end,
        idle: patience.idle,
    };
    if !response.status().is_success() {
        return Err(body::refusal(response, clock).await);
    }
    let answered = |failure| Setback::at(Stage::Answered, failure);
    body::check(&response).map_err(answered)?;
    let content_type = body::content_type(&response);
    let streaming = match compiled.form {
        Form::Answer(wire) if compiled.stream => provider::is_stream(wire, content_type).then_some(wire),
        Form::Answer(wire) => provider::is_surely_stream(wire, content_type).then_some(wire),
        Form::Embeddings { .. } | Form::Image => None,
    };
    if let Some(wire) = streaming {
        let patience = if compiled.stream {
            patience
        } else {
            // nobody waits for the first piece of what is read whole
            Patience {
                first_token: patience.overall,
                ..patience
            }
        };
        let decoder = StreamDecoder::new(wire);
        let mut events = Box::new(HttpEvents::new(response, decoder, patience, sent, bounds.end));
        events.begin().await?;
        if compiled.whole {
            return Ok(Response::Whole(Box::new(gather(*events).await?)));
        }
        return Ok(Response::Events(Events::Http(events)));
    }
    let body = body::read(&mut response, clock)
        .await
        .map_err(|failure| Setback::at(stage_of(&failure), failure))?;
    match compiled.form {
        Form::Answer(wire) => {
            let answer = if provider::holds_stream(wire, &body) {
                unlabelled(wire, &body)?
            } else {
                provider::decode_answer(wire, &body).map_err(|failure| Setback {
                    events: paid(provider::reported(wire, &body)),
                    ..answered(failure)
                })?
            };
            Ok(Response::Whole(Box::new(answer)))
        }
        Form::Embeddings { shape, inputs } => {
            let found = wire::embeddings::decode_answer(shape, &body).map_err(answered)?;
            let count = found.vectors.len();
            if count != inputs {
                let why = format!("The provider gave {count} embeddings for {inputs} inputs.");
                return Err(answered(Failure::new(FailureKind::UpstreamFailed, why)));
            }
            Ok(Response::Vectors(Box::new(found)))
        }
        Form::Image => {
            let answer = wire::images::decode_answer(&body).map_err(answered)?;
            Ok(Response::Whole(Box::new(answer)))
        }
    }
}

/// Reads a stream to its end for a caller who wants the whole answer (W-59).
async fn gather(mut stream: HttpEvents) -> Result<Answer, Setback> {
    let mut gathered = Gathered::default();
    let mut events = Vec::new();
    loop {
        match stream.next(&mut events).await {
            Ok(true) => gathered.add(events.drain(..)),
            Ok(false) => {
                gathered.add(events);
                return Ok(gathered.whole());
            }
            Err(failure) => {
                gathered.add(events);
                return Err(spoilt(failure, gathered));
            }
        }
    }
}

/// A stream that does not say it is one.
fn unlabelled(wire: Wire, body: &[u8]) -> Result<Answer, Setback> {
    let mut gathered = Gathered::default();
    let mut events = Vec::new();
    let mut decoder = StreamDecoder::new(wire);
    let read = decoder
        .push(body, &mut events)
        .and_then(|()| decoder.finish(&mut events));
    gathered.add(events);
    match read {
        Ok(()) => Ok(gathered.whole()),
        Err(failure) => Err(spoilt(failure, gathered)),
    }
}

/// An answer that ended in a failure; what it took is kept.
fn spoilt(failure: Failure, gathered: Gathered) -> Setback {
    Setback {
        events: paid(gathered.whole().usage),
        ..Setback::at(stage_of(&failure), failure)
    }
}

fn stage_of(failure: &Failure) -> Stage {
    let is = |kind| failure.kind() == kind;
    if is(FailureKind::UpstreamDisconnected) {
        Stage::BrokenOff
    } else if is(FailureKind::UpstreamTimeout) {
        Stage::Waited
    } else {
        Stage::Answered
    }
}

/// What was reported of an attempt that came to nothing.
fn paid(usage: Option<(Usage, RawJson)>) -> Vec<Event> {
    let event = usage.map(|(usage, raw)| Event::Usage { usage, raw });
    event.into_iter().collect()
}

async fn post(
    engine: &Engine,
    provider: &Provider,
    base_url: &BaseUrl,
    compiled: &Compiled,
) -> Result<reqwest::Request, Failure> {
    let url = engine.upstreams().clients.url(base_url, &compiled.path)?;
    let mut outgoing = reqwest::Request::new(reqwest::Method::POST, url);
    let headers = outgoing.headers_mut();
    headers.reserve(4 + compiled.headers.len() + provider.headers.len());
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, HeaderValue::from_static(compiled.accept));
    headers.insert(ACCEPT_ENCODING, IDENTITY);
    for (name, value) in &compiled.headers {
        let value = HeaderValue::try_from(&**value).map_err(internal)?;
        headers.insert(HeaderName::from_static(name), value);
    }
    *outgoing.body_mut() = Some(compiled.body.clone().into());
    auth::authorise(engine, provider, (base_url, false), &mut outgoing).await?;
    Ok(outgoing)
}

/// `Err(None)` when nothing came in time.
pub(super) async fn execute(
    engine: &Engine,
    (provider, base_url): (&Provider, &BaseUrl),
    outgoing: reqwest::Request,
    due: Instant,
) -> Result<reqwest::Response, Option<Setback>> {
    let clients = &engine.upstreams().clients;
    let client = clients
        .for_url(base_url, provider.ca.as_deref())
        .map_err(|failure| Some(Setback::at(Stage::Unsent, failure)))?;
    match timeout_at(due, client.execute(outgoing)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Some(unsent(&error, clients.connect()))),
        Err(_) => Err(None),
    }
}

/// Writes a request out on the provider's wire.
pub(super) fn compile(
    wire: Wire,
    quirks: &domain::Quirks,
    model: &str,
    request: &domain::Request,
) -> Compiled {
    let whole = !request.stream;
    let mut request = Cow::Borrowed(request);
    if whole && quirks.streams_only {
        request.to_mut().stream = true;
    }
    let outgoing = provider::encode(wire, &request, model, quirks);
    Compiled {
        path: outgoing.path,
        accept: outgoing.accept,
        headers: outgoing.headers,
        body: outgoing.body.into(),
        applied: outgoing.applied,
        stream: request.stream,
        whole,
        form: Form::Answer(wire),
    }
}
