//! Puts a provider's fragments of tool calls in order (W-71 to W-74, REL-28).
//!
//! Providers start at index 1, leave the index out, use 0 for every call, repeat id and name on each
//! fragment, or give no id at all. Whatever they do, calls come out with dense indexes, each begun once.

use std::borrow::Cow;

use domain::{Delta, Extra, Failure, FailureKind, RawJson};
use serde::de::MapAccess;
use serde_json::value::RawValue;

use super::FUNCTION;
use crate::ids;
use crate::json::{Field, Item, Key, Text};

/// What a provider sends of a call: a fragment in a stream, or all of it.
#[derive(Default)]
pub(super) struct Fragment<'a> {
    pub(super) index: Option<u64>,
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) function: Function<'a>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// The `function` of a fragment.
#[derive(Default)]
pub(super) struct Function<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) arguments: Option<Cow<'a, str>>,
    rest: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Item<'a> for Fragment<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "index" => self.index = map.next_value::<&RawValue>()?.get().parse().ok(),
            "id" => self.id = map.next_value::<Text<'_>>()?.filled(),
            "type" => {
                let kind: &RawValue = map.next_value()?;
                if !matches!(kind.get(), r#""function""# | r#""""# | "null") {
                    self.rest.push((key.0, kind));
                }
            }
            "function" => {
                if let Field::Object(function) = map.next_value()? {
                    self.function = function;
                }
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl<'a> Item<'a> for Function<'a> {
    fn field<A: MapAccess<'a>>(&mut self, key: Key<'a>, map: &mut A) -> Result<(), A::Error> {
        match key.0.as_ref() {
            "name" => self.name = map.next_value::<Text<'_>>()?.filled(),
            "arguments" => {
                let raw: &RawValue = map.next_value()?;
                self.arguments = match crate::json::text(raw) {
                    Some(text) => Some(text),
                    None if raw.get() == "null" => None,
                    // an object instead of its text
                    None => Some(Cow::Borrowed(raw.get())),
                };
            }
            _ => self.rest.push((key.0, map.next_value()?)),
        }
        Ok(())
    }
}

impl<'a> Fragment<'a> {
    /// A fragment that is only a function: the legacy form, of which there is one in a choice.
    pub(super) fn of(function: Function<'a>) -> Self {
        Self {
            index: Some(0),
            function,
            ..Self::default()
        }
    }

    /// Fields that nobody modelled, nulls left out.
    pub(super) fn extra(&self) -> Extra {
        let mut extra = Extra::new();
        for (name, value) in &self.function.rest {
            if value.get() != "null" {
                extra.set(format!("{FUNCTION}{name}"), RawJson::new(value.get()));
            }
        }
        for (name, value) in &self.rest {
            if value.get() != "null" {
                extra.set(name.as_ref(), RawJson::new(value.get()));
            }
        }
        extra
    }
}

#[derive(Debug)]
struct Call {
    /// The provider's index, when it gave one.
    index: Option<u64>,
    /// The provider's id, when it gave one.
    id: Option<String>,
    /// The name it began with; `None` until then.
    name: Option<String>,
    arguments: String,
    extra: Extra,
}

/// The calls of one choice.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

impl Calls {
    /// The arguments of each call so far.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|call| call.arguments.as_str())
    }

    /// Takes a fragment and hands out what it means. `seed` makes ids for calls that have none.
    pub(super) fn take(
        &mut self,
        fragment: &Fragment<'_>,
        seed: u64,
        mut give: impl FnMut(Delta),
    ) -> Result<(), Failure> {
        let at = match self.place(fragment) {
            Some(at) => at,
            None if self.0.len() >= MAX_CALLS => return Err(broken("more tool calls than can be meant")),
            None => {
                self.0.push(Call {
                    index: fragment.index,
                    id: fragment.id.as_deref().map(str::to_owned),
                    name: None,
                    arguments: String::new(),
                    extra: fragment.extra(),
                });
                self.0.len() - 1
            }
        };
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        let call = &mut self.0[at];
        if call.name.is_none()
            && let Some(name) = &fragment.function.name
        {
            call.name = Some(name.as_ref().to_owned());
            give(Delta::ToolCallStart {
                index,
                id: fit_id(call.id.as_deref(), seed, index),
                name: name.as_ref().to_owned(),
                extra: std::mem::take(&mut call.extra),
            });
            if !call.arguments.is_empty() {
                // they came before the name
                give(Delta::ToolCallArguments {
                    index,
                    fragment: call.arguments.clone(),
                });
            }
        }
        if let Some(arguments) = fragment
            .function
            .arguments
            .as_deref()
            .filter(|text| !text.is_empty())
        {
            call.arguments.push_str(arguments);
            if call.name.is_some() {
                give(Delta::ToolCallArguments {
                    index,
                    fragment: arguments.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Ends the choice: calls without arguments get `{}`.
    ///
    /// # Errors
    /// When a call never got a name.
    pub(super) fn finish(&mut self, mut give: impl FnMut(Delta)) -> Result<(), Failure> {
        for (at, call) in self.0.iter_mut().enumerate() {
            if call.name.is_none() {
                return Err(broken("a tool call without a name"));
            }
            if call.arguments.is_empty() {
                call.arguments.push_str("{}");
                give(Delta::ToolCallArguments {
                    index: u32::try_from(at).unwrap_or(u32::MAX),
                    fragment: "{}".into(),
                });
            }
        }
        Ok(())
    }

    /// The call that a fragment continues; `None` when it begins one.
    fn place(&self, fragment: &Fragment<'_>) -> Option<usize> {
        let name = fragment.function.name.as_deref();
        let same_index = || match fragment.index {
            Some(index) => self.0.iter().rposition(|call| call.index == Some(index)),
            // without an index it is the latest
            None => self.0.len().checked_sub(1),
        };
        if let Some(id) = fragment.id.as_deref() {
            let same_id = self.0.iter().rposition(|call| call.id.as_deref() == Some(id));
            // another id begins another call, unless it is a new id on each fragment of one call
            return same_id.or_else(|| same_index().filter(|_| name.is_none() && fragment.index.is_some()));
        }
        let at = same_index()?;
        let call = &self.0[at];
        let (Some(name), Some(begun)) = (name, call.name.as_deref()) else {
            return Some(at);
        };
        // another name, or the name again after arguments that are whole, is the next call
        let whole = || serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments).is_ok();
        let more = fragment
            .function
            .arguments
            .as_deref()
            .is_some_and(|text| !text.is_empty());
        let next = name != begun || ((fragment.index.is_none() || more) && whole());
        (!next).then_some(at)
    }
}

/// More calls in one turn than any model makes.
const MAX_CALLS: usize = 1024;

fn broken(what: &str) -> Failure {
    Failure::new(FailureKind::UpstreamFailed, format!("The provider sent {what}."))
}

/// The id under which clients know a call (W-74).
pub(super) fn fit_id(id: Option<&str>, seed: u64, index: u32) -> String {
    id.map_or_else(|| ids::made_id(seed, index), |id| ids::fit(id, seed).into_owned())
}
