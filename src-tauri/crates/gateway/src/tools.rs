//! What agents may use besides their models. Each tool is one file; this is the list of them.
//!
//! A tool gets its arguments as the model wrote them and gives a text for the model. The danger is a tool that does more
//! than it says. Those here compute and change nothing; one that reaches out needs a rule that asks first, and waits for
//! that. Deliberately not here: when a tool is run, which is the turn's to decide.

mod calculator;
mod current_time;
mod recall;
mod remember;
mod search_knowledge;

use std::sync::Arc;

use domain::{Agent, CallId, CallSource, RawJson, Reach, Rule, SessionId, ToolSpec};
use serde::de::DeserializeOwned;

use crate::engine::Engine;

/// More than this of a tool's answer is left out: it would fill the model's window.
const MOST: usize = 64 << 10;

/// A tool of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    CurrentTime,
    Calculator,
    Remember,
    Recall,
    SearchKnowledge,
}

/// For whom and in what a tool is used.
#[derive(Clone)]
pub(crate) struct Context {
    pub engine: Engine,
    /// As it answers in this call.
    pub agent: Arc<Agent>,
    pub call: CallId,
    pub session: Option<SessionId>,
    /// Who called the agent.
    pub source: CallSource,
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// For the model.
    pub text: String,
    /// Whether it is the reason why there is nothing else.
    pub is_error: bool,
}

impl Given {
    fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: false,
        }
    }

    /// Why the tool gave nothing, in words that let the model do better.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            is_error: true,
        }
    }

    fn within_bounds(mut self) -> Self {
        if self.text.len() > MOST {
            let end = self.text.floor_char_boundary(MOST);
            let left_out = self.text.len() - end;
            self.text.truncate(end);
            self.text
                .push_str(&format!("\n[{left_out} more bytes were left out]"));
        }
        self
    }
}

impl Tool {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 5] = [
        Self::CurrentTime,
        Self::Calculator,
        Self::Remember,
        Self::Recall,
        Self::SearchKnowledge,
    ];

    /// The tool of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// What it is called in grants and by models.
    pub fn name(self) -> &'static str {
        match self {
            Self::CurrentTime => current_time::NAME,
            Self::Calculator => calculator::NAME,
            Self::Remember => remember::NAME,
            Self::Recall => recall::NAME,
            Self::SearchKnowledge => search_knowledge::NAME,
        }
    }

    /// What it does, for the model.
    pub fn description(self) -> &'static str {
        match self {
            Self::CurrentTime => current_time::DESCRIPTION,
            Self::Calculator => calculator::DESCRIPTION,
            Self::Remember => remember::DESCRIPTION,
            Self::Recall => recall::DESCRIPTION,
            Self::SearchKnowledge => search_knowledge::DESCRIPTION,
        }
    }

    /// How far it goes.
    pub fn reach(self) -> Reach {
        match self {
            Self::CurrentTime | Self::Calculator | Self::Recall | Self::SearchKnowledge => Reach::Reads,
            Self::Remember => Reach::Changes,
        }
    }

    /// Whether it comes with a setting of the agent and not with a grant, which can only change its rule.
    pub fn comes_with_a_setting(self) -> bool {
        match self {
            Self::CurrentTime | Self::Calculator => false,
            Self::Remember | Self::Recall | Self::SearchKnowledge => true,
        }
    }

    /// When it is run where nobody has said so. What an agent remembers is its own and changes nothing else: whoever
    /// switches the memory on wants it written, and sees, edits and forgets what is.
    pub fn default_rule(self) -> Rule {
        match self {
            Self::Remember => Rule::Always,
            Self::CurrentTime | Self::Calculator | Self::Recall | Self::SearchKnowledge => {
                self.reach().rule()
            }
        }
    }

    /// How a model is told of it, under this name.
    pub fn spec(self, name: String) -> ToolSpec {
        let parameters = match self {
            Self::CurrentTime => current_time::PARAMETERS,
            Self::Calculator => calculator::PARAMETERS,
            Self::Remember => remember::PARAMETERS,
            Self::Recall => recall::PARAMETERS,
            Self::SearchKnowledge => search_knowledge::PARAMETERS,
        };
        ToolSpec {
            name,
            description: Some(self.description().to_owned()),
            parameters: RawJson::new(parameters),
            strict: None,
            extra: domain::Extra::new(),
        }
    }

    /// Runs it. It never fails: what goes wrong is told to the model.
    pub async fn run(self, context: &Context, arguments: &str) -> Given {
        let given = match self {
            Self::CurrentTime => read(arguments, |asked| {
                current_time::run(context.engine.clock().now(), &asked)
            }),
            Self::Calculator => match parse(arguments) {
                Ok(asked) => calculator::run(asked).await,
                Err(given) => given,
            },
            Self::Remember => match parse(arguments) {
                Ok(asked) => remember::run(context, asked).await,
                Err(given) => given,
            },
            Self::SearchKnowledge => match parse(arguments) {
                Ok(asked) => search_knowledge::run(context, asked).await,
                Err(given) => given,
            },
            Self::Recall => match parse(arguments) {
                Ok(asked) => recall::run(context, asked).await,
                Err(given) => given,
            },
        };
        given.within_bounds()
    }
}

fn read<T: DeserializeOwned>(arguments: &str, run: impl FnOnce(T) -> Given) -> Given {
    parse(arguments).map_or_else(|given| given, run)
}

/// The arguments, which some models leave empty where there is nothing to say.
fn parse<T: DeserializeOwned>(arguments: &str) -> Result<T, Given> {
    let arguments = match arguments.trim() {
        "" => "{}",
        text => text,
    };
    serde_json::from_str(arguments)
        .map_err(|error| Given::error(format!("The arguments do not fit the tool's schema: {error}.")))
}
