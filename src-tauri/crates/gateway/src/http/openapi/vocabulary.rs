//! Words that are taken from our types: those of an enum, and why an answer ended in the words of each wire.

use domain::{Answer, Choice, Extra, Message, Part, Role, StopReason};
use serde_json::Value;
use ts_rs::TS;
use wire::client::Form;

use super::schema::{Schema, object, words};

/// The words of an enum that has nothing but words, as its type in TypeScript lists them.
pub(super) fn listed<T: TS>() -> Vec<String> {
    let union = T::inline(&ts_rs::Config::default());
    let words = union.split('|').map(|word| word.trim().trim_matches('"'));
    words.map(str::to_owned).collect()
}

/// One of the words of an enum.
pub(super) fn one_of<T: TS>() -> Schema {
    words(listed::<T>().iter().map(String::as_str))
}

/// An object with the fields of this one, each of this schema.
pub(super) fn fields_of(example: &impl serde::Serialize, each: &Schema) -> Schema {
    let example = serde_json::to_value(example).unwrap_or_default();
    let names = example.as_object().into_iter().flat_map(serde_json::Map::keys);
    let mut names: Vec<&String> = names.collect();
    names.sort();
    names
        .into_iter()
        .fold(object(), |object, name| object.needs(name, each.clone()))
}

/// One of the words that the writer of this form writes at this place of a whole answer, for any of the
/// domain's reasons to stop.
pub(super) fn of(form: &Form, place: &str) -> Schema {
    let mut found: Vec<String> = Vec::new();
    for reason in listed::<StopReason>()
        .iter()
        .filter_map(|word| StopReason::parse(word))
    {
        for calls in [false, true] {
            let mut body = Vec::new();
            form.whole(&answer(reason, calls), &mut body);
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            if let Some(word) = body.pointer(place).and_then(Value::as_str)
                && !found.iter().any(|known| known == word)
            {
                found.push(word.to_owned());
            }
        }
    }
    words(found.iter().map(String::as_str))
}

/// An answer that ended so. Whoever wanted tools called has called one.
fn answer(reason: StopReason, calls: bool) -> Answer {
    let call = Part::ToolCall {
        id: "call".into(),
        name: "tool".into(),
        arguments: "{}".into(),
        extra: Extra::new(),
    };
    let message = Message {
        role: Role::Assistant,
        parts: vec![if calls { call } else { Part::text("x") }],
        extra: Extra::new(),
    };
    Answer {
        choices: vec![Choice {
            message,
            reason,
            logprobs: None,
        }],
        ..Answer::default()
    }
}
