//! The queue between everyone who writes and the one writer, bounded by bytes.
//!
//! A bound by count lets a few large prompts take all memory; a bound that drops loses history. So each job
//! takes room for its bytes, waits while there is none, and gives it back when it is in the database. A job
//! larger than the whole queue takes the whole queue.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind};
use tokio::sync::{Semaphore, oneshot};

use crate::Record;

/// Room in the queue, in bytes; given back by [`Queue::release`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Room(u32);

/// Something for the writer to do.
pub(crate) enum Job {
    /// Records that nobody waits for.
    Record { records: Vec<Record>, room: Room },
    /// Records that are wanted on the disk, all or none of them.
    Commit {
        records: Vec<Record>,
        room: Room,
        reply: oneshot::Sender<Result<(), Failure>>,
    },
    /// A closure.
    Work(Box<dyn Work>),
    /// Tells when everything before it is committed.
    Flush(oneshot::Sender<()>),
    /// Brings the search index up to date, for as long as a searcher can wait.
    CatchUp(oneshot::Sender<()>),
}

impl Job {
    /// Whether it is records that nobody waits for.
    pub(crate) fn is_record(&self) -> bool {
        matches!(self, Self::Record { .. })
    }

    /// Whether somebody waits for it.
    fn is_urgent(&self) -> bool {
        !matches!(self, Self::Record { .. })
    }
}

/// A closure with its result, and whoever waits for that.
pub(crate) trait Work: Send {
    /// Runs it; `false` rolls back what it did.
    fn run(&mut self, tx: &rusqlite::Transaction<'_>) -> bool;
    /// Hands the result over, or the failure of the whole transaction.
    fn finish(self: Box<Self>, committed: Result<(), Failure>);
}

/// What the writer finds.
pub(crate) enum Taken {
    /// Everything that waited.
    Jobs(Vec<Job>),
    /// Nothing, for as long as it was ready to wait.
    Nothing,
    /// Nothing, and nothing will come any more.
    Closed,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    urgent: bool,
    closed: bool,
    waiting: Waiting,
}

/// What the writer sleeps for: waking a thread costs as much as recording a call.
#[derive(Default, PartialEq, Eq)]
enum Waiting {
    #[default]
    No,
    ForAny,
    ForUrgent,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    room: Semaphore,
    bound: u32,
}

impl Queue {
    pub(crate) fn new(bound: usize) -> Self {
        let most = Semaphore::MAX_PERMITS.min(u32::MAX as usize);
        let bound = u32::try_from(bound.clamp(1, most)).unwrap_or(u32::MAX);
        Self {
            state: Mutex::default(),
            wake: Condvar::new(),
            room: Semaphore::new(bound as usize),
            bound,
        }
    }

    /// Waits until there is room for this many bytes.
    pub(crate) async fn reserve(&self, bytes: usize) -> Result<Room, Failure> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(self.bound);
        let permit = self.room.acquire_many(bytes).await.map_err(|_| closed())?;
        permit.forget();
        Ok(Room(bytes))
    }

    /// Gives room back.
    pub(crate) fn release(&self, room: Room) {
        self.room.add_permits(room.0 as usize);
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        (self.bound as usize).saturating_sub(self.room.available_permits())
    }

    /// Queues a job.
    pub(crate) fn push(&self, job: Job) -> Result<(), Failure> {
        let urgent = job.is_urgent();
        let mut state = self.lock();
        if state.closed {
            return Err(closed());
        }
        state.jobs.push_back(job);
        state.urgent |= urgent;
        let wake = match state.waiting {
            Waiting::No => false,
            Waiting::ForAny => true,
            Waiting::ForUrgent => urgent || self.is_filling(),
        };
        drop(state);
        if wake {
            self.wake.notify_one();
        }
        Ok(())
    }

    /// Half of the room is taken: who comes next may have to wait for it.
    fn is_filling(&self) -> bool {
        self.bytes() > self.bound as usize / 2
    }

    /// Takes everything that waits. Sleeps for at most `idle` while there is nothing; then stays `gather`
    /// longer for more to come, unless somebody waits for what is there or the room runs out.
    pub(crate) fn take(&self, idle: Option<Duration>, gather: Duration) -> Taken {
        let mut state = self.lock();
        let until = idle.map(|idle| Instant::now() + idle);
        while state.jobs.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            state.waiting = Waiting::ForAny;
            state = match until {
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        state.waiting = Waiting::No;
                        return Taken::Nothing;
                    }
                    self.wake
                        .wait_timeout(state, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        if !gather.is_zero() && !state.urgent && !state.closed && !self.is_filling() {
            state.waiting = Waiting::ForUrgent;
            state = self
                .wake
                .wait_timeout_while(state, gather, |state| {
                    !state.urgent && !state.closed && !self.is_filling()
                })
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state.waiting = Waiting::No;
        state.urgent = false;
        Taken::Jobs(state.jobs.drain(..).collect())
    }

    /// Whether somebody waits for the writer.
    pub(crate) fn is_urgent(&self) -> bool {
        let state = self.lock();
        state.urgent || state.closed
    }

    /// Takes no more jobs; the writer ends when it has done those that wait.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.room.close();
        self.wake.notify_one();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The failure of whoever comes after the end.
pub(crate) fn closed() -> Failure {
    Failure::new(FailureKind::StorageFailed, "The database is closed.")
}
