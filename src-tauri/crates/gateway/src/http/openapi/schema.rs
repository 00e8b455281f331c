//! JSON Schema (2020-12, as OpenAPI 3.1 has it) by the word.
//!
//! Objects are open: clients may send fields that nobody here knows, and providers' fields survive in answers.
//! A field of a request that may be left out may be null too, for some clients write every field of their
//! own type; in answers null is there only where it is said.

use serde_json::{Map, Value, json};

/// A schema.
#[derive(Clone, Debug)]
pub(super) struct Schema(Map<String, Value>);

impl From<Schema> for Value {
    fn from(schema: Schema) -> Self {
        Self::Object(schema.0)
    }
}

fn of_type(name: &str) -> Schema {
    Schema(Map::new()).with("type", name)
}

/// Anything at all.
pub(super) fn anything() -> Schema {
    Schema(Map::new())
}

/// A string.
pub(super) fn text() -> Schema {
    of_type("string")
}

/// One of these strings.
pub(super) fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    text().with("enum", json!(words))
}

/// This string and no other.
pub(super) fn literal(word: &str) -> Schema {
    text().with("const", word)
}

/// True or false.
pub(super) fn boolean() -> Schema {
    of_type("boolean")
}

/// A number.
pub(super) fn number() -> Schema {
    of_type("number")
}

/// A whole number.
pub(super) fn integer() -> Schema {
    of_type("integer")
}

/// A whole number that is not negative.
pub(super) fn count() -> Schema {
    integer().least(0)
}

/// A point in time, in seconds since 1970.
pub(super) fn seconds() -> Schema {
    integer().said("Seconds since 1970.")
}

/// Null and nothing else.
pub(super) fn null() -> Schema {
    of_type("null")
}

/// An array of these.
pub(super) fn list(items: Schema) -> Schema {
    of_type("array").with("items", items)
}

/// An object.
pub(super) fn object() -> Schema {
    of_type("object")
}

/// The schema of this name.
pub(super) fn of(name: &str) -> Schema {
    Schema(Map::new()).with("$ref", format!("#/components/schemas/{name}"))
}

/// Any of these.
pub(super) fn any_of(choices: impl IntoIterator<Item = Schema>) -> Schema {
    let choices: Vec<Value> = choices.into_iter().map(Value::from).collect();
    Schema(Map::new()).with("anyOf", choices)
}

impl Schema {
    fn with(mut self, keyword: &str, value: impl Into<Value>) -> Self {
        self.0.insert(keyword.to_owned(), value.into());
        self
    }

    /// What it is.
    pub fn said(self, text: &str) -> Self {
        self.with("description", text)
    }

    /// A field that is always there.
    pub fn needs(mut self, name: &str, schema: Schema) -> Self {
        if let Value::Array(required) = self.0.entry("required").or_insert_with(|| json!([])) {
            required.push(name.into());
        }
        self.may(name, schema)
    }

    /// A field that may be there.
    pub fn may(mut self, name: &str, schema: Schema) -> Self {
        if let Value::Object(properties) = self.0.entry("properties").or_insert_with(|| json!({})) {
            properties.insert(name.to_owned(), schema.into());
        }
        self
    }

    /// A field of a request that may be left out or null.
    pub fn takes(self, name: &str, schema: Schema) -> Self {
        self.may(name, schema.or_null())
    }

    /// What the values of its unnamed fields are.
    pub fn others(self, schema: Schema) -> Self {
        self.with("additionalProperties", schema)
    }

    /// This, or null.
    pub fn or_null(mut self) -> Self {
        match self.0.get("type").and_then(Value::as_str) {
            Some(kind) if !self.0.contains_key("enum") && !self.0.contains_key("const") => {
                let kinds = json!([kind, "null"]);
                self.with("type", kinds)
            }
            Some(_) | None if self.0.is_empty() => self,
            Some(_) | None => {
                let said = self.0.remove("description");
                let either = any_of([self, null()]);
                match said {
                    Some(said) => either.with("description", said),
                    None => either,
                }
            }
        }
    }

    /// The least value of a number.
    pub fn least(self, least: i64) -> Self {
        self.with("minimum", least)
    }

    /// The greatest value of a number.
    pub fn most(self, most: i64) -> Self {
        self.with("maximum", most)
    }

    /// How many items a list has at least.
    pub fn at_least(self, items: u64) -> Self {
        self.with("minItems", items)
    }

    /// How many items a list has at most.
    pub fn at_most(self, items: u64) -> Self {
        self.with("maxItems", items)
    }

    /// How long a string is, in characters.
    pub fn long(self, least: u64, most: u64) -> Self {
        self.with("minLength", least).with("maxLength", most)
    }

    /// The regular expression that a string matches.
    pub fn pattern(self, pattern: &str) -> Self {
        self.with("pattern", pattern)
    }

    /// At least one of these fields is there.
    pub fn needs_one(self, names: &[&str]) -> Self {
        let choices: Vec<Value> = names.iter().map(|name| json!({ "required": [name] })).collect();
        self.with("anyOf", choices)
    }

    /// The fields of another object beside its own.
    pub fn and(mut self, other: Schema) -> Self {
        for (keyword, value) in other.0 {
            match (self.0.get_mut(&keyword), value) {
                (Some(Value::Object(ours)), Value::Object(theirs)) => ours.extend(theirs),
                (Some(Value::Array(ours)), Value::Array(theirs)) => ours.extend(theirs),
                (Some(_), _) => {}
                (None, value) => {
                    self.0.insert(keyword, value);
                }
            }
        }
        self
    }
}
