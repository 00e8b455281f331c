//! One conversation in the model's memory: tokens are fed, scores for the next one come out.

use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use domain::Failure;

use crate::engine::fault;

/// Tokens of a prompt in one step: between steps a cancelled call is noticed.
const STEP: usize = 16;

/// A model that has read some tokens.
pub(crate) struct Generation {
    model: ModelWeights,
    known: Vec<u32>,
}

impl Generation {
    /// A model that has read nothing; `model` is a clone that shares the weights.
    pub(crate) fn new(model: ModelWeights) -> Self {
        Self {
            model,
            known: Vec::new(),
        }
    }

    /// How many tokens it has read.
    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// How many tokens of this prompt it has read already: all it has read, or none when it read another one.
    /// At least one token must be left, since the scores come from reading it.
    pub(crate) fn knows(&self, prompt: &[u32]) -> usize {
        let strictly = self.known.len() < prompt.len();
        if strictly && prompt.starts_with(&self.known) {
            self.known.len()
        } else {
            0
        }
    }

    /// Reads the rest of a prompt that begins with what it has read. `None` when it was cancelled on the way.
    pub(crate) fn read(
        &mut self,
        prompt: &[u32],
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Option<Tensor>, Failure> {
        let mut scores = None;
        for step in prompt.get(self.known.len()..).unwrap_or_default().chunks(STEP) {
            if cancelled() {
                return Ok(None);
            }
            scores = Some(self.step(step)?);
        }
        Ok(scores)
    }

    /// Reads some tokens; gives the scores of what may follow, one for each token there is.
    pub(crate) fn step(&mut self, tokens: &[u32]) -> Result<Tensor, Failure> {
        let at = self.known.len();
        let model = &mut self.model;
        let scores = crate::compute::run(|| {
            let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
            model.forward(&input, at)?.squeeze(0)
        })?;
        self.known.extend_from_slice(tokens);
        scores.map_err(|error| fault(&error))
    }
}
