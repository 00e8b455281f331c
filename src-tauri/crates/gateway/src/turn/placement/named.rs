//! The session that a program named, and what of it the program did not send.
//!
//! Two kinds of program name a session. One keeps no history and sends what is new: it gets the server's.
//! The other keeps its history, resends it and only labels it; some, as opencode does, put the same label on
//! side calls under other instructions (a title for the chat). The danger is to take the second for the
//! first: then its model reads everything twice, or the side call's talk. So what was resent is looked for
//! first, whoever brings answers keeps the history itself, and a label joins calls only under the same
//! instructions.

use std::sync::Arc;

use domain::{Failure, Message, MessageId, Role, Session, SessionId, SessionSource, StoredMessage};
use store::table;

use super::super::fingerprint::{self, same};
use super::Known;
use super::recent::Opening;
use crate::engine::Engine;

/// A name that a program gave.
pub(super) struct Name {
    /// The name.
    pub text: String,
    /// Whether it came as a header, which programs send that do not know us.
    pub label: bool,
}

impl Name {
    /// What a body calls the session, else what a header does. An id of ours is no program's own label: it was
    /// given to be sent back.
    pub fn of(in_body: Option<String>, header: Option<String>) -> Option<Self> {
        match (in_body, header) {
            (Some(text), _) => Some(Self { text, label: false }),
            (None, Some(text)) => Some(Self {
                label: SessionId::parse(&text).is_none(),
                text,
            }),
            (None, None) => None,
        }
    }
}

/// What is known under a name.
pub(super) struct Named {
    /// The name, held until the call ends.
    pub held: Arc<Opening>,
    /// Where the call goes on; `None` opens the session that is held.
    pub known: Option<Known>,
    /// Messages of the session that the caller did not send.
    pub history: Vec<Message>,
}

/// Looks a name up; `None` when the call is none of its session's.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] for what cannot be a name, or storage failures.
pub(super) async fn find(
    engine: &Engine,
    source: &SessionSource,
    name: &Name,
    messages: &[Message],
) -> Result<Option<Named>, Failure> {
    if name.text.is_empty() || name.text.len() > 256 || name.text.chars().any(char::is_control) {
        return Err(Failure::invalid(
            "session_id",
            "A session id has 1 to 256 characters and no control characters.",
        ));
    }
    let instructions: Vec<&Message> = messages.iter().filter(|one| one.role.instructs()).collect();
    let new = Opening {
        session: engine.ids().session()?,
        instructions: fingerprint::instructed(&instructions),
    };
    let digest = new.instructions;
    let held = engine.recent().hold(source, &name.text, new);
    // the call before may have opened the session a moment ago; its rows are queued, not yet in the database
    engine.store().flush().await?;
    let spoken: Vec<&Message> = messages.iter().filter(|one| !one.role.instructs()).collect();
    let Some((session, branch)) = read(engine, source, &name.text).await? else {
        let another = name.label && !instructions.is_empty() && held.instructions != digest;
        return Ok((!another).then_some(Named {
            held,
            known: None,
            history: Vec::new(),
        }));
    };
    let branch = Branch::of(&branch);
    // a first call that still runs has shown nothing of its session yet
    let before = if branch.all.is_empty() {
        held.instructions
    } else {
        fingerprint::instructed(&branch.instructions)
    };
    let kin = !name.label || instructions.is_empty() || before == digest;
    Ok(branch.go_on(&spoken, kin).map(|(leaf, upto, history)| Named {
        held,
        known: Some(Known {
            session: session.id,
            leaf,
            upto,
        }),
        history,
    }))
}

/// The session of this name, or of this id, with the branch that it shows. Only the caller's own (SEC-17).
async fn read(
    engine: &Engine,
    source: &SessionSource,
    name: &str,
) -> Result<Option<(Session, Vec<StoredMessage>)>, Failure> {
    let (name, source) = (name.to_owned(), source.clone());
    let read = engine.store().read(move |conn| {
        let id = SessionId::parse(&name);
        let own = match id {
            Some(id) if table::sessions::is_deleted(conn, &id)? == Some(false) => {
                table::sessions::find(conn, &id)?.filter(|session| session.source == source)
            }
            Some(_) | None => None,
        };
        let session = match own {
            Some(session) => Some(session),
            None => table::sessions::by_external_id(conn, &source, &name)?,
        };
        let Some(session) = session else { return Ok(None) };
        let branch = match &session.leaf {
            Some(leaf) => table::messages::branch(conn, &session.id, leaf)?,
            None => Vec::new(),
        };
        Ok(Some((session, branch)))
    });
    read.await
}

/// A session's branch, told apart.
struct Branch<'b> {
    all: &'b [StoredMessage],
    instructions: Vec<&'b Message>,
    spoken: Vec<&'b StoredMessage>,
}

impl<'b> Branch<'b> {
    fn of(all: &'b [StoredMessage]) -> Self {
        let (instructing, spoken): (Vec<&StoredMessage>, _) =
            all.iter().partition(|stored| stored.message.role.instructs());
        Self {
            all,
            instructions: instructing.iter().map(|stored| &stored.message).collect(),
            spoken,
        }
    }

    /// After which message the call goes on, how many of its messages are stored, and what goes before them.
    /// `kin` is whether it may go on with the server's own history.
    fn go_on(&self, spoken: &[&Message], kin: bool) -> Option<(Option<MessageId>, usize, Vec<Message>)> {
        let agree = self.agreement(spoken);
        let resent = spoken[..agree].iter().any(|message| is_answer(message));
        if !kin && !resent {
            return None;
        }
        if agree > 0 && agree < self.spoken.len() && (resent || spoken.len() > agree) {
            // resent from its beginning, and edited or cut further down: it goes on from where both agree
            let at = self.spoken.get(agree - 1).map(|stored| stored.id.clone());
            return Some((at, agree, Vec::new()));
        }
        let leaf = || self.all.last().map(|stored| stored.id.clone());
        let overlap = self.overlap(spoken);
        if overlap == self.spoken.len() {
            return Some((leaf(), overlap, Vec::new()));
        }
        if overlap > 0 {
            // what was asked and never answered is asked again, or an answer comes back with its tools' results
            let before = self.all.len() - overlap;
            let history = self.all[..before].iter().map(|stored| stored.message.clone());
            return Some((leaf(), overlap, history.collect()));
        }
        if spoken.iter().any(|message| is_answer(message)) {
            // another beginning of the same session, under what it was instructed
            let root = self
                .all
                .iter()
                .take_while(|stored| stored.message.role.instructs());
            return Some((root.last().map(|stored| stored.id.clone()), 0, Vec::new()));
        }
        let history = self.all.iter().map(|stored| stored.message.clone());
        Some((leaf(), 0, history.collect()))
    }

    /// How many messages from the beginning are the same.
    fn agreement(&self, spoken: &[&Message]) -> usize {
        let both = self.spoken.iter().zip(spoken);
        both.take_while(|(one, other)| same(&one.message, other)).count()
    }

    /// With how many of the branch's last messages the call begins.
    fn overlap(&self, spoken: &[&Message]) -> usize {
        let most = self.spoken.len().min(spoken.len());
        let fits = |count: &usize| {
            let last = &self.spoken[self.spoken.len() - count..];
            last.iter()
                .zip(spoken)
                .all(|(one, other)| same(&one.message, other))
        };
        (1..=most).rev().find(fits).unwrap_or(0)
    }
}

fn is_answer(message: &Message) -> bool {
    message.role == Role::Assistant
}
