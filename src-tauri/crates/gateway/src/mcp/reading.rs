//! A bound on what a program prints.
//!
//! The danger is one that prints for ever: a line without an end fills the memory, lines without a sense keep a
//! processor busy (REL-32). Who goes too far is not read any further, which ends the connection.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, ReadBuf};

/// The longest line: one message.
pub(super) const LONGEST_LINE: usize = 8 << 20;
/// The most within [`SPAN`].
const MOST: usize = 256 << 20;
const SPAN: Duration = Duration::from_secs(60);

/// Why a program is not read any further.
pub(super) type Cut = Arc<OnceLock<&'static str>>;

/// Reads no more than is good.
pub(super) struct Bounded<R> {
    inner: R,
    cut: Cut,
    /// Bytes since the last end of a line.
    line: usize,
    since: Instant,
    read: usize,
}

impl<R> Bounded<R> {
    pub fn new(inner: R, cut: Cut) -> Self {
        Self {
            inner,
            cut,
            line: 0,
            since: Instant::now(),
            read: 0,
        }
    }

    fn count(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        let first = memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
        if self.line.saturating_add(first) > LONGEST_LINE {
            return Err("it printed a line of more than 8 MiB");
        }
        self.line = match memchr::memrchr(b'\n', bytes) {
            Some(last) => bytes.len() - last - 1,
            None => self.line + bytes.len(),
        };
        if self.since.elapsed() > SPAN {
            self.since = Instant::now();
            self.read = 0;
        }
        self.read = self.read.saturating_add(bytes.len());
        if self.read > MOST {
            return Err("it printed more than 256 MiB within a minute");
        }
        Ok(())
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Bounded<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let counted = self.count(buf.filled().get(before..).unwrap_or_default());
        Poll::Ready(counted.map_err(|why| {
            // the first reason is the one
            let _later = self.cut.set(why);
            std::io::Error::other(why)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rel_32_long_lines_and_long_talk_are_cut() {
        let mut bounded = Bounded::new((), Cut::default());
        let mebibyte = vec![b'x'; 1 << 20];
        for _ in 0..8 {
            assert_eq!(bounded.count(&mebibyte), Ok(()));
        }
        assert!(bounded.count(b"y\n").is_err(), "one byte too many");
        let mut bounded = Bounded::new((), Cut::default());
        let mut line = mebibyte;
        line.push(b'\n');
        let read = (0..1024).take_while(|_| bounded.count(&line).is_ok()).count();
        assert_eq!(read, 255, "of a gibibyte");
    }
}
