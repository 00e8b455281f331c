//! Providers and their keys.

use std::time::{Duration, Instant};

use domain::{
    AuthScheme, BaseUrl, Failure, FailureKind, Message, Params, Provider, Quirks, Request, Role, Transport,
    Wire,
};
use store::table;

use super::{
    AddProvider, Caller, CatalogueEntry, Check, CheckState, DetectedServer, EndpointStatus, ModelList,
    Nothing, ProviderModels, ProviderName, ProviderReport, ProviderView, SetProviderKey, Topic,
};
use crate::Engine;
use crate::failures::not_found;
use crate::upstream;

/// The catalogue id of the model inside this process.
const STARTER: &str = "starter";

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ProviderView>, Failure> {
    let roster = engine.roster().now();
    let mut all: Vec<ProviderView> = roster
        .providers
        .values()
        .map(|provider| view(engine, Provider::clone(provider)))
        .collect();
    all.sort_by(|one, other| one.provider.id.cmp(&other.provider.id));
    Ok(all)
}

pub(super) async fn catalogue(_: &Engine, _: Caller, _: Nothing) -> Result<Vec<CatalogueEntry>, Failure> {
    let starter = CatalogueEntry {
        id: STARTER.to_owned(),
        name: "Starter model".to_owned(),
        wire: Wire::OpenAiChat,
        base_url: None,
        needs_key: false,
        key_url: None,
        local: true,
    };
    let known = wire::catalog::entries().iter().map(|entry| CatalogueEntry {
        id: entry.id.clone(),
        name: entry.name.clone(),
        wire: entry.wire,
        base_url: entry.base_url.as_ref().map(|url| url.as_str().to_owned()),
        needs_key: entry.auth != AuthScheme::None,
        key_url: entry.key_url.clone(),
        local: entry.local,
    });
    Ok(cfg!(feature = "starter")
        .then_some(starter)
        .into_iter()
        .chain(known)
        .collect())
}

pub(super) async fn add(engine: &Engine, _: Caller, args: AddProvider) -> Result<ProviderView, Failure> {
    if engine.roster().now().providers.contains_key(&args.id) {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("There is a provider {} already.", args.id),
        )
        .with_hint("Choose another slug, or remove that one first."));
    }
    let key = args.key.clone();
    let mut provider = describe(engine, &args)?;
    if let Some(base_url) = provider.base_url()
        && base_url.is_plain_http()
        && !base_url.is_loopback()
        && !args.allow_http
    {
        return Err(
            Failure::invalid("base_url", "Plain http is accepted for this machine only.")
                .with_hint("Use https, or --allow-http when the network in between is yours."),
        );
    }
    if key.is_some() && provider.auth == AuthScheme::None && provider.transport != Transport::InProcess {
        provider.auth = AuthScheme::Bearer;
    }
    if let (Some(key), Some(base_url)) = (key, provider.base_url()) {
        check_key(&key.0)?;
        provider.key_hint = Some(
            engine
                .vault()
                .put(&provider.id, &base_url.origin(), key.0)
                .await?,
        );
    }
    let row = provider.clone();
    let inserted = engine
        .store()
        .write(move |tx| table::providers::insert(tx, &row))
        .await;
    if let Err(failure) = inserted {
        // no key without its provider (KEY-07)
        engine.vault().remove(&provider.id).await?;
        return Err(failure);
    }
    engine
        .reload(Topic::Providers, Some(provider.id.to_string()))
        .await?;
    Ok(view(engine, provider))
}

fn describe(engine: &Engine, args: &AddProvider) -> Result<Provider, Failure> {
    let kind = match args.kind.as_deref() {
        Some(kind) => kind,
        None if args.id.as_str() == STARTER || wire::catalog::find(args.id.as_str()).is_some() => {
            args.id.as_str()
        }
        None => "custom",
    };
    let own_url = args.base_url.as_deref().map(BaseUrl::parse).transpose()?;
    let name = args.name.clone().filter(|name| !name.trim().is_empty());
    let mut provider = Provider {
        id: args.id.clone(),
        kind: kind.to_owned(),
        name: name.clone().unwrap_or_else(|| args.id.to_string()),
        wire: args.wire.unwrap_or(Wire::OpenAiChat),
        transport: Transport::InProcess,
        auth: AuthScheme::Bearer,
        headers: Vec::new(),
        quirks: Quirks::default(),
        key_hint: None,
        created_at: engine.clock().now(),
    };
    match kind {
        STARTER => {
            provider.name = name.unwrap_or_else(|| "Starter model".to_owned());
            provider.auth = AuthScheme::None;
            return Ok(provider);
        }
        "custom" => {
            let base_url = own_url.ok_or_else(|| {
                Failure::invalid(
                    "base_url",
                    "A custom provider needs --base-url, and --wire unless it is openai-chat.",
                )
                .with_hint("Known kinds are listed by `inglenook provider list --catalogue`.")
            })?;
            provider.transport = Transport::Http { base_url };
        }
        known => {
            let entry = wire::catalog::find(known).ok_or_else(|| {
                Failure::invalid("kind", format!("There is no kind of provider {known:?}."))
                    .with_hint("Use a kind of the catalogue, or `custom` with --base-url.")
            })?;
            let base_url = own_url.or_else(|| entry.base_url.clone()).ok_or_else(|| {
                Failure::invalid(
                    "base_url",
                    format!("{} has no address of its own; give --base-url.", entry.name),
                )
            })?;
            provider.name = name.unwrap_or_else(|| entry.name.clone());
            provider.wire = args.wire.unwrap_or(entry.wire);
            provider.transport = Transport::Http { base_url };
            provider.auth = entry.auth.clone();
            provider.quirks = entry.quirks.clone();
            provider.headers = entry.headers.clone();
        }
    }
    if args.no_key {
        provider.auth = AuthScheme::None;
    }
    if provider.wire != Wire::OpenAiChat {
        return Err(upstream::unspoken(provider.wire));
    }
    Ok(provider)
}

fn check_key(key: &secrecy::SecretString) -> Result<(), Failure> {
    use secrecy::ExposeSecret;
    let text = key.expose_secret();
    if text.trim().is_empty() {
        return Err(Failure::invalid("key", "The key is empty."));
    }
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(Failure::invalid(
            "key",
            "The key has spaces at its ends or control characters in it.",
        ));
    }
    Ok(())
}

pub(super) async fn set_key(
    engine: &Engine,
    _: Caller,
    args: SetProviderKey,
) -> Result<ProviderView, Failure> {
    let mut provider = Provider::clone(&*find(engine, args.id.as_str())?);
    let Some(base_url) = provider.base_url().cloned() else {
        return Err(Failure::invalid("id", "The starter model needs no key."));
    };
    check_key(&args.key.0)?;
    provider.key_hint = Some(
        engine
            .vault()
            .put(&provider.id, &base_url.origin(), args.key.0)
            .await?,
    );
    if provider.auth == AuthScheme::None {
        provider.auth = AuthScheme::Bearer;
    }
    let row = provider.clone();
    engine
        .store()
        .write(move |tx| table::providers::update(tx, &row))
        .await?;
    engine
        .reload(Topic::Providers, Some(provider.id.to_string()))
        .await?;
    Ok(view(engine, provider))
}

pub(super) async fn remove(engine: &Engine, _: Caller, args: ProviderName) -> Result<Nothing, Failure> {
    let provider = find(engine, args.id.as_str())?;
    let users = agents_on(engine, &provider);
    if users > 0 {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("{users} agents answer from {}.", provider.id),
        )
        .with_hint("Give them another model first."));
    }
    let id = provider.id.clone();
    engine
        .store()
        .write(move |tx| {
            table::providers::remove(tx, &id)?;
            table::settings::remove(tx, &models_setting(&id))
        })
        .await?;
    engine.vault().remove(&provider.id).await?;
    engine
        .reload(Topic::Providers, Some(provider.id.to_string()))
        .await?;
    Ok(Nothing {})
}

pub(super) async fn models(engine: &Engine, _: Caller, args: ProviderModels) -> Result<ModelList, Failure> {
    let provider = find(engine, args.id.as_str())?;
    if !args.refresh
        && let Some(known) = known_models(engine, &provider).await?
    {
        return Ok(known);
    }
    let mut models = upstream::models(engine, &provider).await?;
    for model in &mut models {
        if model.price.is_none()
            && let Ok(target) = domain::Target::parse(&format!("{}/{}", provider.id, model.id))
        {
            model.price = engine.prices().of(engine.store(), &provider, &target).await;
        }
    }
    let list = ModelList {
        models,
        fetched_at: engine.clock().now(),
    };
    let (name, kept) = (models_setting(&provider.id), list.clone());
    engine
        .store()
        .write(move |tx| table::settings::set(tx, &name, &kept))
        .await?;
    Ok(list)
}

/// The provider's models as it listed them before; the network is not asked.
pub(super) async fn known_models(engine: &Engine, provider: &Provider) -> Result<Option<ModelList>, Failure> {
    let name = models_setting(&provider.id);
    engine
        .store()
        .read(move |conn| table::settings::get(conn, &name))
        .await
}

fn models_setting(id: &domain::ProviderId) -> String {
    format!("models:{id}")
}

pub(super) async fn detect(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<DetectedServer>, Failure> {
    let own_port = match engine.endpoint() {
        EndpointStatus::Listening { port, .. } => Some(port),
        EndpointStatus::Stopped | EndpointStatus::Failed { .. } => None,
    };
    Ok(crate::discovery::detect(engine, own_port).await)
}

/// Asks for the models, then for one token of the first of them.
pub(super) async fn test(
    engine: &Engine,
    caller: Caller,
    args: ProviderName,
) -> Result<ProviderReport, Failure> {
    let provider = find(engine, args.id.as_str())?;
    let mut checks = Vec::new();
    let began = Instant::now();
    let asked = models(
        engine,
        caller,
        ProviderModels {
            id: args.id,
            refresh: true,
        },
    )
    .await;
    let took = format!("{} ms", began.elapsed().as_millis());
    let listed = match asked {
        Ok(list) => {
            checks.push(passed(
                "models",
                format!("{} models in {took}", list.models.len()),
            ));
            list.models
        }
        Err(failure) => {
            let is = |kinds: &[FailureKind]| kinds.contains(&failure.kind());
            let name = if is(&[FailureKind::UpstreamUnreachable, FailureKind::UpstreamTimeout]) {
                "reachable"
            } else if is(&[FailureKind::ProviderKeyMissing, FailureKind::ProviderKeyRejected]) {
                "key"
            } else {
                "models"
            };
            checks.push(failed(name, &failure));
            Vec::new()
        }
    };
    if let Some(model) = listed.first() {
        let began = Instant::now();
        match one_token(engine, &provider, &model.id).await {
            Ok(()) => checks.push(passed(
                "call",
                format!("{} answered in {} ms", model.id, began.elapsed().as_millis()),
            )),
            Err(failure) => checks.push(failed("call", &failure)),
        }
    }
    Ok(ProviderReport {
        ok: checks.iter().all(|check| check.state == CheckState::Ok),
        checks,
    })
}

/// A test is no call of anybody's: it goes to the provider without a session and without a ledger entry,
/// costs one token, and its answer is thrown away.
async fn one_token(engine: &Engine, provider: &Provider, model: &str) -> Result<(), Failure> {
    let request = Request {
        messages: vec![Message::text(Role::User, "Hi")],
        params: Params {
            max_output_tokens: Some(1),
            ..Params::default()
        },
        ..Request::default()
    };
    let compiled = upstream::compile(provider, model, &request)?;
    let sending = upstream::send(engine, provider, &request, compiled);
    match tokio::time::timeout(Duration::from_secs(30), sending).await {
        Ok(answered) => answered.map(|_| ()),
        Err(_) => Err(Failure::new(
            FailureKind::UpstreamTimeout,
            "The model did not answer within 30 seconds.",
        )),
    }
}

fn passed(name: &str, detail: String) -> Check {
    Check {
        name: name.to_owned(),
        state: CheckState::Ok,
        detail,
        hint: None,
    }
}

fn failed(name: &str, failure: &Failure) -> Check {
    Check {
        name: name.to_owned(),
        state: CheckState::Failed,
        detail: failure.message().to_owned(),
        hint: failure.hint().map(str::to_owned),
    }
}

/// The provider of this slug.
fn find(engine: &Engine, name: &str) -> Result<std::sync::Arc<Provider>, Failure> {
    let roster = engine.roster().now();
    let found = roster
        .providers
        .values()
        .find(|provider| provider.id.as_str() == name);
    found.cloned().ok_or_else(|| not_found("provider", name))
}

fn agents_on(engine: &Engine, provider: &Provider) -> u32 {
    let roster = engine.roster().now();
    let on = |agent: &&std::sync::Arc<domain::Agent>| {
        std::iter::once(&agent.draft.target)
            .chain(&agent.draft.fallbacks)
            .any(|target| target.provider == provider.id)
    };
    u32::try_from(roster.agents.iter().filter(on).count()).unwrap_or(u32::MAX)
}

fn view(engine: &Engine, provider: Provider) -> ProviderView {
    let key_missing = provider.auth != AuthScheme::None && provider.key_hint.is_none();
    let agents = agents_on(engine, &provider);
    ProviderView {
        provider,
        key_missing,
        agents,
    }
}
