//! Keys on their way out. A key leaves the vault for its own origin only (SEC-19), goes straight into a
//! header that is marked as secret, and is dropped.

use domain::{AuthScheme, BaseUrl, Failure, FailureKind, Provider};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::Engine;
use crate::failures::internal;

/// Puts the provider's own headers and its key on a request that is otherwise ready to leave.
///
/// # Errors
/// [`FailureKind::ProviderKeyMissing`], or when the vault cannot be opened.
pub(super) async fn authorise(
    engine: &Engine,
    provider: &Provider,
    base_url: &BaseUrl,
    outgoing: &mut reqwest::Request,
) -> Result<(), Failure> {
    let headers = outgoing.headers_mut();
    for (name, value) in &provider.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(internal)?;
        headers.insert(name, HeaderValue::try_from(value.as_str()).map_err(internal)?);
    }
    if provider.auth == AuthScheme::None {
        return Ok(());
    }
    let origin = base_url.origin();
    let key = engine.vault().get(&provider.id, &origin).await?;
    let Some(secret) = key.as_ref().and_then(|key| key.secret_for(&origin)) else {
        return Err(missing(provider));
    };
    match &provider.auth {
        AuthScheme::None => {}
        AuthScheme::Bearer => {
            headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {secret}"))?);
        }
        AuthScheme::Header { name } => {
            let name = HeaderName::try_from(name.as_str()).map_err(internal)?;
            headers.insert(name, sensitive(secret)?);
        }
    }
    Ok(())
}

fn missing(provider: &Provider) -> Failure {
    Failure::new(
        FailureKind::ProviderKeyMissing,
        format!("The provider {} has no key.", provider.id),
    )
    .with_hint("Give it one under Providers, or with `inglenook provider add SLUG --key-stdin`.")
}

fn sensitive(text: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(text).map_err(|_| {
        Failure::new(
            FailureKind::ProviderKeyRejected,
            "The provider key has characters that no header can carry.",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}
