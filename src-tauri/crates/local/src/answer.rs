//! An answer in the form that was demanded, told as events.
//!
//! The danger is half a form: a call whose name was told must be followed by arguments, and what the limit of tokens
//! cuts off must end as cut off, never as whole.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use domain::{Delta, Event, Extra, Failure, FailureKind, StopReason};

use crate::demand::{self, Demand};
use crate::grammar::{Grammar, Grammars};
use crate::pen::{End, Pen};
use crate::prompt;
use crate::writer::{Writer, Written};

/// What an answer's form needs, made before the model is asked.
pub(crate) enum Form<'a> {
    Text,
    Json(Grammar),
    Call(Call<'a>),
}

/// A call that is demanded.
pub(crate) struct Call<'a> {
    /// Each tool's name and how its arguments are written.
    tools: Vec<(&'a str, Grammar)>,
    /// How the name is written; `None` for a single tool, whose name stands in the prompt.
    name: Option<Grammar>,
}

impl<'a> Form<'a> {
    /// The form of a demand; `grammars` is asked only when one is needed.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] for schemas that cannot be followed.
    pub(crate) fn of(
        demand: &Demand<'a>,
        grammars: impl FnOnce() -> Result<Arc<Grammars>, Failure>,
    ) -> Result<Self, Failure> {
        match demand {
            Demand::Text => Ok(Self::Text),
            Demand::Json(schema) => {
                let grammar = grammars()?.json(schema.clone(), false, "response_format")?;
                Ok(Self::Json(grammar))
            }
            Demand::Call(tools) => {
                let grammars = grammars()?;
                let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
                let name = (names.len() > 1).then(|| grammars.name(&names)).transpose()?;
                let tools = tools.iter().map(|tool| {
                    // whoever runs the tool checks its arguments
                    let arguments = grammars.json(demand::arguments(tool), true, "tools")?;
                    Ok((tool.name.as_str(), arguments))
                });
                let tools = tools.collect::<Result<_, Failure>>()?;
                Ok(Self::Call(Call { tools, name }))
            }
        }
    }

    /// Writes the answer. `None`: it was cancelled.
    ///
    /// # Errors
    /// [`FailureKind::Internal`].
    pub(crate) fn write(
        self,
        pen: &mut Pen<'_>,
        stops: &[String],
        emit: &mut dyn FnMut(Event),
    ) -> Result<Option<StopReason>, Failure> {
        let text = |text| Delta::Text { text, logprobs: None };
        let (end, whole) = match self {
            Self::Text => (
                tell(pen, None, Writer::new(stops), &text, emit)?,
                StopReason::Stop,
            ),
            Self::Json(mut grammar) => {
                let end = tell(pen, Some(&mut grammar), Writer::new(stops), &text, emit)?;
                (end, StopReason::Stop)
            }
            Self::Call(call) => (call.write(pen, emit)?, StopReason::ToolCalls),
        };
        Ok(match end {
            End::Whole => Some(whole),
            End::Limit => Some(StopReason::Length),
            End::Cancelled => None,
        })
    }
}

impl Call<'_> {
    fn write(mut self, pen: &mut Pen<'_>, emit: &mut dyn FnMut(Event)) -> Result<End, Failure> {
        let chosen = match &mut self.name {
            None => 0,
            Some(grammar) => {
                let mut name = Vec::new();
                let end = pen.write(Some(grammar), &mut |piece| {
                    name.extend_from_slice(piece);
                    false
                })?;
                if !matches!(end, End::Whole) {
                    return Ok(end);
                }
                pen.read(prompt::WITH)?;
                let name: String = serde_json::from_slice(&name).unwrap_or_default();
                let chosen = self.tools.iter().position(|(tool, _)| *tool == name);
                chosen.ok_or_else(|| {
                    Failure::new(
                        FailureKind::Internal,
                        "The starter model named no tool that is there.",
                    )
                })?
            }
        };
        let (name, mut arguments) = self.tools.swap_remove(chosen);
        emit(Event::Delta {
            choice: 0,
            delta: Delta::ToolCallStart {
                index: 0,
                id: id(),
                name: name.to_owned(),
                extra: Extra::new(),
            },
        });
        let fragment = |fragment| Delta::ToolCallArguments { index: 0, fragment };
        tell(pen, Some(&mut arguments), Writer::new(&[]), &fragment, emit)
    }
}

/// Writes text and tells each piece of it.
fn tell(
    pen: &mut Pen<'_>,
    grammar: Option<&mut Grammar>,
    mut writer: Writer,
    delta: &dyn Fn(String) -> Delta,
    emit: &mut dyn FnMut(Event),
) -> Result<End, Failure> {
    let mut say = |text: String| {
        if !text.is_empty() {
            emit(Event::Delta {
                choice: 0,
                delta: delta(text),
            });
        }
    };
    let mut stopped = false;
    let end = pen.write(grammar, &mut |piece| {
        match writer.push(piece) {
            Written::Text(text) => say(text),
            Written::Stopped(text) => {
                say(text);
                stopped = true;
            }
        }
        stopped
    })?;
    if !stopped
        && !matches!(end, End::Cancelled)
        && let Written::Text(text) | Written::Stopped(text) = writer.finish()
    {
        say(text);
    }
    Ok(end)
}

/// Unlike any other of the conversation (W-74); the standard library's hash keys are random enough for that.
fn id() -> String {
    format!("call_{:016x}", RandomState::new().hash_one(0))
}
