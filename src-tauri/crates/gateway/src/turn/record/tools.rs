//! What agents do with their tools in the middle of an answer, in its message.

use domain::{Delta, Event, Extra, MessageState, Part};

use store::Record;

use super::Recorder;
use crate::control::Notice;

/// In place of what a tool would have given whose caller has left.
const LEFT: &str = "This was stopped before it had given anything. It may have taken effect or not.";

impl Recorder {
    /// Shows whoever watches the answer that a tool is called.
    pub fn call_tool(&mut self, id: &str, name: &str, arguments: &str) {
        let call = Part::ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
            extra: Extra::new(),
        };
        self.show(&call, None);
        self.open_uses.push(id.to_owned());
    }

    fn show(&self, step: &Part, took_ms: Option<u64>) {
        let (Some(session), Some(message)) = (self.session(), self.message()) else {
            return;
        };
        if let Some(seq) = self.engine.live().step(session, message, step, took_ms) {
            let mut step = step.clone();
            // whoever shows a picture asks for it by itself
            Part::leave_out_bytes(std::slice::from_mut(&mut step));
            self.engine.notify(Notice::AnswerStep {
                session: session.clone(),
                message: message.clone(),
                seq,
                step: Box::new(step),
                took_ms,
            });
        }
    }

    /// Whether what is said may be kept.
    pub fn keeps_content(&self) -> bool {
        self.placement.keeps_content()
    }

    /// Has all that was said so far on the disk, before a tool acts on it (D3).
    pub async fn commit(&mut self) {
        if let Some(so_far) = self.progress.first() {
            let record = self.answer(so_far, MessageState::Streaming);
            self.unsent.extend(record);
            // whoever goes on after the end of this process goes on from here
            if let (Some(session), Some(leaf)) = (self.session(), self.message()) {
                let touched = Record::SessionTouched {
                    id: session.clone(),
                    leaf: Some(leaf.clone()),
                    updated_at: self.engine.clock().now(),
                };
                self.unsent.push(touched);
            }
        }
        if let Err(failure) = self.engine.store().commit_from(&mut self.unsent).await {
            tracing::error!(kind = failure.kind().as_str(), "an answer could not be recorded");
            self.unsent.clear();
        }
    }

    /// Takes in what a tool gave, after so many milliseconds where it was run; the message grows by it.
    pub fn give(&mut self, result: &Part, took_ms: Option<u64>) {
        if let Part::ToolResult { call_id, .. } = result {
            self.open_uses.retain(|open| open != call_id);
        }
        self.show(result, took_ms);
        self.add(result);
        self.checkpoint();
    }

    fn add(&mut self, result: &Part) {
        self.progress.add(&Event::Delta {
            choice: 0,
            delta: Delta::Part {
                part: Box::new(result.clone()),
            },
        });
    }

    /// Says of every tool that has given nothing yet that it was left: a call without a result is one that no provider
    /// takes back.
    pub(super) fn close_uses(&mut self) {
        for call_id in std::mem::take(&mut self.open_uses) {
            self.add(&Part::ToolResult {
                call_id,
                parts: vec![Part::text(LEFT)],
                is_error: true,
                extra: Extra::new(),
            });
        }
    }
}
