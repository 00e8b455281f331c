//! Which token comes next: the parameters of a request, checked, and applied to the model's scores.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use candle_core::Tensor;
use candle_transformers::generation::{LogitsProcessor, Sampling};
use domain::{Failure, Params};

use crate::DEFAULT_MAX_OUTPUT;

/// What the model's authors use in its model card; higher ones make so small a model ramble.
const TEMPERATURE: f64 = 0.2;
const TOP_P: f64 = 0.9;

/// Parameters within their ranges; whatever the model does not have was refused.
#[derive(Debug)]
pub(crate) struct Checked {
    sampling: Sampling,
    seed: u64,
    presence: f64,
    frequency: f64,
    /// Most tokens to write.
    pub(crate) max_output: usize,
}

/// Checks the parameters of a request.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] naming the parameter.
pub(crate) fn check(params: &Params) -> Result<Checked, Failure> {
    let within = |name: &str, value: Option<f64>, default: f64, low: f64, high: f64| {
        let value = value.unwrap_or(default);
        if (low..=high).contains(&value) {
            return Ok(value);
        }
        Err(Failure::invalid(
            name,
            format!("{name} must lie between {low} and {high}."),
        ))
    };
    let temperature = within("temperature", params.temperature, TEMPERATURE, 0.0, 2.0)?;
    let top_p = within("top_p", params.top_p, TOP_P, 0.0, 1.0)?;
    let presence = within("presence_penalty", params.presence_penalty, 0.0, -2.0, 2.0)?;
    let frequency = within("frequency_penalty", params.frequency_penalty, 0.0, -2.0, 2.0)?;
    if params.n.is_some_and(|n| n != 1) {
        return Err(Failure::invalid(
            "n",
            "The starter model gives one answer at a time.",
        ));
    }
    if params.logprobs == Some(true) || params.top_logprobs.is_some_and(|count| count > 0) {
        return Err(Failure::invalid(
            "logprobs",
            "The starter model does not give log probabilities.",
        ));
    }
    let max_output = match params.max_output_tokens {
        Some(0) => {
            return Err(Failure::invalid(
                "max_output_tokens",
                "At least one token must be allowed.",
            ));
        }
        Some(most) => usize::try_from(most).unwrap_or(usize::MAX),
        None => DEFAULT_MAX_OUTPUT,
    };
    Ok(Checked {
        // candle reads a `top_p` of 0 as "all of them"; it means "only the likeliest"
        sampling: if temperature < 1e-7 || top_p <= 0.0 {
            Sampling::ArgMax
        } else {
            Sampling::TopP {
                p: top_p,
                temperature,
            }
        },
        // without a seed every answer may differ; the standard library's hash keys are random enough for that
        seed: params
            .seed
            .map_or_else(|| RandomState::new().hash_one(0), i64::cast_unsigned),
        presence,
        frequency,
        max_output,
    })
}

/// Chooses tokens, one after another.
pub(crate) struct Sampler {
    processor: LogitsProcessor,
    presence: f64,
    frequency: f64,
    counts: HashMap<u32, u32>,
}

impl Sampler {
    /// Begins an answer.
    pub(crate) fn new(checked: &Checked) -> Self {
        Self {
            processor: LogitsProcessor::from_sampling(checked.seed, checked.sampling.clone()),
            presence: checked.presence,
            frequency: checked.frequency,
            counts: HashMap::new(),
        }
    }

    /// The next token, given the scores of all, a vector.
    pub(crate) fn next(&mut self, scores: &Tensor) -> candle_core::Result<u32> {
        let token = if self.presence == 0.0 && self.frequency == 0.0 {
            self.processor.sample(scores)?
        } else {
            self.processor.sample(&self.penalised(scores)?)?
        };
        *self.counts.entry(token).or_default() += 1;
        Ok(token)
    }

    /// As OpenAI defines it: each token loses `presence` once and `frequency` for each time it was written.
    fn penalised(&self, scores: &Tensor) -> candle_core::Result<Tensor> {
        let mut scores = scores.to_vec1::<f32>()?;
        for (token, count) in &self.counts {
            if let Some(score) = scores.get_mut(*token as usize) {
                *score -= (self.presence + self.frequency * f64::from(*count)) as f32;
            }
        }
        Tensor::new(scores, &candle_core::Device::Cpu)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use candle_core::Device;

    fn scores(values: &[f32]) -> Tensor {
        Tensor::new(values, &Device::Cpu).unwrap()
    }

    fn run(params: &Params, values: &[f32], count: usize) -> Vec<u32> {
        let mut sampler = Sampler::new(&check(params).unwrap());
        (0..count)
            .map(|_| sampler.next(&scores(values)).unwrap())
            .collect()
    }

    #[test]
    fn zero_temperature_or_zero_top_p_take_the_likeliest() {
        let zero = Params {
            temperature: Some(0.0),
            ..Params::default()
        };
        assert_eq!(run(&zero, &[1.0, 1.1, 1.0], 20), [1; 20]);
        let narrow = Params {
            temperature: Some(2.0),
            top_p: Some(0.0),
            ..Params::default()
        };
        assert_eq!(run(&narrow, &[1.0, 1.1, 1.0], 20), [1; 20]);
    }

    #[test]
    fn a_seed_repeats_itself() {
        let with = |seed| Params {
            temperature: Some(2.0),
            top_p: Some(1.0),
            seed: Some(seed),
            ..Params::default()
        };
        let values = [0.5, 0.4, 0.3, 0.2];
        assert_eq!(run(&with(-7), &values, 50), run(&with(-7), &values, 50));
        assert_ne!(run(&with(1), &values, 50), run(&with(2), &values, 50));
        let unseeded = Params {
            seed: None,
            ..with(0)
        };
        assert_ne!(run(&unseeded, &values, 50), run(&unseeded, &values, 50));
    }

    #[test]
    fn penalties_move_on_to_other_tokens() {
        let zero = Params {
            temperature: Some(0.0),
            frequency_penalty: Some(1.0),
            ..Params::default()
        };
        assert_eq!(run(&zero, &[3.0, 2.5, 0.0], 4), [0, 1, 0, 1]);
        let zero = Params {
            temperature: Some(0.0),
            presence_penalty: Some(2.0),
            ..Params::default()
        };
        assert_eq!(run(&zero, &[3.0, 2.5, 0.0], 3), [0, 1, 0], "once, however often");
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let d = Params::default;
        for (params, name) in [
            (
                Params {
                    temperature: Some(2.1),
                    ..d()
                },
                "temperature",
            ),
            (
                Params {
                    temperature: Some(f64::NAN),
                    ..d()
                },
                "temperature",
            ),
            (
                Params {
                    top_p: Some(-0.1),
                    ..d()
                },
                "top_p",
            ),
            (
                Params {
                    presence_penalty: Some(3.0),
                    ..d()
                },
                "presence_penalty",
            ),
            (Params { n: Some(2), ..d() }, "n"),
            (
                Params {
                    logprobs: Some(true),
                    ..d()
                },
                "logprobs",
            ),
            (
                Params {
                    max_output_tokens: Some(0),
                    ..d()
                },
                "max_output_tokens",
            ),
        ] {
            assert_eq!(check(&params).unwrap_err().param(), Some(name));
        }
        assert_eq!(
            check(&Params {
                n: Some(1),
                logprobs: Some(false),
                ..d()
            })
            .unwrap()
            .max_output,
            DEFAULT_MAX_OUTPUT
        );
    }
}
