//! The way out: sends a compiled request, waits as long as it may, and asks again where that helps.
//!
//! The dangers: a key that goes to another host than the user meant (so redirects are off and the vault's
//! key opens only for the provider's own origin, SEC-19), a provider that never answers (so every wait has
//! a timer, REL-04), an outage that we make worse (so retries have a budget and failing targets are left
//! alone, REL-01), and work that goes on after the reader has left (so nothing here is spawned for HTTP:
//! dropping the future closes the connection, in every phase). Which target is next is the turn's to say,
//! what a wire looks like is the codec's.

mod auth;
mod aws;
mod bare;
mod body;
mod breaker;
mod clients;
mod connecting;
mod distrust;
mod effort;
mod events;
mod exchange;
mod gather;
mod health;
mod listing;
mod policy;
mod resolver;
mod retry;
mod setback;
#[cfg(feature = "starter")]
mod starter;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use domain::{
    Answer, Applied, Embeddings, Event, Failure, FailureKind, Model, Provider, Request, Transport, Wire,
};
use wire::catalog::EmbeddingShape;

pub(crate) use bare::{compile_completion, compile_embedding, compile_image};
pub(crate) use clients::HttpClients;
pub(crate) use effort::Effort;
pub(crate) use exchange::Acceptance;
pub(crate) use gather::Gathered;
pub(crate) use health::Health;
pub use policy::{Breaking, Meanwhile, Patience, Retries, UpstreamPolicy};
pub(crate) use resolver::Resolver;

use crate::Engine;

/// What all calls share on their way out.
pub(crate) struct Upstreams {
    pub policy: UpstreamPolicy,
    pub clients: HttpClients,
    pub health: Health,
}

impl Upstreams {
    /// Connection pools and a clean memory.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn new(policy: UpstreamPolicy) -> Result<Self, Failure> {
        Ok(Self {
            policy,
            clients: HttpClients::new(policy.connect)?,
            health: Health::new(policy.breaking),
        })
    }
}

/// What is sent, written out before it leaves, so that it can be recorded, compared and sent again.
pub(crate) struct Compiled {
    /// The body on the provider's wire; for the starter the domain request as JSON.
    pub body: Bytes,
    /// What had to be dropped or renamed for this provider.
    pub applied: Vec<Applied>,
    path: Cow<'static, str>,
    accept: &'static str,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    /// Whether a stream is asked for.
    stream: bool,
    /// Whether the caller wants the whole answer at once.
    whole: bool,
    form: Form,
}

/// In which form an answer is expected.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// An answer of this wire.
    Answer(Wire),
    /// Vectors, one for each input.
    Embeddings { shape: EmbeddingShape, inputs: usize },
    /// A picture.
    Image,
}

impl Compiled {
    /// Where it goes, under the provider's base URL.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// A provider has accepted.
pub(crate) enum Response {
    /// The whole answer.
    Whole(Box<Answer>),
    /// An answer in pieces, which has begun.
    Events(Events),
    /// What was asked to be embedded.
    Vectors(Box<Embeddings>),
}

/// The pieces of an answer; dropping it cancels the work.
pub(crate) enum Events {
    Http(Box<events::HttpEvents>),
    /// Of an answer that came in one piece.
    Whole(Vec<Event>),
    #[cfg(feature = "starter")]
    Starter(starter::StarterEvents),
}

impl Events {
    /// Waits for the next pieces and appends them; `false` at the orderly end.
    ///
    /// # Errors
    /// The failure that ended the stream before its end.
    pub async fn next(&mut self, events: &mut Vec<Event>) -> Result<bool, Failure> {
        match self {
            Self::Http(stream) => stream.next(events).await,
            Self::Whole(all) => {
                events.append(all);
                Ok(false)
            }
            #[cfg(feature = "starter")]
            Self::Starter(stream) => stream.next(events).await,
        }
    }
}

/// Writes a request out for a provider.
///
/// # Errors
/// Faults of ours.
pub(crate) fn compile(provider: &Provider, model: &str, request: &Request) -> Result<Compiled, Failure> {
    match &provider.transport {
        Transport::InProcess => {
            let body = serde_json::to_vec(request).map_err(crate::failures::internal)?;
            Ok(Compiled {
                body: body.into(),
                applied: Vec::new(),
                path: Cow::Borrowed(""),
                accept: "",
                headers: Vec::new(),
                stream: request.stream,
                whole: !request.stream,
                form: Form::Answer(provider.wire),
            })
        }
        Transport::Http { .. } => Ok(exchange::compile(provider.wire, &provider.quirks, model, request)),
    }
}

/// Whether a provider lists its models on another host than the one that serves them.
pub(crate) fn lists_elsewhere(provider: &Provider) -> bool {
    let base_url = provider.base_url();
    base_url.is_some_and(|base_url| listing::elsewhere(provider.wire, base_url).is_some())
}

/// Asks a provider for its models, for at most `wait`.
///
/// # Errors
/// When it cannot be reached, refuses, or answers with something else than a list.
pub(crate) async fn models(
    engine: &Engine,
    provider: &Provider,
    path: &str,
    wait: Duration,
) -> Result<Vec<Model>, Failure> {
    let models = match &provider.transport {
        Transport::Http { base_url } => listing::models(engine, provider, base_url, path, wait).await,
        #[cfg(feature = "starter")]
        Transport::InProcess => Ok(vec![local::model()]),
        #[cfg(not(feature = "starter"))]
        Transport::InProcess => Ok(Vec::new()),
    };
    models.map_err(|failure| name_provider(failure, provider))
}

fn name_provider(failure: Failure, provider: &Provider) -> Failure {
    if failure.provider().is_some() {
        failure
    } else {
        failure.with_provider(provider.id.as_str())
    }
}

/// Whether another target may be tried: the provider is at fault, not the request and not us.
pub(crate) fn is_worth_a_fallback(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::ProviderKeyMissing
            | FailureKind::ProviderKeyRejected
            | FailureKind::ProviderRateLimited
            | FailureKind::ProviderQuotaExceeded
            | FailureKind::UpstreamFailed
            | FailureKind::UpstreamDisconnected
            | FailureKind::UpstreamUnreachable
            | FailureKind::UpstreamOverloaded
            | FailureKind::UpstreamTimeout
            | FailureKind::EndpointPaused
            | FailureKind::WeightsMissing
    )
}
