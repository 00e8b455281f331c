//! What a session is called until a person says otherwise.
//!
//! A program that gives no session gets one for each call, called `api:` and the time of the call as the
//! founding documents have it: most such calls are never gone on with, and their first words are often a
//! template. When a call goes on with it, it is a conversation, and is called by its first words.

use domain::{Message, Part, Role, Timestamp};

/// The title of a session that one call opens.
pub(super) fn of_call(at: Timestamp) -> String {
    format!("api:{}", at.millis())
}

/// The title of a conversation, from what was said in it first.
pub(super) fn of_conversation(spoken: &[&Message]) -> Option<String> {
    let asked = spoken.iter().find(|message| message.role == Role::User)?;
    // the parts one by one: a prompt of ten megabytes is not joined for its first line
    asked.parts.iter().find_map(|part| {
        if let Part::Text { text, .. } | Part::Refusal { text } = part {
            title_of(text)
        } else {
            None
        }
    })
}

/// What stands before the dots of a title that was cut, and would be read as more of them.
const STOPS: [char; 13] = [
    '.', '…', ',', ';', ':', '-', '–', '—', '。', '、', '，', '；', '：',
];

/// A title from what was said first: its first line, cut at a word.
pub(crate) fn title_of(text: &str) -> Option<String> {
    const MOST: usize = 64;
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let Some((most, _)) = line.char_indices().nth(MOST) else {
        return Some(line.to_owned());
    };
    let cut = &line[..most];
    let cut = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
    let said = cut.trim_end_matches(|end: char| end.is_whitespace() || STOPS.contains(&end));
    // a line of dots is a title as it is
    let cut = if said.is_empty() { cut } else { said };
    Some(format!("{cut}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_cut_at_a_word() {
        assert_eq!(title_of("\n  Hello there \nmore"), Some("Hello there".to_owned()));
        assert_eq!(title_of(" \n "), None);
        let long = title_of(&"word ".repeat(40)).unwrap_or_default();
        assert!(long.ends_with("word…") && long.chars().count() <= 65, "{long}");
    }

    #[test]
    fn a_title_ends_in_three_dots_and_not_in_four() {
        for (end, shown) in [
            (".", "word…"),
            ("...", "word…"),
            (" –", "word…"),
            ("?", "word?…"),
            ("。", "word…"),
        ] {
            let text = format!("{}word{end} {}", "word ".repeat(10), "word".repeat(9));
            let title = title_of(&text).unwrap_or_default();
            assert!(title.ends_with(&format!(" {shown}")), "{title}");
        }
        // what is short is left as it was said
        assert_eq!(title_of("Wait..."), Some("Wait...".to_owned()));
    }
}
