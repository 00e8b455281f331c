//! Server-sent events, taken from a stream of bytes that may be cut anywhere.
//!
//! Providers differ in line ends, in spaces after the colon and in what they send between events; the
//! network cuts inside characters. Nothing of that may change what the reader sees (REL-23). What an
//! event means is left to the wire that reads it; `id` and `retry` mean nothing to any of them.

use domain::{Failure, FailureKind};

/// The most bytes of one line, and of one event's data.
pub const MAX_EVENT: usize = 8 * 1024 * 1024;

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The value of its `event` field; empty when it had none.
    pub name: &'a [u8],
    /// Its data lines, joined by line feeds; never empty. Not checked to be UTF-8.
    pub data: &'a [u8],
}

/// An incremental parser. Feed it with [`Parser::push`] and end with [`Parser::finish`].
#[derive(Debug, Default)]
pub struct Parser {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// Data lines of the open event from earlier pushes.
    data: Vec<u8>,
    has_data: bool,
    name: Vec<u8>,
    /// The last byte was a carriage return: a line feed now belongs to it.
    after_cr: bool,
    /// The first line has been seen, and with it a byte order mark if there was one.
    begun: bool,
}

impl Parser {
    /// A parser at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and hands each complete event to `take`.
    ///
    /// # Errors
    /// [`FailureKind::UpstreamFailed`] when a line or an event exceeds [`MAX_EVENT`]; whatever `take` returns.
    /// The parser is of no use after an error.
    pub fn push<F>(&mut self, chunk: &[u8], mut take: F) -> Result<(), Failure>
    where
        F: FnMut(Event<'_>) -> Result<(), Failure>,
    {
        let mut rest = chunk;
        // A lone data line of this chunk is handed out from where it lies, without a copy.
        let mut lying: Option<&[u8]> = None;
        loop {
            if self.after_cr {
                match rest.first() {
                    None => break,
                    Some(b'\n') => rest = &rest[1..],
                    Some(_) => {}
                }
                self.after_cr = false;
            }
            let Some(end) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.keep(lying.take())?;
                self.line.extend_from_slice(rest);
                if self.line.len() > MAX_EVENT {
                    return Err(too_large());
                }
                return Ok(());
            };
            let (piece, after) = rest.split_at(end);
            self.after_cr = after[0] == b'\r';
            rest = &after[1..];
            if self.line.is_empty() {
                self.whole_line(piece, &mut lying, &mut take)?;
            } else {
                let mut line = std::mem::take(&mut self.line);
                line.extend_from_slice(piece);
                // its bytes do not outlive this turn, so nothing may lie in them
                let mut short = None;
                self.keep(lying.take())?;
                self.whole_line(&line, &mut short, &mut take)?;
                self.keep(short)?;
                line.clear();
                self.line = line;
            }
        }
        self.keep(lying)
    }

    /// Ends the stream: an event that lacks only its blank line is handed out as well.
    ///
    /// # Errors
    /// As [`Parser::push`].
    pub fn finish<F>(&mut self, take: F) -> Result<(), Failure>
    where
        F: FnMut(Event<'_>) -> Result<(), Failure>,
    {
        self.after_cr = false;
        self.push(b"\n\n", take)
    }

    fn whole_line<'c, F>(
        &mut self,
        line: &'c [u8],
        lying: &mut Option<&'c [u8]>,
        take: &mut F,
    ) -> Result<(), Failure>
    where
        F: FnMut(Event<'_>) -> Result<(), Failure>,
    {
        let line = if self.begun {
            line
        } else {
            self.begun = true;
            line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
        };
        if line.is_empty() {
            let data = match lying.take() {
                Some(data) => data,
                None => &self.data,
            };
            let outcome = if data.is_empty() {
                Ok(())
            } else if data.len() > MAX_EVENT {
                Err(too_large())
            } else {
                take(Event {
                    name: &self.name,
                    data,
                })
            };
            self.data.clear();
            self.name.clear();
            self.has_data = false;
            return outcome;
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &line[line.len()..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" if lying.is_none() && !self.has_data => *lying = Some(value),
            b"data" => {
                self.keep(lying.take())?;
                self.keep(Some(value))?;
            }
            b"event" => {
                self.name.clear();
                self.name.extend_from_slice(value);
            }
            // comments have an empty field name; unknown fields are ignored
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, value: Option<&[u8]>) -> Result<(), Failure> {
        let Some(value) = value else { return Ok(()) };
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        if self.data.len() > MAX_EVENT {
            return Err(too_large());
        }
        Ok(())
    }
}

fn too_large() -> Failure {
    Failure::new(
        FailureKind::UpstreamFailed,
        "The provider sent an event of more than 8 MiB.",
    )
}
