//! The two kinds of key: what a provider gave the user, and what local programs present to us.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AgentId, Budget, ClientKeyId, Money, Origin, Rates, Rule, Slug, Timestamp, ToolCap};

/// The secret a provider gave the user, with the origin it may be sent to. No `Serialize`, and `Debug`
/// shows nothing of it: it exists between the vault and one request's header.
#[derive(Clone, Debug)]
pub struct ProviderKey {
    origin: Origin,
    secret: SecretString,
}

impl ProviderKey {
    /// Binds a secret to an origin.
    pub fn new(origin: Origin, secret: SecretString) -> Self {
        Self { origin, secret }
    }

    /// Where it may be sent.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The secret, only for the origin it is bound to (SEC-19).
    pub fn secret_for(&self, origin: &Origin) -> Option<&str> {
        (self.origin == *origin).then(|| self.secret.expose_secret())
    }
}

/// SHA-256 of a client key's secret; all that is kept of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientKeyDigest(pub [u8; 32]);

impl std::fmt::Debug for ClientKeyDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientKeyDigest(..)")
    }
}

/// How much of a key's calls is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StorePolicy {
    /// Messages and ledger.
    #[default]
    All,
    /// The ledger, and sessions without what was said.
    Metadata,
    /// The ledger alone.
    None,
}

/// What a local program presents, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ClientKey {
    /// Its id; not the secret.
    pub id: ClientKeyId,
    /// The name people read: the program it is for.
    pub name: String,
    /// An emoji or a short word that people know it by.
    #[serde(default)]
    pub icon: Option<String>,
    /// The built-in key of programs that present none, where a setting lets them in.
    #[serde(default)]
    pub anonymous: bool,
    /// The last characters of the secret.
    pub hint: String,
    /// Agents it may use; empty: all.
    pub agents: Vec<AgentId>,
    /// Whether it may name `provider/model`.
    pub raw_models: bool,
    /// The agent that answers when a call names no model.
    #[serde(default)]
    pub default_agent: Option<AgentId>,
    /// The agent that answers for models it does not know.
    pub catch_all: Option<AgentId>,
    /// Model names that stand for agents.
    pub aliases: Vec<(String, Slug)>,
    /// Web origins that may use it, each exactly one serialised origin.
    pub origins: Vec<String>,
    /// Spending caps, at most one for each span; all of them hold.
    #[serde(default)]
    pub budgets: Vec<Budget>,
    /// The most that one session of it may cost.
    #[serde(default)]
    pub session_budget: Option<Money>,
    /// How often it may ask.
    #[serde(flatten)]
    pub rates: Rates,
    /// Whether agents use no tool of their own for it.
    #[serde(default)]
    pub no_tools: bool,
    /// The most that agents may do with a tool for it; never more than their own rules say.
    #[serde(default)]
    pub tool_caps: Vec<ToolCap>,
    /// How much of its calls is kept.
    pub store: StorePolicy,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// The program that used it last, where the operating system tells (Linux).
    #[serde(default)]
    pub last_used_by: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ClientKey {
    /// An agent's rule for a tool, as far as it holds for this key: the stricter of both.
    #[must_use]
    pub fn rule(&self, tool: &str, own: Rule) -> Rule {
        if self.no_tools {
            return Rule::Never;
        }
        let caps = self.tool_caps.iter().filter(|cap| cap.tool == tool);
        caps.fold(own, |rule, cap| rule.strictest(cap.rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_never_widens() {
        let all = [Rule::Always, Rule::Ask, Rule::Never];
        for (at, own) in all.into_iter().enumerate() {
            for (other, cap) in all.into_iter().enumerate() {
                assert_eq!(own.strictest(cap), all[at.max(other)]);
            }
        }
    }
}
