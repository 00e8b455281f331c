//! `inglenook chat AGENT [TEXT]`

use std::io::IsTerminal;

use domain::{Failure, FailureKind, Message, Part, SessionId};
use gateway::control::{
    ChatStarted, GetSession, Nothing, Notice, PieceKind, Receipt, SendMessage, SessionName, SessionView,
};
use serde::Serialize;

use super::door::{Door, Notices};
use super::{Resolved, approval, output};

/// Talk to an agent. The answer is streamed; with --json it comes whole, with its cost.
#[derive(clap::Args)]
pub(crate) struct Chat {
    /// An agent's slug or id, also with @REVISION, or PROVIDER/MODEL.
    agent: String,
    /// What to say; without it stdin is read to its end, or line by line from a terminal.
    text: Option<String>,
    /// Go on with this session.
    #[arg(long)]
    session: Option<String>,
}

#[derive(Serialize)]
struct Answered {
    session: SessionId,
    message: Message,
    receipt: Receipt,
}

pub(super) async fn run(args: Chat, options: Resolved) -> Result<(), Failure> {
    let mut session = match args.session {
        Some(text) => Some(
            SessionId::parse(&text)
                .ok_or_else(|| Failure::invalid("session", format!("{text:?} is no session id.")))?,
        ),
        None => None,
    };
    let interactive = args.text.is_none() && std::io::stdin().is_terminal();
    let mut door = Door::open(&options).await?;
    let result = async {
        if !interactive {
            let text = match args.text {
                Some(text) => text,
                None => read_all().await?,
            };
            return say(&mut door, &args.agent, session, text, options.json)
                .await
                .map(|_| ());
        }
        while let Some(text) = prompt().await? {
            session = Some(say(&mut door, &args.agent, session, text, options.json).await?);
        }
        Ok(())
    }
    .await;
    door.close().await;
    result
}

async fn say(
    door: &mut Door,
    agent: &str,
    session: Option<SessionId>,
    text: String,
    json: bool,
) -> Result<SessionId, Failure> {
    // before the message is sent, so that no piece is missed
    let mut notices = door.notices().await?;
    let wanted = SendMessage {
        session,
        agent: Some(agent.to_owned()),
        text,
        attachments: Vec::new(),
        outside: None,
        keep: Vec::new(),
        also: None,
        parent: None,
        instead_of: None,
    };
    let started: ChatStarted = door.run("chat.send", &wanted).await?;
    let answered = tokio::select! {
        answered = follow(&mut notices, &started, json) => answered?,
        _interrupted = tokio::signal::ctrl_c() => {
            let stop = SessionName { session: started.session.clone() };
            let _stopped: Nothing = door.run("chat.stop", &stop).await?;
            follow(&mut notices, &started, json).await?
        }
    };
    if let Some(failure) = answered.failure.clone() {
        return Err(failure.into());
    }
    if json {
        let view: SessionView = door
            .run("session.get", &GetSession::whole(started.session.clone()))
            .await?;
        let found = view
            .messages
            .into_iter()
            .find(|message| message.id == started.answer);
        let message = found
            .map(|view| view.message)
            .ok_or_else(|| Failure::new(FailureKind::Internal, "The answer is not in its session."))?;
        let answered = Answered {
            session: started.session.clone(),
            message,
            receipt: answered,
        };
        output::print(true, &answered, |_| String::new())?;
    } else {
        output::line("");
        let tokens = output::tokens(answered.usage);
        output::note(&format!(
            "[{tokens}, {}, {} ms]",
            output::cost(answered.cost),
            answered.total_ms
        ));
    }
    Ok(started.session)
}

async fn follow(notices: &mut Notices, started: &ChatStarted, json: bool) -> Result<Receipt, Failure> {
    loop {
        match notices.next().await? {
            Notice::AnswerPiece {
                message,
                kind: PieceKind::Text | PieceKind::Refusal,
                text,
                ..
            } if message == started.answer && !json => {
                output::piece(&text);
            }
            Notice::AnswerStep { message, step, .. } if message == started.answer && !json => {
                if let Part::ToolCall { name, arguments, .. } = *step {
                    output::note(&format!("[{name} {arguments}]"));
                }
            }
            Notice::AnswerEnded { message, receipt, .. } if message == started.answer => return Ok(receipt),
            Notice::ApprovalWanted { approval } if approval.message.as_ref() == Some(&started.answer) => {
                let asked = approval::question(&approval);
                output::note(&format!(
                    "[waits for you: inglenook approval answer {} once|session|always|deny]\n{asked}",
                    approval.id
                ));
            }
            Notice::Missed {} if !json => output::note("[some of the answer was too fast for this terminal]"),
            Notice::Missed {}
            | Notice::ApprovalWanted { .. }
            | Notice::BudgetNear { .. }
            | Notice::AnswerPiece { .. }
            | Notice::AnswerStep { .. }
            | Notice::AnswerEnded { .. }
            | Notice::AnswerStarted { .. }
            | Notice::Changed { .. }
            | Notice::Endpoint { .. }
            | Notice::Lan { .. }
            | Notice::VaultMoving { .. }
            | Notice::Vault { .. }
            | Notice::ProviderCheck { .. }
            | Notice::Indexing { .. }
            | Notice::Starter { .. } => {}
        }
    }
}

async fn read_all() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| std::io::read_to_string(std::io::stdin())).await;
    match read {
        Ok(Ok(text)) => Ok(text),
        _ => Err(Failure::invalid(
            "text",
            "The message cannot be read from stdin; it must be UTF-8 text.",
        )),
    }
}

async fn prompt() -> Result<Option<String>, Failure> {
    loop {
        output::piece("> ");
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin()
                .read_line(&mut line)
                .map(|bytes| (bytes > 0).then_some(line))
        });
        let line = read.await.ok().and_then(Result::ok).flatten();
        match line.as_deref().map(str::trim) {
            None => return Ok(None),
            Some("") => {}
            Some(text) => return Ok(Some(text.to_owned())),
        }
    }
}
