//! Signing in to a server elsewhere: the person does that in their own browser, with whoever the server trusts (OAuth 2.1).
//!
//! The dangers: an address from a stranger that is handed to the system to be opened, which is why it is read strictly and
//! shown to the person before anything opens (`place`, SEC-29); a token that goes to somebody whom the server names today
//! and did not name yesterday (`tokens`, SEC-19); and an answer that a page of somebody else brings (`listener`). All that
//! is fetched goes through the guard of fetching (`asking`, SEC-33).
//!
//! Deliberately not here: opening the address, which is done by whoever shows it; and the protocol's own side of this
//! (the library's), which cannot be held to these rules: it asks servers with a client of its own and follows what they
//! name.

mod asking;
mod challenge;
mod client;
mod discovery;
mod listener;
mod place;
mod tokens;

use base64ct::{Base64UrlUnpadded, Encoding};
use domain::{Failure, FailureKind, McpServer, McpTransport, Timestamp};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use store::vault::Owner;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Engine;
use client::Client;
use discovery::{Offer, discover, host};
use listener::{Brought, Expected, Listener};
use place::Region;
pub(super) use place::to_visit;
pub(crate) use tokens::Token;
use tokens::{Kept, Refreshed};

/// More of what others say is left out.
const LONGEST_WORDS: usize = 200;

/// How a sign-in ended; `None` while it is under way.
type Outcome = Option<Result<(), Failure>>;

/// The sign-in of one server, if one is under way, and how the last one ended.
#[derive(Default)]
pub(super) struct SignIn {
    last: Mutex<Option<Arc<Attempt>>>,
    /// Held while tokens are changed, so that none comes back that was dropped.
    changing: tokio::sync::Mutex<()>,
}

/// One sign-in.
pub(crate) struct Attempt {
    /// What the person's browser opens.
    pub url: String,
    /// Who signs them in.
    pub at: String,
    /// Until when they may.
    pub until: Timestamp,
    given_up: CancellationToken,
    outcome: watch::Receiver<Outcome>,
}

impl Attempt {
    fn is_under_way(&self) -> bool {
        self.outcome.borrow().is_none()
    }
}

/// What is needed when the browser comes back.
struct Sent {
    offer: Offer,
    client: Client,
    verifier: String,
    address: String,
    expected: Expected,
}

impl SignIn {
    /// The sign-in that is under way.
    pub fn under_way(&self) -> Option<Arc<Attempt>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().filter(|attempt| attempt.is_under_way())
    }

    /// Begins a sign-in, in the place of one that is under way. `signed_in` is run when there are tokens.
    ///
    /// # Errors
    /// When the server wants none, or what it names is refused; then nothing has to be opened.
    pub async fn begin<F: Future<Output = ()> + Send + 'static>(
        this: &Arc<Self>,
        engine: &Engine,
        server: &McpServer,
        client_id: Option<&str>,
        signed_in: impl FnOnce() -> F + Send + 'static,
    ) -> Result<(), Failure> {
        this.give_up();
        let given = client_id.map(Client::given).transpose()?;
        let region = match &server.transport {
            McpTransport::Http { url, .. } => Region::of(url),
            McpTransport::Stdio { .. } => None,
        };
        let region =
            region.ok_or_else(|| Failure::invalid("id", "A program on this machine wants no sign-in."))?;
        let offer = discover(engine, server, &region).await?;
        let listener = Listener::open().await?;
        let address = listener.address();
        let client = match given {
            Some(client) => client,
            None => Client::register(engine, server, &offer, &address).await?,
        };
        let (state, verifier) = (secret(engine)?, secret(engine)?);
        let url = opened(&offer, &client, &address, &state, &verifier);
        let expected = Expected {
            state,
            issuer: offer.issuer.clone(),
            names_issuer: offer.names_itself,
        };
        let (told, outcome) = watch::channel(None);
        let attempt = Arc::new(Attempt {
            url,
            at: host(&offer.authorize),
            until: engine.clock().now().plus(engine.mcp().policy().sign_in),
            given_up: CancellationToken::new(),
            outcome,
        });
        let sent = Sent {
            offer,
            client,
            verifier,
            address,
            expected,
        };
        let (this, engine, server) = (Arc::clone(this), engine.clone(), server.clone());
        *this.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&attempt));
        engine.clone().spawn(async move {
            let ended = this.follow(&engine, &server, &attempt, listener, sent).await;
            if ended.is_ok() {
                signed_in().await;
            }
            told.send_replace(Some(ended));
            engine.changed(crate::control::Topic::McpServers, Some(server.id.to_string()));
        });
        Ok(())
    }

    /// Waits until the sign-in has ended that is under way, or was last.
    ///
    /// # Errors
    /// Why nobody is signed in.
    pub async fn end(&self) -> Result<(), Failure> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(attempt) = last else {
            return Err(Failure::new(FailureKind::Conflict, "No sign-in is under way."));
        };
        let mut outcome = attempt.outcome.clone();
        let ended = outcome.wait_for(Option::is_some).await;
        let ended = ended.map_or_else(|_| None, |outcome| outcome.clone());
        ended.unwrap_or_else(|| Err(given_up()))
    }

    /// Ends a sign-in that is under way; its address is closed.
    pub fn give_up(&self) {
        if let Some(attempt) = self.under_way() {
            attempt.given_up.cancel();
        }
    }

    /// Forgets the tokens of a server, and a sign-in that is under way.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn drop_tokens(&self, engine: &Engine, server: &McpServer) -> Result<(), Failure> {
        self.give_up();
        let _changing = self.changing.lock().await;
        engine.vault().remove(Owner::McpSignIn(&server.id)).await
    }

    /// A token for a server, if somebody is signed in; a new one where the old one is over, or was `refused`.
    ///
    /// # Errors
    /// When a new one cannot be had right now; those of the vault.
    pub async fn token(
        &self,
        engine: &Engine,
        server: &McpServer,
        refused: Option<&Token>,
    ) -> Result<Option<Token>, Failure> {
        if !takes_tokens(server) || !engine.vault().has(Owner::McpSignIn(&server.id)) {
            return Ok(None);
        }
        let _changing = self.changing.lock().await;
        let Some(kept) = tokens::read(engine, server).await? else {
            return Ok(None);
        };
        let is_refused = refused.is_some_and(|refused| kept.token().is(refused));
        if kept.is_fresh(engine.clock().now()) && !is_refused {
            return Ok(Some(kept.token()));
        }
        match kept.refreshed(engine, server).await? {
            Refreshed::Anew(kept) => {
                tokens::write(engine, server, &kept).await?;
                Ok(Some(kept.token()))
            }
            Refreshed::Over(why) => {
                engine.vault().remove(Owner::McpSignIn(&server.id)).await?;
                engine.changed(crate::control::Topic::McpServers, Some(server.id.to_string()));
                tracing::info!(server = %server.id, why, "a sign-in is over");
                Ok(None)
            }
        }
    }

    async fn follow(
        &self,
        engine: &Engine,
        server: &McpServer,
        attempt: &Attempt,
        listener: Listener,
        sent: Sent,
    ) -> Result<(), Failure> {
        let brought = tokio::select! {
            brought = listener.wait(sent.expected) => brought,
            () = tokio::time::sleep(engine.mcp().policy().sign_in) => {
                return Err(Failure::new(FailureKind::UpstreamTimeout, "Nobody has signed in in time."));
            }
            () = attempt.given_up.cancelled() => return Err(given_up()),
            () = engine.mcp().stopping() => return Err(given_up()),
        };
        let code = match brought {
            Brought::Code(code) => code,
            Brought::Refusal(why) => return Err(refused(server, &format!("it was refused: {why}"))),
            Brought::Stranger => {
                return Err(refused(
                    server,
                    "the answer came from somebody else than it should",
                ));
            }
        };
        let words = (code.as_str(), sent.verifier.as_str(), sent.address.as_str());
        let kept = Kept::exchange(engine, server, &sent.offer, sent.client, words).await?;
        let _changing = self.changing.lock().await;
        // it may have become another server while the person was away
        let now = super::server::find(engine, &server.id)?;
        if attempt.given_up.is_cancelled() || now.transport.origin() != server.transport.origin() {
            return Err(given_up());
        }
        tokens::write(engine, server, &kept).await
    }
}

/// Whether a token goes to a server: not where the person gave the header that it would be in.
pub(crate) fn takes_tokens(server: &McpServer) -> bool {
    match &server.transport {
        McpTransport::Http { headers, .. } => !headers
            .iter()
            .any(|name| name.eq_ignore_ascii_case("authorization")),
        McpTransport::Stdio { .. } => false,
    }
}

/// Whether what a server says when it turns somebody away is that they should sign in.
pub(super) fn is_wish(challenge: &str) -> bool {
    challenge::Challenge::read([challenge].into_iter()).is_some()
}

/// Who has signed the person in, where that can be read.
pub(crate) async fn issuer(engine: &Engine, server: &McpServer) -> Option<String> {
    let kept = tokens::read(engine, server).await.ok()??;
    Some(kept.issuer)
}

/// What must not stand in a server's log.
pub(super) async fn secrets(engine: &Engine, server: &McpServer) -> Vec<SecretString> {
    match tokens::read(engine, server).await {
        Ok(Some(kept)) => kept.secrets().collect(),
        Ok(None) | Err(_) => Vec::new(),
    }
}

/// What the person's browser opens.
fn opened(offer: &Offer, client: &Client, address: &str, state: &str, verifier: &str) -> String {
    let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(verifier.as_bytes()));
    let mut url = offer.authorize.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.id)
        .append_pair("redirect_uri", address)
        .append_pair("state", state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", &offer.resource);
    if let Some(scope) = &offer.scope {
        url.query_pairs_mut().append_pair("scope", scope);
    }
    url.into()
}

fn secret(engine: &Engine) -> Result<String, Failure> {
    Ok(Base64UrlUnpadded::encode_string(&engine.ids().secret()?))
}

/// Words of a stranger about a failure: short, and nothing that a terminal would obey.
fn their_words(error: &str, about: &str) -> String {
    let plain = |text: &str| -> String {
        let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        let text: String = visible.filter(char::is_ascii).take(LONGEST_WORDS).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match plain(about).as_str() {
        "" => plain(error),
        about => format!("{}: {about}", plain(error)),
    }
}

fn refused(server: &McpServer, why: &str) -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        format!("There is no sign-in to the MCP server {}: {why}.", server.id),
    )
}

fn given_up() -> Failure {
    Failure::new(FailureKind::Conflict, "The sign-in was given up.")
}
