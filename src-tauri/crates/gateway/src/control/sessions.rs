//! Sessions, from the window and from clients alike.

mod tree;
mod view;

use std::collections::HashMap;

use domain::{Failure, MediaSource, Part, Role, Session, SessionId, Summary};
use store::table;
use store::table::sessions::{SessionFilter, SourceFilter};

use super::{
    Caller, ExportFormat, ExportSession, Exported, Folder, GetSession, ListSessions, MediaData, MediaName,
    MessageOf, MessageView, MoveSession, Nothing, PinSession, RenameSession, SearchHit, SearchSessions,
    SessionName, SessionPage, SessionView, SessionsOf, ShowBranch, SnippetPiece, Topic,
};
use crate::Engine;
use crate::failures::not_found;
use view::{Extent, row, view};

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
                source: args.of.map(|of| match of {
                    SessionsOf::People => SourceFilter::App,
                    SessionsOf::Programs => SourceFilter::Clients,
                }),
                folder: args.folder,
                deleted: false,
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

pub(super) async fn get(engine: &Engine, _: Caller, args: GetSession) -> Result<SessionView, Failure> {
    let extent = Extent {
        until: args.until,
        last: args.last,
        known: args.known,
    };
    let mut view = view(engine, args.session, extent).await?;
    if args.without_media {
        view.messages.iter_mut().for_each(view::leave_out_media);
    }
    Ok(view)
}

pub(super) async fn beside(engine: &Engine, _: Caller, args: MessageOf) -> Result<Vec<MessageView>, Failure> {
    let mut answers = view::beside(engine, args.session, &args.message).await?;
    answers.iter_mut().for_each(view::leave_out_media);
    Ok(answers)
}

pub(super) async fn media(engine: &Engine, _: Caller, args: MediaName) -> Result<MediaData, Failure> {
    let wanted = args.message.clone();
    let at = usize::try_from(args.part).unwrap_or(usize::MAX);
    let call = args.call.as_deref();
    // an answer that is being written may not be in the database yet
    let mut part = call.and_then(|call| engine.live().given(&wanted, call, at));
    if part.is_none() {
        engine.store().flush().await?;
        let found = engine
            .store()
            .read(move |conn| table::messages::get(conn, &wanted))
            .await?;
        part = found.and_then(|stored| match call {
            Some(call) => Part::given(&stored.message.parts, call)?.get(at).cloned(),
            None => stored.message.parts.into_iter().nth(at),
        });
    }
    match part {
        Some(Part::Image(media) | Part::File(media) | Part::Audio(media)) => match media.source {
            MediaSource::Base64 { data } => Ok(MediaData {
                media_type: media.media_type,
                name: media.name,
                data,
            }),
            MediaSource::Url { .. } | MediaSource::FileId { .. } => Err(Failure::invalid(
                "part",
                "Its bytes are not here but at the provider, or at an address.",
            )),
        },
        Some(_) | None => Err(not_found("file in a message", args.message.as_str())),
    }
}

pub(super) async fn folders(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<Folder>, Failure> {
    let folders = engine.store().read(table::sessions::folders).await?;
    let folder = |(name, sessions)| Folder { name, sessions };
    Ok(folders.into_iter().map(folder).collect())
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
    let mut view = view(engine, args.session, Extent::default()).await?;
    view.messages.iter_mut().for_each(view::leave_out_media);
    Ok(view)
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

pub(super) async fn put(engine: &Engine, _: Caller, args: MoveSession) -> Result<Session, Failure> {
    let folder = args.folder.map(|name| name.trim().to_owned());
    if let Some(name) = &folder
        && (name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control))
    {
        return Err(Failure::invalid(
            "folder",
            "A folder's name has 1 to 60 characters.",
        ));
    }
    change(engine, args.session, move |tx, id| {
        table::sessions::put(tx, id, folder.as_deref())
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
    let view = view(engine, args.session, Extent::default()).await?;
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
            text: markdown(title, &view),
        },
    })
}

fn markdown(title: &str, view: &SessionView) -> String {
    let mut text = format!("# {title}\n");
    for message in &view.messages {
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
        let after = |summary: &&Summary| summary.upto.as_ref() == Some(&message.id);
        for summary in view.summaries.iter().filter(after) {
            if let Some(said) = &summary.text {
                let messages = summary.messages;
                text.push_str(&format!(
                    "\n## Summary of the {messages} messages above\n\n{said}\n"
                ));
            }
        }
    }
    text
}
