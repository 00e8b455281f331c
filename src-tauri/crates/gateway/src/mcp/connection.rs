//! One running server, from its start to its end.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{BaseUrl, Failure, FailureKind, McpServer, McpTool, McpToolHints, McpTransport};
use http::{HeaderName, HeaderValue};
use rmcp::ServiceExt;
use rmcp::model::{CallToolRequestParams, CallToolResult, PaginatedRequestParams, Tool};
use rmcp::service::{ClientInitializeError, Peer, RoleClient, RunningService, ServiceError};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use tokio::sync::{Notify, watch};

use super::handler::Handler;
use super::log::Log;
use super::policy::McpPolicy;
use super::process::{Plan, Process};
use super::reading::{Bounded, Cut, LONGEST_LINE};
use super::sign_in::{self, Token};
use super::talk::Talk;
use crate::Engine;
use crate::canonical;

/// How often it is looked whether the person has answered, at the end of a tool's time.
const GLANCE: Duration = Duration::from_millis(100);
/// More tools than any model is told of.
const MOST_TOOLS: usize = 1000;
/// A list has at most this many pages.
pub(super) const MOST_PAGES: usize = 100;

/// The secrets of one server, by name.
pub(super) type Secrets = HashMap<String, SecretString>;

/// A server that answers.
pub(super) struct Connection {
    service: RunningService<RoleClient, Handler>,
    process: Mutex<Option<Process>>,
    cut: Cut,
    progressed: watch::Receiver<()>,
    tools_changed: Arc<Notify>,
    /// Since when nobody uses it, and how many do.
    used: Mutex<(Instant, u32)>,
    /// What it was opened with, where a person has signed in.
    token: Option<Token>,
    talk: Arc<Talk>,
}

impl Connection {
    /// Starts a server, or connects to it, and greets it.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] with what went wrong.
    pub async fn open(
        engine: &Engine,
        server: &McpServer,
        program: Option<&Path>,
        (secrets, token): (&Secrets, Option<Token>),
        log: &Arc<Log>,
    ) -> Result<Self, Failure> {
        let (progress, progressed) = watch::channel(());
        let tools_changed = Arc::new(Notify::new());
        let cut = Cut::default();
        let talk = Arc::new(Talk::new());
        let handler = Handler {
            engine: engine.clone(),
            log: Arc::clone(log),
            server: server.clone(),
            talk: Arc::clone(&talk),
            progressed: progress,
            tools_changed: Arc::clone(&tools_changed),
        };
        let failed = |error: ClientInitializeError| {
            if wants_sign_in(server, error.auth_challenge()) {
                return not_signed_in(server);
            }
            let why = cut
                .get()
                .map_or_else(|| greeting(&error), |why| (*why).to_owned());
            broken(server, &why)
        };
        let (service, process) = match &server.transport {
            McpTransport::Stdio { args, env, cwd, .. } => {
                let program = program.ok_or_else(|| broken(server, "its program is not there"))?;
                let policy = engine.mcp().policy();
                let home = policy.home();
                let home = home.as_deref().and_then(Path::to_str);
                let plan = Plan {
                    program,
                    args,
                    env: environment(policy, env, secrets),
                    cwd: cwd.as_deref().or(home),
                };
                let started = Process::start(engine, &plan, log);
                let (process, stdout, stdin) =
                    started.map_err(|error| broken(server, &format!("it cannot be started: {error}")))?;
                let stdout = Bounded::new(stdout, Cut::clone(&cut));
                let transport =
                    AsyncRwTransport::new_client(stdout, stdin).with_max_line_length(LONGEST_LINE);
                let service = Box::pin(handler.serve(transport)).await.map_err(failed)?;
                (service, Some(process))
            }
            McpTransport::Http { url, .. } => {
                let transport = remote(engine, url, secrets, token.as_ref())?;
                let service = Box::pin(handler.serve(transport)).await.map_err(failed)?;
                (service, None)
            }
        };
        Ok(Self {
            service,
            process: Mutex::new(process),
            cut,
            progressed,
            tools_changed,
            used: Mutex::new((Instant::now(), 0)),
            token,
            talk,
        })
    }

    /// Its tools, by name; of two with one name the first.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`].
    pub async fn tools(&self, server: &McpServer) -> Result<Vec<McpTool>, Failure> {
        let offers = self.service.peer_info();
        if offers.is_some_and(|offers| offers.capabilities.tools.is_none()) {
            return Ok(Vec::new());
        }
        let peer: &Peer<RoleClient> = self.service.peer();
        let mut tools: Vec<McpTool> = Vec::new();
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let page = PaginatedRequestParams::default().with_cursor(cursor);
            let page = Box::pin(peer.list_tools(Some(page))).await;
            let page = page.map_err(|error| self.failed(server, &error))?;
            for tool in page.tools.into_iter().map(describe) {
                if !tools.iter().any(|known| known.name == tool.name) {
                    tools.push(tool);
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                tools.sort_by(|one, other| one.name.cmp(&other.name));
                return Ok(tools);
            }
            if tools.len() > MOST_TOOLS {
                break;
            }
        }
        Err(broken(server, "its list of tools has no end"))
    }

    /// Uses a tool. Whoever stops waiting calls it off.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamTimeout`] when nothing comes of it, or [`FailureKind::UpstreamFailed`].
    pub async fn call(
        &self,
        server: &McpServer,
        tool: &str,
        arguments: Map<String, Value>,
        (policy, waited): (&McpPolicy, &mut Duration),
    ) -> Result<CallToolResult, Failure> {
        let _in_use = InUse::of(self);
        let _working = self.talk.begin(tool);
        let before = self.talk.asked();
        let request = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let answer = Box::pin(self.service.call_tool(request));
        let late = async {
            let mut progressed = self.progressed.clone();
            progressed.mark_unchanged();
            // it ends when nothing was heard for that long
            while tokio::select! {
                heard = progressed.changed() => heard.is_ok(),
                () = self.spent(policy.call) => false,
            } {}
        };
        let answer = tokio::select! {
            answer = answer => answer.map_err(|error| self.failed(server, &error)),
            () = late => Err(too_late(server, policy.call.as_secs())),
            () = self.spent(policy.longest) => Err(too_late(server, policy.longest.as_secs())),
        };
        *waited += self.talk.asked().saturating_sub(before);
        answer
    }

    /// Waits for so long, and for as long as the person is asked in that time.
    async fn spent(&self, span: Duration) {
        let (begun, before) = (Instant::now(), self.talk.asked());
        loop {
            let asked = self.talk.asked().saturating_sub(before);
            let spent = begun.elapsed().saturating_sub(asked);
            let left = span.saturating_sub(spent);
            if left.is_zero() && !self.talk.asks() {
                return;
            }
            tokio::time::sleep(left.max(GLANCE)).await;
        }
    }

    /// What it was opened with, where a person has signed in.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The library's side of it.
    pub fn service(&self) -> &RunningService<RoleClient, Handler> {
        &self.service
    }

    /// Waits until the server has said that its tools are others now.
    pub async fn tools_changed(&self) {
        self.tools_changed.notified().await;
    }

    /// Whether nothing comes from it any more.
    pub fn is_closed(&self) -> bool {
        self.service.peer().is_transport_closed()
    }

    /// Why it was cut off, when we did that.
    pub fn cut(&self) -> Option<&'static str> {
        self.cut.get().copied()
    }

    /// For how long nobody has used it.
    pub fn idle(&self) -> Duration {
        match *self.used() {
            (since, 0) => since.elapsed(),
            (_, _) => Duration::ZERO,
        }
    }

    /// Ends it. What waits for it fails.
    pub async fn end(&self) {
        self.service.cancellation_token().cancel();
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(process) = process {
            process.end().await;
        }
    }

    fn used(&self) -> std::sync::MutexGuard<'_, (Instant, u32)> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a failure of it means.
    pub fn failed(&self, server: &McpServer, error: &ServiceError) -> Failure {
        if let Some(why) = self.cut() {
            return broken(server, why);
        }
        if wants_sign_in(server, error.auth_challenge()) {
            return not_signed_in(server);
        }
        if let ServiceError::McpError(error) = error {
            return broken(server, &format!("it said: {}", error.message));
        }
        if let ServiceError::TransportClosed = error {
            return broken(server, "it ended");
        }
        broken(server, &error.to_string())
    }
}

/// Somebody uses it.
struct InUse<'a>(&'a Connection);

impl<'a> InUse<'a> {
    fn of(connection: &'a Connection) -> Self {
        connection.used().1 += 1;
        Self(connection)
    }
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        let mut used = self.0.used();
        *used = (Instant::now(), used.1.saturating_sub(1));
    }
}

/// All that a program gets to see of its surroundings.
fn environment(
    policy: &McpPolicy,
    variables: &[domain::McpVariable],
    secrets: &Secrets,
) -> Vec<(String, String)> {
    let named = variables.iter().filter_map(|variable| {
        let secret = || {
            secrets
                .get(&variable.name)
                .map(|secret| secret.expose_secret().to_owned())
        };
        let value = variable.value.clone().or_else(secret)?;
        Some((variable.name.clone(), value))
    });
    policy.environment.iter().cloned().chain(named).collect()
}

/// A server elsewhere: its headers go to its one address, and nobody can lead them to another (SEC-19).
fn remote(
    engine: &Engine,
    url: &BaseUrl,
    secrets: &Secrets,
    token: Option<&Token>,
) -> Result<StreamableHttpClientTransport<reqwest::Client>, Failure> {
    let client = match url.is_loopback() {
        true => engine.http().loopback().clone(),
        false => engine.http().remote()?.clone(),
    };
    let mut headers = HashMap::new();
    for (name, value) in secrets {
        let wrong = |_| Failure::invalid("headers", format!("{name} is no header, or its value is not."));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| wrong(error.to_string()))?;
        let mut value =
            HeaderValue::from_str(value.expose_secret()).map_err(|error| wrong(error.to_string()))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let mut config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
    if let Some(token) = token {
        config = config.auth_header(token.secret.expose_secret());
    }
    let config = config
        .custom_headers(headers)
        .max_sse_event_size(LONGEST_LINE)
        .max_json_response_size(LONGEST_LINE);
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

fn describe(tool: Tool) -> McpTool {
    let hints = tool.annotations.as_ref();
    let title = hints.and_then(|hints| hints.title.clone());
    McpTool {
        name: tool.name.into_owned(),
        title: tool.title.or(title),
        description: tool.description.map(std::borrow::Cow::into_owned),
        schema: canonical::value(Value::Object((*tool.input_schema).clone())),
        hints: hints.map_or_else(McpToolHints::default, |hints| McpToolHints {
            read_only: hints.read_only_hint,
            destructive: hints.destructive_hint,
            idempotent: hints.idempotent_hint,
            open_world: hints.open_world_hint,
        }),
    }
}

/// What went wrong with a greeting, without what the server sent instead of one.
fn greeting(error: &ClientInitializeError) -> String {
    if let ClientInitializeError::ConnectionClosed(_) = error {
        return "it ended before it had greeted".to_owned();
    }
    if let ClientInitializeError::JsonRpcError(error) = error {
        return format!("it refused: {}", error.message);
    }
    if let ClientInitializeError::TransportError { error, .. } = error {
        return format!("it cannot be reached: {error}");
    }
    "it does not speak the protocol".to_owned()
}

/// Whether a server turned us away because nobody has signed in to it.
fn wants_sign_in(server: &McpServer, challenge: Option<&str>) -> bool {
    challenge.is_some_and(sign_in::is_wish) && sign_in::takes_tokens(server)
}

/// A server that wants a person to sign in. No other failure of servers is of this kind.
pub(super) const NOT_SIGNED_IN: FailureKind = FailureKind::ProviderKeyRejected;

fn not_signed_in(server: &McpServer) -> Failure {
    let id = &server.id;
    Failure::new(
        NOT_SIGNED_IN,
        format!("The MCP server {id} wants you to sign in."),
    )
    .with_hint(format!(
        "Sign in to it under Settings, or: `inglenook mcp sign-in {id}`."
    ))
}

/// A server that does not do what it should.
pub(super) fn broken(server: &McpServer, why: &str) -> Failure {
    let hint = format!("`inglenook mcp log {}` has its last lines.", server.id);
    Failure::new(
        FailureKind::UpstreamFailed,
        format!("The MCP server {} does not work: {why}.", server.id),
    )
    .with_hint(hint)
}

/// One that takes too long.
pub(super) fn too_late(server: &McpServer, seconds: u64) -> Failure {
    Failure::new(
        FailureKind::UpstreamTimeout,
        format!(
            "The MCP server {} did not answer within {seconds} seconds.",
            server.id
        ),
    )
}
