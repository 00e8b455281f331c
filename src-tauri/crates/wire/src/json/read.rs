//! Borrowed, lenient readers: a field of the wrong kind is noted, not an error of the parser, so that
//! whoever knows its path can name it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Visitor methods that answer with a fixed value for JSON kinds the reader does not want.
macro_rules! unexpected {
    ($value:expr; $($kind:ident)*) => { $(unexpected!(@ $value; $kind);)* };
    (@ $value:expr; scalar) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok($value) }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ $value:expr; string) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ $value:expr; null) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok($value) }
    };
    (@ $value:expr; seq) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            $crate::json::unexpected_seq(seq)?;
            Ok($value)
        }
    };
    (@ $value:expr; map) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            $crate::json::unexpected_map(map)?;
            Ok($value)
        }
    };
}
/// Reads past an array that nobody wants.
pub(crate) fn unexpected_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

/// Reads past an object that nobody wants.
pub(crate) fn unexpected_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// An object's key, borrowed unless it holds escapes.
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.into())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// A field that should be a string.
#[derive(Default)]
pub(crate) enum Text<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// A string.
    Str(Cow<'a, str>),
    /// Something else.
    Wrong,
}

impl<'a> Text<'a> {
    /// The string, when it is one and not empty.
    pub(crate) fn filled(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Str(text) if !text.is_empty() => Some(text),
            Self::Str(_) | Self::Absent | Self::Wrong => None,
        }
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text::Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text::Str(Cow::Owned(text.into())))
            }
            unexpected!(Text::Absent; null);
            unexpected!(Text::Wrong; scalar seq map);
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A `content` field: a string, null, or an array of parts that are read later.
#[derive(Default)]
pub(crate) enum Content<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// One text.
    Text(Cow<'a, str>),
    /// Parts.
    Parts(Vec<&'a RawValue>),
    /// Something else.
    Wrong,
}

impl<'de> Deserialize<'de> for Content<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Content<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Owned(text.into())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = seq.next_element()? {
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }
            unexpected!(Content::Absent; null);
            unexpected!(Content::Wrong; scalar map);
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A type that is made from an object's fields, one after the other.
pub(crate) trait Item<'a>: Default {
    /// Takes one field; it must read exactly one value from `map`.
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error>;
}

/// An object, or the note that it was none.
pub(crate) enum Field<T> {
    /// An object.
    Object(T),
    /// Null.
    Null,
    /// Something else.
    Wrong,
}

impl<'de, T: Item<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(std::marker::PhantomData<T>);
        impl<'de, T: Item<'de>> Visitor<'de> for Reader<T> {
            type Value = Field<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut item = T::default();
                while let Some(key) = map.next_key()? {
                    item.field(key, &mut map)?;
                }
                Ok(Field::Object(item))
            }
            unexpected!(Field::Null; null);
            unexpected!(Field::Wrong; scalar string seq);
        }
        deserializer.deserialize_any(Reader(std::marker::PhantomData))
    }
}

/// An array of objects, or the note that it was none.
#[derive(Default)]
pub(crate) enum Items<T> {
    /// Not there, or null.
    #[default]
    Absent,
    /// An array.
    List(Vec<Field<T>>),
    /// Something else.
    Wrong,
}

impl<'de, T: Item<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(std::marker::PhantomData<T>);
        impl<'de, T: Item<'de>> Visitor<'de> for Reader<T> {
            type Value = Items<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = seq.next_element()? {
                    list.push(item);
                }
                Ok(Items::List(list))
            }
            unexpected!(Items::Absent; null);
            unexpected!(Items::Wrong; scalar string map);
        }
        deserializer.deserialize_any(Reader(std::marker::PhantomData))
    }
}

/// The fields of an object as raw text, in order.
#[derive(Default)]
pub(crate) struct Fields<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Item<'a> for Fields<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        self.0.push((key.0, map.next_value()?));
        Ok(())
    }
}

/// Takes an object apart; `None` when the value is none.
pub(crate) fn fields(raw: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    match serde_json::from_str(raw.get()) {
        Ok(Field::Object(Fields(list))) => Some(list),
        Ok(Field::Null | Field::Wrong) | Err(_) => None,
    }
}

/// Takes an array apart; `None` when the value is none.
pub(crate) fn items(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// Reads a string; `None` when the value is none.
pub(crate) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    match serde_json::from_str(raw.get()) {
        Ok(Text::Str(text)) => Some(text),
        Ok(Text::Absent | Text::Wrong) | Err(_) => None,
    }
}

/// Arguments of a tool call as the object that some wires want: none are `{}`, and what is no object (a model
/// may write anything) becomes a text inside one, under `key`.
pub(crate) fn object_of<'a>(arguments: &'a str, key: &str) -> Cow<'a, str> {
    let arguments = arguments.trim();
    if arguments.is_empty() {
        return Cow::Borrowed("{}");
    }
    if arguments.starts_with('{') && serde_json::from_str::<IgnoredAny>(arguments).is_ok() {
        return Cow::Borrowed(arguments);
    }
    let mut out = Vec::new();
    let mut object = super::Object::open(&mut out);
    object.string(key, arguments);
    object.close();
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// Whether arrays and objects are nested less than `limit` deep. Raw values are skipped without recursion,
/// so that the parser's own limit does not see them; whoever parses them later would (REL-21).
pub(crate) fn depth_within(json: &[u8], limit: usize) -> bool {
    // most requests have fewer brackets than levels allowed, and counting them is much cheaper
    if json.len() < 16_384 && json.iter().filter(|byte| matches!(byte, b'{' | b'[')).count() < limit {
        return true;
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                if depth >= limit {
                    return false;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => loop {
                match memchr::memchr2(b'"', b'\\', &json[at..]) {
                    None => return true,
                    Some(found) if json[at + found] == b'"' => {
                        at += found + 1;
                        break;
                    }
                    // the escaped byte may be a quote; past the end the parser complains
                    Some(found) => at = (at + found + 2).min(json.len()),
                }
            },
            _ => {}
        }
    }
    true
}

/// The same JSON with each half of a surrogate pair that stands alone replaced by U+FFFD; `None` when
/// there is none. Some servers cut an emoji between two chunks and escape the halves (W-81).
pub(crate) fn without_lone_surrogates(json: &str) -> Option<String> {
    let unit = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &json.as_bytes()[at..]) {
        at += found;
        at += match unit(at) {
            Some(0xD800..=0xDBFF) if matches!(unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                out.push_str(&json[copied..at]);
                out.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            Some(_) => 6,
            None => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    (copied > 0).then(|| {
        out.push_str(&json[copied..]);
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_strings() {
        assert!(depth_within(br#"{"a":"[[[[[[","b":["\"[[[["]}"#, 3));
        assert!(!depth_within(b"[[[]]]", 3));
        assert!(depth_within(b"[[],[],[]]", 3));
        for broken in [&b"\"\\"[..], b"\"", b"]]]]", b"\"\\\""] {
            assert!(depth_within(broken, 3));
        }
    }

    #[test]
    fn arguments_become_an_object() {
        for (text, object) in [
            ("", "{}"),
            (" {\"a\":1} ", "{\"a\":1}"),
            ("[1]", r#"{"raw":"[1]"}"#),
            (r#"{"a":"#, r#"{"raw":"{\"a\":"}"#),
        ] {
            assert_eq!(object_of(text, "raw"), object);
        }
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced() {
        assert_eq!(without_lone_surrogates(r#""\ud83d\ude00 \\ud83d \n""#), None);
        assert_eq!(
            without_lone_surrogates(r#""a\ud83d" "\ude00b""#).as_deref(),
            Some(r#""a\ufffd" "\ufffdb""#)
        );
        assert_eq!(without_lone_surrogates("\"\\"), None);
    }
}
