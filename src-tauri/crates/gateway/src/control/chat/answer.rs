//! Writing an answer, in a task of the core.

use domain::{
    CallId, Delta, Event, Failure, FailureKind, Message, MessageId, MessageState, Role, SessionId,
    StoredMessage,
};
use store::Record;
use tokio_util::sync::CancellationToken;

use super::super::{Caller, ChatStarted, Notice, PieceKind, Topic};
use super::ask;
use crate::Engine;
use crate::turn::{Ask, Ending, Pieces, Reply, WindowPlace};

/// Where an answer goes, and who gives it.
pub(super) struct Spot {
    session: SessionId,
    parent: MessageId,
    pub(super) answer: MessageId,
    call: CallId,
    model: String,
    stop: CancellationToken,
}

/// Takes the places of the answers to a message, one a model.
pub(super) fn open(
    engine: &Engine,
    session: &SessionId,
    parent: &MessageId,
    models: Vec<String>,
) -> Result<Vec<Spot>, Failure> {
    let mut wanted = Vec::with_capacity(models.len());
    let mut calls = Vec::with_capacity(models.len());
    for model in models {
        wanted.push((engine.ids().message()?, by(engine, &model)));
        calls.push((model, engine.ids().call()?));
    }
    let stops = engine.live().begin(session, parent, &wanted).ok_or_else(|| {
        Failure::new(FailureKind::Conflict, "An answer is being written in this chat.")
            .with_hint("Stop it first, or wait for its end.")
    })?;
    let spots = wanted.into_iter().zip(calls).zip(stops);
    Ok(spots
        .map(|(((answer, _), (model, call)), stop)| Spot {
            session: session.clone(),
            parent: parent.clone(),
            answer,
            call,
            model,
            stop,
        })
        .collect())
}

/// Who answers, as people read it.
fn by(engine: &Engine, model: &str) -> String {
    let roster = engine.roster().now();
    roster
        .agent(super::plain(model))
        .map_or_else(|| model.to_owned(), |agent| agent.draft.slug.to_string())
}

/// Begins the answers that were given a place.
pub(super) fn begin(
    engine: &Engine,
    caller: Caller,
    messages: Vec<Message>,
    spots: Vec<Spot>,
) -> Result<ChatStarted, Failure> {
    let mut answers = spots.iter();
    let started = answers.next().map(|first| ChatStarted {
        session: first.session.clone(),
        message: first.parent.clone(),
        answer: first.answer.clone(),
        beside: answers.next().map(|second| second.answer.clone()),
        call: first.call.clone(),
    });
    for spot in spots {
        in_background(engine, caller, messages.clone(), spot);
    }
    started.ok_or_else(|| crate::failures::internal("nobody to answer"))
}

fn in_background(engine: &Engine, caller: Caller, messages: Vec<Message>, spot: Spot) {
    let Spot {
        session,
        parent,
        answer,
        call,
        model,
        stop,
    } = spot;
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
        core.live().end(&session, &answer);
        let (state, receipt) = (outcome.state, outcome.receipt);
        core.notify(Notice::AnswerEnded {
            session: session.clone(),
            message: answer,
            state,
            receipt,
        });
        core.changed(Topic::Sessions, Some(session.to_string()));
    });
}

/// Writes the answer. Failures from before it began come back; later ones are in the ending.
pub(in crate::control) async fn write(
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
    let seq = engine.live().grow(session, message, kind, &text);
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
