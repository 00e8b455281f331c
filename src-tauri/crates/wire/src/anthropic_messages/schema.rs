//! A schema of an answer as the wire takes it.
//!
//! Every object must be closed, and limits of numbers, texts and lists are refused with a 400. The order of
//! the properties is the order in which the model writes them, so the text is changed in place and never
//! sorted.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{self, Object};

/// Limits that are refused.
const REFUSED: [&str; 10] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "minProperties",
    "maxProperties",
];

/// The schema with its objects closed and without what is refused, and whether anything was left out.
pub(super) fn accepted(schema: &str) -> (Cow<'_, str>, bool) {
    let mut lossy = false;
    let mut out = Vec::new();
    match serde_json::from_str::<&RawValue>(schema) {
        Ok(raw) => write(raw, &mut out, &mut lossy),
        Err(_) => return (schema.into(), false),
    }
    (String::from_utf8(out).map_or(schema.into(), Into::into), lossy)
}

fn write(schema: &RawValue, out: &mut Vec<u8>, lossy: &mut bool) {
    let Some(fields) = json::fields(schema) else {
        // a schema may be a truth value, and `items` a list of schemas
        return list(schema, out, lossy);
    };
    let closes = fields
        .iter()
        .any(|(name, value)| name == "properties" || (name == "type" && value.get().contains("\"object\"")));
    let mut object = Object::open(out);
    for (name, value) in &fields {
        match name.as_ref() {
            refused if REFUSED.contains(&refused) => *lossy = true,
            "minItems" if !matches!(value.get(), "0" | "1") => *lossy = true,
            "additionalProperties" => {
                *lossy |= value.get() != "false";
                object.literal(name, "false");
            }
            "properties" | "$defs" | "definitions" => match json::fields(value) {
                Some(inner) => {
                    let mut named = Object::open(object.key(name));
                    for (name, schema) in inner {
                        write(schema, named.key(&name), lossy);
                    }
                    named.close();
                }
                None => object.raw(name, value.get()),
            },
            "items" | "anyOf" | "allOf" | "oneOf" => write(value, object.key(name), lossy),
            _ => object.raw(name, value.get()),
        }
    }
    if closes && !fields.iter().any(|(name, _)| name == "additionalProperties") {
        object.literal("additionalProperties", "false");
    }
    object.close();
}

fn list(value: &RawValue, out: &mut Vec<u8>, lossy: &mut bool) {
    let Some(items) = json::items(value) else {
        return json::write_raw(value.get(), out);
    };
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out, lossy);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_closed_and_limits_left_out() {
        let plain = r#"{"type":"object","properties":{"b":{"type":"string"}},"additionalProperties":false}"#;
        assert_eq!(accepted(plain), (plain.into(), false));
        let (schema, lossy) = accepted(
            r##"{"type":["object","null"],"properties":{"z":{"type":"integer","minimum":1},"a":{"$ref":"#/$defs/d"},"minimum":{"enum":["{"]}},"$defs":{"d":{"properties":{},"additionalProperties":true}},"anyOf":[{"type":"array","items":{"type":"object"},"minItems":1},true]}"##,
        );
        assert_eq!(
            schema,
            r##"{"type":["object","null"],"properties":{"z":{"type":"integer"},"a":{"$ref":"#/$defs/d"},"minimum":{"enum":["{"]}},"$defs":{"d":{"properties":{},"additionalProperties":false}},"anyOf":[{"type":"array","items":{"type":"object","additionalProperties":false},"minItems":1},true],"additionalProperties":false}"##
        );
        assert!(lossy);
        assert_eq!(accepted("nonsense"), ("nonsense".into(), false));
    }
}
