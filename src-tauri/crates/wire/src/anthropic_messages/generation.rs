//! Which generation of Claude a name means.
//!
//! Anthropic withdraws fields from one generation to the next: a budget of thinking and a temperature are a
//! 400 where they were the only way before. No list of models tells it, so the number in the name decides.
//! A name without one, or of another maker, gets what the wire has always taken.

/// Major and minor number: `claude-opus-4-1-20250805` is (4, 1), `us.anthropic.claude-3-7-sonnet-…` (3, 7).
pub(super) type Generation = (u8, u8);

/// It answers in the form of a schema.
pub(super) const SCHEMAS: Generation = (4, 1);
/// It refuses `temperature` and `top_p` together.
pub(super) const ONE_SAMPLER: Generation = (4, 1);
/// It decides itself how much to think, by effort.
pub(super) const ADAPTIVE: Generation = (4, 6);
/// It refuses a budget of thinking, and everything about sampling.
pub(super) const ADAPTIVE_ONLY: Generation = (4, 7);
/// It takes instructions between messages, if it is an Opus.
pub(super) const MIDWAY_SYSTEM: Generation = (4, 8);

/// The generation that a model's name tells; `None` when it tells none.
pub(super) fn of(model: &str) -> Option<Generation> {
    let lower = model.to_ascii_lowercase();
    let (_, rest) = lower.rsplit_once("claude-")?;
    let mut words = rest
        .split(['-', '.', '@', ':', '_'])
        .skip_while(|word| number(word).is_none());
    let major = number(words.next()?)?;
    Some((major, words.next().and_then(number).unwrap_or(0)))
}

/// Up to two digits: a longer number is a date.
fn number(word: &str) -> Option<u8> {
    word.parse().ok().filter(|_| word.len() <= 2)
}

/// Whether the model is known to be of `since` or later.
pub(super) fn at_least(model: &str, since: Generation) -> bool {
    of(model).is_some_and(|generation| generation >= since)
}

/// Whether the model is known to be older than `since`.
pub(super) fn before(model: &str, since: Generation) -> bool {
    of(model).is_some_and(|generation| generation < since)
}

/// Whether the model takes a message of the role `system` after one of the user.
pub(super) fn takes_system_midway(model: &str) -> bool {
    at_least(model, MIDWAY_SYSTEM) && model.to_ascii_lowercase().contains("opus")
}

/// Most tokens of an answer when nobody says: the wire wants a number, and more than the model can write
/// is a 400.
pub(super) fn default_max_tokens(model: &str) -> u64 {
    match of(model) {
        Some(generation) if generation >= (3, 7) => 32_000,
        Some(generation) if generation < (3, 5) => 4096,
        Some(_) | None => 8192,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_are_read_from_every_spelling() {
        for (model, expected) in [
            ("claude-3-opus-20240229", Some((3, 0))),
            ("claude-3-5-haiku-latest", Some((3, 5))),
            ("claude-3-7-sonnet@20250219", Some((3, 7))),
            ("claude-sonnet-4-20250514", Some((4, 0))),
            ("claude-sonnet-4-0", Some((4, 0))),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Some((4, 5))),
            ("anthropic/claude-opus-4.7", Some((4, 7))),
            ("claude-sonnet-5", Some((5, 0))),
            ("Claude-Haiku-5-5", Some((5, 5))),
            ("claude-mythos-preview", None),
            ("MiniMax-M2.7", None),
            ("claude-", None),
        ] {
            assert_eq!(of(model), expected, "{model}");
        }
        assert!(takes_system_midway("claude-opus-4-8") && !takes_system_midway("claude-sonnet-5"));
    }
}
