//! Tokens, in the one convention that every wire converts to.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Tokens of one upstream attempt. `cached_input` and `cache_write` are parts of `input`, `reasoning`
/// is a part of `output`; each wire converts its provider's way of counting to this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Usage {
    /// All tokens read, cached or not.
    pub input: u64,
    /// Tokens of `input` that were served from the provider's cache.
    pub cached_input: u64,
    /// Tokens of `input` that were written to the provider's cache.
    pub cache_write: u64,
    /// All tokens written, reasoning included.
    pub output: u64,
    /// Tokens of `output` spent on reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Input and output together.
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// Brings absurd reports into the convention: a part is never more than its whole (REL-29).
    #[must_use]
    pub fn normalised(mut self) -> Self {
        self.cached_input = self.cached_input.min(self.input);
        self.cache_write = self.cache_write.min(self.input - self.cached_input);
        self.reasoning = self.reasoning.min(self.output);
        self
    }
}

impl std::ops::Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_never_more_than_its_whole() {
        let absurd = Usage {
            input: 10,
            cached_input: 90,
            cache_write: 5,
            output: 1,
            reasoning: 7,
        };
        let expected = Usage {
            input: 10,
            cached_input: 10,
            cache_write: 0,
            output: 1,
            reasoning: 1,
        };
        assert_eq!(absurd.normalised(), expected);
    }
}
