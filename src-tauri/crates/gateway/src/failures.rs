//! Failures that several rooms make.

use domain::{Failure, FailureKind};

/// A fault of ours. What happened goes to the log; the caller learns only that it did.
pub(crate) fn internal(error: impl std::fmt::Display) -> Failure {
    tracing::error!(%error, "internal failure");
    Failure::new(FailureKind::Internal, "Something went wrong inside Inglenook.")
        .with_hint("The log has the details; `inglenook doctor` checks this installation.")
}

/// No such thing.
pub(crate) fn not_found(what: &str, name: &str) -> Failure {
    Failure::new(FailureKind::NotFound, format!("There is no {what} {name:?}."))
}

/// A failure that is known by its kind alone, because it happened before: in words for people.
pub(crate) fn in_words(kind: FailureKind) -> Failure {
    use FailureKind as K;
    let (message, hint) = match kind {
        K::ProviderKeyMissing => ("The provider had no key.", Some("Give it one under Providers.")),
        K::ProviderKeyRejected => (
            "The provider refused its key.",
            Some("Replace the key under Providers."),
        ),
        K::ProviderRateLimited => (
            "The provider's rate limit was reached.",
            Some("Try again in a while."),
        ),
        K::ProviderQuotaExceeded => (
            "The provider's own quota is used up.",
            Some("Look at your account there."),
        ),
        K::UpstreamUnreachable => (
            "The provider could not be reached.",
            Some("Check its address and the network."),
        ),
        K::UpstreamDisconnected => ("The provider broke off in the middle.", Some("Try again.")),
        K::UpstreamOverloaded => ("The provider was overloaded.", Some("Try again in a while.")),
        K::UpstreamTimeout => ("The provider took too long.", Some("Try again.")),
        K::UpstreamFailed => ("The provider answered with an error.", None),
        K::ContextTooLong => (
            "The conversation was too long for the model.",
            Some("Begin a new chat."),
        ),
        K::ContentRefused => ("The provider refused the content.", None),
        K::VaultLocked => ("The vault was locked.", Some("Unlock it in the settings.")),
        K::VaultAbsent => (
            "There was no vault to read the key from.",
            Some("Choose one in the settings."),
        ),
        K::WeightsMissing => (
            "The starter model was not there.",
            Some("Download it under Providers."),
        ),
        K::BudgetExceeded => ("The budget was spent.", None),
        K::RunStopped => ("The agent's run with tools was stopped.", None),
        K::InvalidRequest => ("The provider did not accept the request.", None),
        K::ModelNotFound => (
            "The provider does not have this model.",
            Some("Give the agent another model."),
        ),
        K::ClientKeyMissing
        | K::ClientKeyInvalid
        | K::HostDenied
        | K::OriginDenied
        | K::ScopeDenied
        | K::RouteNotFound
        | K::MethodNotAllowed
        | K::NotFound
        | K::Conflict
        | K::BodyTooLarge
        | K::UnsupportedMediaType
        | K::RateLimited
        | K::ClientGone
        | K::Overloaded
        | K::EndpointPaused
        | K::DataDirectoryInUse
        | K::PortTaken
        | K::NotRunning
        | K::ReadOnly
        | K::StorageFailed
        | K::Internal => ("It failed.", None),
    };
    let failure = Failure::new(kind, message);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}
