//! Names of hosts, looked up without one provider's trouble becoming another's (REL-25).
//!
//! The system's resolver blocks a thread for as long as a name server is silent, and there are only so many
//! threads. So each host has a few lookups at a time; whoever comes after waits for a turn, and for no longer
//! than a connection is waited for. Deliberately not here: a cache, which the system has, and the order of
//! addresses, where the connector tries the other family after 300 ms by itself.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

/// Lookups of one host at a time. More would be asking the same silent server.
const AT_A_TIME: usize = 4;
/// More hosts than anybody has providers; those beyond are forgotten while nothing of them is looked up.
const HOSTS: usize = 256;

type Lookup = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Looks names up, a few at a time for each.
pub(crate) struct Resolver {
    lookup: Arc<Lookup>,
    turns: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Resolver {
    /// Asks the system.
    pub fn of_the_system() -> Self {
        // the connector puts the port in
        Self::by(|host| Ok((host, 0).to_socket_addrs()?.collect()))
    }

    /// Asks something else than the system.
    pub fn by(lookup: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Self {
        Self {
            lookup: Arc::new(lookup),
            turns: Mutex::default(),
        }
    }

    fn turns(&self, host: &str) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = turns.get(host) {
            return Arc::clone(turns);
        }
        if turns.len() >= HOSTS {
            turns.retain(|_, turns| Arc::strong_count(turns) > 1);
        }
        let new = Arc::new(Semaphore::new(AT_A_TIME));
        turns.insert(host.to_owned(), Arc::clone(&new));
        new
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_ascii_lowercase();
        let turns = self.turns(&host);
        let lookup = Arc::clone(&self.lookup);
        Box::pin(async move {
            let turn = turns.acquire_owned().await?;
            let looked_up = tokio::task::spawn_blocking(move || {
                // held by the thread and not by whoever waits for it, who may leave before it is free
                let _turn = turn;
                lookup(&host)
            });
            let addresses: Addrs = Box::new(looked_up.await??.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use super::*;

    fn name(host: &str) -> Name {
        host.parse().unwrap_or_else(|_| panic!("{host}"))
    }

    #[tokio::test]
    async fn rel_25_a_name_server_that_is_silent_for_one_host_is_not_for_another() {
        let stuck = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&stuck);
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let ended = Mutex::new(ended);
        let resolver = Resolver::by(move |host| {
            if host == "black.hole" {
                counted.fetch_add(1, Ordering::SeqCst);
                let _until_the_end = ended.lock().unwrap_or_else(PoisonError::into_inner).recv();
                return Err(io::ErrorKind::TimedOut.into());
            }
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], 0))])
        });
        let mut lost = tokio::task::JoinSet::new();
        for _ in 0..200 {
            lost.spawn(resolver.resolve(name("Black.Hole")));
        }
        while stuck.load(Ordering::SeqCst) < AT_A_TIME {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let begun = Instant::now();
        for _ in 0..20 {
            let found = resolver.resolve(name("well.example")).await;
            assert_eq!(found.map(Iterator::count).ok(), Some(1));
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        assert_eq!(
            stuck.load(Ordering::SeqCst),
            AT_A_TIME,
            "no more threads than that"
        );
        lost.abort_all();
        drop(end);
    }

    #[tokio::test]
    async fn rel_25_a_name_that_nobody_has_is_a_failure_at_once() {
        let resolver = Resolver::by(|_| Err(io::ErrorKind::NotFound.into()));
        for _ in 0..3 * AT_A_TIME {
            assert!(resolver.resolve(name("nobody.example")).await.is_err());
        }
    }
}
