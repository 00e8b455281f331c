//! Starting with the desktop session, as the settings say.
//!
//! The entry names the program and the data directory that it was asked for in, so that a second data directory
//! never takes away what the first one was told. On Linux it is a file that the desktop's specification
//! describes; elsewhere a library knows the place. What fails here is logged and holds up nothing.

use std::path::{Path, PathBuf};

/// What is started, and where the desktop looks for it.
pub struct Login {
    /// One for each data directory.
    name: String,
    arguments: Vec<String>,
    #[cfg_attr(
        not(target_os = "linux"),
        expect(dead_code, reason = "a library knows the place there")
    )]
    settings: Option<PathBuf>,
}

impl Login {
    /// `elsewhere` is the data directory where it is not the usual one, with a name for it; `settings` is where
    /// programs keep their settings.
    pub fn new(elsewhere: Option<(&Path, &str)>, settings: Option<PathBuf>) -> Self {
        let mut login = Self {
            name: "inglenook".to_owned(),
            arguments: vec!["--hidden".to_owned()],
            settings,
        };
        if let Some((data_dir, name)) = elsewhere {
            name.clone_into(&mut login.name);
            let path = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
            login
                .arguments
                .extend(["--data-dir".to_owned(), path.display().to_string()]);
        }
        login
    }

    /// Makes it so that the app starts with the session, or does not.
    pub fn set(&self, start: bool) {
        let done = match std::env::current_exe() {
            Ok(program) => self.write(start, &program).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "starting at login could not be changed");
        }
    }

    #[cfg(target_os = "linux")]
    fn write(&self, start: bool, program: &Path) -> std::io::Result<()> {
        use std::io::{Error, ErrorKind};

        let Some(settings) = &self.settings else {
            return Err(Error::new(ErrorKind::NotFound, "there is no place for settings"));
        };
        let directory = settings.join("autostart");
        let file = directory.join(format!("{}.desktop", self.name));
        if !start {
            return match std::fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            };
        }
        let words = std::iter::once(program.display().to_string()).chain(self.arguments.iter().cloned());
        let exec: Vec<String> = words.map(|word| quoted(&word)).collect();
        let entry = format!(
            "[Desktop Entry]\nType=Application\nName=Inglenook\nExec={}\nTerminal=false\nStartupNotify=false\n",
            exec.join(" ")
        );
        if std::fs::read_to_string(&file).is_ok_and(|now| now == entry) {
            return Ok(());
        }
        std::fs::create_dir_all(directory)?;
        std::fs::write(file, entry)
    }

    #[cfg(not(target_os = "linux"))]
    fn write(&self, start: bool, program: &Path) -> auto_launch::Result<()> {
        let entry = auto_launch::AutoLaunchBuilder::new()
            .set_app_name(&self.name)
            .set_app_path(&program.display().to_string())
            .set_args(&self.arguments)
            .set_macos_launch_mode(auto_launch::MacOSLaunchMode::LaunchAgent)
            .set_windows_enable_mode(auto_launch::WindowsEnableMode::CurrentUser)
            .build()?;
        match (start, entry.is_enabled()?) {
            (true, _) => entry.enable(),
            (false, true) => entry.disable(),
            (false, false) => Ok(()),
        }
    }
}

/// A word of a command line as the Desktop Entry Specification has it: quoted, and a text of the file at once, so
/// that backslashes are doubled twice.
#[cfg(target_os = "linux")]
fn quoted(word: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '\\' => quoted.push_str("\\\\\\\\"),
            '"' | '`' | '$' => {
                quoted.push_str("\\\\");
                quoted.push(letter);
            }
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str("\\n"),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_one_word_whatever_is_in_it() {
        assert_eq!(quoted("/opt/my apps/inglenook"), "\"/opt/my apps/inglenook\"");
        assert_eq!(quoted("100%$HOME"), "\"100%%\\\\$HOME\"");
        assert_eq!(quoted("a\\b\"c"), "\"a\\\\\\\\b\\\\\"c\"");
    }
}
