//! What is kept of a sign-in, in the vault alone: the tokens, and to whom they go.
//!
//! The danger is a token that is sent to somebody else than it came from. The access token goes to the server's own origin, to
//! which its entry in the vault is bound; the refresh token goes to the one address that its issuer had named when the
//! person signed in, whatever anybody says later (SEC-19).

use domain::{Failure, McpServer, Timestamp};
use reqwest::{RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::vault::Owner;

use super::client::{Client, said};
use super::discovery::Offer;
use super::{asking, refused};
use crate::Engine;
use crate::failures::internal;

/// Longer than any token that fits into a header.
const LONGEST: usize = 16 << 10;
/// So long before its end a token counts as over.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(30);

/// A sign-in that lasts.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Who gave the tokens, as they write their name.
    pub issuer: String,
    /// Where the refresh token goes.
    token_url: String,
    resource: String,
    client: Client,
    access: String,
    refresh: Option<String>,
    /// When the access token is over, if that was said.
    until: Option<Timestamp>,
}

/// A token to use now.
#[derive(Clone)]
pub(crate) struct Token {
    /// What goes into the header, without `Bearer`.
    pub secret: SecretString,
    /// Until when it is good; `None` when nobody has said.
    pub until: Option<Timestamp>,
}

/// What came of a refresh.
pub(super) enum Refreshed {
    /// New tokens.
    Anew(Kept),
    /// There will be none: the person has to sign in again.
    Over(String),
}

impl Kept {
    /// Exchanges a code for tokens.
    ///
    /// # Errors
    /// [`domain::FailureKind::UpstreamFailed`].
    pub async fn exchange(
        engine: &Engine,
        server: &McpServer,
        offer: &Offer,
        client: Client,
        (code, verifier, address): (&str, &str, &str),
    ) -> Result<Self, Failure> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", address),
            ("code_verifier", verifier),
            ("resource", &offer.resource),
        ];
        let fill = |request: RequestBuilder| client.sign(request, &form);
        let asked = asking::post(engine, &offer.token, fill).await?;
        let (status, answer) = asked.map_err(|why| refused(server, &why))?;
        if status != 200 {
            return Err(refused(
                server,
                &format!("it gave no tokens: {}", said(status, &answer)),
            ));
        }
        let given = Given::read(engine, &answer);
        let given = given.ok_or_else(|| refused(server, "what it gave is no bearer's token"))?;
        Ok(Self {
            issuer: offer.issuer.clone(),
            token_url: offer.token.to_string(),
            resource: offer.resource.clone(),
            client,
            access: given.access,
            refresh: given.refresh,
            until: given.until,
        })
    }

    /// Gets new tokens for the old ones.
    ///
    /// # Errors
    /// [`domain::FailureKind::UpstreamFailed`] when nobody answers; it can be tried again.
    pub async fn refreshed(self, engine: &Engine, server: &McpServer) -> Result<Refreshed, Failure> {
        let Some(refresh) = &self.refresh else {
            return Ok(Refreshed::Over("the sign-in has run out".to_owned()));
        };
        let url = Url::parse(&self.token_url).map_err(internal)?;
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
            ("resource", &self.resource),
        ];
        let fill = |request: RequestBuilder| self.client.sign(request, &form);
        let asked = asking::post(engine, &url, fill).await?;
        let (status, answer) = asked.map_err(|why| refused(server, &why))?;
        match (status, Given::read(engine, &answer)) {
            (200, Some(given)) => Ok(Refreshed::Anew(Self {
                access: given.access,
                refresh: given.refresh.or(self.refresh),
                until: given.until,
                ..self
            })),
            (400..=499, _) if status != 429 && status != 408 => Ok(Refreshed::Over(format!(
                "the sign-in does not hold any more: {}",
                said(status, &answer)
            ))),
            _ => Err(refused(
                server,
                &format!("it gave no new tokens: {}", said(status, &answer)),
            )),
        }
    }

    /// Whether its access token is good for a while.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        !self.token().is_over(now)
    }

    /// Its access token.
    pub fn token(&self) -> Token {
        Token {
            secret: SecretString::from(self.access.clone()),
            until: self.until,
        }
    }

    /// All of it that must never be read by anybody.
    pub fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let all = [
            Some(&self.access),
            self.refresh.as_ref(),
            self.client.secret.as_ref(),
        ];
        let all: Vec<_> = all
            .into_iter()
            .flatten()
            .cloned()
            .map(SecretString::from)
            .collect();
        all.into_iter()
    }
}

impl Token {
    /// Whether it is over, or will be before it arrives.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now.plus(MARGIN) >= until)
    }

    /// Whether it is this one.
    pub fn is(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }
}

/// The sign-in of a server, if there is one for the address that it has now.
///
/// # Errors
/// Those of the vault.
pub(super) async fn read(engine: &Engine, server: &McpServer) -> Result<Option<Kept>, Failure> {
    let owner = Owner::McpSignIn(&server.id);
    if !engine.vault().has(owner) {
        return Ok(None);
    }
    let origin = server.transport.origin();
    let Some(kept) = engine.vault().get(owner, &origin).await? else {
        return Ok(None);
    };
    let text = kept.secret_for(&origin).unwrap_or("{}");
    // what the text holds is not told to anybody
    let kept = serde_json::from_str(text);
    kept.map(Some)
        .map_err(|_| internal("the sign-in of an MCP server cannot be read"))
}

/// Keeps a sign-in in the place of the one before.
///
/// # Errors
/// Those of the vault.
pub(super) async fn write(engine: &Engine, server: &McpServer, kept: &Kept) -> Result<(), Failure> {
    let text = serde_json::to_string(kept).map_err(|_| internal("a sign-in cannot be written"))?;
    let origin = server.transport.origin();
    let put = engine
        .vault()
        .put(Owner::McpSignIn(&server.id), &origin, SecretString::from(text));
    put.await.map(|_hint| ())
}

struct Given {
    access: String,
    refresh: Option<String>,
    until: Option<Timestamp>,
}

impl Given {
    fn read(engine: &Engine, answer: &Value) -> Option<Self> {
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let kind = text("token_type").unwrap_or("bearer");
        let fits = |token: &&str| {
            (1..=LONGEST).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let access = text("access_token").filter(fits)?;
        let seconds = answer.get("expires_in").and_then(|value| match value {
            Value::Number(number) => number.as_u64(),
            // some write it as a text
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
        let lasts = seconds.map(|seconds| std::time::Duration::from_secs(seconds.min(10 * 365 * 86_400)));
        kind.eq_ignore_ascii_case("bearer").then(|| Self {
            access: access.to_owned(),
            refresh: text("refresh_token").filter(fits).map(str::to_owned),
            until: lasts.map(|lasts| engine.clock().now().plus(lasts)),
        })
    }
}
