//! Responses in the background, and streams of them that can be taken up again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use domain::{Failure, FailureKind, ResponseId};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use store::Record;
use wire::openai_responses::StreamEncoder;

use super::super::admission::Admission;
use super::super::answering::{Asked, Besides, Streaming};
use super::stored;
use crate::Engine;
use crate::background::Run;
use crate::turn::Place;

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Starts a response and answers with its beginning, or with its stream.
///
/// # Errors
/// What can be said before a provider is asked.
pub(super) async fn start(
    engine: Engine,
    admission: &Admission,
    headers: &HeaderMap,
    mut asked: Asked,
    (place, mut besides): (Place, Besides),
) -> Result<Response, Failure> {
    let streamed = asked.request.stream;
    // so that it can be stopped in the middle
    asked.request.stream = true;
    let Some(keep) = &mut besides.keep else {
        return Err(crate::failures::internal("a response in the background is kept"));
    };
    let (id, run) = keep.within_a_run(streamed);
    let started = Streaming::apart(engine.clone(), admission, headers, asked, (place, besides));
    let streaming = match started {
        Ok(streaming) => streaming,
        Err(failure) => {
            engine.background().end(&id);
            return Err(failure);
        }
    };
    let begun = streaming.response();
    drive(&engine, streaming, Arc::clone(&run), id);
    if streamed {
        Ok(follow(run, 0))
    } else {
        Ok(stored::json(begun))
    }
}

fn drive(engine: &Engine, mut streaming: Streaming, run: Arc<Run>, id: ResponseId) {
    let beside = engine.clone();
    engine.spawn(async move {
        let engine = beside;
        loop {
            let last = tokio::select! {
                biased;
                () = run.cancelled() => streaming.end(None),
                () = engine.background().stopping() => streaming.end(Some(&stopped())),
                bytes = streaming.next() => match bytes {
                    Some(bytes) => {
                        run.say(&bytes);
                        continue;
                    }
                    None => break,
                },
            };
            run.say(&last);
            break;
        }
        // with it goes the upstream's connection
        drop(streaming);
        if let Some(ended) = run.conclusion() {
            let recorded = engine
                .store()
                .record(vec![Record::ResponseEnded(Box::new(ended))])
                .await;
            if let Err(failure) = recorded {
                tracing::error!(kind = failure.kind().as_str(), "a response could not be kept");
            }
        }
        engine.background().end(&id);
    });
}

fn stopped() -> Failure {
    Failure::new(
        FailureKind::Internal,
        "The server stopped before the answer was complete.",
    )
}

/// The stream of a run, from this event on. Its reader may leave; the run goes on.
pub(super) fn follow(run: Arc<Run>, from: usize) -> Response {
    let state = (run.listen(), run, from);
    let body = stream::unfold(state, |(mut heard, run, from)| async move {
        loop {
            let (count, more) = *heard.borrow_and_update();
            if count > from {
                let bytes = Bytes::from(run.said(from).concat());
                return Some((Ok::<_, Infallible>(bytes), (heard, run, count)));
            }
            if !more {
                return None;
            }
            if tokio::time::timeout(HEARTBEAT, heard.changed()).await.is_err() {
                let beat = Bytes::from_static(StreamEncoder::HEARTBEAT);
                return Some((Ok(beat), (heard, run, from)));
            }
        }
    });
    events(Body::from_stream(body))
}

/// The stream of a run that is over, from this event on.
pub(super) fn replay(said: &str, from: usize) -> Response {
    let rest: String = said.split_inclusive("\n\n").skip(from).collect();
    events(Body::from(rest))
}

fn events(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache, no-store"),
    );
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
