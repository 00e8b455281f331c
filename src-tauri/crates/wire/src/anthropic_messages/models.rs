//! Lists of models: the one that a provider gives, and the one that we publish (W-101).

use domain::{Abilities, Failure, FailureKind, Model};
use serde_json::Value;

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
