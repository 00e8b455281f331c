//! Whose secret it is. The vault keeps one for each.

use domain::{Failure, McpServerId, ProviderId};

/// Who has a secret in the vault.
#[derive(Clone, Copy, Debug)]
pub enum Owner<'a> {
    /// A provider: its key.
    Provider(&'a ProviderId),
    /// An MCP server: what its environment or its headers need, as one JSON object of texts.
    McpServer(&'a McpServerId),
    /// The search engine of the web: its key.
    WebSearch,
    /// The person, signed in to an MCP server: the tokens.
    McpSignIn(&'a McpServerId),
}

impl<'a> From<&'a ProviderId> for Owner<'a> {
    fn from(id: &'a ProviderId) -> Self {
        Self::Provider(id)
    }
}

impl<'a> From<&'a McpServerId> for Owner<'a> {
    fn from(id: &'a McpServerId) -> Self {
        Self::McpServer(id)
    }
}

impl Owner<'_> {
    /// The name of its row. A provider's is a slug, in which there is no colon.
    pub(super) fn row(self) -> Box<str> {
        match self {
            Self::Provider(id) => id.as_str().into(),
            Self::McpServer(id) => format!("mcp:{id}").into(),
            Self::WebSearch => "search:".into(),
            Self::McpSignIn(id) => format!("mcp-sign-in:{id}").into(),
        }
    }

    /// Tells at whom it happened.
    pub(super) fn named(self, failure: Failure) -> Failure {
        match self {
            Self::Provider(id) => failure.with_provider(id.as_str()),
            Self::McpServer(_) | Self::McpSignIn(_) | Self::WebSearch => failure,
        }
    }
}

impl std::fmt::Display for Owner<'_> {
    /// The name that people gave it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Provider(id) => id.fmt(f),
            Self::McpServer(id) | Self::McpSignIn(id) => id.fmt(f),
            Self::WebSearch => f.write_str("web search"),
        }
    }
}
