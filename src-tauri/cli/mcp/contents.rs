//! `inglenook mcp resources|read|prompts|prompt`: what a server has besides tools.
//!
//! The danger is the terminal: all of it was written by others, so what a terminal would obey is written out. With
//! `--json` it is as it came.

use domain::{Failure, McpServerId, RawJson};
use gateway::control::{
    McpPrompt, McpPromptArgument, McpPromptMessage, McpPromptText, McpResource, McpResourceName,
    McpResourceText, UseMcpPrompt,
};
use serde_json::{Map, Value};

use super::super::door::Door;
use super::super::output;
use super::{named, shown};

pub(super) async fn resources(name: &str, door: &mut Door, json: bool) -> Result<(), Failure> {
    let all: Vec<McpResource> = door.run("mcp.resources", &named(name)?).await?;
    output::print(json, &all, |all| {
        if all.is_empty() {
            return format!("{name} lets nothing be read.");
        }
        let row = |resource: &McpResource| {
            vec![
                shown(&resource.uri),
                shown(&resource.name),
                resource.media_type.as_deref().map(shown).unwrap_or_default(),
                first_line(resource.description.as_deref()),
            ]
        };
        let rows: Vec<_> = all.iter().map(row).collect();
        output::table(&["URI", "NAME", "TYPE", "WHAT IT SAYS"], &rows)
    })
}

pub(super) async fn read(name: &str, uri: String, door: &mut Door, json: bool) -> Result<(), Failure> {
    let wanted = McpResourceName {
        id: McpServerId::new(name)?,
        uri,
    };
    let read: McpResourceText = door.run("mcp.resource", &wanted).await?;
    output::print(json, &read, |read| lines(&read.text))
}

pub(super) async fn prompts(name: &str, door: &mut Door, json: bool) -> Result<(), Failure> {
    let all: Vec<McpPrompt> = door.run("mcp.prompts", &named(name)?).await?;
    output::print(json, &all, |all| {
        if all.is_empty() {
            return format!("{name} has no prompts.");
        }
        let row = |prompt: &McpPrompt| {
            let arguments: Vec<String> = prompt.arguments.iter().map(argument).collect();
            vec![
                shown(&prompt.name),
                arguments.join(" "),
                first_line(prompt.description.as_deref().or(prompt.title.as_deref())),
            ]
        };
        let rows: Vec<_> = all.iter().map(row).collect();
        output::table(&["NAME", "TO FILL IN", "WHAT IT SAYS"], &rows)
    })
}

pub(super) async fn prompt(
    name: &str,
    prompt: String,
    arguments: &[String],
    door: &mut Door,
    json: bool,
) -> Result<(), Failure> {
    let mut filled = Map::new();
    for pair in arguments {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::invalid(
                "arguments",
                format!("{pair:?} is not NAME=VALUE."),
            ));
        };
        filled.insert(name.to_owned(), Value::from(value));
    }
    let wanted = UseMcpPrompt {
        id: McpServerId::new(name)?,
        name: prompt,
        arguments: Some(RawJson::of(&Value::Object(filled))),
    };
    let text: McpPromptText = door.run("mcp.prompt", &wanted).await?;
    output::print(json, &text, |text| {
        let one = |message: &McpPromptMessage| format!("{}:\n{}", shown(&message.role), lines(&message.text));
        text.messages.iter().map(one).collect::<Vec<_>>().join("\n\n")
    })
}

fn argument(argument: &McpPromptArgument) -> String {
    match argument.required {
        true => format!("{}=…", shown(&argument.name)),
        false => format!("[{}=…]", shown(&argument.name)),
    }
}

fn first_line(text: Option<&str>) -> String {
    shown(text.unwrap_or_default().lines().next().unwrap_or_default())
}

/// Text of strangers with its own lines.
fn lines(text: &str) -> String {
    text.lines()
        .map(|line| line.split('\t').map(shown).collect::<Vec<_>>().join("\t"))
        .collect::<Vec<_>>()
        .join("\n")
}
