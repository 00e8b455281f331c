//! From what a route read to what the turn is asked: the one place where a program's call gets its key, its
//! place on the leash and the meaning of our headers.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequest, Path, Request};
use axum::response::Response;
use domain::{CallId, CallSource, Failure, Wire};
use http::{HeaderMap, HeaderName};
use wire::client::Form;

use super::admission::Admission;
use super::answering::{self, Asked};
use super::errors;
use crate::Engine;
use crate::limits::Place as LeashPlace;
use crate::roster::KeyState;
use crate::turn::{Above, Ask, Heard, Place};

const SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");

/// A program's request before its body is read: what every route that runs a call begins with.
pub(super) struct Posted {
    pub engine: Engine,
    pub admission: Admission,
    pub headers: HeaderMap,
    pub body: Body,
}

impl FromRequest<Engine> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, engine: &Engine) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Some(admission) = parts.extensions.remove() else {
            let failure = crate::failures::internal("a request that the guard has not seen");
            return Err(errors::response(errors::wire_of(&parts), &failure));
        };
        Ok(Self {
            engine: engine.clone(),
            admission,
            headers: parts.headers,
            body,
        })
    }
}

impl Posted {
    /// Answers it as `answer` does, failures in the shape of the client's wire.
    pub async fn answered<F>(self, wire: Wire, answer: impl FnOnce(Self) -> F) -> Response
    where
        F: Future<Output = Result<Response, Failure>>,
    {
        let answered = Box::pin(answer(self)).await;
        answered.unwrap_or_else(|failure| errors::response(wire, &failure))
    }
}

impl Asked {
    /// The ask of a program, and the form of its answer. A call that is only rehearsed has no place on a
    /// leash.
    pub fn into_ask(self, caller: Calling, headers: &HeaderMap) -> (Ask, Form) {
        let ask = Ask {
            source: caller.source,
            key: caller.key,
            running: caller.running,
            model: self.model,
            request: self.request,
            bare: None,
            draft: None,
            heard: caller.heard,
            replay_of: None,
            recorded: None,
            route: self.route,
            wire: Some(self.form.wire()),
            place: Place::Client {
                session: self.session,
                label: label(headers),
            },
            call: caller.call,
            arrived: caller.arrived,
            retries: answering::may_retry(headers),
            above: Above::default(),
            applied: Vec::new(),
        };
        (ask, self.form)
    }
}

/// The session that a header names.
pub(super) fn label(headers: &HeaderMap) -> Option<String> {
    headers.get(SESSION_ID)?.to_str().ok().map(str::to_owned)
}

/// Who asks.
pub(super) struct Calling {
    pub source: CallSource,
    pub key: Option<Arc<KeyState>>,
    pub running: Option<LeashPlace>,
    pub call: CallId,
    pub arrived: Instant,
    pub heard: Option<Heard>,
}

impl Calling {
    /// The program that was let in.
    ///
    /// # Errors
    /// When it was asked for before, which is a fault of ours.
    pub fn of(admission: &Admission) -> Result<Self, Failure> {
        Ok(Self {
            source: CallSource::Client {
                key: admission.key.key.id.clone(),
            },
            key: Some(Arc::clone(&admission.key)),
            running: Some(admission.take_place()?),
            call: admission.call.clone(),
            arrived: admission.arrived,
            heard: admission.heard.clone(),
        })
    }
}

/// A segment of the path, or what the router had against it.
pub(super) type Segment = Result<Path<String>, PathRejection>;

/// The name in a segment; one that is no text is nobody's name, and is refused as such in our own words.
pub(super) fn named(segment: Segment) -> String {
    segment.map_or_else(|_| String::new(), |Path(name)| name)
}
