//! One generation at a time, first come first served.
//!
//! Two generations at once would each run at less than half speed and hold twice the memory. A mutex alone
//! is no queue: it is not fair, and whoever waits on it cannot be told that the answer is no longer wanted.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a waiting call looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(25);

#[derive(Default)]
struct Line {
    next: u64,
    tickets: VecDeque<u64>,
}

/// A line of callers; the first in it has the turn.
#[derive(Default)]
pub(crate) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

/// The right to generate; dropping it lets the next one in.
pub(crate) struct Turn<'a> {
    queue: &'a Queue,
    ticket: u64,
}

impl Queue {
    /// Waits for the turn; `None` when `cancelled` became true first.
    pub(crate) fn wait(&self, cancelled: &dyn Fn() -> bool) -> Option<Turn<'_>> {
        let mut line = self.lock();
        let ticket = line.next;
        line.next += 1;
        line.tickets.push_back(ticket);
        let turn = Turn { queue: self, ticket };
        while line.tickets.front() != Some(&ticket) {
            // `cancelled` is foreign code: not under our lock
            drop(line);
            if cancelled() {
                return None;
            }
            line = self.lock();
            if line.tickets.front() == Some(&ticket) {
                break;
            }
            line = self
                .moved
                .wait_timeout(line, LOOK)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        drop(line);
        (!cancelled()).then_some(turn)
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.queue.lock().tickets.retain(|ticket| *ticket != self.ticket);
        self.queue.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn waiting(queue: &Queue, count: usize) {
        while queue.lock().tickets.len() < count {
            std::thread::yield_now();
        }
    }

    #[test]
    fn turns_come_in_the_order_of_arrival() {
        let queue = Queue::default();
        let order = Mutex::new(Vec::new());
        let first = queue.wait(&|| false).unwrap();
        std::thread::scope(|scope| {
            for name in 1..=4 {
                let (queue, order) = (&queue, &order);
                scope.spawn(move || {
                    let turn = queue.wait(&|| false).unwrap();
                    order.lock().unwrap().push(name);
                    drop(turn);
                });
                waiting(queue, name + 1);
            }
            assert!(
                order.lock().unwrap().is_empty(),
                "nobody passes the one who has the turn"
            );
            drop(first);
        });
        assert_eq!(*order.lock().unwrap(), [1, 2, 3, 4]);
    }

    #[test]
    fn who_is_cancelled_leaves_the_line() {
        let queue = Queue::default();
        let first = queue.wait(&|| false).unwrap();
        let gone = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| queue.wait(&|| gone.load(Ordering::Relaxed)).is_none());
            waiting(&queue, 2);
            gone.store(true, Ordering::Relaxed);
            assert!(waiter.join().unwrap());
        });
        assert_eq!(
            queue.lock().tickets.len(),
            1,
            "only the one who has the turn is left"
        );
        drop(first);
        assert!(queue.wait(&|| true).is_none(), "cancelled before its turn");
        assert!(queue.wait(&|| false).is_some(), "and the line is free again");
    }
}
