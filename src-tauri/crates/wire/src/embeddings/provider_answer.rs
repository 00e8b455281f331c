//! The answer as a provider gives it.

use std::fmt;

use base64ct::{Base64, Encoding};
use domain::{Embeddings, Failure, FailureKind, RawJson, Usage};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::catalog::EmbeddingShape;
use crate::openai_chat::usage;
use crate::refusal;

/// A vector: an array of numbers, or base64 of little-endian floats.
struct Vector(Vec<f32>);

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vector;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a vector")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Vector, E> {
                let bytes = Base64::decode_vec(text).map_err(|_| E::custom("not base64"))?;
                let (numbers, rest) = bytes.as_chunks::<4>();
                if !rest.is_empty() {
                    return Err(E::custom("cut off"));
                }
                Ok(Vector(
                    numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
                ))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vector, A::Error> {
                let mut numbers = Vec::with_capacity(seq.size_hint().unwrap_or(1024));
                while let Some(number) = seq.next_element::<f32>()? {
                    numbers.push(number);
                }
                Ok(Vector(numbers))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[derive(serde::Deserialize)]
struct Listed<'a> {
    model: Option<String>,
    data: Vec<Item>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Item {
    index: Option<usize>,
    embedding: Vector,
}

#[derive(serde::Deserialize)]
struct OfCohere<'a> {
    embeddings: Typed,
    #[serde(borrow)]
    meta: Option<&'a RawValue>,
}

#[derive(serde::Deserialize)]
struct Typed {
    float: Vec<Vector>,
}

#[derive(serde::Deserialize)]
struct OfGemini {
    embeddings: Vec<Values>,
}

#[derive(serde::Deserialize)]
struct Values {
    values: Vector,
}

#[derive(serde::Deserialize)]
struct OfOllama {
    model: Option<String>,
    #[serde(default)]
    embeddings: Vec<Vector>,
    /// The one of its older route.
    embedding: Option<Vector>,
    prompt_eval_count: Option<u64>,
}

/// Reads the body of a successful response.
///
/// # Errors
/// [`FailureKind::UpstreamFailed`] when it holds no vectors; what the provider says when it holds an error.
pub fn decode_answer(shape: EmbeddingShape, body: &[u8]) -> Result<Embeddings, Failure> {
    let found = match shape {
        EmbeddingShape::OpenAi => serde_json::from_slice(body).map(listed),
        EmbeddingShape::Cohere => serde_json::from_slice(body).map(of_cohere),
        EmbeddingShape::Gemini => serde_json::from_slice(body).map(of_gemini),
        EmbeddingShape::Ollama => serde_json::from_slice(body).map(of_ollama),
    };
    match found {
        Ok(embeddings) if !embeddings.vectors.is_empty() => Ok(embeddings),
        Ok(_) | Err(_) => Err(refusal::told(body).unwrap_or_else(|| {
            Failure::new(
                FailureKind::UpstreamFailed,
                "The provider's answer holds no embeddings.",
            )
        })),
    }
}

fn plain(vectors: Vec<Vector>) -> Vec<Vec<f32>> {
    vectors.into_iter().map(|vector| vector.0).collect()
}

fn listed(mut answer: Listed<'_>) -> Embeddings {
    // those without an index stay where they are
    for (at, item) in answer.data.iter_mut().enumerate() {
        item.index.get_or_insert(at);
    }
    answer.data.sort_by_key(|item| item.index);
    Embeddings {
        model: answer.model,
        vectors: answer.data.into_iter().map(|item| item.embedding.0).collect(),
        usage: answer.usage.and_then(usage::read),
    }
}

fn of_cohere(answer: OfCohere<'_>) -> Embeddings {
    let tokens = answer.meta.and_then(|meta| {
        let read: serde_json::Value = serde_json::from_str(meta.get()).ok()?;
        let input = read["billed_units"]["input_tokens"].as_f64()?;
        Some((counted(input as u64), RawJson::new(meta.get())))
    });
    Embeddings {
        model: None,
        vectors: plain(answer.embeddings.float),
        usage: tokens,
    }
}

fn of_gemini(answer: OfGemini) -> Embeddings {
    Embeddings {
        vectors: answer.embeddings.into_iter().map(|one| one.values.0).collect(),
        ..Embeddings::default()
    }
}

fn of_ollama(answer: OfOllama) -> Embeddings {
    let mut vectors = answer.embeddings;
    vectors.extend(answer.embedding);
    let tokens = answer.prompt_eval_count;
    Embeddings {
        model: answer.model,
        vectors: plain(vectors),
        usage: tokens.map(|n| {
            (
                counted(n),
                RawJson::new(format!(r#"{{"prompt_eval_count":{n}}}"#)),
            )
        }),
    }
}

fn counted(input: u64) -> Usage {
    Usage {
        input,
        ..Usage::default()
    }
}
