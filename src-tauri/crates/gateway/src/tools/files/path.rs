//! A path as a model writes it, taken apart into names.
//!
//! Pure: nothing is opened here. What some file system reads as something else (a device, a stream beside a file, a name
//! with what nobody sees in it) is no name on any.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// Bytes of a path, and of one name in it.
const LONGEST: usize = 4096;
const LONGEST_NAME: usize = 255;

/// Why a path is none, or not one for this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("This agent has no folders. Its maker can give it some.")]
    NoFolders,
    #[error("That path cannot be used: {0}.")]
    NotAPath(&'static str),
    #[error("That path is outside the agent's folders: {0}.")]
    Outside(String),
    #[error("That place is never read nor written by agents.")]
    Secret,
    #[error("That place is never written by agents: other programs run or obey what stands there.")]
    Obeyed,
    #[error("The agent may only read there.")]
    ReadOnly,
    #[error("There is nothing of that name.")]
    Missing,
    #[error("That is a link, and links are not followed.")]
    Link,
    #[error("That is {0}.")]
    Kind(&'static str),
    #[error("{0}")]
    Unfit(String),
    #[error("The disk refused: {0}.")]
    Disk(std::io::ErrorKind),
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        let kind = error.kind();
        let known = [
            (ErrorKind::NotFound, Self::Missing),
            (
                ErrorKind::NotADirectory,
                Self::Kind("no folder, or leads through what is none"),
            ),
            (ErrorKind::IsADirectory, Self::Kind("a folder")),
        ];
        let found = known.into_iter().find(|(one, _)| *one == kind);
        found.map_or(Self::Disk(kind), |(_, refusal)| refusal)
    }
}

/// The names of a path below a folder; none is the folder itself.
pub(super) fn names(path: &Path) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => {
                let name = name.to_str().ok_or(Refusal::NotAPath("it is no text"))?;
                check_name(name)?;
                names.push(name.to_owned());
            }
            Component::ParentDir => return Err(Refusal::NotAPath("`..` leads out of where it stands")),
            Component::RootDir | Component::Prefix(_) => {
                return Err(Refusal::NotAPath("it begins twice"));
            }
        }
    }
    Ok(names)
}

/// What a model wrote, as a path.
pub(super) fn read(text: &str) -> Result<PathBuf, Refusal> {
    if text.len() > LONGEST {
        return Err(Refusal::NotAPath("it is too long"));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::NotAPath("it holds control characters"));
    }
    if text.starts_with('~') {
        return Err(Refusal::NotAPath(
            "`~` means nothing here; write the folder's whole path",
        ));
    }
    let text = if text.trim().is_empty() { "." } else { text };
    Ok(PathBuf::from(text))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if name.len() > LONGEST_NAME {
        return Err(Refusal::NotAPath("a name in it is too long"));
    }
    if name.contains(['\\', ':', '<', '>', '"', '|', '?', '*']) {
        return Err(Refusal::NotAPath(
            "it holds characters that are not part of names everywhere",
        ));
    }
    if name.ends_with(['.', ' ']) || name.starts_with(' ') {
        return Err(Refusal::NotAPath(
            "a name in it begins or ends with a blank, or ends with a dot",
        ));
    }
    if name.chars().any(is_unseen) {
        return Err(Refusal::NotAPath("it holds characters that nobody sees"));
    }
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if is_device(&stem.to_ascii_uppercase()) {
        return Err(Refusal::NotAPath("it names a device"));
    }
    Ok(())
}

fn is_device(name: &str) -> bool {
    let numbered = |prefix| {
        name.strip_prefix(prefix).is_some_and(|rest| {
            let mut digits = rest.chars();
            matches!(
                (digits.next(), digits.next()),
                (Some('0'..='9' | '¹' | '²' | '³'), None)
            )
        })
    };
    matches!(
        name,
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    ) || numbered("COM")
        || numbered("LPT")
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Folders and files that hold secrets.
const SECRET: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".kube",
    ".docker",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".git-credentials",
    ".password-store",
    "keychains",
    ".pypirc",
];

/// Folders and files that programs obey, or run.
const OBEYED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".gitconfig",
    ".gitmodules",
    ".gitattributes",
    ".githooks",
    ".husky",
    ".vscode",
    ".cursor",
    ".windsurf",
    ".zed",
    ".idea",
    ".claude",
    ".claude.json",
    ".codex",
    ".continue",
    ".gemini",
    ".aider.conf.yml",
    ".opencode",
    "opencode.json",
    "mcp.json",
    ".mcp.json",
    "mcp_config.json",
    "claude_desktop_config.json",
    ".devcontainer",
    ".devcontainer.json",
    ".envrc",
    ".bashrc",
    ".bash_profile",
    ".bash_login",
    ".bash_logout",
    ".profile",
    ".zshrc",
    ".zshenv",
    ".zprofile",
    ".zlogin",
    ".zlogout",
    ".kshrc",
    ".inputrc",
    ".vimrc",
    ".exrc",
    ".npmrc",
    ".yarnrc",
    ".yarnrc.yml",
    ".pythonrc",
    ".direnvrc",
    "autostart",
    "launchagents",
    "launchdaemons",
    "startup",
    "systemd",
    "crontab",
    "cron.d",
    ".cargo",
    ".pre-commit-config.yaml",
    ".github",
    ".gitlab-ci.yml",
];

/// Whether agents may go there, and write there.
pub(super) fn check_place(names: &[String], writes: bool) -> Result<(), Refusal> {
    for name in names {
        // as file systems that ignore case compare
        let folded = name.to_uppercase().to_lowercase();
        if SECRET.contains(&folded.as_str()) {
            return Err(Refusal::Secret);
        }
        if writes && OBEYED.contains(&folded.as_str()) {
            return Err(Refusal::Obeyed);
        }
    }
    Ok(())
}
