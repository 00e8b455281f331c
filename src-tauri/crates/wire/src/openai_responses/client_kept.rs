//! What a server keeps of requests and answers, item by item, and how a client refers to it later
//! (W-132, W-135).
//!
//! A client may name an item that it was given instead of sending it again. It is put in its place before
//! the request is read, so that nobody behind has to know of it.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::RawJson;
use serde_json::value::RawValue;

use super::provider_input::LOCAL;
use crate::json::{self, Object};

const REFERENCE: &str = "item_reference";

/// The ids of the items that a body only refers to, each once. A body that cannot be read refers to none.
pub fn references(body: &[u8]) -> Vec<String> {
    // most bodies hold none, and need not be read twice
    if memchr::memmem::find(body, REFERENCE.as_bytes()).is_none() {
        return Vec::new();
    }
    let mut ids: Vec<String> = input(body)
        .iter()
        .filter_map(|item| referred(item))
        .map(Cow::into_owned)
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The body with each item that it refers to in its place; references to others are left as they are.
pub fn resolve(body: &[u8], known: &HashMap<String, RawJson>) -> Vec<u8> {
    let Some(fields) = body_fields(body) else {
        return body.to_vec();
    };
    let mut out = Vec::with_capacity(body.len());
    let mut object = Object::open(&mut out);
    for (name, value) in fields {
        let items = Some(value).filter(|_| name == "input").and_then(json::items);
        let Some(items) = items else {
            object.raw(&name, value.get());
            continue;
        };
        let list = object.key("input");
        list.push(b'[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                list.push(b',');
            }
            let found = referred(item).and_then(|id| known.get(id.as_ref()));
            json::write_raw(found.map_or(item.get(), RawJson::get), list);
        }
        list.push(b']');
    }
    object.close();
    out
}

/// The items of a request's input, each with an id: its own, or one made from `stem`, which is the id of
/// the response. A plain text is a message of the user.
pub fn input_items(body: &[u8], stem: &str) -> Vec<RawJson> {
    let Some(fields) = body_fields(body) else {
        return Vec::new();
    };
    let Some((_, value)) = fields.into_iter().rev().find(|(name, _)| name == "input") else {
        return Vec::new();
    };
    let stem = stem.strip_prefix("resp_").unwrap_or(stem);
    let made = |at: usize| format!("msg{LOCAL}{stem}_in{at}");
    if let Some(text) = json::text(value) {
        return vec![message(&made(0), &text)];
    }
    let items = json::items(value).unwrap_or_default();
    let named = items.into_iter().enumerate();
    named.map(|(at, item)| with_id(item, || made(at))).collect()
}

/// The id of an item, when it has one.
pub fn item_id(item: &RawJson) -> Option<String> {
    let raw: &RawValue = serde_json::from_str(item.get()).ok()?;
    id_of(raw).map(Cow::into_owned)
}

/// The items of a list.
pub fn items(list: &str) -> Vec<RawJson> {
    let raw: Option<&RawValue> = serde_json::from_str(list).ok();
    let items = raw.and_then(json::items).unwrap_or_default();
    items.into_iter().map(|item| RawJson::new(item.get())).collect()
}

/// The items of a response object.
pub fn output_items(response: &[u8]) -> Vec<RawJson> {
    list(response, "output")
        .into_iter()
        .map(|item| RawJson::new(item.get()))
        .collect()
}

/// The status of a response object.
pub fn status(response: &[u8]) -> Option<String> {
    let (_, status) = body_fields(response)?
        .into_iter()
        .find(|(name, _)| name == "status")?;
    json::text(status).map(Cow::into_owned)
}

fn input(body: &[u8]) -> Vec<&RawValue> {
    list(body, "input")
}

fn list<'b>(object: &'b [u8], name: &str) -> Vec<&'b RawValue> {
    let found = body_fields(object).and_then(|fields| {
        let (_, value) = fields.into_iter().rev().find(|(key, _)| key == name)?;
        json::items(value)
    });
    found.unwrap_or_default()
}

fn body_fields(body: &[u8]) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    let raw: &RawValue = serde_json::from_slice(body).ok()?;
    json::fields(raw)
}

/// The id that an item refers to, when it is no more than a reference.
fn referred(item: &RawValue) -> Option<Cow<'_, str>> {
    let fields = json::fields(item)?;
    let kind = fields.iter().find(|(name, _)| name == "type")?;
    let refers = json::text(kind.1).is_some_and(|kind| kind == REFERENCE);
    if refers { id_of(item) } else { None }
}

fn id_of(item: &RawValue) -> Option<Cow<'_, str>> {
    let (_, id) = json::fields(item)?.into_iter().find(|(name, _)| name == "id")?;
    json::text(id).filter(|id| !id.is_empty())
}

fn message(id: &str, text: &str) -> RawJson {
    let mut out = Vec::new();
    let mut object = Object::open(&mut out);
    object.literal("type", r#""message""#);
    object.string("id", id);
    object.literal("status", r#""completed""#);
    object.literal("role", r#""user""#);
    parts_of(text, object.key("content"));
    object.close();
    RawJson::new(String::from_utf8_lossy(&out))
}

fn parts_of(text: &str, out: &mut Vec<u8>) {
    out.push(b'[');
    let mut part = Object::open(out);
    part.literal("type", r#""input_text""#);
    part.string("text", text);
    part.close();
    out.push(b']');
}

/// The item as the list of a response's input tells it: with its type, an id, and content as parts.
fn with_id(item: &RawValue, made: impl FnOnce() -> String) -> RawJson {
    let fields = json::fields(item).unwrap_or_default();
    let find = |wanted: &str| fields.iter().find(|(name, _)| name == wanted);
    let role = find("role").and_then(|(_, role)| json::text(role));
    let mut out = Vec::with_capacity(item.get().len() + 80);
    let mut object = Object::open(&mut out);
    if find("type").is_none() && role.is_some() {
        object.literal("type", r#""message""#);
    }
    if id_of(item).is_none() {
        object.string("id", &made());
    }
    for (name, value) in &fields {
        match name.as_ref() {
            "id" if id_of(item).is_none() => {}
            "content" if role.as_deref().is_some_and(|role| role != "assistant") => match json::text(value) {
                Some(text) => parts_of(&text, object.key("content")),
                None => object.raw(name, value.get()),
            },
            _ => object.raw(name, value.get()),
        }
    }
    object.close();
    RawJson::new(String::from_utf8_lossy(&out))
}
