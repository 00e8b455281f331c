//! Servers of tools that others wrote, spoken to by the Model Context Protocol.
//!
//! The danger is all of it: a program that runs with the user's rights, words of strangers that reach a model, tools
//! that turn into others once they are trusted. So nothing is started that a person has not approved as it stands
//! (`consent`), a program gets a small environment and is ended with all that it started (`process`), it is bounded in
//! what it prints and how long it takes (`reading`, `policy`), and what its tools give counts as untrusted.
//!
//! A server elsewhere is given headers, or the token of a person who has signed in (`sign_in`).
//!
//! What a server asks the person is shown as its question (`asking`). Deliberately not here: models and folders for
//! servers.

mod asking;
mod connection;
pub(crate) mod consent;
mod contents;
mod handler;
mod log;
mod names;
mod policy;
mod process;
mod reading;
mod results;
pub(crate) mod secrets;
mod server;
pub(crate) mod sign_in;
mod talk;

pub(crate) use asking::Asked;
pub use policy::{INHERITED, McpPolicy};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Failure, McpServer, McpServerId, McpTool, Reach, ToolSpec};
use tokio_util::sync::CancellationToken;

use crate::Engine;
use crate::control::{McpHealth, McpLogLine};
use crate::roster::Snapshot;
use crate::tools::Given;
use server::Server;
use sign_in::SignIn;

/// All servers that were used since the app started.
pub(crate) struct McpServers {
    policy: McpPolicy,
    known: Mutex<HashMap<McpServerId, Arc<Server>>>,
    digests: consent::Digests,
    stopping: CancellationToken,
}

impl McpServers {
    pub fn new(policy: McpPolicy) -> Self {
        Self {
            policy,
            known: Mutex::default(),
            digests: consent::Digests::default(),
            stopping: CancellationToken::new(),
        }
    }

    /// How a server stands.
    pub fn health(&self, id: &McpServerId) -> McpHealth {
        self.of(id).health()
    }

    /// A server's last lines, oldest first.
    pub fn log(&self, id: &McpServerId) -> Vec<McpLogLine> {
        self.of(id).lines()
    }

    /// Starts a server where it does not run.
    ///
    /// # Errors
    /// When it may not be used, or does not start.
    pub async fn start(&self, engine: &Engine, id: &McpServerId) -> Result<(), Failure> {
        self.of(id).connected(engine).await.map(|_connected| ())
    }

    /// Ends a server, and forgets that it has failed.
    pub async fn end(&self, engine: &Engine, id: &McpServerId) {
        let server = self.of(id);
        server.end(engine).await;
        server.forgive();
    }

    /// Ends a server that is removed, and forgets what it said and who has signed in to it.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn forget(&self, engine: &Engine, gone: &McpServer) -> Result<(), Failure> {
        let server = self.of(&gone.id);
        server.sign_in().drop_tokens(engine, gone).await?;
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&gone.id);
        server.end(engine).await;
        Ok(())
    }

    /// Begins a sign-in to a server that is what was approved. When it has gone well, the server is started.
    ///
    /// # Errors
    /// When it is not what was approved, wants no sign-in, or what it names is refused.
    pub async fn sign_in(
        &self,
        engine: &Engine,
        id: &McpServerId,
        client_id: Option<&str>,
    ) -> Result<(), Failure> {
        let known = server::find(engine, id)?;
        server::permitted(&known)?;
        if !sign_in::takes_tokens(&known) {
            return Err(Failure::invalid(
                "id",
                "This server is given a header of yours, or runs here.",
            ));
        }
        let server = self.of(id);
        let (starting, engine_then) = (Arc::clone(&server), engine.clone());
        let start = move || async move {
            starting.end(&engine_then).await;
            starting.forgive();
            // that it does not start is how it stands
            let _started = Box::pin(starting.connected(&engine_then)).await;
        };
        Box::pin(SignIn::begin(server.sign_in(), engine, &known, client_id, start)).await
    }

    /// The sign-in that is under way.
    pub fn signing_in(&self, id: &McpServerId) -> Option<Arc<sign_in::Attempt>> {
        self.of(id).sign_in().under_way()
    }

    /// Waits until a sign-in has ended.
    ///
    /// # Errors
    /// Why nobody is signed in.
    pub async fn sign_in_ended(&self, id: &McpServerId) -> Result<(), Failure> {
        let server = self.of(id);
        server.sign_in().end().await
    }

    /// Gives a sign-in up.
    pub async fn give_up_sign_in(&self, id: &McpServerId) {
        let server = self.of(id);
        server.sign_in().give_up();
        // how it ended is its own to tell
        let _ended = server.sign_in().end().await;
    }

    /// Forgets the tokens of a server, and ends it: what it runs with is over.
    ///
    /// # Errors
    /// Storage failures.
    pub async fn sign_out(&self, engine: &Engine, server: &McpServer) -> Result<(), Failure> {
        let running = self.of(&server.id);
        running.sign_in().drop_tokens(engine, server).await?;
        running.end(engine).await;
        Ok(())
    }

    /// Asks all servers to end, those that are yet to begin too.
    pub fn stop_all(&self) {
        self.stopping.cancel();
    }

    async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    pub(crate) fn policy(&self) -> &McpPolicy {
        &self.policy
    }

    fn digests(&self) -> &consent::Digests {
        &self.digests
    }

    fn of(&self, id: &McpServerId) -> Arc<Server> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let server = known
            .entry(id.clone())
            .or_insert_with(|| Arc::new(Server::new(id.clone())));
        Arc::clone(server)
    }
}

/// A tool of a server that a person has approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerTool {
    server: McpServerId,
    tool: McpTool,
}

impl ServerTool {
    /// A tool of a server, whether or not it may be used.
    pub fn of(server: McpServerId, tool: McpTool) -> Self {
        Self { server, tool }
    }

    /// The tool of this name in grants, if its server is what was approved.
    pub fn granted(roster: &Snapshot, name: &str) -> Option<Self> {
        let (id, name) = names::read(name)?;
        let server = roster.mcp.get(&id)?;
        let tool = server.tools().iter().find(|tool| tool.name == name)?;
        Some(Self::of(id, tool.clone()))
    }

    /// Whether a name in grants could be that of a tool: of a server that is there, and has such a tool as far as
    /// anybody knows.
    pub fn could_be(roster: &Snapshot, name: &str) -> bool {
        let Some((id, name)) = names::read(name) else {
            return false;
        };
        let Some(server) = roster.mcp.get(&id) else {
            return false;
        };
        let approved = server
            .approval
            .as_ref()
            .and_then(|approval| approval.seen.tools.as_ref());
        let mut lists = server.seen.tools.iter().chain(approved).peekable();
        lists.peek().is_none() || lists.any(|tools| tools.iter().any(|tool| tool.name == name))
    }

    /// All tools that may be granted, by server and name.
    pub fn all(roster: &Snapshot) -> Vec<Self> {
        let mut servers: Vec<_> = roster.mcp.values().collect();
        servers.sort_by(|one, other| one.id.cmp(&other.id));
        let of = |server: &&Arc<domain::McpServer>| {
            let (id, tools) = (server.id.clone(), server.tools().to_vec());
            tools.into_iter().map(move |tool| Self::of(id.clone(), tool))
        };
        servers.iter().flat_map(of).collect()
    }

    /// What it is called in grants.
    pub fn name(&self) -> String {
        names::granted(&self.server, &self.tool.name)
    }

    /// What models call it.
    pub fn told(&self) -> String {
        names::told(&self.server, &self.tool.name)
    }

    /// What models are told of it.
    pub fn description(&self) -> &str {
        let title = || self.tool.title.as_deref();
        self.tool
            .description
            .as_deref()
            .or_else(title)
            .unwrap_or_default()
    }

    /// How far it goes.
    pub fn reach(&self) -> Reach {
        self.tool.reach()
    }

    /// How a model is told of it, under this name.
    pub fn spec(&self, name: String) -> ToolSpec {
        ToolSpec {
            name,
            description: Some(self.description().to_owned()),
            parameters: self.tool.schema.clone(),
            strict: None,
            extra: domain::Extra::new(),
        }
    }

    /// Uses it. It never fails: what goes wrong is told to the model.
    pub async fn run(&self, engine: &Engine, arguments: &str) -> Given {
        let arguments = match server::arguments(arguments) {
            Ok(arguments) => arguments,
            Err(failure) => return Given::error(failure.message()),
        };
        let server = engine.mcp().of(&self.server);
        let mut waited = Duration::ZERO;
        let answer = Box::pin(server.call(engine, &self.tool.name, arguments, &mut waited)).await;
        let given = answer.map_or_else(|failure| Given::error(failure.message()), results::read);
        Given { waited, ..given }
    }
}
