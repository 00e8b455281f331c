//! Tokens a minute: what ended in the last minute, and what runs.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// The tokens of the last minute.
#[derive(Default)]
pub(super) struct TokenWindow {
    used: VecDeque<(Instant, u64)>,
    sum: u64,
    /// What calls that run have read already, as far as it can be told.
    running: u64,
}

impl TokenWindow {
    /// How many were used.
    pub fn used(&mut self, now: Instant) -> u64 {
        while let Some((_, tokens)) = self
            .used
            .front()
            .filter(|(at, _)| now.duration_since(*at) >= MINUTE)
        {
            self.sum = self.sum.saturating_sub(*tokens);
            self.used.pop_front();
        }
        self.sum.saturating_add(self.running)
    }

    /// How long until fewer than `cap` are used, if no more come.
    pub fn wait(&mut self, cap: u64, now: Instant) -> Option<Duration> {
        let mut left = self.used(now);
        if left < cap {
            return None;
        }
        for (at, tokens) in &self.used {
            left = left.saturating_sub(*tokens);
            if left < cap {
                return Some(MINUTE.saturating_sub(now.duration_since(*at)));
            }
        }
        // the rest belongs to calls that run; nobody knows how long they take
        Some(Duration::from_secs(1))
    }

    /// A call has read so many.
    pub fn expect(&mut self, tokens: u64) {
        self.running = self.running.saturating_add(tokens);
    }

    /// A call of which so many were expected took so many.
    pub fn settle(&mut self, expected: u64, took: u64, now: Instant) {
        self.running = self.running.saturating_sub(expected);
        if took > 0 {
            self.sum = self.sum.saturating_add(took);
            self.used.push_back((now, took));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_until_enough_of_them_are_a_minute_old() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut window = TokenWindow::default();
        window.settle(0, 40, at(0));
        window.settle(0, 50, at(10));
        window.settle(0, 30, at(20));
        assert_eq!(window.wait(121, at(20)), None);
        assert_eq!(
            window.wait(120, at(20)),
            Some(Duration::from_secs(40)),
            "the first goes"
        );
        assert_eq!(
            window.wait(80, at(20)),
            Some(Duration::from_secs(50)),
            "and the second"
        );
        window.expect(10);
        assert_eq!(window.used(at(65)), 90);
        window.settle(10, 0, at(65));
        assert_eq!(window.used(at(65)), 80);
        assert_eq!(window.wait(1, at(80)), None, "all are old");
    }
}
