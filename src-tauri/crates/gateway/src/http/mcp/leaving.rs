//! An answer's body that knows when its client hangs up, and when it must end.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio_util::sync::DropGuard;

/// What ends it before its end.
pub(super) type Until = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Dropped before its end, it tells so.
pub(super) struct Leaving {
    body: Body,
    guard: Option<DropGuard>,
    until: Until,
}

impl Leaving {
    pub fn new(body: Body, guard: DropGuard, until: Until) -> Self {
        Self {
            body,
            guard: Some(guard),
            until,
        }
    }
}

impl http_body::Body for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(None) = polled
            && let Some(guard) = self.guard.take()
        {
            guard.disarm();
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
