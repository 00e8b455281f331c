//! Where a model is asked: this wire names the model in the path and not in the body.

/// Collections whose members are named with their path.
const COLLECTIONS: &[&str] = &[
    "models/",
    "tunedModels/",
    "publishers/",
    "projects/",
    "endpoints/",
];

/// The path of a request under the provider's base URL, percent-encoded. Google lists its models as
/// `models/…` and takes them with and without; a stream is asked for as server-sent events, for without that
/// it comes as one array.
pub fn path(model: &str, stream: bool) -> String {
    let method = if stream {
        ":streamGenerateContent?alt=sse"
    } else {
        ":generateContent"
    };
    resource(model) + method
}

/// The path of a model.
pub(super) fn resource(model: &str) -> String {
    let model = model.trim_matches('/');
    if COLLECTIONS.iter().any(|collection| model.starts_with(collection)) {
        model
            .split('/')
            .fold(String::new(), |path, segment| path + "/" + &encoded(segment))
    } else {
        format!("/models/{}", encoded(model))
    }
}

/// Percent-encodes everything that has a meaning in a URL.
fn encoded(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn models_are_named_in_the_path() {
        for (model, expected) in [
            ("gemini-2.5-flash", "/models/gemini-2.5-flash:generateContent"),
            (
                "models/gemini-2.5-flash",
                "/models/gemini-2.5-flash:generateContent",
            ),
            ("tunedModels/mine-7", "/tunedModels/mine-7:generateContent"),
            (
                "publishers/google/models/gemini-3-pro",
                "/publishers/google/models/gemini-3-pro:generateContent",
            ),
            (
                "google/gemini pro?x#y:z",
                "/models/google%2Fgemini%20pro%3Fx%23y%3Az:generateContent",
            ),
            ("é", "/models/%C3%A9:generateContent"),
        ] {
            assert_eq!(path(model, false), expected);
        }
        assert_eq!(path("m", true), "/models/m:streamGenerateContent?alt=sse");
    }
}
