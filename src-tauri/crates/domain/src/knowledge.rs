//! What agents look things up in: collections of a person's own files.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{CollectionId, Slug, Timestamp};

/// Folders and files that are looked up together, under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Collection {
    /// Never changes.
    pub id: CollectionId,
    /// What agents and people call it.
    pub name: Slug,
    /// Where its files lie: absolute paths of folders and files.
    pub roots: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its roots were last changed.
    pub updated_at: Timestamp,
}

/// Where in a file something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Place {
    /// The first line, from 1: of the file, or of its text where it has none of its own.
    pub first_line: u32,
    /// The last line.
    pub last_line: u32,
    /// The page, from 1, in files that have pages.
    pub page: Option<u32>,
}

impl Place {
    /// How a passage at this place of a file is cited: `guide.md:12-30`, `report.pdf:p3`.
    #[must_use]
    pub fn cite(&self, name: &str) -> String {
        match self.page {
            Some(page) => format!("{name}:p{page}"),
            None if self.first_line == self.last_line => format!("{name}:{}", self.first_line),
            None => format!("{name}:{}-{}", self.first_line, self.last_line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_cited_by_what_the_file_has() {
        let lines = |first_line, last_line, page| Place {
            first_line,
            last_line,
            page,
        };
        assert_eq!(lines(12, 30, None).cite("guide.md"), "guide.md:12-30");
        assert_eq!(lines(7, 7, None).cite("a/b.rs"), "a/b.rs:7");
        assert_eq!(lines(1, 40, Some(3)).cite("report.pdf"), "report.pdf:p3");
    }
}
