//! `inglenook key …`

use domain::{BudgetPeriod, Failure, Money, StorePolicy};
use gateway::control::{ClientKeyView, CreatedClientKey, KeyName, NewClientKey, Nothing};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Key {
    /// Make a client key; its secret is shown this once.
    Create(Box<Create>),
    /// List client keys.
    List,
    /// Show a client key by id or name.
    Show { key: String },
    /// End a client key at once.
    Revoke { key: String },
}

#[derive(clap::Args)]
pub(crate) struct Create {
    /// The program it is for.
    name: String,
    /// An agent it may use; without any, all.
    #[arg(long = "agent", value_name = "SLUG")]
    agents: Vec<String>,
    /// It may name PROVIDER/MODEL.
    #[arg(long)]
    raw_models: bool,
    /// The agent that answers for models it does not know.
    #[arg(long, value_name = "SLUG")]
    catch_all: Option<String>,
    /// A model name that stands for an agent.
    #[arg(long = "alias", value_name = "MODEL=SLUG", value_parser = alias)]
    aliases: Vec<(String, String)>,
    /// A web origin that may use it.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Spending cap in dollars.
    #[arg(long, value_name = "X", value_parser = dollars)]
    budget_usd: Option<Money>,
    /// The span of the spending cap.
    #[arg(long, value_name = "day|week|month|total", value_parser = period, requires = "budget_usd")]
    per: Option<BudgetPeriod>,
    /// Requests a minute.
    #[arg(long, value_name = "N")]
    rpm: Option<u32>,
    /// Tokens a minute.
    #[arg(long, value_name = "N")]
    tpm: Option<u32>,
    /// Calls at once.
    #[arg(long, value_name = "N")]
    concurrency: Option<u32>,
    /// When it ends: 30d, 12h, 45m.
    #[arg(long, value_name = "30d", value_parser = span)]
    expires: Option<u64>,
    /// How much of its calls is kept.
    #[arg(long, value_name = "all|metadata|none", value_parser = policy, default_value = "all")]
    store: StorePolicy,
}

fn alias(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((model, slug)) if !model.is_empty() && !slug.is_empty() => {
            Ok((model.to_owned(), slug.to_owned()))
        }
        _ => Err("an alias is written MODEL=SLUG".to_owned()),
    }
}

/// An amount of money, written in dollars.
pub(super) fn dollars(text: &str) -> Result<Money, String> {
    Money::parse_dollars(text).ok_or_else(|| "an amount of dollars with at most six decimals".to_owned())
}

fn period(text: &str) -> Result<BudgetPeriod, String> {
    Ok(match text {
        "day" => BudgetPeriod::Day,
        "week" => BudgetPeriod::Week,
        "month" => BudgetPeriod::Month,
        "total" => BudgetPeriod::Total,
        _ => return Err("a span is day, week, month or total".to_owned()),
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
            let wanted = NewClientKey {
                name: create.name,
                agents: create.agents,
                raw_models: create.raw_models,
                catch_all: create.catch_all,
                aliases: create.aliases,
                origins: create.origins,
                budget: create.budget_usd,
                per: create.per,
                rpm: create.rpm,
                tpm: create.tpm,
                concurrency: create.concurrency,
                expires_in: create.expires,
                store: create.store,
            };
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
                output::table(
                    &["ID", "NAME", "KEY", "AGENTS", "SPENT", "LAST USED"],
                    &all.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
        Key::Show { key } => {
            let found: ClientKeyView = door.run("key.get", &KeyName { key }).await?;
            output::print(json, &found, |found| {
                let key = &found.key;
                let limit = |name: &str, value: Option<u32>| value.map(|value| format!("{name}: {value}\n"));
                let mut text = output::table(
                    &["ID", "NAME", "KEY", "AGENTS", "SPENT", "LAST USED"],
                    &[row(found)],
                );
                text.push('\n');
                if let Some(budget) = key.budget {
                    text.push_str(&format!("budget: {} per {:?}\n", budget.cap, budget.per).to_lowercase());
                }
                for line in [
                    limit("requests a minute", key.rpm),
                    limit("tokens a minute", key.tpm),
                    limit("calls at once", key.concurrency),
                    key.expires_at.map(|at| format!("ends: {}\n", output::when(at))),
                    key.raw_models.then(|| "may name provider/model\n".to_owned()),
                ]
                .into_iter()
                .flatten()
                {
                    text.push_str(&line);
                }
                text
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

fn row(view: &ClientKeyView) -> Vec<String> {
    let agents = if view.agent_slugs.is_empty() {
        "all".to_owned()
    } else {
        view.agent_slugs.join(", ")
    };
    let used = view
        .key
        .last_used_at
        .map_or_else(|| "never".to_owned(), output::when);
    vec![
        view.key.id.to_string(),
        view.key.name.clone(),
        format!("…{}", view.key.hint),
        agents,
        view.spent.to_string(),
        used,
    ]
}
