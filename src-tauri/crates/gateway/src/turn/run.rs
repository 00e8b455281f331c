//! What happens between the model's answers: which of its calls are run here, which go back to the caller, and when it
//! is enough.
//!
//! It decides and does nothing: what the model asked for goes in, what is to be done comes out. The danger is a model
//! that never ends. So every bound is counted here and nowhere else, and each has a name that the caller is told
//! (REL-33). Budgets are not here: each question to a model reserves its own, and a refusal ends the run.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{Failure, FailureKind, RunLimits, RunStop, StopReason};

use crate::canonical;

/// The same thing asked for so often, with nothing new done in between, is asked for again whatever the answer.
const SAME: u32 = 3;

/// A tool that the model asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Names the call.
    pub id: String,
    /// The tool's name, as it was offered.
    pub name: String,
    /// JSON text, as the model wrote it.
    pub arguments: String,
    /// Whether it is the agent's own and is run here.
    pub own: bool,
    /// Whether it changes something, so that looking again may give something else.
    pub changes: bool,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The answer ends as the model ended it.
    End,
    /// These are run, and the model is asked again.
    Use(Vec<Wanted>),
    /// These are run; the answer ends with the calls that the caller is to answer.
    UseAndReturn(Vec<Wanted>),
    /// It is enough.
    Stop(RunStop),
}

/// A call's way from answer to answer.
pub(super) struct Run {
    limits: RunLimits,
    /// How often the model has answered.
    turns: u32,
    repeated: Repeated,
}

/// A tool and its arguments, however they were written.
type Same = (String, String);

/// What was asked for again and again.
///
/// A file is read after each edit, and the tests are run: that is work, and no loop. So a change that was not asked for
/// before lets everything be asked for anew. Each does so once, and two changes that undo each other come to an end too.
#[derive(Default)]
struct Repeated {
    times: HashMap<Same, u32>,
    changes: HashSet<Same>,
}

impl Repeated {
    /// Whether this call is one too many.
    fn too_often(&mut self, call: &Wanted) -> bool {
        let same = (call.name.clone(), canonical::arguments(&call.arguments));
        if call.changes && self.changes.insert(same.clone()) {
            self.times.clear();
        }
        let times = self.times.entry(same).or_default();
        *times += 1;
        *times >= SAME
    }
}

impl Run {
    pub fn new(limits: RunLimits) -> Self {
        Self {
            limits,
            turns: 0,
            repeated: Repeated::default(),
        }
    }

    /// Takes an answer in: what it calls, why it ended, and how long the run has taken.
    pub fn answered(&mut self, calls: Vec<Wanted>, reason: Option<StopReason>, elapsed: Duration) -> Next {
        self.turns = self.turns.saturating_add(1);
        let (own, callers): (Vec<_>, Vec<_>) = calls.into_iter().partition(|call| call.own);
        // a call that was cut off says something else than the model meant
        let cut = matches!(reason, Some(StopReason::Length | StopReason::ContentFilter));
        if own.is_empty() || cut {
            return Next::End;
        }
        if own.iter().any(|call| self.repeated.too_often(call)) {
            return Next::Stop(RunStop::Repeated);
        }
        if !callers.is_empty() {
            return Next::UseAndReturn(own);
        }
        if self.turns >= self.limits.turns() {
            return Next::Stop(RunStop::Turns);
        }
        if self.left(elapsed).is_zero() {
            return Next::Stop(RunStop::Time);
        }
        Next::Use(own)
    }

    /// How long it may still take.
    pub fn left(&self, elapsed: Duration) -> Duration {
        self.limits.span().saturating_sub(elapsed)
    }
}

/// What the caller is told of a run that was ended.
pub(super) fn stopped(stop: RunStop, limits: &RunLimits) -> Failure {
    let (why, hint) = match stop {
        RunStop::Turns => (
            format!(
                "The agent asked its model {} times without an answer.",
                limits.turns()
            ),
            "Raise the agent's turns, or tell it in its instructions when to stop.",
        ),
        RunStop::Time => (
            format!(
                "The agent's tools took more than {} seconds.",
                limits.span().as_secs()
            ),
            "Raise the agent's time, or give it less to do at once.",
        ),
        RunStop::Repeated => (
            format!(
                "The model asked for the same tool with the same arguments {SAME} times, and for nothing new in between."
            ),
            "Another model, or clearer instructions, may know what to do with the result.",
        ),
        RunStop::Unrecorded => (
            "The model asked for something that the record has no answer to.".to_owned(),
            "What was different before that is in the run's steps. Nothing was run.",
        ),
    };
    Failure::new(FailureKind::RunStopped, why)
        .with_code(stop.code())
        .with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &str, arguments: &str) -> Wanted {
        Wanted {
            id: format!("call_{name}"),
            name: name.into(),
            arguments: arguments.into(),
            own: true,
            changes: false,
        }
    }

    fn changes(name: &str, arguments: &str) -> Wanted {
        Wanted {
            changes: true,
            ..own(name, arguments)
        }
    }

    fn callers(name: &str) -> Wanted {
        Wanted {
            own: false,
            ..own(name, "{}")
        }
    }

    fn run(turns: u32) -> Run {
        Run::new(RunLimits {
            turns: Some(turns),
            seconds: Some(60),
        })
    }

    const SOON: Duration = Duration::from_secs(1);
    const ASKS: Option<StopReason> = Some(StopReason::ToolCalls);

    #[test]
    fn an_answer_without_own_calls_is_the_end() {
        let mut run = run(1);
        assert_eq!(run.answered(vec![], Some(StopReason::Stop), SOON), Next::End);
        assert_eq!(run.answered(vec![callers("x")], ASKS, SOON), Next::End);
        assert_eq!(
            run.answered(vec![own("a", "{")], Some(StopReason::Length), SOON),
            Next::End
        );
    }

    #[test]
    fn own_calls_are_run_and_the_callers_go_back() {
        let mut run = run(9);
        let calls = vec![own("a", "{}"), own("b", "{}")];
        assert_eq!(run.answered(calls.clone(), ASKS, SOON), Next::Use(calls));
        let mixed = vec![own("a", "{\"x\":1}"), callers("x")];
        let own = vec![mixed[0].clone()];
        assert_eq!(run.answered(mixed, ASKS, SOON), Next::UseAndReturn(own));
    }

    #[test]
    fn rel_33_the_third_time_the_same_is_the_end() {
        let mut run = run(50);
        assert!(matches!(
            run.answered(vec![own("a", r#"{"x":1,"y":2}"#)], ASKS, SOON),
            Next::Use(_)
        ));
        assert!(matches!(
            run.answered(vec![own("a", r#"{"x":2}"#)], ASKS, SOON),
            Next::Use(_)
        ));
        assert!(matches!(
            run.answered(vec![own("a", r#"{ "y": 2, "x": 1 }"#)], ASKS, SOON),
            Next::Use(_)
        ));
        let again = run.answered(vec![own("a", r#"{"x":1,"y":2}"#)], ASKS, SOON);
        assert_eq!(again, Next::Stop(RunStop::Repeated));
    }

    /// How many answers with a call each are taken before it is too much, of thirty that go through these again and again.
    fn taken(calls: &[Wanted]) -> usize {
        let mut run = run(50);
        let stops = |call: &Wanted| matches!(run.answered(vec![call.clone()], ASKS, SOON), Next::Stop(_));
        calls.iter().cycle().take(30).position(stops).unwrap_or(30)
    }

    #[test]
    fn looking_again_after_each_change_is_no_loop() {
        let rounds = (0..10).flat_map(|n| {
            let edit = changes("edit", &format!("{{\"line\":{n}}}"));
            [own("read", "{}"), edit, changes("test", "{}")]
        });
        let work: Vec<_> = rounds.collect();
        assert_eq!(taken(&work), 30);
    }

    #[test]
    fn rel_33_changes_that_are_asked_for_again_are_a_loop_too() {
        assert_eq!(taken(&[changes("write", "{}")]), 2);
        let to_and_fro = [changes("write", "1"), own("read", "{}"), changes("write", "2")];
        assert_eq!(taken(&to_and_fro), 8);
        let looks = [changes("write", "1"), own("read", "{}"), own("list", "{}")];
        assert_eq!(taken(&looks), 6);
    }

    #[test]
    fn rel_33_turns_and_time_are_bounds() {
        let mut run = run(3);
        for n in 0..2 {
            let next = run.answered(vec![own("a", &n.to_string())], ASKS, SOON);
            assert!(matches!(next, Next::Use(_)), "{n}");
        }
        assert_eq!(
            run.answered(vec![own("a", "9")], ASKS, SOON),
            Next::Stop(RunStop::Turns)
        );
        let late = self::run(50).answered(vec![own("a", "{}")], ASKS, Duration::from_secs(61));
        assert_eq!(late, Next::Stop(RunStop::Time));
        assert_eq!(
            stopped(RunStop::Time, &RunLimits::default()).kind(),
            FailureKind::RunStopped
        );
    }
}
