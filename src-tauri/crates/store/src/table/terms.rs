//! Turns a sentence into an FTS5 expression that finds what shares words with it, and cannot fail.
//!
//! A person who searches means every word; a sentence that is answered means few of its words, and nobody said which. So
//! any word may match and the rank tells how well. The danger is `the`, which matches everything: the commonest words
//! of the languages that the window speaks are left out. FTS5 has a language of its own, of which nothing is left when
//! every word is quoted.

/// More of a text than this is not looked at: a long question is a slow one.
const MAX_CHARS: usize = 4_000;
const MAX_WORDS: usize = 48;

/// What is between the words that were found, in FTS5's `highlight`: noncharacters, which stand in no text.
pub(super) const OPEN: char = '\u{fdd0}';
pub(super) const CLOSE: char = '\u{fdd1}';

const COMMON: &[&str] = &[
    // English
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did",
    "do", "does", "for", "from", "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "is",
    "it", "its", "just", "like", "me", "my", "no", "not", "of", "on", "or", "our", "please", "she", "should",
    "so", "some", "that", "the", "their", "them", "then", "there", "these", "they", "this", "to", "us",
    "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you",
    "your", // German
    "aber", "als", "auch", "auf", "aus", "bei", "bin", "bitte", "bist", "das", "dass", "dem", "den", "der",
    "des", "die", "du", "ein", "eine", "einem", "einen", "einer", "er", "es", "für", "hat", "hatte", "ich",
    "ihr", "im", "ist", "kann", "mein", "mich", "mir", "mit", "nach", "nicht", "noch", "nur", "oder", "sich",
    "sie", "sind", "über", "um", "und", "uns", "von", "vor", "war", "was", "wer", "wie", "wir", "wo", "zu",
    "zum", "zur", // French
    "au", "aux", "avec", "ce", "ces", "cette", "dans", "de", "du", "elle", "en", "est", "et", "il", "je",
    "la", "le", "les", "mais", "mes", "moi", "mon", "ne", "nous", "on", "ou", "où", "par", "pas", "pour",
    "que", "quel", "qui", "sa", "se", "ses", "son", "sont", "sur", "tu", "un", "une", "vous", // Spanish
    "al", "como", "con", "cual", "del", "el", "ella", "es", "esta", "este", "esto", "los", "las", "lo",
    "más", "mi", "mis", "muy", "nos", "o", "para", "pero", "por", "qué", "quién", "si", "sin", "sobre", "su",
    "sus", "una", "y", "yo",
];

/// An expression that holds for everything with one of the text's words in it; `None` where it has none worth
/// looking for.
pub(super) fn any_of(text: &str) -> Option<String> {
    let end = text
        .char_indices()
        .nth(MAX_CHARS)
        .map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let word = word.to_lowercase();
        if word.is_empty() || COMMON.contains(&word.as_str()) || words.contains(&word) {
            continue;
        }
        words.push(word);
        if words.len() == MAX_WORDS {
            break;
        }
    }
    if words.is_empty() {
        return None;
    }
    let quoted: Vec<String> = words.into_iter().map(|word| format!("\"{word}\"")).collect();
    Some(quoted.join(" OR "))
}

/// The words that `highlight` has marked in a text, each once.
pub(super) fn marked(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for stretch in text.split(OPEN).skip(1) {
        let Some((word, _)) = stretch.split_once(CLOSE) else {
            continue;
        };
        let word = word.to_lowercase();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_sentence_is_syntax() {
        assert_eq!(
            any_of("What is NEAR(the \"Danube\") AND river-boats* ?").as_deref(),
            Some("\"near\" OR \"danube\" OR \"river\" OR \"boats\"")
        );
        for nothing in ["", "?!", "Is it the?", "und der"] {
            assert_eq!(any_of(nothing), None, "{nothing}");
        }
        let long: String = (0..10_000).map(|n| format!("w{n} ")).collect();
        let words = any_of(&long).map(|expression| expression.split(" OR ").count());
        assert_eq!(words, Some(MAX_WORDS));
    }

    #[test]
    fn what_was_marked_is_told_once() {
        let text = format!("{OPEN}Tea{CLOSE} and {OPEN}cake{CLOSE}, {OPEN}tea{CLOSE}");
        assert_eq!(marked(&text), ["tea", "cake"]);
        assert_eq!(marked("nothing"), Vec::<String>::new());
    }
}
