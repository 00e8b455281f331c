//! Where the model computes: on the processors that the app can spare.
//!
//! candle 0.11 multiplies quantized matrices in a pool of its own, one thread for each physical core, whose threads
//! wait for each other by spinning. Its size can only be set by the environment (`CANDLE_NUM_THREADS`). Where that
//! pool leaves a processor free (most machines have two logical ones for each core) it is used as it is. Where it
//! would take them all, the app would stutter, and any other busy program would make the spinning threads wait for
//! each other without end: on two processors of which one is busy, two threads are six times *slower* than one. So
//! there the model runs alone on one of the pool's threads, where candle computes without the others.

use std::any::Any;
use std::cell::OnceCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use candle_core::Device;
use candle_core::utils::{BarrierPool, barrier_pool};
use domain::{Failure, FailureKind};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Runs one step of the model, to its end.
///
/// # Errors
/// [`FailureKind::Internal`] when it panics.
pub(crate) fn run<R: Send>(step: impl FnOnce() -> R + Send) -> Result<R, Failure> {
    let step = || catch_unwind(AssertUnwindSafe(step));
    let pool = barrier_pool();
    let threads = pool.n_workers() + 1;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let outcome = if threads == 1 || threads < processors {
        Device::Cpu.with_context(step)
    } else {
        alone(pool, step)
    };
    outcome.map_err(|_: Box<dyn Any + Send>| {
        Failure::new(FailureKind::Internal, "The starter model's arithmetic failed.")
    })
}

/// Runs a step on the first of the pool's workers, while the calling thread sleeps.
fn alone<R: Send>(
    pool: &BarrierPool,
    step: impl FnOnce() -> std::thread::Result<R> + Send,
) -> std::thread::Result<R> {
    let step = Mutex::new(Some(step));
    let result = Mutex::new(None);
    let done = Condvar::new();
    pool.execute(|thread| {
        if thread == 0 {
            stay_alone();
            let step = lock(&step).take();
            let outcome = step.map(|step| step());
            *lock(&result) = outcome;
            done.notify_all();
        } else if thread == pool.n_workers() {
            // the caller itself; without this it would spin until the worker is done
            let waiting = done.wait_while(lock(&result), |result| result.is_none());
            drop(waiting.unwrap_or_else(PoisonError::into_inner));
        }
    });
    let result = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.unwrap_or_else(|| Err(Box::new("the step did not run")))
}

/// What candle does by rayon on this thread stays on this thread.
fn stay_alone() {
    thread_local! {
        static ONLY: OnceCell<Option<ThreadPool>> = const { OnceCell::new() };
    }
    ONLY.with(|only| {
        only.get_or_init(|| {
            ThreadPoolBuilder::new()
                .num_threads(1)
                .use_current_thread()
                .build()
                .ok()
        });
    });
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_step_gives_its_result_and_a_panic_is_a_failure() {
        for _ in 0..3 {
            assert_eq!(run(|| 6 * 7), Ok(42));
            let failure = run(|| {
                if std::hint::black_box(true) {
                    panic!("in a test")
                } else {
                    0
                }
            })
            .unwrap_err();
            assert_eq!(failure.kind(), FailureKind::Internal);
        }
    }

    #[test]
    fn alone_means_one_thread() {
        let pool = barrier_pool();
        if pool.n_workers() == 0 {
            return;
        }
        let ids = alone(pool, || {
            Ok((0..64)
                .map(|_| rayon::join(|| std::thread::current().id(), || std::thread::current().id()))
                .collect::<Vec<_>>())
        });
        let ids = ids.unwrap();
        assert!(
            ids.iter().all(|(a, b)| (a, b) == (&ids[0].0, &ids[0].0)),
            "{ids:?}"
        );
        assert_ne!(ids[0].0, std::thread::current().id());
    }
}
