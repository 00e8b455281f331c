//! Where things are kept, ours and those of other programs, when nobody says otherwise: the platform's place for a user's data, never a cache.

use std::path::PathBuf;

/// Where other programs keep their settings, when the user says otherwise in the variables that they themselves
/// read.
#[derive(clap::Args, Clone)]
pub(super) struct Folders {
    #[arg(
        long,
        global = true,
        env = "XDG_CONFIG_HOME",
        hide = true,
        hide_env_values = true
    )]
    config_home: Option<PathBuf>,
    #[arg(long, global = true, env = "CODEX_HOME", hide = true, hide_env_values = true)]
    codex_home: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        env = "LLM_USER_PATH",
        hide = true,
        hide_env_values = true
    )]
    llm_user_path: Option<PathBuf>,
}

impl Folders {
    /// With the defaults filled in. These programs keep their settings in one place on every Unix, macOS included.
    pub(super) fn resolved(self) -> gateway::connect::Folders {
        let home = dirs::home_dir();
        let settings = if cfg!(windows) {
            dirs::config_dir()
        } else {
            self.config_home
                .or_else(|| home.as_ref().map(|home| home.join(".config")))
        };
        gateway::connect::Folders {
            home,
            settings,
            codex: self.codex_home,
            llm: self.llm_user_path,
        }
    }
}

/// What servers of tools get of our environment.
#[expect(
    clippy::disallowed_methods,
    reason = "as arguments they would be our own settings; they are handed on as they are"
)]
pub(super) fn inherited() -> Vec<(String, String)> {
    let value = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    gateway::INHERITED.iter().filter_map(value).collect()
}

/// The data directory.
pub(super) fn data() -> PathBuf {
    base().join("inglenook")
}

/// The starter model's weights, shared by all data directories of this user.
pub(super) fn models() -> PathBuf {
    base().join("inglenook").join("models")
}

fn base() -> PathBuf {
    dirs::data_dir().unwrap_or_else(|| PathBuf::from("."))
}
