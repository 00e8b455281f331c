//! Text, source code and Markdown.

use super::Line;

/// Zero bytes stand in no text, but for UTF-16, which says so.
pub(super) fn is_binary(beginning: &[u8]) -> bool {
    beginning.contains(&0) && !beginning.starts_with(&[0xff, 0xfe]) && !beginning.starts_with(&[0xfe, 0xff])
}

/// What it says, whatever it is written in; what cannot be read as letters is left out where it is little.
pub(super) fn decoded(bytes: &[u8]) -> Result<String, String> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16_lossy(&units)
    };
    if let Some(rest) = bytes.strip_prefix(&[0xff, 0xfe]) {
        return Ok(utf16(rest, u16::from_le_bytes));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xfe, 0xff]) {
        return Ok(utf16(rest, u16::from_be_bytes));
    }
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
    let unread = text.matches('\u{fffd}').count();
    if unread > 16 && unread * 20 > text.len() {
        return Err("It is not written in UTF-8.".to_owned());
    }
    Ok(text.into_owned())
}

pub(super) fn plain(bytes: &[u8]) -> Result<Vec<Line>, String> {
    let text = decoded(bytes)?;
    let line = |(number, text): (u32, &str)| Line {
        number,
        text: text.to_owned(),
        ..Line::default()
    };
    Ok((1..).zip(text.lines()).map(line).collect())
}

pub(super) fn markdown(bytes: &[u8]) -> Result<Vec<Line>, String> {
    let mut lines = plain(bytes)?;
    let mut fence: Option<&str> = None;
    for line in &mut lines {
        let text = line.text.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => line.heading = heading(&line.text),
        }
    }
    Ok(lines)
}

/// 1 to 6, or 0.
fn heading(line: &str) -> u8 {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    match u8::try_from(level) {
        Ok(level @ 1..=6) if rest.starts_with(' ') => level,
        Ok(_) | Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_in_code_are_none() -> Result<(), String> {
        let lines = markdown(b"# One\ntext\n```sh\n# a comment\n```\n## Two\n#hash\n")?;
        let headings: Vec<u8> = lines.iter().map(|line| line.heading).collect();
        assert_eq!(headings, [1, 0, 0, 0, 0, 2, 0]);
        Ok(())
    }

    #[test]
    fn text_is_told_from_what_is_none() {
        assert!(is_binary(b"\x7fELF\x02\x01\x01\0\0"));
        assert!(!is_binary(b"plain"));
        assert!(!is_binary(&[0xff, 0xfe, b'a', 0]));
        assert_eq!(decoded(&[0xff, 0xfe, b'h', 0, b'i', 0]).as_deref(), Ok("hi"));
        assert_eq!(decoded(b"\xef\xbb\xbfhi").as_deref(), Ok("hi"));
        assert!(decoded(&[0x80; 4_096]).is_err());
        assert!(
            decoded(b"caf\xe9 au lait, said once").is_ok(),
            "one bad letter is no reason"
        );
    }
}
