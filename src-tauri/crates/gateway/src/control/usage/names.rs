//! What the groups of the ledger are called: agents and keys by their names, deleted and revoked ones too.

use std::collections::HashMap;

use domain::{AgentId, ClientKeyId, Failure};
use store::{Connection, table};

use crate::control::UsageBy;

/// The names of agents and client keys.
pub(in crate::control) struct Names {
    agents: HashMap<AgentId, String>,
    keys: HashMap<ClientKeyId, String>,
}

impl Names {
    pub(in crate::control) fn read(conn: &Connection) -> Result<Self, Failure> {
        let mut agents = table::agents::list(conn)?;
        agents.extend(table::agents::list_deleted(conn)?);
        Ok(Self {
            agents: agents
                .into_iter()
                .map(|agent| (agent.id, agent.draft.slug.to_string()))
                .collect(),
            keys: table::client_keys::list(conn)?
                .into_iter()
                .map(|key| (key.id, key.name))
                .collect(),
        })
    }

    /// The name of an agent; its id when it is gone.
    pub(in crate::control) fn agent(&self, id: &AgentId) -> String {
        self.agents.get(id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// The name of a key; its id when it is gone.
    pub(in crate::control) fn key(&self, id: &ClientKeyId) -> String {
        self.keys.get(id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// What people call a group of the ledger.
    pub(super) fn group(&self, by: UsageBy, group: Option<&str>) -> String {
        match (by, group) {
            (UsageBy::Agent, Some(id)) => {
                AgentId::parse(id).map_or_else(|| id.to_owned(), |id| self.agent(&id))
            }
            (UsageBy::Agent, None) => "raw models".to_owned(),
            (UsageBy::Key, Some(id)) => {
                ClientKeyId::parse(id).map_or_else(|| id.to_owned(), |id| self.key(&id))
            }
            (UsageBy::Key | UsageBy::Client, None) => "Inglenook".to_owned(),
            (UsageBy::Client, Some("")) => "unknown program".to_owned(),
            (UsageBy::Day | UsageBy::Model | UsageBy::Provider | UsageBy::Client, group) => {
                group.unwrap_or_default().to_owned()
            }
        }
    }
}
