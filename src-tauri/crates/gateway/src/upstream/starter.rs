//! The starter model as a provider: a blocking generator behind a bounded channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{Event, Failure, FailureKind, Request};
use tokio::sync::mpsc;

use super::gather::Gathered;
use super::{Events, Response};
use crate::Engine;

/// Enough that the model never waits for a reader that keeps up, small enough that it stops for one that left.
const AHEAD: usize = 32;

/// Pieces from the model; dropping it stops the model at its next token.
pub(crate) struct StarterEvents {
    first: Option<Event>,
    events: mpsc::Receiver<Result<Event, Failure>>,
    cancelled: Arc<AtomicBool>,
}

impl Drop for StarterEvents {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Release);
    }
}

impl StarterEvents {
    /// Waits for the next pieces.
    pub async fn next(&mut self, events: &mut Vec<Event>) -> Result<bool, Failure> {
        match self.first.take() {
            Some(first) => events.push(first),
            None => match self.events.recv().await {
                Some(event) => events.push(event?),
                None => return Ok(false),
            },
        }
        while let Ok(event) = self.events.try_recv() {
            events.push(event?);
        }
        Ok(true)
    }
}

/// Starts the model and, for an answer in one piece, waits for its end.
pub(super) async fn send(engine: &Engine, request: &Request) -> Result<Response, Failure> {
    let model = engine.starter().model()?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancelled);
    let asked = request.clone();
    tokio::task::spawn_blocking(move || {
        let stop = || flag.load(Ordering::Acquire);
        let mut emit = |event| {
            if sender.blocking_send(Ok(event)).is_err() {
                flag.store(true, Ordering::Release);
            }
        };
        if let Err(failure) = model.generate(&asked, &stop, &mut emit) {
            // a reader that left is told nothing
            let _gone = sender.blocking_send(Err(failure));
        }
    });
    let mut stream = StarterEvents {
        first: None,
        events: receiver,
        cancelled,
    };
    // the first event says that the request was accepted, so that a refusal is an HTTP error
    match stream.events.recv().await {
        Some(first) => stream.first = Some(first?),
        None => {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The starter model ended without an answer.",
            ));
        }
    }
    if request.stream {
        return Ok(Response::Events(Events::Starter(stream)));
    }
    let mut events = Vec::new();
    while stream.next(&mut events).await? {}
    let mut gathered = Gathered::default();
    gathered.add(events);
    Ok(Response::Whole(Box::new(gathered.whole())))
}
