//! The body of a streamed response of server-sent events, whatever wire its events speak.
//!
//! A provider that was asked for a stream may send one document instead: an answer, or an error with status
//! 200. And a connection may end in the middle of an event. Both mean the same on every wire; what the events
//! mean is the codec's.

use domain::{Failure, FailureKind};

use crate::sse;

/// Takes a body in whatever pieces it comes.
#[derive(Debug, Default)]
pub(crate) struct EventBody {
    parser: sse::Parser,
    /// Something but blanks and comments has come.
    begun: bool,
    /// In the middle of a comment before that.
    comment: bool,
    /// A body that is one JSON document instead of a stream.
    whole: Option<Vec<u8>>,
}

impl EventBody {
    /// Takes the next bytes and hands each complete event to `take`.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] above [`sse::MAX_EVENT`] bytes; whatever `take` returns.
    pub(crate) fn push<F>(&mut self, chunk: &[u8], take: F) -> Result<(), Failure>
    where
        F: FnMut(sse::Event<'_>) -> Result<(), Failure>,
    {
        let chunk = if self.begun { chunk } else { self.begin(chunk) };
        let Some(whole) = &mut self.whole else {
            return self.parser.push(chunk, take);
        };
        whole.extend_from_slice(chunk);
        if whole.len() > sse::MAX_EVENT {
            return Err(Failure::new(
                FailureKind::UpstreamFailed,
                "The provider sent an answer of more than 8 MiB.",
            ));
        }
        Ok(())
    }

    /// Leaves out what only keeps the connection alive: it means nothing in a stream, and would spoil a
    /// document (W-59). What is left is the beginning.
    fn begin<'c>(&mut self, chunk: &'c [u8]) -> &'c [u8] {
        for (at, byte) in chunk.iter().enumerate() {
            match byte {
                b'\n' | b'\r' => self.comment = false,
                _ if self.comment || byte.is_ascii_whitespace() => {}
                b':' => self.comment = true,
                _ => {
                    self.begun = true;
                    if matches!(byte, b'{' | b'[') {
                        self.whole = Some(Vec::new());
                    }
                    return &chunk[at..];
                }
            }
        }
        &[]
    }

    /// The document that came instead of a stream, at the end of the connection.
    pub(crate) fn take_whole(&mut self) -> Option<Vec<u8>> {
        self.whole.take()
    }

    /// Ends the stream: hands the last event to `take` unless it was cut in the middle of its JSON, and says
    /// whether it was.
    ///
    /// # Errors
    /// As [`EventBody::push`].
    pub(crate) fn finish<F>(&mut self, mut take: F) -> Result<bool, Failure>
    where
        F: FnMut(sse::Event<'_>) -> Result<(), Failure>,
    {
        let mut torn = false;
        self.parser.finish(|event| {
            torn = event.data.trim_ascii() != b"[DONE]" && !is_json(event.data);
            if torn { Ok(()) } else { take(event) }
        })?;
        Ok(torn)
    }
}

/// Whether bytes are one JSON value.
pub(crate) fn is_json(data: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(data).is_ok()
}
