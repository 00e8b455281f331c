//! Providers over HTTP.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::{AuthScheme, BaseUrl, Event, Failure, FailureKind, Model, Provider, ProviderKey, Request, Wire};
use futures_util::FutureExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant as Deadline, Sleep, sleep_until, timeout_at};

use super::{Compiled, Events, Patience, Response};
use crate::Engine;
use crate::failures::internal;

const CONNECT: Duration = Duration::from_secs(10);
/// An answer or error body larger than this is not read to its end (REL-24).
const BODY_CAP: usize = 64 << 20;
const ERROR_CAP: usize = 256 << 10;
/// More addresses than anybody has providers.
const URLS: usize = 256;
/// Events that are handed on together when they came together.
const TOGETHER: usize = 64;

/// The connection pools. Loopback never goes through a proxy (REL-27).
pub(crate) struct HttpClients {
    loopback: reqwest::Client,
    remote: std::sync::OnceLock<reqwest::Client>,
    chat_urls: Mutex<HashMap<BaseUrl, reqwest::Url>>,
}

impl HttpClients {
    /// The pool for this machine's own servers; the other one is made at its first use, because loading
    /// the system's certificates takes time that a start should not.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn new() -> Result<Self, Failure> {
        Ok(Self {
            loopback: client(Proxies::Never)?,
            remote: std::sync::OnceLock::new(),
            chat_urls: Mutex::default(),
        })
    }

    /// Where chat completions of a provider are. Kept, because parsing a URL costs as much as parsing a request.
    fn chat_url(&self, base_url: &BaseUrl) -> Result<reqwest::Url, Failure> {
        let mut known = self.chat_urls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = known.get(base_url) {
            return Ok(url.clone());
        }
        let text = format!("{}{}", base_url.as_str(), wire::openai_chat::CHAT_PATH);
        let url = reqwest::Url::parse(&text).map_err(internal)?;
        if known.len() >= URLS {
            known.clear();
        }
        known.insert(base_url.clone(), url.clone());
        Ok(url)
    }

    fn for_url(&self, url: &BaseUrl) -> Result<&reqwest::Client, Failure> {
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
        let made = client(Proxies::OfTheSystem)?;
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
fn client(proxies: Proxies) -> Result<reqwest::Client, Failure> {
    let builder = match proxies {
        Proxies::Never => reqwest::Client::builder().no_proxy(),
        Proxies::OfTheSystem => reqwest::Client::builder(),
    };
    builder
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .tcp_nodelay(true)
        .connect_timeout(CONNECT)
        .pool_idle_timeout(Duration::from_secs(90))
        .build()
        .map_err(internal)
}

/// Writes a request out on the provider's wire.
pub(super) fn compile(provider: &Provider, model: &str, request: &Request) -> Result<Compiled, Failure> {
    match provider.wire {
        Wire::OpenAiChat => {
            let mut body = Vec::with_capacity(1024);
            let applied = wire::openai_chat::encode_request(request, model, &provider.quirks, &mut body);
            Ok(Compiled { body, applied })
        }
        Wire::OpenAiResponses
        | Wire::AnthropicMessages
        | Wire::Gemini
        | Wire::Ollama
        | Wire::BedrockConverse => Err(unspoken(provider.wire)),
    }
}

/// The failure of a wire that has no codec yet.
pub(crate) fn unspoken(wire: Wire) -> Failure {
    Failure::invalid(
        "wire",
        format!("This version of Inglenook does not speak {} yet.", wire.as_str()),
    )
    .with_hint("Use the provider's OpenAI-compatible address with --wire openai-chat.")
}

fn patience(base_url: &BaseUrl) -> Patience {
    if base_url.is_loopback() {
        Patience::LOCAL
    } else {
        Patience::REMOTE
    }
}

async fn key(
    engine: &Engine,
    provider: &Provider,
    base_url: &BaseUrl,
) -> Result<Option<ProviderKey>, Failure> {
    if provider.auth == AuthScheme::None {
        return Ok(None);
    }
    match engine.vault().get(&provider.id, &base_url.origin()).await? {
        Some(key) => Ok(Some(key)),
        None => Err(Failure::new(
            FailureKind::ProviderKeyMissing,
            format!("The provider {} has no key.", provider.id),
        )
        .with_hint("Give it one under Providers, or with `inglenook provider add SLUG --key-stdin`.")),
    }
}

fn headers(provider: &Provider, base_url: &BaseUrl, key: Option<&ProviderKey>) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(4 + provider.headers.len());
    for (name, value) in &provider.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(internal)?;
        headers.insert(name, HeaderValue::try_from(value.as_str()).map_err(internal)?);
    }
    let Some(secret) = key.and_then(|key| key.secret_for(&base_url.origin())) else {
        return Ok(headers);
    };
    let sensitive = |text: &str| {
        let mut value = HeaderValue::try_from(text).map_err(|_| {
            Failure::new(
                FailureKind::ProviderKeyRejected,
                "The provider key has characters that no header can carry.",
            )
        })?;
        value.set_sensitive(true);
        Ok::<_, Failure>(value)
    };
    match &provider.auth {
        AuthScheme::None => {}
        AuthScheme::Bearer => {
            headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {secret}"))?);
        }
        AuthScheme::Header { name } => {
            let name = HeaderName::try_from(name.as_str()).map_err(internal)?;
            headers.insert(name, sensitive(secret)?);
        }
    }
    Ok(headers)
}

/// Sends a request and waits until the provider has accepted it.
pub(super) async fn send(
    engine: &Engine,
    provider: &Provider,
    base_url: &BaseUrl,
    stream: bool,
    body: Vec<u8>,
) -> Result<Response, Failure> {
    let patience = patience(base_url);
    let begun = Deadline::now();
    let key = key(engine, provider, base_url).await?;
    let mut headers = headers(provider, base_url, key.as_ref())?;
    drop(key);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let accept = if stream {
        "text/event-stream"
    } else {
        "application/json"
    };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    let mut outgoing = reqwest::Request::new(reqwest::Method::POST, engine.http().chat_url(base_url)?);
    *outgoing.headers_mut() = headers;
    *outgoing.body_mut() = Some(body.into());
    let sending = engine.http().for_url(base_url)?.execute(outgoing);
    let wait = if stream {
        patience.first_token
    } else {
        patience.overall
    };
    let mut response = timeout_at(begun + wait, sending)
        .await
        .map_err(|_| timed_out("did not begin to answer", wait))?
        .map_err(|error| unreachable(&error))?;
    if !response.status().is_success() {
        return Err(refusal(response, begun + patience.overall).await);
    }
    let event_stream = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/event-stream"));
    if stream && event_stream {
        return Ok(Response::Events(Events::Http(Box::new(HttpEvents {
            response,
            decoder: wire::openai_chat::StreamDecoder::new(),
            patience,
            begun,
            last_event: begun,
            started: false,
            timer: Box::pin(sleep_until(begun + patience.first_token.min(patience.overall))),
        }))));
    }
    let body = read_all(&mut response, BODY_CAP, begun + patience.overall).await?;
    let answer = wire::openai_chat::decode_answer(&body)?;
    Ok(Response::Whole(Box::new(answer)))
}

/// Asks for the provider's models.
pub(super) async fn models(
    engine: &Engine,
    provider: &Provider,
    base_url: &BaseUrl,
) -> Result<Vec<Model>, Failure> {
    if provider.wire != Wire::OpenAiChat {
        return Err(unspoken(provider.wire));
    }
    let wait = Duration::from_secs(20);
    let begun = Deadline::now();
    let key = key(engine, provider, base_url).await?;
    let headers = headers(provider, base_url, key.as_ref())?;
    let url = format!("{}{}", base_url.as_str(), wire::openai_chat::MODELS_PATH);
    let sending = engine.http().for_url(base_url)?.get(url).headers(headers).send();
    let mut response = timeout_at(begun + wait, sending)
        .await
        .map_err(|_| timed_out("did not list its models", wait))?
        .map_err(|error| unreachable(&error))?;
    if !response.status().is_success() {
        return Err(refusal(response, begun + wait).await);
    }
    wire::openai_chat::decode_models(&read_all(&mut response, BODY_CAP, begun + wait).await?)
}

async fn refusal(mut response: reqwest::Response, deadline: Deadline) -> Failure {
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // a refusal without a readable body is a refusal all the same
    let body = read_all(&mut response, ERROR_CAP, deadline)
        .await
        .unwrap_or_default();
    let said = wire::RefusalHeaders {
        retry_after: text("retry-after"),
        retry_after_ms: text("retry-after-ms"),
        date: text("date"),
        error_type: text("x-amzn-errortype"),
    };
    wire::decode_error(status, &said, &body)
}

async fn read_all(
    response: &mut reqwest::Response,
    cap: usize,
    deadline: Deadline,
) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    loop {
        let chunk = timeout_at(deadline, response.chunk())
            .await
            .map_err(|_| {
                Failure::new(
                    FailureKind::UpstreamTimeout,
                    "The provider did not finish its answer in time.",
                )
            })?
            .map_err(|error| cut_off(&error))?;
        let Some(chunk) = chunk else { return Ok(body) };
        if body.len() + chunk.len() > cap {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider's answer is larger than the limit.",
            ));
        }
        body.extend_from_slice(&chunk);
    }
}

fn timed_out(what: &str, wait: Duration) -> Failure {
    Failure::new(
        FailureKind::UpstreamTimeout,
        format!("The provider {what} within {} seconds.", wait.as_secs()),
    )
}

/// Texts of the HTTP library may hold the URL; only its category is told.
fn unreachable(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return timed_out("could not be reached", CONNECT);
    }
    let why = if error.is_connect() {
        "could not be reached"
    } else {
        "closed the connection before it answered"
    };
    Failure::new(FailureKind::UpstreamUnreachable, format!("The provider {why}."))
        .with_hint("Check its address, the network, and that it is running.")
}

fn cut_off(_error: &reqwest::Error) -> Failure {
    Failure::new(
        FailureKind::UpstreamDisconnected,
        "The provider closed the connection in the middle of its answer.",
    )
}

/// A stream of server-sent events.
pub(crate) struct HttpEvents {
    response: reqwest::Response,
    decoder: wire::openai_chat::StreamDecoder,
    patience: Patience,
    begun: Deadline,
    last_event: Deadline,
    started: bool,
    timer: Pin<Box<Sleep>>,
}

impl HttpEvents {
    /// Waits for the next pieces; pings alone do not count as an answer.
    pub async fn next(&mut self, events: &mut Vec<Event>) -> Result<bool, Failure> {
        let before = events.len();
        loop {
            if self.decoder.is_done() {
                self.decoder.finish(events)?;
                return Ok(false);
            }
            let answered = events.len() > before;
            let chunk = if answered {
                // what has come meanwhile goes along: a wake-up, a write and a timer for all of it
                if events.len() - before >= TOGETHER {
                    return Ok(true);
                }
                let Some(chunk) = self.response.chunk().now_or_never() else {
                    return Ok(true);
                };
                chunk.map_err(|error| cut_off(&error))?
            } else {
                self.chunk().await?
            };
            let Some(chunk) = chunk else {
                self.decoder.finish(events)?;
                return Ok(false);
            };
            self.decoder.push(&chunk, events)?;
            if !answered && events.len() > before {
                self.last_event = Deadline::now();
                if !self.started {
                    self.started = true;
                    let deadline = self.deadline();
                    self.timer.as_mut().reset(deadline);
                }
            }
        }
    }

    fn deadline(&self) -> Deadline {
        let (from, wait) = self.awaited();
        (from + wait).min(self.begun + self.patience.overall)
    }

    /// What is waited for: since when and how long.
    fn awaited(&self) -> (Deadline, Duration) {
        if self.started {
            (self.last_event, self.patience.idle)
        } else {
            (self.begun, self.patience.first_token)
        }
    }

    /// The next bytes. One timer serves the whole stream: when it fires, it is set to what is due by then.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            tokio::select! {
                biased;
                chunk = self.response.chunk() => return chunk.map_err(|error| cut_off(&error)),
                () = &mut self.timer => {
                    let deadline = self.deadline();
                    if deadline <= Deadline::now() {
                        return Err(timed_out("sent nothing more", deadline - self.awaited().0));
                    }
                    self.timer.as_mut().reset(deadline);
                }
            }
        }
    }
}
