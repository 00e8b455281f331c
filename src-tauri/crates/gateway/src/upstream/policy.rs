//! How long providers are waited for, how often they are asked again, when they are left alone, and what
//! callers get meanwhile.
//!
//! Values only. They enter with the configuration, so that a test is as impatient as it likes.

use std::time::Duration;

use domain::{BaseUrl, Timeouts};

/// How the way out behaves.
#[derive(Clone, Copy, Debug)]
pub struct UpstreamPolicy {
    /// From asking for a connection to having it, its TLS included.
    pub connect: Duration,
    /// For providers on the network.
    pub remote: Patience,
    /// For model servers on this machine, which load models and think slowly.
    pub local: Patience,
    /// Asking again before the first byte.
    pub retries: Retries,
    /// Leaving alone what fails again and again.
    pub breaking: Breaking,
    /// What callers get meanwhile.
    pub meanwhile: Meanwhile,
}

/// What a caller who asked for a stream gets while its provider is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Meanwhile {
    /// How long the status waits for the provider, so that its refusals keep theirs (W-60).
    pub grace: Duration,
    /// The longest silence; then a comment is sent (W-68).
    pub heartbeat: Duration,
}

/// How long each wait may last. Timers run on the machine's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From sending to the first piece of an answer, the response's head included; pings do not count.
    pub first_token: Duration,
    /// Between two pieces of a stream when nothing comes at all.
    pub idle: Duration,
    /// Between two pieces of a stream when pings or other bytes keep coming.
    pub pinged: Duration,
    /// From the first attempt at a target to the end of its answer, attempts in between included.
    pub overall: Duration,
}

/// Asking again (REL-01).
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// At most so many more attempts at a target.
    pub most: u32,
    /// The first wait is a random one up to this, the next up to its double.
    pub first_wait: Duration,
    /// A provider that asks to be left alone for longer is not waited for; the caller is told instead.
    /// Where another target could be asked, nobody waits as long as this.
    pub longest_wait: Duration,
}

/// Leaving alone (REL-01).
#[derive(Clone, Copy, Debug)]
pub struct Breaking {
    /// So many failures in a row.
    pub failures: u32,
    /// The longest time from the first of them to the last.
    pub within: Duration,
    /// How long the target is left alone before one call may try it.
    pub rest: Duration,
}

impl UpstreamPolicy {
    /// What users get: 3 minutes over all (design.md 8, D), timers of REL-04.
    pub const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        remote: Patience {
            first_token: Duration::from_secs(120),
            idle: Duration::from_secs(90),
            pinged: Duration::from_secs(300),
            overall: Duration::from_secs(180),
        },
        local: Patience {
            first_token: Duration::from_secs(600),
            idle: Duration::from_secs(300),
            pinged: Duration::from_secs(900),
            overall: Duration::from_secs(1800),
        },
        retries: Retries {
            most: 2,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
        },
        breaking: Breaking {
            failures: 5,
            within: Duration::from_secs(60),
            rest: Duration::from_secs(15),
        },
        meanwhile: Meanwhile {
            grace: Duration::from_secs(12),
            heartbeat: Duration::from_secs(15),
        },
    };

    /// How long a provider at this address is waited for, unless it or the agent says otherwise; the
    /// earlier in `said` wins.
    pub(crate) fn patience(&self, base_url: &BaseUrl, said: [&Timeouts; 2]) -> Patience {
        let usual = if base_url.is_loopback() {
            self.local
        } else {
            self.remote
        };
        let first = |field: fn(&Timeouts) -> Option<u32>, usual: Duration| {
            let seconds = said.into_iter().find_map(field);
            seconds.map_or(usual, |seconds| Duration::from_secs(u64::from(seconds)))
        };
        let idle = first(|said| said.idle_s, usual.idle);
        Patience {
            first_token: first(|said| said.first_token_s, usual.first_token),
            idle,
            pinged: usual.pinged.max(idle),
            overall: first(|said| said.overall_s, usual.overall),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_says_first_then_its_provider_then_the_place() -> Result<(), domain::Failure> {
        let agent = Timeouts {
            overall_s: Some(7),
            ..Timeouts::default()
        };
        let provider = Timeouts {
            first_token_s: Some(3),
            idle_s: Some(2000),
            overall_s: Some(9),
        };
        let remote = BaseUrl::parse("https://models.example")?;
        let local = BaseUrl::parse("http://127.0.0.1:1")?;
        let policy = UpstreamPolicy::USUAL;
        let none = Timeouts::default();
        assert_eq!(policy.patience(&remote, [&none, &none]), policy.remote);
        assert_eq!(policy.patience(&local, [&none, &none]), policy.local);
        let seconds = Duration::from_secs;
        let said = Patience {
            first_token: seconds(3),
            idle: seconds(2000),
            pinged: seconds(2000),
            overall: seconds(7),
        };
        assert_eq!(policy.patience(&remote, [&agent, &provider]), said);
        Ok(())
    }
}
