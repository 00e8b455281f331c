//! The weights in memory. Cloning an engine's model shares the weights and starts with an empty memory.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;
use candle_transformers::models::quantized_llama::ModelWeights;
use domain::{Failure, FailureKind};

use crate::requantise::Requantised;

/// Opens a GGUF file and reads its head.
pub(crate) fn open(path: &Path) -> Result<(Content, BufReader<File>), Failure> {
    let file = File::open(path).map_err(|error| crate::weights::unreadable(&error))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let content = Content::read(&mut reader).map_err(|error| fault(&error))?;
    Ok((content, reader))
}

/// Reads the weights.
pub(crate) fn load(path: &Path) -> Result<ModelWeights, Failure> {
    let (content, reader) = open(path)?;
    let (content, mut reader) = Requantised::new(content, reader);
    crate::compute::run(|| ModelWeights::from_gguf(content, &mut reader, &Device::Cpu))?
        .map_err(|error| fault(&error))
}

/// A fault of the model's arithmetic; the file was checked before, so it is ours.
pub(crate) fn fault(error: &candle_core::Error) -> Failure {
    Failure::new(
        FailureKind::Internal,
        format!("The starter model failed: {error}."),
    )
}
