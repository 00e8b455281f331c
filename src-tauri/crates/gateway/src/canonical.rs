//! JSON that says the same, written the same: fields in the order of their names, without spaces.
//!
//! Digests of approvals and of servers' tools are made over it, so that whoever writes the fields in another order has not
//! said something else. Maps keep the order in which their fields came, so sorting is done here and nowhere by accident.

use domain::RawJson;
use serde_json::Value;

/// A value as its text.
pub(crate) fn value(mut value: Value) -> RawJson {
    value.sort_all_objects();
    RawJson::of(&value)
}

/// The arguments of a tool, as a model wrote them; what is no JSON is itself.
pub(crate) fn arguments(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_fields_and_spaces_say_nothing() {
        let one = arguments(r#"{"b": {"y": 1, "x": [2, {"d": 1, "c": 2}]}, "a": "t"}"#);
        assert_eq!(one, r#"{"a":"t","b":{"x":[2,{"c":2,"d":1}],"y":1}}"#);
        assert_eq!(one, arguments(&one));
        assert_ne!(
            arguments("[1,2]"),
            arguments("[2,1]"),
            "of items it says something"
        );
        assert_eq!(arguments(" not json "), "not json");
    }
}
