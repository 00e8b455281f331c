//! Vectors for Google's clients: `:embedContent` of one content and `:batchEmbedContents` of many.

use domain::{EmbeddingRequest, Embeddings, Failure, TextOrTokens};
use serde_json::value::RawValue;

use crate::embeddings::floats;
use crate::fields::{self, integer, missing, string, wrong_type};
use crate::json::{self, Fields, Object};

/// More contents than one request may have.
const MAX_CONTENTS: usize = 2048;

/// Reads the body of `:embedContent`. What the vector is for (`taskType`, `title`) is Google's alone.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] with the path of the field at fault.
pub fn decode_embed(body: &[u8]) -> Result<EmbeddingRequest, Failure> {
    let Fields(body) = fields::body(body)?;
    let mut out = EmbeddingRequest::default();
    one("", &body, &mut out)?;
    Ok(out)
}

/// Reads the body of `:batchEmbedContents`.
///
/// # Errors
/// As [`decode_embed`]; also when the vectors shall differ in length.
pub fn decode_batch_embed(body: &[u8]) -> Result<EmbeddingRequest, Failure> {
    let Fields(body) = fields::body(body)?;
    let found = body.iter().find(|(name, _)| name == "requests");
    let (_, list) = found.ok_or_else(|| missing("requests"))?;
    let list = json::items(list).filter(|list| (1..=MAX_CONTENTS).contains(&list.len()));
    let list = list.ok_or_else(|| wrong_type("requests", "an array of 1 to 2048 requests"))?;
    let mut out = EmbeddingRequest::default();
    for (at, request) in list.into_iter().enumerate() {
        let path = format!("requests[{at}].");
        let fields = json::fields(request).ok_or_else(|| wrong_type(&path, "an object"))?;
        let before = out.dimensions.take();
        one(&path, &fields, &mut out)?;
        if at > 0 && out.dimensions != before {
            let why = "All vectors of one batch are of one length here.";
            return Err(
                Failure::invalid(&format!("{path}outputDimensionality"), why).with_code("unsupported_value")
            );
        }
    }
    Ok(out)
}

fn one(
    path: &str,
    fields: &[(std::borrow::Cow<'_, str>, &RawValue)],
    out: &mut EmbeddingRequest,
) -> Result<(), Failure> {
    let mut text = None;
    for (name, value) in fields {
        match name.as_ref() {
            _ if value.get() == "null" => {}
            "content" => text = Some(content(&format!("{path}content"), value)?),
            "outputDimensionality" | "output_dimensionality" => {
                let most = i64::from(u32::MAX);
                let length = integer(&format!("{path}{name}"), value, 1, most)?;
                out.dimensions = length.and_then(|length| u32::try_from(length).ok());
            }
            _ => {}
        }
    }
    let text = text.ok_or_else(|| missing(&format!("{path}content")))?;
    out.inputs.push(TextOrTokens::Text(text));
    Ok(())
}

/// The texts of a content, one after the other.
fn content(path: &str, value: &RawValue) -> Result<String, Failure> {
    let fields = json::fields(value).ok_or_else(|| wrong_type(path, "an object"))?;
    let parts = fields.into_iter().find(|(name, _)| name == "parts");
    let parts = parts.and_then(|(_, parts)| json::items(parts));
    let path = format!("{path}.parts");
    let mut all = String::new();
    for (at, part) in parts.ok_or_else(|| missing(&path))?.into_iter().enumerate() {
        let path = format!("{path}[{at}].text");
        let fields = json::fields(part).unwrap_or_default();
        let text = fields.into_iter().find(|(name, _)| name == "text");
        let (_, text) = text.ok_or_else(|| missing(&path))?;
        all.push_str(&string(&path, text)?);
    }
    if all.is_empty() {
        return Err(Failure::invalid(&path, "There is no text to embed.").with_code("invalid_value"));
    }
    Ok(all)
}

/// Writes the body of an answer to `:embedContent`.
pub fn encode_embedding(embeddings: &Embeddings, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let only = embeddings.vectors.first().map(Vec::as_slice);
    values(only.unwrap_or_default(), object.key("embedding"));
    object.close();
}

/// Writes the body of an answer to `:batchEmbedContents`.
pub fn encode_batch(embeddings: &Embeddings, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    let list = object.key("embeddings");
    list.push(b'[');
    for (at, vector) in embeddings.vectors.iter().enumerate() {
        if at > 0 {
            list.push(b',');
        }
        values(vector, list);
    }
    list.push(b']');
    object.close();
}

fn values(vector: &[f32], out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    floats(vector, object.key("values"));
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_become_texts_and_vectors_come_back() -> Result<(), Failure> {
        let one = decode_embed(
            br#"{"model":"models/m","content":{"role":"user","parts":[{"text":"a "},{"text":"b"}]},
                "taskType":"RETRIEVAL_QUERY","outputDimensionality":2}"#,
        )?;
        assert_eq!(one.inputs, [TextOrTokens::Text("a b".into())]);
        assert_eq!(one.dimensions, Some(2));
        let many = decode_batch_embed(
            br#"{"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}"#,
        )?;
        assert_eq!(many.inputs.len(), 2);
        let embeddings = Embeddings {
            vectors: vec![vec![0.5], vec![-1.0]],
            ..Embeddings::default()
        };
        let (mut lone, mut batch) = (Vec::new(), Vec::new());
        encode_embedding(&embeddings, &mut lone);
        encode_batch(&embeddings, &mut batch);
        assert_eq!(
            String::from_utf8_lossy(&lone),
            r#"{"embedding":{"values":[0.5]}}"#
        );
        assert_eq!(
            String::from_utf8_lossy(&batch),
            r#"{"embeddings":[{"values":[0.5]},{"values":[-1]}]}"#
        );
        Ok(())
    }

    #[test]
    fn what_cannot_be_embedded_is_told_with_its_path() {
        for (body, path) in [
            ("{}", "content"),
            (r#"{"content":{}}"#, "content.parts"),
            (r#"{"content":{"parts":[]}}"#, "content.parts"),
            (
                r#"{"content":{"parts":[{"inlineData":{}}]}}"#,
                "content.parts[0].text",
            ),
        ] {
            let failure = decode_embed(body.as_bytes()).map_err(|failure| failure.param().map(str::to_owned));
            assert_eq!(failure, Err(Some(path.to_owned())), "{body}");
        }
        let uneven = br#"{"requests":[{"content":{"parts":[{"text":"a"}]},"outputDimensionality":2},{"content":{"parts":[{"text":"b"}]}}]}"#;
        assert!(decode_batch_embed(uneven).is_err());
    }
}
