//! What every command shares: no arguments, secrets on their way in, failures on their way out.

use domain::FailureKind;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// No arguments, or no result.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A secret on its way in; never serialised, never shown.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct SecretText(pub SecretString);

/// What went wrong, for the window and the command line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct FailureView {
    /// What programs branch on.
    pub kind: FailureKind,
    /// A sentence for people.
    pub message: String,
    /// What they can do about it.
    pub hint: Option<String>,
    /// The argument at fault.
    pub param: Option<String>,
    /// The provider it happened at.
    pub provider: Option<String>,
    /// When to try again, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl From<&domain::Failure> for FailureView {
    fn from(failure: &domain::Failure) -> Self {
        Self {
            kind: failure.kind(),
            message: failure.message().to_owned(),
            hint: failure.hint().map(str::to_owned),
            param: failure.param().map(str::to_owned),
            provider: failure.provider().map(str::to_owned),
            retry_after_ms: failure.retry_after_ms(),
        }
    }
}

impl From<FailureView> for domain::Failure {
    fn from(view: FailureView) -> Self {
        let mut failure = Self::new(view.kind, view.message);
        if let Some(hint) = view.hint {
            failure = failure.with_hint(hint);
        }
        if let Some(param) = view.param {
            failure = failure.with_param(param);
        }
        if let Some(provider) = view.provider {
            failure = failure.with_provider(provider);
        }
        if let Some(millis) = view.retry_after_ms {
            failure = failure.with_retry_after_ms(millis);
        }
        failure
    }
}
