//! What agents may use besides their models. Each tool is one file; this is the list of them.
//!
//! A tool gets its arguments as the model wrote them and gives a text for the model. The danger is a tool that does more
//! than it says: so each says how far it goes, and what sends or changes something is run when a person has approved it.
//! Deliberately not here: when a tool is run, which is the turn's to decide.

mod about;
mod ask_agent;
mod calculator;
mod current_time;
mod files;
mod make_image;
pub(crate) mod pictures;
mod recall;
mod remember;
mod run_code;
mod run_command;
mod search_knowledge;
mod usable;
mod web_fetch;
mod web_search;

use about::About;
pub(crate) use usable::Usable;

use std::sync::Arc;
use std::time::Duration;

use domain::{Agent, CallId, CallSource, Media, RawJson, Rule, SessionId, ToolSpec};
use serde::de::DeserializeOwned;

use crate::engine::Engine;
use crate::roster::KeyState;
use crate::turn::Above;

/// More than this of a tool's answer is left out: it would fill the model's window.
const MOST: usize = 64 << 10;

/// A tool of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    CurrentTime,
    Calculator,
    RunCode,
    WebSearch,
    WebFetch,
    ListFiles,
    ReadFile,
    SearchFiles,
    WriteFile,
    EditFile,
    RunCommand,
    MakeImage,
    AskAgent,
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
    /// The agents that stand above this one.
    pub above: Above,
    /// What came from outside into the conversation so far, if anything did.
    pub tainted_by: Option<String>,
}

impl Context {
    /// The client key of whoever called, under which a call within the call is made; `None` for the person.
    ///
    /// # Errors
    /// What the model is told where the key is gone meanwhile.
    fn key(&self) -> Result<Option<Arc<KeyState>>, Given> {
        match &self.source {
            CallSource::Client { key } => match self.engine.roster().now().key(key) {
                Some(key) => Ok(Some(Arc::clone(key))),
                None => Err(Given::error("The client key is not valid any more.")),
            },
            CallSource::Window | CallSource::CommandLine => Ok(None),
        }
    }
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    /// For the model. It names the pictures too, for models that do not see them.
    pub text: String,
    /// Pictures with their bytes, as [`pictures::read`] lets them in.
    pub images: Vec<Media>,
    /// Whether it is the reason why there is nothing else.
    pub is_error: bool,
    /// For how long it waited for the person.
    pub waited: Duration,
}

impl Given {
    fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            images: Vec::new(),
            is_error: false,
            waited: Duration::ZERO,
        }
    }

    /// Why the tool gave nothing, in words that let the model do better.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            images: Vec::new(),
            is_error: true,
            waited: Duration::ZERO,
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
    pub const ALL: [Self; 16] = [
        Self::CurrentTime,
        Self::Calculator,
        Self::RunCode,
        Self::WebSearch,
        Self::WebFetch,
        Self::ListFiles,
        Self::ReadFile,
        Self::SearchFiles,
        Self::WriteFile,
        Self::EditFile,
        Self::RunCommand,
        Self::MakeImage,
        Self::AskAgent,
        Self::Remember,
        Self::Recall,
        Self::SearchKnowledge,
    ];

    /// The tool of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// What is said of it.
    pub fn about(self) -> &'static About {
        match self {
            Self::CurrentTime => &current_time::ABOUT,
            Self::Calculator => &calculator::ABOUT,
            Self::RunCode => &run_code::ABOUT,
            Self::WebSearch => &web_search::ABOUT,
            Self::WebFetch => &web_fetch::ABOUT,
            Self::ListFiles => &files::LIST,
            Self::ReadFile => &files::READ,
            Self::SearchFiles => &files::SEARCH,
            Self::WriteFile => &files::WRITE,
            Self::EditFile => &files::EDIT,
            Self::RunCommand => &run_command::ABOUT,
            Self::MakeImage => &make_image::ABOUT,
            Self::AskAgent => &ask_agent::ABOUT,
            Self::Remember => &remember::ABOUT,
            Self::Recall => &recall::ABOUT,
            Self::SearchKnowledge => &search_knowledge::ABOUT,
        }
    }

    /// What it is called in grants and by models.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// Whether this build can run it. One that it cannot is not offered, and says so where an agent has it all the same.
    pub fn is_here(self) -> bool {
        self != Self::RunCode || sandbox::is_available()
    }

    /// Whether it comes with a setting of the agent and not with a grant, which can only change its rule.
    pub fn comes_with_a_setting(self) -> bool {
        matches!(self, Self::Remember | Self::Recall | Self::SearchKnowledge)
    }

    /// When it is run where nobody has said so. What an agent remembers is its own and changes nothing else: whoever
    /// switches the memory on wants it written, and sees, edits and forgets what is.
    pub fn default_rule(self) -> Rule {
        match self == Self::Remember {
            true => Rule::Always,
            false => self.about().reach.rule(),
        }
    }

    /// The folder that it works in, where an approval is for that folder alone.
    pub fn directory(self, context: &Context, arguments: &str) -> Option<String> {
        match self {
            Self::RunCommand => run_command::directory(context, arguments),
            Self::CurrentTime
            | Self::Calculator
            | Self::RunCode
            | Self::WebSearch
            | Self::WebFetch
            | Self::ListFiles
            | Self::ReadFile
            | Self::SearchFiles
            | Self::WriteFile
            | Self::EditFile
            | Self::MakeImage
            | Self::AskAgent
            | Self::Remember
            | Self::Recall
            | Self::SearchKnowledge => None,
        }
    }

    /// How a model is told of it, under this name.
    pub fn spec(self, name: String) -> ToolSpec {
        let about = self.about();
        ToolSpec {
            name,
            description: Some(about.description.to_owned()),
            parameters: RawJson::new(about.parameters),
            strict: None,
            extra: domain::Extra::new(),
        }
    }

    /// Runs it. It never fails: what goes wrong is told to the model.
    pub async fn run(self, context: &Context, arguments: &str) -> Given {
        let given = match self {
            Self::CurrentTime => match parse(arguments) {
                Ok(asked) => current_time::run(context.engine.clock().now(), &asked),
                Err(given) => given,
            },
            Self::Calculator => match parse(arguments) {
                Ok(asked) => calculator::run(asked).await,
                Err(given) => given,
            },
            Self::RunCode => match parse(arguments) {
                Ok(asked) => run_code::run(context.engine.clock(), asked).await,
                Err(given) => given,
            },
            Self::WebSearch => web_search::run(context, arguments).await,
            Self::WebFetch => web_fetch::run(context, arguments).await,
            Self::ListFiles => files::list(context, arguments).await,
            Self::ReadFile => files::read(context, arguments).await,
            Self::SearchFiles => files::search(context, arguments).await,
            Self::WriteFile => files::write(context, arguments).await,
            Self::EditFile => files::edit(context, arguments).await,
            Self::RunCommand => run_command::run(context, arguments).await,
            Self::MakeImage => make_image::run(context, arguments).await,
            Self::AskAgent => ask_agent::run(context, arguments).await,
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

/// The arguments, which some models leave empty where there is nothing to say.
fn parse<T: DeserializeOwned>(arguments: &str) -> Result<T, Given> {
    let arguments = match arguments.trim() {
        "" => "{}",
        text => text,
    };
    serde_json::from_str(arguments)
        .map_err(|error| Given::error(format!("The arguments do not fit the tool's schema: {error}.")))
}
