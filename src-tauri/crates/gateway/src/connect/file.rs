//! Changes a setting file of another program.
//!
//! It is somebody else's file. So it is edited where it stands, with its comments and its order; what does
//! not read as it should is left alone; the old file stays beside it; and the new one replaces it in one
//! step, so that no program ever reads half of it. A file with a key in it is this user's alone.

use std::path::{Path, PathBuf};

use domain::{Failure, FailureKind};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstRootNode};
use serde_json::Value;
use similar::TextDiff;

/// A file and what shall stand in it.
pub(super) struct File {
    pub path: PathBuf,
    pub change: Change,
}

/// What shall stand in a file.
pub(super) enum Change {
    /// Texts under these tables of a TOML file.
    Toml(Vec<(Vec<&'static str>, String)>),
    /// Values under these objects of a JSON file, comments allowed.
    Json(Vec<(Vec<String>, Value)>),
    /// Lines `name: value` of a flat YAML file.
    Lines(Vec<(&'static str, String)>),
    /// A whole new file, or what is added at the end of one that has no such section yet.
    Whole {
        text: String,
        section: &'static str,
        added: String,
    },
}

/// What was done.
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// The file as it was; `None` when there was none, or nothing changed.
    pub backup: Option<PathBuf>,
    /// What changed; empty when nothing did.
    pub diff: String,
}

/// How a file would change.
pub struct Plan {
    /// Where it is; a link is not replaced by a file.
    pub path: PathBuf,
    /// What would change; empty when nothing would.
    pub diff: String,
    before: Option<String>,
    after: String,
}

impl Plan {
    /// Looks how a file would change, and leaves it as it is.
    pub(super) fn of(file: &File) -> Result<Self, Failure> {
        let path = file.path.canonicalize().unwrap_or_else(|_| file.path.clone());
        let before = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&path, &error)),
        };
        let old = before.as_deref().unwrap_or_default();
        let after = file.change.apply(old).ok_or_else(|| unreadable(&path))?;
        let name = path.display().to_string();
        let diff = TextDiff::from_lines(old, after.as_str())
            .unified_diff()
            .header(&name, &name)
            .to_string();
        Ok(Self {
            path,
            diff,
            before,
            after,
        })
    }

    /// Changes the file.
    ///
    /// # Errors
    /// [`FailureKind::StorageFailed`] when it cannot be written. The file is then as it was.
    pub fn carry_out(self) -> Result<Written, Failure> {
        let Self {
            path,
            diff,
            before,
            after,
        } = self;
        if before.as_deref() == Some(after.as_str()) {
            return Ok(Written {
                path,
                backup: None,
                diff: String::new(),
            });
        }
        let backup = before.is_some().then(|| beside(&path));
        replace(&path, backup.as_deref(), &after).map_err(|error| failed(&path, &error))?;
        Ok(Written { path, backup, diff })
    }
}

fn replace(path: &Path, backup: Option<&Path>, new: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".inglenook-new");
    let fresh = PathBuf::from(fresh);
    match std::fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut to = options.open(&fresh)?;
    std::io::Write::write_all(&mut to, new.as_bytes())?;
    to.sync_all()?;
    if let Some(backup) = backup {
        std::fs::copy(path, backup)?;
    }
    std::fs::rename(&fresh, path)
}

/// A name beside the file that is free.
fn beside(path: &Path) -> PathBuf {
    (1..)
        .map(|n: u32| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".before-inglenook-{n}"));
            PathBuf::from(name)
        })
        .find(|path| !path.exists())
        .unwrap_or_default()
}

fn unreadable(path: &Path) -> Failure {
    Failure::new(
        FailureKind::Conflict,
        format!(
            "{} does not read as expected and was left as it is.",
            path.display()
        ),
    )
    .with_hint("Without --write the text is shown, to be put there by hand.")
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        FailureKind::StorageFailed,
        format!("{} cannot be written: {error}.", path.display()),
    )
}

impl Change {
    /// The file as it shall be; `None` when it cannot be read as what it should be.
    fn apply(&self, old: &str) -> Option<String> {
        match self {
            Self::Toml(values) => toml(old, values),
            Self::Json(values) => json(old, values),
            Self::Lines(lines) => flat(old, lines),
            Self::Whole { text, section, added } => whole(old, text, section, added),
        }
    }
}

fn toml(old: &str, values: &[(Vec<&'static str>, String)]) -> Option<String> {
    let mut document: toml_edit::DocumentMut = old.parse().ok()?;
    for (path, value) in values {
        let (name, tables) = path.split_last()?;
        let mut table = document.as_table_mut() as &mut dyn toml_edit::TableLike;
        for name in tables {
            table = table
                .entry(name)
                .or_insert_with(|| {
                    let mut table = toml_edit::Table::new();
                    table.set_implicit(true);
                    toml_edit::Item::Table(table)
                })
                .as_table_like_mut()?;
        }
        match table.get(name).and_then(toml_edit::Item::as_str) {
            Some(there) if there == value => {}
            Some(_) | None => {
                table.insert(name, toml_edit::value(value.as_str()));
            }
        }
    }
    Some(document.to_string())
}

fn json(old: &str, values: &[(Vec<String>, Value)]) -> Option<String> {
    let text = if old.trim().is_empty() { "{\n}\n" } else { old };
    let root = CstRootNode::parse(text, &ParseOptions::default()).ok()?;
    for (path, value) in values {
        let (name, objects) = path.split_last()?;
        let mut object = root.object_value()?;
        for name in objects {
            object = object.object_value_or_create(name)?;
        }
        match object.get(name) {
            Some(there) => {
                let same = there.value().is_some_and(|node| {
                    serde_json::from_str::<Value>(&node.to_string()).is_ok_and(|node| node == *value)
                });
                if !same {
                    there.set_value(input(value)?);
                }
            }
            None => {
                object.append(name, input(value)?);
            }
        }
    }
    Some(root.to_string())
}

fn input(value: &Value) -> Option<CstInputValue> {
    Some(match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect::<Option<_>>()?),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| Some((name.clone(), input(value)?));
            CstInputValue::Object(fields.iter().map(field).collect::<Option<_>>()?)
        }
    })
}

fn flat(old: &str, values: &[(&'static str, String)]) -> Option<String> {
    // a document of another form, or more than one
    if old
        .lines()
        .any(|line| line.starts_with(['{', '[', '-']) && line != "---")
    {
        return None;
    }
    let mut lines: Vec<String> = old.lines().map(str::to_owned).collect();
    for (name, value) in values {
        let new = format!("{name}: {value}");
        let is = |line: &String| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.trim_start().starts_with(':'))
        };
        let found: Vec<usize> = (0..lines.len())
            .filter(|at| lines.get(*at).is_some_and(is))
            .collect();
        match found.as_slice() {
            [] => lines.push(new),
            [at] => {
                let line = lines.get_mut(*at)?;
                *line = new;
            }
            _ => return None,
        }
    }
    let mut text = lines.join("\n");
    text.push('\n');
    Some(text)
}

fn whole(old: &str, text: &str, section: &str, added: &str) -> Option<String> {
    if old.contains(added) {
        return Some(old.to_owned());
    }
    if old.trim().is_empty() {
        return Some(format!("{text}\n"));
    }
    let is_list = section.starts_with('-');
    let has = old.lines().any(|line| line.starts_with(section));
    let is_of_its_form = if is_list {
        old.trim_start().starts_with('-')
    } else {
        !has
    };
    is_of_its_form.then(|| format!("{}\n{added}\n", old.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_order_stay() {
        let values = vec![(vec!["env".to_owned(), "B".to_owned()], Value::from("2"))];
        let old = "{\n  // mine\n  \"z\": 1,\n  \"env\": { \"A\": \"1\", \"B\": \"x\" }\n}\n";
        let new = json(old, &values).unwrap_or_default();
        assert_eq!(
            new,
            "{\n  // mine\n  \"z\": 1,\n  \"env\": { \"A\": \"1\", \"B\": \"2\" }\n}\n"
        );
        assert_eq!(
            json(&new, &values).as_deref(),
            Some(new.as_str()),
            "twice is once"
        );

        let values = vec![(vec!["profiles", "inglenook", "model"], "reviewer".to_owned())];
        let old = "# mine\nmodel = \"o\"\n\n[profiles.work]\nmodel = \"w\"\n";
        let new = toml(old, &values).unwrap_or_default();
        assert!(new.starts_with(old), "{new}");
        assert!(
            new.contains("[profiles.inglenook]\nmodel = \"reviewer\"\n"),
            "{new}"
        );
        assert_eq!(
            toml(&new, &values).as_deref(),
            Some(new.as_str()),
            "twice is once"
        );
    }

    #[test]
    fn what_does_not_read_as_it_should_is_left_alone() {
        assert_eq!(
            json(
                "{\"env\": 7}",
                &[(vec!["env".to_owned(), "B".to_owned()], Value::from(1))]
            ),
            None
        );
        assert_eq!(json("not json", &[(vec!["a".to_owned()], Value::from(1))]), None);
        assert_eq!(toml("a = ", &[(vec!["b"], "c".to_owned())]), None);
        assert_eq!(flat("- a list\n", &[("model", "m".to_owned())]), None);
        assert_eq!(
            whole(
                "models:\n  - name: mine\n",
                "x",
                "models:",
                "models:\n  - name: new"
            ),
            None
        );
    }

    #[test]
    fn flat_lines_are_replaced_or_added() {
        let values = [("model", "m".to_owned()), ("openai-api-base", "u".to_owned())];
        let new = flat("# mine\nmodel: old\ndark-mode: true\n", &values);
        assert_eq!(
            new.as_deref(),
            Some("# mine\nmodel: m\ndark-mode: true\nopenai-api-base: u\n")
        );
    }
}
