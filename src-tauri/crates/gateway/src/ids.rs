//! Makes ids and secrets. One call needs half a dozen ids, so randomness is fetched by the kilobyte.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{
    AgentId, ApprovalId, CallId, ClientKeyId, EntryId, Failure, MessageId, ResponseId, SessionId, Timestamp,
};
use uuid::{Builder, Uuid};

use crate::clock::Clock;
use crate::failures::internal;

/// Where random bytes come from.
pub trait Random: Send + Sync {
    /// Fills the buffer.
    ///
    /// # Errors
    /// When the machine has none to give.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Failure>;
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Failure> {
        getrandom::fill(buffer).map_err(internal)
    }
}

const POOL: usize = 1024;

struct Pool {
    bytes: [u8; POOL],
    used: usize,
    last_millis: i64,
    counter: u16,
}

impl Pool {
    /// The next random bytes.
    fn take(&mut self, random: &dyn Random) -> Result<[u8; 8], Failure> {
        if self.used + 8 > POOL {
            random.fill(&mut self.bytes)?;
            self.used = 0;
        }
        let mut taken = [0; 8];
        taken.copy_from_slice(&self.bytes[self.used..self.used + 8]);
        self.used += 8;
        Ok(taken)
    }
}

/// Makes ids that sort in the order of their making, also within a millisecond and when the clock steps back.
pub struct Ids {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    pool: Mutex<Pool>,
}

impl Ids {
    /// Makes ids from this clock and this randomness.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let pool = Pool {
            bytes: [0; POOL],
            used: POOL,
            last_millis: 0,
            counter: 0,
        };
        Self {
            clock,
            random,
            pool: Mutex::new(pool),
        }
    }

    /// 32 random bytes for a secret, never from the pool.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn secret(&self) -> Result<[u8; 32], Failure> {
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A random number from 0 to `most`, for waits that should not fall together; the middle where the
    /// machine has no randomness.
    pub(crate) fn up_to(&self, most: u64) -> u64 {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        match pool.take(&*self.random) {
            Ok(bytes) => match most.checked_add(1) {
                Some(count) => u64::from_le_bytes(bytes) % count,
                None => u64::from_le_bytes(bytes),
            },
            Err(_) => most / 2,
        }
    }

    fn uuid(&self) -> Result<Uuid, Failure> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        let random = pool.take(&*self.random)?;
        let Timestamp(now) = self.clock.now();
        if now > pool.last_millis {
            pool.last_millis = now;
            pool.counter = 0;
        } else if pool.counter == u16::MAX >> 4 {
            pool.last_millis += 1;
            pool.counter = 0;
        } else {
            pool.counter += 1;
        }
        let mut tail = [0; 10];
        tail[..2].copy_from_slice(&pool.counter.to_be_bytes());
        tail[2..].copy_from_slice(&random);
        let millis = u64::try_from(pool.last_millis).unwrap_or(0);
        Ok(Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}

macro_rules! make {
    ($($name:ident: $id:ident,)*) => {
        impl Ids {
            $(
                /// A new id.
                ///
                /// # Errors
                /// When the machine has no randomness.
                pub fn $name(&self) -> Result<$id, Failure> {
                    self.uuid().map($id::from_uuid)
                }
            )*
        }
    };
}

make! {
    agent: AgentId,
    approval: ApprovalId,
    call: CallId,
    client_key: ClientKeyId,
    entry: EntryId,
    message: MessageId,
    response: ResponseId,
    session: SessionId,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SystemClock, SystemRandom};

    #[test]
    fn ids_made_within_a_millisecond_sort_in_the_order_of_their_making() -> Result<(), Failure> {
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(SystemRandom));
        let made = (0..10_000)
            .map(|_| ids.message())
            .collect::<Result<Vec<_>, _>>()?;
        assert!(made.is_sorted());
        assert!(made.windows(2).all(|pair| pair[0] != pair[1]));
        Ok(())
    }
}
