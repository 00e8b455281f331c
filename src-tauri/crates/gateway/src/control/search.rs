//! The search engine of the web.

use domain::{BaseUrl, Failure, FailureKind, SearchEngine, WebSearch};
use store::table;
use store::vault::Owner;

use super::{Caller, Nothing, SearchResult, SetWebSearch, Topic, TryWebSearch};
use crate::roster::SETTINGS;
use crate::{Engine, searching};

pub(super) async fn set(engine: &Engine, _: Caller, args: SetWebSearch) -> Result<WebSearch, Failure> {
    let before = engine.roster().now().settings.web_search.clone();
    let base_url = match (&args.base_url, args.engine.home()) {
        (Some(url), _) => url.clone(),
        (None, Some(home)) => BaseUrl::parse(home)?,
        (None, None) => {
            let what = format!("{} is at another place for everybody.", args.engine.label());
            return Err(Failure::invalid("base_url", what).with_hint("Say where yours is."));
        }
    };
    if base_url.is_plain_http() && !base_url.is_loopback() && !args.allow_http {
        return Err(
            Failure::invalid("base_url", "Plain http is accepted for this machine only.")
                .with_hint("Use https, or --allow-http when the network in between is yours."),
        );
    }
    let same =
        before.filter(|before| before.engine == args.engine && before.base_url.origin() == base_url.origin());
    let key_hint = match args.key {
        Some(key) => {
            super::providers::check_key(&key.0)?;
            Some(
                engine
                    .vault()
                    .put(Owner::WebSearch, &base_url.origin(), key.0)
                    .await?,
            )
        }
        // a key that was given for one place is not taken along to another
        None => match same.and_then(|same| same.key_hint) {
            Some(hint) => Some(hint),
            None => {
                needs_no_key(args.engine)?;
                engine.vault().remove(Owner::WebSearch).await?;
                None
            }
        },
    };
    let chosen = WebSearch {
        engine: args.engine,
        base_url,
        key_hint,
    };
    write(engine, Some(chosen.clone())).await?;
    Ok(chosen)
}

pub(super) async fn off(engine: &Engine, _: Caller, _: Nothing) -> Result<Nothing, Failure> {
    write(engine, None).await?;
    engine.vault().remove(Owner::WebSearch).await?;
    Ok(Nothing {})
}

pub(super) async fn test(
    engine: &Engine,
    _: Caller,
    args: TryWebSearch,
) -> Result<Vec<SearchResult>, Failure> {
    let by = engine.roster().now().settings.web_search.clone();
    let by = by.ok_or_else(|| {
        Failure::new(FailureKind::InvalidRequest, "No search engine is set up.")
            .with_hint("Choose one: `inglenook search set`, or under Settings.")
    })?;
    let text = args.text.trim();
    if text.is_empty() {
        return Err(Failure::invalid("text", "There is nothing to look for."));
    }
    let found = searching::search(engine, &by, text, args.count.unwrap_or(searching::MOST)).await?;
    let found = found.into_iter().map(|found| SearchResult {
        title: found.title,
        url: found.url,
        excerpt: found.excerpt,
    });
    Ok(found.collect())
}

fn needs_no_key(engine: SearchEngine) -> Result<(), Failure> {
    if engine.needs_key() {
        let why = format!("{} needs a key.", engine.label());
        return Err(Failure::invalid("key", why));
    }
    Ok(())
}

async fn write(engine: &Engine, chosen: Option<WebSearch>) -> Result<(), Failure> {
    let mut settings = engine.roster().now().settings.clone();
    settings.web_search = chosen;
    engine
        .store()
        .write(move |tx| table::settings::set(tx, SETTINGS, &settings))
        .await?;
    engine.reload(Topic::Settings, None).await
}
