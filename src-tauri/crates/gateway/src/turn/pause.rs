//! Answers that pause and are asked to go on, so that the caller sees one answer (W-166).
//!
//! A provider with tools of its own may stop in the middle with `pause_turn`; it goes on when it is sent back
//! what it has said so far. Each part is an attempt with its own entry in the ledger; the caller gets one
//! beginning, one end, tool calls counted on and the tokens of all parts. The danger is a caller who leaves in
//! between: what goes on is a future that is dropped with the rest.

use domain::{Answer, Delta, Event, Extra, RawJson, Usage};
use serde_json::Value;

use super::record::Recorder;

/// The field with which the wire says more than that it stopped.
const STOP_REASON: &str = "stop_reason";

/// Joins the parts of an answer.
#[derive(Default)]
pub(super) struct Seam {
    /// Parts that are over.
    parts: u32,
    /// Tool calls of the parts that are over, and of all.
    before: u32,
    calls: u32,
    /// The last piece was text, which the text of the next part does not go on.
    text: bool,
    /// Tokens of the parts that are over, and the provider's own objects added up.
    usage: Option<(Usage, RawJson)>,
    /// The same of the part that is under way.
    latest: Option<(Usage, RawJson)>,
}

impl Seam {
    /// Makes events of the part that is under way those of the whole answer, but for its tokens; `true` when
    /// it pauses with them. One that may not go on ends as the provider says.
    pub fn join(&mut self, events: &mut Vec<Event>, may_go_on: bool) -> bool {
        let mut paused = false;
        for event in events.iter() {
            if let Event::Delta { delta, .. } = event {
                paused |= may_go_on && is_pause(delta);
                self.note(delta);
            }
        }
        if !paused && self.parts == 0 {
            return false;
        }
        let before = self.before;
        let first = self.parts == 0;
        events.retain_mut(|event| match event {
            Event::Started { .. } => first,
            Event::Finished { .. } => !paused,
            Event::Delta { delta, .. } => match delta {
                Delta::ToolCallStart { index, .. } | Delta::ToolCallArguments { index, .. } => {
                    *index = index.saturating_add(before);
                    true
                }
                // it says why the part ended, and the answer has not
                Delta::Extra { extra } if paused => {
                    let _pause = extra.take(STOP_REASON);
                    !extra.is_empty()
                }
                Delta::Extra { .. }
                | Delta::Text { .. }
                | Delta::TextExtra { .. }
                | Delta::Reasoning { .. }
                | Delta::ReasoningEnd { .. }
                | Delta::Part { .. }
                | Delta::Refusal { .. } => true,
            },
            Event::Usage { .. } => true,
        });
        if paused && self.text {
            let extra = Extra::new();
            events.push(Event::Delta {
                choice: 0,
                delta: Delta::TextExtra { extra },
            });
        }
        paused
    }

    fn note(&mut self, delta: &Delta) {
        match delta {
            Delta::Extra { .. } => {}
            Delta::Text { .. } => self.text = true,
            Delta::ToolCallStart { .. } => {
                self.calls += 1;
                self.text = false;
            }
            Delta::TextExtra { .. }
            | Delta::Reasoning { .. }
            | Delta::ReasoningEnd { .. }
            | Delta::Part { .. }
            | Delta::Refusal { .. }
            | Delta::ToolCallArguments { .. } => self.text = false,
        }
    }

    /// Makes the tokens of the part those of the whole answer; of a part that is `held` they are kept for later.
    pub fn total(&mut self, events: &mut Vec<Event>, held: bool) {
        events.retain_mut(|event| {
            let Event::Usage { usage, raw } = event else {
                return true;
            };
            self.latest = Some((*usage, raw.clone()));
            if let Some((earlier, object)) = &self.usage {
                *usage = sum(*earlier, *usage);
                *raw = added(object, raw);
            }
            !held
        });
    }

    /// The part is over, and another follows.
    pub fn end_part(&mut self) {
        if let Some((usage, raw)) = self.latest.take() {
            self.usage = Some(match self.usage.take() {
                Some((earlier, object)) => (sum(earlier, usage), added(&object, &raw)),
                None => (usage, raw),
            });
        }
        self.parts += 1;
        self.before = self.calls;
    }
}

fn is_pause(delta: &Delta) -> bool {
    let Delta::Extra { extra } = delta else {
        return false;
    };
    extra
        .get(STOP_REASON)
        .is_some_and(|reason| reason.get() == r#""pause_turn""#)
}

fn sum(one: Usage, other: Usage) -> Usage {
    Usage {
        input: one.input.saturating_add(other.input),
        cached_input: one.cached_input.saturating_add(other.cached_input),
        cache_write: one.cache_write.saturating_add(other.cache_write),
        output: one.output.saturating_add(other.output),
        reasoning: one.reasoning.saturating_add(other.reasoning),
    }
}

/// Two of a provider's objects with their counts added; of the rest the later says what is.
fn added(one: &RawJson, other: &RawJson) -> RawJson {
    match (one.parse::<Value>(), other.parse::<Value>()) {
        (Ok(one), Ok(other)) => RawJson::of(&add(one, other)),
        (Err(_), _) | (_, Err(_)) => other.clone(),
    }
}

fn add(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut all), Value::Object(more)) => {
            for (name, value) in more {
                let value = match all.remove(&name) {
                    Some(before) => add(before, value),
                    None => value,
                };
                all.insert(name, value);
            }
            Value::Object(all)
        }
        (Value::Number(one), Value::Number(other)) => match (one.as_u64(), other.as_u64()) {
            (Some(one), Some(other)) => Value::from(one.saturating_add(other)),
            (None, _) | (_, None) => Value::Number(other),
        },
        (one, Value::Null) => one,
        (_, other) => other,
    }
}

/// Whether a whole answer pauses.
pub(super) fn pauses(answer: &Answer) -> bool {
    let first = answer.choices.first();
    let reason = first.and_then(|choice| choice.message.extra.get(STOP_REASON));
    reason.is_some_and(|reason| reason.get() == r#""pause_turn""#)
}

/// An answer whose tokens nobody reported gets those of the ledger (W-50).
pub(super) fn counted(mut answer: Answer, recorder: &Recorder) -> Answer {
    answer.usage = answer.usage.or_else(|| recorder.counted());
    answer
}
