//! What of a call is kept to be looked at: the bodies, the times of acceptance, the timeline.

use std::time::{Duration, Instant};

use store::Record;
use store::table::details::Kept;
use store::table::recalls::Recall;

use super::{Current, Heard, Recorder};
use crate::upstream::Acceptance;

/// Of an upstream request at most this is kept; its messages are in the session anyway.
const REQUEST_KEPT: usize = 256 << 10;

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Recorder {
    /// Takes down what was recalled for it.
    pub fn recall(&mut self, recalls: Vec<Recall>) {
        if !recalls.is_empty() {
            self.unsent.push(Record::Recalled {
                id: self.call_id.clone(),
                recalls,
                at: self.engine.clock().now(),
            });
        }
    }

    /// What the client sent and what this attempt sends, where the key's policy keeps content.
    pub(super) fn details(&mut self, number: u32) -> Option<Record> {
        let (heard, request) = (self.heard.take(), self.request.take());
        if !self.placement.keeps_content() {
            return None;
        }
        let id = self.call_id.clone();
        let upstream = request.map(|body| Kept::of(body, REQUEST_KEPT));
        match upstream {
            Some(upstream) if number > 1 && heard.is_none() => {
                Some(Record::LaterRequest { id, number, upstream })
            }
            upstream => {
                let client = heard.and_then(Heard::request).map(Box::new);
                (client.is_some() || upstream.is_some()).then_some(Record::CallDetail {
                    id,
                    client,
                    upstream,
                })
            }
        }
    }

    /// Takes down when and as what the provider accepted the attempt, or refused it.
    pub fn accepted(&mut self, acceptance: Acceptance) {
        let Some(current) = &mut self.current else { return };
        let since = |at: Instant| micros(at.saturating_duration_since(self.arrived));
        current.timings.accepted_us = Some(since(acceptance.at));
        current.timings.connect_us = acceptance.connecting.map(micros);
        current.upstream_request_id = acceptance.request_id;
    }

    /// When the pieces of an attempt's answer came, where the key's policy keeps more than the ledger.
    pub(super) fn timeline(&self, current: &mut Current) -> Option<Record> {
        let steps = current.timeline.take();
        let kept = self.placement.session.is_some() || self.placement.keeps_content();
        (kept && !steps.is_empty()).then(|| Record::Timeline {
            id: self.call_id.clone(),
            number: current.attempt.number,
            steps,
        })
    }

    /// What was decided since the call was queued.
    pub(super) fn decisions(&mut self) -> Option<Record> {
        std::mem::take(&mut self.applied_more).then(|| Record::CallApplied {
            id: self.call_id.clone(),
            applied: self.applied.clone(),
        })
    }
}
