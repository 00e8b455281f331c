//! Asks a search engine of the web.
//!
//! The danger is the key: it goes to the engine's own origin and nowhere else, so redirects are not followed (SEC-19).
//! What comes back was written by strangers; it is bounded, and whoever shows it to a model says so. The wires are
//! those of the engines' own documents: SearXNG's `/search?format=json`, Brave's `/res/v1/web/search`, Tavily's `/search`.

use std::time::Duration;

use domain::{Failure, FailureKind, SearchEngine, WebSearch};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::json;
use store::vault::Owner;

use crate::Engine;
use crate::fetch::{self, Refusal};

/// Most results that are asked for.
pub(crate) const MOST: u32 = 20;
const PATIENCE: Duration = Duration::from_secs(15);
const MOST_BYTES: usize = 2 << 20;
/// Characters of a title or an excerpt.
const TITLE: usize = 200;
const EXCERPT: usize = 600;

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub title: String,
    pub url: String,
    pub excerpt: String,
}

/// Looks something up with an engine.
///
/// # Errors
/// What kept the engine from answering, its refusal of the key among it.
pub(crate) async fn search(
    engine: &Engine,
    by: &WebSearch,
    text: &str,
    count: u32,
) -> Result<Vec<Found>, Failure> {
    let count = count.clamp(1, MOST);
    let found = tokio::time::timeout(PATIENCE, async {
        let request = request(engine, by, text, count).await?;
        let answered = fetch::answer(request, MOST_BYTES).await;
        let answer = answered.map_err(|refusal| match matches!(refusal, Refusal::TooLarge) {
            true => unreadable(by),
            false => unreachable(by),
        })?;
        match answer.status {
            200 => read(by, &answer.body),
            status => Err(refused(by, status)),
        }
    });
    let mut found = found.await.unwrap_or_else(|_| {
        let seconds = PATIENCE.as_secs();
        let why = format!("{} did not answer within {seconds} seconds.", by.engine.label());
        Err(Failure::new(FailureKind::UpstreamTimeout, why))
    })?;
    found.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    Ok(found)
}

async fn request(engine: &Engine, by: &WebSearch, text: &str, count: u32) -> Result<RequestBuilder, Failure> {
    let origin = by.base_url.origin();
    let kept = engine.vault().get(Owner::WebSearch, &origin).await?;
    let key = kept.as_ref().and_then(|kept| kept.secret_for(&origin));
    if key.is_none() && by.engine.needs_key() {
        return Err(Failure::new(
            FailureKind::ProviderKeyMissing,
            format!("{} has no key.", by.engine.label()),
        )
        .with_hint("Give it one: `inglenook search set`, or under Settings."));
    }
    let clients = &engine.upstreams().clients;
    let client = match by.base_url.is_loopback() {
        true => clients.loopback(),
        false => clients.remote()?,
    };
    let at = |path: &str| by.base_url.join(path);
    Ok(match by.engine {
        SearchEngine::Searxng => {
            let query = pairs(&[("q", text), ("format", "json"), ("safesearch", "1")]);
            let asked = client.get(at(&format!("/search?{query}")));
            match key {
                Some(key) => asked.bearer_auth(key),
                None => asked,
            }
        }
        SearchEngine::Brave => {
            let query = pairs(&[
                ("q", text),
                ("count", &count.to_string()),
                ("text_decorations", "false"),
            ]);
            let asked = client.get(at(&format!("/res/v1/web/search?{query}")));
            asked
                .header("accept", "application/json")
                .header("x-subscription-token", key.unwrap_or_default())
        }
        SearchEngine::Tavily => {
            let body = json!({"query": text, "max_results": count});
            let asked = client.post(at("/search")).bearer_auth(key.unwrap_or_default());
            asked
                .header("content-type", "application/json")
                .body(body.to_string())
        }
    })
}

fn pairs(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// As the three of them write a result: `content` is what SearXNG and Tavily call what Brave calls `description`.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    title: Option<String>,
    url: String,
    #[serde(default, alias = "description")]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    results: Vec<Told>,
}

#[derive(Deserialize)]
struct Brave {
    /// Absent where nothing was found.
    #[serde(default)]
    web: Option<Results>,
}

fn read(by: &WebSearch, body: &[u8]) -> Result<Vec<Found>, Failure> {
    let unreadable = |_| unreadable(by);
    let told = match by.engine {
        SearchEngine::Searxng | SearchEngine::Tavily => {
            serde_json::from_slice::<Results>(body)
                .map_err(unreadable)?
                .results
        }
        SearchEngine::Brave => {
            let answer: Brave = serde_json::from_slice(body).map_err(unreadable)?;
            answer.web.map(|web| web.results).unwrap_or_default()
        }
    };
    let found = told.into_iter().filter(|told| is_page(&told.url));
    Ok(found
        .map(|told| Found {
            title: line(told.title.as_deref().unwrap_or_default(), TITLE),
            excerpt: line(told.content.as_deref().unwrap_or_default(), EXCERPT),
            url: told.url,
        })
        .collect())
}

/// Whether an address is one of a page, and no other thing that a link can be.
fn is_page(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// On one line, so that no text looks like a result of its own.
fn line(text: &str, most: usize) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(most).collect()
}

fn refused(by: &WebSearch, status: u16) -> Failure {
    let label = by.engine.label();
    match status {
        401 | 403 if by.engine == SearchEngine::Searxng => Failure::new(
            FailureKind::UpstreamFailed,
            format!("{label} answered with status {status}."),
        )
        .with_hint("Its settings have to allow the format json: `search: formats: [html, json]`."),
        401 | 403 | 422 => Failure::new(
            FailureKind::ProviderKeyRejected,
            format!("{label} did not take the key."),
        )
        .with_hint("Give it another one: `inglenook search set`, or under Settings."),
        402 | 429 => Failure::new(
            FailureKind::RateLimited,
            format!("{label} has been asked too often for now."),
        ),
        status => Failure::new(
            FailureKind::UpstreamFailed,
            format!("{label} answered with status {status}."),
        ),
    }
}

fn unreachable(by: &WebSearch) -> Failure {
    let why = format!("{} could not be reached.", by.engine.label());
    Failure::new(FailureKind::UpstreamUnreachable, why)
}

fn unreadable(by: &WebSearch) -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        format!("The answer of {} could not be read.", by.engine.label()),
    )
}
