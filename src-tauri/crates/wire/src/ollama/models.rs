//! The list of a server's models, and what one of them can do.

use domain::{Abilities, Failure, FailureKind, Model};
use serde_json::Value;

/// Reads the body of `GET /api/tags`. Most servers tell only names there; [`decode_details`] tells the rest.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is no list of models.
pub fn decode_models(body: &[u8]) -> Result<Vec<Model>, Failure> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let list = value["models"].as_array().ok_or_else(|| {
        Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's list of models cannot be read.",
        )
    })?;
    Ok(list
        .iter()
        .filter_map(|model| {
            let name = model["model"].as_str().or_else(|| model["name"].as_str())?;
            let context = model["details"]["context_length"].as_u64();
            Some(described(name, context, &model["capabilities"]))
        })
        .filter(|model| !model.id.is_empty())
        .collect())
}

/// Reads the body of `POST /api/show`, asked for the model of that name.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it describes no model.
pub fn decode_details(name: &str, body: &[u8]) -> Result<Model, Failure> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    if !value.is_object() {
        return Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's description of the model cannot be read.",
        ));
    }
    let info = &value["model_info"];
    let architecture = info["general.architecture"].as_str().unwrap_or_default();
    let context = info[format!("{architecture}.context_length")].as_u64();
    Ok(described(name, context, &value["capabilities"]))
}

fn described(name: &str, context: Option<u64>, capabilities: &Value) -> Model {
    let list = capabilities.as_array();
    let says = |word: &str| Some(list?.iter().any(|item| item == word));
    Model {
        id: name.to_owned(),
        context: context.filter(|tokens| *tokens > 0),
        max_output: None,
        abilities: Abilities {
            tools: says("tools"),
            images: says("vision"),
            reasoning: says("thinking"),
        },
        price: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_details_are_read() -> Result<(), Failure> {
        let tags = br#"{"models":[
            {"name":"qwen3:8b","model":"qwen3:8b","size":1,"details":{"family":"qwen3"}},
            {"name":"old"},
            {"model":"new","details":{"context_length":4096},"capabilities":["completion","tools"]},
            {"size":1}]}"#;
        let models = decode_models(tags)?;
        let told: Vec<_> = models
            .iter()
            .map(|m| (m.id.as_str(), m.context, m.abilities.tools))
            .collect();
        assert_eq!(
            told,
            [
                ("qwen3:8b", None, None),
                ("old", None, None),
                ("new", Some(4096), Some(true))
            ]
        );
        let show = br#"{"capabilities":["completion","vision","thinking"],"details":{},
            "model_info":{"general.architecture":"qwen3","qwen3.context_length":40960}}"#;
        let model = decode_details("qwen3:8b", show)?;
        assert_eq!((model.id.as_str(), model.context), ("qwen3:8b", Some(40_960)));
        let abilities = model.abilities;
        assert_eq!(
            (abilities.tools, abilities.images, abilities.reasoning),
            (Some(false), Some(true), Some(true))
        );
        assert!(decode_models(b"<html>").is_err() && decode_models(b"{}").is_err());
        assert!(decode_details("x", b"[]").is_err());
        Ok(())
    }
}
