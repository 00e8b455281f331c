//! Connections: one pool for this machine's own servers, one for the network at large.
//!
//! The danger is a client with a key in hand that follows a redirect, or that goes to a local server through
//! a proxy. Both are switched off here, in the one place where clients are made (SEC-19, REL-27).
//!
//! Compressed answers are not read at all: no decoder is compiled in, providers are asked for `identity`,
//! and one that compresses nevertheless is told so ([`super::body`]). What is never unpacked cannot burst (REL-24).

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::{BaseUrl, Failure};
use tower::util::MapFutureLayer;

use crate::failures::internal;

const POOLED: Duration = Duration::from_secs(90);
/// More addresses than anybody has in use at once.
const URLS: usize = 512;

/// The connection pools.
pub(crate) struct HttpClients {
    connect: Duration,
    loopback: reqwest::Client,
    remote: OnceLock<reqwest::Client>,
    urls: Mutex<HashMap<String, reqwest::Url>>,
}

impl HttpClients {
    /// The pool for this machine's own servers; the other one is made at its first use, because loading
    /// the system's certificates takes time that a start should not.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn new(connect: Duration) -> Result<Self, Failure> {
        Ok(Self {
            connect,
            loopback: client(connect, Proxies::Never)?,
            remote: OnceLock::new(),
            urls: Mutex::default(),
        })
    }

    /// How long a connection may take to come about.
    pub(super) fn connect(&self) -> Duration {
        self.connect
    }

    /// An address under a base URL. Kept, because parsing one costs as much as parsing a request.
    pub(super) fn url(&self, base_url: &BaseUrl, path: &str) -> Result<reqwest::Url, Failure> {
        let base = base_url.as_str();
        let mut text = String::with_capacity(base.len() + path.len());
        text.push_str(base);
        text.push_str(path);
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

    pub(super) fn for_url(&self, url: &BaseUrl) -> Result<&reqwest::Client, Failure> {
        if url.is_loopback() {
            Ok(&self.loopback)
        } else {
            self.remote()
        }
    }

    /// The pool for the network at large.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn remote(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.remote.get() {
            return Ok(client);
        }
        let made = client(self.connect, Proxies::OfTheSystem)?;
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
fn client(connect: Duration, proxies: Proxies) -> Result<reqwest::Client, Failure> {
    let builder = match proxies {
        Proxies::Never => reqwest::Client::builder().no_proxy(),
        Proxies::OfTheSystem => reqwest::Client::builder(),
    };
    builder
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(connect)
        .connector_layer(MapFutureLayer::new(super::connecting::noted))
        .pool_idle_timeout(POOLED)
        .build()
        .map_err(internal)
}
