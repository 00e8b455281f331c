//! How much, how long and from where. Values only: they enter with the configuration, so that a test can be
//! impatient and can have a network of its own.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Looks up all addresses of a host.
pub type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The bounds of fetching.
#[derive(Clone)]
pub struct FetchPolicy {
    /// For one fetch, its redirects included.
    pub patience: Duration,
    /// The size of one image or document.
    pub most_bytes: usize,
    /// The size of all that one call names.
    pub most_together: usize,
    /// How many a call may name.
    pub most_items: usize,
    /// How often an answer may point elsewhere.
    pub redirects: usize,
    /// Instead of the system's resolver, for tests.
    pub lookup: Option<Lookup>,
    /// Addresses that may be asked wherever they lie: servers of tests, which have no public ones. Nobody else
    /// has a way to say this: it is no setting, no argument and no environment variable.
    pub besides: Vec<SocketAddr>,
}

impl FetchPolicy {
    /// What users get. The sizes are above what any provider takes of an image, and bound what one call can make
    /// this process hold.
    pub fn usual() -> Self {
        Self {
            patience: Duration::from_secs(20),
            most_bytes: 20 << 20,
            most_together: 40 << 20,
            most_items: 20,
            redirects: 5,
            lookup: None,
            besides: Vec::new(),
        }
    }

    /// Whether an address may be asked although it is not public.
    pub(super) fn allows(&self, ip: IpAddr) -> bool {
        self.besides.iter().any(|one| one.ip() == ip)
    }

    /// Whether a port may be asked although it is none of the web's.
    pub(super) fn allows_port(&self, port: u16) -> bool {
        self.besides.iter().any(|one| one.port() == port)
    }
}

impl fmt::Debug for FetchPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchPolicy")
            .field("patience", &self.patience)
            .field("most_bytes", &self.most_bytes)
            .finish_non_exhaustive()
    }
}
