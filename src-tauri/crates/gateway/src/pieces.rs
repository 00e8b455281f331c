//! Pieces of an answer, put together again: for the record, for the window, and for callers who asked for no
//! stream of a provider that only streams.
//!
//! The danger is two readers that put the same pieces together differently. So what text goes on what part is
//! said here once. What is kept of the rest is for each to say.

mod fields;

use domain::{Delta, Growth, Part};

pub(crate) use fields::Fields;

/// The parts of one choice as far as they have come.
#[derive(Default)]
pub(crate) struct Parts {
    parts: Vec<Part>,
    /// Where each tool call stands among the parts.
    calls: Vec<usize>,
    /// The last part is complete; what follows is another one.
    closed: bool,
    len: usize,
    /// Parts that changed since they were last asked for, and the byte of their text from which on they did.
    changed: Vec<(usize, usize)>,
}

impl Parts {
    /// Bytes of text and arguments so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// What is said so far.
    pub fn as_slice(&self) -> &[Part] {
        &self.parts
    }

    /// What came since this was last asked.
    pub fn take_growth(&mut self) -> Vec<Growth> {
        std::mem::take(&mut self.changed)
            .into_iter()
            .filter_map(|(at, from)| Some(Growth::of(at, self.parts.get(at)?, from)))
            .collect()
    }

    /// What was said.
    pub fn into_vec(self) -> Vec<Part> {
        self.parts
    }

    /// Takes a piece in. Fields of the whole choice and log probabilities are no parts.
    pub fn add(&mut self, delta: &Delta) {
        match delta {
            Delta::Text { text, .. } if text.is_empty() => {}
            Delta::Text { text, .. } => {
                self.len += text.len();
                if let (Some(Part::Text { text: so_far, .. }), false) = (self.parts.last_mut(), self.closed) {
                    let from = so_far.len();
                    so_far.push_str(text);
                    self.last_changed(from);
                } else {
                    self.push(Part::text(text.as_str()));
                }
            }
            Delta::TextExtra { extra: fields } => {
                let Some(Part::Text { text, extra }) = self.parts.last_mut() else {
                    return;
                };
                fields
                    .iter()
                    .for_each(|(name, value)| extra.set(name, value.clone()));
                let from = text.len();
                self.closed = true;
                self.last_changed(from);
            }
            Delta::Reasoning { text } => {
                self.len += text.len();
                if let (Some(Part::Reasoning { text: so_far, .. }), false) =
                    (self.parts.last_mut(), self.closed)
                {
                    let from = so_far.len();
                    so_far.push_str(text);
                    self.last_changed(from);
                } else {
                    self.push(Part::reasoning(text.as_str()));
                }
            }
            Delta::ReasoningEnd { signature, extra } => {
                let open = !self.closed && matches!(self.parts.last(), Some(Part::Reasoning { .. }));
                if !open && (signature.is_some() || !extra.is_empty()) {
                    self.push(Part::reasoning(""));
                }
                if let Some(Part::Reasoning {
                    text,
                    signature: sealed,
                    extra: fields,
                }) = self.parts.last_mut()
                {
                    sealed.clone_from(signature);
                    fields.clone_from(extra);
                    let from = text.len();
                    self.closed = true;
                    self.last_changed(from);
                }
            }
            Delta::Refusal { text } => {
                self.len += text.len();
                if let Some(Part::Refusal { text: so_far }) = self.parts.last_mut() {
                    let from = so_far.len();
                    so_far.push_str(text);
                    self.last_changed(from);
                } else {
                    self.push(Part::Refusal { text: text.clone() });
                }
            }
            Delta::Part { part } => self.push((**part).clone()),
            Delta::ToolCallStart { id, name, extra, .. } => {
                self.calls.push(self.parts.len());
                self.push(Part::ToolCall {
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                    extra: extra.clone(),
                });
            }
            Delta::ToolCallArguments { index, fragment } => {
                let at = usize::try_from(*index)
                    .ok()
                    .and_then(|index| self.calls.get(index));
                let Some(at) = at.copied() else { return };
                if let Some(Part::ToolCall { arguments, .. }) = self.parts.get_mut(at) {
                    self.len += fragment.len();
                    let from = arguments.len();
                    arguments.push_str(fragment);
                    self.changed_from(at, from);
                }
            }
            Delta::Extra { .. } => {}
        }
    }

    fn push(&mut self, part: Part) {
        self.parts.push(part);
        self.closed = false;
        self.last_changed(0);
    }

    fn last_changed(&mut self, from: usize) {
        self.changed_from(self.parts.len().saturating_sub(1), from);
    }

    fn changed_from(&mut self, at: usize, from: usize) {
        // what changed before is longer ago, and so begins earlier
        if !self.changed.iter().rev().any(|(known, _)| *known == at) {
            self.changed.push((at, from));
        }
    }
}
