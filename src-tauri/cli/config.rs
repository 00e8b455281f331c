//! `inglenook config get|set`

use domain::Failure;
use gateway::control::{KEYLESS, Nothing, Settings};

use super::door::Door;
use super::{Resolved, limits, output};

#[derive(clap::Subcommand)]
pub(crate) enum Config {
    /// Show all settings, or one.
    Get { name: Option<String> },
    /// Change a setting: `default_agent SLUG`, `port N` (at once, where Inglenook runs), `theme dark`, `vault os`,
    /// `language de` (of the window: en, de, es, fr, zh, ja, or system),
    /// `budgets 1/day,10/month` (for everything together; empty for none), `session_budget 0.50` (for each session),
    /// `fallback_price 3/15` (dollars a million tokens read and written, for models whose price nobody knows),
    /// `no_key_on_loopback true`, `remote_images leave_out` (or `fetch`, as usual: images that a message names by their
    /// address, for providers that want their bytes), `responses_days 30` (how long stored responses are kept),
    /// `ollama_port 11434` (served too, at once, for clients of Ollama that look nowhere else; 0 ends that),
    /// `keep_requests_days 30`, `keep_calls_days 365` (how long calls keep what was said, and how long calls and their
    /// cost are kept; 0 is for ever), `notifications off` (or `on`, as usual: the desktop tells of budgets near their
    /// end), `start_at_login true` (the window's app starts with the desktop session, in the tray),
    /// `check_for_updates true` (the window's app asks once a day for a newer version of itself).
    #[command(verbatim_doc_comment)]
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
            let patch = serde_json::Map::from_iter([(name.clone(), typed(&name, value)?)]);
            let changed: Settings = door.run("settings.set", &patch).await?;
            if changed.no_key_on_loopback {
                output::note(&format!("warning: {KEYLESS}"));
            }
            output::print(json, &changed, |_| "Set.".to_owned())
        }
    }
}

/// A value as its setting has it: amounts of money as people write them, a number or a truth value where it reads
/// as one, else a text.
fn typed(name: &str, value: String) -> Result<serde_json::Value, Failure> {
    let wrong = |why: String| Failure::invalid(name, format!("{value:?} does not fit: {why}."));
    Ok(match name {
        "budgets" => serde_json::json!(limits::budgets(&value).map_err(wrong)?),
        "session_budget" => serde_json::json!(limits::dollars(&value).map_err(wrong)?),
        "fallback_price" => {
            let (input, output) = value.split_once('/').unwrap_or((&value, &value));
            let micros = |text: &str| limits::dollars(text.trim()).map(domain::Money::micros);
            let (input, output) = (micros(input).map_err(wrong)?, micros(output).map_err(wrong)?);
            serde_json::json!({ "input": input, "output": output })
        }
        _ => match serde_json::from_str::<serde_json::Value>(&value) {
            Ok(value @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => value,
            _ => serde_json::Value::String(value),
        },
    })
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
