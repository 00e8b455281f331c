//! `inglenook knowledge …`

use std::path::PathBuf;
use std::time::Duration;

use domain::{Failure, Slug};
use gateway::control::{
    AddKnowledge, CollectionView, DocumentView, KnowledgeName, KnowledgeStatus, Nothing, OpenDocument,
    PassageView, RemoveKnowledge, SearchKnowledge,
};

use super::door::Door;
use super::{Resolved, output};

/// How often is looked whether a collection is read.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(clap::Subcommand)]
pub(crate) enum Knowledge {
    /// List the collections.
    List,
    /// Make a collection of folders and files, or add some to it, and wait until they are read.
    Add {
        #[arg(value_parser = slug)]
        name: Slug,
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<PathBuf>,
        /// Do not wait; Inglenook reads them while it runs.
        #[arg(long)]
        no_wait: bool,
    },
    /// Show how a collection stands, and which files could not be read.
    Status {
        #[arg(value_parser = slug)]
        name: Slug,
    },
    /// Look something up, as agents do.
    Search {
        #[arg(value_parser = slug)]
        name: Slug,
        text: String,
        /// At most so many passages.
        #[arg(long, default_value_t = 10)]
        limit: u32,
    },
    /// Show a place that was cited: guide.md:12-30.
    Open {
        #[arg(value_parser = slug)]
        name: Slug,
        citation: String,
    },
    /// Look through a collection's files now, and wait until that is done.
    Rescan {
        #[arg(value_parser = slug)]
        name: Slug,
    },
    /// Remove a collection, or a folder or file from it. The files themselves stay.
    Remove {
        #[arg(value_parser = slug)]
        name: Slug,
        path: Option<PathBuf>,
    },
}

fn slug(text: &str) -> Result<Slug, String> {
    Slug::new(text).map_err(|failure| failure.message().to_owned())
}

pub(super) async fn run(args: Knowledge, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Knowledge, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Knowledge::List => {
            let all: Vec<CollectionView> = door.run("knowledge.list", &Nothing {}).await?;
            output::print(json, &all, |all| table(all))
        }
        Knowledge::Add { name, paths, no_wait } => {
            // what is meant is meant from here
            let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
            let paths = paths.into_iter().map(absolute).collect();
            let asked = AddKnowledge { name, paths };
            let added: CollectionView = door.run("knowledge.add", &asked).await?;
            match no_wait {
                true => output::print(json, &added, told),
                false => read(added.collection.name, door, json).await,
            }
        }
        Knowledge::Status { name } => {
            let status: KnowledgeStatus = door.run("knowledge.status", &KnowledgeName { name }).await?;
            output::print(json, &status, in_full)
        }
        Knowledge::Search { name, text, limit } => {
            let asked = SearchKnowledge {
                names: vec![name],
                text,
                limit: Some(limit),
            };
            let found: Vec<PassageView> = door.run("knowledge.search", &asked).await?;
            output::print(json, &found, |found| match found.is_empty() {
                true => "Nothing found.".to_owned(),
                false => passages(found),
            })
        }
        Knowledge::Open { name, citation } => {
            let asked = OpenDocument {
                names: vec![name],
                citation,
            };
            let opened: DocumentView = door.run("knowledge.document", &asked).await?;
            output::print(json, &opened, |opened| {
                format!("{}\n\n{}", opened.path, passages(&opened.passages))
            })
        }
        Knowledge::Rescan { name } => {
            let begun: CollectionView = door.run("knowledge.rescan", &KnowledgeName { name }).await?;
            read(begun.collection.name, door, json).await
        }
        Knowledge::Remove { name, path } => {
            let _gone: Nothing = door
                .run("knowledge.remove", &RemoveKnowledge { name, path })
                .await?;
            output::print(json, &Nothing {}, |_| {
                "Removed; the files themselves stay.".to_owned()
            })
        }
    }
}

/// Waits until a collection is read, and tells how it stands.
async fn read(name: Slug, door: &mut Door, json: bool) -> Result<(), Failure> {
    loop {
        let asked = KnowledgeName { name: name.clone() };
        let status: KnowledgeStatus = door.run("knowledge.status", &asked).await?;
        if !status.view.looking {
            return output::print(json, &status, in_full);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn table(all: &[CollectionView]) -> String {
    if all.is_empty() {
        return "No collections; `inglenook knowledge add NAME PATH…` makes one.".to_owned();
    }
    let row = |view: &CollectionView| {
        let agents: Vec<&str> = view.agents.iter().map(Slug::as_str).collect();
        vec![
            view.collection.name.to_string(),
            view.files.to_string(),
            view.failed.to_string(),
            view.passages.to_string(),
            agents.join(", "),
            view.collection.roots.join(", "),
        ]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    output::table(&["NAME", "FILES", "UNREAD", "PASSAGES", "AGENTS", "WHERE"], &rows)
}

fn told(view: &CollectionView) -> String {
    let name = &view.collection.name;
    let mut text = match view.looking {
        true => format!("{name}: {} of {} new files are read.", view.done, view.of),
        false => format!("{name}: {} files, {} passages.", view.files, view.passages),
    };
    text.push_str(&match &view.embedding_model {
        Some(model) => format!(
            "\nFound by words and by meaning ({model}, {} passages).",
            view.embedded
        ),
        None => {
            "\nFound by words; `inglenook config set embedding_model PROVIDER/MODEL` adds meaning.".to_owned()
        }
    });
    if let Some(why) = &view.unembedded {
        text.push_str(&format!("\nNot all passages are found by meaning: {why}"));
    }
    if !view.watched {
        text.push_str("\nThe system does not tell of changes there; it is looked through once a minute.");
    }
    for problem in &view.problems {
        text.push_str(&format!("\n{problem}"));
    }
    text
}

fn in_full(status: &KnowledgeStatus) -> String {
    let mut text = told(&status.view);
    for unread in &status.unread {
        text.push_str(&format!("\n{}: {}", unread.path, unread.reason));
    }
    text
}

fn passages(found: &[PassageView]) -> String {
    let shown =
        |passage: &PassageView| format!("[{}] {}\n{}", passage.citation, passage.heading, passage.text);
    found.iter().map(shown).collect::<Vec<_>>().join("\n\n")
}
