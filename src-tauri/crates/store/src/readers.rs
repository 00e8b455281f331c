//! The connections that read: a few, opened when they are first needed.
//!
//! Reading never waits for the writer, but it does wait for the disk, so it happens on threads that may
//! block. Each read sees one state of the database from its beginning to its end.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{Failure, FailureKind};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::connection::open_reader;
use crate::failed::failed;
use crate::queue::closed;

pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, most: usize) -> Self {
        Self {
            path,
            idle: Mutex::default(),
            places: Arc::new(Semaphore::new(most.max(1))),
        }
    }

    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let conn = readers.take()?;
            let result = {
                let snapshot = conn.unchecked_transaction().map_err(failed)?;
                f(&snapshot)
            };
            readers.put_back(conn);
            drop(place);
            result
        });
        read.await
            .unwrap_or_else(|_| Err(Failure::new(FailureKind::Internal, "A read broke off.")))
    }

    fn take(&self) -> Result<Connection, Failure> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open_reader(&self.path), Ok)
    }

    fn put_back(&self, conn: Connection) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(conn);
    }

    /// Ends reading; connections in use are closed when their read ends.
    pub(crate) fn close(&self) {
        self.places.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
