//! Client keys.

use domain::{Budget, BudgetPeriod, ClientKey, ClientKeyId, Failure, Slug, Timestamp};
use store::table;

use super::{Caller, ClientKeyView, CreatedClientKey, KeyName, NewClientKey, Nothing, Topic};
use crate::Engine;
use crate::failures::{internal, not_found};
use crate::keys;
use crate::limits::begin_of;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ClientKeyView>, Failure> {
    let keys = engine.store().read(table::client_keys::list).await?;
    let mut views = Vec::with_capacity(keys.len());
    for key in keys.into_iter().filter(|key| key.revoked_at.is_none()) {
        views.push(view(engine, key).await?);
    }
    Ok(views)
}

pub(super) async fn get(engine: &Engine, _: Caller, args: KeyName) -> Result<ClientKeyView, Failure> {
    let key = find(engine, &args.key).await?;
    view(engine, key).await
}

pub(super) async fn create(
    engine: &Engine,
    _: Caller,
    args: NewClientKey,
) -> Result<CreatedClientKey, Failure> {
    let name = args.name.trim().to_owned();
    if name.is_empty() || name.len() > 100 {
        return Err(Failure::invalid(
            "name",
            "A client key's name has 1 to 100 characters.",
        ));
    }
    for (limit, value) in [
        ("rpm", args.rpm),
        ("tpm", args.tpm),
        ("concurrency", args.concurrency),
    ] {
        if value == Some(0) {
            return Err(Failure::invalid(
                limit,
                format!("{limit} is at least 1; leave it out for no limit."),
            ));
        }
    }
    let agent = |name: &String| super::agents::id_of(engine, name);
    let agents = args.agents.iter().map(agent).collect::<Result<Vec<_>, _>>()?;
    let catch_all = args.catch_all.as_ref().map(agent).transpose()?;
    let aliases = args.aliases.iter().map(|(model, name)| {
        let agent = super::agents::find(engine, name)?;
        Ok((model.clone(), Slug::clone(&agent.draft.slug)))
    });
    let aliases = aliases.collect::<Result<Vec<_>, Failure>>()?;
    for origin in &args.origins {
        check_origin(origin)?;
    }
    let now = engine.clock().now();
    let expires_at = args.expires_in.map(|seconds| {
        let millis = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        Timestamp(now.millis().saturating_add(millis))
    });
    let secret = keys::make(engine.ids())?;
    let digest = keys::digest(secret.as_bytes()).ok_or_else(|| internal("a new key was not recognised"))?;
    let key = ClientKey {
        id: engine.ids().client_key()?,
        name,
        hint: secret[secret.len() - 4..].to_owned(),
        agents,
        raw_models: args.raw_models,
        catch_all,
        aliases,
        origins: args.origins,
        budget: args.budget.map(|cap| Budget {
            cap,
            per: args.per.unwrap_or(BudgetPeriod::Total),
        }),
        rpm: args.rpm,
        tpm: args.tpm,
        concurrency: args.concurrency,
        store: args.store,
        expires_at,
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    let stored = key.clone();
    engine
        .store()
        .write(move |tx| table::client_keys::insert(tx, &digest, &stored))
        .await?;
    engine.reload(Topic::Keys, Some(key.id.to_string())).await?;
    Ok(CreatedClientKey {
        id: key.id.to_string(),
        secret,
        key: view(engine, key).await?,
    })
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

/// The key of this id, or of this name when exactly one has it that is not revoked.
/// The client key of this name or id.
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
        (Some(_), Some(_)) => Err(Failure::invalid(
            "key",
            format!("Several client keys are named {name:?}; use an id."),
        )),
        (None, _) => Err(not_found("client key", name)),
    }
}

async fn view(engine: &Engine, key: ClientKey) -> Result<ClientKeyView, Failure> {
    let roster = engine.roster().now();
    let slug = |id| roster.by_id.get(id).map(|agent| agent.draft.slug.to_string());
    let agent_slugs = key.agents.iter().filter_map(slug).collect();
    let now = engine.clock().now();
    let since = key
        .budget
        .map_or(Timestamp(0), |budget| begin_of(budget.per, now));
    let id = key.id.clone();
    let spent = engine
        .store()
        .read(move |conn| table::entries::spent_by_key(conn, &id, since))
        .await?;
    Ok(ClientKeyView {
        key,
        agent_slugs,
        spent: spent.cost,
    })
}

/// Exactly one serialised origin: a scheme, a host and nothing after it; no wildcard, no bare scheme (SEC-08).
fn check_origin(origin: &str) -> Result<(), Failure> {
    let wrong = || {
        Failure::invalid("origins", format!("{origin:?} is not an origin.")).with_hint(
            "Write it as the browser sends it, for example https://app.example.com or http://localhost:3000.",
        )
    };
    let (scheme, host) = origin.split_once("://").ok_or_else(wrong)?;
    let scheme_fits = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let host_byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]_".contains(&b);
    if scheme_fits && !host.is_empty() && host.bytes().all(host_byte) {
        Ok(())
    } else {
        Err(wrong())
    }
}
