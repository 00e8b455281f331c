//! Lists of models: the one that a provider gives, and the one that we publish (W-101).

use domain::{Abilities, Failure, FailureKind, Model};
use serde_json::Value;

use crate::json::Object;

/// A model that we publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    /// What clients write in `model`.
    pub id: String,
    /// The name people read.
    pub display_name: String,
    /// RFC 3339.
    pub created_at: String,
    /// Context window in tokens, when known.
    pub max_input_tokens: Option<u64>,
    /// Most tokens it writes, when known.
    pub max_tokens: Option<u64>,
}

/// Which part of the list is asked for: the query of `GET /v1/models`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Most models, 1 to 1000; 20 when not said.
    pub limit: Option<u64>,
    /// What stands behind this model.
    pub after_id: Option<String>,
    /// What stands before this model, its nearest neighbours.
    pub before_id: Option<String>,
}

/// Writes a page of our list, in its order.
///
/// # Errors
/// [`FailureKind::InvalidRequest`] when the limit is out of range or no model has the id.
pub fn encode_models(models: &[ListedModel], page: &Page, out: &mut Vec<u8>) -> Result<(), Failure> {
    let limit = match page.limit {
        None => 20,
        Some(limit) => usize::try_from(limit)
            .ok()
            .filter(|limit| (1..=1000).contains(limit))
            .ok_or_else(|| Failure::invalid("limit", "'limit' is a number from 1 to 1000."))?,
    };
    let find = |param: &str, id: &str| {
        let at = models.iter().position(|model| model.id == id);
        at.ok_or_else(|| Failure::invalid(param, format!("'{param}' names a model that is not listed.")))
    };
    let mut rest = models;
    if let Some(id) = &page.after_id {
        rest = rest.get(find("after_id", id)? + 1..).unwrap_or_default();
    }
    let mut more = rest.len() > limit;
    let mut shown = rest.get(..limit).unwrap_or(rest);
    if let (Some(id), None) = (&page.before_id, &page.after_id) {
        let before = models.get(..find("before_id", id)?).unwrap_or_default();
        let start = before.len().saturating_sub(limit);
        more = start > 0;
        shown = before.get(start..).unwrap_or_default();
    }
    let mut object = Object::open(out);
    let data = object.key("data");
    data.push(b'[');
    for (at, model) in shown.iter().enumerate() {
        if at > 0 {
            data.push(b',');
        }
        write(model, data);
    }
    data.push(b']');
    object.bool("has_more", more);
    for (name, model) in [("first_id", shown.first()), ("last_id", shown.last())] {
        match model {
            Some(model) => object.string(name, &model.id),
            None => object.literal(name, "null"),
        }
    }
    object.close();
    Ok(())
}

/// Writes one model of ours alone.
pub fn encode_model(model: &ListedModel, out: &mut Vec<u8>) {
    write(model, out);
}

fn write(model: &ListedModel, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.literal("type", r#""model""#);
    object.string("id", &model.id);
    object.string("display_name", &model.display_name);
    object.string("created_at", &model.created_at);
    for (name, count) in [
        ("max_input_tokens", model.max_input_tokens),
        ("max_tokens", model.max_tokens),
    ] {
        if let Some(count) = count {
            object.unsigned(name, count);
        }
    }
    object.close();
}

/// Reads the body of `GET /models`.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no list of models.
pub fn decode_models(body: &[u8]) -> Result<Vec<Model>, Failure> {
    let value = tree(body)?;
    let list = value["data"].as_array().ok_or_else(unreadable)?;
    Ok(list.iter().filter_map(read).collect())
}

/// The path of the page that follows, when the provider has more models than it told.
///
/// # Errors
/// As [`decode_models`].
pub fn next_page(body: &[u8]) -> Result<Option<String>, Failure> {
    let value = tree(body)?;
    let last = value["last_id"].as_str().filter(|_| value["has_more"] == true);
    Ok(last.map(|id| {
        let mut path = format!("{}&after_id=", super::MODELS_PATH);
        for byte in id.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    path.push(char::from(byte))
                }
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
        path
    }))
}

fn tree(body: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(body).map_err(|_| unreadable())
}

fn unreadable() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider's list of models cannot be read.",
    )
}

fn read(model: &Value) -> Option<Model> {
    let count = |name: &str| model[name].as_u64().filter(|count| *count > 0);
    let able = |name: &str| model["capabilities"][name]["supported"].as_bool();
    Some(Model {
        id: model["id"].as_str().filter(|id| !id.is_empty())?.to_owned(),
        context: count("max_input_tokens"),
        max_output: count("max_tokens"),
        abilities: Abilities {
            // every model of this wire calls tools; imitators do not say
            tools: None,
            images: able("image_input"),
            reasoning: able("thinking"),
        },
        price: None,
    })
}
