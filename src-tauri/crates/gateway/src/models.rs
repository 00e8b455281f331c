//! What models each provider serves, and what is known of them.
//!
//! A list is asked for when a person wants to see it, and kept with its age. Programs that ask us for models
//! get what is kept: no route of theirs waits for somebody else's network (W-104). What a provider does not
//! say is added from the published table, and where a provider cannot be asked that table stands in for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Abilities, Failure, Model, Price, Provider, ProviderId, Target, Timestamp, Transport, Wire};
use store::table;

use crate::control::{ModelChoice, ModelList, ModelSource};
use crate::{Engine, published, upstream};

/// A list older than this is asked for again before it is shown.
const STALE_MS: i64 = 24 * 3600 * 1000;
pub(crate) const WAIT: Duration = Duration::from_secs(20);
/// A client may name any model.
const FACTS: usize = 4096;

/// Lists and facts that were read before.
#[derive(Default)]
pub(crate) struct Models {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// `None` where the database has none.
    lists: HashMap<ProviderId, Option<Arc<ModelList>>>,
    facts: HashMap<Target, Arc<Model>>,
}

impl Models {
    /// Forgets what was read, after providers or prices changed.
    pub fn forget(&self) {
        *self.known() = Known::default();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The list that was kept; the network is not asked.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn kept(engine: &Engine, id: &ProviderId) -> Result<Option<Arc<ModelList>>, Failure> {
    if let Some(list) = engine.models().known().lists.get(id) {
        return Ok(list.clone());
    }
    let name = setting(id);
    let read = engine.store().read(move |conn| table::settings::get(conn, &name));
    let list: Option<Arc<ModelList>> = read.await?.map(Arc::new);
    engine.models().known().lists.insert(id.clone(), list.clone());
    Ok(list)
}

/// The row of the settings table that holds a provider's list.
pub(crate) fn setting(id: &ProviderId) -> String {
    format!("models:{id}")
}

/// The list to show: the kept one while it is fresh, else the provider's own, else what else is known,
/// together with why it is not the provider's own.
///
/// # Errors
/// Why the provider could not be asked, when nothing is known at all.
pub(crate) async fn list(engine: &Engine, provider: &Provider) -> Result<ModelList, Failure> {
    let known = kept(engine, &provider.id).await?;
    let now = engine.clock().now();
    let age_ms = |list: &ModelList| now.millis().saturating_sub(list.fetched_at.millis()).max(0);
    let aged = |list: &ModelList| ModelList {
        age_s: age_ms(list).unsigned_abs() / 1000,
        ..list.clone()
    };
    if let Some(list) = &known
        && age_ms(list) < STALE_MS
    {
        return Ok(aged(list));
    }
    let failure = match fetch(engine, provider, WAIT).await {
        Ok(list) => return Ok(list),
        Err(failure) => failure,
    };
    let stand_in = match known {
        Some(list) => Some(aged(&list)),
        None => from_the_table(provider, now).await,
    };
    match stand_in {
        Some(list) => Ok(ModelList {
            failure: Some((&failure).into()),
            ..list
        }),
        None => Err(failure),
    }
}

/// Asks the provider, and keeps what it says.
///
/// # Errors
/// Why it could not be asked; what was kept stays.
pub(crate) async fn fetch(
    engine: &Engine,
    provider: &Provider,
    wait: Duration,
) -> Result<ModelList, Failure> {
    let (mut models, source) = match path(provider)? {
        Path::At(path) => (
            upstream::models(engine, provider, &path, wait).await?,
            ModelSource::Provider,
        ),
        Path::Elsewhere(path, names) => match upstream::models(engine, provider, path, wait).await {
            Ok(models) if !models.is_empty() => (models, ModelSource::Provider),
            // that host has rights of its own; a key that may call a model need not list any
            Ok(_) | Err(_) => (named(names), ModelSource::Catalogue),
        },
        Path::Nowhere(names) => (named(names), ModelSource::Catalogue),
    };
    let now = engine.clock().now();
    for price in models.iter_mut().filter_map(|model| model.price.as_mut()) {
        price.as_of = now;
    }
    complete(engine, provider, &mut models).await?;
    let list = ModelList {
        models,
        fetched_at: now,
        age_s: 0,
        source,
        failure: None,
    };
    let (name, row) = (setting(&provider.id), list.clone());
    engine
        .store()
        .write(move |tx| table::settings::set(tx, &name, &row))
        .await?;
    let mut known = engine.models().known();
    known.facts.retain(|target, _| target.provider != provider.id);
    known
        .lists
        .insert(provider.id.clone(), Some(Arc::new(list.clone())));
    Ok(list)
}

/// Puts what a model costs now into the list that was kept.
///
/// # Errors
/// When the database cannot be read or written.
pub(crate) async fn reprice(engine: &Engine, target: &Target, price: Option<&Price>) -> Result<(), Failure> {
    if let Some(list) = kept(engine, &target.provider).await? {
        let mut list = ModelList::clone(&list);
        for model in list.models.iter_mut().filter(|model| *model.id == *target.model) {
            model.price = price.cloned();
        }
        let name = setting(&target.provider);
        engine
            .store()
            .write(move |tx| table::settings::set(tx, &name, &list))
            .await?;
    }
    engine.models().forget();
    Ok(())
}

enum Path {
    At(String),
    /// On another host than the one that answers; where that does not work, these names are worth offering.
    Elsewhere(&'static str, &'static [String]),
    /// There is no such route, but these names are worth offering.
    Nowhere(&'static [String]),
}

fn named(names: &[String]) -> Vec<Model> {
    names.iter().map(|name| bare(name)).collect()
}

/// Where the catalogue says, unless the provider speaks another wire than its kind does.
fn path(provider: &Provider) -> Result<Path, Failure> {
    let usual = wire::provider::models_path(provider.wire);
    let entry = wire::catalog::find(&provider.kind).filter(|entry| entry.wire == provider.wire);
    Ok(match entry.map(|entry| &entry.models) {
        Some(listing) => match &listing.path {
            // what the catalogue takes for usual is OpenAI's
            Some(path) if path == "/models" && provider.wire != Wire::OpenAiChat => {
                Path::At(usual.to_owned())
            }
            Some(path) => Path::At(path.clone()),
            None if upstream::lists_elsewhere(provider) => Path::Elsewhere(usual, &listing.known),
            None => Path::Nowhere(&listing.known),
        },
        None => Path::At(usual.to_owned()),
    })
}

/// Whether the provider lists its models to anybody, so that a list proves nothing about its key.
pub(crate) fn is_public(provider: &Provider) -> bool {
    wire::catalog::find(&provider.kind)
        .is_some_and(|entry| entry.models.public || entry.models.path.is_none())
}

/// What is known of a model that may be called; the network is not asked.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn facts(
    engine: &Engine,
    provider: &Provider,
    target: &Target,
) -> Result<Arc<Model>, Failure> {
    if let Some(model) = engine.models().known().facts.get(target) {
        return Ok(Arc::clone(model));
    }
    let listed = kept(engine, &provider.id).await?.and_then(|list| {
        let found = list.models.iter().find(|model| *model.id == *target.model);
        found.cloned()
    });
    let model = match listed {
        Some(model) => model,
        None => {
            let mut one = vec![bare(&target.model)];
            complete(engine, provider, &mut one).await?;
            one.pop().unwrap_or_else(|| bare(&target.model))
        }
    };
    let model = Arc::new(model);
    let mut known = engine.models().known();
    if known.facts.len() >= FACTS {
        known.facts.clear();
    }
    known.facts.insert(target.clone(), Arc::clone(&model));
    Ok(model)
}

/// The models that providers have listed, as something to write in `model`; in the order of the providers'
/// slugs, then of their lists. The network is not asked.
///
/// # Errors
/// When the database cannot be read.
pub(crate) async fn raw_choices(engine: &Engine) -> Result<Vec<ModelChoice>, Failure> {
    let roster = engine.roster().now();
    let mut providers: Vec<_> = roster.providers.keys().collect();
    providers.sort();
    let mut all = Vec::new();
    for id in providers {
        let Some(list) = kept(engine, id).await? else {
            continue;
        };
        all.extend(list.models.iter().filter_map(|model| {
            let target = Target::parse(&format!("{id}/{}", model.id)).ok()?;
            Some(ModelChoice {
                id: target.to_string(),
                name: model.id.clone(),
                agent: false,
                target,
                context: model.context,
            })
        }));
    }
    Ok(all)
}

fn bare(id: &str) -> Model {
    Model {
        id: id.to_owned(),
        context: None,
        max_output: None,
        abilities: Abilities::default(),
        price: None,
    }
}

/// Adds what the provider did not say: the user's own prices, then the published table.
async fn complete(engine: &Engine, provider: &Provider, models: &mut Vec<Model>) -> Result<(), Failure> {
    let own = engine.store().read(table::prices::list).await?;
    for (target, price) in own {
        if target.provider == provider.id
            && let Some(model) = models.iter_mut().find(|model| *model.id == *target.model)
        {
            model.price = Some(price);
        }
    }
    if published::is_local(provider) {
        for model in models.iter_mut() {
            model.price.get_or_insert_with(published::free);
        }
        return Ok(());
    }
    let Some(name) = published::name(provider) else {
        return Ok(());
    };
    let mut told = std::mem::take(models);
    let completed = tokio::task::spawn_blocking(move || {
        for model in &mut told {
            model.price = model.price.take().or_else(|| published::price(name, &model.id));
            model.context = model.context.or_else(|| published::context(name, &model.id));
        }
        told
    });
    *models = completed.await.map_err(crate::failures::internal)?;
    Ok(())
}

/// The published list of a provider, where it cannot be asked.
async fn from_the_table(provider: &Provider, now: Timestamp) -> Option<ModelList> {
    if provider.transport == Transport::InProcess {
        return None;
    }
    let name = published::name(provider)?;
    let mut models = tokio::task::spawn_blocking(move || published::models(name))
        .await
        .ok()?;
    // under Google the table also lists the guests of its cloud
    if provider.kind == "google" {
        models.retain(|model| model.id.starts_with("gem"));
    }
    (!models.is_empty()).then_some(ModelList {
        models,
        fetched_at: now,
        age_s: 0,
        source: ModelSource::Catalogue,
        failure: None,
    })
}
