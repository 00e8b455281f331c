//! What the model may write next, where the form of its answer is demanded.
//!
//! The grammar of a JSON schema is followed by llguidance, which tells after each token which ones may follow; the
//! others lose their chance. The danger is a schema that costs more to follow than the model does: llguidance bounds
//! the work of each step, and what it cannot follow is refused before the model is asked.

use candle_core::{Device, Tensor};
use domain::{Failure, FailureKind};
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, SimpleVob, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};

use crate::engine::fault;
use crate::tokens::Tokens;

/// Makes grammars over the model's tokens; to be kept, since it reads them all.
pub(crate) struct Grammars {
    factory: ParserFactory,
}

/// A place in a grammar.
pub(crate) struct Grammar {
    matcher: Matcher,
}

impl Grammars {
    /// # Errors
    /// [`FailureKind::Internal`] when the tokens cannot be read.
    pub(crate) fn new(tokens: &Tokens) -> Result<Self, Failure> {
        let (words, end) = tokens.words()?;
        let count = u32::try_from(words.len()).map_err(|error| broken(&error))?;
        let trie = TokTrie::from(&TokRxInfo::new(count, end), &words);
        let environment: TokEnv = std::sync::Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&environment).map_err(|error| broken(&error))?;
        factory.quiet();
        Ok(Self { factory })
    }

    /// JSON of a schema. `lenient`: what of the schema is not known is passed over, for somebody checks it later.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] naming `param`, for a schema that cannot be followed.
    pub(crate) fn json(&self, mut schema: Value, lenient: bool, param: &str) -> Result<Grammar, Failure> {
        if let Value::Object(schema) = &mut schema {
            // as people write it, which is what the model has read; free spaces would be written without end
            let style = json!({
                "whitespace_flexible": false, "item_separator": ", ", "key_separator": ": ", "lenient": lenient,
            });
            schema.insert("x-guidance".to_owned(), style);
        }
        self.of(TopLevelGrammar::from_json_schema(schema), param)
    }

    /// One of these names, as JSON.
    ///
    /// # Errors
    /// [`FailureKind::InvalidRequest`] naming `tools`, for more than can be followed.
    pub(crate) fn name(&self, names: &[&str]) -> Result<Grammar, Failure> {
        self.json(json!({"enum": names}), true, "tools")
    }

    fn of(&self, grammar: TopLevelGrammar, param: &str) -> Result<Grammar, Failure> {
        let parser = self.factory.create_parser(grammar);
        let parser = parser.map_err(|error| {
            let why = in_short(&error);
            Failure::invalid(
                param,
                format!("The starter model cannot follow this schema: {why}."),
            )
            .with_hint("Make the schema simpler, or choose another model.")
        })?;
        Ok(Grammar {
            matcher: Matcher::new(Ok(parser)),
        })
    }
}

impl Grammar {
    /// The scores without those of tokens that may not follow; `None` when nothing may.
    ///
    /// # Errors
    /// [`FailureKind::Internal`], also for a step that costs too much.
    pub(crate) fn hold(&mut self, scores: &Tensor) -> Result<Option<Tensor>, Failure> {
        if self.matcher.is_stopped() {
            return Ok(None);
        }
        let allowed = self
            .matcher
            .compute_mask_or_eos()
            .map_err(|error| broken(&error))?;
        let scores = scores.to_vec1::<f32>().map_err(|error| fault(&error))?;
        let held = held(scores, &allowed);
        Tensor::new(held, &Device::Cpu)
            .map(Some)
            .map_err(|error| fault(&error))
    }

    /// Goes on by a token. True when it was the last one.
    ///
    /// # Errors
    /// [`FailureKind::Internal`] for one that may not follow.
    pub(crate) fn take(&mut self, token: u32) -> Result<bool, Failure> {
        self.matcher
            .consume_token(token)
            .map_err(|error| broken(&error))?;
        Ok(self.matcher.is_stopped())
    }
}

fn held(mut scores: Vec<f32>, allowed: &SimpleVob) -> Vec<f32> {
    for (token, score) in (0_u32..).zip(&mut scores) {
        // the model has scores for more tokens than there are
        let known = (token as usize) < allowed.len();
        if !known || !allowed.is_allowed(token) {
            *score = f32::NEG_INFINITY;
        }
    }
    scores
}

/// The first line of it, which says what is wrong; after it comes the schema.
fn in_short(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(200)
        .collect()
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    let why = in_short(error);
    Failure::new(
        FailureKind::Internal,
        format!("The starter model could not be held to the demanded form: {why}."),
    )
}
