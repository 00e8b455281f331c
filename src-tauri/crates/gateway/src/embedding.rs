//! Vectors of texts, by the embedding model that the settings name. Where they name none, everything that could use
//! vectors works by words alone.
//!
//! The model is asked on the one path of every call, so that it is in the ledger and under budgets like everything else
//! that a provider is asked. Vectors are kept as little-endian 32-bit floats of length 1: how alike two are is the sum of
//! their products, and vectors of different models are never compared.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use domain::{CallSource, EmbeddingRequest, Failure, FailureKind, Target, TextOrTokens};

use crate::Engine;
use crate::turn::{Bare, Reply};

/// How many texts are sent at once.
pub(crate) const AT_ONCE: usize = 64;
/// Somebody waits for what a question is like; words alone are better than waiting longer.
const PATIENCE: Duration = Duration::from_secs(4);

/// The model that is asked, if one is.
pub(crate) fn model(engine: &Engine) -> Option<Target> {
    let roster = engine.roster().now();
    let target = roster.settings.embedding_model.clone()?;
    roster.providers.contains_key(&target.provider).then_some(target)
}

/// Vectors on their way.
type Vectors<'a> = Pin<Box<dyn Future<Output = Result<Vec<Vec<f32>>, Failure>> + Send + 'a>>;

/// The vectors of texts, at most [`AT_ONCE`], in their order.
///
/// # Errors
/// Whatever kept the model from being asked, or an answer that is no vector for each.
// a call embeds what it is to recall by, and embedding is a call: the type must end somewhere
pub(crate) fn vectors<'a>(
    engine: &'a Engine,
    model: &'a Target,
    texts: Vec<String>,
    source: CallSource,
) -> Vectors<'a> {
    Box::pin(async move {
        let count = texts.len();
        let wanted = EmbeddingRequest {
            inputs: texts.into_iter().map(TextOrTokens::Text).collect(),
            ..EmbeddingRequest::default()
        };
        let ask = Bare::Embedding(wanted).asked(engine, model, source, "embedding")?;
        let Reply::Vectors(given) = engine.turn(ask).await?.reply else {
            return Err(crate::failures::internal("an answer in place of vectors"));
        };
        let mut vectors = given.vectors;
        if vectors.len() != count || vectors.iter().any(Vec::is_empty) {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                format!("{model} did not give a vector for each text."),
            ));
        }
        vectors.iter_mut().for_each(|vector| to_length_one(vector));
        Ok(vectors)
    })
}

/// The vector of a question, with the model's name; `None` where no model is named, or where it does not answer soon.
pub(crate) async fn of_question(
    engine: &Engine,
    text: &str,
    source: &CallSource,
) -> Option<(Arc<str>, Vec<f32>)> {
    let model = model(engine)?;
    let asked = vectors(engine, &model, vec![text.to_owned()], source.clone());
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(mut vectors)) => Some((model.to_string().into(), vectors.pop()?)),
        Ok(Err(failure)) => {
            tracing::warn!(kind = failure.kind().as_str(), "a question could not be embedded");
            None
        }
        Err(_) => {
            tracing::warn!("the embedding model did not answer in time");
            None
        }
    }
}

fn to_length_one(vector: &mut [f32]) {
    let length = vector.iter().map(|n| n * n).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|n| *n /= length);
    }
}

/// A vector as it is stored.
pub(crate) fn stored(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|n| n.to_le_bytes()).collect()
}

/// How alike a vector and a stored one are, from -1 to 1; `None` when they cannot be of one model.
pub(crate) fn likeness(vector: &[f32], stored: &[u8]) -> Option<f32> {
    let (floats, rest) = stored.as_chunks::<4>();
    if floats.len() != vector.len() || !rest.is_empty() {
        return None;
    }
    let products = floats
        .iter()
        .zip(vector)
        .map(|(bytes, n)| f32::from_le_bytes(*bytes) * n);
    Some(products.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_is_told_of_what_was_stored() {
        let mut a = [3.0, 4.0];
        to_length_one(&mut a);
        let near = |one: Option<f32>, other: f32| one.is_some_and(|one| (one - other).abs() < 1e-6);
        assert!(near(likeness(&a, &stored(&a)), 1.0));
        assert!(near(likeness(&a, &stored(&[-0.6, -0.8])), -1.0));
        assert!(near(likeness(&a, &stored(&[0.8, -0.6])), 0.0));
        assert_eq!(likeness(&a, &stored(&[1.0])), None);
        assert_eq!(likeness(&a, &[0; 7]), None);
    }
}
