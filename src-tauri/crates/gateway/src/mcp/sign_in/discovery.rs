//! Who signs people in for a server, and where: what the server says of itself (RFC 9728), and what they say of
//! themselves (RFC 8414, or OpenID).
//!
//! The danger is a document that speaks for somebody else. A server's metadata lie at its own origin and name that very
//! server; whoever they name must say the same name of themselves, and their endpoints are theirs. What does not
//! fit is refused, and nothing is opened (SEC-19, SEC-29).

use domain::{Failure, McpServer, McpTransport};
use reqwest::Url;
use serde_json::Value;

use super::challenge::{Challenge, scopes};
use super::place::Region;
use super::{asking, refused};
use crate::Engine;

/// A name of an issuer, and of a scope, is no longer than this.
const MOST_SCOPES: usize = 100;

/// Where a person signs in for a server.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// Who signs people in, as they write their own name.
    pub issuer: String,
    /// What tokens are asked for.
    pub resource: String,
    /// What the person's browser opens.
    pub authorize: Url,
    /// Where codes are exchanged.
    pub token: Url,
    /// Where a client makes itself known, if that can be done.
    pub register: Option<Url>,
    /// What a token shall be good for; absent: whatever they give.
    pub scope: Option<String>,
    /// Whether their answers carry their name.
    pub names_itself: bool,
}

/// Finds out where a person signs in for a server.
///
/// # Errors
/// [`domain::FailureKind::UpstreamFailed`] with what does not fit; `Conflict` for a server that wants no sign-in.
pub(super) async fn discover(engine: &Engine, server: &McpServer, region: &Region) -> Result<Offer, Failure> {
    let challenge = challenged(engine, server).await?;
    let wrong = |why: String| refused(server, &why);
    let (resource, issuer, offered) = match resource_metadata(engine, server, region, &challenge).await? {
        Some(document) => {
            let text = text(&document, "resource").unwrap_or_default();
            if region.resource(text).is_none() {
                return Err(wrong("its metadata are those of another server".to_owned()));
            }
            let issuers = document.get("authorization_servers").and_then(Value::as_array);
            let issuer = issuers.and_then(|all| all.first()).and_then(Value::as_str);
            let issuer = issuer
                .ok_or_else(|| wrong("it names nobody who signs in".to_owned()))?
                .to_owned();
            // asked for as it is written: whoever gives tokens compares it letter by letter
            (text.to_owned(), issuer, document.get("scopes_supported").cloned())
        }
        // before RFC 9728, servers signed people in themselves
        None => {
            let own = region.server();
            let text = own.as_str().trim_end_matches('/').to_owned();
            (text, own.origin().ascii_serialization(), None)
        }
    };
    let scope = challenge.scope.or_else(|| joined(offered.as_ref()));
    let url = region.read(&issuer).filter(|url| url.query().is_none());
    let url = url.ok_or_else(|| wrong("who signs in for it has no plain https address".to_owned()))?;
    let document = issuer_metadata(engine, server, region, &url).await?;
    offer(
        engine,
        server,
        region,
        (&issuer, &url),
        &document,
        (resource, scope),
    )
}

/// What the metadata of an issuer come to.
fn offer(
    engine: &Engine,
    server: &McpServer,
    region: &Region,
    (issuer, url): (&str, &Url),
    document: &Value,
    (resource, scope): (String, Option<String>),
) -> Result<Offer, Failure> {
    let wrong = |why: &str| refused(server, why);
    let named = text(document, "issuer").unwrap_or_default();
    if named.trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(wrong("who signs in for it goes by another name there"));
    }
    let endpoint = |name: &str| {
        let Some(text) = document.get(name) else {
            return Ok(None);
        };
        let endpoint = text.as_str().and_then(|text| region.read(text));
        let endpoint = endpoint.filter(|endpoint| Region::is_of(url, endpoint));
        let endpoint = endpoint.filter(|one| may_be_asked(engine, one));
        endpoint.map(Some).ok_or_else(|| {
            refused(
                server,
                &format!("the {name} is no plain https address of {}", host(url)),
            )
        })
    };
    let (authorize, token) = (endpoint("authorization_endpoint")?, endpoint("token_endpoint")?);
    let (Some(authorize), Some(token)) = (authorize, token) else {
        return Err(wrong("who signs in for it does not say where"));
    };
    if [
        "client_id",
        "redirect_uri",
        "state",
        "response_type",
        "code_challenge",
        "resource",
        "scope",
    ]
    .iter()
    .any(|ours| authorize.query_pairs().any(|(name, _)| name == *ours))
    {
        return Err(wrong("the authorization_endpoint says what is ours to say"));
    }
    if !lists(document, "code_challenge_methods_supported", "S256") {
        return Err(wrong("who signs in for it does not promise PKCE with S256"));
    }
    if document.get("response_types_supported").is_some()
        && !lists(document, "response_types_supported", "code")
    {
        return Err(wrong("who signs in for it gives no codes"));
    }
    let lasting = lists(document, "scopes_supported", "offline_access");
    let scope = scope.map(
        |scope| match lasting && !scope.split(' ').any(|one| one == "offline_access") {
            true => format!("{scope} offline_access"),
            false => scope,
        },
    );
    Ok(Offer {
        issuer: named.to_owned(),
        resource,
        authorize,
        token,
        register: endpoint("registration_endpoint")?,
        scope,
        names_itself: document.get("authorization_response_iss_parameter_supported")
            == Some(&Value::Bool(true)),
    })
}

/// Asks a server as one would without a sign-in; what it then wants.
async fn challenged(engine: &Engine, server: &McpServer) -> Result<Challenge, Failure> {
    let McpTransport::Http { url, .. } = &server.transport else {
        return Err(Failure::invalid(
            "id",
            "A program on this machine wants no sign-in.",
        ));
    };
    let client = match url.is_loopback() {
        true => engine.http().loopback().clone(),
        false => engine.http().remote()?.clone(),
    };
    let greeting = serde_json::json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "inglenook", "version": env!("CARGO_PKG_VERSION")}}});
    let asked = client
        .post(url.as_str())
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .body(greeting.to_string())
        .send();
    let asked = tokio::time::timeout(engine.mcp().policy().start, asked).await;
    let response = match asked {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => return Err(refused(server, "it cannot be reached")),
        Err(_) => return Err(refused(server, "it does not answer")),
    };
    if response.status().as_u16() != 401 {
        return Err(Failure::new(
            domain::FailureKind::Conflict,
            format!("The MCP server {} wants no sign-in.", server.id),
        ));
    }
    let headers = response.headers().get_all("www-authenticate");
    let challenge = Challenge::read(headers.iter().filter_map(|value| value.to_str().ok()));
    challenge.ok_or_else(|| refused(server, "it wants something else than a sign-in"))
}

async fn resource_metadata(
    engine: &Engine,
    server: &McpServer,
    region: &Region,
    challenge: &Challenge,
) -> Result<Option<Value>, Failure> {
    if let Some(named) = &challenge.metadata {
        let url = region.own(named);
        let url = url.ok_or_else(|| refused(server, "its metadata are not at its own address"))?;
        let found = read(engine, server, &url).await?;
        return found
            .map(Some)
            .ok_or_else(|| refused(server, "it has no metadata where it says"));
    }
    let path = region.server().path().trim_end_matches('/');
    for path in [path, ""] {
        let url = at(
            region.server(),
            &format!("/.well-known/oauth-protected-resource{path}"),
        );
        if let Some(document) = read(engine, server, &url).await? {
            return Ok(Some(document));
        }
    }
    Ok(None)
}

async fn issuer_metadata(
    engine: &Engine,
    server: &McpServer,
    region: &Region,
    issuer: &Url,
) -> Result<Value, Failure> {
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ];
    places.dedup();
    for place in places {
        let url = at(issuer, &place);
        if region.read(url.as_str()).is_some()
            && let Some(document) = read(engine, server, &url).await?
        {
            return Ok(document);
        }
    }
    Err(refused(
        server,
        &format!("{} does not say how one signs in", host(issuer)),
    ))
}

async fn read(engine: &Engine, server: &McpServer, url: &Url) -> Result<Option<Value>, Failure> {
    asking::document(engine, url)
        .await?
        .map_err(|why| refused(server, &why))
}

/// Whether an address may be asked or opened, by the guard of fetching.
fn may_be_asked(engine: &Engine, url: &Url) -> bool {
    super::place::is_loopback(url) || engine.fetcher().check(url.as_str()).is_ok()
}

fn at(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_path(path);
    url
}

/// Who somebody is, for people.
pub(super) fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn text<'a>(document: &'a Value, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str)
}

fn lists(document: &Value, name: &str, wanted: &str) -> bool {
    let all = document.get(name).and_then(Value::as_array);
    all.is_some_and(|all| all.iter().any(|one| one == wanted))
}

fn joined(list: Option<&Value>) -> Option<String> {
    let all = list?.as_array()?;
    let all: Vec<&str> = all.iter().take(MOST_SCOPES).filter_map(Value::as_str).collect();
    scopes(&all.join(" "))
}
