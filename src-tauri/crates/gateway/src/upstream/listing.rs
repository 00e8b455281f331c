//! A provider's own list of its models.
//!
//! The danger is a list without an end, or one that is asked for elsewhere: the pages are counted, all of them
//! have one clock, and only Amazon's known names lead to another host, which sees a signature and never a key.

use std::time::Duration;

use domain::{BaseUrl, Failure, Model, Provider, Wire};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderName, HeaderValue};
use tokio::time::Instant;
use wire::provider;

use super::auth;
use super::body::{self, Clock};
use super::exchange::{IDENTITY, JSON, execute};
use super::setback::timed_out;
use crate::Engine;
use crate::failures::internal;

/// Of a thousand models each, where a provider lets us choose.
const PAGES: usize = 20;

/// Asks for the provider's models under `path`, page after page.
pub(super) async fn models(
    engine: &Engine,
    provider: &Provider,
    base_url: &BaseUrl,
    path: &str,
    wait: Duration,
) -> Result<Vec<Model>, Failure> {
    let due = Instant::now() + wait;
    let elsewhere = elsewhere(provider.wire, base_url);
    let place = Place {
        engine,
        provider,
        base_url,
        listed_at: elsewhere.as_ref().unwrap_or(base_url),
        due,
        wait,
    };
    let mut models = place.pages(path).await?;
    if elsewhere.is_some() {
        // newer models are called through profiles; not everybody may list them
        let profiles = place.pages(wire::bedrock_converse::PROFILES_PATH).await;
        models.extend(profiles.unwrap_or_default());
    }
    Ok(models)
}

/// Where the models are listed that are served at this address, when that is another one.
pub(super) fn elsewhere(wire: Wire, base_url: &BaseUrl) -> Option<BaseUrl> {
    match wire {
        Wire::BedrockConverse => of_bedrock(base_url),
        Wire::OpenAiChat | Wire::OpenAiResponses | Wire::AnthropicMessages | Wire::Gemini | Wire::Ollama => {
            None
        }
    }
}

fn of_bedrock(base_url: &BaseUrl) -> Option<BaseUrl> {
    let rest = base_url.host().strip_prefix("bedrock-runtime.")?;
    let amazon = [".amazonaws.com", ".amazonaws.com.cn"];
    if base_url.is_plain_http() || !amazon.iter().any(|end| rest.ends_with(end)) {
        return None;
    }
    BaseUrl::parse(&format!("https://bedrock.{rest}")).ok()
}

/// Where a list is asked for, and for how long.
struct Place<'a> {
    engine: &'a Engine,
    provider: &'a Provider,
    base_url: &'a BaseUrl,
    listed_at: &'a BaseUrl,
    due: Instant,
    wait: Duration,
}

impl Place<'_> {
    async fn pages(&self, path: &str) -> Result<Vec<Model>, Failure> {
        let wire = self.provider.wire;
        let mut body = self.page(path).await?;
        let mut models = provider::decode_models(wire, &body)?;
        for _ in 1..PAGES {
            let Some(next) = provider::next_models(wire, path, &body) else {
                break;
            };
            body = self.page(&next).await?;
            let more = provider::decode_models(wire, &body)?;
            // a provider that does not know pages gives the first one again
            if more
                .first()
                .is_none_or(|first| models.iter().any(|known| known.id == first.id))
            {
                break;
            }
            models.extend(more);
        }
        Ok(models)
    }

    async fn page(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let url = self.engine.upstreams().clients.url(self.listed_at, path)?;
        let mut outgoing = reqwest::Request::new(reqwest::Method::GET, url);
        let headers = outgoing.headers_mut();
        headers.insert(ACCEPT, JSON);
        headers.insert(ACCEPT_ENCODING, IDENTITY);
        for (name, value) in provider::headers(self.provider.wire) {
            let value = HeaderValue::try_from(&*value).map_err(internal)?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let elsewhere = self.listed_at != self.base_url;
        let whose = (self.base_url, elsewhere);
        auth::authorise(self.engine, self.provider, whose, &mut outgoing).await?;
        let place = (self.provider, self.listed_at);
        let mut response =
            execute(self.engine, place, outgoing, self.due)
                .await
                .map_err(|none| match none {
                    Some(setback) => setback.failure,
                    None => timed_out("did not list its models", self.wait),
                })?;
        let clock = Clock {
            end: self.due,
            idle: self.wait,
        };
        if !response.status().is_success() {
            return Err(body::refusal(response, clock).await.failure);
        }
        body::check(&response)?;
        body::read(&mut response, clock).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amazons_own_names_lead_to_its_other_host() -> Result<(), Failure> {
        let elsewhere = |url: &str| {
            let listed_at = BaseUrl::parse(url).map(|url| of_bedrock(&url))?;
            Ok::<_, Failure>(listed_at.map(|url| url.as_str().to_owned()))
        };
        assert_eq!(
            elsewhere("https://bedrock-runtime.eu-west-1.amazonaws.com")?.as_deref(),
            Some("https://bedrock.eu-west-1.amazonaws.com:443")
        );
        for own in [
            "https://bedrock-runtime.eu-west-1.amazonaws.com.evil.example",
            "https://bedrock-runtime.example/v1",
            "http://bedrock-runtime.eu-west-1.amazonaws.com",
            "http://127.0.0.1:9",
        ] {
            assert_eq!(elsewhere(own)?, None, "{own}");
        }
        Ok(())
    }
}
