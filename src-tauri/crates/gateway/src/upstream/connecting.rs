//! How long connecting took, as a part of one request's time.
//!
//! A connection is made while the request that needs it waits, in the same task; so what it took can be left
//! where that request finds it. A request that got a connection from the pool finds nothing, and one that
//! was overtaken by a connection from the pool finds nothing either, which is the truth.

use std::cell::Cell;
use std::time::{Duration, Instant};

tokio::task_local! {
    static TOOK: Cell<Option<Duration>>;
}

/// Runs a request, and tells how long it waited for a new connection.
pub(super) async fn timed<T>(request: impl Future<Output = T>) -> (T, Option<Duration>) {
    TOOK.scope(Cell::new(None), async {
        let outcome = request.await;
        (outcome, TOOK.with(Cell::get))
    })
    .await
}

/// Makes a connection, and leaves what that took.
pub(super) async fn noted<F: Future>(connection: F) -> F::Output {
    let began = Instant::now();
    let made = connection.await;
    // outside of a request there is nobody to tell
    let _nobody = TOOK.try_with(|took| took.set(Some(began.elapsed())));
    made
}
