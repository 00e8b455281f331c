//! Pictures that a model makes of words.

/// A picture to be made by one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageRequest {
    /// What it shows.
    pub prompt: String,
    /// Its size in pixels, `1024x1536`; `None`: as the model likes.
    pub size: Option<String>,
}
