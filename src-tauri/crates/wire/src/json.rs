//! Reading and writing JSON without building trees.
//!
//! A `serde_json::Value` costs an allocation for every field and loses the order of keys and the spelling
//! of numbers. The hot paths therefore read borrowed fields and keep what they do not know as raw text.

mod read;
mod write;

pub(crate) use read::{
    Content, Field, Fields, Item, Items, Key, Text, depth_within, fields, items, object_of, text,
    without_lone_surrogates,
};
pub(crate) use read::{unexpected_map, unexpected_seq};
pub(crate) use write::{
    Object, compact, concatenated as write_concatenated, escaped as write_escaped, raw as write_raw,
    string as write_string, unsigned as write_unsigned,
};
