//! From tokens to text that may be shown.
//!
//! Two things must not reach a reader: half a character (tokens are bytes and may end inside one), and the
//! beginning of a stop sequence that the next token completes. Both are held back here until they are
//! decided. This knows bytes only; which bytes a token stands for is the tokenizer's matter.

/// Collects bytes and lets out whole characters that belong to no stop sequence.
pub(crate) struct Writer {
    stops: Vec<String>,
    /// The start of a character that is not complete yet; at most three bytes.
    bytes: Vec<u8>,
    /// Characters that may turn out to begin a stop sequence.
    held: String,
}

/// What came of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Text to show; may be empty.
    Text(String),
    /// The last text: a stop sequence follows it, which is not shown.
    Stopped(String),
}

impl Writer {
    /// A writer that ends before the first of these sequences; empty ones mean nothing.
    pub(crate) fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self {
            stops,
            bytes: Vec::new(),
            held: String::new(),
        }
    }

    /// Takes the bytes of the next token.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Written {
        self.bytes.extend_from_slice(piece);
        self.take_characters(false);
        self.release(false)
    }

    /// Lets out what is still held: nothing can follow any more.
    pub(crate) fn finish(&mut self) -> Written {
        self.take_characters(true);
        self.release(true)
    }

    /// Moves whole characters on; bytes that can never become one turn into U+FFFD, as everywhere.
    fn take_characters(&mut self, last: bool) {
        let mut done = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.held.push_str(chunk.valid());
            done += chunk.valid().len();
            let rest = chunk.invalid();
            if rest.is_empty() {
                continue;
            }
            // at the end of the bytes it may only be incomplete
            let at_end = done + rest.len() == self.bytes.len();
            if at_end && !last && could_continue(rest) {
                break;
            }
            self.held.push(char::REPLACEMENT_CHARACTER);
            done += rest.len();
        }
        self.bytes.drain(..done);
    }

    fn release(&mut self, last: bool) -> Written {
        let first = self
            .stops
            .iter()
            .filter_map(|stop| self.held.find(stop.as_str()))
            .min();
        if let Some(at) = first {
            self.held.truncate(at);
            self.bytes.clear();
            return Written::Stopped(std::mem::take(&mut self.held));
        }
        let keep = if last {
            0
        } else {
            self.stops
                .iter()
                .map(|stop| overlap(&self.held, stop))
                .max()
                .unwrap_or(0)
        };
        let kept = self.held.split_off(self.held.len() - keep);
        Written::Text(std::mem::replace(&mut self.held, kept))
    }
}

/// Whether these bytes, which are no character, could be the start of one.
fn could_continue(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// How many bytes at the end of `text` are the beginning of `stop`.
fn overlap(text: &str, stop: &str) -> usize {
    let longest = text.len().min(stop.len().saturating_sub(1));
    (1..=longest)
        .rev()
        .find(|n| stop.is_char_boundary(*n) && text.ends_with(&stop[..*n]))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything shown, and whether a stop sequence ended it.
    fn run(stops: &[&str], pieces: &[&[u8]]) -> (Vec<String>, bool) {
        let stops: Vec<String> = stops.iter().map(|s| (*s).to_owned()).collect();
        let mut writer = Writer::new(&stops);
        let mut shown = Vec::new();
        for piece in pieces {
            match writer.push(piece) {
                Written::Text(text) => shown.push(text),
                Written::Stopped(text) => {
                    shown.push(text);
                    return (shown, true);
                }
            }
        }
        match writer.finish() {
            Written::Text(text) => shown.push(text),
            Written::Stopped(text) => {
                shown.push(text);
                return (shown, true);
            }
        }
        (shown, false)
    }

    #[test]
    fn half_a_character_is_held_back() {
        let cat = "🐈".as_bytes();
        let (shown, _) = run(&[], &[b"a", &cat[..1], &cat[1..3], &cat[3..], b"b"]);
        assert_eq!(shown, ["a", "", "", "🐈", "b", ""]);
    }

    #[test]
    fn every_split_of_a_text_gives_the_same_text() {
        let text = "naïve 日本語 👩‍💻 end";
        for at in 0..text.len() {
            for to in at..text.len() {
                let bytes = text.as_bytes();
                let (shown, stopped) = run(&["never"], &[&bytes[..at], &bytes[at..to], &bytes[to..]]);
                assert_eq!((shown.concat().as_str(), stopped), (text, false), "{at} {to}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_character_become_one_replacement_each() {
        assert_eq!(run(&[], &[b"a\xffb"]).0.concat(), "a\u{fffd}b");
        assert_eq!(
            run(&[], &[b"a\xe6\x97", b"b"]).0.concat(),
            "a\u{fffd}b",
            "interrupted"
        );
        assert_eq!(
            run(&[], &[b"a\xe6\x97"]).0.concat(),
            "a\u{fffd}",
            "never completed"
        );
    }

    #[test]
    fn a_stop_sequence_is_not_shown_wherever_it_is_split() {
        let text = "one\nUser: two";
        for at in 0..text.len() {
            let (shown, stopped) = run(&["\nUser:"], &[&text.as_bytes()[..at], &text.as_bytes()[at..]]);
            assert_eq!((shown.concat().as_str(), stopped), ("one", true), "{at}");
        }
    }

    #[test]
    fn what_only_looked_like_a_stop_sequence_is_shown() {
        let (shown, stopped) = run(&["###"], &[b"a#", b"#", b"b##"]);
        assert_eq!(shown, ["a", "", "##b", "##"]);
        assert!(!stopped);
        // the beginning repeats inside the stop: aab in aaab
        assert_eq!(
            run(&["aab"], &[b"a", b"a", b"a", b"b"]),
            (vec!["".into(), "".into(), "a".into(), "".into()], true)
        );
    }

    #[test]
    fn the_first_of_several_stops_counts() {
        assert_eq!(run(&["END", "\n"], &[b"x\nyEND"]), (vec!["x".into()], true));
        assert_eq!(
            run(&["日本"], &["a日".as_bytes(), "本b".as_bytes()]),
            (vec!["a".into(), "".into()], true)
        );
        assert_eq!(
            run(&[""], &[b"ab"]).0.concat(),
            "ab",
            "an empty one means nothing"
        );
    }
}
