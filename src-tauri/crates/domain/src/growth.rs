//! How an answer grows while it is written.
//!
//! An answer on its way is written down four times a second. All of it each time would cost the square of its
//! length, and a thousand long answers at once would keep the disk busy with nothing else; so only what came since
//! is written. The danger is growth that is applied twice or with a hole before it: it says from which byte on it
//! holds, so twice is the same as once, and what does not fit is left out.

use serde::{Deserialize, Serialize};

use crate::Part;

/// What one part of an answer has more than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// The part's place among the answer's parts.
    pub part: usize,
    /// The byte of the part's text from which on this holds; 0 for a new part, and for one without text.
    pub from: usize,
    /// The part with its text from there on, and its other fields as they are now.
    pub grown: Part,
}

impl Growth {
    /// What `part`, which stands at place `at`, has from byte `from` of its text on. A byte within a letter gives
    /// the whole text.
    pub fn of(at: usize, part: &Part, from: usize) -> Self {
        let rest = |text: &str| text.get(from..).map(str::to_owned);
        let cut = match part {
            Part::Text { text, extra } => rest(text).map(|text| Part::Text {
                text,
                extra: extra.clone(),
            }),
            Part::Reasoning {
                text,
                signature,
                extra,
            } => rest(text).map(|text| Part::Reasoning {
                text,
                signature: signature.clone(),
                extra: extra.clone(),
            }),
            Part::Refusal { text } => rest(text).map(|text| Part::Refusal { text }),
            Part::ToolCall {
                id,
                name,
                arguments,
                extra,
            } => rest(arguments).map(|arguments| Part::ToolCall {
                id: id.clone(),
                name: name.clone(),
                arguments,
                extra: extra.clone(),
            }),
            Part::Image(_)
            | Part::File(_)
            | Part::Audio(_)
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => None,
        };
        let (from, grown) = match cut {
            Some(grown) => (from, grown),
            None => (0, part.clone()),
        };
        Self {
            part: at,
            from,
            grown,
        }
    }

    /// Adds it to the parts that there are. Growth with a hole before it is left out.
    pub fn apply(self, parts: &mut Vec<Part>) {
        let Self {
            part: at,
            from,
            mut grown,
        } = self;
        let Some(part) = parts.get_mut(at) else {
            if at == parts.len() && from == 0 {
                parts.push(grown);
            }
            return;
        };
        if from > 0 {
            let (Some(before), Some(more)) = (text_of(part), text_of(&mut grown)) else {
                return;
            };
            let Some(kept) = before.get(..from) else { return };
            more.insert_str(0, kept);
        }
        *part = grown;
    }
}

/// The text of a part that grows.
fn text_of(part: &mut Part) -> Option<&mut String> {
    match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => Some(text),
        Part::ToolCall { arguments, .. } => Some(arguments),
        Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } | Part::Opaque { .. } => {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_twice_is_growth_once_and_a_hole_is_left_out() {
        let whole = [Part::reasoning("thought é long"), Part::text("said")];
        let mut parts = vec![Part::reasoning("thought ")];
        let growth = [Growth::of(0, &whole[0], 8), Growth::of(1, &whole[1], 0)];
        for one in growth.iter().chain(&growth) {
            one.clone().apply(&mut parts);
        }
        assert_eq!(parts, whole);
        Growth::of(3, &whole[1], 0).apply(&mut parts);
        Growth {
            from: 40,
            ..growth[1].clone()
        }
        .apply(&mut parts);
        assert_eq!(parts, whole);
        assert_eq!(Growth::of(0, &whole[0], 9).from, 0, "within a letter");
    }
}
