//! Answers of every route that runs a call, whole and streamed, in the form of the client's wire.
//!
//! What a client gets is what was recorded: this room only writes down what the turn gives it, and stops when the
//! key's warrant lapses. A stream is in [`streaming`], several calls with one answer are in [`series`].

mod pen;
mod series;
mod streaming;

pub(super) use pen::Ended;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use domain::{Failure, RawJson, Request, SessionId};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use wire::client::{Form, Took};

pub(super) use series::Member;
use series::{Common, Series};
pub(super) use streaming::Streaming;

use super::admission::Admission;
use super::asking::Calling;
use super::errors;
use super::responses::Keep;
use super::warrant::{self, Lapse};
use crate::Engine;
use crate::turn::{Ask, Place, Reply, Turn};

/// A caller that tries again itself says `false` here, and nothing is asked twice (REL-01).
const RETRY: HeaderName = HeaderName::from_static("x-inglenook-retry");

/// What a route read from a client's request.
pub(super) struct Asked {
    /// The door: `POST /v1/chat/completions`.
    pub route: &'static str,
    /// What was written in `model`.
    pub model: Option<String>,
    /// What was asked.
    pub request: Request,
    /// The session that is to be continued.
    pub session: Option<String>,
    /// The form of the answer.
    pub form: Form,
}

/// What becomes of an answer besides.
#[derive(Default)]
pub(super) struct Besides {
    /// It is kept for the client to come back for.
    pub keep: Option<Keep>,
    /// Its signatures go out in envelopes.
    pub seals: bool,
    /// Its tokens are always counted, by our own estimate where the provider did not.
    pub counts: bool,
}

/// Runs a call for a client and answers it.
///
/// # Errors
/// Whatever kept it from being answered before the first byte.
pub(super) async fn respond(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    asked: Asked,
) -> Result<Response, Failure> {
    let (ask, form) = ask(admission, headers, asked)?;
    run(engine, ask, form, Besides::default()).await
}

/// As [`respond`], at this place and with what becomes of the answer besides.
///
/// # Errors
/// As [`respond`].
pub(super) async fn respond_at(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    asked: Asked,
    (place, besides): (Place, Besides),
) -> Result<Response, Failure> {
    let (mut ask, form) = ask(admission, headers, asked)?;
    ask.place = place;
    run(engine, ask, form, besides).await
}

/// Runs several calls for a client, one after the other, and answers with all their choices. They are in no
/// session.
///
/// # Errors
/// As [`respond`].
pub(super) async fn respond_to_each(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    mut asked: Asked,
    members: Vec<Member>,
) -> Result<Response, Failure> {
    let mut members = VecDeque::from(members);
    let Some(first) = members.pop_front() else {
        return Err(crate::failures::internal("nothing to be asked"));
    };
    asked.request = first.request;
    let common = Common::new(&engine, admission, headers, &asked);
    let (mut ask, form) = ask(admission, headers, asked)?;
    ask.place = Place::Nowhere;
    ask.bare = first.bare;
    let series = Series::of(common, members, first.echo);
    run_series(engine, ask, form, Besides::default(), series).await
}

/// What a client asks for, with its place on the key's leash.
///
/// # Errors
/// When the place was taken before, which is a fault of ours.
pub(super) fn ask(admission: &Admission, headers: &HeaderMap, asked: Asked) -> Result<(Ask, Form), Failure> {
    Ok(asked.into_ask(Calling::of(admission)?, headers))
}

/// Runs what a client asks for and answers it.
///
/// # Errors
/// As [`respond`].
pub(super) async fn run(engine: Engine, ask: Ask, form: Form, besides: Besides) -> Result<Response, Failure> {
    run_series(engine, ask, form, besides, Series::default()).await
}

async fn run_series(
    engine: Engine,
    mut ask: Ask,
    mut form: Form,
    mut besides: Besides,
    mut series: Series,
) -> Result<Response, Failure> {
    if ask.request.stream {
        return streaming::respond(engine, ask, form, besides, series).await;
    }
    let arrived = ask.arrived;
    let mut lapse = lapse(&engine, &ask);
    let mut response = Response::default();
    response.headers_mut().reserve(super::serve::HEADERS);
    let mut joined = None;
    loop {
        let turn = tokio::select! {
            biased;
            failure = &mut lapse => return Err(failure),
            turn = Box::pin(engine.turn(ask)) => turn?,
        };
        if joined.is_none() {
            form.set_input_tokens(turn.input_tokens);
            form.set_session(turn.session.as_ref().map(SessionId::as_str));
            form.set_model(turn.model.clone());
            describe(&turn, response.headers_mut());
            if let Some(keep) = &mut besides.keep {
                keep.turned(&turn);
            }
        }
        let Reply::Whole(whole) = turn.reply else {
            return Err(crate::failures::internal(
                "a stream for a caller who asked for none",
            ));
        };
        let (mut answer, ending) = *whole;
        if besides.counts && answer.usage.is_none() {
            answer.usage = ending.receipt.usage.map(|usage| (usage, none_reported()));
        }
        if let Some(sealed) = turn.sealed.filter(|_| besides.seals) {
            engine.envelopes().seal_answer(&engine, &sealed, &mut answer);
        }
        series.join(answer, &mut joined);
        match series.next()? {
            Some(next) => ask = next,
            None => break,
        }
    }
    let mut out = Vec::with_capacity(1024);
    form.took(took(&engine, arrived, None));
    form.whole(&joined.unwrap_or_default(), &mut out);
    if let Some(keep) = besides.keep {
        keep.whole(&out);
    }
    *response.body_mut() = Body::from(out);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// What stands for the provider's own count where it gave none.
fn none_reported() -> RawJson {
    RawJson::new("null")
}

/// Whether a caller leaves it to us to ask a provider again; who asks again himself has had that.
pub(super) fn may_retry(headers: &HeaderMap) -> bool {
    headers.get(RETRY).is_none_or(|value| value != "false") && !errors::asks_again(headers)
}

/// Waits until the call is not allowed any more; for ever where no key was needed.
pub(super) fn lapse(engine: &Engine, ask: &Ask) -> Lapse {
    match &ask.key {
        Some(key) => warrant::lapse(engine.clone(), key, ask.model.clone()),
        None => Box::pin(std::future::pending()),
    }
}

fn took(engine: &Engine, arrived: Instant, first: Option<Instant>) -> Took {
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
    Took {
        total: nanos(arrived.elapsed()),
        first: first.map_or(0, |first| nanos(first.duration_since(arrived))),
        ended: engine.clock().now().seconds(),
    }
}

/// Tells in headers what became of the call.
pub(super) fn describe(turn: &Turn, headers: &mut HeaderMap) {
    let mut set = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    set("x-upstream-model", &turn.target.to_string());
    if let Some(session) = &turn.session {
        set("x-session-id", session.as_str());
    }
    if !turn.applied.is_empty() {
        let mut text = String::new();
        for applied in &turn.applied {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&applied.what);
            text.push('=');
            text.push_str(&applied.how);
        }
        // clients have header limits too; the call's record has everything
        text.truncate(text.char_indices().nth(1000).map_or(text.len(), |(at, _)| at));
        set("x-inglenook-applied", &text);
    }
}
