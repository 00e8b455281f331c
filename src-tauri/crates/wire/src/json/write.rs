//! Writers that append JSON to a buffer of bytes.

use domain::{Extra, RawJson};

/// For each byte how it is escaped: 0 not at all, `u` as `\u00XX`, else by that letter.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0A] = b'n';
    table[0x0C] = b'f';
    table[0x0D] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Appends a JSON string, quotes included, on one line.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    escaped(text, out);
    out.push(b'"');
}

/// Appends what stands between the quotes of a JSON string.
pub(crate) fn escaped(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(*byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&bytes[copied..at]);
        copied = at + 1;
        if escape == b'u' {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 15)]);
        } else {
            out.extend_from_slice(&[b'\\', escape]);
        }
    }
    out.extend_from_slice(&bytes[copied..]);
}

/// Appends a value that is JSON already, on one line: line breaks in it can only be white space.
pub(crate) fn raw(json: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(json.as_bytes());
    let mut at = start;
    while let Some(found) = memchr::memchr2(b'\n', b'\r', &out[at..]) {
        at += found;
        out[at] = b' ';
    }
}

/// Appends several arrays, given as JSON, as one.
pub(crate) fn concatenated<'a>(lists: impl Iterator<Item = &'a RawJson>, out: &mut Vec<u8>) {
    out.push(b'[');
    let mut first = true;
    for list in lists {
        let list = serde_json::from_str(list.get()).ok();
        for item in list.and_then(super::items).unwrap_or_default() {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            raw(item.get(), out);
        }
    }
    out.push(b']');
}

/// The same JSON without the white space between its tokens.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for c in json.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        out.push(c);
    }
    out
}

/// Appends an unsigned number.
pub(crate) fn unsigned(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends an object field by field; the caller closes it.
pub(crate) struct Object<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl<'o> Object<'o> {
    /// Opens an object.
    pub(crate) fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Closes it.
    pub(crate) fn close(self) {
        self.out.push(b'}');
    }

    /// Writes a key; the caller writes its value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        string(key, self.out);
        self.out.push(b':');
        self.out
    }

    /// A string.
    pub(crate) fn string(&mut self, key: &str, value: &str) {
        string(value, self.key(key));
    }

    /// An unsigned number.
    pub(crate) fn unsigned(&mut self, key: &str, value: u64) {
        unsigned(value, self.key(key));
    }

    /// A signed number.
    pub(crate) fn signed(&mut self, key: &str, value: i64) {
        let out = self.key(key);
        if value < 0 {
            out.push(b'-');
        }
        unsigned(value.unsigned_abs(), out);
    }

    /// A number; whole ones are written without a fraction, as people write them.
    pub(crate) fn float(&mut self, key: &str, value: f64) {
        let out = self.key(key);
        if value.is_finite() {
            out.extend_from_slice(value.to_string().as_bytes());
        } else {
            out.extend_from_slice(b"null");
        }
    }

    /// A truth value.
    pub(crate) fn bool(&mut self, key: &str, value: bool) {
        self.literal(key, if value { "true" } else { "false" });
    }

    /// A value that is JSON already.
    pub(crate) fn raw(&mut self, key: &str, value: &str) {
        raw(value, self.key(key));
    }

    /// JSON text of our own.
    pub(crate) fn literal(&mut self, key: &str, value: &'static str) {
        self.key(key).extend_from_slice(value.as_bytes());
    }

    /// Fields that are carried, as far as `keep` wants them.
    pub(crate) fn extra(&mut self, extra: &Extra, mut keep: impl FnMut(&str) -> bool) {
        for (name, value) in extra.iter() {
            if keep(name) {
                self.raw(name, value.get());
            }
        }
    }

    /// Fields whose name begins with `prefix`, under the rest of their name, as far as `keep` wants them.
    pub(crate) fn prefixed(&mut self, extra: &Extra, prefix: &str, keep: impl Fn(&str) -> bool) {
        for (name, value) in extra.iter() {
            if let Some(name) = name.strip_prefix(prefix).filter(|name| keep(name)) {
                self.raw(name, value.get());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_serde_json_does() -> Result<(), serde_json::Error> {
        let mut every: String = (0..0x300_u32).filter_map(char::from_u32).collect();
        every.push_str("😀\u{2028}\u{FFFF}");
        let mut out = Vec::new();
        string(&every, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), serde_json::to_string(&every)?);
        Ok(())
    }

    #[test]
    fn white_space_goes_and_strings_stay() {
        let json = "{ \"a \\\" b\" : [ 1,\n\t2 ],\r\n \"c\\\\\" : \" \" }";
        assert_eq!(compact(json), "{\"a \\\" b\":[1,2],\"c\\\\\":\" \"}");
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        let mut out = Vec::new();
        let mut object = Object::open(&mut out);
        object.float("a", 1.0);
        object.float("b", 0.7);
        object.signed("c", i64::MIN);
        object.unsigned("d", u64::MAX);
        object.unsigned("e", 0);
        object.close();
        let expected = r#"{"a":1,"b":0.7,"c":-9223372036854775808,"d":18446744073709551615,"e":0}"#;
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }
}
