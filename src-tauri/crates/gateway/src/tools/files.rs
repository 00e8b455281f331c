//! An agent's folders, and nothing else of this machine.
//!
//! Models write paths, and what they have read may have told them which. So a path is taken apart word by word, and
//! every step is made from the folder that is open, never by a name from the root of the disk (SEC-20): nothing climbs
//! out, no link is followed, also when one is swapped in at that moment. Some places are never read, and more are never
//! written, whatever folder was given: those that hold secrets, and those whose content other programs run. Deliberately
//! not here: removing and moving, which nobody could take back.

mod edit;
mod folder;
mod list;
mod path;
mod read;
mod search;
mod write;

use std::path::PathBuf;

pub(super) use edit::EDIT;
pub(super) use list::LIST;
pub(super) use read::READ;
pub(super) use search::SEARCH;
pub(super) use write::WRITE;

use super::{Context, Given, parse};

/// A folder of the agent, as a tool sees it.
struct Root {
    path: PathBuf,
    write: bool,
}

/// What a tool may touch.
struct Allowed {
    roots: Vec<Root>,
    /// The app's own, which is never read nor written.
    data: PathBuf,
}

impl Allowed {
    fn of(context: &Context) -> Self {
        let roots = context.agent.draft.folders.iter().map(|folder| Root {
            path: PathBuf::from(&folder.path),
            write: folder.write,
        });
        let data = context.engine.data_dir();
        Self {
            roots: roots.collect(),
            data: data.canonicalize().unwrap_or_else(|_| data.to_owned()),
        }
    }
}

macro_rules! run {
    ($name:ident: $module:ident) => {
        /// Runs the tool, on a thread where it may wait for the disk.
        pub(super) async fn $name(context: &Context, arguments: &str) -> Given {
            let asked = match parse(arguments) {
                Ok(asked) => asked,
                Err(given) => return given,
            };
            let allowed = Allowed::of(context);
            let done = tokio::task::spawn_blocking(move || $module::run(&allowed, &asked)).await;
            match done {
                Ok(Ok(given)) => given,
                Ok(Err(refusal)) => Given::error(refusal.to_string()),
                Err(_) => Given::error("That could not be done."),
            }
        }
    };
}

run!(read: read);
run!(list: list);
run!(search: search);
run!(write: write);
run!(edit: edit);

/// A folder of the agent for something that is run there; the first where none is named.
pub(super) fn folder(context: &Context, path: Option<&str>) -> Result<PathBuf, Given> {
    let allowed = Allowed::of(context);
    let place = allowed
        .place(path.unwrap_or("."), false)
        .map_err(|refusal| Given::error(refusal.to_string()))?;
    match place.folder() {
        Ok(_) => Ok(place.shown()),
        Err(refusal) => Err(Given::error(refusal.to_string())),
    }
}
