//! `inglenook config get|set`

use domain::Failure;
use gateway::control::{Nothing, Settings};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Config {
    /// Show all settings, or one.
    Get { name: Option<String> },
    /// Change a setting; `config get` shows them all.
    ///
    /// keep_requests_days and keep_calls_days: days for which calls keep what was said, and for which calls
    /// and their cost are kept at all; 0 is for ever.
    Set { name: String, value: String },
}

pub(super) async fn run(args: Config, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Config, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Config::Get { name } => {
            let settings: Settings = door.run("settings.get", &Nothing {}).await?;
            let all = fields(&settings)?;
            match name {
                None => output::print(json, &all, |all| {
                    let lines: Vec<_> = all
                        .iter()
                        .map(|(name, value)| format!("{name} = {}", plain(value)))
                        .collect();
                    lines.join("\n")
                }),
                Some(name) => {
                    let value = all.get(&name).ok_or_else(|| unknown(&name, &all))?;
                    output::print(json, value, plain)
                }
            }
        }
        Config::Set { name, value } => {
            let settings: Settings = door.run("settings.get", &Nothing {}).await?;
            let all = fields(&settings)?;
            if !all.contains_key(&name) {
                return Err(unknown(&name, &all));
            }
            // a number or a truth value where it reads as one, else a text
            let typed = match serde_json::from_str::<serde_json::Value>(&value) {
                Ok(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => value,
                _ => serde_json::Value::String(value),
            };
            let patch = serde_json::Map::from_iter([(name, typed)]);
            let changed: Settings = door.run("settings.set", &patch).await?;
            output::print(json, &changed, |_| "Set.".to_owned())
        }
    }
}

type Fields = serde_json::Map<String, serde_json::Value>;

fn fields(settings: &Settings) -> Result<Fields, Failure> {
    match serde_json::to_value(settings) {
        Ok(serde_json::Value::Object(fields)) => Ok(fields),
        _ => Err(Failure::new(
            domain::FailureKind::Internal,
            "The settings cannot be written.",
        )),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn unknown(name: &str, all: &Fields) -> Failure {
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    Failure::invalid("name", format!("There is no setting {name:?}."))
        .with_hint(format!("There are {}.", names.join(", ")))
}
