//! Keys on their way out. A key leaves the vault for its own origin only (SEC-19), goes straight into a
//! header that is marked as secret, and is dropped.

use std::time::{Duration, UNIX_EPOCH};

use domain::{AuthScheme, BaseUrl, Failure, FailureKind, Provider};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::aws::{self, AwsKey, Scope, Unsigned};
use crate::Engine;
use crate::failures::internal;

/// For an address that names none, such as a proxy of the user's own.
const USUAL_REGION: &str = "us-east-1";

/// Puts the provider's own headers and its key on a request that is otherwise ready to leave. One that goes
/// `elsewhere` than to the provider's address is signed, or not sent.
///
/// # Errors
/// [`FailureKind::ProviderKeyMissing`], or when the vault cannot be opened.
pub(super) async fn authorise(
    engine: &Engine,
    provider: &Provider,
    (base_url, elsewhere): (&BaseUrl, bool),
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
        AuthScheme::Aws { service, region } if secret.contains(':') => {
            let key = AwsKey::parse(secret)?;
            let region = region.as_deref().or_else(|| aws::region_in(base_url.host()));
            let scope = Scope {
                region: region.unwrap_or(USUAL_REGION),
                service,
            };
            let unsigned = Unsigned {
                method: outgoing.method().as_str(),
                url: outgoing.url(),
                headers: &[],
                body: outgoing
                    .body()
                    .and_then(reqwest::Body::as_bytes)
                    .unwrap_or_default(),
            };
            let now = engine.clock().now().millis();
            let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or(0));
            let signed = aws::sign(unsigned, scope, &key, now)?;
            outgoing.headers_mut().extend(signed);
        }
        // what is sent as it is goes to its own address only
        AuthScheme::Bearer | AuthScheme::Aws { .. } | AuthScheme::Header { .. } if elsewhere => {
            return Err(missing(provider));
        }
        AuthScheme::Bearer | AuthScheme::Aws { .. } => {
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
