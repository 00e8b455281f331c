//! Embeddings of this wire: many texts in one request, many lists of numbers back.
//!
//! Google counts no tokens here, so there is no usage to read.

use domain::{Failure, FailureKind};
use serde::Deserialize;

use super::path;
use crate::json::Object;
use crate::refusal;

/// What shall be embedded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbeddingRequest {
    /// The texts.
    pub inputs: Vec<String>,
    /// How many numbers a text shall become, where the model lets one choose.
    pub dimensions: Option<u32>,
}

/// The path of a request under the provider's base URL.
pub fn embedding_path(model: &str) -> String {
    path::resource(model) + ":batchEmbedContents"
}

/// Writes the body of a request for `model`, which each text names again.
pub fn encode_embeddings(request: &EmbeddingRequest, model: &str, out: &mut Vec<u8>) {
    let model = if model.contains('/') {
        model.to_owned()
    } else {
        format!("models/{model}")
    };
    let mut object = Object::open(out);
    let list = object.key("requests");
    list.push(b'[');
    for (at, input) in request.inputs.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        let mut one = Object::open(list);
        one.string("model", &model);
        let mut content = Object::open(one.key("content"));
        let parts = content.key("parts");
        parts.push(b'[');
        let mut part = Object::open(parts);
        part.string("text", input);
        part.close();
        parts.push(b']');
        content.close();
        if let Some(dimensions) = request.dimensions {
            one.unsigned("outputDimensionality", dimensions.into());
        }
        one.close();
    }
    list.push(b']');
    object.close();
}

#[derive(Deserialize)]
struct Body {
    embeddings: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    values: Vec<f32>,
}

/// Reads the body of a successful response: one list for each text, in their order.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it is none; what the provider says when it holds an error.
pub fn decode_embeddings(body: &[u8]) -> Result<Vec<Vec<f32>>, Failure> {
    match serde_json::from_slice::<Body>(body) {
        Ok(body) => Ok(body.embeddings.into_iter().map(|one| one.values).collect()),
        Err(_) if body.windows(7).any(|word| word == b"\"error\"") => {
            Err(refusal::in_stream(&String::from_utf8_lossy(body)))
        }
        Err(_) => Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider's answer holds no embeddings.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_lists_of_numbers() -> Result<(), Failure> {
        let request = EmbeddingRequest {
            inputs: vec!["a \"b\"".into(), "c".into()],
            dimensions: Some(2),
        };
        let mut out = Vec::new();
        encode_embeddings(&request, "gemini-embedding-001", &mut out);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a \"b\""}]},"outputDimensionality":2},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"c"}]},"outputDimensionality":2}]}"#
        );
        assert_eq!(
            embedding_path("gemini-embedding-001"),
            "/models/gemini-embedding-001:batchEmbedContents"
        );
        let lists = decode_embeddings(br#"{"embeddings":[{"values":[0.5,-1]},{"values":[2,1e-3]}]}"#)?;
        assert_eq!(lists, [[0.5, -1.0], [2.0, 0.001]]);
        assert!(decode_embeddings(b"{}").is_err());
        let failure = decode_embeddings(br#"{"error":{"code":404,"message":"models/x is not found"}}"#);
        assert_eq!(
            failure.map_err(|failure| failure.kind()),
            Err(FailureKind::ModelNotFound)
        );
        Ok(())
    }
}
