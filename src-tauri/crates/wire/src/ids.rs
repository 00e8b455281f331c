//! Ids of tool calls: made up where a provider gives none, and brought into a form that everybody takes.
//!
//! An id is the one thing that every client sends back unchanged (A.4), so it must be fit for all of them
//! (W-74) and, in a conversation that moves to another provider, for that one too. The danger is an id that
//! cannot be told from another one, or that its maker no longer knows: what is rewritten here can be read
//! back, without a table, and therefore also after a restart (W-177).

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The longest id that every client takes (W-74).
const LONGEST: usize = 64;
/// What an id begins with that was rewritten by [`fit`].
const REWRITTEN: &str = "ink-";
/// How many characters of the answer's seed stand in a rewritten id.
const SEED: usize = 6;

/// An id for a call that has none: stable for the same answer, and nine letters and digits, which the
/// strictest provider wants (W-74).
pub(crate) fn made_id(seed: u64, index: u32) -> String {
    word(fnv(fnv(seed, b"call"), &index.to_le_bytes()), 9)
}

/// FNV-1a, continued from `state`. Not for secrets: only so that ids differ between answers.
pub(crate) fn fnv(state: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(state ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn word(mut rest: u64, len: usize) -> String {
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    (0..len)
        .map(|_| {
            let digit = digits[usize::try_from(rest % 36).unwrap_or(0)];
            rest /= 36;
            char::from(digit)
        })
        .collect()
}

fn is_fit(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(plain)
}

/// The id as clients see it: itself when it is fit, else rewritten so that [`original`] reads it back.
/// `seed` is the answer's: some models count their calls anew in each answer, `functions.weather:0`.
pub(crate) fn fit(id: &str, seed: u64) -> Cow<'_, str> {
    if is_fit(id) {
        return Cow::Borrowed(id);
    }
    let mut out = format!("{REWRITTEN}{}-", word(fnv(seed, b"id"), SEED));
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            out.push(char::from(byte));
        } else {
            out.push('_');
            out.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0')));
        }
    }
    if out.len() > LONGEST {
        // too long to be read back; its maker will see another id, the same each time
        return Cow::Owned(word(fnv(fnv(seed, b"long"), id.as_bytes()), 9));
    }
    Cow::Owned(out)
}

/// The id as its maker knows it.
pub(crate) fn original(id: &str) -> Cow<'_, str> {
    read_back(id).map_or(Cow::Borrowed(id), Cow::Owned)
}

fn read_back(id: &str) -> Option<String> {
    let rest = id.strip_prefix(REWRITTEN)?.get(SEED..)?.strip_prefix('-')?;
    let mut bytes = Vec::with_capacity(rest.len());
    let mut left = rest.bytes();
    while let Some(byte) = left.next() {
        if byte == b'_' {
            let mut half = || char::from(left.next()?).to_digit(16);
            let (high, low) = (half()?, half()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    // what would not have been rewritten was not
    (!is_fit(&text)).then_some(text)
}

/// The ids of one request as nine letters and digits each, for providers that take nothing else (W-171).
///
/// Ids that fit stay, so that the provider sees its own; the others are digests, and so are the same in
/// every request of a conversation.
#[derive(Debug, Default)]
pub(crate) struct NineCharacters<'a> {
    mapped: HashMap<&'a str, String>,
    taken: HashSet<String>,
}

impl<'a> NineCharacters<'a> {
    /// Takes an id in; calls and results alike, in the order of the conversation.
    pub(crate) fn add(&mut self, id: &'a str) {
        if self.mapped.contains_key(id) {
            return;
        }
        let mut short = if id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            id.to_owned()
        } else {
            word(fnv(0, id.as_bytes()), 9)
        };
        let mut again = 0_u64;
        while self.taken.contains(&short) {
            again += 1;
            short = word(fnv(again, id.as_bytes()), 9);
        }
        self.taken.insert(short.clone());
        self.mapped.insert(id, short);
    }

    /// The id to send in the place of one that was taken in.
    pub(crate) fn get(&self, id: &str) -> Option<&str> {
        self.mapped.get(id).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_not_fit_are_rewritten_and_read_back() {
        for id in ["call_1", "a", "toolu_01-x", &"a".repeat(64)] {
            assert_eq!(fit(id, 7), id);
            assert_eq!(original(id), id);
        }
        for id in ["functions.weather:0", "é", "a b", "ink.x", "x/y_z-1"] {
            let rewritten = fit(id, 7);
            assert!(is_fit(&rewritten), "{rewritten}");
            assert_eq!(original(&rewritten), id);
            assert_ne!(fit(id, 8), rewritten, "each answer has its own");
        }
        let long = "functions.".repeat(9);
        assert!(is_fit(&fit(&long, 1)));
        assert_eq!(fit(&long, 1), fit(&long, 1));
        for odd in [
            "ink-",
            "ink-abcdef",
            "ink-abcdef-_2",
            "ink-abcdef-plain",
            "ink-abcdef-_ff",
            "ink-éééé-x",
        ] {
            assert_eq!(original(odd), odd);
        }
    }

    #[test]
    fn nine_characters_are_kept_made_and_never_shared() {
        let mut ids = NineCharacters::default();
        for id in ["abcDEF123", "call_1", "call_2", "call_1"] {
            ids.add(id);
        }
        assert_eq!(ids.get("abcDEF123"), Some("abcDEF123"));
        let (one, two) = (ids.get("call_1"), ids.get("call_2"));
        assert!(one.is_some_and(|id| id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())));
        assert_ne!(one, two);
        assert_eq!(ids.get("call_3"), None);
        let taken = word(fnv(0, b"call_1"), 9);
        let mut ids = NineCharacters::default();
        ids.add(&taken);
        ids.add("call_1");
        assert_ne!(ids.get("call_1"), Some(taken.as_str()));
    }
}
