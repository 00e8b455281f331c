//! `inglenook session …`

use domain::{Failure, Role, SessionId, Summary};
use gateway::control::{
    ExportFormat, ExportSession, Exported, GetSession, ListSessions, MoveSession, Nothing, RenameSession,
    SearchHit, SearchSessions, SessionName, SessionPage, SessionRow, SessionView,
};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Session {
    /// List sessions, newest first.
    List {
        /// Only those of this agent.
        #[arg(long)]
        agent: Option<String>,
        /// Only those in this folder.
        #[arg(long)]
        folder: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Go on where the list before ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a session.
    Show { session: String },
    /// Find what was said.
    Search {
        query: String,
        /// At most so many.
        #[arg(long, default_value_t = 30)]
        limit: u32,
    },
    /// Write a session as markdown, or as JSON with --json.
    Export { session: String },
    /// Give a session a title.
    Rename { session: String, title: String },
    /// Put a session into a folder; without a folder, out of any.
    Move { session: String, folder: Option<String> },
    /// Remove a session; it can be restored.
    Delete { session: String },
    /// Bring a removed session back.
    Restore { session: String },
}

pub(super) async fn run(args: Session, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

fn id(text: &str) -> Result<SessionId, Failure> {
    SessionId::parse(text).ok_or_else(|| {
        Failure::invalid("session", format!("{text:?} is no session id."))
            .with_hint("`inglenook session list` shows them.")
    })
}

async fn dispatch(args: Session, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Session::List {
            agent,
            folder,
            limit,
            cursor,
        } => {
            let page: SessionPage = door
                .run(
                    "session.list",
                    &ListSessions {
                        cursor,
                        limit: Some(limit),
                        agent,
                        of: None,
                        folder,
                    },
                )
                .await?;
            output::print(json, &page, |page| {
                if page.sessions.is_empty() {
                    return "No sessions yet.".to_owned();
                }
                let rows: Vec<_> = page.sessions.iter().map(row).collect();
                output::table(
                    &["ID", "CHANGED", "FROM", "AGENT", "TOKENS", "COST", "TITLE"],
                    &rows,
                )
            })
        }
        Session::Show { session } => {
            let view: SessionView = door.run("session.get", &GetSession::whole(id(&session)?)).await?;
            output::print(json, &view, |view| {
                let mut text = format!("{}\n", view.row.session.title);
                for message in &view.messages {
                    let speaker = match message.role {
                        Role::User => "user",
                        Role::Assistant => "assistant",
                        Role::System | Role::Developer => "instructions",
                        Role::Tool => "tool",
                    };
                    text.push_str(&format!("\n{speaker}: {}\n", message.message.plain_text()));
                    let behind = |one: &&Summary| one.upto.as_ref() == Some(&message.id);
                    for summary in view.summaries.iter().filter(behind) {
                        if let Some(said) = &summary.text {
                            let (messages, before, after) = (summary.messages, summary.before, summary.after);
                            text.push_str(&format!(
                                "\n--- the {messages} messages above were summarised for the model, {before} -> {after} \
                                 tokens ---\n{said}\n---\n"
                            ));
                        }
                    }
                }
                text
            })
        }
        Session::Search { query, limit } => {
            let hits: Vec<SearchHit> = door
                .run(
                    "session.search",
                    &SearchSessions {
                        query,
                        limit: Some(limit),
                    },
                )
                .await?;
            output::print(json, &hits, |hits| {
                if hits.is_empty() {
                    return "Nothing found.".to_owned();
                }
                let row = |hit: &SearchHit| {
                    let text: String = hit.snippet.iter().map(|piece| piece.text.as_str()).collect();
                    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    vec![
                        hit.session.session.id.to_string(),
                        hit.session.session.title.clone(),
                        text,
                    ]
                };
                output::table(
                    &["SESSION", "TITLE", "FOUND"],
                    &hits.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
        Session::Export { session } => {
            let format = if json {
                ExportFormat::Json
            } else {
                ExportFormat::Markdown
            };
            let exported: Exported = door
                .run(
                    "session.export",
                    &ExportSession {
                        session: id(&session)?,
                        format,
                    },
                )
                .await?;
            output::line(&exported.text);
            Ok(())
        }
        Session::Rename { session, title } => {
            let renamed: domain::Session = door
                .run(
                    "session.rename",
                    &RenameSession {
                        session: id(&session)?,
                        title,
                    },
                )
                .await?;
            output::print(json, &renamed, |renamed| format!("Named {:?}.", renamed.title))
        }
        Session::Move { session, folder } => {
            let moved: domain::Session = door
                .run(
                    "session.move",
                    &MoveSession {
                        session: id(&session)?,
                        folder,
                    },
                )
                .await?;
            output::print(json, &moved, |moved| match &moved.folder {
                Some(folder) => format!("Moved to {folder:?}."),
                None => "In no folder now.".to_owned(),
            })
        }
        Session::Delete { session } => {
            let gone: Nothing = door
                .run(
                    "session.delete",
                    &SessionName {
                        session: id(&session)?,
                    },
                )
                .await?;
            output::print(json, &gone, |_| {
                format!("Removed; `inglenook session restore {session}` brings it back.")
            })
        }
        Session::Restore { session } => {
            let back: domain::Session = door
                .run(
                    "session.restore",
                    &SessionName {
                        session: id(&session)?,
                    },
                )
                .await?;
            output::print(json, &back, |back| format!("{:?} is back.", back.title))
        }
    }
}

fn row(row: &SessionRow) -> Vec<String> {
    let cost = if row.unknown_cost > 0 {
        None
    } else {
        Some(row.cost)
    };
    vec![
        row.session.id.to_string(),
        output::when(row.session.updated_at),
        row.client.clone().unwrap_or_else(|| "Inglenook".to_owned()),
        row.agent_slug.clone().unwrap_or_else(|| "-".to_owned()),
        row.usage.total().to_string(),
        output::cost(cost),
        row.session.title.clone(),
    ]
}
