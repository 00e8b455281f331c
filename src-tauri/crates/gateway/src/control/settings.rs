//! Settings of the data directory.

use domain::{Failure, FailureKind, Money, Target};
use store::table;
use store::vault::VaultKind;

use super::{Caller, Nothing, Settings, SettingsPatch, Topic};
use crate::roster::SETTINGS;
use crate::{Engine, http, retention};

pub(super) async fn get(engine: &Engine, _: Caller, _: Nothing) -> Result<Settings, Failure> {
    Ok(engine.roster().now().settings.clone())
}

pub(super) async fn set(engine: &Engine, _: Caller, patch: SettingsPatch) -> Result<Settings, Failure> {
    let mut settings = engine.roster().now().settings.clone();
    if let Some(name) = patch.default_agent {
        settings.default_agent = match name.as_str() {
            "" => None,
            name => Some(super::agents::find(engine, name)?.id.to_string()),
        };
    }
    if let Some(port) = patch.port {
        if port == 0 {
            return Err(Failure::invalid("port", "The port is a number from 1 to 65535."));
        }
        settings.port = Some(port);
    }
    if let Some(port) = patch.ollama_port {
        settings.ollama_port = (port != 0).then_some(port);
    }
    if let Some(days) = patch.responses_days {
        if !(1..=365).contains(&days) {
            return Err(Failure::invalid(
                "responses_days",
                "Responses are kept from 1 to 365 days.",
            ));
        }
        settings.responses_days = Some(days);
    }
    if let Some(seconds) = patch.approval_seconds {
        if seconds != 0 && !(1..=86_400).contains(&seconds) {
            return Err(Failure::invalid(
                "approval_seconds",
                "A person is waited for from 1 to 86,400 seconds.",
            ));
        }
        settings.approval_seconds = Some(seconds).filter(|seconds| *seconds > 0);
    }
    if let Some(theme) = patch.theme {
        settings.theme = theme;
    }
    if let Some(language) = patch.language {
        settings.language = language;
    }
    if let Some(consent) = patch.starter_consent {
        settings.starter_consent = consent;
    }
    if let Some(vault) = patch.vault {
        leaves_nothing_behind(engine, vault)?;
        settings.vault = Some(vault);
    }
    if let Some(days) = patch.keep_requests_days {
        settings.keep_requests_days = Some(days).filter(|days| *days > 0);
    }
    if let Some(days) = patch.keep_calls_days {
        if (1..retention::LEDGER_AT_LEAST).contains(&days) {
            return Err(Failure::invalid(
                "keep_calls_days",
                format!(
                    "Calls are kept for {} days at least, because budgets of a month count them; 0 keeps them for ever.",
                    retention::LEDGER_AT_LEAST
                ),
            ));
        }
        settings.keep_calls_days = Some(days).filter(|days| *days > 0);
    }
    if let Some(budgets) = patch.budgets {
        super::budgets::check(&budgets)?;
        settings.budgets = budgets;
    }
    if let Some(cap) = patch.session_budget {
        super::budgets::check_cap("session_budget", Some(cap))?;
        settings.session_budget = Some(cap).filter(|cap| *cap > Money::ZERO);
    }
    if let Some(price) = patch.fallback_price {
        if price.input < 0 || price.output < 0 {
            return Err(Failure::invalid("fallback_price", "A price is not negative."));
        }
        settings.fallback_price = price;
    }
    if let Some(keyless) = patch.no_key_on_loopback {
        if keyless {
            super::keys::ensure_anonymous(engine).await?;
            tracing::warn!("{}", super::app::KEYLESS);
        }
        settings.no_key_on_loopback = keyless;
    }
    if let Some(remote) = patch.remote_images {
        settings.remote_images = remote;
    }
    if let Some(notifications) = patch.notifications {
        settings.notifications = notifications;
    }
    if let Some(start) = patch.start_at_login {
        settings.start_at_login = start;
    }
    if let Some(model) = patch.embedding_model {
        settings.embedding_model = named_model(engine, "embedding_model", &model)?;
    }
    if let Some(model) = patch.image_model {
        settings.image_model = named_model(engine, "image_model", &model)?;
    }
    // the new port is ours before anything says so; the old one is let go when it is written down
    let port = match patch.port {
        Some(port) => http::ports::claim(engine, port).await?,
        None => None,
    };
    if let Some(check) = patch.check_for_updates {
        settings.check_for_updates = check;
    }
    let written = settings.clone();
    engine
        .store()
        .write(move |tx| table::settings::set(tx, SETTINGS, &written))
        .await?;
    if let Some(listeners) = port {
        http::ports::move_to(engine, listeners).await;
    }
    engine.reload(Topic::Settings, None).await?;
    retention::apply(engine).await?;
    Ok(settings)
}

fn named_model(engine: &Engine, setting: &str, model: &str) -> Result<Option<Target>, Failure> {
    if model.is_empty() {
        return Ok(None);
    }
    let target = Target::parse(model)?;
    if !engine.roster().now().providers.contains_key(&target.provider) {
        let message = format!("There is no provider {}.", target.provider);
        return Err(Failure::invalid(setting, message)
            .with_hint("Add it first; `inglenook provider list` shows those that exist."));
    }
    Ok(Some(target))
}

/// Another kind of vault does not find the keys of this one: they are moved by a command of its own.
fn leaves_nothing_behind(engine: &Engine, next: VaultKind) -> Result<(), Failure> {
    let vault = engine.vault();
    let keeps_keys = engine.roster().now().providers.keys().any(|id| vault.has(id));
    if !keeps_keys || vault.kind() == next || vault.kind() == VaultKind::Memory {
        return Ok(());
    }
    Err(Failure::new(
        FailureKind::Conflict,
        format!(
            "The vault of kind `{}` keeps provider keys, which would stay behind.",
            vault.kind().as_str()
        ),
    )
    .with_hint(format!(
        "Move them: `inglenook vault change {}`, or under Settings.",
        next.as_str()
    )))
}
