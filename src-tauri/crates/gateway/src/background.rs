//! Responses that run without their client: it may stop listening, ask how far they are, listen again from
//! where it stopped, or call them off.
//!
//! What such a run says is kept here until it ends and in the database from then on. The danger is a run that
//! nobody can stop: each one hears its client, its key and the shutdown, and holds its place on the key's
//! leash for as long as it runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::{ClientKeyId, ResponseId};
use store::table::responses::EndedResponse;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// More than this of a stream is not kept for who listens again.
const MOST_BYTES: usize = 16 << 20;

/// All runs.
#[derive(Default)]
pub(crate) struct Background {
    runs: Mutex<HashMap<ResponseId, Arc<Run>>>,
    stopping: CancellationToken,
}

/// One run.
pub(crate) struct Run {
    owner: ClientKeyId,
    cancelled: CancellationToken,
    /// Whether its events are kept.
    streamed: bool,
    said: Mutex<Said>,
    /// How many events there are, and whether more follow.
    heard: watch::Sender<(usize, bool)>,
}

#[derive(Default)]
struct Said {
    events: Vec<Bytes>,
    bytes: usize,
    ended: Option<EndedResponse>,
}

impl Background {
    /// Begins a run; with `streamed` its events are kept.
    pub fn begin(&self, id: &ResponseId, owner: &ClientKeyId, streamed: bool) -> Arc<Run> {
        let run = Arc::new(Run {
            owner: owner.clone(),
            cancelled: CancellationToken::new(),
            streamed,
            said: Mutex::default(),
            heard: watch::Sender::new((0, true)),
        });
        self.lock().insert(id.clone(), Arc::clone(&run));
        run
    }

    /// A run of this owner.
    pub fn find(&self, id: &ResponseId, owner: &ClientKeyId) -> Option<Arc<Run>> {
        self.lock().get(id).filter(|run| run.owner == *owner).cloned()
    }

    /// The run is recorded and no longer here.
    pub fn end(&self, id: &ResponseId) {
        let ended = self.lock().remove(id);
        if let Some(run) = ended {
            run.heard.send_modify(|(_, more)| *more = false);
        }
    }

    /// Asks all runs to end, those that are yet to begin too.
    pub fn stop_all(&self) {
        self.stopping.cancel();
    }

    /// Waits for [`Background::stop_all`].
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ResponseId, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    /// Calls it off.
    pub fn cancel(&self) {
        self.cancelled.cancel();
    }

    /// Waits for [`Run::cancel`].
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// Waits for its end; it is recorded then.
    pub async fn over(&self) {
        let mut heard = self.heard.subscribe();
        // the sender lives as long as the run
        let _over = heard.wait_for(|(_, more)| !more).await;
    }

    /// Whether its events are kept.
    pub fn is_streamed(&self) -> bool {
        self.streamed
    }

    /// Adds events, each of them whole.
    pub fn say(&self, bytes: &[u8]) {
        if !self.streamed {
            return;
        }
        let mut said = self.lock();
        let mut rest = bytes;
        while let Some(end) = rest.windows(2).position(|two| two == b"\n\n") {
            let (event, after) = rest.split_at(end + 2);
            // comments keep a connection alive and are nothing to come back for
            if !event.starts_with(b":") {
                said.bytes += event.len();
                said.events.push(Bytes::copy_from_slice(event));
            }
            rest = after;
        }
        let count = said.events.len();
        drop(said);
        self.heard.send_modify(|(heard, _)| *heard = count);
    }

    /// The events from number `from` on.
    pub fn said(&self, from: usize) -> Vec<Bytes> {
        self.lock().events.get(from..).unwrap_or_default().to_vec()
    }

    /// Tells when there is more.
    pub fn listen(&self) -> watch::Receiver<(usize, bool)> {
        self.heard.subscribe()
    }

    /// What is to be recorded when it is over.
    pub fn conclude(&self, ended: EndedResponse) {
        self.lock().ended = Some(ended);
    }

    /// Takes what is to be recorded, with the events in it.
    pub fn conclusion(&self) -> Option<EndedResponse> {
        let mut said = self.lock();
        let mut ended = said.ended.take()?;
        if self.streamed && said.bytes <= MOST_BYTES {
            ended.events = String::from_utf8(said.events.concat()).ok();
        }
        Some(ended)
    }

    fn lock(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
