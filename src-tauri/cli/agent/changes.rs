//! What of an agent can be said in arguments, to make one and to change one.

use std::path::PathBuf;

use domain::{
    AgentDraft, AgentFolder, CacheMarks, CompactionMode, Failure, Grant, InstructionsMerge, MemoryMode,
    Params, Rule, Slug, Target, ToolsMerge,
};

use super::super::limits::{self, BudgetArgs, RateArgs};

#[derive(clap::Args)]
pub(crate) struct Create {
    /// The name clients use in `model`.
    #[arg(value_parser = slug)]
    slug: Slug,
    /// Everything else from a TOML file.
    #[arg(long, value_name = "agent.toml")]
    file: Option<PathBuf>,
    /// Where its answers come from.
    #[arg(long, value_name = "PROVIDER/MODEL", required_unless_present = "file", value_parser = target)]
    model: Option<Target>,
    #[command(flatten)]
    changes: Changes,
    /// Save it as a draft: clients cannot name it before `agent publish`.
    #[arg(long = "draft")]
    pub as_draft: bool,
}

#[derive(clap::Args)]
pub(crate) struct Update {
    /// Its slug or id.
    pub agent: String,
    /// Change its saved draft, or begin one: clients keep what they have until `agent publish`.
    #[arg(long = "draft")]
    pub as_draft: bool,
    #[command(flatten)]
    pub changes: Revised,
}

/// What a change may say and a new agent need not.
#[derive(clap::Args)]
pub(crate) struct Revised {
    /// Another name for clients to use in `model`.
    #[arg(long, value_parser = slug)]
    slug: Option<Slug>,
    /// Where its answers come from.
    #[arg(long, value_name = "PROVIDER/MODEL", value_parser = target)]
    model: Option<Target>,
    #[command(flatten)]
    changes: Changes,
    /// No parameter is locked.
    #[arg(long, conflicts_with = "lock")]
    no_locks: bool,
    /// It looks nothing up.
    #[arg(long, conflicts_with = "knowledge")]
    no_knowledge: bool,
    /// No spending cap.
    #[arg(long, conflicts_with = "budget_usd")]
    no_budget: bool,
    /// It may use no tools.
    #[arg(long, conflicts_with = "tools")]
    no_tools: bool,
    /// Its tools may go to no folder.
    #[arg(long, conflicts_with_all = ["folders", "folders_to_write"])]
    no_folders: bool,
    /// Mark nothing for the caches of providers.
    #[arg(long, conflicts_with = "cache")]
    no_cache: bool,
}

#[derive(clap::Args)]
struct Changes {
    /// The name people read.
    #[arg(long)]
    name: Option<String>,
    /// What it is for, in a sentence or two: programs that offer it as a tool (MCP) show this to their models.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// What it is told before every conversation.
    #[arg(long, value_name = "TEXT")]
    instructions: Option<String>,
    /// What happens to the caller's system and developer messages: they come after the agent's, instead of them,
    /// or are left out.
    #[arg(long, value_name = "append|replace|ignore", value_parser = instructions_merge)]
    instructions_merge: Option<InstructionsMerge>,
    /// Whose tools the model is given: both the caller's and the agent's, or the ones alone.
    #[arg(long, value_name = "merge|caller-only|agent-only", value_parser = tools_merge)]
    tools_merge: Option<ToolsMerge>,
    /// A tool that it may use, instead of those before: calculator, or write_file=ask. Without a rule it goes by the
    /// tool: what only reads is used, what sends or changes something asks.
    #[arg(long = "tool", value_name = "NAME[=always|ask|never]", value_parser = grant)]
    tools: Vec<Grant>,
    /// Its model has to use a tool before it answers.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    tool_first: Option<bool>,
    /// A folder that its tools may read, instead of those before; its whole path.
    #[arg(long = "folder", value_name = "PATH", value_parser = whole_path)]
    folders: Vec<String>,
    /// A folder that they may also write.
    #[arg(long = "folder-write", value_name = "PATH", value_parser = whole_path)]
    folders_to_write: Vec<String>,
    /// In whose calls it remembers: in nobody's, in those of the window and the command line, or in everybody's, each with
    /// what is theirs.
    #[arg(long, value_name = "off|window|everywhere", value_parser = memory_mode)]
    memory: Option<MemoryMode>,
    /// When a conversation outgrows its model, summarise its beginning: never, where its history is kept here, or always.
    #[arg(long, value_name = "off|sessions|always", value_parser = compaction_mode)]
    compaction: Option<CompactionMode>,
    /// At how much of the model's window, in percent, that happens.
    #[arg(long, value_name = "PERCENT")]
    compaction_threshold: Option<u32>,
    /// A collection that it looks things up in, instead of those before.
    #[arg(long, value_name = "COLLECTION", value_parser = slug)]
    knowledge: Vec<Slug>,
    /// How often its model is asked in one call with tools, at most.
    #[arg(long, value_name = "N")]
    turns: Option<u32>,
    /// A parameter of its own, where the caller says nothing: temperature=0.2; without a value it has none.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = param)]
    params: Vec<Param>,
    /// A parameter that a caller cannot change, instead of those locked before: temperature.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(Params::NAMES))]
    lock: Vec<String>,
    /// The longest an answer may take, in seconds, whatever the provider's limit is.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u32>,
    #[command(flatten)]
    budgets: BudgetArgs,
    #[command(flatten)]
    rates: RateArgs,
    /// Mark the instructions and the last turn for the cache of providers that want marks.
    #[arg(long)]
    cache: bool,
}

/// One parameter: what becomes of the others with it.
#[derive(Clone)]
struct Param {
    name: String,
    value: serde_json::Value,
}

impl Param {
    fn put_into(&self, params: &Params) -> Option<Params> {
        let mut all = serde_json::to_value(params).ok()?;
        // the list of stops has no null
        if self.value.is_null() {
            all.as_object_mut()?.remove(&self.name);
        } else {
            all.as_object_mut()?.insert(self.name.clone(), self.value.clone());
        }
        serde_json::from_value(all).ok()
    }
}

fn param(text: &str) -> Result<Param, String> {
    let (name, value) = text.split_once('=').ok_or("a parameter is written NAME=VALUE")?;
    if !Params::NAMES.contains(&name) {
        return Err(format!("the parameters are {}", Params::NAMES.join(", ")));
    }
    let words = || serde_json::Value::from(value);
    let param = Param {
        name: name.to_owned(),
        value: match (name, value) {
            (_, "") => serde_json::Value::Null,
            ("reasoning_effort", _) => words(),
            ("stop", _) => serde_json::from_str(value).unwrap_or_else(|_| serde_json::json!([value])),
            _ => serde_json::from_str(value).unwrap_or_else(|_| words()),
        },
    };
    match param.put_into(&Params::default()) {
        Some(_) => Ok(param),
        None => Err(format!("{name} cannot be {value}")),
    }
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::new(text).map_err(|failure| failure.message().to_owned())
}

fn target(text: &str) -> Result<Target, String> {
    Target::parse(text).map_err(|failure| failure.message().to_owned())
}

fn instructions_merge(text: &str) -> Result<InstructionsMerge, String> {
    Ok(match text {
        "append" => InstructionsMerge::Append,
        "replace" => InstructionsMerge::Replace,
        "ignore" => InstructionsMerge::Ignore,
        _ => return Err("append, replace or ignore".to_owned()),
    })
}

fn compaction_mode(text: &str) -> Result<CompactionMode, String> {
    Ok(match text {
        "off" => CompactionMode::Off,
        "sessions" => CompactionMode::Sessions,
        "always" => CompactionMode::Always,
        _ => return Err("off, sessions or always".to_owned()),
    })
}

fn memory_mode(text: &str) -> Result<MemoryMode, String> {
    Ok(match text {
        "off" => MemoryMode::Off,
        "window" => MemoryMode::Window,
        "everywhere" => MemoryMode::Everywhere,
        _ => return Err("off, window or everywhere".to_owned()),
    })
}

fn grant(text: &str) -> Result<Grant, String> {
    let (tool, rule) = match text.split_once('=') {
        None => (text, None),
        Some((tool, rule)) => {
            let rule = match rule {
                "always" => Rule::Always,
                "ask" => Rule::Ask,
                "never" => Rule::Never,
                _ => return Err("a rule is always, ask or never".to_owned()),
            };
            (tool, Some(rule))
        }
    };
    Ok(Grant {
        tool: tool.to_owned(),
        rule,
    })
}

/// A path from the root of the disk: the app that reads it later stands somewhere else.
fn whole_path(text: &str) -> Result<String, String> {
    let path = std::path::absolute(text).map_err(|_| "this is no path".to_owned())?;
    path.into_os_string()
        .into_string()
        .map_err(|_| "a path must be text".to_owned())
}

fn tools_merge(text: &str) -> Result<ToolsMerge, String> {
    Ok(match text {
        "merge" => ToolsMerge::Merge,
        "caller-only" => ToolsMerge::CallerOnly,
        "agent-only" => ToolsMerge::AgentOnly,
        _ => return Err("merge, caller-only or agent-only".to_owned()),
    })
}

impl Create {
    /// The agent that is wanted.
    ///
    /// # Errors
    /// When the file is not there, or is no agent.
    pub fn draft(self) -> Result<AgentDraft, Failure> {
        let draft = match (&self.file, &self.model) {
            (Some(file), _) => AgentDraft {
                slug: self.slug,
                ..super::read_file(file)?
            },
            (None, Some(target)) => {
                let empty = serde_json::json!({ "slug": self.slug, "name": self.slug, "target": target });
                serde_json::from_value(empty).map_err(|error| super::unreadable(&error))?
            }
            (None, None) => return Err(Failure::invalid("model", "An agent needs --model.")),
        };
        let draft = match self.model {
            Some(target) => AgentDraft { target, ..draft },
            None => draft,
        };
        Ok(self.changes.into_draft(draft))
    }
}

impl Revised {
    /// What an agent becomes.
    pub fn into_draft(self, mut draft: AgentDraft) -> AgentDraft {
        if let Some(slug) = self.slug {
            draft.slug = slug;
        }
        if let Some(target) = self.model {
            draft.target = target;
        }
        if self.no_locks {
            draft.locked.clear();
        }
        if self.no_budget {
            draft.budgets.clear();
        }
        if self.no_tools {
            draft.tools.clear();
        }
        if self.no_knowledge {
            draft.knowledge.clear();
        }
        if self.no_folders {
            draft.folders.clear();
        }
        if self.no_cache {
            draft.cache = CacheMarks::Off;
        }
        let draft = self.changes.into_draft(draft);
        AgentDraft {
            limits: limits::lifted(draft.limits),
            ..draft
        }
    }
}

impl Changes {
    fn into_draft(self, mut draft: AgentDraft) -> AgentDraft {
        if let Some(name) = self.name {
            draft.name = name;
        }
        if let Some(description) = self.description {
            draft.description = description;
        }
        if let Some(instructions) = self.instructions {
            draft.instructions = instructions;
        }
        if let Some(merge) = self.instructions_merge {
            draft.instructions_merge = merge;
        }
        if let Some(merge) = self.tools_merge {
            draft.tools_merge = merge;
        }
        if !self.tools.is_empty() {
            draft.tools = self.tools;
        }
        if let Some(first) = self.tool_first {
            draft.tool_first = first;
        }
        if !self.folders.is_empty() || !self.folders_to_write.is_empty() {
            let folder = |write| move |path| AgentFolder { path, write };
            let read = self.folders.into_iter().map(folder(false));
            draft.folders = read
                .chain(self.folders_to_write.into_iter().map(folder(true)))
                .collect();
        }
        if !self.knowledge.is_empty() {
            draft.knowledge = self.knowledge;
        }
        if let Some(mode) = self.compaction {
            draft.compaction.mode = mode;
        }
        if let Some(share) = self.compaction_threshold {
            draft.compaction.threshold = Some(share);
        }
        if let Some(mode) = self.memory {
            draft.memory.mode = mode;
        }
        if self.turns.is_some() {
            draft.run.turns = self.turns;
        }
        for param in &self.params {
            // each fits by itself, and they do not know each other
            if let Some(params) = param.put_into(&draft.params) {
                draft.params = params;
            }
        }
        if !self.lock.is_empty() {
            draft.locked = self.lock;
        }
        if !self.budgets.0.is_empty() {
            draft.budgets = self.budgets.0;
        }
        draft.limits = limits::over(draft.limits, self.rates.rates());
        if self.cache {
            draft.cache = CacheMarks::Automatic;
        }
        if self.timeout.is_some() {
            draft.timeouts.overall_s = self.timeout;
        }
        draft
    }
}
