//! Words in an agent's instructions that stand for what is known only when it is asked: `{{date}}`.
//!
//! The danger is a provider's cache, which knows a conversation by its first bytes: so nothing here changes within a day,
//! and the time of day is a tool's to tell. Another is text that only looks like this, a template that somebody works on:
//! so the set is closed, what is not in it stays letter for letter, and a backslash before it keeps what is.

use std::borrow::Cow;

use domain::{AgentDraft, CallSource, Timestamp};
use jiff::tz::TimeZone;

/// What they stand for in one call.
pub(super) struct Variables<'a> {
    pub now: Timestamp,
    pub source: &'a CallSource,
    /// The name of the client key of whoever called.
    pub key: Option<&'a str>,
}

impl Variables<'_> {
    /// The agent with its instructions as this call's model is told them.
    pub fn fill<'a>(&self, agent: &'a AgentDraft) -> Cow<'a, AgentDraft> {
        let mut agent = Cow::Borrowed(agent);
        if let Some(filled) = self.filled(&agent.instructions, &agent.name) {
            agent.to_mut().instructions = filled;
        }
        agent
    }

    /// The text with each of them replaced; `None` where there is none.
    fn filled(&self, text: &str, agent: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        let mut found = false;
        while let Some(open) = rest.find("{{") {
            let (before, inside) = rest.split_at(open);
            let named = inside[2..].split_once("}}");
            let value = named.and_then(|(name, after)| Some((self.value(name.trim(), agent)?, after)));
            let Some((value, after)) = value else {
                out.push_str(&rest[..open + 2]);
                rest = &rest[open + 2..];
                continue;
            };
            found = true;
            match before.strip_suffix('\\') {
                Some(before) => {
                    out.push_str(before);
                    out.push_str(&inside[..inside.len() - after.len()]);
                }
                None => {
                    out.push_str(before);
                    out.push_str(&value);
                }
            }
            rest = after;
        }
        found.then(|| out + rest)
    }

    fn value(&self, name: &str, agent: &str) -> Option<Cow<'_, str>> {
        let local = || {
            let now = jiff::Timestamp::from_millisecond(self.now.millis()).ok()?;
            Some(now.to_zoned(TimeZone::system()))
        };
        Some(match name {
            "date" => Cow::Owned(local()?.strftime("%A, %-d %B %Y").to_string()),
            "time_zone" => match local()?.time_zone().iana_name() {
                Some(name) => Cow::Owned(name.to_owned()),
                None => Cow::Owned(local()?.offset().to_string()),
            },
            "system" => Cow::Borrowed(match std::env::consts::OS {
                "linux" => "Linux",
                "macos" => "macOS",
                "windows" => "Windows",
                other => other,
            }),
            "agent" => Cow::Owned(agent.to_owned()),
            "caller" => Cow::Borrowed(match (self.source, self.key) {
                (CallSource::Window, _) => "the window of Inglenook",
                (CallSource::CommandLine, _) => "the command line of Inglenook",
                (CallSource::Client { .. }, Some(name)) => name,
                (CallSource::Client { .. }, None) => "a program",
            }),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Option<String> {
        let variables = Variables {
            now: Timestamp(1_795_392_000_000),
            source: &CallSource::Window,
            key: None,
        };
        variables.filled(text, "Code reviewer")
    }

    #[test]
    fn what_is_known_is_filled_in() {
        let told = filled("You are {{agent}}, asked by {{ caller }}.").unwrap_or_default();
        assert_eq!(told, "You are Code reviewer, asked by the window of Inglenook.");
        let told = filled("It is {{date}}.").unwrap_or_default();
        assert!(told.ends_with("November 2026."), "{told}");
        let told = filled("{{time_zone}} {{system}}").unwrap_or_default();
        assert!(told.len() > 1 && !told.contains('{'), "{told}");
    }

    #[test]
    fn what_is_not_known_stays_letter_for_letter() {
        for text in [
            "Be brief.",
            "Hello {{name}}",
            "{{date",
            "{{}}",
            "{ {date} }",
            "{{Date}}",
            "{{date.year}}",
            "}}{{",
            "{{é}}",
        ] {
            assert_eq!(filled(text), None, "{text}");
        }
        let told = filled(r"{{{agent}}} {{x {{agent}} \{{agent}} {{name}}").unwrap_or_default();
        assert_eq!(told, "{{{agent}}} {{x Code reviewer {{agent}} {{name}}");
    }
}
