//! The one writer: a thread that commits whatever waits in one transaction.
//!
//! A transaction for each record would cost four times as much and, with an fsync, a thousand times.
//! Taking everything that waits makes the batch as large as the load: a lone record is committed at once,
//! and under load hundreds share a commit. The danger of sharing is that one bad job sinks the rest, so
//! closures and commits run in savepoints of their own, a record that fails alone is logged and counted,
//! and a failure of the disk keeps the records for another try.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use crate::Record;
use crate::failed::{failed, io, is_passing};
use crate::fold::{Write, fold};
use crate::queue::{Job, Queue, Taken, closed};
use crate::table::growth;
use crate::table::search::{self, Lag};

/// After a batch, the next one gathers for this long, so that records that arrive one by one under load
/// share a commit and their senders need not wake the thread. Every commit writes the last page of each table
/// and index again, which under load costs more than the rows: 20 ms instead of 2 halve it, and are far within
/// the 100 ms that a record may take.
const GATHER: Duration = Duration::from_millis(20);
/// The load is over when nothing came for this long.
const BUSY: Duration = Duration::from_millis(20);
/// More rows than this behind, the search index is brought up to date without waiting for idleness,
const MOST_BEHIND: i64 = 2_000;
/// but with one part in so many of the writer's time: indexing a message costs more than recording its call.
const INDEX_SHARE: u32 = 20;
/// A search waits this long for the index at most.
const CATCH_UP: Duration = Duration::from_millis(200);
/// How often growth that nobody needs any more is swept away.
const SWEEP: Duration = Duration::from_secs(1);
/// Pages in the write-ahead log before it is copied into the database: 8 MiB.
const CHECKPOINT: i32 = 2_048;
/// With the store closing and the disk still failing, records are given up after this long.
const LAST_TRIES: Duration = Duration::from_secs(3);

/// Figures that other threads may read.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub transactions: AtomicU64,
    pub failed_records: AtomicU64,
    pub unindexed: AtomicI64,
    pub stalled: AtomicBool,
}

thread_local! {
    /// The length of the write-ahead log after the last commit, in pages. SQLite's hook is a plain function.
    static LOG_PAGES: Cell<i32> = const { Cell::new(0) };
}

pub(crate) struct Writer {
    conn: Connection,
    queue: Arc<Queue>,
    figures: Arc<Figures>,
    index_idle: Duration,
    lag: Lag,
    /// What `PRAGMA synchronous` stands at.
    full: bool,
    last_batch: Option<Instant>,
    /// When the search index may next be worked on under load.
    index_due: Instant,
    /// Since when there is growth that was not swept away.
    growing: Option<Instant>,
    /// Who waits for the search index, and since when.
    searchers: Vec<(oneshot::Sender<()>, Instant)>,
}

/// How a job of the batch came out; it is told once the transaction is.
enum Done {
    Quiet,
    Committed(Result<(), Failure>),
}

impl Writer {
    pub(crate) fn spawn(
        conn: Connection,
        queue: Arc<Queue>,
        figures: Arc<Figures>,
        index_idle: Duration,
    ) -> Result<JoinHandle<()>, Failure> {
        let lag = search::lag(&conn).map_err(failed)?;
        let mut writer = Self {
            conn,
            queue,
            figures,
            index_idle,
            lag,
            full: false,
            last_batch: None,
            index_due: Instant::now(),
            growing: None,
            searchers: Vec::new(),
        };
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run())
            .map_err(|e| io("The writer could not be started", &e))
    }

    fn run(&mut self) {
        self.set_lag(self.lag);
        self.conn.wal_hook(Some(|_, pages| {
            LOG_PAGES.set(pages);
            Ok(())
        }));
        loop {
            let searching = !self.searchers.is_empty();
            let idle = match self.lag.rows() {
                _ if searching => Some(Duration::ZERO),
                0 => self.growing.map(|_| SWEEP),
                _ => Some(self.index_idle),
            };
            let busy = !searching && self.last_batch.is_some_and(|at| at.elapsed() < BUSY);
            match self.queue.take(idle, if busy { GATHER } else { Duration::ZERO }) {
                Taken::Jobs(jobs) => {
                    self.batch(jobs);
                    self.last_batch = Some(Instant::now());
                    let due = Instant::now() > self.index_due;
                    if searching || due && self.lag.rows() > MOST_BEHIND {
                        self.index_step();
                    }
                }
                Taken::Nothing => self.index_step(),
                Taken::Closed => break,
            }
            self.answer_searchers();
            if self.growing.is_some_and(|since| since.elapsed() > SWEEP) && !self.queue.is_urgent() {
                self.sweep();
            }
            if LOG_PAGES.get() > CHECKPOINT && !self.queue.is_urgent() {
                self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)");
            }
        }
        self.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// Commits the jobs, and tries again for as long as it takes (REL-10).
    fn batch(&mut self, mut jobs: Vec<Job>) {
        let mut pause = Duration::from_millis(20);
        let mut closing = None;
        while let Err(failure) = self.attempt(&mut jobs) {
            self.figures.stalled.store(true, Ordering::Relaxed);
            // whoever waits is told; what nobody waits for is kept
            jobs = jobs
                .into_iter()
                .filter_map(|job| self.give_up(job, &failure))
                .collect();
            tracing::error!(kept = jobs.len(), %failure, "the database cannot be written to; trying again");
            if jobs.is_empty() {
                return;
            }
            if self.queue.is_closed() && closing.get_or_insert_with(Instant::now).elapsed() > LAST_TRIES {
                self.lose(&jobs);
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_secs(1));
            if let Taken::Jobs(more) = self.queue.take(Some(Duration::ZERO), Duration::ZERO) {
                jobs.extend(more);
            }
        }
    }

    /// Tells whoever waits for a job of a failed transaction, or keeps the job.
    fn give_up(&self, job: Job, failure: &Failure) -> Option<Job> {
        match job {
            Job::Record { .. } => return Some(job),
            Job::Commit { room, reply, .. } => {
                self.queue.release(room);
                // a caller that is gone does not mind
                let _gone = reply.send(Err(failure.clone()));
            }
            Job::Work(work) => work.finish(Err(failure.clone())),
            Job::Flush(reply) | Job::CatchUp(reply) => drop(reply),
        }
        None
    }

    fn lose(&self, jobs: &[Job]) {
        let lost = jobs
            .iter()
            .map(|job| match job {
                Job::Record { records, .. } => records.len() as u64,
                Job::Commit { .. } | Job::Work(_) | Job::Flush(_) | Job::CatchUp(_) => 0,
            })
            .sum();
        self.figures.failed_records.fetch_add(lost, Ordering::Relaxed);
        tracing::error!(lost, "records were lost: the disk failed until the end");
    }

    /// Runs all jobs in one transaction. On success `jobs` is empty and everybody was told; on failure
    /// nothing was changed and nobody was told.
    fn attempt(&mut self, jobs: &mut Vec<Job>) -> Result<(), Failure> {
        let full = jobs
            .iter()
            .any(|job| matches!(job, Job::Commit { .. } | Job::Work(_)));
        let writes = full || jobs.iter().any(|job| matches!(job, Job::Record { .. }));
        let grows = |record: &Record| matches!(record, Record::MessageGrew { .. });
        if self.growing.is_none()
            && jobs
                .iter()
                .any(|job| matches!(job, Job::Record { records, .. } if records.iter().any(grows)))
        {
            self.growing = Some(Instant::now());
        }
        let mut done = Vec::new();
        if writes {
            self.set_synchronous(full)?;
            let mut lag = self.lag;
            let tx = self
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed)?;
            let mut bad = 0;
            // what somebody waits for is applied as it stands, and what came before it stays before it
            for alike in jobs.chunk_by_mut(|one, next| one.is_record() && next.is_record()) {
                match alike {
                    [job] if !job.is_record() => done.push(run(&tx, job, &mut lag)?),
                    records => {
                        for write in fold(records) {
                            apply(&tx, &write, &mut lag, &mut bad)?;
                        }
                        done.extend(records.iter().map(|_| Done::Quiet));
                    }
                }
            }
            if jobs.iter().any(|job| matches!(job, Job::Work(_))) {
                // a closure may have added messages too
                lag = search::lag(&tx).map_err(failed)?;
            }
            tx.commit().map_err(failed)?;
            self.set_lag(lag);
            self.figures.transactions.fetch_add(1, Ordering::Relaxed);
            self.figures.failed_records.fetch_add(bad, Ordering::Relaxed);
            // before anybody is told that the disk works again
            self.figures.stalled.store(false, Ordering::Relaxed);
        }
        let mut done = done.into_iter();
        for job in std::mem::take(jobs) {
            self.tell(job, done.next().unwrap_or(Done::Quiet));
        }
        Ok(())
    }

    fn tell(&mut self, job: Job, done: Done) {
        match (job, done) {
            (Job::Record { room, .. }, _) => self.queue.release(room),
            (Job::Commit { room, reply, .. }, done) => {
                self.queue.release(room);
                let result = match done {
                    Done::Committed(result) => result,
                    Done::Quiet => Err(closed()),
                };
                let _gone = reply.send(result);
            }
            (Job::Work(work), _) => work.finish(Ok(())),
            (Job::Flush(reply), _) => {
                let _gone = reply.send(());
            }
            (Job::CatchUp(reply), _) => self.searchers.push((reply, Instant::now())),
        }
    }

    fn set_lag(&mut self, lag: Lag) {
        self.lag = lag;
        self.figures.unindexed.store(lag.rows(), Ordering::Relaxed);
    }

    fn set_synchronous(&mut self, full: bool) -> Result<(), Failure> {
        if self.full != full {
            let level = if full {
                "PRAGMA synchronous = FULL"
            } else {
                "PRAGMA synchronous = NORMAL"
            };
            self.conn.execute_batch(level).map_err(failed)?;
            self.full = full;
        }
        Ok(())
    }

    /// Lets those search who waited for the index, when it is up to date or when they waited long enough.
    fn answer_searchers(&mut self) {
        let ready = self.lag.rows() == 0;
        for (reply, since) in std::mem::take(&mut self.searchers) {
            if ready || since.elapsed() > CATCH_UP {
                let _gone = reply.send(());
            } else {
                self.searchers.push((reply, since));
            }
        }
    }

    /// Indexes some rows. What fails is tried again at the next idle moment.
    fn index_step(&mut self) {
        if self.lag.rows() == 0 {
            return;
        }
        let began = Instant::now();
        let mut step = || -> Result<Lag, Failure> {
            self.set_synchronous(false)?;
            let tx = self
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(failed)?;
            search::step(&tx).map_err(failed)?;
            let lag = search::lag(&tx).map_err(failed)?;
            tx.commit().map_err(failed)?;
            Ok(lag)
        };
        match step() {
            Ok(lag) => {
                self.set_lag(lag);
                self.index_due = Instant::now() + began.elapsed() * INDEX_SHARE;
            }
            Err(failure) => {
                tracing::warn!(%failure, "the search index could not be brought up to date");
                std::thread::sleep(self.index_idle);
            }
        }
    }

    /// Sweeps growth away. What fails is tried again after a while.
    fn sweep(&mut self) {
        let mut swept = || {
            self.set_synchronous(false)?;
            growth::sweep(&self.conn).map_err(failed)
        };
        self.growing = match swept() {
            Ok(left) => left.then(Instant::now),
            Err(failure) => {
                tracing::warn!(%failure, "what answers grew by could not be swept away");
                Some(Instant::now())
            }
        };
    }

    fn checkpoint(&self, pragma: &'static str) {
        let result = self
            .conn
            .prepare_cached(pragma)
            .and_then(|mut s| s.query_row([], |row| row.get::<_, i64>(0)));
        LOG_PAGES.set(0);
        if let Err(error) = result {
            tracing::warn!(failure = %failed(error), "the write-ahead log could not be checkpointed");
        }
    }
}

/// Runs one job inside the transaction. `Err` means that the whole transaction failed.
fn run(tx: &Transaction<'_>, job: &mut Job, lag: &mut Lag) -> Result<Done, Failure> {
    match job {
        Job::Commit { records, .. } => {
            let before = *lag;
            savepoint(tx)?;
            for record in records.iter() {
                match record.apply(tx, lag) {
                    Ok(()) => {}
                    Err(error) if is_passing(&error) || tx.is_autocommit() => return Err(failed(error)),
                    Err(error) => {
                        *lag = before;
                        roll_back(tx)?;
                        return Ok(Done::Committed(Err(failed(error))));
                    }
                }
            }
            release(tx)?;
            Ok(Done::Committed(Ok(())))
        }
        Job::Work(work) => {
            savepoint(tx)?;
            let kept = work.run(tx);
            if tx.is_autocommit() {
                return Err(Failure::new(
                    FailureKind::StorageFailed,
                    "The database ended the transaction.",
                ));
            }
            if kept {
                release(tx)?
            } else {
                roll_back(tx)?
            }
            Ok(Done::Quiet)
        }
        // records are folded before they are written
        Job::Record { .. } | Job::Flush(_) | Job::CatchUp(_) => Ok(Done::Quiet),
    }
}

/// Writes what is left of a record; one that is refused by itself is counted and does no harm to the others.
fn apply(tx: &Transaction<'_>, write: &Write<'_>, lag: &mut Lag, bad: &mut u64) -> Result<(), Failure> {
    match write.apply(tx, lag) {
        Ok(()) => Ok(()),
        Err(error) if is_passing(&error) || tx.is_autocommit() => Err(failed(error)),
        Err(error) => {
            *bad += 1;
            tracing::error!(record = write.name(), failure = %failed(error), "a record was refused");
            Ok(())
        }
    }
}

fn savepoint(tx: &Transaction<'_>) -> Result<(), Failure> {
    statement(tx, "SAVEPOINT job")
}

fn release(tx: &Transaction<'_>) -> Result<(), Failure> {
    statement(tx, "RELEASE job")
}

fn roll_back(tx: &Transaction<'_>) -> Result<(), Failure> {
    statement(tx, "ROLLBACK TO job")?;
    release(tx)
}

fn statement(tx: &Transaction<'_>, sql: &'static str) -> Result<(), Failure> {
    tx.prepare_cached(sql)
        .and_then(|mut s| s.execute([]))
        .map(|_| ())
        .map_err(failed)
}
