//! Chatting: the window's door to the turn.
//!
//! The message is committed before the provider hears of it and before the window shows it as sent (D0 of
//! the durability classes). The answer is written by a task of the core and arrives as notices. Two agents
//! may answer one message: their answers are branches beside each other, as if one had been asked after the
//! other.

pub(super) mod answer;
mod attachments;

use std::time::Instant;

use domain::{
    CallId, Failure, Message, MessageId, MessageState, Part, Request, Role, Session, SessionId,
    SessionSource, StoredMessage,
};
use store::{Record, table};

use super::{Caller, ChatStarted, Nothing, Regenerate, SendMessage, SessionName, Topic};
use crate::Engine;
use crate::turn::{Above, Ask, Place, WindowPlace, taint, title_of};

/// Longer than any model's context; a paste of a whole disk is a mistake.
const TEXT_CAP: usize = 8 << 20;
/// Characters of what names a source outside.
const OUTSIDE_CAP: usize = 200;

pub(super) async fn send(engine: &Engine, caller: Caller, args: SendMessage) -> Result<ChatStarted, Failure> {
    if args.text.len() > TEXT_CAP {
        return Err(Failure::invalid("text", "The message is longer than 8 MiB."));
    }
    let mut parts = attachments::read(args.attachments)?;
    let existing = match &args.session {
        Some(id) => Some(session(engine, id).await?),
        None => None,
    };
    let mut models = vec![model(engine, args.agent, existing.as_ref())?];
    models.extend(args.also.filter(|also| !also.is_empty()));
    let now = engine.clock().now();
    let mut records = Vec::with_capacity(3);
    let (session, parent) = match existing {
        Some(session) => {
            let parent = match args.instead_of {
                Some(replaced) => {
                    let (parent, kept) = beside(engine, &session.id, replaced, &args.keep).await?;
                    parts.splice(0..0, kept);
                    parent
                }
                None => args.parent.or_else(|| session.leaf.clone()),
            };
            (session.id, parent)
        }
        None => {
            let id = engine.ids().session()?;
            let agent = models.first().and_then(|model| {
                let roster = engine.roster().now();
                roster.agent(plain(model)).map(|agent| agent.id.clone())
            });
            records.push(Record::SessionOpened(Session {
                id: id.clone(),
                agent,
                title: title_of(&args.text)
                    .or_else(|| attachments::first_name(&parts))
                    .unwrap_or_else(|| "New chat".to_owned()),
                source: SessionSource::App,
                external_id: None,
                leaf: None,
                pinned: false,
                folder: None,
                created_at: now,
                updated_at: now,
            }));
            (id, None)
        }
    };
    // a text that is attached goes to models as text, where nothing tells any more that others wrote it (SEC-34)
    let outside = attachments::first_name(&parts).or(args.outside.filter(|source| !source.is_empty()));
    if !args.text.trim().is_empty() {
        parts.push(Part::text(args.text));
    }
    if parts.is_empty() {
        return Err(Failure::invalid("text", "There is nothing to send."));
    }
    let mut messages = history(engine, &session, parent.as_ref()).await?;
    let message = StoredMessage {
        id: engine.ids().message()?,
        session: session.clone(),
        parent,
        call: None,
        state: MessageState::Complete,
        created_at: now,
        message: Message {
            role: Role::User,
            parts,
            extra: domain::Extra::new(),
        },
    };
    let sent = message.id.clone();
    messages.push(attachments::for_models(message.message.clone()));
    let spots = answer::open(engine, &session, &sent, models)?;
    records.push(Record::MessageAdded(message));
    records.push(Record::SessionTouched {
        id: session.clone(),
        leaf: Some(sent),
        updated_at: now,
    });
    let committed = async {
        if let Some(source) = &outside {
            note_outside(engine, &session, source).await?;
        }
        engine.store().commit(records).await
    };
    if let Err(failure) = committed.await {
        for spot in &spots {
            engine.live().end(&session, &spot.answer);
        }
        return Err(failure);
    }
    engine.changed(Topic::Sessions, Some(session.to_string()));
    answer::begin(engine, caller, messages, spots)
}

/// What of a message others wrote, on the disk before a model reads it.
async fn note_outside(engine: &Engine, session: &SessionId, source: &str) -> Result<(), Failure> {
    let source: String = source
        .chars()
        .filter(|c| !c.is_control())
        .take(OUTSIDE_CAP)
        .collect();
    taint(engine, session, &source).await
}

pub(super) async fn regenerate(
    engine: &Engine,
    caller: Caller,
    args: Regenerate,
) -> Result<ChatStarted, Failure> {
    let session = session(engine, &args.session).await?;
    let from = args.message.or_else(|| session.leaf.clone());
    let mut branch = branch(engine, &session.id, from.as_ref()).await?;
    while branch
        .last()
        .is_some_and(|stored| stored.message.role != Role::User)
    {
        branch.pop();
    }
    let Some(asked) = branch.last().map(|stored| stored.id.clone()) else {
        return Err(Failure::invalid("session", "There is no message to answer yet."));
    };
    let model = model(engine, args.agent, Some(&session))?;
    let messages = branch
        .into_iter()
        .filter(|stored| !stored.message.parts.is_empty())
        .map(|stored| attachments::for_models(stored.message))
        .collect();
    let spots = answer::open(engine, &session.id, &asked, vec![model])?;
    answer::begin(engine, caller, messages, spots)
}

pub(super) async fn stop(engine: &Engine, _: Caller, args: SessionName) -> Result<Nothing, Failure> {
    engine.live().stop(&args.session);
    Ok(Nothing {})
}

fn plain(model: &str) -> &str {
    model.split('@').next().unwrap_or(model)
}

/// What answers: what was named, else the session's agent, else the default.
fn model(engine: &Engine, named: Option<String>, session: Option<&Session>) -> Result<String, Failure> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        return Ok(named);
    }
    let roster = engine.roster().now();
    let of_session = session
        .and_then(|session| session.agent.as_ref())
        .and_then(|id| roster.by_id.get(id));
    let default = roster
        .settings
        .default_agent
        .as_deref()
        .and_then(|name| roster.agent(name));
    let agent = of_session.or(default).or(roster.agents.first());
    agent
        .map(|agent| agent.id.to_string())
        .ok_or_else(|| Failure::invalid("agent", "There is no agent yet.").with_hint("Make an agent first."))
}

async fn session(engine: &Engine, id: &SessionId) -> Result<Session, Failure> {
    let wanted = id.clone();
    engine
        .store()
        .read(move |conn| table::sessions::get(conn, &wanted))
        .await
}

/// The parent of the message that is edited, and the parts of it that stay.
async fn beside(
    engine: &Engine,
    session: &SessionId,
    replaced: MessageId,
    keep: &[u32],
) -> Result<(Option<MessageId>, Vec<Part>), Failure> {
    let wanted = replaced.clone();
    let found = engine
        .store()
        .read(move |conn| table::messages::get(conn, &wanted))
        .await?;
    let Some(stored) = found.filter(|stored| stored.session == *session) else {
        return Err(crate::failures::not_found(
            "message of this session",
            replaced.as_str(),
        ));
    };
    let stays = |at: usize| u32::try_from(at).is_ok_and(|at| keep.contains(&at));
    let parts = stored.message.parts.into_iter().enumerate();
    let kept = parts.filter(|(at, _)| stays(*at)).map(|(_, part)| part);
    Ok((stored.parent, kept.collect()))
}

async fn branch(
    engine: &Engine,
    session: &SessionId,
    leaf: Option<&MessageId>,
) -> Result<Vec<StoredMessage>, Failure> {
    let session = session.clone();
    match leaf.cloned() {
        Some(leaf) => {
            engine
                .store()
                .read(move |conn| table::messages::branch(conn, &session, &leaf))
                .await
        }
        None => Ok(Vec::new()),
    }
}

async fn history(
    engine: &Engine,
    session: &SessionId,
    leaf: Option<&MessageId>,
) -> Result<Vec<Message>, Failure> {
    let branch = branch(engine, session, leaf).await?;
    if let Some(leaf) = leaf
        && branch.last().is_none_or(|last| last.session != *session)
    {
        return Err(crate::failures::not_found(
            "message of this session",
            leaf.as_str(),
        ));
    }
    // an answer that failed before its first word has nothing to say to a model
    let kept = branch
        .into_iter()
        .filter(|stored| !stored.message.parts.is_empty());
    Ok(kept
        .map(|stored| attachments::for_models(stored.message))
        .collect())
}

/// What the turn is asked when a person sends a message.
fn ask(caller: Caller, model: String, messages: Vec<Message>, place: WindowPlace, call: CallId) -> Ask {
    let route = match caller {
        Caller::Window | Caller::Approvals => "window",
        Caller::CommandLine => "command line",
    };
    Ask {
        source: caller.source(),
        key: None,
        running: None,
        model: Some(model),
        request: Request {
            messages,
            stream: true,
            ..Request::default()
        },
        bare: None,
        draft: None,
        route,
        wire: None,
        heard: None,
        replay_of: None,
        recorded: None,
        place: Place::Window(place),
        call,
        arrived: Instant::now(),
        retries: true,
        above: Above::default(),
        applied: Vec::new(),
    }
}

/// What would be asked if this text were sent to this agent in a new chat.
pub(super) fn rehearsal(
    engine: &Engine,
    caller: Caller,
    agent: String,
    text: String,
) -> Result<Ask, Failure> {
    let place = WindowPlace {
        session: engine.ids().session()?,
        parent: None,
        answer: engine.ids().message()?,
    };
    let messages = vec![said(text)];
    Ok(ask(caller, agent, messages, place, engine.ids().call()?))
}

fn said(text: String) -> Message {
    Message::text(Role::User, text)
}
