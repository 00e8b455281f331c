//! Word documents: the paragraphs of `word/document.xml`, each a line.
//!
//! The danger is an archive that unpacks to gigabytes: what is unpacked is bounded, and read as it comes.

use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{Line, MOST_DOCUMENT};

pub(super) fn lines(bytes: &[u8]) -> Result<Vec<Line>, String> {
    let broken = "It is no Word document, or a broken one.";
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken.to_owned())?;
    let document = archive
        .by_name("word/document.xml")
        .map_err(|_| broken.to_owned())?;
    let mut reader = Reader::from_reader(BufReader::new(document.take(MOST_DOCUMENT)));
    let mut lines = Vec::new();
    let mut line = Line::default();
    let mut in_text = false;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag)) => {
                in_text |= tag.local_name().as_ref() == "t";
                begin(&tag, &mut line);
            }
            Ok(Event::Empty(tag)) => begin(&tag, &mut line),
            Ok(Event::Text(text)) if in_text => line.text.push_str(&text.xml10_content()),
            Ok(Event::CData(text)) if in_text => line.text.push_str(&text.xml10_content()),
            Ok(Event::GeneralRef(named)) if in_text => {
                let letter = match named.resolve_char_ref() {
                    Ok(Some(letter)) => Some(letter),
                    Ok(None) | Err(_) => entity(&named.xml10_content()),
                };
                line.text.extend(letter);
            }
            Ok(Event::End(tag)) => match tag.local_name().as_ref() {
                "t" => in_text = false,
                "p" => {
                    line.number = u32::try_from(lines.len()).map_or(u32::MAX, |at| at.saturating_add(1));
                    lines.push(std::mem::take(&mut line));
                }
                _ => {}
            },
            Ok(Event::Eof) => return Ok(lines),
            Ok(
                Event::Text(_)
                | Event::CData(_)
                | Event::GeneralRef(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_),
            ) => {}
            Err(_) if lines.is_empty() => return Err(broken.to_owned()),
            // what came before the break can be looked up
            Err(_) => return Ok(lines),
        }
    }
}

fn begin(tag: &BytesStart<'_>, line: &mut Line) {
    match tag.local_name().as_ref() {
        "tab" => line.text.push('\t'),
        "br" | "cr" => line.text.push(' '),
        "pStyle" => {
            let style = tag
                .attributes()
                .flatten()
                .find(|attribute| attribute.key.local_name().as_ref() == "val");
            let style = style.map(|style| style.value.to_ascii_lowercase());
            line.heading = match style.as_deref() {
                Some("title") => 1,
                Some(style) => match style.strip_prefix("heading").map(str::parse) {
                    Some(Ok(level @ 1..=6)) => level,
                    Some(Ok(_) | Err(_)) | None => line.heading,
                },
                None => line.heading,
            };
        }
        _ => {}
    }
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}
