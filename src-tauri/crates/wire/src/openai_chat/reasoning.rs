//! How much to think: the three ways in which clients say it, and the five in which providers hear it (W-40).
//!
//! The domain knows an effort and a budget. The client's own fields stay beside them, so that a provider of
//! the same dialect gets what the client wrote, byte for byte; as soon as an agent decides otherwise, or the
//! provider speaks another dialect, the fields are written anew. A budget becomes an effort by thresholds,
//! for no provider documents the sizes of its efforts.

use domain::{Extra, Failure, Params, Quirks, ReasoningControl};
use serde_json::value::RawValue;

use crate::fields::{boolean, integer, string};
use crate::json::{self, Object};
use crate::notes::Notes;

/// The fields of clients that are about thinking.
const FIELDS: [&str; 3] = ["reasoning_effort", "reasoning", "thinking"];
/// The effort that means no thinking, and the one that means thinking of no said depth.
const OFF: &str = "none";
const ON: &str = "medium";

/// What a client said, or what is wanted in the end.
#[derive(Debug, Default, PartialEq)]
struct Wish {
    effort: Option<String>,
    tokens: Option<u64>,
}

impl Wish {
    fn of(params: &Params) -> Self {
        Self {
            effort: params.reasoning_effort.clone(),
            tokens: params.reasoning_tokens,
        }
    }

    fn is_none(&self) -> bool {
        self.effort.is_none() && self.tokens.is_none()
    }

    fn is_off(&self) -> bool {
        self.effort.as_deref() == Some(OFF) || self.tokens == Some(0)
    }

    /// An effort in words, also for a budget.
    fn words(&self) -> Option<&str> {
        match (&self.effort, self.tokens) {
            (Some(effort), _) => Some(effort),
            (None, Some(0)) => Some(OFF),
            (None, Some(1..2048)) => Some("low"),
            (None, Some(2048..8192)) => Some("medium"),
            (None, Some(_)) => Some("high"),
            (None, None) => None,
        }
    }

    /// Takes one of [`FIELDS`]. Where they say different things an earlier one wins, unless a later one says
    /// that there shall be no thinking at all.
    fn read(&mut self, name: &str, value: &RawValue) -> Result<(), Failure> {
        let mut found = Self::default();
        match name {
            "reasoning_effort" => found.effort = Some(string(name, value)?),
            "reasoning" => found.object(value)?,
            _ => found.thinking(value)?,
        }
        if found.is_off() {
            *self = found;
        } else {
            self.effort = self.effort.take().or(found.effort);
            self.tokens = self.tokens.or(found.tokens);
        }
        Ok(())
    }

    /// OpenRouter's `{effort, max_tokens, enabled, exclude}`; anything but an object means nothing to us.
    fn object(&mut self, value: &RawValue) -> Result<(), Failure> {
        let fields = json::fields(value).unwrap_or_default();
        let mut enabled = None;
        for (name, value) in fields {
            match name.as_ref() {
                _ if value.get() == "null" => {}
                "effort" => self.effort = Some(string("reasoning.effort", value)?),
                "max_tokens" => self.tokens = budget("reasoning.max_tokens", value)?,
                "enabled" => enabled = boolean("reasoning.enabled", value)?,
                _ => {}
            }
        }
        match enabled {
            Some(false) => self.off(),
            Some(true) if self.is_none() => self.effort = Some(ON.into()),
            Some(true) | None => {}
        }
        Ok(())
    }

    /// Anthropic's and DeepSeek's `{type, budget_tokens}`.
    fn thinking(&mut self, value: &RawValue) -> Result<(), Failure> {
        let fields = json::fields(value).unwrap_or_default();
        let mut kind = None;
        for (name, value) in fields {
            match name.as_ref() {
                _ if value.get() == "null" => {}
                "type" => kind = Some(string("thinking.type", value)?),
                "budget_tokens" => self.tokens = budget("thinking.budget_tokens", value)?,
                _ => {}
            }
        }
        match kind.as_deref() {
            Some("disabled") => self.off(),
            Some("enabled") if self.is_none() => self.effort = Some(ON.into()),
            // `adaptive`: the model decides
            Some(_) | None => {}
        }
        Ok(())
    }

    fn off(&mut self) {
        self.effort = Some(OFF.into());
        self.tokens = Some(0);
    }
}

fn budget(name: &str, value: &RawValue) -> Result<Option<u64>, Failure> {
    Ok(integer(name, value, 0, i64::MAX)?.map(i64::unsigned_abs))
}

/// Whether a field of a request is about thinking.
pub(super) fn is_ours(name: &str) -> bool {
    FIELDS.contains(&name)
}

/// Reads what a client wrote, all of it being in `extra`, into the parameters. What is no more than they
/// hold is taken out of `extra`.
pub(crate) fn read(extra: &mut Extra, params: &mut Params) -> Result<(), Failure> {
    for name in FIELDS {
        if extra.get(name).is_some_and(|value| value.get() == "null") {
            extra.take(name);
        }
    }
    let wish = said(extra)?;
    params.reasoning_effort = wish.effort;
    params.reasoning_tokens = wish.tokens;
    if extra.get("reasoning").is_none() && extra.get("thinking").is_none() {
        extra.take("reasoning_effort");
    }
    Ok(())
}

fn said(extra: &Extra) -> Result<Wish, Failure> {
    let mut wish = Wish::default();
    for name in FIELDS {
        if let Some(value) = extra.get(name)
            && let Ok(raw) = serde_json::from_str(value.get())
        {
            wish.read(name, raw)?;
        }
    }
    Ok(wish)
}

/// Writes what is wanted as the provider hears it. `theirs` are the client's own fields, when they are of
/// this wire.
pub(super) fn write(
    params: &Params,
    theirs: Option<&Extra>,
    quirks: &Quirks,
    object: &mut Object<'_>,
    notes: &mut Notes,
) {
    let none = Extra::new();
    let theirs = theirs.unwrap_or(&none);
    let wish = Wish::of(params);
    let unchanged = said(theirs).is_ok_and(|said| said == wish);
    let knows = |name: &str| match quirks.reasoning_control {
        ReasoningControl::AsGiven => !quirks.no_extra_fields || name == "reasoning_effort",
        ReasoningControl::Effort => name == "reasoning_effort",
        ReasoningControl::Object => name == "reasoning",
        ReasoningControl::Thinking => name == "thinking" || name == "reasoning_effort",
        ReasoningControl::EnableThinking => false,
    };
    let given: Vec<&str> = FIELDS
        .into_iter()
        .filter(|name| theirs.get(name).is_some())
        .collect();
    if unchanged && !given.is_empty() && given.iter().all(|name| knows(name)) {
        object.extra(theirs, is_ours);
        return;
    }
    for name in given.into_iter().filter(|name| *name != "reasoning_effort") {
        notes.add(name, "written as this provider reads it");
    }
    match quirks.reasoning_control {
        ReasoningControl::AsGiven | ReasoningControl::Effort => effort(&wish, object, notes),
        ReasoningControl::Object => as_object(&wish, theirs, object),
        ReasoningControl::Thinking => as_thinking(&wish, object, notes),
        ReasoningControl::EnableThinking => as_switch(&wish, theirs, object, notes),
    }
}

fn effort(wish: &Wish, object: &mut Object<'_>, notes: &mut Notes) {
    if let Some(words) = wish.words() {
        if wish.effort.is_none() {
            notes.add("reasoning budget", "sent as an effort");
        }
        object.string("reasoning_effort", words);
    }
}

fn as_object(wish: &Wish, theirs: &Extra, object: &mut Object<'_>) {
    let rest = theirs
        .get("reasoning")
        .and_then(|raw| serde_json::from_str::<&RawValue>(raw.get()).ok());
    let rest: Vec<_> = rest
        .and_then(json::fields)
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| !matches!(name.as_ref(), "effort" | "max_tokens" | "enabled"))
        .collect();
    if wish.is_none() && rest.is_empty() {
        return;
    }
    let mut inner = Object::open(object.key("reasoning"));
    // it takes one of effort and budget, not both
    match (wish.tokens, &wish.effort) {
        _ if wish.is_off() => inner.bool("enabled", false),
        (Some(tokens), _) => inner.unsigned("max_tokens", tokens),
        (None, Some(effort)) => inner.string("effort", effort),
        (None, None) => {}
    }
    for (name, value) in rest {
        inner.raw(&name, value.get());
    }
    inner.close();
}

/// Thinking is on unless it is turned off; how deep it goes is an effort of its own.
fn as_thinking(wish: &Wish, object: &mut Object<'_>, notes: &mut Notes) {
    if wish.is_off() {
        object.literal("thinking", r#"{"type":"disabled"}"#);
    } else {
        effort(wish, object, notes);
    }
}

fn as_switch(wish: &Wish, theirs: &Extra, object: &mut Object<'_>, notes: &mut Notes) {
    // whoever uses the provider's own words has said it already
    if wish.is_none() || theirs.get("enable_thinking").is_some() {
        return;
    }
    object.bool("enable_thinking", !wish.is_off());
    match wish.tokens {
        _ if wish.is_off() => {}
        Some(tokens) if theirs.get("thinking_budget").is_none() => object.unsigned("thinking_budget", tokens),
        Some(_) => {}
        None => notes.add(
            "reasoning_effort",
            "thinking is only turned on, the provider has no efforts",
        ),
    }
}
