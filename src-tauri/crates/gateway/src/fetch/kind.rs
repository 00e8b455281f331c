//! What bytes are, by how they begin. The server's own word for it is not asked: it decides nothing that bytes
//! do not. Deliberately not here: SVG, which is a program, and all that is text.

/// What a caller says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An image that models read and windows show.
    Image,
    /// A document that models read.
    Document,
}

/// What servers are asked for.
pub(super) const ACCEPT: &str = "image/png,image/jpeg,image/gif,image/webp,application/pdf;q=0.9";
/// So many bytes tell every kind from every other.
pub(super) const ENOUGH: usize = 12;

/// The MIME type of bytes, if they are of a kind that is wanted.
pub(super) fn of(bytes: &[u8], wanted: Wanted) -> Option<&'static str> {
    match wanted {
        Wanted::Image => image(bytes),
        Wanted::Document => bytes.starts_with(b"%PDF-").then_some("application/pdf"),
    }
}

/// The MIME type of an image that models read and windows show.
pub(crate) fn image(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice()) {
        Some("image/webp")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_33_only_what_bytes_say_counts() {
        let webp = b"RIFF\x10\0\0\0WEBPVP8 ";
        for (bytes, image, document) in [
            (b"\x89PNG\r\n\x1a\n....".as_slice(), Some("image/png"), None),
            (b"\xff\xd8\xff\xe0....", Some("image/jpeg"), None),
            (b"GIF87a......", Some("image/gif"), None),
            (b"GIF89a......", Some("image/gif"), None),
            (webp, Some("image/webp"), None),
            (b"RIFF\x10\0\0\0WAVEfmt ", None, None),
            (b"%PDF-1.7\n%...", None, Some("application/pdf")),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None, None),
            (b"<!doctype html><img>", None, None),
            (b"{\"AccessKeyId\": \"A\"}", None, None),
            (b"\x89PN", None, None),
            (b"", None, None),
        ] {
            assert_eq!(of(bytes, Wanted::Image), image, "{bytes:?}");
            assert_eq!(of(bytes, Wanted::Document), document, "{bytes:?}");
        }
        assert!(webp.len() >= ENOUGH);
    }
}
