//! Amazon's binary event stream (`application/vnd.amazon.eventstream`), from bytes that may be cut anywhere.
//!
//! A frame is a length, the length of its headers, a checksum of both, headers, a payload and a checksum of
//! everything. The danger is a wrong length: whoever believes it waits for ever, or for four gigabytes. So
//! the length is held to its own checksum and to a bound before a byte of the frame is kept. What is inside
//! a frame is read by Amazon's crate, which wants it whole. What an event means is left to the wire.

use aws_smithy_eventstream::frame::read_message_from;
use domain::{Failure, FailureKind};

use crate::sse::MAX_EVENT;

/// Both lengths and their checksum.
const PRELUDE: usize = 12;
/// A frame without headers and payload: the prelude and the last checksum.
const SHORTEST: usize = PRELUDE + 4;

/// One frame, its checksums good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// `:message-type`: `event`, `exception` or `error`; empty when it had none.
    pub message_type: &'a str,
    /// `:event-type`, or `:exception-type`, or `:error-code`; empty when it had none.
    pub name: &'a str,
    /// `:error-message`, which stands in the place of a payload in frames of the type `error`.
    pub error_message: &'a str,
    /// Its payload.
    pub payload: &'a [u8],
}

/// An incremental parser. Feed it with [`Parser::push`]; at the end, [`Parser::is_between_frames`] tells
/// whether one was cut off.
#[derive(Debug, Default)]
pub struct Parser {
    /// The beginning of a frame whose end has not come.
    pending: Vec<u8>,
}

impl Parser {
    /// A parser at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and hands each complete frame to `take`.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] when a frame is damaged or larger than [`MAX_EVENT`]; whatever `take`
    /// returns. The parser is of no use after an error.
    pub fn push<F>(&mut self, chunk: &[u8], mut take: F) -> Result<(), Failure>
    where
        F: FnMut(Frame<'_>) -> Result<(), Failure>,
    {
        let mut rest = chunk;
        while !self.pending.is_empty() {
            let wanted = length(&self.pending)?.unwrap_or(PRELUDE);
            let missing = wanted.saturating_sub(self.pending.len());
            let Some((piece, after)) = rest.split_at_checked(missing) else {
                self.pending.extend_from_slice(rest);
                return Ok(());
            };
            self.pending.extend_from_slice(piece);
            rest = after;
            if length(&self.pending)? == Some(self.pending.len()) {
                let frame = std::mem::take(&mut self.pending);
                read(&frame, &mut take)?;
            }
        }
        // whole frames are read from where they lie
        while let Some(length) = length(rest)? {
            let Some((frame, after)) = rest.split_at_checked(length) else {
                break;
            };
            read(frame, &mut take)?;
            rest = after;
        }
        self.pending.extend_from_slice(rest);
        Ok(())
    }

    /// Whether the last frame is complete.
    pub fn is_between_frames(&self) -> bool {
        self.pending.is_empty()
    }
}

/// The length of the frame that begins here; `None` while its prelude is incomplete.
fn length(frame: &[u8]) -> Result<Option<usize>, Failure> {
    let Some((prelude, _)) = frame.split_first_chunk::<PRELUDE>() else {
        return Ok(None);
    };
    let [t0, t1, t2, t3, _, _, _, _, c0, c1, c2, c3] = *prelude;
    if crc32fast::hash(&prelude[..8]) != u32::from_be_bytes([c0, c1, c2, c3]) {
        return Err(damaged());
    }
    let length = usize::try_from(u32::from_be_bytes([t0, t1, t2, t3])).unwrap_or(usize::MAX);
    if length < SHORTEST {
        return Err(damaged());
    }
    if length > MAX_EVENT {
        return Err(Failure::new(
            FailureKind::UpstreamFailed,
            "The provider sent an event of more than 8 MiB.",
        ));
    }
    Ok(Some(length))
}

fn read(frame: &[u8], take: impl FnOnce(Frame<'_>) -> Result<(), Failure>) -> Result<(), Failure> {
    let message = read_message_from(frame).map_err(|_| damaged())?;
    let header = |wanted: &[&str]| {
        message
            .headers()
            .iter()
            .find(|header| wanted.contains(&header.name().as_str()))
            .and_then(|header| header.value().as_string().ok())
            .map_or("", |text| text.as_str())
    };
    take(Frame {
        message_type: header(&[":message-type"]),
        name: header(&[":event-type", ":exception-type", ":error-code"]),
        error_message: header(&[":error-message"]),
        payload: message.payload(),
    })
}

fn damaged() -> Failure {
    Failure::new(FailureKind::UpstreamFailed, "The provider sent a damaged frame.")
}
