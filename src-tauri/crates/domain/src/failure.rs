//! The one error type. Its kinds are a closed set that programs branch on; texts are for people only.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What went wrong, as far as anyone acts on it differently. A kind is added when a reader
        /// (a client, the window, the command line, the retry rule) does something new with it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
        pub enum FailureKind { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl FailureKind {
            /// Every kind, in the order of the error table.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The kind as it stands in JSON, SQL and on stderr.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Reads [`FailureKind::as_str`] back.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    /// The request breaks a rule; the message names it.
    InvalidRequest = "invalid_request",
    /// The conversation does not fit into the model's context window.
    ContextTooLong = "context_too_long",
    /// The provider refused the content.
    ContentRefused = "content_refused",
    /// No client key came with the request.
    ClientKeyMissing = "client_key_missing",
    /// The client key is unknown, revoked or expired.
    ClientKeyInvalid = "client_key_invalid",
    /// A spending cap is reached; trying again does not help.
    BudgetExceeded = "budget_exceeded",
    /// An agent's run with tools was ended before the model had answered; the code says why.
    RunStopped = "run_stopped",
    /// The request was not addressed to this server: a foreign Host.
    HostDenied = "host_denied",
    /// The request comes from a web page that is not allowed.
    OriginDenied = "origin_denied",
    /// The client key may not use this agent or model.
    ScopeDenied = "scope_denied",
    /// No agent or model of that name.
    ModelNotFound = "model_not_found",
    /// No route of that path.
    RouteNotFound = "route_not_found",
    /// The route exists, for other methods.
    MethodNotAllowed = "method_not_allowed",
    /// No session, call, provider or key of that name.
    NotFound = "not_found",
    /// The name is taken, or the thing was changed meanwhile.
    Conflict = "conflict",
    /// The body is larger than the limit.
    BodyTooLarge = "body_too_large",
    /// The content type is not JSON.
    UnsupportedMediaType = "unsupported_media_type",
    /// The provider needs a key and has none.
    ProviderKeyMissing = "provider_key_missing",
    /// The provider refused the key it was given.
    ProviderKeyRejected = "provider_key_rejected",
    /// A limit of ours on requests, tokens or concurrent calls.
    RateLimited = "rate_limited",
    /// The provider's rate limit.
    ProviderRateLimited = "provider_rate_limited",
    /// The provider's own quota or balance is used up.
    ProviderQuotaExceeded = "provider_quota_exceeded",
    /// The client closed the connection; only ever recorded.
    ClientGone = "client_gone",
    /// The provider answered with an error or with nonsense.
    UpstreamFailed = "upstream_failed",
    /// The provider closed the stream before its end.
    UpstreamDisconnected = "upstream_disconnected",
    /// The provider could not be reached.
    UpstreamUnreachable = "upstream_unreachable",
    /// The provider says that it is overloaded.
    UpstreamOverloaded = "upstream_overloaded",
    /// The provider took too long.
    UpstreamTimeout = "upstream_timeout",
    /// Too many calls at once for this machine.
    Overloaded = "overloaded",
    /// The person has paused the endpoint.
    EndpointPaused = "endpoint_paused",
    /// The vault is there but locked.
    VaultLocked = "secret_store_locked",
    /// There is no vault that could be used.
    VaultAbsent = "secret_store_absent",
    /// The starter model's weights are not on this machine.
    WeightsMissing = "weights_missing",
    /// Another Inglenook works on this data directory.
    DataDirectoryInUse = "data_directory_in_use",
    /// The port is taken by another program.
    PortTaken = "port_taken",
    /// No running Inglenook could be reached.
    NotRunning = "not_running",
    /// The database was written by a newer version and is open for reading only.
    ReadOnly = "read_only",
    /// The database could not be read or written.
    StorageFailed = "storage_failed",
    /// A fault of ours.
    Internal = "internal",
}

/// What the provider itself said, kept beside the kind that we read into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UpstreamError {
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// The provider's own code or type.
    pub code: Option<String>,
    /// The provider's own message, without secrets.
    pub message: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Detail {
    hint: Option<String>,
    param: Option<String>,
    code: Option<String>,
    provider: Option<String>,
    upstream: Option<UpstreamError>,
    retry_after_ms: Option<u64>,
}

/// A failure: its kind for programs, its message for people, and what they can do about it.
/// Neither message nor hint ever holds a secret or a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    kind: FailureKind,
    message: Box<str>,
    #[serde(flatten)]
    detail: Box<Detail>,
}

impl Failure {
    /// A failure of this kind; the message is a whole sentence.
    pub fn new(kind: FailureKind, message: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            detail: Box::default(),
        }
    }

    /// Short for the commonest kind.
    pub fn invalid(param: &str, message: impl Into<Box<str>>) -> Self {
        Self::new(FailureKind::InvalidRequest, message).with_param(param)
    }

    /// What the reader can do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.detail.hint = Some(hint.into());
        self
    }

    /// The request field that is at fault.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.detail.param = Some(param.into());
        self
    }

    /// A finer, stable word than the kind, for wires that have one: OpenAI's
    /// `missing_required_parameter`, `decimal_above_max_value` (W-20, W-36).
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.detail.code = Some(code.into());
        self
    }

    /// The provider it happened at.
    #[must_use]
    pub fn with_provider(mut self, provider: impl Into<String>) -> Self {
        self.detail.provider = Some(provider.into());
        self
    }

    /// What the provider said.
    #[must_use]
    pub fn with_upstream(mut self, upstream: UpstreamError) -> Self {
        self.detail.upstream = Some(upstream);
        self
    }

    /// When to try again, in milliseconds from now.
    #[must_use]
    pub fn with_retry_after_ms(mut self, millis: u64) -> Self {
        self.detail.retry_after_ms = Some(millis);
        self
    }

    /// The kind.
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The hint.
    pub fn hint(&self) -> Option<&str> {
        self.detail.hint.as_deref()
    }

    /// The request field at fault.
    pub fn param(&self) -> Option<&str> {
        self.detail.param.as_deref()
    }

    /// The finer word.
    pub fn code(&self) -> Option<&str> {
        self.detail.code.as_deref()
    }

    /// The provider it happened at.
    pub fn provider(&self) -> Option<&str> {
        self.detail.provider.as_deref()
    }

    /// What the provider said.
    pub fn upstream(&self) -> Option<&UpstreamError> {
        self.detail.upstream.as_ref()
    }

    /// When to try again, in milliseconds.
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.detail.retry_after_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_read_back_from_their_names() {
        for kind in FailureKind::ALL {
            assert_eq!(FailureKind::parse(kind.as_str()), Some(*kind));
            let json = serde_json::to_value(kind).unwrap_or_default();
            assert_eq!(json, kind.as_str(), "{kind:?}");
        }
    }
}
