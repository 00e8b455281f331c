//! Pictures that tools give: what may go to a model and into the record as one.
//!
//! The danger is a thing that is called a picture: markup that runs where it is shown, bytes of no known kind that a
//! provider refuses the whole conversation for, a size that nobody takes. So a picture is of four kinds, by its own word
//! and by its bytes, and bounded; whatever is not is told of in a sentence, and the run goes on. Deliberately not here:
//! how many of them an answer may have, which is the turn's.

use std::borrow::Cow;

use base64ct::{Base64, Encoding as _};
use domain::{Extra, Media, MediaSource};

use crate::fetch::image_kind;

/// Bytes of base64 of one picture: what the strictest providers take.
pub(crate) const MOST: usize = 5 << 20;

/// Why something is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It does not call itself a PNG, JPEG, GIF or WebP.
    OtherKind,
    /// It calls itself one and is none.
    NotWhatItSays,
    NotBase64,
    TooLarge,
}

impl Unfit {
    /// Said in brackets behind what it is; empty where its kind says it all.
    pub fn reason(self) -> &'static str {
        match self {
            Self::OtherKind => "",
            Self::NotWhatItSays => ", not shown: its bytes are no picture of a known kind",
            Self::NotBase64 => ", not shown: it is not base64",
            Self::TooLarge => ", not shown: it is larger than 3.75 MiB",
        }
    }
}

/// Reads a picture from base64, under the kind that it is told to be.
pub(crate) fn read(base64: &str, told: Option<&str>) -> Result<Media, Unfit> {
    let told = told.and_then(|told| told.split(';').next()).map(str::trim);
    if !told.is_some_and(|told| {
        ["image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"]
            .iter()
            .any(|kind| told.eq_ignore_ascii_case(kind))
    }) {
        return Err(Unfit::OtherKind);
    }
    // some encoders break lines
    let data: Cow<'_, str> = match base64.contains(|letter: char| letter.is_ascii_whitespace()) {
        true => base64.split_ascii_whitespace().collect::<String>().into(),
        false => base64.into(),
    };
    if data.len() > MOST {
        return Err(Unfit::TooLarge);
    }
    let bytes = Base64::decode_vec(&data).map_err(|_| Unfit::NotBase64)?;
    let media_type = image_kind(&bytes).ok_or(Unfit::NotWhatItSays)?;
    Ok(Media {
        source: MediaSource::Base64 {
            data: data.into_owned(),
        },
        media_type: Some(media_type.to_owned()),
        name: Some(media_type.replace('/', ".")),
        extra: Extra::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_pictures() {
        let png = "iVBORw0KGgo=";
        let kind = |base64: &str, told: &str| read(base64, Some(told)).map(|media| media.media_type);
        let is = |kind: &str| Ok(Some(kind.to_owned()));
        assert_eq!(kind(png, "image/png"), is("image/png"));
        assert_eq!(kind("iVBORw\n0KGgo=\n", "IMAGE/PNG; x=1"), is("image/png"));
        assert_eq!(kind(png, "image/jpeg"), is("image/png"), "bytes tell");
        let svg = Base64::encode_string(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'>");
        let page = Base64::encode_string(b"<!doctype html><script>");
        for told in ["image/svg+xml", "text/html", "application/octet-stream", ""] {
            for base64 in [svg.as_str(), &page, png] {
                assert_eq!(kind(base64, told), Err(Unfit::OtherKind), "{told}");
            }
        }
        assert_eq!(read(png, None), Err(Unfit::OtherKind));
        for base64 in [svg.as_str(), &page, "", "AAAA"] {
            assert_eq!(kind(base64, "image/png"), Err(Unfit::NotWhatItSays));
        }
        assert_eq!(kind("iVBORw0KGgo", "image/png"), Err(Unfit::NotBase64));
        assert_eq!(kind("data:image/png;base64,", "image/png"), Err(Unfit::NotBase64));
    }

    #[test]
    fn a_picture_is_at_most_as_large_as_every_provider_takes() {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.resize(MOST / 4 * 3, 0);
        assert!(read(&Base64::encode_string(&bytes), Some("image/png")).is_ok());
        bytes.push(0);
        let over = read(&Base64::encode_string(&bytes), Some("image/png"));
        assert_eq!(over, Err(Unfit::TooLarge));
    }
}
