//! Lists of models. Bedrock has two: foundation models, and the inference profiles that newer models are
//! called through.

use domain::{Abilities, Failure, FailureKind, Model};
use serde_json::Value;

/// Reads the body of [`super::MODELS_PATH`] or of [`super::PROFILES_PATH`]. Models that write no text
/// (embeddings, images) are left out. A foundation model whose `inferenceTypesSupported` lack `ON_DEMAND`
/// can only be called by the id of one of its profiles.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is neither list.
pub fn decode_models(body: &[u8]) -> Result<Vec<Model>, Failure> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let models = value["modelSummaries"].as_array();
    let profiles = value["inferenceProfileSummaries"].as_array();
    if models.is_none() && profiles.is_none() {
        return Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's list of models cannot be read.",
        ));
    }
    let models = models.into_iter().flatten().filter_map(foundation);
    let profiles = profiles.into_iter().flatten().filter_map(profile);
    Ok(models.chain(profiles).collect())
}

fn foundation(model: &Value) -> Option<Model> {
    let speaks = |field: &str, what: &str| {
        let list = model[field].as_array()?;
        Some(list.iter().any(|item| item == what))
    };
    if speaks("outputModalities", "TEXT") == Some(false) {
        return None;
    }
    let abilities = Abilities {
        images: speaks("inputModalities", "IMAGE"),
        ..Abilities::default()
    };
    named(&model["modelId"], abilities)
}

fn profile(profile: &Value) -> Option<Model> {
    named(&profile["inferenceProfileId"], Abilities::default())
}

fn named(id: &Value, abilities: Abilities) -> Option<Model> {
    let id = id.as_str().filter(|id| !id.is_empty())?;
    Some(Model {
        id: id.to_owned(),
        context: None,
        max_output: None,
        abilities,
        price: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_read() -> Result<(), Failure> {
        let foundation = br#"{"modelSummaries":[
            {"modelId":"amazon.nova-pro-v1:0","inputModalities":["TEXT","IMAGE"],"outputModalities":["TEXT"]},
            {"modelId":"amazon.titan-embed-text-v2:0","inputModalities":["TEXT"],"outputModalities":["EMBEDDING"]},
            {"modelId":"meta.llama3-8b-instruct-v1:0","inputModalities":["TEXT"],"outputModalities":["TEXT"]},
            {"modelName":"nameless"}]}"#;
        let models = decode_models(foundation)?;
        let told: Vec<_> = models
            .iter()
            .map(|m| (m.id.as_str(), m.abilities.images))
            .collect();
        assert_eq!(
            told,
            [
                ("amazon.nova-pro-v1:0", Some(true)),
                ("meta.llama3-8b-instruct-v1:0", Some(false))
            ]
        );
        let profiles = br#"{"inferenceProfileSummaries":[
            {"inferenceProfileId":"us.anthropic.claude-sonnet-4-5-20250929-v1:0","status":"ACTIVE"}]}"#;
        assert_eq!(
            decode_models(profiles)?[0].id,
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
        );
        for wrong in [&b"<html>"[..], b"{}", br#"{"modelSummaries":{}}"#] {
            assert!(decode_models(wrong).is_err());
        }
        Ok(())
    }
}
