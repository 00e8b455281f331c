//! What two JSON documents do not have in common, place by place.
//!
//! Lists are conversations more often than not, and one message more at their beginning must not make all the
//! others different: what two lists have in common at both ends is taken off, and only the middle is compared.

use serde_json::Value;

use crate::control::Difference;

/// The differences between two documents, in the order of the places; none when they say the same.
pub(crate) fn between(one: &Value, other: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(one), Some(other), &mut found);
    found
}

fn compare(path: &str, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<Difference>) {
    match (one, other) {
        (Some(one), Some(other)) if one == other => {}
        (Some(Value::Object(ones)), Some(Value::Object(others))) => {
            let added = others.keys().filter(|name| !ones.contains_key(*name));
            for name in ones.keys().chain(added) {
                let below = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                compare(&below, ones.get(name), others.get(name), found);
            }
        }
        (Some(Value::Array(ones)), Some(Value::Array(others))) => lists(path, ones, others, found),
        _ => found.push(Difference {
            path: path.to_owned(),
            window: one.map(Value::to_string),
            endpoint: other.map(Value::to_string),
        }),
    }
}

fn lists(path: &str, ones: &[Value], others: &[Value], found: &mut Vec<Difference>) {
    let same = |(one, other): &(&Value, &Value)| one == other;
    let begin = ones.iter().zip(others).take_while(same).count();
    let (ones, others) = (&ones[begin..], &others[begin..]);
    let end = ones
        .iter()
        .rev()
        .zip(others.iter().rev())
        .take_while(same)
        .count();
    let (ones, others) = (&ones[..ones.len() - end], &others[..others.len() - end]);
    for at in 0..ones.len().max(others.len()) {
        compare(
            &format!("{path}/{}", begin + at),
            ones.get(at),
            others.get(at),
            found,
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(one: &Value, other: &Value) -> Vec<String> {
        between(one, other)
            .into_iter()
            .map(|difference| difference.path)
            .collect()
    }

    #[test]
    fn a_message_more_is_one_difference() {
        let one = json!({"messages": ["a", "c"], "t": 1, "gone/": true});
        let other = json!({"messages": ["a", "b", "c"], "t": 2, "new": null});
        assert_eq!(paths(&one, &other), ["/messages/1", "/t", "/gone~1", "/new"]);
        assert_eq!(paths(&one, &one), [""; 0]);
        assert_eq!(paths(&json!(["a", "a"]), &json!(["a"])), ["/1"]);
        assert_eq!(
            paths(&json!({"a": {"b": 1}}), &json!({"a": {"b": "1"}})),
            ["/a/b"]
        );
    }
}
