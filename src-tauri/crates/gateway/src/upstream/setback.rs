//! Attempts that came to nothing: what is told, whether asking again could help, and what it says about the
//! provider's health.
//!
//! The danger is a request that is repeated although it was served: it would be paid for twice, and a tool
//! loop could act twice. So what decides is how far the attempt came, not how its failure is worded.

use std::error::Error;
use std::time::Duration;

use domain::{Event, Failure, FailureKind};

/// How far an attempt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It never left: no key, no address, or the target is left alone.
    Unsent,
    /// No connection came about.
    Connecting,
    /// Somebody is there who cannot prove to be the provider.
    Distrusted,
    /// It was sent, and the connection closed before a status came.
    Unanswered,
    /// It was accepted, and the connection closed before a piece of the answer came.
    BrokenOff,
    /// A timer of ours ran out.
    Waited,
    /// The provider answered, with a refusal or with nonsense.
    Answered,
}

/// An attempt that came to nothing; no byte of an answer was handed on.
#[derive(Debug)]
pub(crate) struct Setback {
    /// What is told.
    pub failure: Failure,
    /// Usage that the provider reported all the same.
    pub events: Vec<Event>,
    pub(super) stage: Stage,
    /// The provider's own word on whether asking again helps: `x-should-retry`.
    pub(super) advice: Option<bool>,
}

/// Whether asking again could help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    Once,
    Yes,
}

/// Who is to blame, for the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// Nothing was learned about the provider.
    Nobody,
    /// The provider works; it did not like this request.
    Request,
    /// This model of this provider.
    Target,
    /// Everything at this address.
    Origin,
}

impl Setback {
    pub(super) fn at(stage: Stage, failure: Failure) -> Self {
        Self {
            failure,
            events: Vec::new(),
            stage,
            advice: None,
        }
    }

    /// The provider's own status, when it gave one.
    fn status(&self) -> Option<u16> {
        self.failure.upstream()?.status
    }

    /// Whether the provider answered with an error that is its own and passes.
    fn is_passing(&self) -> bool {
        let kind = self.failure.kind();
        let fell_over = kind == FailureKind::UpstreamFailed && matches!(self.status(), Some(409 | 500..));
        fell_over
            || matches!(
                kind,
                FailureKind::UpstreamOverloaded | FailureKind::UpstreamTimeout
            )
    }

    pub(super) fn again(&self) -> Again {
        match self.stage {
            // a certificate is the same a second later
            Stage::Unsent | Stage::Waited | Stage::Distrusted => Again::Never,
            // a wait as long as that is not worth a third one
            Stage::Connecting if self.failure.kind() == FailureKind::UpstreamTimeout => Again::Once,
            Stage::Connecting => Again::Yes,
            // it may have been served and paid for; most often a server closed an idle connection
            Stage::Unanswered | Stage::BrokenOff => Again::Once,
            Stage::Answered if self.advice == Some(false) => Again::Never,
            Stage::Answered if self.failure.kind() == FailureKind::ProviderRateLimited => Again::Yes,
            Stage::Answered if self.is_passing() => Again::Yes,
            // a request that is refused is refused again, and nonsense with status 200 stays nonsense
            Stage::Answered => Again::Never,
        }
    }

    pub(super) fn blame(&self) -> Blame {
        match self.stage {
            // cut off after it was accepted: the target was there, and the next attempt may go well
            Stage::Unsent | Stage::BrokenOff => Blame::Nobody,
            Stage::Connecting | Stage::Distrusted => Blame::Origin,
            Stage::Unanswered | Stage::Waited => Blame::Target,
            Stage::Answered if self.is_passing() && self.status() != Some(409) => Blame::Target,
            Stage::Answered => Blame::Request,
        }
    }
}

/// A timer of ours ran out.
pub(super) fn timed_out(what: &str, wait: Duration) -> Failure {
    let wait = if wait.subsec_millis() == 0 {
        format!("{} seconds", wait.as_secs())
    } else {
        format!("{} ms", wait.as_millis())
    };
    Failure::new(
        FailureKind::UpstreamTimeout,
        format!("The provider {what} within {wait}."),
    )
}

/// The failure of sending. Texts of the HTTP library may hold the URL; only their category is told.
pub(super) fn unsent(error: &reqwest::Error, connect: Duration) -> Setback {
    if let Some(failure) = super::distrust::of(error) {
        return Setback::at(Stage::Distrusted, failure);
    }
    if error.is_connect() {
        let failure = if error.is_timeout() {
            timed_out("could not be reached", connect)
        } else {
            unreachable("could not be reached")
        };
        return Setback::at(Stage::Connecting, failure);
    }
    if is_no_http(error) {
        let failure = Failure::new(
            FailureKind::UpstreamFailed,
            "What answered at the provider's address does not speak HTTP as it should.",
        )
        .with_hint("Check its address and port.");
        return Setback::at(Stage::Answered, failure);
    }
    Setback::at(
        Stage::Unanswered,
        unreachable("closed the connection before it answered"),
    )
}

fn unreachable(why: &str) -> Failure {
    Failure::new(FailureKind::UpstreamUnreachable, format!("The provider {why}."))
        .with_hint("Check its address, the network, and that it is running.")
}

/// Whether bytes came that are no HTTP, or a head larger than a head may be.
fn is_no_http(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(one) = cause {
        if let Some(hyper) = one.downcast_ref::<hyper::Error>() {
            return hyper.is_parse();
        }
        cause = one.source();
    }
    false
}

/// The connection closed in the middle of an answer.
pub(super) fn cut_off() -> Failure {
    Failure::new(
        FailureKind::UpstreamDisconnected,
        "The provider closed the connection in the middle of its answer.",
    )
}
