//! Web origins that a client key lists.
//!
//! An entry lets in exactly one origin, the one that a browser writes in the same letters. What could stand for
//! several, a wildcard or a scheme alone, is how others let every extension in (SEC-08).

use domain::Failure;

/// Checks that a text is exactly one serialised origin: a scheme, a host, a port that is not the scheme's own,
/// and nothing else.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`].
pub(super) fn check(origin: &str) -> Result<(), Failure> {
    if is_serialised(origin) {
        return Ok(());
    }
    let shown: String = origin.chars().take(100).collect();
    Err(
        Failure::invalid("origins", format!("{shown:?} is not an origin.")).with_hint(
            "Write it as the browser sends it, for example https://app.example.com or http://localhost:3000.",
        ),
    )
}

fn is_serialised(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    if matches!(scheme, "http" | "https") {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]_".contains(&b);
        let whole = |label: &str| !label.is_empty() && !label.starts_with(':');
        // the parser brings every other spelling of a host into this one
        return authority.bytes().all(plain)
            && authority.split('.').all(whole)
            && reqwest::Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
    }
    // schemes of apps and of extensions, whose host is an id
    let mut letters = scheme.bytes();
    letters.next().is_some_and(|b| b.is_ascii_lowercase())
        && letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !matches!(
            scheme,
            "file" | "ws" | "wss" | "ftp" | "data" | "blob" | "javascript" | "about"
        )
        && authority
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(in_label))
}

fn in_label(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
}
