//! What the generations of Google's models want, told apart by the model's name.
//!
//! The API is one, but a field that one generation needs is an error to another. Names of other makers and
//! of private endpoints say nothing; they get what the widest range of models takes.

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// It does not think, or cannot be told to.
    Fixed,
    /// `thinkingBudget`, in tokens.
    Budget,
    /// `thinkingLevel`, a word.
    Level,
}

/// One model's ways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dialect {
    pub(super) thinking: Thinking,
    /// It is one of the large models, which cannot be told not to think.
    pub(super) pro: bool,
    /// It knows the level `medium` (the first large model of the third generation does not).
    pub(super) medium: bool,
    /// It refuses calls of the running turn whose signature is missing (W-168).
    pub(super) signatures: bool,
    /// Results of tools may hold images and files.
    pub(super) media_in_results: bool,
    /// It takes a form of the answer and tools in one request.
    pub(super) format_with_tools: bool,
}

impl Dialect {
    /// The ways of the model of this name.
    pub(super) fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
        let version = name.strip_prefix("gemini-");
        let (major, minor) = version.map_or((0, 0), number);
        let newest = major >= 3 || (version.is_some() && name.ends_with("-latest"));
        let says_nothing = version.is_none() && !name.starts_with("gemma") && !name.starts_with("learnlm");
        let makes_media = name.contains("-image") || name.contains("-tts");
        let thinking = if newest && !makes_media {
            Thinking::Level
        } else if ((major, minor) == (2, 5) && !makes_media) || says_nothing {
            Thinking::Budget
        } else {
            Thinking::Fixed
        };
        Self {
            thinking,
            pro: name.contains("-pro"),
            medium: !name.starts_with("gemini-3-pro"),
            signatures: newest,
            media_in_results: newest,
            format_with_tools: newest,
        }
    }
}

/// The version that a name begins with, `2.5-flash`.
fn number(name: &str) -> (u32, u32) {
    let version = name.split('-').next().unwrap_or(name);
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    (major.parse().unwrap_or(0), minor.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_told_apart() {
        for (model, thinking, signatures) in [
            ("gemini-1.5-flash", Thinking::Fixed, false),
            ("gemini-2.0-flash", Thinking::Fixed, false),
            ("models/gemini-2.5-pro", Thinking::Budget, false),
            ("gemini-2.5-flash-image", Thinking::Fixed, false),
            ("gemini-3-flash-preview", Thinking::Level, true),
            ("gemini-3.1-pro-preview", Thinking::Level, true),
            ("gemini-10-ultra", Thinking::Level, true),
            ("gemini-flash-latest", Thinking::Level, true),
            ("gemini-3-pro-image-preview", Thinking::Fixed, true),
            ("gemini-exp-1206", Thinking::Fixed, false),
            ("gemma-3-27b-it", Thinking::Fixed, false),
            ("projects/p/locations/l/endpoints/17", Thinking::Budget, false),
        ] {
            let dialect = Dialect::of(model);
            assert_eq!(
                (dialect.thinking, dialect.signatures),
                (thinking, signatures),
                "{model}"
            );
        }
        assert!(!Dialect::of("gemini-3-pro-preview").medium);
        assert!(Dialect::of("gemini-3.1-pro-preview").medium);
    }
}
