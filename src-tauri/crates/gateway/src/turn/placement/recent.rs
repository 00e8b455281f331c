//! What of the conversations is in memory: where those that were seen lately stand, and which names are being
//! given to new sessions at this moment. The database has everything else.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use domain::{MessageId, SessionId, SessionSource};

use super::super::fingerprint::Fingerprint;

/// When the map is this large it is emptied: the database answers for what is forgotten.
const RECENT: usize = 8192;
/// When there are more names than this, those that nobody holds any more are taken out.
const NAMES: usize = 256;

/// Which conversations were seen lately, and which are being opened.
#[derive(Default)]
pub(crate) struct Recent {
    seen: Mutex<Seen>,
    opening: Mutex<HashMap<(SessionSource, String), Weak<Opening>>>,
}

#[derive(Default)]
struct Seen {
    at: HashMap<Fingerprint, (SessionId, MessageId)>,
    /// Sessions that a person deleted; a call of theirs may still be running.
    deleted: HashSet<SessionId>,
}

/// A name that a program gave to a session, held by the calls that use it for as long as they run.
///
/// A call's rows are queued long after its session was looked up. Whoever asks for the same name meanwhile
/// must get the same session, and not open a second one.
pub(crate) struct Opening {
    /// The session of this name, if the database has none.
    pub session: SessionId,
    /// What the first of its calls was instructed.
    pub instructions: Fingerprint,
}

impl Recent {
    /// Remembers where a conversation stands.
    pub fn remember(&self, said: Fingerprint, session: SessionId, leaf: MessageId) {
        let mut seen = self.seen();
        if seen.at.len() >= RECENT {
            seen.at.clear();
        }
        seen.at.insert(said, (session, leaf));
    }

    /// From now on nothing goes on with this session.
    pub fn delete(&self, session: SessionId) {
        self.seen().deleted.insert(session);
    }

    /// From now on things may again.
    pub fn restore(&self, session: &SessionId) {
        self.seen().deleted.remove(session);
    }

    pub(super) fn find(&self, said: &Fingerprint) -> Option<(SessionId, MessageId)> {
        let seen = self.seen();
        let found = seen.at.get(said);
        found
            .filter(|(session, _)| !seen.deleted.contains(session))
            .cloned()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a name, with what others hold of it or with `new`. To be asked before the database: whoever held
    /// the name before and does no longer has queued its rows by then.
    pub(super) fn hold(&self, source: &SessionSource, name: &str, new: Opening) -> Arc<Opening> {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if opening.len() >= NAMES {
            opening.retain(|_, held| held.strong_count() > 0);
        }
        let held = opening.entry((source.clone(), name.to_owned())).or_default();
        held.upgrade().unwrap_or_else(|| {
            let new = Arc::new(new);
            *held = Arc::downgrade(&new);
            new
        })
    }
}
