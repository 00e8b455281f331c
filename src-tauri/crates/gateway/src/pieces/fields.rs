//! Fields of an answer that come in pieces.
//!
//! OpenRouter and those who do as it does stream `reasoning_details` as arrays of fragments, and want them
//! back as the whole answer would have held them (W-173). Other fields come once.

use domain::{Extra, RawJson};
use serde_json::Value;

/// The fields as far as they have come.
#[derive(Default)]
pub(crate) struct Fields(Vec<(String, Vec<RawJson>)>);

impl Fields {
    /// Takes those in whose name is `wanted`.
    pub fn add(&mut self, extra: &Extra, wanted: impl Fn(&str) -> bool) {
        for (name, value) in extra.iter().filter(|(name, _)| wanted(name)) {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, pieces)) => pieces.push(value.clone()),
                None => self.0.push((name.to_owned(), vec![value.clone()])),
            }
        }
    }

    /// All of them, each as one.
    pub fn whole(&self) -> Extra {
        let mut whole = Extra::new();
        for (name, pieces) in &self.0 {
            if let Some(value) = joined(pieces) {
                whole.set(name, value);
            }
        }
        whole
    }
}

/// Lists are joined; of anything else the last one counts.
fn joined(pieces: &[RawJson]) -> Option<RawJson> {
    let last = pieces.last()?.clone();
    if pieces.len() == 1 {
        return Some(last);
    }
    let mut items = Vec::new();
    for piece in pieces {
        let Ok(Value::Array(list)) = piece.parse() else {
            return Some(last);
        };
        list.into_iter().for_each(|item| join(item, &mut items));
    }
    Some(RawJson::of(&Value::Array(items)))
}

/// A fragment goes on the item before it when that is of the same kind and place and can be read; what is
/// sealed is always an item by itself.
fn join(item: Value, items: &mut Vec<Value>) {
    let (Some(Value::Object(before)), Value::Object(fields)) = (items.last_mut(), &item) else {
        return items.push(item);
    };
    let kind = fields.get("type").and_then(Value::as_str);
    let readable = matches!(kind, Some("reasoning.text" | "reasoning.summary"));
    let same = |name| before.get(name) == fields.get(name);
    if !readable || !same("type") || !same("index") {
        return items.push(item);
    }
    for (name, value) in fields {
        match (before.get_mut(name), value) {
            (Some(Value::String(so_far)), Value::String(more)) if matches!(&**name, "text" | "summary") => {
                so_far.push_str(more);
            }
            // an empty signature stands where the real one has yet to come
            (Some(Value::String(_)), Value::String(empty)) if empty.is_empty() => {}
            (Some(_), Value::Null) => {}
            _ => {
                before.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pieces: &[(&str, &str)]) -> Vec<(String, Value)> {
        let mut gathered = Fields::default();
        for (name, value) in pieces {
            let mut extra = Extra::new();
            extra.set(*name, RawJson::new(*value));
            gathered.add(&extra, |_| true);
        }
        let whole = gathered.whole();
        let read = |(name, value): (&str, &RawJson)| (name.to_owned(), value.parse().unwrap_or_default());
        whole.iter().map(read).collect()
    }

    #[test]
    fn fragments_become_what_the_whole_answer_would_have_held() {
        let name = "reasoning_details";
        let found = whole(&[
            (
                name,
                r#"[{"type":"reasoning.text","text":"The ","signature":"","format":"a","index":0}]"#,
            ),
            (
                name,
                r#"[{"type":"reasoning.text","text":"user","signature":"","format":"a","index":0}]"#,
            ),
            (
                name,
                r#"[{"type":"reasoning.text","text":"","signature":"EqU","format":null,"index":0}]"#,
            ),
            (name, r#"[{"type":"reasoning.text","text":"Next","index":1}]"#),
            (
                name,
                r#"[{"type":"reasoning.encrypted","data":"x","index":1},{"type":"reasoning.encrypted","data":"y","index":1}]"#,
            ),
        ]);
        let expected = serde_json::json!([
            {"type": "reasoning.text", "text": "The user", "signature": "EqU", "format": "a", "index": 0},
            {"type": "reasoning.text", "text": "Next", "index": 1},
            {"type": "reasoning.encrypted", "data": "x", "index": 1},
            {"type": "reasoning.encrypted", "data": "y", "index": 1},
        ]);
        assert_eq!(found, [(name.to_owned(), expected)]);
    }

    #[test]
    fn one_piece_stays_as_it_came_and_the_last_of_others_counts() {
        let mut extra = Extra::new();
        extra.set("reasoning_details", RawJson::new(r#"[{"b": 1.0, "a": 2}]"#));
        extra.set("annotations", RawJson::new("[]"));
        let mut pieces = Fields::default();
        pieces.add(&extra, |name| name != "annotations");
        extra.take("annotations");
        assert_eq!(pieces.whole(), extra);
        let last = whole(&[("thought_signature", r#""a""#), ("thought_signature", r#""b""#)]);
        assert_eq!(last, [("thought_signature".to_owned(), Value::from("b"))]);
    }
}
