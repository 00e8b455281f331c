//! The reasoning of late: for follow-ups that come before the database has it, and for keys whose calls are
//! not stored, of which there is no other place.
//!
//! The danger is memory that only grows, and a look at the database with every call. So what was not asked
//! for within an hour goes, the oldest first above a bound, and a key that leads nowhere is known as well.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Failure, Timestamp};
use store::Store;
use store::table::reasoning::{self, Reasoning};
use tokio::sync::OnceCell;

use super::Maker;
use crate::turn::fingerprint::Fingerprint;

/// How long anything is kept that nobody asks for.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
const MOST_BYTES: usize = 32 << 20;
/// Between two uses that are written down.
const NOTED_EVERY_MS: i64 = 24 * 60 * 60 * 1000;
/// What a key costs by itself.
const KEY_BYTES: usize = 128;

/// An answer's reasoning.
#[derive(Debug)]
pub(crate) struct Recalled {
    /// As it is in the database, or would be.
    pub reasoning: Reasoning,
    lasting: bool,
    noted: AtomicI64,
}

impl Recalled {
    /// `lasting` is what the database has too.
    pub fn new(reasoning: Reasoning, lasting: bool) -> Self {
        Self {
            noted: AtomicI64::new(reasoning.used_at.millis()),
            reasoning,
            lasting,
        }
    }

    /// Whether a use at this time is worth writing down, which it is once a day. Then it counts as written.
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        let worth = self.lasting && now.millis().saturating_sub(noted) >= NOTED_EVERY_MS;
        if worth {
            self.noted.store(now.millis(), Ordering::Relaxed);
        }
        worth
    }

    /// Whether this one made it, and may have it back.
    pub fn is_of(&self, maker: &Maker) -> bool {
        self.reasoning.upstream == maker.upstream && self.reasoning.model == maker.model
    }
}

/// What keys lead to; `None` for those that are known to lead nowhere.
pub(super) type Found = HashMap<Fingerprint, Option<Arc<Recalled>>>;

/// The reasoning of late.
#[derive(Default)]
pub(crate) struct Memory {
    makers: Mutex<HashSet<Maker>>,
    makers_read: OnceCell<()>,
    kept: Mutex<Kept>,
}

impl Memory {
    /// Whether there is any reasoning of this maker. Most have none, and their calls need look no further.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn knows(&self, store: &Store, maker: &Maker) -> Result<bool, Failure> {
        self.makers_read
            .get_or_try_init(|| async {
                let read = store.read(reasoning::makers).await?;
                let read = read
                    .into_iter()
                    .map(|(upstream, model)| Maker { upstream, model });
                lock(&self.makers).extend(read);
                Ok::<(), Failure>(())
            })
            .await?;
        Ok(lock(&self.makers).contains(maker))
    }

    /// Remembers an answer's reasoning under its keys.
    pub fn keep(&self, maker: &Maker, keys: &[Fingerprint], recalled: Recalled) {
        let mut makers = lock(&self.makers);
        if !makers.contains(maker) {
            makers.insert(maker.clone());
        }
        drop(makers);
        lock(&self.kept).put(keys, Some(&Arc::new(recalled)), Instant::now());
    }

    /// What these keys lead to.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find(&self, store: &Store, keys: Vec<Fingerprint>) -> Result<Found, Failure> {
        let mut found = Found::with_capacity(keys.len());
        let mut missing = Vec::new();
        {
            let mut kept = lock(&self.kept);
            let now = Instant::now();
            for key in keys {
                match kept.get(&key, now) {
                    Some(known) => {
                        found.insert(key, known);
                    }
                    None => missing.push(key),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let read = store
            .read(move |conn| {
                let one = |key| Ok((key, reasoning::find(conn, &key)?));
                missing.into_iter().map(one).collect::<Result<Vec<_>, Failure>>()
            })
            .await?;
        let mut answers: HashMap<Fingerprint, Arc<Recalled>> = HashMap::new();
        let mut kept = lock(&self.kept);
        for (key, reasoning) in read {
            let recalled = reasoning.map(|reasoning| {
                let answer = answers.entry(reasoning.answer);
                Arc::clone(answer.or_insert_with(|| Arc::new(Recalled::new(reasoning, true))))
            });
            // it may have been made in the meantime
            let known = kept.get(&key, Instant::now()).flatten();
            if known.is_none() {
                kept.put(&[key], recalled.as_ref(), Instant::now());
            }
            found.insert(key, known.or(recalled));
        }
        Ok(found)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Kept {
    slots: HashMap<Fingerprint, Slot>,
    /// When each was put in or asked for; a slot that was asked for since goes to the end once more.
    order: VecDeque<(Fingerprint, Instant)>,
    bytes: usize,
}

struct Slot {
    recalled: Option<Arc<Recalled>>,
    bytes: usize,
    asked: Instant,
}

impl Kept {
    fn get(&mut self, key: &Fingerprint, now: Instant) -> Option<Option<Arc<Recalled>>> {
        let slot = self.slots.get_mut(key)?;
        if now.duration_since(slot.asked) >= LIFETIME {
            return None;
        }
        slot.asked = now;
        Some(slot.recalled.clone())
    }

    fn put(&mut self, keys: &[Fingerprint], recalled: Option<&Arc<Recalled>>, now: Instant) {
        let mut bytes = recalled.map_or(0, |recalled| recalled.reasoning.bytes());
        for key in keys {
            let slot = Slot {
                recalled: recalled.cloned(),
                // the first key pays for all
                bytes: KEY_BYTES + std::mem::take(&mut bytes),
                asked: now,
            };
            self.bytes += slot.bytes;
            match self.slots.insert(*key, slot) {
                Some(before) => self.bytes -= before.bytes,
                None => self.order.push_back((*key, now)),
            }
        }
        self.make_room(now);
    }

    fn make_room(&mut self, now: Instant) {
        for _ in 0..self.order.len() {
            let Some((key, since)) = self.order.front().copied() else {
                return;
            };
            if self.bytes <= MOST_BYTES && now.duration_since(since) < LIFETIME {
                return;
            }
            self.order.pop_front();
            match self.slots.get(&key) {
                Some(slot) if slot.asked > since => self.order.push_back((key, slot.asked)),
                Some(slot) => {
                    self.bytes -= slot.bytes;
                    self.slots.remove(&key);
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Extra, Part};

    use super::*;

    fn recalled(text: usize) -> Arc<Recalled> {
        let reasoning = Reasoning {
            answer: [0; 16],
            upstream: "u".into(),
            model: "m".into(),
            parts: vec![Part::reasoning("x".repeat(text))],
            extra: Extra::new(),
            used_at: Timestamp(0),
        };
        Arc::new(Recalled::new(reasoning, true))
    }

    fn there(kept: &mut Kept, key: u8, now: Instant) -> bool {
        kept.get(&[key; 16], now).flatten().is_some()
    }

    #[test]
    fn what_nobody_asks_for_goes_after_an_hour() {
        let mut kept = Kept::default();
        let begin = Instant::now();
        let minutes = |minutes: u64| begin + Duration::from_secs(minutes * 60);
        kept.put(&[[1; 16], [2; 16]], Some(&recalled(100)), begin);
        kept.put(&[[3; 16]], None, begin);
        assert!(there(&mut kept, 1, minutes(40)));
        assert!(!there(&mut kept, 2, minutes(60)), "not asked for meanwhile");
        assert!(there(&mut kept, 1, minutes(99)));
        kept.put(&[[4; 16]], Some(&recalled(100)), minutes(100));
        assert_eq!(kept.slots.len(), 2, "the others have left the memory");
        assert_eq!(kept.order.len(), 2);
        assert_eq!(kept.bytes, 2 * (recalled(100).reasoning.bytes() + KEY_BYTES));
    }

    #[test]
    fn a_use_is_written_down_once_a_day() {
        let recalled = recalled(1);
        let day = Timestamp(NOTED_EVERY_MS);
        assert!(!recalled.is_worth_noting(Timestamp(NOTED_EVERY_MS - 1)));
        assert!(recalled.is_worth_noting(day));
        assert!(!recalled.is_worth_noting(day));
    }

    #[test]
    fn the_oldest_goes_when_there_is_too_much() {
        let mut kept = Kept::default();
        let begin = Instant::now();
        for (key, second) in (1..=9_u8).zip(1..) {
            let now = begin + Duration::from_secs(second);
            kept.put(&[[key; 16]], Some(&recalled(4 << 20)), now);
            let _asked = there(&mut kept, 1, now + Duration::from_millis(1));
        }
        let now = begin + Duration::from_secs(60);
        let left: Vec<u8> = (1..=9).filter(|key| there(&mut kept, *key, now)).collect();
        assert_eq!(left, [1, 4, 5, 6, 7, 8, 9]);
        assert!(kept.bytes <= MOST_BYTES);
        // the same key again takes the place of the first
        let before = kept.bytes;
        kept.put(&[[9; 16]], Some(&recalled(4 << 20)), now);
        assert_eq!(kept.bytes, before);
    }
}
