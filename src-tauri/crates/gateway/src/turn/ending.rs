//! How an answer ended, for whoever waits for it.

use domain::{Confidence, Failure, MessageState};

use crate::control::{FailureView, Receipt};

/// How an answer ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// The answer's state in its session.
    pub state: MessageState,
    /// What it took.
    pub receipt: Receipt,
}

impl Ending {
    /// The ending of a call that no provider has heard of.
    pub fn failed(call: domain::CallId, state: MessageState, failure: &Failure) -> Self {
        let receipt = Receipt {
            call,
            target: None,
            usage: None,
            cost: None,
            confidence: Confidence::Unknown,
            first_token_ms: None,
            total_ms: 0,
            reasoning_ms: None,
            finish: None,
            failure: Some(FailureView::from(failure)),
        };
        Self { state, receipt }
    }
}
