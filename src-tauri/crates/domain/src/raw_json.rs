//! JSON that we carry but do not interpret, kept as the exact text it arrived in.
//!
//! Parsing it into a tree would reorder keys and round numbers; providers sign and cache by bytes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One JSON value as text. Serialised as a JSON *string* holding that text, so that it survives inside
/// tagged enums and in database columns; only the wire codecs write it out as a bare value.
///
/// Whoever builds one vouches that the text is valid JSON on one line or more; `wire` builds them from
/// values it has already parsed.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(type = "string")]
pub struct RawJson(Box<str>);

impl RawJson {
    /// Wraps text that is known to be one valid JSON value.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Serialises a value of ours.
    pub fn of(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        &self.0
    }

    /// Parses the text into a tree.
    ///
    /// # Errors
    /// When the text is not valid JSON, which means that its maker broke the promise of [`RawJson::new`].
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl std::fmt::Debug for RawJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

/// Fields that came with a value and that the domain does not model, in the order of their arrival.
/// They come out again on the same wire and are dropped, visibly, on another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct Extra(Vec<(String, RawJson)>);

impl Extra {
    /// No extra fields.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field, or replaces the field of that name in place.
    pub fn set(&mut self, name: impl Into<String>, value: RawJson) {
        let name = name.into();
        match self.0.iter_mut().find(|(n, _)| *n == name) {
            Some(slot) => slot.1 = value,
            None => self.0.push((name, value)),
        }
    }

    /// The field of that name.
    pub fn get(&self, name: &str) -> Option<&RawJson> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Takes the field of that name out.
    pub fn take(&mut self, name: &str) -> Option<RawJson> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.remove(at).1)
    }

    /// All fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
