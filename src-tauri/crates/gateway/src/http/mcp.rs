//! `/mcp`: agents as tools of the Model Context Protocol, for programs that cannot call a model of this machine.
//!
//! The danger is a session that stands in for a key. So the guard looks at every request, sessions of the protocol are
//! kept apart by client key, and the id of another key's is nobody's. The protocol itself, its versions, sessions and
//! streams, is rmcp's; its own looks at Host and Origin are off, because the guard has looked closer. A client that
//! hangs up has left, as at every other door, so streams are not offered for resumption.
//!
//! Not here: prompts, resources, tasks, and the subscriptions of protocol 2026-07-28.

mod calling;
mod door;
mod faults;
mod leaving;
mod sessions;
mod tools;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use domain::Wire;
use futures_util::future::pending;
use http::Method;
use http::header::AUTHORIZATION;
use http_body_util::Full;
use tokio_util::sync::CancellationToken;

pub(crate) use calling::decode;
pub(super) use sessions::Sessions;

use super::admission::Admission;
use super::{answering, asking, body, errors, guard, warrant};
use crate::Engine;
use leaving::Leaving;

/// Where it is.
pub(super) const PATH: &str = "/mcp";

/// Whether a path is one of its spellings. Only one of its messages is a call, which is known when it was read: the
/// limits of the key are met then, and no answer is given again for an idempotency key.
pub(crate) fn is_at(path: &str) -> bool {
    path.trim_end_matches('/') == PATH
}

/// What a call needs of the request that brought it.
#[derive(Clone)]
struct Brought {
    admission: Admission,
    /// What a header called the session.
    label: Option<String>,
    /// Whether a provider may be asked again.
    retries: bool,
    /// The client has hung up.
    gone: CancellationToken,
}

pub(super) async fn answer(
    State(engine): State<Engine>,
    Extension(sessions): Extension<Arc<Sessions>>,
    Extension(admission): Extension<Admission>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let (bytes, budget) = if parts.method == Method::POST {
        match body::read(body).await {
            Ok(read) => (read.bytes.clone(), Some(read)),
            Err(failure) => return errors::response(Wire::OpenAiChat, &failure),
        }
    } else {
        (Bytes::new(), None)
    };
    if parts.method == Method::POST
        && let Some(fault) = faults::of(&bytes)
    {
        return fault;
    }
    let listens = parts.method == Method::GET;
    let gone = CancellationToken::new();
    let leaving = gone.clone().drop_guard();
    let service = sessions.of(&admission.key);
    parts.extensions.insert(Brought {
        admission: admission.clone(),
        label: asking::label(&parts.headers),
        retries: answering::may_retry(&parts.headers),
        gone,
    });
    // the rest travels with the messages, and no secret has to
    for name in [AUTHORIZATION].iter().chain(&guard::KEY_HEADERS) {
        parts.headers.remove(name);
    }
    let request = http::Request::from_parts(parts, Full::new(bytes));
    let answered = faults::told(Box::pin(service.handle(request)).await).await;
    drop(budget);
    let (head, body) = answered.into_parts();
    // what is not asked for anything may stay open for ever, so it ends with the port and with the key
    let until: leaving::Until = if listens {
        let ended = warrant::end_of_key(engine, &admission.key);
        let closed = sessions.closed();
        Box::pin(async move {
            tokio::select! {
                () = ended => {}
                () = closed.cancelled_owned() => {}
            }
        })
    } else {
        Box::pin(pending())
    };
    Response::from_parts(head, Body::new(Leaving::new(body, leaving, until)))
}
