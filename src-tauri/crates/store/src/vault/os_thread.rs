//! The one thread that talks to the OS store.
//!
//! Such a call may never come back: a question nobody answers, a bus that died. Then this thread is lost
//! and nothing else is (KEY-03). At most one call is under way, so that a user never finds a heap of
//! questions (KEY-04). Work delivers its own result before it reports, so an answer that comes after
//! everyone stopped waiting still counts. Giving up on a lost thread is for the caller to decide.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

use domain::{Failure, FailureKind};
use tokio::sync::{oneshot, watch};

use super::os_store::OsStore;

type Work = Box<dyn FnOnce(&dyn OsStore) + Send>;

/// See the module.
pub(super) struct OsThread {
    os: Arc<dyn OsStore>,
    current: Mutex<Option<Current>>,
}

struct Current {
    works: mpsc::Sender<Work>,
    busy: watch::Receiver<bool>,
    mark_busy: Arc<watch::Sender<bool>>,
    since: Instant,
}

/// What became of a piece of work.
pub(super) enum Started<T> {
    /// It is under way; the receiver gets its result.
    Running(oneshot::Receiver<T>),
    /// An earlier call has not come back; the receiver turns `false` when it does.
    Busy(watch::Receiver<bool>),
}

impl OsThread {
    pub(super) fn new(os: Arc<dyn OsStore>) -> Self {
        Self {
            os,
            current: Mutex::new(None),
        }
    }

    /// Hands work to the thread, which is started when there is none. With `lost_after`, a call that has
    /// been under way for longer is given up, together with its thread; only a user's wish is worth that.
    pub(super) fn start<T: Send + 'static>(
        &self,
        lost_after: Option<Duration>,
        work: impl FnOnce(&dyn OsStore) -> T + Send + 'static,
    ) -> Result<Started<T>, Failure> {
        let mut slot = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = slot.as_ref()
            && *current.busy.borrow()
        {
            if lost_after.is_none_or(|limit| current.since.elapsed() < limit) {
                return Ok(Started::Busy(current.busy.clone()));
            }
            tracing::warn!("a call to the OS store never came back; its thread is given up");
            *slot = None;
        }
        let current = match slot.as_mut() {
            Some(current) => current,
            None => slot.insert(spawn(Arc::clone(&self.os))?),
        };
        let (report, result) = oneshot::channel();
        current.since = Instant::now();
        current.mark_busy.send_replace(true);
        let under_way = UnderWay(Arc::clone(&current.mark_busy));
        let work: Work = Box::new(move |os| {
            let answer = work(os);
            // before the report: whoever gets the answer may start the next call at once
            drop(under_way);
            // nobody waits any more when it came late
            drop(report.send(answer));
        });
        if current.works.send(work).is_err() {
            *slot = None;
            return Err(no_thread());
        }
        Ok(Started::Running(result))
    }
}

/// Ends the call also when it panics.
struct UnderWay(Arc<watch::Sender<bool>>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

fn spawn(os: Arc<dyn OsStore>) -> Result<Current, Failure> {
    let (works, queue) = mpsc::channel::<Work>();
    let (mark_busy, busy) = watch::channel(false);
    std::thread::Builder::new()
        .name("vault-os-store".into())
        .spawn(move || {
            while let Ok(work) = queue.recv() {
                work(os.as_ref());
            }
        })
        .map_err(|_| no_thread())?;
    Ok(Current {
        works,
        busy,
        mark_busy: Arc::new(mark_busy),
        since: Instant::now(),
    })
}

fn no_thread() -> Failure {
    Failure::new(
        FailureKind::Internal,
        "The thread for the OS keychain could not be used.",
    )
}
