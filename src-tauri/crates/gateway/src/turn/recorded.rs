//! What tools gave in a run that is over, in place of running them.
//!
//! A run that is gone through again must do nothing: no file is written twice, no page asked, no person. So nothing here
//! knows how to run a tool. What the record has no answer to ends the run with its name; to make something up, or to run
//! it after all, would be another run.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use domain::{Message, Part};

use super::run::Wanted;
use crate::canonical;

/// What a tool gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordedResult {
    pub parts: Vec<Part>,
    pub is_error: bool,
}

/// A call of a tool in a run that is gone through again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The tool, as the model called it.
    pub name: String,
    /// JSON text of the model.
    pub arguments: String,
    /// Whether the record had an answer.
    pub known: bool,
}

/// The results of a run that is over, each to be given once.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    left: HashMap<(String, String), VecDeque<RecordedResult>>,
    asked: Vec<Asked>,
}

impl Recorded {
    /// Of an answer with its tools' calls and results in it.
    pub fn of(answer: &Message) -> Self {
        let mut left: HashMap<_, VecDeque<_>> = HashMap::new();
        let mut open: Vec<(&str, (String, String))> = Vec::new();
        for part in &answer.parts {
            match part {
                Part::ToolCall {
                    id, name, arguments, ..
                } => open.push((id, (name.clone(), canonical::arguments(arguments)))),
                Part::ToolResult {
                    call_id,
                    parts,
                    is_error,
                    ..
                } => {
                    // of calls with one id the nearest that has no result yet
                    let Some(at) = open.iter().rposition(|(id, _)| id == call_id) else {
                        continue;
                    };
                    let (_, key) = open.remove(at);
                    left.entry(key).or_default().push_back(RecordedResult {
                        parts: parts.clone(),
                        is_error: *is_error,
                    });
                }
                Part::Text { .. }
                | Part::Image(_)
                | Part::File(_)
                | Part::Audio(_)
                | Part::Reasoning { .. }
                | Part::Refusal { .. }
                | Part::Opaque { .. } => {}
            }
        }
        Self {
            state: Mutex::new(State {
                left,
                asked: Vec::new(),
            }),
        }
    }

    /// The results of these calls, in their order; `None` when the record has no answer to one of them.
    pub(super) fn take(&self, wanted: &[Wanted]) -> Option<Vec<RecordedResult>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { left, asked } = &mut *state;
        let results = wanted.iter().map(|call| {
            let key = (call.name.clone(), canonical::arguments(&call.arguments));
            let result = left.get_mut(&key).and_then(VecDeque::pop_front);
            asked.push(Asked {
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                known: result.is_some(),
            });
            result
        });
        results.collect()
    }

    /// What was asked for so far.
    pub fn asked(&self) -> Vec<Asked> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked.clone()
    }

    /// The call that the record had no answer to.
    pub fn missing(&self) -> Option<Asked> {
        self.asked().into_iter().find(|asked| !asked.known)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Extra, Role};

    use super::*;

    fn answer(parts: Vec<Part>) -> Message {
        Message {
            role: Role::Assistant,
            parts,
            extra: Extra::new(),
        }
    }

    fn call(id: &str, arguments: &str) -> Part {
        Part::ToolCall {
            id: id.into(),
            name: "look".into(),
            arguments: arguments.into(),
            extra: Extra::new(),
        }
    }

    fn gives(id: &str, text: &str) -> Part {
        Part::ToolResult {
            call_id: id.into(),
            parts: vec![Part::text(text)],
            is_error: false,
            extra: Extra::new(),
        }
    }

    fn wanted(arguments: &str) -> Wanted {
        Wanted {
            id: "new".into(),
            name: "look".into(),
            arguments: arguments.into(),
            own: true,
            changes: false,
        }
    }

    #[test]
    fn each_result_is_given_once_in_the_order_of_use() {
        let recorded = Recorded::of(&answer(vec![
            call("0", r#"{"a":1,"b":2}"#),
            gives("0", "first"),
            call("0", r#"{"b": 2, "a": 1}"#),
            gives("0", "second"),
        ]));
        let text = |results: Option<Vec<RecordedResult>>| {
            results.map(|all| {
                all.iter()
                    .map(|one| Part::plain_text(&one.parts))
                    .collect::<Vec<_>>()
            })
        };
        let same = wanted(r#"{ "b":2, "a":1 }"#);
        assert_eq!(
            text(recorded.take(std::slice::from_ref(&same))),
            Some(vec!["first".to_owned()])
        );
        assert_eq!(
            text(recorded.take(std::slice::from_ref(&same))),
            Some(vec!["second".to_owned()])
        );
        assert_eq!(recorded.missing(), None);
        assert_eq!(recorded.take(&[same]), None);
        assert_eq!(recorded.take(&[wanted("{}")]), None);
        assert_eq!(recorded.asked().len(), 4);
        assert!(
            recorded
                .missing()
                .is_some_and(|missing| missing.arguments.contains("\"b\":2"))
        );
    }
}
