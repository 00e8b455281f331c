//! Client keys.

use domain::{
    AgentId, ClientKey, ClientKeyDigest, ClientKeyId, Failure, FailureKind, Money, Rates, Slug, Timestamp,
    ToolCap,
};
use store::table;
use store::table::entries;

use super::budgets;
use super::origins;
use super::{
    Caller, ClientKeyView, CreatedClientKey, KeyName, NewClientKey, Nothing, Topic, UpdateClientKey,
};
use crate::Engine;
use crate::failures::{internal, not_found};
use crate::keys;
use crate::tools::Usable;

/// Longer than any emoji with all its modifiers.
const ICON_CAP: usize = 32;
/// The name of the key that programs share who present none.
const ANONYMOUS: &str = "no key";
/// What those may do before somebody says otherwise.
const ANONYMOUS_RATES: Rates = Rates {
    rpm: Some(120),
    rph: None,
    rpd: None,
    tpm: None,
    concurrency: Some(16),
};

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ClientKeyView>, Failure> {
    let keys = engine.store().read(table::client_keys::list).await?;
    let mut views = Vec::with_capacity(keys.len());
    for key in keys.into_iter().filter(|key| key.revoked_at.is_none()) {
        views.push(view(engine, key).await?);
    }
    Ok(views)
}

pub(super) async fn get(engine: &Engine, _: Caller, args: KeyName) -> Result<ClientKeyView, Failure> {
    engine.store().flush().await?;
    let key = find(engine, &args.key).await?;
    view(engine, key).await
}

pub(super) async fn create(
    engine: &Engine,
    _: Caller,
    args: NewClientKey,
) -> Result<CreatedClientKey, Failure> {
    let key = ClientKey {
        id: engine.ids().client_key()?,
        name: args.name.trim().to_owned(),
        hint: String::new(),
        icon: args.icon.filter(|icon| !icon.is_empty()),
        anonymous: false,
        agents: ids(engine, &args.agents)?,
        raw_models: args.raw_models,
        default_agent: args.default_agent.map(|name| id(engine, &name)).transpose()?,
        catch_all: args.catch_all.map(|name| id(engine, &name)).transpose()?,
        aliases: aliases(engine, args.aliases)?,
        origins: args.origins,
        budgets: args.budgets,
        session_budget: args.session_budget,
        rates: args.rates,
        no_tools: args.no_tools,
        tool_caps: args.tool_caps,
        store: args.store,
        expires_at: args.expires_in.map(|seconds| in_seconds(engine, seconds)),
        created_at: engine.clock().now(),
        last_used_at: None,
        last_used_by: None,
        revoked_at: None,
    };
    check(engine, &key)?;
    let (key, secret) = insert(engine, key).await?;
    Ok(CreatedClientKey {
        id: key.id.to_string(),
        secret,
        key: view(engine, key).await?,
    })
}

/// Changes what a key may do. Its secret stays.
pub(super) async fn update(
    engine: &Engine,
    _: Caller,
    args: UpdateClientKey,
) -> Result<ClientKeyView, Failure> {
    let mut key = find(engine, &args.key).await?;
    if key.revoked_at.is_some() {
        return Err(not_found("client key", &args.key));
    }
    let optional = |name: String| match name.as_str() {
        "" => Ok(None),
        name => id(engine, name).map(Some),
    };
    if let Some(name) = args.name {
        name.trim().clone_into(&mut key.name);
    }
    if let Some(icon) = args.icon {
        key.icon = Some(icon).filter(|icon| !icon.is_empty());
    }
    if let Some(agents) = args.agents {
        key.agents = ids(engine, &agents)?;
    }
    if let Some(default_agent) = args.default_agent {
        key.default_agent = optional(default_agent)?;
    }
    if let Some(catch_all) = args.catch_all {
        key.catch_all = optional(catch_all)?;
    }
    if let Some(named) = args.aliases {
        key.aliases = aliases(engine, named)?;
    }
    key.raw_models = args.raw_models.unwrap_or(key.raw_models);
    key.origins = args.origins.unwrap_or(key.origins);
    key.budgets = args.budgets.unwrap_or(key.budgets);
    if let Some(cap) = args.session_budget {
        key.session_budget = Some(cap).filter(|cap| *cap >= Money::ZERO);
    }
    key.rates = changed(key.rates, args.rates);
    if let Some(seconds) = args.expires_in {
        key.expires_at = (seconds > 0).then(|| in_seconds(engine, seconds));
    }
    key.no_tools = args.no_tools.unwrap_or(key.no_tools);
    key.tool_caps = args.tool_caps.unwrap_or(key.tool_caps);
    key.store = args.store.unwrap_or(key.store);
    check(engine, &key)?;
    let stored = key.clone();
    engine
        .store()
        .write(move |tx| table::client_keys::update(tx, &stored))
        .await?;
    engine.reload(Topic::Keys, Some(key.id.to_string())).await?;
    view(engine, key).await
}

pub(super) async fn revoke(engine: &Engine, _: Caller, args: KeyName) -> Result<Nothing, Failure> {
    let id = find(engine, &args.key).await?.id;
    let (gone, now) = (id.clone(), engine.clock().now());
    engine
        .store()
        .write(move |tx| table::client_keys::revoke(tx, &gone, now))
        .await?;
    engine.reload(Topic::Keys, Some(id.to_string())).await?;
    Ok(Nothing {})
}

/// Makes the key of programs that present none, unless there is one. Nobody has its secret.
pub(super) async fn ensure_anonymous(engine: &Engine) -> Result<(), Failure> {
    let roster = engine.roster().now();
    if roster.keys.values().any(|state| state.key.anonymous) {
        return Ok(());
    }
    let key = ClientKey {
        id: engine.ids().client_key()?,
        name: ANONYMOUS.to_owned(),
        hint: String::new(),
        icon: None,
        anonymous: true,
        agents: Vec::new(),
        raw_models: false,
        default_agent: None,
        catch_all: None,
        aliases: Vec::new(),
        origins: Vec::new(),
        budgets: Vec::new(),
        session_budget: None,
        rates: ANONYMOUS_RATES,
        no_tools: false,
        tool_caps: Vec::new(),
        store: domain::StorePolicy::All,
        expires_at: None,
        created_at: engine.clock().now(),
        last_used_at: None,
        last_used_by: None,
        revoked_at: None,
    };
    insert(engine, key).await.map(|_| ())
}

/// Writes a key down with a new secret, which is given back and kept nowhere.
async fn insert(engine: &Engine, mut key: ClientKey) -> Result<(ClientKey, String), Failure> {
    let secret = keys::make(engine.ids())?;
    let digest: ClientKeyDigest =
        keys::digest(secret.as_bytes()).ok_or_else(|| internal("a new key was not recognised"))?;
    secret[secret.len() - 4..].clone_into(&mut key.hint);
    let stored = key.clone();
    engine
        .store()
        .write(move |tx| table::client_keys::insert(tx, &digest, &stored))
        .await?;
    engine.reload(Topic::Keys, Some(key.id.to_string())).await?;
    Ok((key, secret))
}

/// What holds of every key.
fn check(engine: &Engine, key: &ClientKey) -> Result<(), Failure> {
    if key.name.is_empty() || key.name.len() > 100 {
        return Err(Failure::invalid(
            "name",
            "A client key's name has 1 to 100 characters.",
        ));
    }
    if let Some(icon) = &key.icon
        && (icon.len() > ICON_CAP || icon.chars().any(char::is_control))
    {
        return Err(Failure::invalid("icon", "An icon is an emoji or a short word."));
    }
    for (name, _) in &key.aliases {
        if name.is_empty() || name.len() > 256 || name.chars().any(char::is_control) {
            return Err(Failure::invalid("aliases", "An alias has 1 to 256 characters."));
        }
    }
    check_caps(engine, &key.tool_caps)?;
    check_rates(&key.rates)?;
    budgets::check(&key.budgets)?;
    budgets::check_cap("session_budget", key.session_budget)?;
    key.origins.iter().try_for_each(|origin| origins::check(origin))
}

/// A cap on a tool that nobody knows would hold for nothing, and its author would think that it does.
fn check_caps(engine: &Engine, caps: &[ToolCap]) -> Result<(), Failure> {
    let roster = engine.roster().now();
    for (at, cap) in caps.iter().enumerate() {
        if !Usable::could_be(&roster, &cap.tool) {
            let names: Vec<String> = Usable::all(&roster).iter().map(Usable::name).collect();
            return Err(
                Failure::invalid("tool_caps", format!("There is no tool {:?}.", cap.tool))
                    .with_hint(format!("Tools are {}.", names.join(", "))),
            );
        }
        if caps.iter().take(at).any(|other| other.tool == cap.tool) {
            return Err(Failure::invalid(
                "tool_caps",
                format!("{} is named twice.", cap.tool),
            ));
        }
    }
    Ok(())
}

/// A limit of nothing is written as no key at all.
pub(super) fn check_rates(rates: &Rates) -> Result<(), Failure> {
    match rates.named().into_iter().find(|(_, value)| *value == Some(0)) {
        Some((name, _)) => Err(Failure::invalid(
            name,
            format!("{name} is at least 1; leave it out for no limit."),
        )),
        None => Ok(()),
    }
}

fn changed(before: Rates, said: Rates) -> Rates {
    let one = |before: Option<u32>, said: Option<u32>| match said {
        Some(0) => None,
        Some(limit) => Some(limit),
        None => before,
    };
    Rates {
        rpm: one(before.rpm, said.rpm),
        rph: one(before.rph, said.rph),
        rpd: one(before.rpd, said.rpd),
        tpm: one(before.tpm, said.tpm),
        concurrency: one(before.concurrency, said.concurrency),
    }
}

fn id(engine: &Engine, name: &str) -> Result<AgentId, Failure> {
    super::agents::id_of(engine, name)
}

fn ids(engine: &Engine, names: &[String]) -> Result<Vec<AgentId>, Failure> {
    names.iter().map(|name| id(engine, name)).collect()
}

fn aliases(engine: &Engine, named: Vec<(String, String)>) -> Result<Vec<(String, Slug)>, Failure> {
    let slug = |name: &str| Ok::<_, Failure>(super::agents::find(engine, name)?.draft.slug);
    named
        .into_iter()
        .map(|(model, name)| Ok((model, slug(&name)?)))
        .collect()
}

fn in_seconds(engine: &Engine, seconds: u64) -> Timestamp {
    let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    Timestamp(engine.clock().now().millis().saturating_add(millis))
}

/// The key of this id, or of this name when exactly one has it that is not revoked.
pub(super) async fn find(engine: &Engine, name: &str) -> Result<ClientKey, Failure> {
    let keys = engine.store().read(table::client_keys::list).await?;
    if let Some(id) = ClientKeyId::parse(name)
        && let Some(key) = keys.iter().find(|key| key.id == id)
    {
        return Ok(key.clone());
    }
    let mut named = keys
        .into_iter()
        .filter(|key| key.name == name && key.revoked_at.is_none());
    match (named.next(), named.next()) {
        (Some(key), None) => Ok(key),
        (Some(_), Some(_)) => Err(Failure::new(
            FailureKind::InvalidRequest,
            format!("Several client keys are named {name:?}; use an id."),
        )
        .with_param("key")),
        (None, _) => Err(not_found("client key", name)),
    }
}

async fn view(engine: &Engine, key: ClientKey) -> Result<ClientKeyView, Failure> {
    let roster = engine.roster().now();
    let slug = |id| roster.by_id.get(id).map(|agent| agent.draft.slug.to_string());
    let agent_slugs = key.agents.iter().filter_map(slug).collect();
    let (id, caps, now) = (key.id.clone(), key.budgets.clone(), engine.clock().now());
    let read = engine.store().read(move |conn| {
        let standing = caps
            .into_iter()
            .map(|budget| budgets::standing(budget, now, |since| entries::counted_by_key(conn, &id, since)));
        Ok((
            entries::spent_by_key(conn, &id, Timestamp(0))?,
            standing.collect::<Result<Vec<_>, Failure>>()?,
        ))
    });
    let (spent, standing) = read.await?;
    Ok(ClientKeyView {
        key,
        agent_slugs,
        spent: spent.cost,
        unknown_cost: spent.unknown,
        standing,
    })
}
