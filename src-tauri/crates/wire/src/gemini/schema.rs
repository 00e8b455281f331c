//! Google's older schema dialect, a cut of OpenAPI's, turned into JSON Schema.
//!
//! It writes types in capitals, `nullable` beside the type and lengths as strings. Order and spelling of all
//! else stay as they are, for models read a schema from the top.

use domain::RawJson;
use serde_json::value::RawValue;

use crate::json::{self, Object};

/// The JSON Schema of the same meaning.
pub(super) fn read(raw: &RawValue) -> RawJson {
    let mut out = Vec::new();
    convert(raw, &mut out);
    RawJson::new(String::from_utf8_lossy(&out))
}

fn convert(raw: &RawValue, out: &mut Vec<u8>) {
    let Some(fields) = json::fields(raw) else {
        return json::write_raw(raw.get(), out);
    };
    let has = |wanted: &str| fields.iter().any(|(name, _)| name == wanted);
    let nullable = fields
        .iter()
        .any(|(name, value)| name == "nullable" && value.get() == "true");
    let typed = has("type");
    let mut object = Object::open(out);
    for (name, value) in &fields {
        match keyword(name) {
            "type" => type_of(value, nullable, &mut object),
            // without a type there is nothing that it could be added to
            "nullable" if typed || value.get() != "true" => {}
            "enum" if nullable => {
                let list = object.key("enum");
                list.push(b'[');
                for item in json::items(value).unwrap_or_default() {
                    json::write_raw(item.get(), list);
                    list.push(b',');
                }
                list.extend_from_slice(b"null]");
            }
            "properties" | "$defs" | "definitions" | "patternProperties" => {
                named(value, object.key(keyword(name)));
            }
            "items" | "additionalProperties" | "not" => convert(value, object.key(keyword(name))),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => each(value, object.key(keyword(name))),
            "minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties" | "maxProperties" => {
                let spelled = json::text(value);
                let number = spelled.filter(|text| text.parse::<u64>().is_ok());
                object.raw(keyword(name), number.as_deref().unwrap_or(value.get()));
            }
            name => object.raw(name, value.get()),
        }
    }
    object.close();
}

/// The keyword under its one name.
fn keyword(name: &str) -> &str {
    match name {
        "any_of" => "anyOf",
        "prefix_items" => "prefixItems",
        "additional_properties" => "additionalProperties",
        "property_ordering" => "propertyOrdering",
        "min_items" => "minItems",
        "max_items" => "maxItems",
        "min_length" => "minLength",
        "max_length" => "maxLength",
        "min_properties" => "minProperties",
        "max_properties" => "maxProperties",
        "defs" => "$defs",
        "ref" => "$ref",
        other => other,
    }
}

fn type_of(value: &RawValue, nullable: bool, object: &mut Object<'_>) {
    let Some(word) = json::text(value) else {
        return object.raw("type", value.get());
    };
    let word = word.to_ascii_lowercase();
    if word == "type_unspecified" {
        return;
    }
    let out = object.key("type");
    if nullable {
        out.push(b'[');
        json::write_string(&word, out);
        out.extend_from_slice(br#","null"]"#);
    } else {
        json::write_string(&word, out);
    }
}

fn named(value: &RawValue, out: &mut Vec<u8>) {
    let Some(fields) = json::fields(value) else {
        return json::write_raw(value.get(), out);
    };
    let mut object = Object::open(out);
    for (name, schema) in fields {
        convert(schema, object.key(&name));
    }
    object.close();
}

fn each(value: &RawValue, out: &mut Vec<u8>) {
    let Some(items) = json::items(value) else {
        return json::write_raw(value.get(), out);
    };
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        convert(item, out);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_keep_their_meaning_and_order() -> Result<(), serde_json::Error> {
        for (theirs, ours) in [
            (
                r#"{"type":"OBJECT","properties":{"zoo":{"type":"STRING","nullable":true,"enum":["a"]},"age":{"type":"INTEGER","format":"int32"}},"required":["zoo"],"propertyOrdering":["zoo","age"]}"#,
                r#"{"type":"object","properties":{"zoo":{"type":["string","null"],"enum":["a",null]},"age":{"type":"integer","format":"int32"}},"required":["zoo"],"propertyOrdering":["zoo","age"]}"#,
            ),
            (
                r#"{"type":"ARRAY","minItems":"2","items":{"any_of":[{"type":"NUMBER"},{"type":"BOOLEAN"}]}}"#,
                r#"{"type":"array","minItems":2,"items":{"anyOf":[{"type":"number"},{"type":"boolean"}]}}"#,
            ),
            // a property may be called like a keyword
            (
                r#"{"type":"object","properties":{"type":{"type":"STRING"},"properties":{"type":"OBJECT"}}}"#,
                r#"{"type":"object","properties":{"type":{"type":"string"},"properties":{"type":"object"}}}"#,
            ),
            (
                r#"{"nullable":true,"description":"x"}"#,
                r#"{"nullable":true,"description":"x"}"#,
            ),
            (
                r#"{"additionalProperties":false,"type":"TYPE_UNSPECIFIED"}"#,
                r#"{"additionalProperties":false}"#,
            ),
        ] {
            assert_eq!(read(serde_json::from_str(theirs)?).get(), ours);
        }
        Ok(())
    }
}
