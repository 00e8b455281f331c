//! Sessions, from the window and from clients alike.

use std::collections::HashMap;

use domain::{Failure, Message, MessageId, Part, Role, Session, SessionId, SessionSource, StoredMessage};
use store::table;
use store::table::calls::CallFilter;
use store::table::sessions::SessionFilter;

use super::{
    Caller, ExportFormat, ExportSession, Exported, FailureView, ListSessions, MessageView, Nothing,
    PinSession, Receipt, RenameSession, SearchHit, SearchSessions, SessionName, SessionPage, SessionRow,
    SessionView, ShowBranch, SnippetPiece, Topic,
};
use crate::Engine;
use crate::failures::not_found;
use crate::live::LiveAnswer;

pub(super) async fn list(engine: &Engine, _: Caller, args: ListSessions) -> Result<SessionPage, Failure> {
    engine.store().flush().await?;
    let agent = args
        .agent
        .as_deref()
        .map(|name| super::agents::id_of(engine, name))
        .transpose()?;
    let limit = usize::try_from(args.limit.unwrap_or(50)).unwrap_or(usize::MAX);
    let (rows, next) = engine
        .store()
        .read(move |conn| {
            let filter = SessionFilter {
                agent,
                ..SessionFilter::default()
            };
            let page = table::sessions::list(conn, &filter, args.cursor.as_deref(), limit)?;
            let with_usage = |session: Session| {
                let usage = table::entries::of_session(conn, &session.id)?;
                Ok((session, usage))
            };
            let rows = page
                .items
                .into_iter()
                .map(with_usage)
                .collect::<Result<Vec<_>, Failure>>()?;
            Ok((rows, page.next))
        })
        .await?;
    let sessions = rows
        .into_iter()
        .map(|(session, usage)| row(engine, session, &usage))
        .collect();
    Ok(SessionPage { sessions, next })
}

pub(super) async fn get(engine: &Engine, _: Caller, args: SessionName) -> Result<SessionView, Failure> {
    view(engine, args.session).await
}

pub(super) async fn branch(engine: &Engine, _: Caller, args: ShowBranch) -> Result<SessionView, Failure> {
    let id = args.session.clone();
    engine
        .store()
        .write(move |tx| {
            let all = table::messages::of_session(tx, &id)?;
            if !all.iter().any(|stored| stored.id == args.message) {
                return Err(not_found("message of this session", args.message.as_str()));
            }
            let mut leaf = args.message;
            while let Some(child) = all
                .iter()
                .rev()
                .find(|stored| stored.parent.as_ref() == Some(&leaf))
            {
                leaf = child.id.clone();
            }
            table::sessions::set_leaf(tx, &id, &leaf)
        })
        .await?;
    engine.changed(Topic::Sessions, Some(args.session.to_string()));
    view(engine, args.session).await
}

pub(super) async fn search(
    engine: &Engine,
    _: Caller,
    args: SearchSessions,
) -> Result<Vec<SearchHit>, Failure> {
    let limit = usize::try_from(args.limit.unwrap_or(30))
        .unwrap_or(30)
        .clamp(1, 200);
    if args.query.trim().is_empty() {
        return Ok(Vec::new());
    }
    let page = engine.store().search(&args.query, None, limit).await?;
    let query = args.query;
    let (titles, rows) = engine
        .store()
        .read(move |conn| {
            let titles = table::search::titles(conn, &query, limit)?;
            let ids = titles
                .iter()
                .map(|hit| &hit.session)
                .chain(page.items.iter().map(|hit| &hit.session));
            let mut rows = HashMap::new();
            for id in ids {
                if let Some(session) = table::sessions::find(conn, id)? {
                    let usage = table::entries::of_session(conn, id)?;
                    rows.insert(id.clone(), (session, usage));
                }
            }
            Ok(((titles, page.items), rows))
        })
        .await?;
    let (titles, messages) = titles;
    let found = |id: &SessionId| {
        rows.get(id)
            .map(|(session, usage)| row(engine, session.clone(), usage))
    };
    let mut hits = Vec::new();
    for hit in titles {
        if let Some(session) = found(&hit.session) {
            hits.push(SearchHit {
                session,
                message: None,
                snippet: Vec::new(),
            });
        }
    }
    for hit in messages {
        if let Some(session) = found(&hit.session) {
            let piece = |fragment: table::search::Fragment| SnippetPiece {
                text: fragment.text,
                hit: fragment.is_match,
            };
            let snippet = hit.snippet.into_iter().map(piece).collect();
            hits.push(SearchHit {
                session,
                message: Some(hit.message),
                snippet,
            });
        }
    }
    Ok(hits)
}

pub(super) async fn rename(engine: &Engine, _: Caller, args: RenameSession) -> Result<Session, Failure> {
    let title = args.title.trim().to_owned();
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Failure::invalid("title", "A title has 1 to 200 characters."));
    }
    change(engine, args.session, move |tx, id| {
        table::sessions::rename(tx, id, &title)
    })
    .await
}

pub(super) async fn pin(engine: &Engine, _: Caller, args: PinSession) -> Result<Session, Failure> {
    change(engine, args.session, move |tx, id| {
        table::sessions::pin(tx, id, args.pinned)
    })
    .await
}

pub(super) async fn delete(engine: &Engine, _: Caller, args: SessionName) -> Result<Nothing, Failure> {
    engine.live().stop(&args.session);
    let now = engine.clock().now();
    change(engine, args.session, move |tx, id| {
        table::sessions::delete(tx, id, now)
    })
    .await
    .map(|session| engine.recent().delete(session.id))?;
    Ok(Nothing {})
}

pub(super) async fn restore(engine: &Engine, _: Caller, args: SessionName) -> Result<Session, Failure> {
    let session = change(engine, args.session, |tx, id| table::sessions::restore(tx, id)).await?;
    engine.recent().restore(&session.id);
    Ok(session)
}

async fn change(
    engine: &Engine,
    id: SessionId,
    f: impl FnOnce(&store::Transaction<'_>, &SessionId) -> Result<(), Failure> + Send + 'static,
) -> Result<Session, Failure> {
    let name = id.to_string();
    engine.store().flush().await?;
    let session = engine
        .store()
        .write(move |tx| {
            f(tx, &id)?;
            table::sessions::get(tx, &id)
        })
        .await?;
    engine.changed(Topic::Sessions, Some(name));
    Ok(session)
}

pub(super) async fn export(engine: &Engine, _: Caller, args: ExportSession) -> Result<Exported, Failure> {
    let view = view(engine, args.session).await?;
    let title = &view.row.session.title;
    let plain: String = title
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .take(60)
        .collect();
    let plain = plain
        .split('-')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let name = if plain.is_empty() { "session" } else { &plain };
    Ok(match args.format {
        ExportFormat::Json => Exported {
            file_name: format!("{name}.json"),
            text: serde_json::to_string_pretty(&view).map_err(crate::failures::internal)?,
        },
        ExportFormat::Markdown => Exported {
            file_name: format!("{name}.md"),
            text: markdown(title, &view.messages),
        },
    })
}

fn markdown(title: &str, messages: &[MessageView]) -> String {
    let mut text = format!("# {title}\n");
    for message in messages {
        let speaker = match message.role {
            Role::User => "You",
            Role::Assistant => "Agent",
            Role::System | Role::Developer => "Instructions",
            Role::Tool => "Tool",
        };
        text.push_str(&format!("\n## {speaker}\n\n"));
        for part in &message.message.parts {
            match part {
                Part::Text { text: said, .. } | Part::Refusal { text: said } => {
                    text.push_str(&format!("{said}\n"))
                }
                Part::ToolCall { name, arguments, .. } => {
                    text.push_str(&format!("Calls `{name}`:\n\n```json\n{arguments}\n```\n"));
                }
                Part::ToolResult { .. } => text.push_str(&format!("{}\n", message.message.plain_text())),
                Part::Image(_) | Part::File(_) | Part::Audio(_) => text.push_str("(attachment)\n"),
                Part::Reasoning { .. } | Part::Opaque { .. } => {}
            }
        }
    }
    text
}

async fn view(engine: &Engine, id: SessionId) -> Result<SessionView, Failure> {
    // taken before the database is read: a piece that comes in between is then in both and ignored by its number
    let live = engine.live().get(&id);
    engine.store().flush().await?;
    let wanted = id.clone();
    let (session, usage, all, calls) = engine
        .store()
        .read(move |conn| {
            let session = table::sessions::get(conn, &wanted)?;
            let usage = table::entries::of_session(conn, &wanted)?;
            let all = table::messages::of_session(conn, &wanted)?;
            let filter = CallFilter {
                session: Some(wanted),
                ..CallFilter::default()
            };
            let calls = table::calls::list(conn, &filter, None, 500)?;
            Ok((session, usage, all, calls.items))
        })
        .await?;
    let receipts: HashMap<_, _> = calls
        .into_iter()
        .map(|row| (row.call.id.clone(), super::calls::view(engine, row)))
        .collect();
    let mut messages: Vec<MessageView> = Vec::new();
    let by_id: HashMap<&MessageId, &StoredMessage> = all.iter().map(|stored| (&stored.id, stored)).collect();
    let mut at = session
        .leaf
        .as_ref()
        .and_then(|leaf| by_id.get(leaf).copied())
        .or_else(|| all.last());
    while let Some(stored) = at {
        if messages.len() > all.len() {
            break;
        }
        let siblings = all
            .iter()
            .filter(|one| one.parent == stored.parent)
            .map(|one| one.id.clone())
            .collect();
        let receipt = stored
            .call
            .as_ref()
            .and_then(|call| receipts.get(call))
            .map(receipt);
        messages.push(message_view(stored, siblings, receipt));
        at = stored
            .parent
            .as_ref()
            .and_then(|parent| by_id.get(parent).copied());
    }
    messages.reverse();
    if let Some(live) = live {
        // it may stand beside the answer that the leaf still points at
        if let Some(at) = messages.iter().position(|message| message.id == live.parent) {
            messages.truncate(at + 1);
        }
        messages.push(live_view(engine, live, &all));
    }
    Ok(SessionView {
        row: row(engine, session, &usage),
        messages,
    })
}

fn live_view(engine: &Engine, live: LiveAnswer, all: &[StoredMessage]) -> MessageView {
    let beside =
        |stored: &&StoredMessage| stored.parent.as_ref() == Some(&live.parent) && stored.id != live.message;
    let mut branches: Vec<MessageId> = all
        .iter()
        .filter(beside)
        .map(|stored| stored.id.clone())
        .collect();
    branches.push(live.message.clone());
    MessageView {
        id: live.message,
        parent: Some(live.parent),
        role: Role::Assistant,
        message: Message {
            role: Role::Assistant,
            parts: live.parts,
            extra: domain::Extra::new(),
        },
        state: domain::MessageState::Streaming,
        created_at: engine.clock().now(),
        branches,
        receipt: None,
        seq: live.seq,
    }
}

fn message_view(stored: &StoredMessage, branches: Vec<MessageId>, receipt: Option<Receipt>) -> MessageView {
    MessageView {
        id: stored.id.clone(),
        parent: stored.parent.clone(),
        role: stored.message.role,
        message: stored.message.clone(),
        state: stored.state,
        created_at: stored.created_at,
        branches,
        receipt,
        seq: 0,
    }
}

fn receipt(row: &super::CallRow) -> Receipt {
    let failure = match row.outcome {
        Some(domain::Outcome::Failed { kind }) => {
            let mut view = FailureView::from(&crate::failures::in_words(kind));
            if let Some(said) = &row.failure {
                view.message.clone_from(said);
            }
            Some(view)
        }
        Some(_) | None => None,
    };
    Receipt {
        call: row.call.id.clone(),
        target: row.target.clone(),
        usage: row.usage,
        cost: row.cost,
        confidence: row.confidence,
        first_token_ms: row.first_token_ms,
        total_ms: row.total_ms.unwrap_or(0),
        failure,
    }
}

/// A session as lists show it.
fn row(engine: &Engine, session: Session, usage: &table::entries::UsageRow) -> SessionRow {
    let roster = engine.roster().now();
    let client = match &session.source {
        SessionSource::App => None,
        SessionSource::Client { key } => Some(
            roster
                .key(key)
                .map_or_else(|| key.to_string(), |state| state.key.name.clone()),
        ),
    };
    let agent_slug = session
        .agent
        .as_ref()
        .and_then(|id| roster.by_id.get(id))
        .map(|agent| agent.draft.slug.to_string());
    let streaming = engine.live().contains(&session.id);
    SessionRow {
        session,
        client,
        agent_slug,
        streaming,
        calls: usage.calls,
        usage: usage.usage,
        cost: usage.cost,
        unknown_cost: usage.unknown_cost,
    }
}
