//! Who we are to whoever signs people in: a name that the person gave, or one that we are given when we make ourselves
//! known (RFC 7591). We are a program on the person's machine, which can keep no secret from them, so we ask for none; where
//! one is given all the same, it is kept and shown.

use domain::{Failure, McpServer};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::discovery::Offer;
use super::{asking, refused};
use crate::Engine;

const LONGEST: usize = 2 << 10;

/// Our name there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Client {
    /// The name.
    pub id: String,
    /// What it is shown with.
    pub secret: Option<String>,
    /// Whether the secret goes into a header; else into the form.
    pub by_header: bool,
}

impl Client {
    /// One that the person has.
    ///
    /// # Errors
    /// [`domain::FailureKind::InvalidRequest`] for what cannot be one.
    pub fn given(id: &str) -> Result<Self, Failure> {
        let id = plain(id).ok_or_else(|| {
            Failure::invalid(
                "client_id",
                "A client id has 1 to 2048 characters, without spaces.",
            )
        })?;
        Ok(Self {
            id: id.to_owned(),
            secret: None,
            by_header: false,
        })
    }

    /// Makes us known.
    ///
    /// # Errors
    /// [`domain::FailureKind::UpstreamFailed`] when that is refused or not offered.
    pub async fn register(
        engine: &Engine,
        server: &McpServer,
        offer: &Offer,
        address: &str,
    ) -> Result<Self, Failure> {
        let Some(url) = &offer.register else {
            return Err(
                refused(server, "programs cannot make themselves known there").with_hint(format!(
                    "Make a client there, then: `inglenook mcp sign-in {} --client-id ID`.",
                    server.id
                )),
            );
        };
        let mut about = json!({
            "client_name": "Inglenook",
            "redirect_uris": [address],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        });
        if let (Some(scope), Some(about)) = (&offer.scope, about.as_object_mut()) {
            about.insert("scope".to_owned(), json!(scope));
        }
        let fill = |request: RequestBuilder| {
            request
                .header("content-type", "application/json")
                .body(about.to_string())
        };
        let (status, answer) = asking::post(engine, url, fill)
            .await?
            .map_err(|why| refused(server, &why))?;
        if !(200..=299).contains(&status) {
            return Err(refused(
                server,
                &format!("it did not take us as a client: {}", said(status, &answer)),
            ));
        }
        let text = |name: &str| answer.get(name).and_then(Value::as_str);
        let id = text("client_id").and_then(plain);
        let id = id.ok_or_else(|| refused(server, "it gave us no name as a client"))?;
        let method = text("token_endpoint_auth_method");
        Ok(Self {
            id: id.to_owned(),
            secret: match method {
                Some("none") => None,
                _ => text("client_secret").and_then(plain).map(str::to_owned),
            },
            by_header: method != Some("client_secret_post"),
        })
    }

    /// Puts a form into a request, with who we are.
    pub fn sign(&self, request: RequestBuilder, form: &[(&str, &str)]) -> RequestBuilder {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let request = match &self.secret {
            Some(secret) if self.by_header => request.basic_auth(encode(&self.id), Some(encode(secret))),
            Some(secret) => {
                body.append_pair("client_id", &self.id)
                    .append_pair("client_secret", secret);
                request
            }
            None => {
                body.append_pair("client_id", &self.id);
                request
            }
        };
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish())
    }
}

/// What an answer that is no yes says, without anything that could be a token.
pub(super) fn said(status: u16, answer: &Value) -> String {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("error") {
        "" => format!("status {status}"),
        error => super::their_words(error, text("error_description")),
    }
}

fn plain(text: &str) -> Option<&str> {
    let fits = (1..=LONGEST).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    fits.then_some(text)
}
