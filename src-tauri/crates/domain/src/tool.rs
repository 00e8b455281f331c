//! What an agent may use besides its model, under which rule, and how far it may go with it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Failure;

/// How far a tool goes beyond the model's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// It computes, or reads what is here.
    Reads,
    /// What it is given leaves this machine.
    Sends,
    /// Something is different afterwards.
    Changes,
}

impl Reach {
    /// The rule where nobody has set one.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::Reads => Rule::Always,
            Self::Sends | Self::Changes => Rule::Ask,
        }
    }
}

/// When a tool that the model asks for is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Always.
    Always,
    /// When a person has approved it.
    Ask,
    /// Never: the model does not hear of it.
    Never,
}

impl Rule {
    /// The one of both that lets less happen.
    #[must_use]
    pub const fn strictest(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Ask, _) | (_, Self::Ask) => Self::Ask,
            (Self::Always, Self::Always) => Self::Always,
        }
    }

    /// Its name, as people write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Ask => "ask",
            Self::Never => "never",
        }
    }
}

/// The most that agents may do with a tool for one client key; their own rules hold besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct ToolCap {
    /// The tool's name, as in grants.
    pub tool: String,
    /// When it is run at most.
    pub rule: Rule,
}

/// A tool that an agent may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its name: `current_time`.
    pub tool: String,
    /// When it is run; `None` goes by its reach.
    #[serde(default)]
    pub rule: Option<Rule>,
}

impl Grant {
    /// The rule for a tool of this reach.
    #[must_use]
    pub fn rule(&self, reach: Reach) -> Rule {
        self.rule.unwrap_or(reach.rule())
    }
}

/// A folder of this machine that an agent's tools may go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct AgentFolder {
    /// Its whole path.
    pub path: String,
    /// Whether files may be written there; else they are only read.
    #[serde(default)]
    pub write: bool,
}

impl AgentFolder {
    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] when it is no whole path.
    pub fn check(&self) -> Result<(), Failure> {
        let path = std::path::Path::new(&self.path);
        let climbs = path
            .components()
            .any(|part| part == std::path::Component::ParentDir);
        if !path.is_absolute() || climbs || self.path.len() > 4096 || self.path.chars().any(char::is_control)
        {
            return Err(Failure::invalid(
                "folders",
                "A folder is given by its whole path, from the root of the disk.",
            ));
        }
        // a folder without a name is the disk itself
        if path.file_name().is_none() {
            return Err(Failure::invalid(
                "folders",
                "A whole disk is no folder for an agent. Name one on it.",
            ));
        }
        Ok(())
    }
}

/// How far one call may go with tools. `None` is the house's bound, which is said at each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct RunLimits {
    /// How often the model is asked: 50.
    pub turns: Option<u32>,
    /// Seconds from the first question to the last: 600.
    pub seconds: Option<u32>,
}

impl RunLimits {
    /// The most that can be said of each.
    const MOST_TURNS: u32 = 200;
    const MOST_SECONDS: u32 = 24 * 60 * 60;

    /// How often the model is asked at most.
    #[must_use]
    pub fn turns(&self) -> u32 {
        self.turns.unwrap_or(50)
    }

    /// How long it may take.
    #[must_use]
    pub fn span(&self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::from(self.seconds.unwrap_or(600)))
    }

    /// # Errors
    /// [`crate::FailureKind::InvalidRequest`] when a bound is none, or beyond sense.
    pub fn check(&self) -> Result<(), Failure> {
        let fits = |value: Option<u32>, most| value.is_none_or(|value| (1..=most).contains(&value));
        if !fits(self.turns, Self::MOST_TURNS) {
            let most = Self::MOST_TURNS;
            return Err(Failure::invalid(
                "run.turns",
                format!("Turns go from 1 to {most}."),
            ));
        }
        if !fits(self.seconds, Self::MOST_SECONDS) {
            let most = Self::MOST_SECONDS;
            return Err(Failure::invalid(
                "run.seconds",
                format!("Seconds go from 1 to {most}."),
            ));
        }
        Ok(())
    }
}

/// Why a run with tools was ended before the model had answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RunStop {
    /// The model was asked as often as the agent allows.
    Turns,
    /// It took as long as the agent allows.
    Time,
    /// The model asked for the same thing three times.
    Repeated,
    /// The run goes through another one again, and the model asked for what that one has no answer to.
    Unrecorded,
}

impl RunStop {
    /// Its name in errors: `run_stopped_turns`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Turns => "run_stopped_turns",
            Self::Time => "run_stopped_time",
            Self::Repeated => "run_stopped_repeated",
            Self::Unrecorded => "run_stopped_unrecorded",
        }
    }
}
