//! Makes lines of text out of files of several kinds.
//!
//! The files are the person's, but not by their hand: a manual from the web may be made to kill whoever reads it. So each
//! reader is bounded in what it takes and what it gives; those here go through their file once, without recursion, and a
//! panic ends the reading and not the app. PDF is read in a process of its own ([`pdf`]): its readers cannot be trusted
//! that far.

mod docx;
mod html;
pub mod pdf;
mod text;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// A line of a file, or of its text where the file has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub number: u32,
    /// The page that it is on, in files that have some.
    pub page: Option<u32>,
    /// 1 to 6 for a heading, 0 for what is none.
    pub heading: u8,
    pub text: String,
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Markdown,
    Html,
    Docx,
    Pdf,
}

/// The most that is read of a file, and of what is packed in one.
const MOST_TEXT: u64 = 8 << 20;
const MOST_DOCUMENT: u64 = 64 << 20;

impl Kind {
    /// By its name.
    pub fn of(name: &str) -> Self {
        let ending = name
            .rsplit_once('.')
            .map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("md" | "markdown" | "mdx") => Self::Markdown,
            Some("html" | "htm" | "xhtml") => Self::Html,
            Some("docx") => Self::Docx,
            Some("pdf") => Self::Pdf,
            Some(_) | None => Self::Text,
        }
    }

    /// How large such a file may be.
    pub fn most(self) -> u64 {
        match self {
            Self::Text | Self::Markdown | Self::Html => MOST_TEXT,
            Self::Docx | Self::Pdf => MOST_DOCUMENT,
        }
    }

    /// Whether something that begins like this is no text and nothing that we read.
    pub fn is_binary(self, beginning: &[u8]) -> bool {
        match self {
            Self::Text | Self::Markdown | Self::Html => text::is_binary(beginning),
            Self::Docx | Self::Pdf => false,
        }
    }
}

/// The lines of a file that is not PDF.
///
/// # Errors
/// Why there are none, in words for people.
pub(super) fn lines(kind: Kind, bytes: &[u8]) -> Result<Vec<Line>, String> {
    let read = catch_unwind(AssertUnwindSafe(|| match kind {
        Kind::Text => text::plain(bytes),
        Kind::Markdown => text::markdown(bytes),
        Kind::Html => html::lines(bytes),
        Kind::Docx => docx::lines(bytes),
        Kind::Pdf => Err("PDF is read elsewhere.".to_owned()),
    }));
    read.unwrap_or_else(|_| Err("Its content confuses its reader.".to_owned()))
}
