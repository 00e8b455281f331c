//! Chatting: the window's door to the turn.
//!
//! The message is committed before the provider hears of it and before the window shows it as sent (D0 of
//! the durability classes). The answer is written by a task of the core and arrives as notices.

use std::time::Instant;

use domain::{
    CallId, CallSource, Delta, Event, Failure, FailureKind, Message, MessageId, MessageState, Request, Role,
    Session, SessionId, SessionSource, StoredMessage,
};
use store::{Record, table};
use tokio_util::sync::CancellationToken;

use super::{Caller, ChatStarted, Nothing, Notice, PieceKind, SendMessage, SessionName, Topic};
use crate::Engine;
use crate::turn::{Ask, Ending, Pieces, Place, Reply, WindowPlace, title_of};

/// Longer than any model's context; a paste of a whole disk is a mistake.
const TEXT_CAP: usize = 8 << 20;

pub(super) async fn send(engine: &Engine, caller: Caller, args: SendMessage) -> Result<ChatStarted, Failure> {
    if args.text.trim().is_empty() {
        return Err(Failure::invalid("text", "There is nothing to send."));
    }
    if args.text.len() > TEXT_CAP {
        return Err(Failure::invalid("text", "The message is longer than 8 MiB."));
    }
    let existing = match &args.session {
        Some(id) => Some(session(engine, id).await?),
        None => None,
    };
    let model = model(engine, args.agent, existing.as_ref())?;
    let now = engine.clock().now();
    let mut records = Vec::with_capacity(3);
    let (session, parent) = match existing {
        Some(session) => {
            let parent = match args.instead_of {
                Some(replaced) => beside(engine, &session.id, replaced).await?,
                None => args.parent.or_else(|| session.leaf.clone()),
            };
            (session.id, parent)
        }
        None => {
            let id = engine.ids().session()?;
            let agent = engine
                .roster()
                .now()
                .agent(plain(&model))
                .map(|agent| agent.id.clone());
            records.push(Record::SessionOpened(Session {
                id: id.clone(),
                agent,
                title: title_of(&args.text).unwrap_or_else(|| "New chat".to_owned()),
                source: SessionSource::App,
                external_id: None,
                leaf: None,
                pinned: false,
                created_at: now,
                updated_at: now,
            }));
            (id, None)
        }
    };
    let history = history(engine, &session, parent.as_ref()).await?;
    let message = StoredMessage {
        id: engine.ids().message()?,
        session: session.clone(),
        parent,
        call: None,
        state: MessageState::Complete,
        created_at: now,
        message: said(args.text),
    };
    let sent = message.id.clone();
    let mut messages = history;
    messages.push(message.message.clone());
    let answer = engine.ids().message()?;
    let stop = begin(engine, &session, &answer, &sent)?;
    records.push(Record::MessageAdded(message));
    records.push(Record::SessionTouched {
        id: session.clone(),
        leaf: Some(sent.clone()),
        updated_at: now,
    });
    if let Err(failure) = engine.store().commit(records).await {
        engine.live().end(&session);
        return Err(failure);
    }
    engine.changed(Topic::Sessions, Some(session.to_string()));
    answer_in_background(
        engine,
        caller,
        model,
        messages,
        Spot {
            session,
            parent: sent,
            answer,
        },
        stop,
    )
}

pub(super) async fn regenerate(
    engine: &Engine,
    caller: Caller,
    args: SessionName,
) -> Result<ChatStarted, Failure> {
    let session = session(engine, &args.session).await?;
    let leaf = session.leaf.clone();
    let mut branch = branch(engine, &session.id, leaf.as_ref()).await?;
    while branch
        .last()
        .is_some_and(|stored| stored.message.role != Role::User)
    {
        branch.pop();
    }
    let Some(asked) = branch.last().map(|stored| stored.id.clone()) else {
        return Err(Failure::invalid("session", "There is no message to answer yet."));
    };
    let model = model(engine, None, Some(&session))?;
    let messages = branch.into_iter().map(|stored| stored.message).collect();
    let answer = engine.ids().message()?;
    let stop = begin(engine, &session.id, &answer, &asked)?;
    answer_in_background(
        engine,
        caller,
        model,
        messages,
        Spot {
            session: session.id,
            parent: asked,
            answer,
        },
        stop,
    )
}

pub(super) async fn stop(engine: &Engine, _: Caller, args: SessionName) -> Result<Nothing, Failure> {
    engine.live().stop(&args.session);
    Ok(Nothing {})
}

struct Spot {
    session: SessionId,
    parent: MessageId,
    answer: MessageId,
}

fn begin(
    engine: &Engine,
    session: &SessionId,
    answer: &MessageId,
    parent: &MessageId,
) -> Result<CancellationToken, Failure> {
    engine.live().begin(session, answer, parent).ok_or_else(|| {
        Failure::new(FailureKind::Conflict, "An answer is being written in this chat.")
            .with_hint("Stop it first, or wait for its end.")
    })
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

/// The parent of the message that is edited.
async fn beside(
    engine: &Engine,
    session: &SessionId,
    replaced: MessageId,
) -> Result<Option<MessageId>, Failure> {
    let wanted = replaced.clone();
    let found = engine
        .store()
        .read(move |conn| table::messages::get(conn, &wanted))
        .await?;
    match found.filter(|stored| stored.session == *session) {
        Some(stored) => Ok(stored.parent),
        None => Err(crate::failures::not_found(
            "message of this session",
            replaced.as_str(),
        )),
    }
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
    Ok(kept.map(|stored| stored.message).collect())
}

fn answer_in_background(
    engine: &Engine,
    caller: Caller,
    model: String,
    messages: Vec<Message>,
    spot: Spot,
    stop: CancellationToken,
) -> Result<ChatStarted, Failure> {
    let call = match engine.ids().call() {
        Ok(call) => call,
        Err(failure) => {
            engine.live().end(&spot.session);
            return Err(failure);
        }
    };
    let Spot {
        session,
        parent,
        answer,
    } = spot;
    let started = ChatStarted {
        session: session.clone(),
        message: parent.clone(),
        answer: answer.clone(),
        call: call.clone(),
    };
    let place = WindowPlace {
        session: session.clone(),
        parent: Some(parent.clone()),
        answer: answer.clone(),
    };
    let ask = ask(caller, model, messages, place, call.clone());
    engine.notify(Notice::AnswerStarted {
        session: session.clone(),
        message: answer.clone(),
        call: call.clone(),
    });
    let core = engine.clone();
    engine.spawn(async move {
        let ending = write(&core, ask, &session, &answer, &stop).await;
        let outcome = match ending {
            Ok(ending) => ending,
            Err(failure) => {
                let parent = Some(parent);
                failed_before_it_began(&core, &session, parent, &answer, &call, &failure).await
            }
        };
        // whoever asks for the session on this notice must see the end of the answer
        if let Err(failure) = core.store().flush().await {
            tracing::error!(kind = failure.kind().as_str(), "an answer is not on the disk yet");
        }
        core.live().end(&session);
        let (state, receipt) = (outcome.state, outcome.receipt);
        core.notify(Notice::AnswerEnded {
            session: session.clone(),
            message: answer,
            state,
            receipt,
        });
        core.changed(Topic::Sessions, Some(session.to_string()));
    });
    Ok(started)
}

/// What the turn is asked when a person sends a message.
fn ask(caller: Caller, model: String, messages: Vec<Message>, place: WindowPlace, call: CallId) -> Ask {
    let (source, route) = match caller {
        Caller::Window => (CallSource::Window, "window"),
        Caller::CommandLine => (CallSource::CommandLine, "command line"),
    };
    Ask {
        source,
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
        place: Place::Window(place),
        call,
        arrived: Instant::now(),
        retries: true,
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

/// Writes the answer. Failures from before it began come back; later ones are in the ending.
pub(super) async fn write(
    engine: &Engine,
    ask: Ask,
    session: &SessionId,
    answer: &MessageId,
    stop: &CancellationToken,
) -> Result<Ending, Failure> {
    let turn = tokio::select! {
        biased;
        () = stop.cancelled() => return Err(stopped()),
        turn = Box::pin(engine.turn(ask)) => turn?,
    };
    let mut pieces: Box<Pieces> = match turn.reply {
        Reply::Pieces(pieces) => pieces,
        // the window always asks for a stream; a provider may answer in one piece all the same
        Reply::Whole(whole) => {
            let (answer_at_once, ending) = *whole;
            for choice in answer_at_once.choices.iter().take(1) {
                let text = choice.message.plain_text();
                piece(engine, session, answer, PieceKind::Text, text);
            }
            return Ok(ending);
        }
        Reply::Vectors(_) => return Err(crate::failures::internal("vectors for a conversation")),
    };
    let mut events = Vec::new();
    loop {
        let more = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(pieces.stop().await),
            more = pieces.next(&mut events) => more,
        };
        for event in events.drain(..) {
            if let Event::Delta { choice: 0, delta } = event {
                match delta {
                    Delta::Text { text, .. } => piece(engine, session, answer, PieceKind::Text, text),
                    Delta::Reasoning { text } => piece(engine, session, answer, PieceKind::Reasoning, text),
                    Delta::Refusal { text } => piece(engine, session, answer, PieceKind::Refusal, text),
                    Delta::ReasoningEnd { .. }
                    | Delta::TextExtra { .. }
                    | Delta::Part { .. }
                    | Delta::ToolCallStart { .. }
                    | Delta::ToolCallArguments { .. }
                    | Delta::Extra { .. } => {}
                }
            }
        }
        match more {
            Ok(true) => {}
            Ok(false) | Err(_) => return Ok(pieces.ending()),
        }
    }
}

fn piece(engine: &Engine, session: &SessionId, message: &MessageId, kind: PieceKind, text: String) {
    if text.is_empty() {
        return;
    }
    let seq = engine.live().grow(session, kind, &text);
    engine.notify(Notice::AnswerPiece {
        session: session.clone(),
        message: message.clone(),
        seq,
        kind,
        text,
    });
}

fn stopped() -> Failure {
    Failure::new(FailureKind::ClientGone, "Stopped before the answer began.")
}

/// The answer has a place in the session although nobody wrote it, so that its failure can be shown there.
async fn failed_before_it_began(
    engine: &Engine,
    session: &SessionId,
    parent: Option<MessageId>,
    answer: &MessageId,
    call: &domain::CallId,
    failure: &Failure,
) -> Ending {
    let stopped = failure.kind() == FailureKind::ClientGone;
    let state = if stopped {
        MessageState::Stopped
    } else {
        MessageState::Failed
    };
    let now = engine.clock().now();
    let records = vec![
        Record::MessageAdded(StoredMessage {
            id: answer.clone(),
            session: session.clone(),
            parent,
            call: Some(call.clone()),
            state,
            created_at: now,
            message: Message {
                role: Role::Assistant,
                parts: Vec::new(),
                extra: domain::Extra::new(),
            },
        }),
        Record::SessionTouched {
            id: session.clone(),
            leaf: Some(answer.clone()),
            updated_at: now,
        },
    ];
    if let Err(failure) = engine.store().commit(records).await {
        tracing::error!(
            kind = failure.kind().as_str(),
            "a failed answer could not be recorded"
        );
    }
    Ending::failed(call.clone(), state, failure)
}
