//! Lines of a stream that may be cut anywhere.

use domain::{Failure, FailureKind};

use crate::sse::MAX_EVENT;

/// An incremental splitter. Blank lines are nothing.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not come.
    pending: Vec<u8>,
}

impl Lines {
    /// Takes the next bytes and hands each complete line to `take`, without its end.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] when a line is longer than [`MAX_EVENT`]; whatever `take` returns.
    pub(super) fn push<F>(&mut self, mut chunk: &[u8], mut take: F) -> Result<(), Failure>
    where
        F: FnMut(&[u8]) -> Result<(), Failure>,
    {
        while let Some(end) = memchr::memchr(b'\n', chunk) {
            let (piece, rest) = chunk.split_at(end);
            chunk = &rest[1..];
            if self.pending.is_empty() {
                filled(piece, &mut take)?;
            } else {
                let mut line = std::mem::take(&mut self.pending);
                line.extend_from_slice(piece);
                filled(&line, &mut take)?;
                line.clear();
                self.pending = line;
            }
        }
        self.pending.extend_from_slice(chunk);
        if self.pending.len() > MAX_EVENT {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent a line of more than 8 MiB.",
            ));
        }
        Ok(())
    }

    /// The last line, if it lacks its end.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }
}

fn filled(line: &[u8], take: &mut impl FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
    let line = line.trim_ascii();
    if line.is_empty() { Ok(()) } else { take(line) }
}
