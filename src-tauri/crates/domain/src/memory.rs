//! What an agent remembers from one conversation to the next, and who may hear of it.
//!
//! The danger is that what one program said comes out at another. So everything remembered belongs to somebody: to the
//! person, or to the client key in whose call it was remembered. Only a person can give it to everybody.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{AgentId, CallId, CallSource, ClientKeyId, Failure, MemoryId, SessionId, Timestamp};

/// In whose calls an agent remembers, and recalls what it remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MemoryMode {
    /// In nobody's.
    #[default]
    Off,
    /// In those of the window and of the command line; calls of programs neither read nor write.
    Window,
    /// In everybody's, each with what is theirs.
    Everywhere,
}

/// How an agent remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct MemoryRules {
    /// In whose calls.
    pub mode: MemoryMode,
    /// How much of it goes into one call at most; `None`: 6.
    pub recall: Option<u32>,
}

impl MemoryRules {
    const MOST: u32 = 50;

    /// How much goes into one call at most.
    #[must_use]
    pub fn most(&self) -> usize {
        usize::try_from(self.recall.unwrap_or(6)).unwrap_or(usize::MAX)
    }

    /// Whether the agent remembers in a call from there.
    #[must_use]
    pub fn cover(&self, source: &CallSource) -> bool {
        match (self.mode, source) {
            (MemoryMode::Off, _) | (MemoryMode::Window, CallSource::Client { .. }) => false,
            (MemoryMode::Window, CallSource::Window | CallSource::CommandLine)
            | (MemoryMode::Everywhere, _) => true,
        }
    }

    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] when more is to be recalled than a model would look at.
    pub fn check(&self) -> Result<(), Failure> {
        if self.recall.is_none_or(|most| most <= Self::MOST) {
            return Ok(());
        }
        let most = Self::MOST;
        Err(Failure::invalid(
            "memory.recall",
            format!("An agent recalls at most {most} memories in one call."),
        ))
    }
}

/// What kind of thing is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// One thing that holds.
    #[default]
    Fact,
    /// What a conversation came to.
    Summary,
}

impl MemoryKind {
    /// The kind as it stands in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Summary => "summary",
        }
    }

    /// Reads [`MemoryKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Fact, Self::Summary]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// Whose calls may hear of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum MemoryScope {
    /// Those of the window and of the command line.
    App,
    /// Those with this client key.
    Client {
        /// The key.
        key: ClientKeyId,
    },
    /// All.
    Everybody,
}

impl MemoryScope {
    /// Whose it is when it is remembered in a call from there.
    #[must_use]
    pub fn of(source: &CallSource) -> Self {
        match source {
            CallSource::Window | CallSource::CommandLine => Self::App,
            CallSource::Client { key } => Self::Client { key: key.clone() },
        }
    }

    /// The scope as it stands in SQL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::App => "app",
            Self::Client { key } => key.as_str(),
            Self::Everybody => "everybody",
        }
    }

    /// Reads [`MemoryScope::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "app" => Some(Self::App),
            "everybody" => Some(Self::Everybody),
            key => ClientKeyId::parse(key).map(|key| Self::Client { key }),
        }
    }
}

/// Something that an agent remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Memory {
    /// Its id.
    pub id: MemoryId,
    /// The agent.
    pub agent: AgentId,
    /// Whose calls may hear of it.
    pub scope: MemoryScope,
    /// What kind of thing it is.
    pub kind: MemoryKind,
    /// What is remembered.
    pub text: String,
    /// What had come from outside into the conversation before it was remembered, and may have made the agent
    /// remember it.
    pub from_outside: Option<String>,
    /// The call in which it was remembered; `None` when a person wrote it.
    pub call: Option<CallId>,
    /// The session of that call.
    pub session: Option<SessionId>,
    /// When it was remembered.
    pub created_at: Timestamp,
    /// When it was last recalled.
    pub used_at: Option<Timestamp>,
    /// In how many calls it was recalled.
    pub uses: u32,
    /// When it was forgotten; it can be brought back for thirty days.
    pub forgotten_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_not_covered_unless_everybody_is() {
        let program = ClientKeyId::parse("ck_1").map(|key| CallSource::Client { key });
        for (mode, window, client) in [
            (MemoryMode::Off, false, false),
            (MemoryMode::Window, true, false),
            (MemoryMode::Everywhere, true, true),
        ] {
            let rules = MemoryRules { mode, recall: None };
            assert_eq!(rules.cover(&CallSource::Window), window);
            assert_eq!(rules.cover(&CallSource::CommandLine), window);
            assert_eq!(program.as_ref().map(|source| rules.cover(source)), Some(client));
        }
        assert_eq!(MemoryRules::default().mode, MemoryMode::Off);
    }

    #[test]
    fn a_scope_is_read_back_as_it_was_written() {
        let key = ClientKeyId::parse("ck_1").map(|key| MemoryScope::Client { key });
        for scope in [Some(MemoryScope::App), Some(MemoryScope::Everybody), key] {
            let text = scope.as_ref().map(|scope| scope.as_str().to_owned());
            assert_eq!(text.as_deref().and_then(MemoryScope::parse), scope);
        }
        assert_eq!(MemoryScope::parse("ag_1"), None);
    }
}
