//! What kind of image bytes are, by their first letters in base64. Some wires want it told, others do not say.

/// MIME type, and how its bytes begin.
const BEGINNINGS: &[(&str, &str)] = &[
    ("image/png", "iVBOR"),
    ("image/jpeg", "/9j/"),
    ("image/gif", "R0lG"),
    ("image/webp", "UklGR"),
    ("image/bmp", "Qk"),
];

/// The MIME type of an image in base64; `None` when it is of none of the usual kinds.
pub(crate) fn of(base64: &str) -> Option<&'static str> {
    let (media_type, _) = BEGINNINGS.iter().find(|(_, begin)| base64.starts_with(begin))?;
    Some(media_type)
}
