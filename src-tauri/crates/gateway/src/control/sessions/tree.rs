//! What follows what in a session, and which part of it is read.
//!
//! A circle can only stand in a damaged database; a walk ends there all the same.

use std::collections::{HashMap, HashSet};

use domain::{Failure, MessageId, SessionId, StoredMessage};
use store::{Connection, table};

/// The messages that follow the same one, in the order they were made.
pub(super) type Siblings = HashMap<Option<MessageId>, Vec<MessageId>>;

/// So many messages and more are read in one sweep over the session rather than one by one.
const SWEEP: usize = 500;

/// The shape of a session.
pub(super) struct Tree {
    parents: HashMap<MessageId, Option<MessageId>>,
    newest: Option<MessageId>,
    pub siblings: Siblings,
}

/// Who stands beside whom.
pub(super) fn siblings<'a>(all: impl Iterator<Item = (&'a MessageId, Option<&'a MessageId>)>) -> Siblings {
    let mut siblings = Siblings::new();
    for (id, parent) in all {
        let beside = siblings.entry(parent.cloned()).or_default();
        beside.push(id.clone());
    }
    siblings
}

impl Tree {
    /// Of every message with its parent, oldest first.
    pub fn of(outline: Vec<(MessageId, Option<MessageId>)>) -> Tree {
        Tree {
            siblings: siblings(outline.iter().map(|(id, parent)| (id, parent.as_ref()))),
            newest: outline.last().map(|(id, _)| id.clone()),
            parents: outline.into_iter().collect(),
        }
    }

    pub fn holds(&self, id: &MessageId) -> bool {
        self.parents.contains_key(id)
    }

    /// The branch that ends at the leaf, or at the newest message, oldest first; where `answered` is on it, it ends
    /// there: the answer that is being written may stand beside the one that the leaf still points at.
    pub fn branch(&self, leaf: Option<&MessageId>, answered: Option<&MessageId>) -> Vec<MessageId> {
        let mut at = leaf.filter(|leaf| self.holds(leaf)).or(self.newest.as_ref());
        let mut seen = HashSet::new();
        let mut branch = Vec::new();
        while let Some((id, parent)) = at.and_then(|id| self.parents.get_key_value(id)) {
            if !seen.insert(id) {
                break;
            }
            branch.push(id.clone());
            at = parent.as_ref();
        }
        branch.reverse();
        if let Some(end) = answered.and_then(|end| branch.iter().position(|id| id == end)) {
            branch.truncate(end + 1);
        }
        branch
    }
}

/// Leaves out what the caller holds and what is beyond the last so many; with the message that the rest follows.
pub(super) fn cut(
    mut branch: Vec<MessageId>,
    last: Option<u32>,
    known: &[MessageId],
) -> (Option<MessageId>, Vec<MessageId>) {
    let held = branch
        .iter()
        .rposition(|id| known.contains(id))
        .map_or(0, |at| at + 1);
    let most = last.and_then(|last| usize::try_from(last).ok());
    let beyond = most.map_or(0, |most| branch.len().saturating_sub(most));
    let rest = branch.split_off(held.max(beyond));
    (branch.pop(), rest)
}

/// The messages themselves, in the order of `ids`.
pub(super) fn stored(
    conn: &Connection,
    session: &SessionId,
    ids: Vec<MessageId>,
) -> Result<Vec<StoredMessage>, Failure> {
    if ids.len() < SWEEP {
        let each = ids.iter().map(|id| table::messages::get(conn, id));
        return each.filter_map(Result::transpose).collect();
    }
    let all = table::messages::of_session(conn, session)?;
    let mut by_id: HashMap<MessageId, StoredMessage> = all
        .into_iter()
        .map(|stored| (stored.id.clone(), stored))
        .collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
}
