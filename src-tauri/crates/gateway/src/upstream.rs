//! The way out: fetches the key, sends, times out, and cancels when its reader is dropped.
//!
//! The dangers: a key that goes to another host than the user meant (so redirects are off and the vault's
//! key opens only for the provider's own origin, SEC-19), a provider that never answers (so every wait has
//! a timer), and work that goes on after the reader has left (so nothing here is spawned for HTTP: dropping
//! the future closes the connection). Retries by status are not here yet; a fallback target is the turn's.

#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "providers that want signed requests come with their wire"
    )
)]
mod aws;
mod http;
#[cfg(feature = "starter")]
mod starter;

use std::time::Duration;

use domain::{Answer, Applied, Event, Failure, FailureKind, Model, Provider, Request, Transport};

pub(crate) use http::{HttpClients, unspoken};

use crate::Engine;

/// How long each wait may last.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From sending to the first byte of an answer.
    pub first_token: Duration,
    /// Between two events of a stream.
    pub idle: Duration,
    /// From sending to the end.
    pub overall: Duration,
}

impl Patience {
    /// For providers on the network: 3 minutes over all (design.md 8, D).
    pub const REMOTE: Self = Self {
        first_token: Duration::from_secs(120),
        idle: Duration::from_secs(90),
        overall: Duration::from_secs(180),
    };
    /// For model servers on this machine, which load models and think slowly.
    pub const LOCAL: Self = Self {
        first_token: Duration::from_secs(600),
        idle: Duration::from_secs(300),
        overall: Duration::from_secs(1800),
    };
}

/// What is sent, written out before it leaves, so that it can be recorded and compared.
pub(crate) struct Compiled {
    /// The body on the provider's wire; for the starter the domain request as JSON.
    pub body: Vec<u8>,
    /// What had to be dropped or renamed for this provider.
    pub applied: Vec<Applied>,
}

/// A provider has accepted.
pub(crate) enum Response {
    /// The whole answer.
    Whole(Box<Answer>),
    /// An answer in pieces.
    Events(Events),
}

/// The pieces of an answer; dropping it cancels the work.
pub(crate) enum Events {
    Http(Box<http::HttpEvents>),
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
            #[cfg(feature = "starter")]
            Self::Starter(stream) => stream.next(events).await,
        }
    }
}

/// Writes a request out for a provider.
///
/// # Errors
/// When this build has no codec for the provider's wire.
pub(crate) fn compile(provider: &Provider, model: &str, request: &Request) -> Result<Compiled, Failure> {
    match &provider.transport {
        Transport::InProcess => {
            let body = serde_json::to_vec(request).map_err(crate::failures::internal)?;
            Ok(Compiled {
                body,
                applied: Vec::new(),
            })
        }
        Transport::Http { .. } => http::compile(provider, model, request),
    }
}

/// Sends a compiled request.
///
/// # Errors
/// Whatever went wrong before the first byte of an answer.
pub(crate) async fn send(
    engine: &Engine,
    provider: &Provider,
    request: &Request,
    compiled: Compiled,
) -> Result<Response, Failure> {
    let response = match &provider.transport {
        Transport::Http { base_url } => {
            http::send(engine, provider, base_url, request.stream, compiled.body).await
        }
        #[cfg(feature = "starter")]
        Transport::InProcess => starter::send(engine, request).await,
        #[cfg(not(feature = "starter"))]
        Transport::InProcess => Err(Failure::new(
            FailureKind::WeightsMissing,
            "This build of Inglenook has no starter model.",
        )),
    };
    response.map_err(|failure| name_provider(failure, provider))
}

/// Asks a provider for its models.
///
/// # Errors
/// When it cannot be reached, refuses, or answers with something else than a list.
pub(crate) async fn models(engine: &Engine, provider: &Provider) -> Result<Vec<Model>, Failure> {
    let models = match &provider.transport {
        Transport::Http { base_url } => http::models(engine, provider, base_url).await,
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
            | FailureKind::WeightsMissing
    )
}
