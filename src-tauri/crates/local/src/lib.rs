//! The starter model: SmolLM2-135M-Instruct in this process, so that Inglenook answers on a fresh machine
//! with no key, no provider and no server.
//!
//! The danger is promising too much and taking too much. The model is tiny and often wrong, and every
//! label says so. It computes on the same processor as the window, so one generation runs at a time, it
//! stops within a step when it is no longer wanted, and its memory can be given back.
//!
//! Deliberately not here: async (a generation blocks, whoever calls it owns the thread), fetching the
//! weights (the gateway has consent, network and progress), images, deciding by itself to use a tool, and any other model.
#![warn(missing_docs)]

mod answer;
mod compute;
mod demand;
mod engine;
mod generation;
mod grammar;
mod pen;
mod prompt;
mod queue;
mod requantise;
mod sampling;
mod starter;
mod tokens;
mod weights;
mod writer;

pub use starter::Starter;
pub use weights::{WEIGHTS, Weights, verify};

/// The model's name within the provider `starter`.
pub const MODEL_ID: &str = "smollm2-135m-instruct";

/// What people read where they choose it.
pub const LABEL: &str = "SmolLM2 135M, on this machine: a very small model to see everything work. \
     Free, private and offline, but often wrong and mostly limited to English. It uses a tool only where a request demands one, and cannot read images. \
     Add a provider or a local server for real work.";

/// Prompt and answer together, in tokens. The model was trained for 8,192; candle's llama computes
/// positions for 4,096.
pub const CONTEXT: usize = 4096;

/// How much is written when nobody says.
pub const DEFAULT_MAX_OUTPUT: usize = 512;

/// The model as its provider lists it. Its price is a known zero: it runs on the user's own machine.
pub fn model() -> domain::Model {
    domain::Model {
        id: MODEL_ID.into(),
        context: Some(CONTEXT as u64),
        max_output: Some(CONTEXT as u64),
        abilities: domain::Abilities {
            tools: Some(false),
            images: Some(false),
            reasoning: Some(false),
        },
        price: Some(domain::Price {
            input: 0,
            cached_input: 0,
            cache_write: 0,
            output: 0,
            // 2026-11-22; nothing about it can change
            as_of: domain::Timestamp(1_795_305_600_000),
            origin: "catalogue".into(),
        }),
    }
}
