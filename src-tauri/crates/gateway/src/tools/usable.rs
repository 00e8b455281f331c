//! What an agent may be given to use, whoever wrote it.

use domain::{Reach, ToolSpec};

use super::{Context, Given, Tool};
use crate::mcp::ServerTool;
use crate::roster::Snapshot;

/// Something an agent may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Usable {
    /// A tool of the house.
    House(Tool),
    /// A tool of a server that others wrote.
    Server(Box<ServerTool>),
}

impl Usable {
    /// The tool of this name in grants, while it may be used.
    pub fn granted(roster: &Snapshot, name: &str) -> Option<Self> {
        match Tool::named(name) {
            Some(tool) => Some(Self::House(tool)),
            None => ServerTool::granted(roster, name).map(|tool| Self::Server(Box::new(tool))),
        }
    }

    /// Whether a name in grants means anything: also a tool of a server that may not be used just now.
    pub fn could_be(roster: &Snapshot, name: &str) -> bool {
        Tool::named(name).is_some() || ServerTool::could_be(roster, name)
    }

    /// All of them, those of the house first.
    pub fn all(roster: &Snapshot) -> Vec<Self> {
        let house = Tool::ALL
            .into_iter()
            .filter(|tool| tool.is_here())
            .map(Self::House);
        let servers = ServerTool::all(roster).into_iter();
        house
            .chain(servers.map(|tool| Self::Server(Box::new(tool))))
            .collect()
    }

    /// What it is called in grants.
    pub fn name(&self) -> String {
        match self {
            Self::House(tool) => tool.name().to_owned(),
            Self::Server(tool) => tool.name(),
        }
    }

    /// What models call it.
    pub fn told(&self) -> String {
        match self {
            Self::House(tool) => tool.name().to_owned(),
            Self::Server(tool) => tool.told(),
        }
    }

    /// How far it goes.
    pub fn reach(&self) -> Reach {
        match self {
            Self::House(tool) => tool.about().reach,
            Self::Server(tool) => tool.reach(),
        }
    }

    /// Whether what it gives may have been written by strangers, who speak to the model through it (SEC-34).
    pub fn is_untrusted(&self) -> bool {
        match self {
            Self::House(tool) => tool.about().untrusted,
            Self::Server(_) => true,
        }
    }

    /// Whether it comes with a setting of the agent and not with a grant, which can only change its rule.
    pub fn comes_with_a_setting(&self) -> bool {
        match self {
            Self::House(tool) => tool.comes_with_a_setting(),
            Self::Server(_) => false,
        }
    }

    /// Whether its arguments are all it is, so that no approval covers others.
    pub fn is_exact(&self) -> bool {
        match self {
            Self::House(tool) => tool.about().exact,
            Self::Server(_) => false,
        }
    }

    /// Whether another agent answers by it.
    pub fn asks_agents(&self) -> bool {
        *self == Self::House(Tool::AskAgent)
    }

    /// The folder that it works in, where an approval is for that folder alone.
    pub fn directory(&self, context: &Context, arguments: &str) -> Option<String> {
        match self {
            Self::House(tool) => tool.directory(context, arguments),
            Self::Server(_) => None,
        }
    }

    /// How a model is told of it, under this name.
    pub fn spec(&self, name: String) -> ToolSpec {
        match self {
            Self::House(tool) => tool.spec(name),
            Self::Server(tool) => tool.spec(name),
        }
    }

    /// Runs it. It never fails: what goes wrong is told to the model.
    pub async fn run(&self, context: &Context, arguments: &str) -> Given {
        match self {
            Self::House(tool) => tool.run(context, arguments).await,
            Self::Server(tool) => tool.run(&context.engine, arguments).await.within_bounds(),
        }
    }
}
