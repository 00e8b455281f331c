//! Where a call stands: which session it belongs to, and which of its messages are new there.
//!
//! Programs resend their whole conversation with every call. It is recognised by a chain of digests over
//! what was said, so that an editor's conversation is one session and nothing is stored twice. Instructions
//! are left out of the chain, because editors change them from call to call, and so is reasoning, because
//! most clients do not send it back.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::{
    AgentId, CallSource, Failure, Message, MessageId, MessageState, Part, Request, Session, SessionId,
    SessionSource, StorePolicy, StoredMessage,
};
use store::table;

use super::Place;
use super::fingerprint::{self, Fingerprint, chain_of, same};
use super::reasoning::Thread;
use crate::engine::Engine;
use crate::roster::KeyState;

/// The window's place: the message is stored, the answer has its id.
pub(crate) struct WindowPlace {
    /// The session.
    pub session: SessionId,
    /// The message to be answered.
    pub parent: Option<MessageId>,
    /// The answer's id.
    pub answer: MessageId,
}

/// The place of a response: its conversation is what is kept on the server, and what the call instructs is
/// not part of it.
pub(crate) struct ResponsePlace {
    /// The answer that it follows.
    pub after: Option<(SessionId, MessageId)>,
    /// The session that the program named.
    pub session: Option<String>,
    /// How many of the call's first messages are instructions for this answer alone.
    pub instructions: usize,
}

/// A call's place.
pub(crate) struct Placement {
    /// The session; `None` where the key's policy keeps none.
    pub session: Option<SessionId>,
    /// The session's row, when it is new.
    pub opened: Option<Session>,
    /// The messages that are new in it, in order.
    pub added: Vec<StoredMessage>,
    /// The message that the answer follows.
    pub parent: Option<MessageId>,
    /// The answer's id; `None` where the key's policy keeps no content.
    pub answer: Option<MessageId>,
    /// What was said up to the answer, when a program that resends it shall be recognised.
    pub said: Option<Fingerprint>,
    /// Whose reasoning may be put back, and where the answer's is kept.
    pub thread: Thread,
    /// Messages of the session that the caller did not send, to go before those that it did,
    pub history: Vec<Message>,
    /// except before this many.
    pub lead: usize,
}

impl Placement {
    /// In no session.
    fn nowhere(thread: Thread, lead: usize) -> Self {
        Self {
            session: None,
            opened: None,
            added: Vec::new(),
            parent: None,
            answer: None,
            said: None,
            thread,
            history: Vec::new(),
            lead,
        }
    }
}

impl Placement {
    /// Whether what was said may be kept.
    pub fn keeps_content(&self) -> bool {
        self.thread.lasting
    }
}

/// Which conversations were seen lately. The database has all of them.
#[derive(Default)]
pub(crate) struct Recent {
    seen: Mutex<HashMap<Fingerprint, (SessionId, MessageId)>>,
}

/// When the map is this large it is emptied: the database answers for what is forgotten.
const RECENT: usize = 8192;

impl Recent {
    /// Remembers where a conversation stands.
    pub fn remember(&self, said: Fingerprint, session: SessionId, leaf: MessageId) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= RECENT {
            seen.clear();
        }
        seen.insert(said, (session, leaf));
    }

    fn find(&self, said: &Fingerprint) -> Option<(SessionId, MessageId)> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(said)
            .cloned()
    }
}

/// Finds a call's place.
pub(super) async fn place(
    engine: &Engine,
    source: &CallSource,
    key: Option<&KeyState>,
    agent: Option<&AgentId>,
    place: Place,
    request: &Request,
) -> Result<Placement, Failure> {
    let policy = key.map_or(StorePolicy::All, |state| state.key.store);
    let source = match source {
        CallSource::Client { key } => SessionSource::Client { key: key.clone() },
        CallSource::Window | CallSource::CommandLine => SessionSource::App,
    };
    let spoken: Vec<&Message> = request
        .messages
        .iter()
        .filter(|message| !message.role.instructs())
        .collect();
    let scope = fingerprint::scope(&source, agent);
    let chain = chain(scope, &spoken);
    let mut thread = Thread {
        owner: fingerprint::scope(&source, None),
        scope,
        said: chain.last().copied().unwrap_or(scope),
        lasting: policy == StorePolicy::All,
    };
    let place = match place {
        Place::Window(WindowPlace {
            session,
            parent,
            answer,
        }) => {
            return Ok(Placement {
                session: Some(session),
                opened: None,
                added: Vec::new(),
                parent,
                answer: Some(answer),
                said: None,
                thread,
                history: Vec::new(),
                lead: 0,
            });
        }
        Place::Client { session } => Some(ResponsePlace {
            after: None,
            session,
            instructions: 0,
        }),
        Place::Response(place) => Some(place),
        Place::Nowhere => None,
    };
    let lead = place.as_ref().map_or(0, |place| place.instructions);
    let lead = lead.min(request.messages.len());
    let Some(place) = place.filter(|_| policy != StorePolicy::None) else {
        return Ok(Placement::nowhere(thread, lead));
    };
    let following = place.after.is_some();
    let found = match (place.after, place.session) {
        (Some((session, leaf)), _) => Found::Followed(by_answer(engine, session, leaf).await?),
        (None, Some(name)) => Found::Named(by_name(engine, &source, name, &spoken).await?),
        (None, None) => Found::Resent(by_resent(engine, &chain).await?),
    };
    let (known, external_id, history) = match found {
        Found::Followed((known, history)) => (Some(known), None, history),
        Found::Named(Named { known, name, history }) => (known, Some(name), history),
        Found::Resent(known) => (known, None, Vec::new()),
    };
    if !history.is_empty() {
        thread.said = said_with(scope, &history, &spoken);
    }
    let now = engine.clock().now();
    let (session, opened, mut parent, from) = match known {
        Some(Known { session, leaf, upto }) => (session, None, leaf, upto),
        None => {
            let id = engine.ids().session()?;
            let title = match policy {
                StorePolicy::All => title(&spoken),
                StorePolicy::Metadata | StorePolicy::None => None,
            };
            let opened = Session {
                id: id.clone(),
                agent: agent.cloned(),
                title: title.unwrap_or_else(|| format!("api:{}", now.millis())),
                source,
                external_id,
                leaf: None,
                pinned: false,
                created_at: now,
                updated_at: now,
            };
            (id, Some(opened), None, 0)
        }
    };
    if policy == StorePolicy::Metadata {
        return Ok(Placement {
            session: Some(session),
            opened,
            added: Vec::new(),
            parent: None,
            answer: None,
            said: None,
            thread,
            history,
            lead,
        });
    }
    // a new session keeps what the caller instructed; a known one has it already, unless the caller left out
    // what is known
    let new: Vec<&Message> = if opened.is_some() || following {
        request.messages[lead..].iter().collect()
    } else {
        spoken[from..].to_vec()
    };
    let mut added = Vec::with_capacity(new.len());
    for message in new {
        let id = engine.ids().message()?;
        added.push(StoredMessage {
            id: id.clone(),
            session: session.clone(),
            parent: parent.replace(id),
            call: None,
            state: MessageState::Complete,
            created_at: now,
            message: message.clone(),
        });
    }
    Ok(Placement {
        session: Some(session),
        opened,
        added,
        parent,
        answer: Some(engine.ids().message()?),
        said: Some(thread.said),
        thread,
        history,
        lead,
    })
}

enum Found {
    Followed((Known, Vec<Message>)),
    Named(Named),
    Resent(Option<Known>),
}

struct Named {
    known: Option<Known>,
    name: String,
    history: Vec<Message>,
}

struct Known {
    session: SessionId,
    leaf: Option<MessageId>,
    /// How many of the caller's spoken messages are stored already.
    upto: usize,
}

/// The longest resent beginning that ends with something the session's model said.
async fn by_resent(engine: &Engine, chain: &[Fingerprint]) -> Result<Option<Known>, Failure> {
    let Some(before_last) = chain.len().checked_sub(1) else {
        return Ok(None);
    };
    for upto in (1..=before_last).rev() {
        if let Some((session, leaf)) = engine.recent().find(&chain[upto - 1]) {
            return Ok(Some(Known {
                session,
                leaf: Some(leaf),
                upto,
            }));
        }
    }
    if before_last == 0 {
        return Ok(None);
    }
    // only after a restart or a long absence; the newest few beginnings are enough to find it
    let oldest = before_last.saturating_sub(16);
    let wanted: Vec<(usize, Fingerprint)> = (oldest..before_last)
        .rev()
        .map(|at| (at + 1, chain[at]))
        .collect();
    engine
        .store()
        .read(move |conn| {
            for (upto, said) in &wanted {
                if let Some((session, leaf)) = table::fingerprints::find(conn, said)? {
                    return Ok(Some(Known {
                        session,
                        leaf: Some(leaf),
                        upto: *upto,
                    }));
                }
            }
            Ok(None)
        })
        .await
}

/// Behind an answer of the session, and what was said up to it.
async fn by_answer(
    engine: &Engine,
    session: SessionId,
    leaf: MessageId,
) -> Result<(Known, Vec<Message>), Failure> {
    let of = (session.clone(), leaf.clone());
    let branch = engine
        .store()
        .read(move |conn| table::messages::branch(conn, &of.0, &of.1))
        .await?;
    let known = Known {
        session,
        leaf: Some(leaf),
        upto: 0,
    };
    Ok((known, branch.into_iter().map(|stored| stored.message).collect()))
}

/// The session that a program named, and what of it the program did not send.
async fn by_name(
    engine: &Engine,
    source: &SessionSource,
    name: String,
    spoken: &[&Message],
) -> Result<Named, Failure> {
    if name.is_empty() || name.len() > 256 || name.chars().any(char::is_control) {
        return Err(Failure::invalid(
            "session_id",
            "A session id has 1 to 256 characters and no control characters.",
        ));
    }
    // the call before may have opened the session a moment ago; its rows are queued, not yet in the database
    engine.store().flush().await?;
    let (wanted, of) = (name.clone(), source.clone());
    let found = engine
        .store()
        .read(move |conn| {
            let own = match SessionId::parse(&wanted) {
                Some(id) => table::sessions::find(conn, &id)?.filter(|session| session.source == of),
                None => None,
            };
            let session = match own {
                Some(session) => Some(session),
                None => table::sessions::by_external_id(conn, &of, &wanted)?,
            };
            let Some(session) = session else { return Ok(None) };
            let branch = match &session.leaf {
                Some(leaf) => table::messages::branch(conn, &session.id, leaf)?,
                None => Vec::new(),
            };
            Ok(Some((session, branch)))
        })
        .await?;
    let Some((session, branch)) = found else {
        return Ok(Named {
            known: None,
            name,
            history: Vec::new(),
        });
    };
    let stored: Vec<&StoredMessage> = branch
        .iter()
        .filter(|stored| !stored.message.role.instructs())
        .collect();
    let same = stored
        .iter()
        .zip(spoken)
        .take_while(|(one, other)| same(&one.message, other))
        .count();
    // resent from its beginning, perhaps edited further down: go on from where it agrees
    if same > 0 && spoken.len() > same {
        let leaf = stored.get(same - 1).map(|stored| stored.id.clone());
        return Ok(Named {
            known: Some(Known {
                session: session.id,
                leaf,
                upto: same,
            }),
            name,
            history: Vec::new(),
        });
    }
    let history = branch.iter().map(|stored| stored.message.clone()).collect();
    Ok(Named {
        known: Some(Known {
            session: session.id,
            leaf: session.leaf,
            upto: 0,
        }),
        name,
        history,
    })
}

fn title(spoken: &[&Message]) -> Option<String> {
    let asked = spoken.iter().find(|message| message.role == domain::Role::User)?;
    // the parts one by one: a prompt of ten megabytes is not joined for its first line
    asked.parts.iter().find_map(|part| {
        if let Part::Text { text, .. } | Part::Refusal { text } = part {
            title_of(text)
        } else {
            None
        }
    })
}

/// A title from what was said first: its first line, cut at a word.
pub(crate) fn title_of(text: &str) -> Option<String> {
    const MOST: usize = 64;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let Some((most, _)) = line.char_indices().nth(MOST) else {
        return Some(line.to_owned());
    };
    let cut = &line[..most];
    let cut = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
    Some(format!("{cut}…"))
}

/// The fingerprint after each message.
fn chain(scope: Fingerprint, spoken: &[&Message]) -> Vec<Fingerprint> {
    let mut last = scope;
    spoken
        .iter()
        .map(|message| {
            last = chain_of(last, message);
            last
        })
        .collect()
}

fn said_with(scope: Fingerprint, history: &[Message], spoken: &[&Message]) -> Fingerprint {
    let all = history
        .iter()
        .filter(|message| !message.role.instructs())
        .chain(spoken.iter().copied());
    all.fold(scope, chain_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(title_of("\n  Hello there \nmore"), Some("Hello there".to_owned()));
        assert_eq!(title_of(" \n "), None);
        let long = title_of(&"word ".repeat(40)).unwrap_or_default();
        assert!(long.ends_with("word…") && long.chars().count() <= 65, "{long}");
    }
}
