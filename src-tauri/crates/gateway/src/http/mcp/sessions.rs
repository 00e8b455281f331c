//! Sessions of the protocol, each client key's in a room of its own.
//!
//! They hold no conversation: that is a session of ours, which a call names. One only joins the requests of a program
//! that runs, so that it can be told of changes and can cancel. A program that comes back after its session has ended is
//! told 404 and greets again, as the protocol says. They end when the port does, with their key, after a day without a
//! request, and when a key has too many, the one that was used longest ago first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use domain::ClientKeyId;
use futures_util::Stream;
use rmcp::model::{ClientJsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_server::session::local::{LocalSessionManager, SessionConfig};
use rmcp::transport::streamable_http_server::session::{ServerSseMessage, SessionId, SessionManager};
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::door::Door;
use crate::Engine;
use crate::http::body::BODY_CAP;
use crate::roster::KeyState;

/// Sessions of one key at a time.
const MOST: usize = 64;
/// How long one may be without a request.
const IDLE: Duration = Duration::from_secs(24 * 3600);

type Service = StreamableHttpService<Door, Kept>;

/// The sessions of one port.
pub(in crate::http) struct Sessions {
    engine: Engine,
    closed: CancellationToken,
    end: CancellationToken,
    _ends: DropGuard,
    rooms: Mutex<HashMap<ClientKeyId, Room>>,
}

/// Those of one key.
struct Room {
    service: Service,
    _ends: DropGuard,
}

impl Sessions {
    /// None yet, on a port that is open until `closed`.
    pub fn new(engine: Engine, closed: CancellationToken) -> Self {
        let end = CancellationToken::new();
        Self {
            engine,
            closed,
            _ends: end.clone().drop_guard(),
            end,
            rooms: Mutex::default(),
        }
    }

    /// When nobody is let in any more.
    pub(super) fn closed(&self) -> CancellationToken {
        self.closed.clone()
    }

    /// What serves a key. Those of keys that are gone end.
    pub(super) fn of(&self, key: &KeyState) -> Service {
        let roster = self.engine.roster().now();
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|id, _| roster.key(id).is_some());
        let room = rooms.entry(key.key.id.clone()).or_insert_with(|| self.room());
        room.service.clone()
    }

    fn room(&self) -> Room {
        let end = self.end.child_token();
        let heartbeat = self.engine.upstreams().policy.meanwhile.heartbeat;
        let config = StreamableHttpServerConfig::default()
            .disable_allowed_hosts()
            .disable_allowed_origins()
            .with_sse_keep_alive(Some(heartbeat))
            .with_sse_retry(None)
            .with_max_request_body_bytes(BODY_CAP)
            .with_cancellation_token(end.clone());
        let (engine, ends) = (self.engine.clone(), end.clone());
        let door = move || Ok(Door::new(engine.clone(), ends.clone()));
        Room {
            service: StreamableHttpService::new(door, Arc::new(Kept::new()), config),
            _ends: end.drop_guard(),
        }
    }
}

/// rmcp's own sessions, and a bound.
pub(super) struct Kept {
    local: LocalSessionManager,
    used: Mutex<HashMap<SessionId, Instant>>,
}

type Error = <LocalSessionManager as SessionManager>::Error;

impl Kept {
    fn new() -> Self {
        let mut config = SessionConfig::default();
        config.keep_alive = Some(IDLE);
        config.sse_retry = None;
        let mut local = LocalSessionManager::default();
        local.session_config = config;
        Self {
            local,
            used: Mutex::default(),
        }
    }

    fn used(&self) -> MutexGuard<'_, HashMap<SessionId, Instant>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that has to go so that another can come.
    fn oldest(&self) -> Option<SessionId> {
        let used = self.used();
        let oldest = used.iter().min_by_key(|(_, at)| **at);
        oldest
            .filter(|_| used.len() >= MOST)
            .map(|(id, _)| Arc::clone(id))
    }
}

impl SessionManager for Kept {
    type Error = Error;
    type Transport = <LocalSessionManager as SessionManager>::Transport;

    async fn create_session(&self) -> Result<(SessionId, Self::Transport), Error> {
        if let Some(oldest) = self.oldest() {
            self.close_session(&oldest).await?;
        }
        let (id, transport) = self.local.create_session().await?;
        self.used().insert(Arc::clone(&id), Instant::now());
        Ok((id, transport))
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Error> {
        self.local.initialize_session(id, message).await
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Error> {
        let has = self.local.has_session(id).await?;
        if has {
            self.used().insert(Arc::clone(id), Instant::now());
        }
        Ok(has)
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Error> {
        self.used().remove(id);
        self.local.close_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        self.local.create_stream(id, message).await
    }

    async fn accept_message(&self, id: &SessionId, message: ClientJsonRpcMessage) -> Result<(), Error> {
        self.local.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        self.local.create_standalone_stream(id).await
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Error> {
        self.local.resume(id, last_event_id).await
    }
}
