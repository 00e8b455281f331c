//! Questions of servers to the person: something that a tool wants to know in the middle of its work.
//!
//! Two dangers. A person takes the question for ours, so it always says which server asks, and what looks like a secret says
//! to whom it would go. And a page answers in the person's place, so a yes counts only where it does for approvals
//! (SEC-24). What was answered goes to the server and nowhere else: no log, no history, no model has it from us.
//!
//! Deliberately not here: who may answer, and who opens an address, which are the control plane's and the shell's to check.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{ApprovalId, Failure, FailureKind, McpServer};
use serde_json::{Map, Value};
use tokio::sync::oneshot;

use crate::Engine;
use crate::control::{McpField, McpFieldKind, McpQuestion, QuestionAction, Topic};
use crate::mcp::Asked as Question;

/// How long a person is waited for where the settings do not say.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a person has said.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// These values, which fit the question.
    Values(Map<String, Value>),
    /// Nothing, and the tool may go on without.
    No,
    /// Nothing, and the tool should stop; or nobody was there.
    Stop,
}

/// The questions that wait.
#[derive(Default)]
pub(crate) struct Questions {
    /// In the order in which they were asked.
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    view: McpQuestion,
    answer: oneshot::Sender<Said>,
}

impl Questions {
    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The questions that wait, oldest first.
    pub fn waiting(&self) -> Vec<McpQuestion> {
        self.lock().iter().map(|one| one.view.clone()).collect()
    }

    fn take(&self, id: &ApprovalId) -> Option<Waiting> {
        let mut waiting = self.lock();
        let at = waiting.iter().position(|one| one.view.id == *id)?;
        Some(waiting.remove(at))
    }
}

/// Takes a question back that nobody waits for any more.
struct Asked<'a> {
    engine: &'a Engine,
    id: ApprovalId,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.engine.questions().take(&self.id).is_some() {
            self.engine.changed(Topic::Approvals, None);
        }
    }
}

/// Asks the person, and waits as long as for an approval. Whoever drops the wait takes the question back.
///
/// # Errors
/// When the machine has no randomness.
pub(crate) async fn ask(
    engine: &Engine,
    server: &McpServer,
    tools: Vec<String>,
    question: Question,
) -> Result<Said, Failure> {
    let seconds = engine.roster().now().settings.approval_seconds;
    let patience = seconds.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.into()));
    let asked_at = engine.clock().now();
    let view = McpQuestion {
        id: engine.ids().approval()?,
        server: server.id.clone(),
        server_name: server.name.clone(),
        tools,
        message: question.message,
        fields: question.fields,
        address: question.address,
        asked_at,
        expires_at: asked_at.plus(patience),
    };
    let (answer, answered) = oneshot::channel();
    let _asked = Asked {
        engine,
        id: view.id.clone(),
    };
    engine.questions().lock().push(Waiting { view, answer });
    engine.changed(Topic::Approvals, None);
    match tokio::time::timeout(patience, answered).await {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(_)) | Err(_) => Ok(Said::Stop),
    }
}

/// Takes a person's answer to what waits.
///
/// # Errors
/// [`FailureKind::NotFound`] when it does not wait any more; [`FailureKind::InvalidRequest`] naming the field that does not
/// fit, and then it waits on.
pub(crate) fn answer(
    engine: &Engine,
    id: &ApprovalId,
    action: QuestionAction,
    values: Option<&str>,
) -> Result<(), Failure> {
    let gone = || {
        Failure::new(FailureKind::NotFound, "This question does not wait any more.")
            .with_hint("Whoever asked has left, or it was answered, or its time is over.")
    };
    let said = match action {
        QuestionAction::Decline => Said::No,
        QuestionAction::Cancel => Said::Stop,
        QuestionAction::Accept => {
            let fields = {
                let waiting = engine.questions().lock();
                let found = waiting.iter().find(|one| one.view.id == *id);
                found.map(|one| one.view.fields.clone())
            };
            Said::Values(read(&fields.ok_or_else(gone)?, values.unwrap_or("{}"))?)
        }
    };
    let waiting = engine.questions().take(id).ok_or_else(gone)?;
    // whoever asked has left in this moment
    let _left = waiting.answer.send(said);
    engine.changed(Topic::Approvals, None);
    Ok(())
}

/// Reads what a person has filled in, as it fits the fields.
fn read(fields: &[McpField], text: &str) -> Result<Map<String, Value>, Failure> {
    // what was filled in is not repeated: it may be a secret
    let given: Map<String, Value> = serde_json::from_str(text)
        .map_err(|_| Failure::invalid("values", "The values are one JSON object."))?;
    if let Some(name) = given
        .keys()
        .find(|name| !fields.iter().any(|field| field.name == **name))
    {
        return Err(Failure::invalid("values", format!("Nobody asked for {name:?}.")));
    }
    let mut values = Map::new();
    for field in fields {
        match given.get(&field.name) {
            None | Some(Value::Null) if field.required => {
                return Err(Failure::invalid(
                    "values",
                    format!("{:?} has to be filled in.", field.name),
                ));
            }
            None | Some(Value::Null) => {}
            Some(value) if fits(&field.kind, value) => {
                values.insert(field.name.clone(), value.clone());
            }
            Some(_) => {
                return Err(Failure::invalid(
                    "values",
                    format!("{:?} is not what was asked for.", field.name),
                ));
            }
        }
    }
    Ok(values)
}

fn fits(kind: &McpFieldKind, value: &Value) -> bool {
    let within = |length: usize, least: Option<u32>, most: Option<u32>| {
        least.is_none_or(|least| u64::from(least) <= length as u64)
            && most.is_none_or(|most| length as u64 <= u64::from(most))
    };
    match (kind, value) {
        (McpFieldKind::Text { least, most, .. }, Value::String(text)) => {
            within(text.chars().count(), *least, *most)
        }
        (
            McpFieldKind::Number {
                whole,
                minimum,
                maximum,
                ..
            },
            Value::Number(number),
        ) => {
            let Some(value) = number.as_f64() else {
                return false;
            };
            (!whole || number.is_i64() || number.is_u64())
                && minimum.is_none_or(|minimum| minimum <= value)
                && maximum.is_none_or(|maximum| value <= maximum)
        }
        (McpFieldKind::YesNo { .. }, Value::Bool(_)) => true,
        (McpFieldKind::Choice { options, .. }, Value::String(text)) => {
            options.iter().any(|option| option.value == *text)
        }
        (
            McpFieldKind::Choices {
                options, least, most, ..
            },
            Value::Array(all),
        ) => {
            let known = |value: &Value| options.iter().any(|option| *value == option.value);
            let twice = all
                .iter()
                .enumerate()
                .any(|(at, one)| all.iter().skip(at + 1).any(|other| one == other));
            all.iter().all(known) && !twice && within(all.len(), *least, *most)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::McpOption;

    fn field(name: &str, required: bool, kind: McpFieldKind) -> McpField {
        McpField {
            name: name.into(),
            title: None,
            description: None,
            required,
            like_a_secret: false,
            kind,
        }
    }

    #[test]
    fn only_what_fits_is_an_answer() {
        let options = ["a", "b"].map(|value| McpOption {
            value: value.into(),
            title: value.into(),
        });
        let fields = [
            field(
                "name",
                true,
                McpFieldKind::Text {
                    format: None,
                    least: Some(2),
                    most: Some(4),
                    initially: None,
                },
            ),
            field(
                "age",
                false,
                McpFieldKind::Number {
                    whole: true,
                    minimum: Some(0.0),
                    maximum: Some(9.0),
                    initially: None,
                },
            ),
            field("sure", false, McpFieldKind::YesNo { initially: None }),
            field(
                "one",
                false,
                McpFieldKind::Choice {
                    options: options.to_vec(),
                    initially: None,
                },
            ),
            field(
                "some",
                false,
                McpFieldKind::Choices {
                    options: options.to_vec(),
                    least: None,
                    most: Some(1),
                    initially: vec![],
                },
            ),
        ];
        for good in [
            r#"{"name":"Ada"}"#,
            r#"{"name":"Ada","age":3,"sure":false,"one":"a","some":["b"]}"#,
            r#"{"name":"Ada","age":null}"#,
        ] {
            assert!(read(&fields, good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"name":""}"#,
            r#"{"name":"Adaline"}"#,
            r#"{"name":7}"#,
            r#"{"name":"Ada","age":3.5}"#,
            r#"{"name":"Ada","age":10}"#,
            r#"{"name":"Ada","age":"3"}"#,
            r#"{"name":"Ada","sure":"yes"}"#,
            r#"{"name":"Ada","one":"c"}"#,
            r#"{"name":"Ada","some":["a","b"]}"#,
            r#"{"name":"Ada","some":["a","a"]}"#,
            r#"{"name":"Ada","other":1}"#,
        ] {
            assert!(read(&fields, bad).is_err(), "{bad}");
        }
    }
}
