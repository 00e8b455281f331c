//! Which stored messages the messages of a request are.
//!
//! A request says what was said and not where that stands. Who wants to know goes back to the branch that the call goes
//! on from; where the two cannot be laid over each other nobody guesses.

use domain::{CallId, Failure, MessageId, SessionId, StoredMessage};
use store::table;

use super::placement::Placement;
use crate::engine::Engine;

/// Where a call stands in its session.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    pub session: SessionId,
    /// The last message that is stored.
    leaf: Option<MessageId>,
    /// Spoken messages that this call adds behind it.
    added: Vec<MessageId>,
}

/// A stored message in a request.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub id: MessageId,
    /// The call that wrote it.
    pub call: Option<CallId>,
}

impl Anchor {
    /// Of a call whose content is kept in a session.
    pub fn of(placement: &Placement) -> Option<Self> {
        let session = placement.session.clone().filter(|_| placement.keeps_content())?;
        let leaf = match placement.added.first() {
            Some(first) => first.parent.clone(),
            None => placement.parent.clone(),
        };
        let added = placement.added.iter().filter(|one| !one.message.role.instructs());
        Some(Self {
            session,
            leaf,
            added: added.map(|one| one.id.clone()).collect(),
        })
    }

    /// The stored messages of a request with so many spoken ones, in its order; none where they do not fit.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn stored(&self, engine: &Engine, spoken: usize) -> Result<Vec<Stored>, Failure> {
        let mut branch = Vec::new();
        if let Some(leaf) = self.leaf.clone() {
            // the answer before may have ended a moment ago; its rows are queued, not yet in the database
            engine.store().flush().await?;
            let session = self.session.clone();
            let read = engine
                .store()
                .read(move |conn| table::messages::branch(conn, &session, &leaf));
            branch = read.await?;
        }
        branch.retain(|one| !one.message.role.instructs());
        if branch.len() + self.added.len() != spoken {
            // what failed before its first word is in the session and not in a request
            branch.retain(|one| !one.message.parts.is_empty());
        }
        if branch.len() + self.added.len() != spoken {
            return Ok(Vec::new());
        }
        let before = branch
            .into_iter()
            .map(|StoredMessage { id, call, .. }| Stored { id, call });
        let added = self.added.iter().map(|id| Stored {
            id: id.clone(),
            call: None,
        });
        Ok(before.chain(added).collect())
    }
}
