//! The weights' 4-bit numbers as 8-bit ones, made while they are read.
//!
//! candle multiplies `Q4_1`, the file's format, by plain loops; for `Q8_0` it has kernels for what the
//! processor offers, and is five times as fast on the same machine. Eight bits hold what four bits held: against
//! exact weights the answer moves about as much as it does with the file's own format. The price is about 80 MB. A whole second file in memory would cost 150 MB more for a moment: so this
//! plays a file that has each tensor in the faster format, and makes it when candle comes to read it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use candle_core::quantized::gguf_file::{Content, TensorInfo};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Result};

/// A tensor of the file that is played.
struct Place {
    original: TensorInfo,
    bytes: u64,
}

/// A GGUF file's tensors, faster ones in the place of slow ones.
pub(crate) struct Requantised<R> {
    file: R,
    /// Where the data of the real file begins.
    origin: u64,
    /// By their offset in the file that is played; they lie close to each other.
    places: BTreeMap<u64, Place>,
    length: u64,
    at: u64,
    /// The tensor that was made last, and its offset.
    made: (u64, Vec<u8>),
}

impl<R: Read + Seek> Requantised<R> {
    /// The head of the file that is played, and its tensors.
    pub(crate) fn new(mut content: Content, file: R) -> (Content, Self) {
        let origin = std::mem::take(&mut content.tensor_data_offset);
        let mut places = BTreeMap::new();
        let mut length = 0;
        for info in content.tensor_infos.values_mut() {
            let original = TensorInfo {
                ggml_dtype: info.ggml_dtype,
                shape: info.shape.clone(),
                offset: info.offset,
            };
            if info.ggml_dtype == GgmlDType::Q4_1 {
                info.ggml_dtype = GgmlDType::Q8_0;
            }
            info.offset = length;
            let blocks = info.shape.elem_count() / info.ggml_dtype.block_size();
            let bytes = (blocks * info.ggml_dtype.type_size()) as u64;
            places.insert(length, Place { original, bytes });
            length += bytes;
        }
        (
            content,
            Self {
                file,
                origin,
                places,
                length,
                at: 0,
                made: (u64::MAX, Vec::new()),
            },
        )
    }

    fn make(&mut self, start: u64) -> Result<()> {
        let Some(place) = self.places.get(&start) else {
            candle_core::bail!("no tensor begins at {start}")
        };
        let mut tensor = place.original.read(&mut self.file, self.origin, &Device::Cpu)?;
        if tensor.dtype() == GgmlDType::Q4_1 {
            tensor = QTensor::quantize(&tensor.dequantize(&Device::Cpu)?, GgmlDType::Q8_0)?;
        }
        self.made = (start, tensor.data()?.into_owned());
        Ok(())
    }
}

impl<R: Read + Seek> Read for Requantised<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let Some((&start, place)) = self.places.range(..=self.at).next_back() else {
            return Ok(0);
        };
        if self.at >= start + place.bytes {
            return Ok(0);
        }
        if self.made.0 != start {
            self.make(start).map_err(io::Error::other)?;
        }
        let within = usize::try_from(self.at - start).map_err(io::Error::other)?;
        let rest = self.made.1.get(within..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl<R> Seek for Requantised<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Tensor;
    use candle_core::quantized::gguf_file;
    use std::io::Cursor;

    #[test]
    fn every_tensor_keeps_its_numbers() -> Result<()> {
        let device = Device::Cpu;
        let make = |rows: usize, dtype| {
            let numbers = Tensor::arange(0_f32, (rows * 64) as f32, &device)?
                .sin()?
                .reshape((rows, 64))?;
            QTensor::quantize(&numbers, dtype)
        };
        let (slow, fast) = (make(3, GgmlDType::Q4_1)?, make(5, GgmlDType::Q8_0)?);
        let plain = make(2, GgmlDType::F32)?;
        let originals = [
            ("slow", &slow),
            ("fast", &fast),
            ("plain", &plain),
            ("again", &slow),
        ];
        let mut file = Cursor::new(Vec::new());
        gguf_file::write(&mut file, &[], &originals)?;
        file.set_position(0);

        let content = Content::read(&mut file)?;
        let (content, mut played) = Requantised::new(content, file);
        for (name, original) in originals {
            let tensor = content.tensor(&mut played, name, &device)?;
            let wanted = if original.dtype() == GgmlDType::Q4_1 {
                GgmlDType::Q8_0
            } else {
                original.dtype()
            };
            assert_eq!(
                (tensor.dtype(), tensor.shape()),
                (wanted, original.shape()),
                "{name}"
            );
            let difference = (tensor.dequantize(&device)? - original.dequantize(&device)?)?.abs()?;
            let most = difference.flatten_all()?.max(0)?.to_scalar::<f32>()?;
            assert!(most < 0.005, "{name}: {most}, half a step of eight bits is 1/254");
        }
        Ok(())
    }
}
