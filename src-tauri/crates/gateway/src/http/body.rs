//! Reads request bodies, with a cap each and a cap for all together (REL-22), and not for ever (REL-05).

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use domain::{Failure, FailureKind};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::{Semaphore, SemaphorePermit};

/// The largest body: images travel as base64.
pub(super) const BODY_CAP: usize = 64 << 20;

const MIB: usize = 1 << 20;
/// Memory that bodies may take together, in MiB.
static BUDGET: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(256));
/// Silence that a body may hold.
const SILENCE: Duration = Duration::from_secs(10);
/// After this long a body must have come at a kibibyte a second.
const GRACE: Duration = Duration::from_secs(10);

/// A body, and the memory it takes from the budget until it is dropped.
pub(super) struct Read {
    /// The bytes.
    pub bytes: Bytes,
    _budget: Option<SemaphorePermit<'static>>,
}

/// Reads a body to its end.
///
/// # Errors
/// [`FailureKind::BodyTooLarge`], [`FailureKind::Overloaded`], or [`FailureKind::InvalidRequest`] when it
/// came too slowly or broke off.
pub(super) async fn read(mut body: Body) -> Result<Read, Failure> {
    let began = Instant::now();
    let mut budget: Option<SemaphorePermit<'static>> = None;
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(SILENCE, body.frame())
            .await
            .map_err(|_| too_slow())?;
        let Some(frame) = frame else { break };
        let frame =
            frame.map_err(|_| Failure::new(FailureKind::InvalidRequest, "The request body broke off."))?;
        let Ok(data) = frame.into_data() else { continue };
        let read = first.as_ref().map_or(whole.len(), Bytes::len) + data.len();
        if read > BODY_CAP {
            return Err(too_large());
        }
        if began.elapsed() > GRACE {
            let least = (began.elapsed() - GRACE).as_secs().saturating_mul(1024);
            if u64::try_from(read).unwrap_or(u64::MAX) < least {
                return Err(too_slow());
            }
        }
        reserve(&mut budget, read)?;
        match (first.take(), whole.is_empty()) {
            // almost every body comes in one piece and is not copied
            (None, true) => first = Some(data),
            (Some(before), _) => {
                whole.reserve(before.len() + data.len());
                whole.extend_from_slice(&before);
                whole.extend_from_slice(&data);
            }
            (None, false) => whole.extend_from_slice(&data),
        }
    }
    Ok(Read {
        bytes: first.unwrap_or_else(|| whole.freeze()),
        _budget: budget,
    })
}

/// Small bodies are free: their number is bounded by the connection cap.
fn reserve(budget: &mut Option<SemaphorePermit<'static>>, read: usize) -> Result<(), Failure> {
    let held = budget.as_ref().map_or(0, SemaphorePermit::num_permits);
    let wanted = read / MIB;
    if wanted <= held {
        return Ok(());
    }
    let more = u32::try_from(wanted - held).unwrap_or(u32::MAX);
    let permit = BUDGET.try_acquire_many(more).map_err(|_| {
        Failure::new(FailureKind::Overloaded, "Too many large requests at once.").with_retry_after_ms(1000)
    })?;
    match budget {
        Some(all) => all.merge(permit),
        None => *budget = Some(permit),
    }
    Ok(())
}

/// A body that tells whether it was read to its end. Where it was not, the connection cannot go on after the
/// answer, and the client must be told, or its next request finds the connection closed.
pub(super) struct Watched {
    body: Incoming,
    unread: Unread,
}

/// Whether something of a body is still to come.
#[derive(Clone)]
pub(super) struct Unread(Arc<AtomicBool>);

impl Unread {
    /// Whether something is.
    pub fn is_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Watched {
    /// Watches a body.
    pub fn new(body: Incoming) -> Self {
        let left = !http_body::Body::is_end_stream(&body);
        Self {
            body,
            unread: Unread(Arc::new(AtomicBool::new(left))),
        }
    }

    /// What tells about it when it is gone.
    pub fn unread(&self) -> Unread {
        self.unread.clone()
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(None) = polled {
            self.unread.0.store(false, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pub(super) fn too_large() -> Failure {
    Failure::new(
        FailureKind::BodyTooLarge,
        format!("The request body is larger than {} MiB.", BODY_CAP / MIB),
    )
}

fn too_slow() -> Failure {
    Failure::new(FailureKind::InvalidRequest, "The request body came too slowly.")
}
