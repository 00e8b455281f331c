//! What of the conversations is in memory: where those that were seen lately stand, and which names are being
//! given to new sessions at this moment. The database has everything else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::{MessageId, SessionId, SessionSource};

use super::super::fingerprint::Fingerprint;

/// When the map is this large it is emptied: the database answers for what is forgotten.
const RECENT: usize = 8192;
/// When there are more names than this, those that nobody holds any more are taken out.
const NAMES: usize = 256;

/// Which conversations were seen lately, and which are being opened.
#[derive(Default)]
pub(crate) struct Recent {
    seen: Mutex<HashMap<Fingerprint, (SessionId, MessageId)>>,
    opening: Mutex<HashMap<(SessionSource, String), Weak<Opening>>>,
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
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= RECENT {
            seen.clear();
        }
        seen.insert(said, (session, leaf));
    }

    pub(super) fn find(&self, said: &Fingerprint) -> Option<(SessionId, MessageId)> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(said)
            .cloned()
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
