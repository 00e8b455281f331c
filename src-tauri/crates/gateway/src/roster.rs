//! Who there is: agents, providers and client keys, held in memory for the path of a call.
//!
//! The database is the truth; a snapshot is read from it at start and after every change, and swapped in
//! whole. A call keeps the snapshot it began with, so it never sees half a change. Client keys are looked
//! up in the newest snapshot on every request, so that a revoked key fails at once (SEC-16).

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::{
    Agent, AgentId, ClientKey, ClientKeyDigest, ClientKeyId, Collection, Failure, FailureKind, McpServer,
    McpServerId, Provider, ProviderId, Rates, Slug, Timestamp,
};
use store::{Store, table};
use tokio::sync::watch;

use crate::control::Settings;
use crate::limits::Leash;

/// One consistent view.
#[derive(Default)]
pub(crate) struct Snapshot {
    pub agents: Vec<Arc<Agent>>,
    pub by_id: HashMap<AgentId, Arc<Agent>>,
    pub by_slug: HashMap<Slug, Arc<Agent>>,
    pub providers: HashMap<ProviderId, Arc<Provider>>,
    pub mcp: HashMap<McpServerId, Arc<McpServer>>,
    pub keys: HashMap<ClientKeyDigest, Arc<KeyState>>,
    pub keys_by_id: HashMap<ClientKeyId, Arc<KeyState>>,
    /// The key of programs that present none, while the setting lets them in.
    pub anonymous: Option<Arc<KeyState>>,
    /// The limits of agents that have some.
    pub leashes: HashMap<AgentId, Arc<Leash>>,
    /// What agents can look things up in.
    pub collections: HashMap<Slug, Arc<Collection>>,
    pub settings: Settings,
}

/// A client key with what it is using right now.
pub(crate) struct KeyState {
    pub key: ClientKey,
    /// What its secret is known by.
    pub digest: ClientKeyDigest,
    pub leash: Arc<Leash>,
    /// When its last use was noted.
    noted: Arc<AtomicI64>,
}

impl KeyState {
    fn of(key: ClientKey, digest: ClientKeyDigest, before: Option<&Self>) -> Self {
        let leash = Leash::of("This client key", key.rates, before.map(|before| &before.leash));
        let noted = match before {
            Some(before) => Arc::clone(&before.noted),
            None => Arc::new(AtomicI64::new(key.last_used_at.map_or(0, Timestamp::millis))),
        };
        Self {
            key,
            digest,
            leash,
            noted,
        }
    }

    /// Whether its last use should be written down again: once a minute.
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        let last = self.noted.load(Ordering::Relaxed);
        let due = (now.millis() - last).abs() >= 60_000;
        due && self
            .noted
            .compare_exchange(last, now.millis(), Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Why it may not be used any more, if so.
    ///
    /// # Errors
    /// [`FailureKind::ClientKeyInvalid`].
    pub fn check_expiry(&self, now: Timestamp) -> Result<(), Failure> {
        match self.key.expires_at {
            Some(at) if at <= now => Err(Failure::new(
                FailureKind::ClientKeyInvalid,
                "This API key has expired.",
            )),
            Some(_) | None => Ok(()),
        }
    }
}

impl Snapshot {
    /// The agent of this slug or id.
    pub fn agent(&self, name: &str) -> Option<&Arc<Agent>> {
        match AgentId::parse(name) {
            Some(id) => self.by_id.get(&id),
            None => Slug::new(name).ok().and_then(|slug| self.by_slug.get(&slug)),
        }
    }

    /// The client key of this id.
    pub fn key(&self, id: &ClientKeyId) -> Option<&Arc<KeyState>> {
        self.keys_by_id.get(id)
    }
}

/// Holds the newest snapshot.
pub(crate) struct Roster {
    newest: RwLock<Arc<Snapshot>>,
    changes: watch::Sender<()>,
    reload: tokio::sync::Mutex<()>,
}

impl Roster {
    /// Reads everything.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(store: &Store) -> Result<Self, Failure> {
        let snapshot = read(store, None).await?;
        Ok(Self {
            newest: RwLock::new(Arc::new(snapshot)),
            changes: watch::Sender::new(()),
            reload: tokio::sync::Mutex::new(()),
        })
    }

    /// The newest snapshot.
    pub fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells of every change from now on: what runs looks again whether it still may (SEC-16).
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Reads everything again after a change.
    ///
    /// # Errors
    /// When the database cannot be read; the old snapshot stays.
    pub async fn reload(&self, store: &Store) -> Result<(), Failure> {
        let _one_at_a_time = self.reload.lock().await;
        let old = self.now();
        let snapshot = Arc::new(read(store, Some(&old)).await?);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        self.changes.send_replace(());
        Ok(())
    }
}

async fn read(store: &Store, old: Option<&Snapshot>) -> Result<Snapshot, Failure> {
    let (agents, providers, mcp, keys, collections, settings) = store
        .read(|conn| {
            Ok((
                table::agents::list(conn)?,
                table::providers::list(conn)?,
                table::mcp_servers::list(conn)?,
                table::client_keys::load(conn)?,
                table::collections::list(conn)?,
                table::settings::get(conn, SETTINGS)?,
            ))
        })
        .await?;
    let mut snapshot = Snapshot {
        collections: collections
            .into_iter()
            .map(|collection| (collection.name.clone(), Arc::new(collection)))
            .collect(),
        settings: settings.unwrap_or_default(),
        ..Snapshot::default()
    };
    for agent in agents.into_iter().map(Arc::new) {
        if agent.draft.limits != Rates::default() {
            let before = old.and_then(|old| old.leashes.get(&agent.id));
            let leash = Leash::of("This agent", agent.draft.limits, before);
            snapshot.leashes.insert(agent.id.clone(), leash);
        }
        snapshot.by_id.insert(agent.id.clone(), Arc::clone(&agent));
        snapshot
            .by_slug
            .insert(agent.draft.slug.clone(), Arc::clone(&agent));
        snapshot.agents.push(agent);
    }
    snapshot.providers = providers
        .into_iter()
        .map(|provider| (provider.id.clone(), Arc::new(provider)))
        .collect();
    snapshot.mcp = mcp
        .into_iter()
        .map(|server| (server.id.clone(), Arc::new(server)))
        .collect();
    for (digest, key) in keys {
        if key.revoked_at.is_some() {
            continue;
        }
        let before = old.and_then(|old| old.keys.get(&digest));
        let state = Arc::new(KeyState::of(key, digest, before.map(Arc::as_ref)));
        if state.key.anonymous && snapshot.settings.no_key_on_loopback {
            snapshot.anonymous = Some(Arc::clone(&state));
        }
        snapshot
            .keys_by_id
            .insert(state.key.id.clone(), Arc::clone(&state));
        snapshot.keys.insert(digest, state);
    }
    Ok(snapshot)
}

/// The row of the settings table that holds [`Settings`].
pub(crate) const SETTINGS: &str = "app";
