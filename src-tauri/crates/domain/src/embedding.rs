//! What models take besides conversations: bare texts, to be turned into vectors or to be continued.

use crate::{Extra, RawJson, Usage};

/// A bare text, or what a client has made of it already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextOrTokens {
    /// A text.
    Text(String),
    /// Tokens of the model's own vocabulary.
    Tokens(Vec<u32>),
}

/// Things to embed by one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbeddingRequest {
    /// At least one.
    pub inputs: Vec<TextOrTokens>,
    /// How long the vectors shall be, where the model leaves a choice.
    pub dimensions: Option<u32>,
    /// Top-level fields that the domain does not model (`user`, `input_type`), of OpenAI's form.
    pub extra: Extra,
}

/// Vectors, one for each input and in that order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// The model that made them, in the provider's spelling.
    pub model: Option<String>,
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens with the provider's own object, when it reported them.
    pub usage: Option<(Usage, RawJson)>,
}
