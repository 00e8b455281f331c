//! Where a call stands: which session it belongs to, and which of its messages are new there.
//!
//! Programs resend their whole conversation with every call. It is recognised by a chain of digests over
//! what was said, so that an editor's conversation is one session and nothing is stored twice. Instructions
//! are left out of the chain, because editors change them from call to call, and so is reasoning, because
//! most clients do not send it back.

mod named;
mod recent;
mod title;

use std::sync::Arc;

use domain::{
    AgentId, CallSource, Failure, Message, MessageId, MessageState, Request, Role, Session, SessionId,
    SessionSource, StorePolicy, StoredMessage,
};
use store::{Record, table};

pub(crate) use recent::Recent;
pub(crate) use title::title_of;

use super::Place;
use super::fingerprint::{self, Fingerprint, chain_of};
use super::reasoning::Thread;
use crate::engine::Engine;
use crate::roster::KeyState;
use named::{Name, Named};
use recent::Opening;

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
    /// What a header called the session; the body's word goes before it.
    pub label: Option<String>,
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
    /// What the session is called from now on, if nobody has called it anything.
    pub title: Option<String>,
    /// The name that the caller gave the session; while it is held, it means this session to every call.
    _name: Option<Arc<Opening>>,
}

impl Placement {
    /// A place of which nothing is kept.
    fn unkept(thread: Thread, lead: usize) -> Self {
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
            title: None,
            _name: None,
        }
    }

    /// Whether what was said may be kept.
    pub fn keeps_content(&self) -> bool {
        self.thread.lasting
    }

    /// What is written down of it before the call leaves; nothing the second time.
    pub fn take_records(&mut self) -> Vec<Record> {
        let mut records = Vec::with_capacity(8);
        records.extend(self.opened.take().map(Record::SessionOpened));
        records.extend(self.added.drain(..).map(Record::MessageAdded));
        if let (Some(title), Some(id)) = (self.title.take(), self.session.clone()) {
            records.push(Record::SessionTitled { id, title });
        }
        records
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
    let (after, name, lead) = match place {
        Place::Window(WindowPlace {
            session,
            parent,
            answer,
        }) => {
            return Ok(Placement {
                session: Some(session),
                parent,
                answer: Some(answer),
                ..Placement::unkept(thread, 0)
            });
        }
        Place::Nowhere => return Ok(Placement::unkept(thread, 0)),
        Place::Client { session, label } => (None, Name::of(session, label), 0),
        Place::Response(ResponsePlace {
            after,
            session,
            label,
            instructions,
        }) => (
            after,
            Name::of(session, label),
            instructions.min(request.messages.len()),
        ),
    };
    if policy == StorePolicy::None {
        return Ok(Placement::unkept(thread, lead));
    }
    let following = after.is_some();
    let kept = &request.messages[lead..];
    let named = match &name {
        Some(name) if !following => named::find(engine, &source, name, kept).await?,
        Some(_) | None => None,
    };
    let (held, known, history) = match (after, named) {
        (Some((session, leaf)), _) => {
            let (known, history) = by_answer(engine, session, leaf).await?;
            (None, Some(known), history)
        }
        (None, Some(Named { held, known, history })) => (Some(held), known, history),
        (None, None) => (None, by_resent(engine, &chain).await?, Vec::new()),
    };
    if !history.is_empty() {
        thread.said = said_with(scope, &history, &spoken);
    }
    let now = engine.clock().now();
    let mut title = None;
    let (session, opened, mut parent, from) = match known {
        Some(Known { session, leaf, upto }) => {
            let before: Vec<&Message> = history.iter().chain(spoken[..upto].iter().copied()).collect();
            if policy == StorePolicy::All && answers(&before) == 1 {
                title = title::of_conversation(&before);
            }
            (session, None, leaf, upto)
        }
        None => {
            let conversation = held.is_some() || answers(&spoken) > 0;
            let title = match policy {
                StorePolicy::All if conversation => title::of_conversation(&spoken),
                StorePolicy::All | StorePolicy::Metadata | StorePolicy::None => None,
            };
            let id = match &held {
                Some(held) => held.session.clone(),
                None => engine.ids().session()?,
            };
            let opened = Session {
                id: id.clone(),
                agent: agent.cloned(),
                title: title.unwrap_or_else(|| title::of_call(now)),
                source,
                external_id: name.filter(|_| held.is_some()).map(|name| name.text),
                leaf: None,
                pinned: false,
                folder: None,
                created_at: now,
                updated_at: now,
            };
            (id, Some(opened), None, 0)
        }
    };
    let placed = Placement {
        session: Some(session.clone()),
        opened,
        history,
        title,
        _name: held,
        ..Placement::unkept(thread, lead)
    };
    if policy == StorePolicy::Metadata {
        return Ok(placed);
    }
    // a new session keeps what the caller instructed; a known one has it already, unless the caller left out
    // what is known
    let new: Vec<&Message> = if placed.opened.is_some() || following {
        kept.iter().collect()
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
        added,
        parent,
        answer: Some(engine.ids().message()?),
        said: Some(thread.said),
        ..placed
    })
}

/// Where a call goes on in a session that is there.
struct Known {
    session: SessionId,
    /// The message after which it goes on; `None` makes another beginning.
    leaf: Option<MessageId>,
    /// How many of the caller's spoken messages are stored already.
    upto: usize,
}

fn answers(spoken: &[&Message]) -> usize {
    spoken
        .iter()
        .filter(|message| message.role == Role::Assistant)
        .count()
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
