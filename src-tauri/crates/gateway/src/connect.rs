//! What a program has to be told, with the real address and an agent, for the window and the command line alike.
//!
//! The texts are facts about other people's programs, so they stand in one place. A program's own file is
//! changed only when that is asked for, see [`Plan`]. Where a user keeps such files comes in as a value. Not
//! here: making keys, and whose command this is.

mod file;
mod tools;

use std::path::PathBuf;

use domain::{Failure, FailureKind};

pub use file::{Plan, Written};
pub use tools::TOOLS;

/// What stands for a key that is not known.
pub const UNKNOWN_KEY: &str = "YOUR_KEY";

/// Where this user's programs keep their settings.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// The home directory.
    pub home: Option<PathBuf>,
    /// `~/.config` on every Unix, macOS included; on Windows where settings are.
    pub settings: Option<PathBuf>,
    /// Codex's own, when it is not in the home directory.
    pub codex: Option<PathBuf>,
    /// llm's own, when it is not among the settings.
    pub llm: Option<PathBuf>,
}

/// What is filled in.
pub struct Facts {
    /// `http://127.0.0.1:4645/v1`.
    pub base: String,
    /// The agent.
    pub model: String,
    /// The key, where it is known.
    pub secret: Option<String>,
    /// Where programs keep their settings.
    pub folders: Folders,
}

impl Facts {
    /// The key, or what stands for it.
    fn key(&self) -> &str {
        self.secret.as_deref().unwrap_or(UNKNOWN_KEY)
    }

    /// The endpoint without `/v1`, for clients that add it themselves.
    fn root(&self) -> &str {
        self.base.strip_suffix("/v1").unwrap_or(&self.base)
    }
}

/// Makes the change of a program's own file.
type FileOf = fn(&Facts) -> Result<file::File, Failure>;

/// A program.
pub struct Tool {
    /// What it is called in commands.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Where the text belongs.
    pub place: &'static str,
    text: fn(&Facts) -> String,
    file: Option<FileOf>,
}

impl Tool {
    /// The tool of this id.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] when there is none; the hint names all.
    pub fn find(id: &str) -> Result<&'static Self, Failure> {
        TOOLS.iter().find(|tool| tool.id == id).ok_or_else(|| {
            let all: Vec<_> = TOOLS.iter().map(|tool| tool.id).collect();
            Failure::invalid("tool", format!("There is no tool {id:?}."))
                .with_hint(format!("There are {}.", all.join(", ")))
        })
    }

    /// What it has to be told.
    pub fn text(&self, facts: &Facts) -> String {
        (self.text)(facts)
    }

    /// Whether its own file can be written.
    pub fn writes(&self) -> bool {
        self.file.is_some()
    }

    /// Its own file, where its place and its form are certain and this user has a place for it.
    pub fn path(&self, facts: &Facts) -> Option<PathBuf> {
        self.file.and_then(|file| file(facts).ok()).map(|file| file.path)
    }

    /// How its own file would change. Nothing is written.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] when nobody knows its file, [`FailureKind::Conflict`] when the file does
    /// not read as it should, [`FailureKind::StorageFailed`] when it cannot be read.
    pub fn plan(&self, facts: &Facts) -> Result<Plan, Failure> {
        let file = self.file.ok_or_else(|| {
            Failure::invalid(
                "write",
                format!(
                    "Where {} keeps its settings is not certain enough to write there.",
                    self.name
                ),
            )
            .with_hint(format!("`inglenook connect {}` shows what to enter.", self.id))
        })?;
        Plan::of(&file(facts)?)
    }
}

/// A folder that a file lies in, as a failure when this user has none.
fn folder(known: Option<&PathBuf>, what: &str) -> Result<PathBuf, Failure> {
    known.cloned().ok_or_else(|| {
        Failure::new(
            FailureKind::NotFound,
            format!("This user has no {what} directory."),
        )
    })
}
