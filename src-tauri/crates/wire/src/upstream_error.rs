//! What a provider says when it fails, read into one of our kinds, once, for every wire.
//!
//! Providers agree on neither status nor words: a bad key is 400 at some, a conversation that is too long
//! has a dozen wordings (W-92). Whatever is read here decides about retries and about what the user is told,
//! so the provider's own words stay beside the kind. They may quote a key; that is masked first.

use domain::{Failure, FailureKind, UpstreamError};

/// The longest message that is kept, in characters.
const MAX_MESSAGE: usize = 500;

/// The parts of a provider's error, whatever shape it came in.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    /// HTTP status, or the number that stands in its place inside a successful response.
    pub(crate) status: Option<u16>,
    /// A word, or a number written as one.
    pub(crate) code: Option<String>,
    /// A second, coarser word.
    pub(crate) category: Option<String>,
    /// Its sentence.
    pub(crate) message: Option<String>,
    /// The field at fault.
    pub(crate) param: Option<String>,
    /// When to try again, in milliseconds.
    pub(crate) retry_after_ms: Option<u64>,
    /// Google has one sentence for a used-up quota and for a limit by the minute; this is the latter.
    pub(crate) refills: bool,
}

impl Reported {
    /// Turns it into a failure.
    pub(crate) fn failure(self) -> Failure {
        let message = self.message.as_deref().map(tidy).filter(|text| !text.is_empty());
        let words = Words::new(&self, message.as_deref());
        let kind = classify(&words);
        // a number only repeats the status
        let number = |code: &String| code.bytes().all(|byte| byte.is_ascii_digit());
        let code = match (self.code, self.category) {
            (Some(code), Some(category)) if number(&code) => Some(category),
            (code, category) => code.or(category),
        };
        let sentence = sentence(kind, self.status, message.as_deref());
        let mut failure = Failure::new(kind, sentence).with_upstream(UpstreamError {
            status: self.status,
            code: code.map(|code| tidy(&code)),
            message,
        });
        if kind == FailureKind::InvalidRequest
            && let Some(param) = self.param.filter(|param| param.len() <= 200)
        {
            failure = failure.with_param(param);
        }
        let waits = matches!(
            kind,
            FailureKind::ProviderRateLimited
                | FailureKind::UpstreamOverloaded
                | FailureKind::UpstreamFailed
                | FailureKind::UpstreamTimeout
        );
        if let (true, Some(millis)) = (waits, self.retry_after_ms) {
            failure = failure.with_retry_after_ms(millis);
        }
        failure
    }
}

/// A `retry-after` header in seconds, also with a fraction, as milliseconds; `None` for a date.
pub(crate) fn retry_after_ms(header: &str) -> Option<u64> {
    millis(header.trim(), 1000.0)
}

/// A plain number times `factor`, rounded up.
pub(crate) fn millis(number: &str, factor: f64) -> Option<u64> {
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let value: f64 = number.parse().ok().filter(|_| plain)?;
    let millis = (value * factor).ceil();
    (millis.is_finite() && millis < 1e12).then_some(millis as u64)
}

/// The delay that a message asks for: `try again in 1.5s`, `retry in 20ms`, `41s`.
pub(crate) fn delay_in(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let after = ["try again in ", "retry in ", "retry after ", "wait "]
        .iter()
        .find_map(|words| lower.find(words).map(|at| &lower[at + words.len()..]))
        .unwrap_or(&lower);
    let end = after
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(after.len());
    let (number, unit) = after.split_at(end);
    let unit = unit.trim_start();
    let factor = if unit.starts_with("ms") || unit.starts_with("milli") {
        1.0
    } else if unit.starts_with('m') {
        60_000.0
    } else if unit.starts_with('s') {
        1000.0
    } else {
        return None;
    };
    millis(number, factor).filter(|_| !number.is_empty())
}

struct Words {
    status: u16,
    refills: bool,
    /// Code and category in lower case.
    code: String,
    /// Message, code and category in lower case.
    all: String,
}

impl Words {
    fn new(reported: &Reported, message: Option<&str>) -> Self {
        let code = [&reported.code, &reported.category]
            .into_iter()
            .flatten()
            .fold(String::new(), |all, word| all + &word.to_lowercase() + " ");
        Self {
            status: reported.status.unwrap_or(0),
            refills: reported.refills,
            all: code.clone() + &message.unwrap_or_default().to_lowercase(),
            code,
        }
    }

    fn code(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.code.contains(word))
    }

    fn say(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.all.contains(word))
    }
}

/// Wordings of a conversation that is too long (W-92).
const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "context_window_exceeded",
    "too_many_prompt_tokens",
    "maximum context length",
    "prompt is too long",
    "prompt too long",
    "exceeds the context window",
    "exceed context window",
    "exceeds the maximum number of tokens",
    "maximum prompt length is",
    "reduce the length of the messages",
    "exceeds the available context size",
    "exceed_context_size",
    "greater than the context length",
    "context window exceeds limit",
    "exceeds the model's context window",
    "exceeds model context window",
    "input is too long for requested model",
    "input length and `max_tokens` exceed context limit",
    "length of all messages is too long",
    "too many tokens: size limit exceeded",
    "too large for model with",
    "input tokens exceeded",
];

const QUOTA: &[&str] = &[
    "insufficient_quota",
    "insufficient balance",
    "insufficient_balance",
    "insufficient credit",
    "insufficient funds",
    "billing_hard_limit",
    "billing_not_active",
    "exceeded your current quota",
    "credit balance is too low",
    "out of credits",
    "payment required",
    "servicequotaexceeded",
];

const REFUSED: &[&str] = &[
    "content_filter",
    "content_policy",
    "content policy",
    "content management policy",
    "responsibleaipolicy",
    "requires moderation",
    "safety system",
    "data_inspection_failed",
];

const BAD_KEY: &[&str] = &[
    "invalid_api_key",
    "api_key_invalid",
    "api key not valid",
    "invalid api key",
    "incorrect api key",
    "invalid_authentication",
    "authentication_error",
    "invalid authentication",
    "missing authentication",
    "no auth credentials",
];

const NO_MODEL: &[&str] = &[
    "model_not_found",
    "model_not_exist",
    "model not exist",
    "model not found",
    "not a valid model",
    "invalid model",
    "invalid_model",
    "unknown model",
    "unknown_model",
    "no such model",
    "no endpoints found",
    "model identifier is invalid",
];

fn classify(words: &Words) -> FailureKind {
    let status = words.status;
    // Google says "input token count (N) exceeds the maximum number of tokens allowed"
    let counted = words.say(&["input token count"]) && words.say(&["exceeds the maximum"]);
    let model = words.say(&["model"]);
    if words.say(TOO_LONG) || counted {
        FailureKind::ContextTooLong
    } else if status == 402 || (words.say(QUOTA) && !words.refills) {
        FailureKind::ProviderQuotaExceeded
    } else if words.say(REFUSED) {
        FailureKind::ContentRefused
    } else if matches!(status, 401 | 403) || words.say(BAD_KEY) {
        FailureKind::ProviderKeyRejected
    } else if words.say(NO_MODEL)
        || (status == 404 && model)
        || (matches!(status, 400 | 422)
            && model
            && words.say(&["does not exist", "was removed", "not found"]))
    {
        FailureKind::ModelNotFound
    } else if status == 429
        || words.code(&[
            "rate_limit",
            "ratelimit",
            "resource_exhausted",
            "too_many_requests",
        ])
    {
        FailureKind::ProviderRateLimited
    } else if matches!(status, 503 | 529) || words.code(&["overloaded", "unavailable", "capacity"]) {
        FailureKind::UpstreamOverloaded
    } else if matches!(status, 408 | 504 | 524) || words.code(&["timeout"]) {
        FailureKind::UpstreamTimeout
    } else if status == 413 {
        FailureKind::BodyTooLarge
    } else if matches!(status, 400 | 422) || (status == 0 && words.code(&["invalid_request"])) {
        FailureKind::InvalidRequest
    } else {
        FailureKind::UpstreamFailed
    }
}

fn sentence(kind: FailureKind, status: Option<u16>, message: Option<&str>) -> String {
    match (kind, message) {
        // the provider's words would tell the client that its own key is wrong (W-93)
        (FailureKind::ProviderKeyRejected, _) => "The provider refused the key it was given.".into(),
        (FailureKind::ContextTooLong, Some(text)) => too_long(text),
        (_, Some(text)) => text.to_owned(),
        (_, None) => match status {
            Some(status) => format!("The provider answered with status {status}."),
            None => "The provider answered with an error.".into(),
        },
    }
}

/// The sentence that clients recognise, with the number when the provider names it (W-92).
fn too_long(text: &str) -> String {
    if text.contains("maximum context length is") {
        return text.to_owned();
    }
    // "exceeded by 25836 tokens. (…) The limit for this model is 288000 tokens."
    let named = text
        .rsplit_once("limit for this model is ")
        .map_or(text, |(_, rest)| rest);
    // of "210000 tokens > 200000 maximum" and "requested 5000, available 4096" the limit is the smaller
    let limit = named
        .split(|c: char| !c.is_ascii_digit() && c != ',')
        .filter_map(|digits| digits.replace(',', "").parse::<u64>().ok())
        .filter(|number| *number >= 256)
        .min();
    match limit {
        Some(limit) => format!("This model's maximum context length is {limit} tokens. {text}"),
        None => format!("The conversation exceeds this model's maximum context length. {text}"),
    }
}

/// One line, masked, and not longer than is useful.
fn tidy(text: &str) -> String {
    let masked = mask(text);
    let mut line = String::new();
    for word in masked.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => line[..end].to_owned(),
        None => line,
    }
}

/// What keys begin with, at the providers we know.
const KEY_PREFIXES: &[&str] = &[
    "sk-",
    "sk_",
    "pk-",
    "gsk_",
    "xai-",
    "AIza",
    "pplx-",
    "hf_",
    "nvapi-",
    "fw_",
    "csk-",
    "tgp_",
    "ghp_",
    "gho_",
    "github_pat_",
    "r8_",
    "key-",
    "api-",
    "AKIA",
    "ASIA",
    "ya29.",
    "eyJ",
];

/// Replaces everything that looks like a key.
pub(crate) fn mask(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '*' | '+' | '/' | '=');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_key = false;
    while let Some(start) = rest.find(part) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        let bare = word.trim_end_matches(['.', '-', '/']);
        if looks_like_key(bare) || (after_key && bare.len() >= 12) {
            out.push_str("***");
            out.push_str(&word[bare.len()..]);
        } else {
            out.push_str(word);
        }
        let lower = word.to_ascii_lowercase();
        after_key = matches!(
            lower.as_str(),
            "bearer" | "provided" | "key" | "api_key" | "token"
        );
    }
    out.push_str(rest);
    out
}

fn looks_like_key(word: &str) -> bool {
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let letter = word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let starred = word.contains("**");
    if KEY_PREFIXES.iter().any(|prefix| word.starts_with(prefix)) && word.len() >= 12 && (digit || starred) {
        return true;
    }
    starred || (word.len() >= 32 && digit && letter && !word.contains(['/', '.', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_masked_and_names_are_not() {
        for (text, masked) in [
            (
                "Incorrect API key provided: sk-proj-abcDEF0123456789.",
                "Incorrect API key provided: ***.",
            ),
            (
                "Incorrect API key provided: abcdefabcdefab",
                "Incorrect API key provided: ***",
            ),
            ("key AIzaSyA1234567890abcdefghijk!", "key ***!"),
            ("<not-a-r****key>", "<***>"),
            (
                "Authorization: Bearer abc.def.ghi1234",
                "Authorization: Bearer ***",
            ),
            ("0123456789abcdef0123456789abcdef", "***"),
        ] {
            assert_eq!(mask(text), masked);
        }
        for plain in [
            "The model `meta-llama/llama-3.3-70b-instruct:free` does not exist",
            "see https://platform.openai.com/account/api-keys for key help",
            "max_completion_tokens is too large: 1048576",
        ] {
            assert_eq!(mask(plain), plain);
        }
    }

    #[test]
    fn delays_are_read_from_headers_and_messages() {
        assert_eq!(retry_after_ms("2"), Some(2000));
        assert_eq!(retry_after_ms(" 0.25 "), Some(250));
        for bad in ["", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "inf", "1e9", "."] {
            assert_eq!(retry_after_ms(bad), None, "{bad}");
        }
        assert_eq!(delay_in("Please try again in 6ms. Contact us"), Some(6));
        assert_eq!(delay_in("Please try again in 1.5s."), Some(1500));
        assert_eq!(delay_in("retry in 2 minutes"), Some(120_000));
        assert_eq!(delay_in("41.3s"), Some(41_300));
        assert_eq!(delay_in("Slow down."), None);
    }

    #[test]
    fn the_limit_is_named_as_clients_expect_it() {
        assert_eq!(
            too_long("prompt is too long: 210000 tokens > 200000 maximum"),
            "This model's maximum context length is 200000 tokens. prompt is too long: 210000 tokens > 200000 maximum"
        );
        assert!(too_long("The total length of all messages is too long.").contains("maximum context length"));
    }
}
