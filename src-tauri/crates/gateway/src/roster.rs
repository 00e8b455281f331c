//! Who there is: agents, providers and client keys, held in memory for the path of a call.
//!
//! The database is the truth; a snapshot is read from it at start and after every change, and swapped in
//! whole. A call keeps the snapshot it began with, so it never sees half a change. Client keys are looked
//! up in the newest snapshot on every request, so that a revoked key fails at once (SEC-16).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{Agent, AgentId, ClientKey, ClientKeyDigest, ClientKeyId, Failure, Provider, ProviderId, Slug};
use store::{Store, table};

use crate::control::Settings;
use crate::limits::Leash;

/// One consistent view.
#[derive(Default)]
pub(crate) struct Snapshot {
    pub agents: Vec<Arc<Agent>>,
    pub by_id: HashMap<AgentId, Arc<Agent>>,
    pub by_slug: HashMap<Slug, Arc<Agent>>,
    pub providers: HashMap<ProviderId, Arc<Provider>>,
    pub keys: HashMap<ClientKeyDigest, Arc<KeyState>>,
    pub settings: Settings,
}

/// A client key with what it is using right now.
pub(crate) struct KeyState {
    pub key: ClientKey,
    /// What its secret is known by.
    pub digest: ClientKeyDigest,
    pub leash: Arc<Leash>,
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
        self.keys.values().find(|state| state.key.id == *id)
    }
}

/// Holds the newest snapshot.
pub(crate) struct Roster {
    newest: RwLock<Arc<Snapshot>>,
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
            reload: tokio::sync::Mutex::new(()),
        })
    }

    /// The newest snapshot.
    pub fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&self.newest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads everything again after a change.
    ///
    /// # Errors
    /// When the database cannot be read; the old snapshot stays.
    pub async fn reload(&self, store: &Store) -> Result<(), Failure> {
        let _one_at_a_time = self.reload.lock().await;
        let old = self.now();
        let snapshot = Arc::new(read(store, Some(&old)).await?);
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&snapshot);
        for (digest, state) in &old.keys {
            if !snapshot.keys.contains_key(digest) {
                state.leash.revoke();
            }
        }
        Ok(())
    }
}

async fn read(store: &Store, old: Option<&Snapshot>) -> Result<Snapshot, Failure> {
    let (agents, providers, keys, settings) = store
        .read(|conn| {
            Ok((
                table::agents::list(conn)?,
                table::providers::list(conn)?,
                table::client_keys::load(conn)?,
                table::settings::get(conn, SETTINGS)?,
            ))
        })
        .await?;
    let mut snapshot = Snapshot {
        settings: settings.unwrap_or_default(),
        ..Snapshot::default()
    };
    for agent in agents.into_iter().map(Arc::new) {
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
    for (digest, key) in keys {
        if key.revoked_at.is_some() {
            continue;
        }
        let known = old
            .and_then(|old| old.keys.get(&digest))
            .map(|state| Arc::clone(&state.leash));
        let leash = match known {
            Some(leash) => leash,
            None => Arc::new(Leash::of(&key)),
        };
        snapshot
            .keys
            .insert(digest, Arc::new(KeyState { key, digest, leash }));
    }
    Ok(snapshot)
}

/// The row of the settings table that holds [`Settings`].
pub(crate) const SETTINGS: &str = "app";
