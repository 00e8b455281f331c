//! Cuts the lines of a file into passages: small enough to be given to a model, large enough to be understood.
//!
//! A passage is a stretch of whole lines, so that its place can be opened. It ends where a heading or a page begins, and
//! between paragraphs once it is long enough.

use domain::Place;
use store::table::passages::NewPassage;

use super::reading::Line;

/// Bytes after which a passage ends at the next empty line.
const ENOUGH: usize = 1_200;
/// Bytes after which it ends wherever it is.
const MOST: usize = 2_400;
/// Passages of one file; what is after them cannot be found, and nobody would look for it there.
const MOST_PASSAGES: usize = 5_000;

#[derive(Default)]
struct Cutter {
    headings: Vec<(u8, String)>,
    passages: Vec<NewPassage>,
    text: String,
    place: Option<Place>,
    /// Whether there is more in it than headings.
    speaks: bool,
}

pub(super) fn cut(lines: Vec<Line>) -> Vec<NewPassage> {
    let mut cutter = Cutter::default();
    for line in lines {
        cutter.take(&line);
        if cutter.passages.len() >= MOST_PASSAGES {
            return cutter.passages;
        }
    }
    cutter.end();
    cutter.passages
}

impl Cutter {
    fn take(&mut self, line: &Line) {
        let is_empty = line.text.trim().is_empty();
        let turns_page = self.place.is_some_and(|place| place.page != line.page);
        let is_full = self.text.len() + line.text.len() > MOST || is_empty && self.text.len() >= ENOUGH;
        if turns_page || is_full || (line.heading > 0 && self.speaks) {
            self.end();
        }
        if line.heading > 0 {
            self.headings.retain(|(level, _)| *level < line.heading);
            self.headings.push((line.heading, heading(&line.text)));
        }
        if is_empty {
            // between paragraphs, and not at the beginning
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            return;
        }
        self.speaks |= line.heading == 0;
        let mut rest = line.text.as_str();
        loop {
            let end = rest.floor_char_boundary(MOST);
            let (piece, after) = rest.split_at(end);
            self.text.push_str(piece);
            self.text.push('\n');
            let place = self.place.get_or_insert(Place {
                first_line: line.number,
                last_line: line.number,
                page: line.page,
            });
            place.last_line = line.number;
            if after.is_empty() || self.passages.len() >= MOST_PASSAGES {
                return;
            }
            self.end();
            self.speaks = true;
            rest = after;
        }
    }

    fn end(&mut self) {
        self.speaks = false;
        let text = std::mem::take(&mut self.text);
        let Some(place) = self.place.take() else {
            return;
        };
        let headings: Vec<&str> = self.headings.iter().map(|(_, text)| text.as_str()).collect();
        self.passages.push(NewPassage {
            heading: headings.join(" › "),
            text: text.trim_end().to_owned(),
            place,
        });
    }
}

/// A heading without its marks, and not longer than one.
fn heading(text: &str) -> String {
    let text = text.trim_start_matches('#').trim();
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[(u8, &str)]) -> Vec<Line> {
        (1..)
            .zip(texts)
            .map(|(number, (heading, text))| Line {
                number,
                page: None,
                heading: *heading,
                text: (*text).to_owned(),
            })
            .collect()
    }

    #[test]
    fn a_passage_stands_under_its_headings_at_its_lines() {
        let cut = cut(lines(&[
            (1, "# Guide"),
            (0, ""),
            (2, "## Install"),
            (0, "Run it."),
            (0, ""),
            (2, "## Use"),
            (0, "Use it."),
        ]));
        let told: Vec<(&str, u32, u32)> = cut
            .iter()
            .map(|one| (one.heading.as_str(), one.place.first_line, one.place.last_line))
            .collect();
        assert_eq!(told, [("Guide › Install", 1, 4), ("Guide › Use", 6, 7)]);
    }

    #[test]
    fn no_passage_is_too_long_and_none_is_lost() {
        let paragraph = "word ".repeat(100);
        let mut texts = Vec::new();
        for _ in 0..20 {
            texts.extend([(0, paragraph.as_str()), (0, "")]);
        }
        let all = cut(lines(&texts));
        assert!(all.len() > 3);
        assert!(all.iter().all(|one| one.text.len() <= MOST));
        let words: usize = all.iter().map(|one| one.text.split_whitespace().count()).sum();
        assert_eq!(words, 2_000);
        let monster = "é".repeat(10_000);
        let all = cut(lines(&[(0, &monster)]));
        assert_eq!(
            all.iter().map(|one| one.text.chars().count()).sum::<usize>(),
            10_000
        );
        assert!(all.iter().all(|one| one.place.first_line == 1));
        let endless: Vec<(u8, &str)> = vec![(1, "# h"); 30_000];
        assert!(cut(lines(&endless)).len() <= MOST_PASSAGES);
    }

    #[test]
    fn pages_are_kept_apart() {
        let page = |page, text: &str| Line {
            number: 1,
            page: Some(page),
            heading: 0,
            text: text.to_owned(),
        };
        let all = cut(vec![page(1, "one"), page(2, "two"), page(2, "three")]);
        let pages: Vec<Option<u32>> = all.iter().map(|one| one.place.page).collect();
        assert_eq!(pages, [Some(1), Some(2)]);
    }
}
