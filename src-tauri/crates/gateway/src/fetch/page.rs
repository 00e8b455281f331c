//! Pages, which only a tool fetches: text, whatever it says it is.
//!
//! The danger is the same as with images, and the same guard stands before it. What is more: a site may not want to be
//! read by machines, and says so in a file (RFC 9309).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::Failure;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, Url};

use super::{Fetcher, Refusal, place};

const ACCEPT: &str =
    "text/html,application/xhtml+xml,text/plain,text/markdown,application/json,application/xml;q=0.9";
/// Bytes of a page, and of a site's wishes.
const LARGEST: usize = 5 << 20;
const LARGEST_WISHES: usize = 512 << 10;
/// How long a site's wishes are remembered, and of how many sites.
const REMEMBERED: Duration = Duration::from_secs(3600);
const SITES: usize = 256;
/// As what a site may speak of us.
const ROBOT: &str = "Inglenook";

/// What a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageKind {
    Html,
    /// Text that is read as it stands.
    Text,
}

/// A page.
pub(crate) struct Page {
    /// Where it was in the end.
    pub url: String,
    pub kind: PageKind,
    pub text: String,
}

/// What sites want of machines, by origin.
#[derive(Default)]
pub(super) struct Wishes {
    known: Mutex<HashMap<String, (Instant, Option<bytes::Bytes>)>>,
}

impl Wishes {
    fn get(&self, origin: &str) -> Option<Option<bytes::Bytes>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, wishes) = known.get(origin)?;
        (at.elapsed() < REMEMBERED).then(|| wishes.clone())
    }

    fn keep(&self, origin: String, wishes: Option<bytes::Bytes>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= SITES {
            known.clear();
        }
        known.insert(origin, (Instant::now(), wishes));
    }
}

impl Fetcher {
    /// Fetches a page, where its site lets machines read it.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`].
    pub async fn page(&self, address: &str) -> Result<Result<Page, Refusal>, Failure> {
        let url = match place::read(address, &self.policy) {
            Ok(url) => url,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let client = self.client.get()?;
        let got = tokio::time::timeout(self.policy.patience, async {
            // it is never closed
            let _turn = self.turns.acquire().await.ok();
            if !self.may_read(&client, &url).await? {
                return Err(Refusal::Unwelcome);
            }
            let response = self.follow(&client, url, ACCEPT).await?;
            page(response).await
        });
        Ok(got.await.unwrap_or(Err(Refusal::TooSlow)))
    }

    /// Whether the site lets machines read this.
    async fn may_read(&self, client: &reqwest::Client, url: &Url) -> Result<bool, Refusal> {
        let origin = url.origin().ascii_serialization();
        let wishes = match self.wishes.get(&origin) {
            Some(wishes) => wishes,
            None => {
                let wishes = self.ask_site(client, &origin).await?;
                self.wishes.keep(origin, wishes.clone());
                wishes
            }
        };
        let Some(wishes) = wishes else { return Ok(true) };
        // what cannot be read forbids nothing
        Ok(texting_robots::Robot::new(ROBOT, &wishes).map_or(true, |robot| robot.allowed(url.as_str())))
    }

    /// A site's wishes; `None` when it has none.
    async fn ask_site(
        &self,
        client: &reqwest::Client,
        origin: &str,
    ) -> Result<Option<bytes::Bytes>, Refusal> {
        let url = Url::parse(&format!("{origin}/robots.txt")).map_err(|_| Refusal::NotAnAddress)?;
        match self.follow(client, url, "text/plain").await {
            Ok(response) => bytes(response, LARGEST_WISHES, true).await.map(Some),
            // a server in trouble may have forbidden it
            Err(Refusal::Status(500..)) => Ok(Some(bytes::Bytes::from_static(b"User-agent: *\nDisallow: /"))),
            Err(Refusal::Status(_) | Refusal::TooManyRedirects) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}

async fn page(response: Response) -> Result<Page, Refusal> {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("text/plain");
    let (media_type, charset) = kind.split_once(';').unwrap_or((kind, ""));
    let media_type = media_type.trim().to_ascii_lowercase();
    let kind = match media_type.as_str() {
        "text/html" | "application/xhtml+xml" => PageKind::Html,
        "application/json" | "application/xml" | "application/javascript" => PageKind::Text,
        other if other.starts_with("text/") || other.ends_with("+json") || other.ends_with("+xml") => {
            PageKind::Text
        }
        _ => return Err(Refusal::WrongKind),
    };
    let named = charset_of(charset.as_bytes());
    let url = response.url().to_string();
    let bytes = bytes(response, LARGEST, false).await?;
    if bytes.contains(&0) {
        return Err(Refusal::WrongKind);
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let within = || match kind {
        PageKind::Html => charset_of(head),
        PageKind::Text => None,
    };
    // a mark of the byte order says more than either
    let (text, ..) = named.or_else(within).unwrap_or(encoding_rs::UTF_8).decode(&bytes);
    let text = text.into_owned();
    Ok(Page { url, kind, text })
}

/// What stands after the first `charset=`, in a header or in a page's `<meta>`, as browsers read it.
fn charset_of(text: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    const NAMED: &[u8] = b"charset=";
    let lower = text.to_ascii_lowercase();
    let at = memchr::memmem::find(&lower, NAMED)? + NAMED.len();
    let label = lower.get(at..)?;
    let label = label
        .strip_prefix(b"\"")
        .or_else(|| label.strip_prefix(b"'"))
        .unwrap_or(label);
    let ends = |byte: &u8| b"\"'; />".contains(byte);
    encoding_rs::Encoding::for_label(label.split(ends).next()?)
}

/// All of it, or as much as may be.
async fn bytes(mut response: Response, most: usize, cut: bool) -> Result<bytes::Bytes, Refusal> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Refusal::of(&error))? {
        let room = most - bytes.len();
        if chunk.len() > room {
            if !cut {
                return Err(Refusal::TooLarge);
            }
            bytes.extend(chunk.iter().take(room));
            break;
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
