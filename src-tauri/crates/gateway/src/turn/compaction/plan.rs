//! Where a conversation may be cut, and where it is best cut.
//!
//! A cut stands before something the user says: what follows begins as every conversation does. No call of a tool is
//! parted from its result, and what the user said last is never on the far side.

use domain::{Message, Part};

use super::super::view::is_users;

/// How many spoken messages may stand before a cut, the fewest first; never all, and never none.
pub(super) fn cuts(spoken: &[&Message]) -> Vec<usize> {
    let mut calls: Vec<(usize, &str)> = Vec::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (at, message) in spoken.iter().enumerate() {
        for part in &message.parts {
            match part {
                Part::ToolCall { id, .. } => calls.push((at, id)),
                // some providers count their ids from 0 in every answer: the nearest call is meant
                Part::ToolResult { call_id, .. } => {
                    if let Some((from, _)) = calls.iter().rev().find(|(_, id)| id == call_id) {
                        pairs.push((*from, at));
                    }
                }
                Part::Text { .. }
                | Part::Image(_)
                | Part::File(_)
                | Part::Audio(_)
                | Part::Reasoning { .. }
                | Part::Refusal { .. }
                | Part::Opaque { .. } => {}
            }
        }
    }
    let parts_none = |at: usize| !pairs.iter().any(|(call, result)| *call < at && at <= *result);
    let begins = spoken.iter().enumerate().skip(1);
    begins
        .filter(|(at, message)| is_users(message) && parts_none(*at))
        .map(|(at, _)| at)
        .collect()
}

/// The cut behind `from` that leaves most of the conversation and no more than `most` tokens of it; where every one
/// leaves more, the last. `tokens` are those of each spoken message.
pub(super) fn best(cuts: &[usize], from: usize, tokens: &[u64], most: u64) -> Option<usize> {
    let mut behind = cuts.iter().copied().filter(|at| *at > from);
    let left = |at: usize| tokens.iter().skip(at).sum::<u64>();
    let last = cuts.last().copied().filter(|at| *at > from);
    behind.find(|at| left(*at) <= most).or(last)
}

#[cfg(test)]
mod tests {
    use domain::{Extra, Role};

    use super::*;

    fn call(id: &str) -> Message {
        Message {
            role: Role::Assistant,
            parts: vec![Part::ToolCall {
                id: id.into(),
                name: "look".into(),
                arguments: "{}".into(),
                extra: Extra::new(),
            }],
            extra: Extra::new(),
        }
    }

    fn result(role: Role, id: &str) -> Message {
        Message {
            role,
            parts: vec![Part::ToolResult {
                call_id: id.into(),
                parts: vec![Part::text("seen")],
                is_error: false,
                extra: Extra::new(),
            }],
            extra: Extra::new(),
        }
    }

    #[test]
    fn a_call_stays_with_its_result_and_the_last_question_on_this_side() {
        let (user, model) = (
            Message::text(Role::User, "a"),
            Message::text(Role::Assistant, "b"),
        );
        let (one, two) = (result(Role::Tool, "0"), result(Role::User, "0"));
        let (ask, again) = (call("0"), call("0"));
        // the second question comes between a call and its result
        let spoken = [
            &user, &ask, &one, &model, &user, &again, &user, &two, &model, &user, &model,
        ];
        assert_eq!(cuts(&spoken), [4, 9]);
        assert_eq!(cuts(&[&user, &ask, &one]), [0; 0], "one question");
        assert_eq!(cuts(&[]), [0; 0]);
    }

    #[test]
    fn as_much_stays_as_fits() {
        let tokens = [10; 10];
        assert_eq!(best(&[2, 4, 8], 0, &tokens, 60), Some(4));
        assert_eq!(
            best(&[2, 4, 8], 0, &tokens, 5),
            Some(8),
            "the newest stays whatever it is"
        );
        assert_eq!(best(&[2, 4, 8], 8, &tokens, 5), None);
        assert_eq!(best(&[2, 4, 8], 4, &tokens, 100), Some(8));
    }
}
