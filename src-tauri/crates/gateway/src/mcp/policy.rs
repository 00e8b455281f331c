//! How programs of others are found, what they get of our environment, and how long they are waited for.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variables of our own that a program gets, besides those that are named for it.
pub const INHERITED: &[&str] = if cfg!(windows) {
    &[
        "PATH",
        "PATHEXT",
        "SYSTEMROOT",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
        "TEMP",
        "LANG",
    ]
} else {
    &["PATH", "HOME", "LANG"]
};

/// How servers of tools are started and waited for.
#[derive(Clone, Debug)]
pub struct McpPolicy {
    /// The values of [`INHERITED`], as far as there are any.
    pub environment: Vec<(String, String)>,
    /// How long a start may take, with the list of tools.
    pub start: Duration,
    /// How long a tool may take without a sign that it goes on.
    pub call: Duration,
    /// How long it may take whatever it says.
    pub longest: Duration,
    /// A server that nobody uses is ended after this long.
    pub idle: Duration,
    /// How long after the first failure a server is not started again; then twice as long each time.
    pub first_wait: Duration,
    /// The longest of those.
    pub longest_wait: Duration,
    /// How long a person may take to sign in to a server.
    pub sign_in: Duration,
}

impl McpPolicy {
    /// What is good for people, without an environment.
    pub fn usual() -> Self {
        Self {
            environment: Vec::new(),
            start: Duration::from_secs(60),
            call: Duration::from_secs(60),
            longest: Duration::from_secs(600),
            idle: Duration::from_secs(600),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
            sign_in: Duration::from_secs(300),
        }
    }

    /// How long to wait after so many failures in a row.
    pub(super) fn wait(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.longest_wait
            .min(self.first_wait.saturating_mul(1 << doublings))
    }

    /// The file that a command means: one with a separator is a path, another one is looked for in `PATH`.
    pub(super) fn find(&self, command: &str, cwd: Option<&str>) -> Option<PathBuf> {
        let path = Path::new(command);
        if path.components().count() > 1 || path.is_absolute() {
            let from = cwd.map_or_else(|| self.home(), |cwd| Some(PathBuf::from(cwd)));
            let path = from.map_or_else(|| path.to_owned(), |from| from.join(path));
            return is_program(&path).then_some(path);
        }
        let directories = std::env::split_paths(self.value("PATH")?).collect::<Vec<_>>();
        let names = self
            .endings()
            .map(|ending| format!("{command}{ending}"))
            .collect::<Vec<_>>();
        let places = directories.iter().filter(|directory| directory.is_absolute());
        places
            .flat_map(|directory| names.iter().map(|name| directory.join(name)))
            .find(|path| is_program(path))
    }

    /// Where a program runs that has no directory of its own.
    pub(super) fn home(&self) -> Option<PathBuf> {
        let home = self.value("HOME").or_else(|| self.value("USERPROFILE"));
        home.map(PathBuf::from)
    }

    /// What Windows finds a program by besides its name.
    fn endings(&self) -> impl Iterator<Item = &str> {
        let own = self.value("PATHEXT").unwrap_or_default();
        std::iter::once("").chain(own.split(';').filter(|ending| !ending.is_empty()))
    }

    fn value(&self, name: &str) -> Option<&str> {
        let found = self.environment.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_32_each_failure_is_waited_for_longer_up_to_a_minute() {
        let waits: Vec<u64> = (1..=9)
            .map(|failures| McpPolicy::usual().wait(failures).as_secs())
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(McpPolicy::usual().wait(u32::MAX).as_secs(), 60);
    }
}
