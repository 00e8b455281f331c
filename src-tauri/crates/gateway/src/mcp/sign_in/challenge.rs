//! What a server says when it wants a sign-in: `WWW-Authenticate: Bearer resource_metadata="…", scope="…"` (RFC 9728).
//!
//! Everything else in it is left unread, its realm above all: nothing is sent to where a realm points (SEC-19).

/// A server's wish for a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Challenge {
    /// Where it says of itself who signs people in.
    pub metadata: Option<String>,
    /// What a token should be good for.
    pub scope: Option<String>,
}

/// Longer than any list of scopes.
const LONGEST_SCOPE: usize = 2 << 10;

impl Challenge {
    /// The first challenge for a bearer's token; `None` when there is none.
    pub fn read<'a>(mut headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        headers.find_map(of)
    }
}

/// Scopes as they may be asked for.
pub(super) fn scopes(text: &str) -> Option<String> {
    let fits = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST_SCOPE && text.chars().all(fits)).then(|| text.to_owned())
}

fn of(header: &str) -> Option<Challenge> {
    let mut challenge = None;
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let end = rest.find([' ', '=', ',']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(value) = after.trim_start().strip_prefix('=') {
            let (value, after) = value_of(value.trim_start())?;
            if let Some(Challenge { metadata, scope }) = &mut challenge {
                match word.to_ascii_lowercase().as_str() {
                    "resource_metadata" => *metadata = metadata.take().or(Some(value)),
                    "scope" => *scope = scope.take().or_else(|| scopes(&value)),
                    _ => {}
                }
            }
            rest = after;
        } else if challenge.is_some() && !word.is_empty() {
            // another scheme begins
            break;
        } else {
            challenge = word.eq_ignore_ascii_case("bearer").then(Challenge::default);
            rest = after;
        }
        rest = rest.trim_start_matches([' ', ',', '\t']);
    }
    challenge
}

/// A value, quoted or not, and what comes after it.
fn value_of(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ', '\t']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Some((value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Option<(Option<String>, Option<String>)> {
        Challenge::read([header].into_iter()).map(|one| (one.metadata, one.scope))
    }

    #[test]
    fn a_challenge_says_where_its_metadata_are_and_nothing_else_is_read() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("Bearer"), Some((None, None)));
        assert_eq!(
            read(r#"bearer realm="https://evil.example", resource_metadata="https://a/x", scope="a b""#),
            Some((some("https://a/x"), some("a b")))
        );
        assert_eq!(
            read("Bearer scope=a, resource_metadata=https://a/x"),
            Some((some("https://a/x"), some("a")))
        );
        assert_eq!(
            read(r#"Basic realm="resource_metadata=\"x\"", Bearer error="invalid_token""#),
            Some((None, None))
        );
        assert_eq!(
            read(r#"Bearer resource_metadata="one", DPoP resource_metadata="two""#),
            Some((some("one"), None))
        );
        assert_eq!(
            read(r#"Bearer resource_metadata="one", resource_metadata="two""#),
            Some((some("one"), None))
        );
        for none in [
            "",
            "Basic realm=\"x\"",
            "Negotiate",
            "Bearer realm=\"open",
            "Bearish x=y",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(read("Bearer scope=\"a\u{7f}b\""), Some((None, None)));
    }
}
