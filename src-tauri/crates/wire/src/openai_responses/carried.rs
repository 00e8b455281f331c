//! Fields of items and of their parts that the domain has no word for.
//!
//! An item and the parts in it have fields of their own, a part of the domain has one `extra`, and other
//! wires write out what they find there. So everything that means something only here lies under one
//! name, as `{"item":{…},"part":{…}}`, which no other wire has a field for.

use std::borrow::Cow;

use domain::{Extra, RawJson};
use serde_json::value::RawValue;

use crate::json::{self, Object};

/// The name under which these fields lie in an `extra`.
pub(crate) const CARRIED: &str = "openai_responses";

/// Fields of an item (or a tool), and of one part of its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// Of the item; `None` where the part only continues the item of the part before it.
    pub(super) item: Option<Extra>,
    /// Of the part.
    pub(super) part: Extra,
}

impl Carried {
    /// Fields of an item alone.
    pub(super) fn item(item: Extra) -> Self {
        Self {
            item: Some(item),
            part: Extra::new(),
        }
    }

    /// Puts them into an `extra`, unless there are none. An item without fields counts when it `begins`
    /// behind another one of its kind, from which it must be told apart.
    pub(super) fn put(&self, begins: bool, extra: &mut Extra) {
        let item = self.item.as_ref().filter(|item| begins || !item.is_empty());
        if item.is_none() && self.part.is_empty() {
            return;
        }
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        for (key, fields) in [
            ("item", item),
            ("part", Some(&self.part).filter(|part| !part.is_empty())),
        ] {
            if let Some(fields) = fields {
                let mut inner = Object::open(object.key(key));
                inner.extra(fields, |_| true);
                inner.close();
            }
        }
        object.close();
        extra.set(CARRIED, RawJson::new(String::from_utf8_lossy(&out)));
    }

    /// Finds them in an `extra`.
    pub(super) fn find(extra: &Extra) -> Self {
        let mut found = Self::default();
        let Some(raw) = extra.get(CARRIED) else {
            return found;
        };
        for (key, value) in parse(raw) {
            match key.as_ref() {
                "item" => found.item = Some(all(value)),
                "part" => found.part = all(value),
                _ => {}
            }
        }
        found
    }
}

/// The fields of an object that is carried.
pub(super) fn parse(raw: &RawJson) -> Vec<(Cow<'_, str>, &RawValue)> {
    let value = serde_json::from_str::<&RawValue>(raw.get()).ok();
    value.and_then(json::fields).unwrap_or_default()
}

fn all(value: &RawValue) -> Extra {
    let mut extra = Extra::new();
    for (name, value) in json::fields(value).unwrap_or_default() {
        extra.set(name, RawJson::new(value.get()));
    }
    extra
}

/// Whether a value says nothing.
pub(super) fn says_nothing(value: &RawValue) -> bool {
    matches!(value.get(), "null" | "[]" | "{}")
}
