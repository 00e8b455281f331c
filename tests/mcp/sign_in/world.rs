//! A server of tools that wants a sign-in, and whoever signs people in: two servers that do what a test says and write down
//! what they were asked.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use base64ct::{Base64UrlUnpadded, Encoding};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

/// What every token of this world begins with.
pub const TOKEN: &str = "oauth-canary-5d1f";

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
    pub body: String,
}

impl Asked {
    /// A field of a form, or of a query.
    pub fn field(&self, name: &str) -> Option<String> {
        let text = if self.body.is_empty() {
            &self.query
        } else {
            &self.body
        };
        let mut all = form_urlencoded::parse(text.as_bytes());
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// An answer: status, headers and body.
pub struct Reply(u16, Vec<(&'static str, String)>, String);

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        let json = ("content-type", "application/json".to_owned());
        Self(status, vec![json], body.to_string())
    }

    pub fn to(status: u16, location: &str) -> Self {
        Self(status, vec![("location", location.to_owned())], String::new())
    }

    pub fn turned_away(challenge: &str) -> Self {
        Self(
            401,
            vec![("www-authenticate", challenge.to_owned())],
            String::new(),
        )
    }

    pub fn empty(status: u16) -> Self {
        Self(status, Vec::new(), String::new())
    }
}

/// A server on this machine.
pub struct Site {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: tokio::task::JoinHandle<()>,
}

impl Site {
    pub async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let socket = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://127.0.0.1:{}", socket.local_addr().unwrap().port());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, log) = (Arc::new(answer), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = socket.accept().await.unwrap();
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                let each = service_fn(move |request: Request<Incoming>| {
                    let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let header = head.headers.get("authorization");
                        let asked = Asked {
                            method: head.method.to_string(),
                            path: head.uri.path().to_owned(),
                            query: head.uri.query().unwrap_or_default().to_owned(),
                            authorization: header.map(|value| value.to_str().unwrap().to_owned()),
                            body: String::from_utf8_lossy(&body).into_owned(),
                        };
                        log.lock().unwrap().push(asked.clone());
                        let Reply(status, headers, body) = answer(&asked);
                        let mut response = Response::builder().status(status);
                        for (name, value) in headers {
                            response = response.header(name, value);
                        }
                        Ok::<_, Infallible>(response.body(Full::new(Bytes::from(body))).unwrap())
                    }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), each),
                );
            }
        });
        Self { url, asked, serving }
    }

    /// All that it was asked, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What it was asked at a path.
    pub fn asked_at(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|one| one.path == path).collect()
    }

    pub fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a test may change while it runs.
#[derive(Default)]
pub struct Manner {
    /// What the server says when it turns somebody away.
    pub challenge: String,
    /// What it says of itself, by path.
    pub resource: HashMap<String, Value>,
    /// What whoever signs in says of themselves, by path.
    pub issuer: HashMap<String, Value>,
    /// The access tokens that the server takes.
    pub good: Vec<String>,
    /// The refresh tokens that are taken.
    pub refresh: Vec<String>,
    /// How long an access token is good, in seconds.
    pub lasts: u64,
    /// Where an exchange of tokens leads instead.
    pub token_leads_to: Option<String>,
    /// Where the server leads whoever has a token.
    pub leads_to: Option<String>,
    /// By code: the challenge, and where the browser was sent back to.
    codes: HashMap<String, (String, String)>,
    made: usize,
}

pub struct World {
    pub server: Site,
    pub login: Site,
    pub manner: Arc<Mutex<Manner>>,
}

impl World {
    pub async fn start() -> Self {
        let manner: Arc<Mutex<Manner>> = Arc::default();
        let (one, other) = (Arc::clone(&manner), Arc::clone(&manner));
        let server = Site::start(move |asked| serve(&mut one.lock().unwrap(), asked)).await;
        let login = Site::start(move |asked| sign_in(&mut other.lock().unwrap(), asked)).await;
        let world = Self {
            server,
            login,
            manner,
        };
        world.be_good();
        world
    }

    /// Says again what is right.
    pub fn be_good(&self) {
        let (server, login) = (&self.server.url, &self.login.url);
        let metadata = "/.well-known/oauth-protected-resource/mcp";
        let mut manner = self.manner.lock().unwrap();
        manner.challenge = format!(r#"Bearer error="invalid_token", resource_metadata="{server}{metadata}""#);
        manner.resource = HashMap::from([(
            metadata.to_owned(),
            json!({"resource": format!("{server}/mcp"), "authorization_servers": [login], "scopes_supported": ["read", "write"]}),
        )]);
        manner.issuer = HashMap::from([(
            "/.well-known/oauth-authorization-server".to_owned(),
            json!({
                "issuer": login,
                "authorization_endpoint": format!("{login}/authorize"),
                "token_endpoint": format!("{login}/token"),
                "registration_endpoint": format!("{login}/register"),
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": true,
            }),
        )]);
        manner.lasts = 3600;
    }

    /// Changes what is said of whoever signs in.
    pub fn issuer_says(&self, name: &str, value: Value) {
        let mut manner = self.manner.lock().unwrap();
        for document in manner.issuer.values_mut() {
            document[name] = value.clone();
        }
    }

    /// Changes what the server says of itself.
    pub fn server_says(&self, name: &str, value: Value) {
        let mut manner = self.manner.lock().unwrap();
        for document in manner.resource.values_mut() {
            document[name] = value.clone();
        }
    }

    pub fn url(&self) -> String {
        format!("{}/mcp", self.server.url)
    }

    /// Takes no access token any more that was given so far.
    pub fn revoke(&self) {
        self.manner.lock().unwrap().good.clear();
    }
}

fn serve(manner: &mut Manner, asked: &Asked) -> Reply {
    if let Some(document) = manner.resource.get(&asked.path) {
        return Reply::json(200, document);
    }
    if asked.path != "/mcp" {
        return Reply::empty(404);
    }
    let token = asked
        .authorization
        .as_deref()
        .and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_some_and(|token| manner.good.iter().any(|good| good == token)) {
        return Reply::turned_away(&manner.challenge);
    }
    if let Some(elsewhere) = &manner.leads_to {
        return Reply::to(307, elsewhere);
    }
    if asked.method != "POST" {
        return Reply::empty(405);
    }
    let request: Value = serde_json::from_str(&asked.body).unwrap();
    let Some(id) = request.get("id") else {
        return Reply::empty(202);
    };
    let result = match request["method"].as_str().unwrap() {
        "initialize" => json!({"protocolVersion": request["params"]["protocolVersion"],
            "capabilities": {"tools": {}}, "serverInfo": {"name": "far", "version": "1"}}),
        "tools/list" => json!({"tools": [{"name": "echo", "inputSchema": {"type": "object"}}]}),
        _ => {
            let text = request["params"]["arguments"]["text"]
                .as_str()
                .unwrap_or_default();
            json!({"content": [{"type": "text", "text": format!("far: {text}")}]})
        }
    };
    Reply::json(200, &json!({"jsonrpc": "2.0", "id": id, "result": result}))
}

fn sign_in(manner: &mut Manner, asked: &Asked) -> Reply {
    if let Some(document) = manner.issuer.get(&asked.path) {
        return Reply::json(200, document);
    }
    let field = |name: &str| asked.field(name).unwrap_or_default();
    match asked.path.as_str() {
        "/register" => {
            let wanted: Value = serde_json::from_str(&asked.body).unwrap();
            Reply::json(
                201,
                &json!({"client_id": "client-1", "redirect_uris": wanted["redirect_uris"]}),
            )
        }
        "/authorize" => {
            manner.made += 1;
            let code = format!("code-{}", manner.made);
            let back = field("redirect_uri");
            manner
                .codes
                .insert(code.clone(), (field("code_challenge"), back.clone()));
            let document = manner.issuer.values().next().unwrap();
            let mut query = form_urlencoded::Serializer::new(String::new());
            query
                .append_pair("code", &code)
                .append_pair("state", &field("state"));
            query.append_pair("iss", document["issuer"].as_str().unwrap());
            Reply::to(302, &format!("{back}?{}", query.finish()))
        }
        "/token" => {
            if let Some(elsewhere) = &manner.token_leads_to {
                return Reply::to(307, elsewhere);
            }
            let no =
                |error: &str| Reply::json(400, &json!({"error": error, "error_description": "No\r\nway"}));
            if field("client_id") != "client-1" && field("client_id") != "mine"
                || field("resource").is_empty()
            {
                return no("invalid_client");
            }
            match field("grant_type").as_str() {
                "authorization_code" => {
                    let Some((challenge, back)) = manner.codes.remove(&field("code")) else {
                        return no("invalid_grant");
                    };
                    let digest = Sha256::digest(field("code_verifier").as_bytes());
                    if Base64UrlUnpadded::encode_string(&digest) != challenge || field("redirect_uri") != back
                    {
                        return no("invalid_grant");
                    }
                }
                _ => {
                    let refresh = field("refresh_token");
                    let Some(at) = manner.refresh.iter().position(|one| *one == refresh) else {
                        return no("invalid_grant");
                    };
                    manner.refresh.remove(at);
                }
            }
            manner.made += 1;
            let (access, refresh) = (
                format!("{TOKEN}-a{}", manner.made),
                format!("{TOKEN}-r{}", manner.made),
            );
            manner.good.push(access.clone());
            manner.refresh.push(refresh.clone());
            Reply::json(
                200,
                &json!({"access_token": access, "token_type": "Bearer", "refresh_token": refresh, "expires_in": manner.lasts}),
            )
        }
        _ => Reply::empty(404),
    }
}
