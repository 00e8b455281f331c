//! Connections: one pool for this machine's own servers, one for the network at large, and one for each
//! authority that only one provider is trusted to name.
//!
//! The danger is a client with a key in hand that follows a redirect, or that goes to a local server through
//! a proxy. Both are switched off here, in the one place where clients are made (SEC-19, REL-27). A certificate
//! that cannot be checked ends the connection; nothing here can be told to look away (REL-26).
//!
//! Compressed answers are not read at all: no decoder is compiled in, providers are asked for `identity`,
//! and one that compresses nevertheless is told so ([`super::body`]). What is never unpacked cannot burst (REL-24).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::{BaseUrl, Failure};
use tower::util::MapFutureLayer;

use super::resolver::Resolver;
use crate::failures::internal;

const POOLED: Duration = Duration::from_secs(90);
/// More addresses than anybody has in use at once.
const URLS: usize = 512;

/// The connection pools.
pub(crate) struct HttpClients {
    connect: Duration,
    loopback: reqwest::Client,
    remote: OnceLock<reqwest::Client>,
    /// By the certificates of the authority, and whether the host is this machine.
    trusting: Mutex<HashMap<(String, bool), reqwest::Client>>,
    resolver: Arc<Resolver>,
    urls: Mutex<HashMap<String, reqwest::Url>>,
}

impl HttpClients {
    /// The pool for this machine's own servers; the other one is made at its first use, because loading
    /// the system's certificates takes time that a start should not.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn new(connect: Duration) -> Result<Self, Failure> {
        let resolver = Arc::new(Resolver::of_the_system());
        Ok(Self {
            connect,
            loopback: client(connect, Proxies::Never, &resolver, None)?,
            remote: OnceLock::new(),
            trusting: Mutex::default(),
            resolver,
            urls: Mutex::default(),
        })
    }

    /// How long a connection may take to come about.
    pub(super) fn connect(&self) -> Duration {
        self.connect
    }

    /// An address under a base URL. Kept, because parsing one costs as much as parsing a request.
    pub(super) fn url(&self, base_url: &BaseUrl, path: &str) -> Result<reqwest::Url, Failure> {
        let text = base_url.join(path);
        let mut known = self.urls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = known.get(&text) {
            return Ok(url.clone());
        }
        let url = reqwest::Url::parse(&text).map_err(internal)?;
        if known.len() >= URLS {
            known.clear();
        }
        known.insert(text, url.clone());
        Ok(url)
    }

    /// The pool for a provider's address, and for the authority that it is trusted to name (`ca`).
    pub(super) fn for_url(&self, url: &BaseUrl, ca: Option<&str>) -> Result<reqwest::Client, Failure> {
        let Some(ca) = ca else {
            return if url.is_loopback() {
                Ok(self.loopback.clone())
            } else {
                self.remote().cloned()
            };
        };
        let wanted = (ca.to_owned(), url.is_loopback());
        let mut trusting = self.trusting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = trusting.get(&wanted) {
            return Ok(client.clone());
        }
        let proxies = if wanted.1 {
            Proxies::Never
        } else {
            Proxies::OfTheSystem
        };
        let made = client(self.connect, proxies, &self.resolver, Some(ca))?;
        trusting.insert(wanted, made.clone());
        Ok(made)
    }

    /// Checks the certificates of an authority, before they are kept with a provider.
    ///
    /// # Errors
    /// [`domain::FailureKind::InvalidRequest`] when there is none, or one that cannot be read.
    pub fn check_ca(&self, ca: &str) -> Result<(), Failure> {
        client(self.connect, Proxies::Never, &self.resolver, Some(ca)).map(|_| ())
    }

    /// Forgets the pools of authorities, after providers changed.
    pub fn forget(&self) {
        let mut trusting = self.trusting.lock().unwrap_or_else(PoisonError::into_inner);
        trusting.clear();
    }

    /// The pool for the network at large.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn remote(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.remote.get() {
            return Ok(client);
        }
        let made = client(self.connect, Proxies::OfTheSystem, &self.resolver, None)?;
        Ok(self.remote.get_or_init(|| made))
    }

    /// The pool for this machine's own servers.
    pub fn loopback(&self) -> &reqwest::Client {
        &self.loopback
    }
}

enum Proxies {
    Never,
    OfTheSystem,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where clients are made, without redirects"
)]
fn client(
    connect: Duration,
    proxies: Proxies,
    resolver: &Arc<Resolver>,
    ca: Option<&str>,
) -> Result<reqwest::Client, Failure> {
    let mut builder = match proxies {
        Proxies::Never => reqwest::Client::builder().no_proxy(),
        Proxies::OfTheSystem => reqwest::Client::builder(),
    };
    if let Some(ca) = ca {
        let certificates = reqwest::Certificate::from_pem_bundle(ca.as_bytes()).map_err(|_| not_a_ca())?;
        if certificates.is_empty() {
            return Err(not_a_ca());
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(connect)
        .connector_layer(MapFutureLayer::new(super::connecting::noted))
        .pool_idle_timeout(POOLED)
        .dns_resolver(Arc::clone(resolver))
        .build()
        .map_err(|error| if ca.is_some() { not_a_ca() } else { internal(error) })
}

fn not_a_ca() -> Failure {
    Failure::invalid("ca", "The file holds no certificate that can be read.")
        .with_hint("It must be in PEM form, beginning with -----BEGIN CERTIFICATE-----.")
}
