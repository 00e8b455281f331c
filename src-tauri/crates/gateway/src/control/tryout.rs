//! Trying an agent out while it is being written.
//!
//! The draft goes the one path of every call: what it does here is what it will do when it is saved. The danger
//! is a trial that leaves traces beside what it cost: it makes no revision, stands in no session, and what was
//! said is remembered by the window alone. Its call and its cost are in the ledger like everybody's.

use std::time::Instant;

use domain::{Failure, FailureKind, Message, MessageState, Request, Role};

use super::{Caller, Notice, TryAgent, TrySpeaker, TryStarted, agents, chat};
use crate::Engine;
use crate::turn::{Above, Ask, Draft, Ending, Place};

pub(super) async fn begin(engine: &Engine, caller: Caller, args: TryAgent) -> Result<TryStarted, Failure> {
    agents::check(engine, &args.draft)?;
    let of = args.agent.map(|name| agents::id_of(engine, &name)).transpose()?;
    if !matches!(args.messages.last(), Some(last) if last.by == TrySpeaker::User && !last.text.trim().is_empty())
    {
        return Err(Failure::invalid("messages", "There is nothing to send."));
    }
    let said = args.messages.into_iter().map(|message| {
        let role = match message.by {
            TrySpeaker::User => Role::User,
            TrySpeaker::Agent => Role::Assistant,
        };
        Message::text(role, message.text)
    });
    let started = TryStarted {
        session: engine.ids().session()?,
        answer: engine.ids().message()?,
        call: engine.ids().call()?,
    };
    let by = args.draft.slug.to_string();
    let ask = Ask {
        source: caller.source(),
        key: None,
        running: None,
        model: None,
        draft: Some(Box::new(Draft {
            of,
            draft: args.draft,
        })),
        request: Request {
            messages: said.collect(),
            stream: true,
            ..Request::default()
        },
        bare: None,
        route: "try",
        wire: None,
        heard: None,
        replay_of: None,
        recorded: None,
        place: Place::Nowhere,
        call: started.call.clone(),
        arrived: Instant::now(),
        retries: true,
        above: Above::default(),
        applied: Vec::new(),
    };
    // the name is new, so nobody else can be writing under it
    let alone = [(started.answer.clone(), by)];
    let stop = engine
        .live()
        .begin(&started.session, &started.answer, &alone)
        .and_then(|stops| stops.into_iter().next())
        .ok_or_else(|| crate::failures::internal("a new session that is in use"))?;
    let TryStarted {
        session,
        answer,
        call,
    } = started.clone();
    engine.notify(Notice::AnswerStarted {
        session: session.clone(),
        message: answer.clone(),
        call: call.clone(),
    });
    let core = engine.clone();
    engine.spawn(async move {
        let Ending { state, receipt } = match chat::answer::write(&core, ask, &session, &answer, &stop).await
        {
            Ok(ending) => ending,
            Err(failure) if failure.kind() == FailureKind::ClientGone => {
                Ending::failed(call, MessageState::Stopped, &failure)
            }
            Err(failure) => Ending::failed(call, MessageState::Failed, &failure),
        };
        core.live().end(&session, &answer);
        core.notify(Notice::AnswerEnded {
            session,
            message: answer,
            state,
            receipt,
        });
    });
    Ok(started)
}
