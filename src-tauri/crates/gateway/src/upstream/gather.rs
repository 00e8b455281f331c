//! A streamed answer for a caller who asked for none, put together (W-59).
//!
//! Nothing of it has reached the caller, so a stream that breaks off is an attempt that came to nothing and
//! can be made again. Of its pieces only the report of tokens is kept: those are paid for.

use domain::{Answer, Choice, Delta, Event, Message, RawJson, Role, StopReason};
use serde_json::Value;

use crate::pieces::{Fields, Parts};

/// More choices than any wire allows.
const CHOICES: usize = 128;

/// An answer as far as it has come.
#[derive(Default)]
pub(crate) struct Gathered {
    answer: Answer,
    choices: Vec<Gathering>,
}

#[derive(Default)]
struct Gathering {
    parts: Parts,
    fields: Fields,
    logprobs: Option<Value>,
    reason: Option<StopReason>,
}

impl Gathered {
    /// Takes events in.
    pub fn add(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            match event {
                Event::Started { id, model, extra } => {
                    self.answer.id = self.answer.id.take().or(id);
                    self.answer.model = self.answer.model.take().or(model);
                    extra
                        .iter()
                        .for_each(|(name, value)| self.answer.extra.set(name, value.clone()));
                }
                Event::Delta { choice, delta } => {
                    if let Some(choice) = self.choice(choice) {
                        choice.add(&delta);
                    }
                }
                Event::Finished { choice, reason } => {
                    if let Some(choice) = self.choice(choice) {
                        choice.reason = Some(reason);
                    }
                }
                Event::Usage { usage, raw } => self.answer.usage = Some((usage, raw)),
            }
        }
    }

    /// The whole answer, of at least one choice.
    pub fn whole(mut self) -> Answer {
        if self.choices.is_empty() {
            self.choices.push(Gathering::default());
        }
        self.answer.choices = self.choices.into_iter().map(Gathering::whole).collect();
        self.answer
    }

    fn choice(&mut self, index: u32) -> Option<&mut Gathering> {
        let at = usize::try_from(index).ok().filter(|at| *at < CHOICES)?;
        while self.choices.len() <= at {
            self.choices.push(Gathering::default());
        }
        self.choices.get_mut(at)
    }
}

impl Gathering {
    fn add(&mut self, delta: &Delta) {
        self.parts.add(delta);
        match delta {
            Delta::Extra { extra } => self.fields.add(extra, |_| true),
            Delta::Text {
                logprobs: Some(raw), ..
            } => self.rate(raw),
            Delta::Text { .. }
            | Delta::TextExtra { .. }
            | Delta::Reasoning { .. }
            | Delta::ReasoningEnd { .. }
            | Delta::Part { .. }
            | Delta::Refusal { .. }
            | Delta::ToolCallStart { .. }
            | Delta::ToolCallArguments { .. } => {}
        }
    }

    /// Log probabilities come as an object of lists, a few items at a time.
    fn rate(&mut self, raw: &RawJson) {
        let Ok(more) = raw.parse::<Value>() else { return };
        let (Some(Value::Object(so_far)), Value::Object(more)) = (&mut self.logprobs, &more) else {
            self.logprobs = Some(more);
            return;
        };
        for (name, value) in more {
            match (so_far.get_mut(name), value) {
                (Some(Value::Array(items)), Value::Array(new)) => items.extend(new.iter().cloned()),
                (Some(_), Value::Null) => {}
                (Some(_) | None, _) => {
                    so_far.insert(name.clone(), value.clone());
                }
            }
        }
    }

    fn whole(self) -> Choice {
        Choice {
            message: Message {
                role: Role::Assistant,
                parts: self.parts.into_vec(),
                extra: self.fields.whole(),
            },
            reason: self.reason.unwrap_or(StopReason::Stop),
            logprobs: self.logprobs.map(|all| RawJson::of(&all)),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Extra, Part};

    use super::*;

    /// What an answer comes to when it is taken to pieces and put together again.
    #[test]
    fn w_59_the_pieces_of_an_answer_are_the_answer() {
        let mut extra = Extra::new();
        extra.set("annotations", RawJson::new("[1]"));
        let choice = |text: &str| Choice {
            message: Message {
                role: Role::Assistant,
                parts: vec![
                    Part::reasoning("Hm."),
                    Part::text(text),
                    Part::ToolCall {
                        id: "c1".into(),
                        name: "add".into(),
                        arguments: "{}".into(),
                        extra: Extra::new(),
                    },
                ],
                extra: extra.clone(),
            },
            reason: StopReason::ToolCalls,
            logprobs: Some(RawJson::new(r#"{"content":[{"token":"a"}]}"#)),
        };
        let answer = Answer {
            id: Some("a1".into()),
            model: Some("m".into()),
            choices: vec![choice("One."), choice("Two.")],
            usage: None,
            extra: Extra::new(),
        };
        let mut gathered = Gathered::default();
        gathered.add(answer.clone().into_events());
        assert_eq!(gathered.whole(), answer);
    }

    #[test]
    fn w_59_log_probabilities_are_joined() {
        let mut gathered = Gathered::default();
        let piece = |text: &str, token: &str| Event::Delta {
            choice: 0,
            delta: Delta::Text {
                text: text.into(),
                logprobs: Some(RawJson::new(format!(
                    r#"{{"content":[{{"token":"{token}"}}],"refusal":null}}"#
                ))),
            },
        };
        gathered.add([piece("a", "a"), piece("b", "b")]);
        let whole = gathered.whole();
        let all: Option<Value> = whole
            .choices
            .first()
            .and_then(|choice| choice.logprobs.as_ref()?.parse().ok());
        let expected = serde_json::json!({"content": [{"token": "a"}, {"token": "b"}], "refusal": null});
        assert_eq!(all, Some(expected));
    }
}
