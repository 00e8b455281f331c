//! A server by its name: started when it is needed, ended when nobody needs it, and left alone when it keeps breaking.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::{Failure, FailureKind, McpConsent, McpServer, McpServerId, McpTool, Timestamp};
use rmcp::model::CallToolResult;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::connection::{Connection, NOT_SIGNED_IN, Secrets, broken};
use super::consent;
use super::log::Log;
use super::sign_in::{self, SignIn, Token};
use crate::Engine;
use crate::control::{FailureView, McpHealth, McpLogLine, McpLogSource, Topic};
use crate::failures::not_found;

/// So many failures in a row, and it stays off until a person says otherwise.
const ENOUGH: u32 = 5;
/// How often a running server is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// A connection that a newer one has replaced is ended when nobody has used it for this long.
const REPLACED: Duration = Duration::from_secs(5);

/// One server.
pub(super) struct Server {
    id: McpServerId,
    slot: tokio::sync::Mutex<Option<Arc<Connection>>>,
    standing: Mutex<Standing>,
    sign_in: Arc<SignIn>,
    log: Arc<Log>,
}

#[derive(Default)]
struct Standing {
    state: State,
    /// In a row, without a call that went well.
    failures: u32,
    last: Option<Failure>,
    again_at: Option<Instant>,
    /// It turned us away, because nobody has signed in.
    wants_sign_in: bool,
}

#[derive(Default)]
enum State {
    #[default]
    Stopped,
    Starting,
    Running(Timestamp),
}

impl Server {
    pub fn new(id: McpServerId) -> Self {
        Self {
            id,
            slot: tokio::sync::Mutex::default(),
            standing: Mutex::default(),
            sign_in: Arc::default(),
            log: Arc::default(),
        }
    }

    /// Uses a tool; starts the server first where it does not run. `waited` grows by the time for which the person was asked.
    ///
    /// # Errors
    /// When it may not be used, does not start, or fails.
    pub async fn call(
        self: &Arc<Self>,
        engine: &Engine,
        tool: &str,
        arguments: Map<String, Value>,
        waited: &mut Duration,
    ) -> Result<CallToolResult, Failure> {
        let (connection, server) = self.connected(engine).await?;
        let policy = engine.mcp().policy();
        let mut answer = connection
            .call(&server, tool, arguments.clone(), (policy, waited))
            .await;
        if is_not_signed_in(&answer) {
            self.leave(&connection).await;
            self.wants_sign_in(engine);
            // whoever was turned away has done nothing yet
            if let Some(refused) = connection.token()
                && self
                    .sign_in
                    .token(engine, &server, Some(refused))
                    .await?
                    .is_some()
            {
                let (connection, server) = self.connected(engine).await?;
                answer = connection.call(&server, tool, arguments, (policy, waited)).await;
            }
        }
        if answer.is_ok() {
            self.standing().failures = 0;
        }
        answer
    }

    /// The running server; started where it does not run.
    ///
    /// # Errors
    /// When it may not be used, or does not start.
    pub async fn connected(
        self: &Arc<Self>,
        engine: &Engine,
    ) -> Result<(Arc<Connection>, McpServer), Failure> {
        let server = find(engine, &self.id)?;
        permitted(&server)?;
        let mut slot = self.slot.lock().await;
        if let Some(connection) = slot.take() {
            let now = engine.clock().now();
            let is_over = connection.token().is_some_and(|token| token.is_over(now));
            if !connection.is_closed() && !is_over {
                *slot = Some(Arc::clone(&connection));
                return Ok((connection, server));
            }
            if !is_over {
                self.broke(engine, &connection, &server);
            }
        }
        self.may_start(&server)?;
        // whatever is approved is what is run, and nothing else
        let (server, program) = consent::look(engine, &server).await?;
        permitted(&server)?;
        let secrets = secrets(engine, &server).await?;
        let _attempt = Attempt::begin(self, engine);
        let path = program.as_ref().map(|program| program.path.as_path());
        let token = self.sign_in.token(engine, &server, None).await?;
        let used = token.clone();
        let mut started = self.open(engine, &server, path, (&secrets, token)).await;
        if is_not_signed_in(&started)
            && let Some(refused) = &used
            && let Some(token) = self.sign_in.token(engine, &server, Some(refused)).await?
        {
            started = self.open(engine, &server, path, (&secrets, Some(token))).await;
        }
        let (connection, tools) = match started {
            Ok(started) => started,
            Err(failure) if failure.kind() == NOT_SIGNED_IN => {
                self.wants_sign_in(engine);
                return Err(failure);
            }
            Err(failure) => {
                self.fell(engine, failure.clone());
                return Err(failure);
            }
        };
        let server = seen(engine, &self.id, tools).await?;
        if let Err(refused) = permitted(&server) {
            connection.end().await;
            self.stand(engine, State::Stopped);
            return Err(refused);
        }
        let connection = Arc::new(connection);
        *slot = Some(Arc::clone(&connection));
        self.standing().wants_sign_in = false;
        self.stand(engine, State::Running(engine.clock().now()));
        engine.spawn(watch(engine.clone(), Arc::clone(self), Arc::clone(&connection)));
        Ok((connection, server))
    }

    /// The sign-in of it.
    pub fn sign_in(&self) -> &Arc<SignIn> {
        &self.sign_in
    }

    /// Opens a connection, and has the tools told.
    async fn open(
        &self,
        engine: &Engine,
        server: &McpServer,
        program: Option<&Path>,
        (secrets, token): (&Secrets, Option<Token>),
    ) -> Result<(Connection, Vec<McpTool>), Failure> {
        let signed_in = sign_in::secrets(engine, server).await;
        self.log.keep_secret(secrets.values().cloned().chain(signed_in));
        let starting = async {
            let connection = Connection::open(engine, server, program, (secrets, token), &self.log).await?;
            let tools = connection.tools(server).await?;
            Ok((connection, tools))
        };
        let patience = engine.mcp().policy().start;
        let started = tokio::time::timeout(patience, Box::pin(starting)).await;
        started.unwrap_or_else(|_| {
            let why = format!("it had not greeted after {} seconds", patience.as_secs());
            Err(broken(server, &why))
        })
    }

    fn wants_sign_in(&self, engine: &Engine) {
        self.standing().wants_sign_in = true;
        self.stand(engine, State::Stopped);
    }

    /// Ends it, whatever it does.
    pub async fn end(&self, engine: &Engine) {
        let connection = self.slot.lock().await.take();
        if let Some(connection) = connection {
            connection.end().await;
        }
        self.stand(engine, State::Stopped);
    }

    /// Forgets that it has failed.
    pub fn forgive(&self) {
        *self.standing() = Standing::default();
    }

    /// How it stands.
    pub fn health(&self) -> McpHealth {
        let standing = self.standing();
        match (&standing.state, &standing.last) {
            (State::Starting, _) => McpHealth::Starting {},
            (State::Running(since), _) => McpHealth::Running { since: *since },
            (State::Stopped, _) if standing.wants_sign_in => McpHealth::NeedsSignIn {},
            (State::Stopped, Some(failure)) if standing.failures >= ENOUGH => McpHealth::Off {
                failure: FailureView::from(failure),
            },
            (State::Stopped, Some(failure)) if standing.failures > 0 => McpHealth::Failed {
                failure: FailureView::from(failure),
            },
            (State::Stopped, _) => McpHealth::Stopped {},
        }
    }

    /// Its last lines, oldest first.
    pub fn lines(&self) -> Vec<McpLogLine> {
        self.log.lines()
    }

    fn may_start(&self, server: &McpServer) -> Result<(), Failure> {
        let standing = self.standing();
        if standing.failures >= ENOUGH {
            return Err(
                broken(server, &format!("it failed {ENOUGH} times and is off now"))
                    .with_hint(format!("`inglenook mcp restart {}` tries again.", self.id)),
            );
        }
        match standing.again_at {
            Some(at) if at > Instant::now() => {
                let seconds = at.saturating_duration_since(Instant::now()).as_secs() + 1;
                let why = format!("it has just failed and is started again in {seconds} seconds");
                Err(broken(server, &why))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// It ended by itself.
    fn broke(&self, engine: &Engine, connection: &Connection, server: &McpServer) {
        let why = connection.cut().unwrap_or("it ended by itself");
        self.fell(engine, broken(server, why));
    }

    fn fell(&self, engine: &Engine, failure: Failure) {
        self.log
            .add(engine.clock().now(), McpLogSource::Inglenook, failure.message());
        {
            let mut standing = self.standing();
            standing.failures = standing.failures.saturating_add(1);
            standing.again_at = Some(Instant::now() + engine.mcp().policy().wait(standing.failures));
            standing.last = Some(failure);
        }
        self.stand(engine, State::Stopped);
    }

    fn stand(&self, engine: &Engine, state: State) {
        self.standing().state = state;
        engine.changed(Topic::McpServers, Some(self.id.to_string()));
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a connection is still the one.
    async fn has(&self, connection: &Arc<Connection>) -> bool {
        let slot = self.slot.lock().await;
        slot.as_ref().is_some_and(|one| Arc::ptr_eq(one, connection))
    }

    /// Takes a connection out, if it is still the one.
    async fn leave(&self, connection: &Arc<Connection>) -> bool {
        let mut slot = self.slot.lock().await;
        let is_it = slot.as_ref().is_some_and(|one| Arc::ptr_eq(one, connection));
        if is_it {
            *slot = None;
        }
        is_it
    }
}

/// A start. Who waits for it may leave in the middle, and then there is none any more.
struct Attempt<'a> {
    server: &'a Server,
    engine: &'a Engine,
}

impl<'a> Attempt<'a> {
    fn begin(server: &'a Server, engine: &'a Engine) -> Self {
        server.stand(engine, State::Starting);
        Self { server, engine }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let left = matches!(self.server.standing().state, State::Starting);
        if left {
            self.server.stand(self.engine, State::Stopped);
        }
    }
}

fn is_not_signed_in<T>(answer: &Result<T, Failure>) -> bool {
    answer
        .as_ref()
        .is_err_and(|failure| failure.kind() == NOT_SIGNED_IN)
}

/// Looks after a running server until it ends.
async fn watch(engine: Engine, this: Arc<Server>, connection: Arc<Connection>) {
    loop {
        let renewed = tokio::select! {
            () = engine.mcp().stopping() => break,
            () = connection.tools_changed() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        if connection.is_closed() {
            if this.leave(&connection).await
                && let Ok(server) = find(&engine, &this.id)
            {
                this.broke(&engine, &connection, &server);
            }
            connection.end().await;
            return;
        }
        if connection.idle() >= engine.mcp().policy().idle {
            break;
        }
        if connection.idle() >= REPLACED && !this.has(&connection).await {
            break;
        }
        if renewed && !still_approved(&engine, &this, &connection).await {
            break;
        }
    }
    if this.leave(&connection).await {
        this.stand(&engine, State::Stopped);
    }
    connection.end().await;
}

/// Whether a server that has other tools now has those that were approved.
async fn still_approved(engine: &Engine, this: &Server, connection: &Connection) -> bool {
    let Ok(server) = find(engine, &this.id) else {
        return false;
    };
    let patience = engine.mcp().policy().start;
    let tools = tokio::time::timeout(patience, Box::pin(connection.tools(&server))).await;
    let Ok(Ok(tools)) = tools else {
        return false;
    };
    let server = seen(engine, &this.id, tools).await;
    server.is_ok_and(|server| permitted(&server).is_ok())
}

/// The server of this name.
pub(super) fn find(engine: &Engine, id: &McpServerId) -> Result<McpServer, Failure> {
    let roster = engine.roster().now();
    let found = roster.mcp.get(id).map(|server| McpServer::clone(server));
    found.ok_or_else(|| not_found("MCP server", id.as_str()))
}

/// Notes which tools a server has. Those of one that was approved before anybody could know them are approved with it.
async fn seen(engine: &Engine, id: &McpServerId, tools: Vec<McpTool>) -> Result<McpServer, Failure> {
    consent::note(engine, id, move |server| {
        server.seen.tools = Some(tools);
        if let Some(approval) = &mut server.approval
            && approval.seen.tools.is_none()
            && approval.transport == server.transport
        {
            approval.seen.tools.clone_from(&server.seen.tools);
            approval.digest = consent::digest(&approval.transport, &approval.seen)?;
        }
        Ok(())
    })
    .await
}

/// Whether a server is what a person has approved.
///
/// # Errors
/// [`FailureKind::Conflict`] when it is not, with what is different.
pub(super) fn permitted(server: &McpServer) -> Result<(), Failure> {
    let id = &server.id;
    let hint = format!("Look at it and approve it: `inglenook mcp approve {id}`.");
    match server.consent() {
        McpConsent::Approved => Ok(()),
        McpConsent::New => Err(Failure::new(
            FailureKind::Conflict,
            format!("Nobody has approved the MCP server {id} yet."),
        )
        .with_hint(hint)),
        McpConsent::Changed => {
            let changes: Vec<String> = server.changes().iter().map(ToString::to_string).collect();
            let changes = changes.join(", ");
            Err(Failure::new(
                FailureKind::Conflict,
                format!("The MCP server {id} is not what was approved: {changes}."),
            )
            .with_hint(hint))
        }
    }
}

/// What a server is given in confidence.
async fn secrets(engine: &Engine, server: &McpServer) -> Result<Secrets, Failure> {
    let names = server.transport.secrets();
    if names.is_empty() {
        return Ok(Secrets::new());
    }
    let mut kept = super::secrets::read(engine, server).await?;
    let mut secrets = Secrets::new();
    for name in names {
        let secret = kept.remove(name).map(SecretString::from);
        let secret = secret.ok_or_else(|| {
            Failure::new(
                FailureKind::ProviderKeyMissing,
                format!(
                    "The MCP server {} needs {name}, which is not in the vault.",
                    server.id
                ),
            )
            .with_hint(format!("Give it again: `inglenook mcp update {}`.", server.id))
        })?;
        secrets.insert(name.to_owned(), secret);
    }
    Ok(secrets)
}

/// The arguments as a model wrote them.
///
/// # Errors
/// [`FailureKind::InvalidRequest`] when they are no object.
pub(super) fn arguments(text: &str) -> Result<Map<String, Value>, Failure> {
    let text = match text.trim() {
        "" => "{}",
        text => text,
    };
    serde_json::from_str(text)
        .map_err(|error| Failure::invalid("arguments", format!("The arguments are no JSON object: {error}.")))
}
