//! Links that begin with `inglenook:`, as far as they were read.

use domain::{AgentDraft, Slug, Wire};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::FailureView;

/// A link that somebody opened.
#[derive(Clone, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct OfferLink {
    /// The whole of it, as it came.
    pub link: String,
}

/// What a link asks for. Nothing of it is done: it is shown, and the person decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "asks", rename_all = "snake_case")]
pub enum LinkContent {
    /// To make an agent.
    Agent {
        /// What it would be.
        draft: Box<AgentDraft>,
        /// The same as a file: everything that would be saved.
        file: String,
    },
    /// To add a provider, whose key the person would enter.
    Provider {
        /// Its short name, where the link has one.
        slug: Option<Slug>,
        /// Its name, where the link has one.
        name: Option<String>,
        /// The protocol.
        wire: Wire,
        /// Where it is.
        base_url: String,
    },
    /// To write a message, which the person would send.
    Chat {
        /// To whom; absent: whoever answers usually.
        agent: Option<Slug>,
        /// The message.
        text: String,
    },
    /// It cannot be read, and asks for nothing.
    Unreadable {
        /// Why.
        failure: FailureView,
    },
}

/// The newest link that the person has not answered yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferedLink {
    /// Tells it from the ones before.
    pub id: u64,
    /// What it asks for.
    pub content: LinkContent,
}

/// Names a link that was offered.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct LinkName {
    /// Its number.
    pub id: u64,
}
