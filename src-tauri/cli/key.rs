//! `inglenook key …`

use domain::{Failure, Money, Rule, StorePolicy, ToolCap};
use gateway::control::{ClientKeyView, CreatedClientKey, KeyName, NewClientKey, Nothing, UpdateClientKey};

use super::door::Door;
use super::limits::{self, BudgetArgs, RateArgs};
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Key {
    /// Make a client key; its secret is shown this once.
    Create(Box<Create>),
    /// List client keys.
    List,
    /// Show a client key by id or name, and how its budgets stand.
    Show { key: String },
    /// Change what a client key may do; what is not named stays, and 0 takes a limit away.
    ///
    /// It holds from the next request on, and streams that are not allowed any more are closed.
    #[command(visible_alias = "update")]
    Set(Box<Set>),
    /// Give a client key another name.
    Rename { key: String, name: String },
    /// End a client key at once.
    Revoke { key: String },
}

#[derive(clap::Args)]
pub(crate) struct Create {
    /// The program it is for.
    name: String,
    /// An emoji or a short word to know it by.
    #[arg(long)]
    icon: Option<String>,
    /// An agent it may use; without any, all.
    #[arg(long = "agent", value_name = "SLUG")]
    agents: Vec<String>,
    /// It may name PROVIDER/MODEL.
    #[arg(long)]
    raw_models: bool,
    /// The agent that answers when a call names no model.
    #[arg(long, value_name = "SLUG")]
    default_agent: Option<String>,
    /// The agent that answers for models it does not know.
    #[arg(long, value_name = "SLUG")]
    catch_all: Option<String>,
    /// A model name that stands for an agent.
    #[arg(long = "alias", value_name = "MODEL=SLUG", value_parser = alias)]
    aliases: Vec<(String, String)>,
    /// A web origin that may use it.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    #[command(flatten)]
    budgets: BudgetArgs,
    /// The most that one session of it may cost, in dollars.
    #[arg(long, value_name = "X", value_parser = limits::dollars)]
    session_budget_usd: Option<Money>,
    #[command(flatten)]
    rates: RateArgs,
    /// When it ends: 30d, 12h, 45m.
    #[arg(long, value_name = "30d", value_parser = span)]
    expires: Option<u64>,
    /// The most that agents may do with a tool of theirs for it: web_fetch=ask, write_file=never. Never more than the agent's own rule.
    #[arg(long = "tool", value_name = "NAME=always|ask|never", value_parser = tool_cap)]
    tool_caps: Vec<ToolCap>,
    /// Agents use no tool of their own for it.
    #[arg(long)]
    no_tools: bool,
    /// How much of its calls is kept.
    #[arg(long, value_name = "all|metadata|none", value_parser = policy, default_value = "all")]
    store: StorePolicy,
}

#[derive(clap::Args)]
pub(crate) struct Set {
    /// Its id or name.
    key: String,
    /// Another name.
    #[arg(long)]
    name: Option<String>,
    /// An emoji or a short word to know it by; empty for none.
    #[arg(long)]
    icon: Option<String>,
    /// The agents it may use, instead of those before.
    #[arg(long = "agent", value_name = "SLUG", conflicts_with = "all_agents")]
    agents: Vec<String>,
    /// It may use all agents.
    #[arg(long)]
    all_agents: bool,
    /// It may name PROVIDER/MODEL.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    raw_models: Option<bool>,
    /// The agent that answers when a call names no model; empty for none.
    #[arg(long, value_name = "SLUG")]
    default_agent: Option<String>,
    /// The agent that answers for models it does not know; empty for none.
    #[arg(long, value_name = "SLUG")]
    catch_all: Option<String>,
    /// The model names that stand for agents, instead of those before.
    #[arg(long = "alias", value_name = "MODEL=SLUG", value_parser = alias, conflicts_with = "no_aliases")]
    aliases: Vec<(String, String)>,
    /// No model name stands for an agent.
    #[arg(long)]
    no_aliases: bool,
    /// The web origins that may use it, instead of those before.
    #[arg(long = "origin", value_name = "ORIGIN", conflicts_with = "no_origins")]
    origins: Vec<String>,
    /// No web origin may use it.
    #[arg(long)]
    no_origins: bool,
    #[command(flatten)]
    budgets: BudgetArgs,
    /// No spending cap.
    #[arg(long, conflicts_with = "budget_usd")]
    no_budget: bool,
    /// The most that one session of it may cost, in dollars.
    #[arg(long, value_name = "X", value_parser = limits::dollars, conflicts_with = "no_session_budget")]
    session_budget_usd: Option<Money>,
    /// No cap on a session.
    #[arg(long)]
    no_session_budget: bool,
    #[command(flatten)]
    rates: RateArgs,
    /// When it ends, from now: 30d, 12h, 45m; 0 for never.
    #[arg(long, value_name = "30d", value_parser = span_or_never)]
    expires: Option<u64>,
    /// The most that agents may do with a tool of theirs for it, instead of those named before.
    #[arg(long = "tool", value_name = "NAME=always|ask|never", value_parser = tool_cap, conflicts_with = "no_tool_caps")]
    tool_caps: Vec<ToolCap>,
    /// Agents do for it what they do for others.
    #[arg(long)]
    no_tool_caps: bool,
    /// Whether agents use no tool of their own for it.
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    no_tools: Option<bool>,
    /// How much of its calls is kept.
    #[arg(long, value_name = "all|metadata|none", value_parser = policy)]
    store: Option<StorePolicy>,
}

fn alias(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((model, slug)) if !model.is_empty() && !slug.is_empty() => {
            Ok((model.to_owned(), slug.to_owned()))
        }
        _ => Err("an alias is written MODEL=SLUG".to_owned()),
    }
}

fn tool_cap(text: &str) -> Result<ToolCap, String> {
    let wrong = || "a tool and the most that is done with it: web_fetch=ask".to_owned();
    let (tool, rule) = text.split_once('=').ok_or_else(wrong)?;
    let rule = match rule {
        "always" => Rule::Always,
        "ask" => Rule::Ask,
        "never" => Rule::Never,
        _ => return Err(wrong()),
    };
    Ok(ToolCap {
        tool: tool.to_owned(),
        rule,
    })
}

fn policy(text: &str) -> Result<StorePolicy, String> {
    Ok(match text {
        "all" => StorePolicy::All,
        "metadata" => StorePolicy::Metadata,
        "none" => StorePolicy::None,
        _ => return Err("a policy is all, metadata or none".to_owned()),
    })
}

fn span_or_never(text: &str) -> Result<u64, String> {
    if text == "0" { Ok(0) } else { span(text) }
}

/// Seconds, written 30d.
pub(super) fn span(text: &str) -> Result<u64, String> {
    let wrong = || "a span is a number with s, m, h, d or w: 30d".to_owned();
    let (digits, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 604_800,
        _ => return Err(wrong()),
    };
    let count: u64 = digits.parse().map_err(|_| wrong())?;
    count
        .checked_mul(seconds)
        .filter(|span| *span > 0)
        .ok_or_else(wrong)
}

pub(super) async fn run(args: Key, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Key, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Key::Create(create) => {
            let wanted = wanted(*create);
            let made: CreatedClientKey = door.run("key.create", &wanted).await?;
            output::print(json, &made, |made| {
                format!(
                    "{}\n\nThis is shown once; keep it where {} reads it.",
                    made.secret, made.key.key.name
                )
            })
        }
        Key::List => {
            let all: Vec<ClientKeyView> = door.run("key.list", &Nothing {}).await?;
            output::print(json, &all, |all| {
                if all.is_empty() {
                    return "No client keys yet. Make one: inglenook key create NAME".to_owned();
                }
                table(&all.iter().map(row).collect::<Vec<_>>())
            })
        }
        Key::Show { key } => {
            let found: ClientKeyView = door.run("key.get", &KeyName { key }).await?;
            output::print(json, &found, whole)
        }
        Key::Set(set) => {
            let changed: ClientKeyView = door.run("key.update", &changes(*set)).await?;
            output::print(json, &changed, whole)
        }
        Key::Rename { key, name } => {
            let args = UpdateClientKey {
                key,
                name: Some(name),
                ..UpdateClientKey::default()
            };
            let renamed: ClientKeyView = door.run("key.update", &args).await?;
            output::print(json, &renamed, |view| {
                format!("{} is named {}.", view.key.id, view.key.name)
            })
        }
        Key::Revoke { key } => {
            let gone: Nothing = door.run("key.revoke", &KeyName { key: key.clone() }).await?;
            output::print(json, &gone, |_| {
                format!("{key} is revoked; its open streams are closed.")
            })
        }
    }
}

fn wanted(create: Create) -> NewClientKey {
    NewClientKey {
        budgets: create.budgets.0,
        rates: create.rates.rates(),
        name: create.name,
        icon: create.icon,
        agents: create.agents,
        raw_models: create.raw_models,
        default_agent: create.default_agent,
        catch_all: create.catch_all,
        aliases: create.aliases,
        origins: create.origins,
        session_budget: create.session_budget_usd,
        expires_in: create.expires,
        no_tools: create.no_tools,
        tool_caps: create.tool_caps,
        store: create.store,
    }
}

fn changes(set: Set) -> UpdateClientKey {
    // what was not named stays, unless it was asked to be none
    fn list<T>(named: Vec<T>, none: bool) -> Option<Vec<T>> {
        (none || !named.is_empty()).then_some(named)
    }
    UpdateClientKey {
        key: set.key,
        name: set.name,
        icon: set.icon,
        agents: list(set.agents, set.all_agents),
        raw_models: set.raw_models,
        default_agent: set.default_agent,
        catch_all: set.catch_all,
        aliases: list(set.aliases, set.no_aliases),
        origins: list(set.origins, set.no_origins),
        budgets: list(set.budgets.0, set.no_budget),
        session_budget: set
            .session_budget_usd
            .or(set.no_session_budget.then_some(Money(-1))),
        rates: set.rates.rates(),
        expires_in: set.expires,
        no_tools: set.no_tools,
        tool_caps: list(set.tool_caps, set.no_tool_caps),
        store: set.store,
    }
}

/// All about a key.
fn whole(view: &ClientKeyView) -> String {
    let key = &view.key;
    let mut lines = vec![table(&[row(view)])];
    for standing in &view.standing {
        let until = standing
            .until
            .map_or_else(String::new, |at| format!(", until {}", output::when(at)));
        lines.push(format!(
            "budget: {} {}: {} spent, {} set aside, {} left{until}",
            standing.cap,
            standing.per.in_words(),
            standing.spent,
            standing.held,
            standing.left
        ));
    }
    lines.extend(
        key.session_budget
            .map(|cap| format!("budget of a session: {cap}")),
    );
    lines.extend(limits::lines(&key.rates));
    lines.extend(key.expires_at.map(|at| format!("ends: {}", output::when(at))));
    lines.extend(key.no_tools.then(|| "agents use no tools for it".to_owned()));
    lines.extend(
        key.tool_caps
            .iter()
            .map(|cap| format!("tool: {} = {}", cap.tool, cap.rule.as_str())),
    );
    lines.extend(key.raw_models.then(|| "may name provider/model".to_owned()));
    lines.extend(
        key.aliases
            .iter()
            .map(|(model, agent)| format!("alias: {model} = {agent}")),
    );
    lines.extend(key.origins.iter().map(|origin| format!("origin: {origin}")));
    lines.extend(
        key.last_used_by
            .iter()
            .map(|program| format!("last used by: {program}")),
    );
    lines.extend(
        key.anonymous
            .then(|| "shared by all programs that present no key".to_owned()),
    );
    lines.join("\n")
}

fn table(rows: &[Vec<String>]) -> String {
    output::table(&["ID", "NAME", "KEY", "AGENTS", "SPENT", "LAST USED"], rows)
}

fn row(view: &ClientKeyView) -> Vec<String> {
    let key = &view.key;
    let agents = if view.agent_slugs.is_empty() {
        "all".to_owned()
    } else {
        view.agent_slugs.join(", ")
    };
    let name = match &key.icon {
        Some(icon) => format!("{icon} {}", key.name),
        None => key.name.clone(),
    };
    let used = match (key.last_used_at, &key.last_used_by) {
        (None, _) => "never".to_owned(),
        (Some(at), None) => output::when(at),
        (Some(at), Some(program)) => format!("{} by {program}", output::when(at)),
    };
    vec![
        key.id.to_string(),
        name,
        format!("…{}", key.hint),
        agents,
        output::sum(view.spent, view.unknown_cost),
        used,
    ]
}
