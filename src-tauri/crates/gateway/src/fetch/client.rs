//! The connections: none is kept, none goes through a proxy, none carries anything of the user's.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::Failure;

use super::policy::FetchPolicy;
use super::resolve::Checked;
use crate::failures::internal;

/// How long a connection may take, of the whole patience.
const CONNECT: Duration = Duration::from_secs(5);
/// What servers are told about us: a name, and neither version nor system.
const USER_AGENT: &str = "Inglenook";

/// Made at its first use, because loading the system's certificates takes time that a start should not.
pub(super) struct Client {
    resolver: Arc<Checked>,
    made: OnceLock<reqwest::Client>,
}

impl Client {
    pub fn new(policy: &FetchPolicy) -> Self {
        Self {
            resolver: Arc::new(Checked::new(policy)),
            made: OnceLock::new(),
        }
    }

    /// # Errors
    /// When no TLS can be set up.
    #[expect(
        clippy::disallowed_methods,
        reason = "what strangers' addresses are asked with shares nothing with what providers are asked with"
    )]
    pub fn get(&self) -> Result<reqwest::Client, Failure> {
        if let Some(client) = self.made.get() {
            return Ok(client.clone());
        }
        let made = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT)
            // a kept connection would outlive the check of its address
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::clone(&self.resolver))
            .build()
            .map_err(internal)?;
        Ok(self.made.get_or_init(|| made).clone())
    }
}
