//! The handle that everyone else holds.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use domain::{Failure, FailureKind, Timestamp};
use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use crate::backup::{self, Backup};
use crate::connection;
use crate::export::{self, Exported};
use crate::queue::{Job, Queue, Room, Work, closed};
use crate::readers::Readers;
use crate::table::Page;
use crate::table::search::{self, Hit};
use crate::writer::{Figures, Writer};
use crate::{DataDirectory, Record};

/// How a store behaves.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Bytes that may wait to be written; 16 MiB by default.
    pub queue_bytes: usize,
    /// Connections that read at once; 4 by default.
    pub readers: usize,
    /// How long the writer is idle before it indexes for search; 50 ms by default.
    pub index_idle: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            queue_bytes: 16 * 1024 * 1024,
            readers: 4,
            index_idle: Duration::from_millis(50),
        }
    }
}

/// Figures about a store, for `doctor` and for tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Transactions that were committed for jobs; indexing is not counted.
    pub transactions: u64,
    /// Records that were refused and logged, or lost to a failing disk at the end.
    pub failed_records: u64,
    /// Bytes that wait to be written.
    pub queued_bytes: usize,
    /// Messages that the search index has yet to see.
    pub unindexed: i64,
    /// Whether the last transaction failed; what nobody waits for is kept and tried again.
    pub stalled: bool,
}

/// The database. Clones are handles on the same one; when the last goes, what waits is written and the
/// file is closed.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // dropped last: the lock must outlive the writer
    directory: DataDirectory,
    queue: Arc<Queue>,
    figures: Arc<Figures>,
    readers: Arc<Readers>,
    writer: Mutex<Option<JoinHandle<()>>>,
    read_only: bool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("read_only", &self.inner.read_only)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database of a data directory: makes it if there is none, and brings an older one to this
    /// version after a backup. One written by a newer version is opened for reading only.
    ///
    /// # Errors
    /// [`FailureKind::StorageFailed`] when the file is damaged or not ours; it is then left as it was.
    pub fn open(directory: &DataDirectory, options: StoreOptions) -> Result<Self, Failure> {
        let queue = Arc::new(Queue::new(options.queue_bytes));
        let figures = Arc::new(Figures::default());
        let writer = connection::open_writer(directory)?
            .map(|conn| Writer::spawn(conn, Arc::clone(&queue), Arc::clone(&figures), options.index_idle))
            .transpose()?;
        let read_only = writer.is_none();
        if read_only {
            tracing::warn!("the database was written by a newer version and is open for reading only");
        }
        Ok(Self {
            inner: Arc::new(Inner {
                directory: directory.clone(),
                queue,
                figures,
                readers: Arc::new(Readers::new(directory.database(), options.readers)),
                writer: Mutex::new(writer),
                read_only,
            }),
        })
    }

    /// Whether the database was written by a newer version, so that nothing can be changed.
    pub fn is_read_only(&self) -> bool {
        self.inner.read_only
    }

    /// The data directory.
    pub fn directory(&self) -> &DataDirectory {
        &self.inner.directory
    }

    /// Queues records and returns at once, or when the queue has room. They are in the database within
    /// 100 ms, without an fsync; a record that the database refuses is logged and counted, and does not
    /// touch the others. Dropping the future while it waits for room queues nothing.
    ///
    /// # Errors
    /// [`FailureKind::ReadOnly`], or [`FailureKind::StorageFailed`] after the end.
    pub async fn record(&self, mut records: Vec<Record>) -> Result<(), Failure> {
        self.record_from(&mut records).await
    }

    /// Like [`Store::record`], for those who may be dropped while they wait: the records stay where they are until
    /// there is room for them.
    ///
    /// # Errors
    /// [`FailureKind::ReadOnly`], or [`FailureKind::StorageFailed`] after the end; the records stay then too.
    pub async fn record_from(&self, records: &mut Vec<Record>) -> Result<(), Failure> {
        self.writable()?;
        if records.is_empty() {
            return Ok(());
        }
        let room = self.inner.queue.reserve(bytes(records)).await?;
        self.push(Job::Record {
            records: std::mem::take(records),
            room,
        })
    }

    /// Like [`Store::record`], for places that cannot wait, such as a `Drop`: takes no room, so the queue
    /// may grow past its bound by these few.
    ///
    /// # Errors
    /// [`FailureKind::ReadOnly`], or [`FailureKind::StorageFailed`] after the end.
    pub fn record_now(&self, records: Vec<Record>) -> Result<(), Failure> {
        self.writable()?;
        if records.is_empty() {
            return Ok(());
        }
        self.push(Job::Record {
            records,
            room: Room::default(),
        })
    }

    /// Writes records, all or none of them, and returns when they are on the disk.
    ///
    /// # Errors
    /// [`FailureKind::ReadOnly`], [`FailureKind::Conflict`] when the database refuses one, or
    /// [`FailureKind::StorageFailed`]; then nothing of it is written.
    pub async fn commit(&self, mut records: Vec<Record>) -> Result<(), Failure> {
        self.commit_from(&mut records).await
    }

    /// Like [`Store::commit`], for those who may be dropped while they wait for room; see [`Store::record_from`].
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn commit_from(&self, records: &mut Vec<Record>) -> Result<(), Failure> {
        self.writable()?;
        if records.is_empty() {
            return Ok(());
        }
        let room = self.inner.queue.reserve(bytes(records)).await?;
        let (reply, committed) = oneshot::channel();
        self.push(Job::Commit {
            records: std::mem::take(records),
            room,
            reply,
        })?;
        committed.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Runs `f` in a transaction and returns when what it did is on the disk. An error of `f` rolls back
    /// what it did and nothing else. `f` runs on the writer's thread: it must not block on anything else.
    ///
    /// # Errors
    /// What `f` returns, [`FailureKind::ReadOnly`], or [`FailureKind::StorageFailed`].
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.writable()?;
        let (reply, answer) = oneshot::channel();
        self.push(Job::Work(Box::new(Task {
            f: Some(f),
            result: None,
            reply,
        })))?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Runs `f` on one state of the database, beside the writer. What was recorded a moment ago may not be
    /// in it yet; [`Store::flush`] first when it has to be.
    ///
    /// # Errors
    /// What `f` returns, or [`FailureKind::StorageFailed`].
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.inner.readers.read(f).await
    }

    /// Searches everything that was recorded until now; see [`search::find`] for what `text` means.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] for a cursor that is none of ours, or storage failures.
    pub async fn search(
        &self,
        text: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Hit>, Failure> {
        if !self.inner.read_only {
            let (reply, caught_up) = oneshot::channel();
            self.push(Job::CatchUp(reply))?;
            // without an answer the disk is failing; what is indexed can still be searched
            let _missing = caught_up.await;
        }
        let text = text.to_owned();
        self.read(move |conn| search::find(conn, &text, cursor.as_deref(), limit))
            .await
    }

    /// Waits until everything queued before is in the database.
    ///
    /// # Errors
    /// [`FailureKind::StorageFailed`] when the disk is failing, or after the end.
    pub async fn flush(&self) -> Result<(), Failure> {
        if self.inner.read_only {
            return Ok(());
        }
        let (reply, flushed) = oneshot::channel();
        self.push(Job::Flush(reply))?;
        flushed.await.map_err(|_| {
            Failure::new(
                FailureKind::StorageFailed,
                "The database cannot be written to at the moment.",
            )
        })
    }

    /// Makes a backup in the data directory, of which the three newest are kept.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn backup(&self) -> Result<Backup, Failure> {
        self.flush().await?;
        let directory = self.inner.directory.clone();
        let backup = tokio::task::spawn_blocking(move || {
            let conn = connection::open_reader(&directory.database())?;
            backup::create(&directory, &conn)
        });
        backup
            .await
            .unwrap_or_else(|_| Err(Failure::new(FailureKind::Internal, "The backup broke off.")))
    }

    /// Writes everything but secrets into a new file in the data directory.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn export(&self, now: Timestamp) -> Result<Exported, Failure> {
        self.flush().await?;
        let directory = self.inner.directory.clone();
        let written = tokio::task::spawn_blocking(move || {
            let conn = connection::open_reader(&directory.database())?;
            export::write(&directory, &conn, now)
        });
        written
            .await
            .unwrap_or_else(|_| Err(Failure::new(FailureKind::Internal, "The export broke off.")))
    }

    /// Figures at this moment.
    pub fn stats(&self) -> StoreStats {
        let figures = &self.inner.figures;
        StoreStats {
            transactions: figures.transactions.load(Ordering::Relaxed),
            failed_records: figures.failed_records.load(Ordering::Relaxed),
            queued_bytes: self.inner.queue.bytes(),
            unindexed: figures.unindexed.load(Ordering::Relaxed),
            stalled: figures.stalled.load(Ordering::Relaxed),
        }
    }

    /// Writes what waits, ends the writer and closes the file. Other handles on this store fail from now on.
    pub async fn close(self) {
        let inner = self.inner;
        // a thread is joined: not on the runtime's own
        if tokio::task::spawn_blocking(move || inner.end()).await.is_err() {
            tracing::error!("the store could not be closed in order");
        }
    }

    fn writable(&self) -> Result<(), Failure> {
        if self.inner.read_only {
            return Err(Failure::new(
                FailureKind::ReadOnly,
                "The database was written by a newer Inglenook and is open for reading only.",
            )
            .with_hint("Use the newer version, or restore a backup made before."));
        }
        Ok(())
    }

    fn push(&self, job: Job) -> Result<(), Failure> {
        self.inner.queue.push(job)
    }
}

impl Inner {
    fn end(&self) {
        self.queue.close();
        self.readers.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // a closure may hold the last handle, and no thread can wait for itself
        let writer = writer.filter(|writer| writer.thread().id() != std::thread::current().id());
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the writer had panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}

fn bytes(records: &[Record]) -> usize {
    records.iter().map(Record::bytes).sum()
}

/// A closure on its way through the writer.
struct Task<F, T> {
    f: Option<F>,
    result: Option<Result<T, Failure>>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl<F, T> Work for Task<F, T>
where
    F: FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send,
    T: Send,
{
    fn run(&mut self, tx: &Transaction<'_>) -> bool {
        let Some(f) = self.f.take() else {
            return false;
        };
        // a panic in one closure must not end the writer of everyone
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| f(tx)))
            .unwrap_or_else(|_| Err(Failure::new(FailureKind::Internal, "A change broke off.")));
        let kept = result.is_ok();
        self.result = Some(result);
        kept
    }

    fn finish(self: Box<Self>, committed: Result<(), Failure>) {
        let result = match committed {
            Ok(()) => self.result.unwrap_or_else(|| Err(closed())),
            Err(failure) => Err(failure),
        };
        let _gone = self.reply.send(result);
    }
}
