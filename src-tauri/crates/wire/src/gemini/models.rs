//! The list of models of a provider.

use domain::{Abilities, Failure, FailureKind, Model};
use serde_json::Value;

/// Reads the body of `GET /models`: the models that answer, under the name that people know them by.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no list of models.
pub fn decode_models(body: &[u8]) -> Result<Vec<Model>, Failure> {
    let wrong = || {
        Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's list of models cannot be read.",
        )
    };
    let value: Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    // Vertex has another name for it
    let list = [&value["models"], &value["publisherModels"]]
        .into_iter()
        .find_map(Value::as_array)
        .ok_or_else(wrong)?;
    Ok(list.iter().filter_map(read).collect())
}

/// The path of the page that follows, when the provider has more models than it told.
pub fn next_page(path: &str, body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let token = value["nextPageToken"]
        .as_str()
        .filter(|token| !token.is_empty())?;
    let mut next = String::from(path);
    next.push(if path.contains('?') { '&' } else { '?' });
    next.push_str("pageToken=");
    for byte in token.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                next.push(char::from(byte))
            }
            _ => next.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(next)
}

fn read(model: &Value) -> Option<Model> {
    let name = model["name"].as_str()?;
    // `models/…`, `publishers/google/models/…`; a tuned model goes by its whole name
    let id = match name.split_once("models/") {
        Some((_, id)) => id,
        None => name,
    };
    let methods = [&model["supportedGenerationMethods"], &model["supportedActions"]]
        .into_iter()
        .find_map(Value::as_array);
    if id.is_empty() || methods.is_some_and(|list| !list.iter().any(|method| method == "generateContent")) {
        return None;
    }
    let count = |name: &str| model[name].as_u64().filter(|count| *count > 0);
    Some(Model {
        id: id.to_owned(),
        context: count("inputTokenLimit"),
        max_output: count("outputTokenLimit"),
        abilities: Abilities {
            tools: None,
            images: None,
            reasoning: model["thinking"].as_bool(),
        },
        price: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_answer_are_listed() -> Result<(), Failure> {
        let body = br#"{"models":[
            {"name":"models/gemini-2.5-flash","displayName":"Gemini 2.5 Flash","inputTokenLimit":1048576,
             "outputTokenLimit":65536,"supportedGenerationMethods":["generateContent","countTokens"],"thinking":true},
            {"name":"models/gemini-embedding-001","supportedGenerationMethods":["embedContent"]},
            {"name":"tunedModels/mine-1","supportedGenerationMethods":["generateContent"]},
            {"displayName":"nameless"}],"nextPageToken":""}"#;
        let models = decode_models(body)?;
        let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(names, ["gemini-2.5-flash", "tunedModels/mine-1"]);
        assert_eq!(
            (models[0].context, models[0].max_output),
            (Some(1_048_576), Some(65_536))
        );
        assert_eq!(models[0].abilities.reasoning, Some(true));
        assert_eq!(models[1].abilities, Abilities::default());
        let vertex =
            decode_models(br#"{"publisherModels":[{"name":"publishers/google/models/gemini-2.5-pro"}]}"#)?;
        assert_eq!(vertex[0].id, "gemini-2.5-pro");
        assert!(decode_models(b"<html>").is_err());
        assert!(decode_models(br#"{"data":[]}"#).is_err());
        assert_eq!(decode_models(br#"{"models":[]}"#)?, []);
        Ok(())
    }
}
