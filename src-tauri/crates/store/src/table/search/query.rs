//! Turns what a person typed into an FTS5 expression that cannot fail.
//!
//! FTS5 has a query language of its own, in which `foo-bar`, `*` or a lone quote are syntax errors. Every
//! word is quoted, so that nothing of that language is left.

use super::Fragment;

/// More than this is not read: nobody looks for more, and a long query is a slow one.
pub(super) const MAX_CHARS: usize = 400;
const MAX_WORDS: usize = 16;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Query {
    Empty,
    Words(String),
    Literal(String),
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let text: String = text
            .chars()
            .take(MAX_CHARS)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let typed = text.trim();
        if typed.is_empty() {
            return Self::Empty;
        }
        let words = words(&text);
        if words.is_empty() || typed.chars().any(is_unspaced) {
            return Self::Literal(typed.to_owned());
        }
        let mut expression = String::new();
        for word in words {
            if !expression.is_empty() {
                expression.push(' ');
            }
            expression.push('"');
            expression.push_str(word.text);
            expression.push('"');
            if word.is_prefix {
                expression.push('*');
            }
        }
        Self::Words(expression)
    }
}

struct Word<'a> {
    text: &'a str,
    is_prefix: bool,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (at, stretch) in text.split('"').enumerate() {
        // every other stretch stands between quotes
        if at % 2 == 1 {
            words.push(Word {
                text: stretch,
                is_prefix: false,
            });
        } else {
            words.extend(stretch.split_whitespace().map(|text| Word {
                text,
                is_prefix: false,
            }));
        }
    }
    words.retain(|word| word.text.chars().any(char::is_alphanumeric));
    words.truncate(MAX_WORDS);
    if let Some(last) = words.last_mut()
        && text.ends_with(last.text)
    {
        // a single letter begins too many words to be worth reading them all
        let letters = last.text.chars().rev().take_while(|c| c.is_alphanumeric());
        last.is_prefix = letters.count() >= 2;
    }
    words
}

/// Scripts that put no spaces between words: the index takes a whole run for one word.
fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF
        | 0x2E80..=0x2FDF | 0x3040..=0x30FF | 0x3100..=0x312F | 0x31A0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF)
}

/// The words around the first place of `needle`.
pub(super) fn around(text: &str, needle: &str) -> Vec<Fragment> {
    const REACH: usize = 80;
    let Some((before, after)) = text.split_once(needle) else {
        return Vec::new();
    };
    let start = before
        .char_indices()
        .rev()
        .take(REACH)
        .last()
        .map_or(0, |(at, _)| at);
    let end = after.char_indices().nth(REACH).map_or(after.len(), |(at, _)| at);
    let dots = |cut: bool| if cut { "…" } else { "" };
    [
        (dots(start > 0).to_owned() + &before[start..], false),
        (needle.to_owned(), true),
        (after[..end].to_owned() + dots(end < after.len()), false),
    ]
    .into_iter()
    .filter(|(text, _)| !text.is_empty())
    .map(|(text, is_match)| Fragment { text, is_match })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expression(text: &str) -> String {
        match Query::parse(text) {
            Query::Words(expression) => expression,
            Query::Literal(needle) => format!("literally {needle}"),
            Query::Empty => "nothing".into(),
        }
    }

    #[test]
    fn what_is_typed_becomes_quoted_words() {
        for (typed, expected) in [
            ("", "nothing"),
            (" \t\n", "nothing"),
            ("hello", "\"hello\"*"),
            ("hello ", "\"hello\""),
            ("hello wor", "\"hello\" \"wor\"*"),
            ("a", "\"a\""),
            ("foo-b", "\"foo-b\""),
            ("foo-bar", "\"foo-bar\"*"),
            ("NEAR(a b)", "\"NEAR(a\" \"b)\""),
            ("text:x AND y*", "\"text:x\" \"AND\" \"y*\""),
            ("\"two words\" th", "\"two words\" \"th\"*"),
            ("\"open phrase", "\"open phrase\"*"),
            ("a\0b", "\"a\" \"b\""),
            ("* hello", "\"hello\"*"),
            ("*", "literally *"),
            ("\"", "literally \""),
            ("🦀", "literally 🦀"),
            ("漢字 kanji", "literally 漢字 kanji"),
        ] {
            assert_eq!(expression(typed), expected, "{typed:?}");
        }
    }

    #[test]
    fn long_input_is_cut() {
        assert_eq!(expression(&"x".repeat(10_000)).len(), MAX_CHARS + 3);
        assert_eq!(
            expression(&"ab ".repeat(5_000)).matches("\"ab\"").count(),
            MAX_WORDS
        );
    }

    #[test]
    fn a_literal_match_is_shown_with_what_stands_around_it() {
        let text = format!("{}🦀{}", "é".repeat(100), "ü".repeat(100));
        let shown = around(&text, "🦀");
        let texts: Vec<_> = shown.iter().map(|f| f.text.chars().count()).collect();
        assert_eq!(texts, [81, 1, 81]);
        assert_eq!(shown.iter().filter(|f| f.is_match).count(), 1);
        assert!(around("nothing", "🦀").is_empty());
    }
}
