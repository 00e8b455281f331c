//! `inglenook approval …`: what agents want to do, for a person at a terminal.
//!
//! A model writes the arguments. A terminal obeys some characters, so none that it might obey is printed as it is.

use domain::{ApprovalId, AskReason, Decision, Failure, Reach};
use gateway::control::{
    AnswerApproval, ApprovalName, ApprovalView, McpField, McpFieldKind, McpOption, McpQuestion, Nothing,
    QuestionAction, StandingApprovalView,
};
use serde_json::{Map, Value, json};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Approval {
    /// What agents want to do and wait for, oldest first.
    List,
    /// Allow it or deny it.
    Answer {
        /// Which, as `list` shows it.
        #[arg(value_parser = id)]
        id: ApprovalId,
        /// Once; for this session; always, for exactly the same; or not at all.
        decision: Answer,
    },
    /// What servers of tools want to know in the middle of their work, oldest first.
    Questions,
    /// Answer such a question: `reply ID NAME=VALUE…`. What goes to the server is what you write here.
    Reply {
        /// Which, as `questions` shows it.
        #[arg(value_parser = id)]
        id: ApprovalId,
        /// A field and what is filled in; of several choices one each.
        #[arg(value_name = "NAME=VALUE")]
        values: Vec<String>,
        /// Fill nothing in; the tool may go on without.
        #[arg(long, conflicts_with_all = ["values", "cancel"])]
        decline: bool,
        /// Fill nothing in; the tool should stop.
        #[arg(long, conflicts_with = "values")]
        cancel: bool,
    },
    /// What is allowed for always.
    Standing,
    /// Allow it no longer.
    Revoke {
        /// Which, as `standing` shows it.
        #[arg(value_parser = id)]
        id: ApprovalId,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Answer {
    Once,
    Session,
    Always,
    Deny,
}

fn id(text: &str) -> Result<ApprovalId, String> {
    ApprovalId::parse(text).ok_or_else(|| "an approval's id begins with ap_".to_owned())
}

pub(super) async fn run(args: Approval, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Approval, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Approval::List => {
            let waiting: Vec<ApprovalView> = door.run("approval.list", &Nothing {}).await?;
            output::print(json, &waiting, |waiting| match waiting.as_slice() {
                [] => "Nothing waits for you.".to_owned(),
                waiting => waiting.iter().map(question).collect::<Vec<_>>().join("\n\n"),
            })
        }
        Approval::Answer { id, decision } => {
            let decision = match decision {
                Answer::Once => Decision::Once,
                Answer::Session => Decision::Session,
                Answer::Always => Decision::Always,
                Answer::Deny => Decision::Deny,
            };
            let args = AnswerApproval {
                approval: id,
                decision,
            };
            let nothing: Nothing = door.run("approval.answer", &args).await?;
            output::print(json, &nothing, |_| match decision {
                Decision::Deny => "Denied.".to_owned(),
                Decision::Once | Decision::Session | Decision::Always => "Allowed.".to_owned(),
            })
        }
        Approval::Questions => {
            let waiting: Vec<McpQuestion> = door.run("mcp.questions", &Nothing {}).await?;
            output::print(json, &waiting, |waiting| match waiting.as_slice() {
                [] => "No server wants to know anything.".to_owned(),
                waiting => waiting.iter().map(form).collect::<Vec<_>>().join("\n\n"),
            })
        }
        Approval::Reply {
            id,
            values,
            decline,
            cancel,
        } => {
            let action = match (decline, cancel) {
                (true, _) => QuestionAction::Decline,
                (false, true) => QuestionAction::Cancel,
                (false, false) => QuestionAction::Accept,
            };
            let waiting: Vec<McpQuestion> = door.run("mcp.questions", &Nothing {}).await?;
            let fields = waiting.into_iter().find(|one| one.id == id).map(|one| one.fields);
            let filled = filled(&fields.unwrap_or_default(), &values)?;
            let wanted = json!({"question": id, "action": action, "values": filled.to_string()});
            let nothing: Nothing = door.run("mcp.answer", &wanted).await?;
            output::print(json, &nothing, |_| match action {
                QuestionAction::Accept => "Answered.".to_owned(),
                QuestionAction::Decline | QuestionAction::Cancel => "Not answered.".to_owned(),
            })
        }
        Approval::Standing => {
            let standing: Vec<StandingApprovalView> = door.run("approval.standing", &Nothing {}).await?;
            output::print(json, &standing, |standing| {
                if standing.is_empty() {
                    return "Nothing is allowed for always.".to_owned();
                }
                let row = |one: &StandingApprovalView| {
                    vec![
                        one.id.to_string(),
                        plain(&one.agent_name),
                        plain(one.client.as_deref().unwrap_or("you")),
                        plain(&one.tool),
                        plain(&one.arguments),
                        output::when(one.created_at),
                    ]
                };
                let rows: Vec<_> = standing.iter().map(row).collect();
                output::table(&["ID", "AGENT", "ASKED BY", "TOOL", "ARGUMENTS", "SINCE"], &rows)
            })
        }
        Approval::Revoke { id } => {
            let nothing: Nothing = door.run("approval.revoke", &ApprovalName { id }).await?;
            output::print(json, &nothing, |_| "It asks again from now on.".to_owned())
        }
    }
}

/// The values as the fields want them.
fn filled(fields: &[McpField], pairs: &[String]) -> Result<Value, Failure> {
    let mut values = Map::new();
    for pair in pairs {
        let Some((name, text)) = pair.split_once('=') else {
            return Err(Failure::invalid("values", "A value is written NAME=VALUE."));
        };
        let kind = fields
            .iter()
            .find(|field| field.name == name)
            .map(|field| &field.kind);
        // what is neither stays a text, which is refused by name
        let read = || serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        let value = match kind {
            Some(McpFieldKind::Number { .. } | McpFieldKind::YesNo { .. }) => read(),
            Some(McpFieldKind::Choices { .. }) => {
                let mut all = values.remove(name).unwrap_or_else(|| json!([]));
                if let Some(all) = all.as_array_mut() {
                    all.push(Value::from(text));
                }
                all
            }
            Some(McpFieldKind::Text { .. } | McpFieldKind::Choice { .. }) | None => Value::from(text),
        };
        values.insert(name.to_owned(), value);
    }
    Ok(Value::Object(values))
}

/// A server's question with its fields.
fn form(asked: &McpQuestion) -> String {
    let mut text = format!(
        "{}\n  asks      the server {} ({}), at work: {}\n  says      {}",
        asked.id,
        asked.server,
        plain(&asked.server_name),
        plain(&asked.tools.join(", ")),
        plain(&asked.message),
    );
    if let Some(address) = &asked.address {
        text.push_str(&format!(
            "\n  visit     {}\n            open it yourself; `approval reply` says that you do",
            plain(address)
        ));
    }
    for field in &asked.fields {
        let fits = match &field.kind {
            McpFieldKind::Text { .. } => "a text".to_owned(),
            McpFieldKind::Number { whole: true, .. } => "a whole number".to_owned(),
            McpFieldKind::Number { .. } => "a number".to_owned(),
            McpFieldKind::YesNo { .. } => "true or false".to_owned(),
            McpFieldKind::Choice { options, .. } => format!("one of {}", values_of(options)),
            McpFieldKind::Choices { options, .. } => format!("some of {}", values_of(options)),
        };
        let must = if field.required { ", needed" } else { "" };
        let about = field
            .title
            .iter()
            .chain(&field.description)
            .map(|text| plain(text));
        let about = about.collect::<Vec<_>>().join(": ");
        text.push_str(&format!(
            "\n  field     {} ({fits}{must}) {about}",
            plain(&field.name)
        ));
        if field.like_a_secret {
            text.push_str(&format!(
                "\n  careful   this sounds like a secret; it would go to {}",
                asked.server
            ));
        }
    }
    text
}

fn values_of(options: &[McpOption]) -> String {
    options
        .iter()
        .map(|option| plain(&option.value))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A question with all that it is about.
pub(super) fn question(asked: &ApprovalView) -> String {
    let reach = match asked.reach {
        Reach::Reads => "reads what is here",
        Reach::Sends => "sends what it is told to somewhere else",
        Reach::Changes => "changes something",
    };
    let client = match &asked.client {
        Some(client) => format!(", called by {}", plain(client)),
        None => String::new(),
    };
    let mut text = format!(
        "{}\n  agent     {}{client}\n  tool      {}, which {reach}\n  arguments {}",
        asked.id,
        plain(&asked.agent_name),
        plain(&asked.tool),
        plain(&asked.arguments),
    );
    if let Some(directory) = &asked.directory {
        text.push_str(&format!("\n  in        {}", plain(directory)));
    }
    if asked.reasons.contains(&AskReason::Tainted) {
        let source = asked.tainted_by.as_deref().map(plain).unwrap_or_default();
        text.push_str(&format!(
            "\n  careful   something from outside is in this conversation ({source}); it may be what wants this"
        ));
    }
    text
}

/// A text with everything that is no ordinary character written out.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
        match hidden {
            true => plain.extend(c.escape_unicode()),
            false => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(plain("rm -rf /\u{1b}[2K\r{}"), "rm -rf /\\u{1b}[2K\\u{d}{}");
        assert_eq!(plain("safe\u{202e}elif"), "safe\\u{202e}elif");
        assert_eq!(plain("Grüße, 日本"), "Grüße, 日本");
    }
}
