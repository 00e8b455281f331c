//! Gets an image or a document from an address that somebody else has written down (SEC-33).
//!
//! The danger is the address: this process stands inside the user's network, where routers, printers and cloud
//! metadata answer whoever asks from there. So an address is read strictly ([`place`]), every address that its
//! name resolves to must be one of the public network ([`range`]), the connection goes to exactly those that
//! were checked ([`resolve`]), each redirect begins from the front, and what comes back is bounded in time and
//! size and must be what it is taken for ([`kind`]). No cookie, key, proxy or environment variable is involved.
//! Deliberately not here: a memory of what was fetched.

mod client;
mod exchange;
mod kind;
mod page;
mod place;
mod policy;
mod range;
mod refusal;
mod resolve;

use bytes::Bytes;
use domain::Failure;
use reqwest::header::LOCATION;
use reqwest::{Response, Url};
use tokio::sync::Semaphore;

pub(crate) use exchange::{Answer, answer};
pub(crate) use kind::{Wanted, image as image_kind};
pub(crate) use page::{Page, PageKind};
pub use policy::{FetchPolicy, Lookup};
pub(crate) use refusal::Refusal;

/// Fetches under way at once, of all callers together: they share this machine's memory.
const AT_A_TIME: usize = 8;

/// What was got.
pub(crate) struct Fetched {
    /// MIME type, told by the bytes and not by the server.
    pub media_type: &'static str,
    pub bytes: Bytes,
}

/// Fetches under a policy.
pub(crate) struct Fetcher {
    policy: FetchPolicy,
    client: client::Client,
    turns: Semaphore,
    wishes: page::Wishes,
}

impl Fetcher {
    /// Nothing is set up before the first fetch.
    pub fn new(policy: FetchPolicy) -> Self {
        Self {
            client: client::Client::new(&policy),
            policy,
            turns: Semaphore::new(AT_A_TIME),
            wishes: page::Wishes::default(),
        }
    }

    /// The bounds of one call.
    pub fn policy(&self) -> &FetchPolicy {
        &self.policy
    }

    /// Fetches what is at an address, for at most as long and as much as the policy says.
    ///
    /// # Errors
    /// Why not. The outer one is a fault of ours: no TLS can be set up.
    pub async fn fetch(&self, address: &str, wanted: Wanted) -> Result<Result<Fetched, Refusal>, Failure> {
        self.guarded(address, async |client, url| {
            let response = self.follow(client, url, kind::ACCEPT).await?;
            self.read(response, wanted).await
        })
        .await
    }

    /// Asks at an address that may be asked, in turn and for so long as the policy allows.
    async fn guarded<T>(
        &self,
        address: &str,
        ask: impl AsyncFnOnce(&reqwest::Client, Url) -> Result<T, Refusal>,
    ) -> Result<Result<T, Refusal>, Failure> {
        let url = match place::read(address, &self.policy) {
            Ok(url) => url,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let client = self.client.get()?;
        let got = tokio::time::timeout(self.policy.patience, async {
            // it is never closed
            let _turn = self.turns.acquire().await.ok();
            ask(&client, url).await
        });
        Ok(got.await.unwrap_or(Err(Refusal::TooSlow)))
    }

    /// From address to address, each checked as the first was, to the one that answers.
    async fn follow(
        &self,
        client: &reqwest::Client,
        mut url: Url,
        accept: &str,
    ) -> Result<Response, Refusal> {
        for _ in 0..=self.policy.redirects {
            let request = client.get(url.clone()).header("accept", accept);
            let response = request.send().await.map_err(|error| Refusal::of(&error))?;
            let status = response.status().as_u16();
            match status {
                200 => return Ok(response),
                301 | 302 | 303 | 307 | 308 => {
                    let location = response.headers().get(LOCATION);
                    let location = location.and_then(|value| value.to_str().ok());
                    url = place::next(&url, location.ok_or(Refusal::Status(status))?, &self.policy)?;
                }
                _ => return Err(Refusal::Status(status)),
            }
        }
        Err(Refusal::TooManyRedirects)
    }

    /// Reads no more than is allowed, and nothing of what is something else.
    async fn read(&self, mut response: Response, wanted: Wanted) -> Result<Fetched, Refusal> {
        let most = self.policy.most_bytes;
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |announced| announced > most) {
            return Err(Refusal::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut known = None;
        while let Some(chunk) = response.chunk().await.map_err(|error| Refusal::of(&error))? {
            if bytes.len() + chunk.len() > most {
                return Err(Refusal::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
            if known.is_none() && bytes.len() >= kind::ENOUGH {
                known = Some(kind::of(&bytes, wanted).ok_or(Refusal::WrongKind)?);
            }
        }
        let known = known.or_else(|| kind::of(&bytes, wanted));
        Ok(Fetched {
            media_type: known.ok_or(Refusal::WrongKind)?,
            bytes: bytes.into(),
        })
    }
}
