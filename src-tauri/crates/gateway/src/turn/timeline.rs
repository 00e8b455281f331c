//! When which piece of an answer came, in so few steps that it can be kept for every call.
//!
//! It holds no content: kinds and sizes. A long answer is told in coarser steps instead of being cut off, so
//! that its end is always there.

use domain::{Delta, Event, Part, Step, StepKind};

/// More steps than this are merged.
const MOST: usize = 256;
/// The first width of merged steps, in microseconds; it grows fourfold whenever that is not enough.
const GRAIN: u64 = 1_000;

/// The steps of an answer so far.
#[derive(Default)]
pub(super) struct Timeline {
    steps: Vec<Step>,
    /// Pieces of one kind that come within this many microseconds are one step.
    grain: u64,
}

impl Timeline {
    /// Takes in what came at this moment, in microseconds since the call arrived.
    pub fn add(&mut self, at_us: u64, event: &Event) {
        let (kind, bytes) = describe(event);
        let step = Step {
            at_us,
            kind,
            bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
            pieces: 1,
        };
        if !self
            .steps
            .last_mut()
            .is_some_and(|last| merge(last, step, self.grain))
        {
            self.steps.push(step);
        }
        while self.steps.len() > MOST {
            self.coarsen();
        }
    }

    /// The steps, which are not needed here any more.
    pub fn take(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }

    fn coarsen(&mut self) {
        self.grain = self.grain.saturating_mul(4).max(GRAIN);
        let grain = self.grain;
        let before = self.steps.len();
        self.steps.dedup_by(|step, last| merge(last, *step, grain));
        // kinds that take turns for hours: the middle is the least of it
        if self.steps.len() == before && grain > 1 << 40 {
            self.steps.remove(MOST / 2);
        }
    }
}

/// Puts a step into the one before it, if they are of one kind and close enough.
fn merge(last: &mut Step, step: Step, grain: u64) -> bool {
    let close = step.at_us.saturating_sub(last.at_us) <= grain;
    if last.kind != step.kind || !close {
        return false;
    }
    last.bytes = last.bytes.saturating_add(step.bytes);
    last.pieces = last.pieces.saturating_add(step.pieces);
    true
}

fn describe(event: &Event) -> (StepKind, usize) {
    match event {
        Event::Started { .. } => (StepKind::Started, 0),
        Event::Finished { .. } => (StepKind::Finished, 0),
        Event::Usage { raw, .. } => (StepKind::Usage, raw.get().len()),
        Event::Delta { delta, .. } => match delta {
            Delta::Text { text, .. } => (StepKind::Text, text.len()),
            Delta::TextExtra { .. } => (StepKind::Text, 0),
            Delta::Reasoning { text } => (StepKind::Reasoning, text.len()),
            Delta::ReasoningEnd { signature, .. } => {
                (StepKind::Reasoning, signature.as_ref().map_or(0, String::len))
            }
            Delta::Refusal { text } => (StepKind::Refusal, text.len()),
            Delta::ToolCallStart { name, .. } => (StepKind::ToolCall, name.len()),
            Delta::ToolCallArguments { fragment, .. } => (StepKind::ToolCall, fragment.len()),
            Delta::Part { part } => (StepKind::Part, size_of_part(part)),
            Delta::Extra { .. } => (StepKind::Part, 0),
        },
    }
}

fn size_of_part(part: &Part) -> usize {
    match part {
        Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => text.len(),
        Part::ToolCall { arguments, .. } => arguments.len(),
        Part::Opaque { value, .. } => value.get().len(),
        Part::Image(_) | Part::File(_) | Part::Audio(_) | Part::ToolResult { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Event {
        Event::Delta {
            choice: 0,
            delta: Delta::Text {
                text: text.to_owned(),
                logprobs: None,
            },
        }
    }

    #[test]
    fn what_came_together_is_one_step() {
        let mut timeline = Timeline::default();
        for (at, said) in [(10, "ab"), (10, "c"), (11, "d")] {
            timeline.add(at, &text(said));
        }
        let told: Vec<_> = timeline
            .take()
            .iter()
            .map(|step| (step.at_us, step.bytes, step.pieces))
            .collect();
        assert_eq!(told, [(10, 3, 2), (11, 1, 1)]);
    }

    #[test]
    fn a_long_answer_is_told_in_larger_steps_to_its_end() {
        let mut timeline = Timeline::default();
        for n in 0..100_000_u64 {
            timeline.add(n * 20_000, &text("word "));
        }
        timeline.add(
            2_000_000_000,
            &Event::Finished {
                choice: 0,
                reason: domain::StopReason::Stop,
            },
        );
        let steps = timeline.take();
        assert!(steps.len() <= MOST, "{}", steps.len());
        assert_eq!(steps.iter().map(|step| step.bytes).sum::<u64>(), 500_000);
        assert_eq!(
            steps.last().map(|step| (step.at_us, step.kind)),
            Some((2_000_000_000, StepKind::Finished))
        );
    }

    #[test]
    fn kinds_that_take_turns_for_ever_are_bounded_too() {
        let mut timeline = Timeline::default();
        for n in 0..2_000_u64 {
            timeline.add(n << 42, &text("x"));
            timeline.add(
                n << 42,
                &Event::Started {
                    id: None,
                    model: None,
                    extra: domain::Extra::new(),
                },
            );
        }
        assert!(timeline.take().len() <= MOST);
    }
}
