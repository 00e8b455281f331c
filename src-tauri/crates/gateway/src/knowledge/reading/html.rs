//! HTML: its text with the lines of the source, by the tokens of a browser's parser.
//!
//! No tree is built, so that a million open elements are a million tokens and nothing else.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::{Line, text};

#[derive(Default)]
struct Page(RefCell<State>);

#[derive(Default)]
struct State {
    lines: Vec<Line>,
    line: Line,
    /// What came last ends a word.
    apart: bool,
    /// The element whose content is not shown.
    hidden: Option<String>,
}

impl State {
    fn add(&mut self, number: u64, said: &str) {
        if self.hidden.is_some() {
            return;
        }
        // a token is told with the line that it ends on
        let ends = u32::try_from(number).unwrap_or(u32::MAX);
        let within = u32::try_from(said.matches('\n').count()).unwrap_or(u32::MAX);
        let leading = said.len() - said.trim_start().len();
        let before = said.get(..leading).unwrap_or_default().matches('\n').count();
        let first = ends
            .saturating_sub(within)
            .saturating_add(u32::try_from(before).unwrap_or(u32::MAX));
        let mut apart = self.apart || leading > 0;
        for word in said.split_whitespace() {
            if self.line.text.is_empty() {
                self.line.number = first.max(1);
            } else if apart {
                self.line.text.push(' ');
            }
            self.line.text.push_str(word);
            apart = true;
        }
        self.apart = said.ends_with(char::is_whitespace);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.apart = false;
        if !line.text.trim().is_empty() {
            self.lines.push(line);
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let starts = tag.kind == TagKind::StartTag;
        if let Some(hidden) = &self.hidden {
            if !starts && hidden == name {
                self.hidden = None;
            }
            return TokenSinkResult::Continue;
        }
        let raw = match name {
            "script" => Some(RawKind::ScriptData),
            "style" | "noscript" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
            "textarea" | "title" => Some(RawKind::Rcdata),
            _ => None,
        };
        if let (true, Some(raw), false) = (starts, raw, tag.self_closing) {
            self.end_line();
            if !matches!(raw, RawKind::Rcdata) {
                self.hidden = Some(name.to_owned());
            }
            return TokenSinkResult::RawData(raw);
        }
        if is_inline(name) {
            return TokenSinkResult::Continue;
        }
        self.end_line();
        self.line.heading = match (starts, name.as_bytes()) {
            (true, [b'h', level @ b'1'..=b'6']) => level - b'0',
            (_, _) => 0,
        };
        TokenSinkResult::Continue
    }
}

/// Elements that stand within a line.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "a" | "abbr"
            | "b"
            | "bdi"
            | "bdo"
            | "cite"
            | "code"
            | "data"
            | "del"
            | "dfn"
            | "em"
            | "font"
            | "i"
            | "img"
            | "ins"
            | "kbd"
            | "label"
            | "mark"
            | "q"
            | "s"
            | "samp"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "time"
            | "tt"
            | "u"
            | "var"
            | "wbr"
    )
}

impl TokenSink for Page {
    type Handle = ();

    fn process_token(&self, token: Token, number: u64) -> TokenSinkResult<()> {
        let mut state = self.0.borrow_mut();
        match token {
            Token::CharacterTokens(said) => state.add(number, &said),
            Token::TagToken(tag) => return state.tag(&tag),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>, String> {
    let source = text::decoded(bytes)?;
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(source));
    let tokens = Tokenizer::new(Page::default(), TokenizerOpts::default());
    // no script is run, so nothing else ends the feeding
    while !input.is_empty() {
        let _script = tokens.feed(&input);
    }
    tokens.end();
    let mut state = tokens.sink.0.into_inner();
    state.end_line();
    Ok(state.lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_with_the_lines_of_its_source() -> Result<(), String> {
        let page = b"<!doctype html>\n<title>Tea</title>\n<script>\nvar x = '<p>no</p>';\n</script>\n<style>p{}</style>\n\
            <h2>How to <em>brew</em></h2>\n<p>Boil\nwater &amp; wait.</p>\n<ul><li>one<li>two</ul>";
        let told: Vec<(u32, u8, String)> = lines(page)?
            .into_iter()
            .map(|line| (line.number, line.heading, line.text))
            .collect();
        let line = |number, heading, text: &str| (number, heading, text.to_owned());
        assert_eq!(
            told,
            [
                line(2, 0, "Tea"),
                line(7, 2, "How to brew"),
                line(8, 0, "Boil water & wait."),
                line(10, 0, "one"),
                line(10, 0, "two"),
            ]
        );
        Ok(())
    }

    #[test]
    fn a_million_open_elements_are_only_long() -> Result<(), String> {
        let page = "<div><b>".repeat(200_000) + "deep";
        assert_eq!(lines(page.as_bytes())?.len(), 1);
        let unended = lines(b"<p>a<script>while(1){")?;
        assert_eq!(unended.len(), 1);
        Ok(())
    }
}
