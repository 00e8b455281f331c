//! Providers and their keys.

use domain::{AuthScheme, BaseUrl, Failure, FailureKind, Provider, Quirks, Transport, Wire};
use store::table;

use super::{
    AddProvider, Caller, CatalogueEntry, DetectedServer, EndpointStatus, ModelList, Nothing,
    OllamaPortStatus, ProviderModels, ProviderName, ProviderView, SetProviderKey, Topic,
};
use crate::failures::not_found;
use crate::{Engine, models};

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
        base_url_help: None,
        needs_key: false,
        key_url: None,
        key_help: None,
        local: true,
    };
    let known = wire::catalog::entries().iter().map(|entry| CatalogueEntry {
        id: entry.id.clone(),
        name: entry.name.clone(),
        wire: entry.wire,
        base_url: entry.base_url.as_ref().map(|url| url.as_str().to_owned()),
        base_url_help: entry.base_url_help.clone(),
        needs_key: entry.auth != AuthScheme::None,
        key_url: entry.key_url.clone(),
        key_help: entry.key_help.clone(),
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
    args.timeouts.check()?;
    if let Some(ca) = &args.ca {
        engine.upstreams().clients.check_ca(ca)?;
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
        auth: usual_auth(args.wire.unwrap_or(Wire::OpenAiChat)),
        headers: Vec::new(),
        quirks: Quirks::default(),
        timeouts: args.timeouts,
        ca: args.ca.clone(),
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
                let missing = Failure::invalid(
                    "base_url",
                    format!("{} has no address of its own; give --base-url.", entry.name),
                );
                match &entry.base_url_help {
                    Some(help) => missing.with_hint(format!("It has the form {help}.")),
                    None => missing,
                }
            })?;
            provider.name = name.unwrap_or_else(|| entry.name.clone());
            provider.wire = args.wire.unwrap_or(entry.wire);
            provider.transport = Transport::Http { base_url };
            provider.auth = entry.auth.clone();
            provider.quirks = entry.quirks.clone();
            provider.headers = entry.headers.clone();
        }
    }
    provider.quirks.streams_only |= args.streams_only;
    if args.no_key {
        provider.auth = AuthScheme::None;
    }
    Ok(provider)
}

/// How providers of a wire want their key, as far as nothing else is known.
fn usual_auth(wire: Wire) -> AuthScheme {
    let header = |name: &str| AuthScheme::Header {
        name: name.to_owned(),
    };
    match wire {
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::Ollama => AuthScheme::Bearer,
        Wire::AnthropicMessages => header("x-api-key"),
        Wire::Gemini => header("x-goog-api-key"),
        Wire::BedrockConverse => AuthScheme::Aws {
            service: "bedrock".into(),
            region: None,
        },
    }
}

pub(super) fn check_key(key: &secrecy::SecretString) -> Result<(), Failure> {
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

pub(super) async fn remove_key(
    engine: &Engine,
    _: Caller,
    args: ProviderName,
) -> Result<ProviderView, Failure> {
    let mut provider = Provider::clone(&*find(engine, args.id.as_str())?);
    provider.key_hint = None;
    let row = provider.clone();
    engine
        .store()
        .write(move |tx| table::providers::update(tx, &row))
        .await?;
    engine.vault().remove(&provider.id).await?;
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
            table::settings::remove(tx, &models::setting(&id))
        })
        .await?;
    engine.vault().remove(&provider.id).await?;
    engine
        .reload(Topic::Providers, Some(provider.id.to_string()))
        .await?;
    Ok(Nothing {})
}

pub(super) async fn list_models(
    engine: &Engine,
    _: Caller,
    args: ProviderModels,
) -> Result<ModelList, Failure> {
    let provider = find(engine, args.id.as_str())?;
    if args.refresh {
        models::fetch(engine, &provider, models::WAIT).await
    } else {
        models::list(engine, &provider).await
    }
}

pub(super) async fn detect(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<DetectedServer>, Failure> {
    let mut own_ports = Vec::new();
    if let EndpointStatus::Listening { port, .. } = engine.endpoint() {
        own_ports.push(port);
    }
    if let OllamaPortStatus::Listening { port } = engine.ollama_port() {
        own_ports.push(port);
    }
    Ok(crate::discovery::detect(engine, &own_ports).await)
}

/// The provider of this slug.
pub(super) fn find(engine: &Engine, name: &str) -> Result<std::sync::Arc<Provider>, Failure> {
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
