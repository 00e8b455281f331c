//! Sends a call again and shows what is different.

use domain::{CallId, Failure};
use gateway::control::{CallRow, ReplayCall, Replayed};
use similar::TextDiff;

use super::super::door::Door;
use super::super::output;
use super::table;

pub(super) async fn run(
    door: &mut Door,
    call: CallId,
    (model, recorded_tools): (Option<String>, bool),
    json: bool,
) -> Result<(), Failure> {
    let wanted = ReplayCall {
        call,
        model,
        recorded_tools,
    };
    let replayed: Replayed = door.run("call.replay", &wanted).await?;
    output::print(json, &replayed, text)
}

fn text(replayed: &Replayed) -> String {
    let mut text = table([&replayed.original, &replayed.replay]);
    text.push_str("\n\n");
    text.push_str(&difference(&replayed.original, &replayed.replay));
    for used in &replayed.recorded {
        let known = if used.known {
            "from the record"
        } else {
            "not in the record"
        };
        text.push_str(&format!("\n{} {} ({known})", used.tool, used.arguments));
    }
    if let Some(stopped) = &replayed.stopped {
        text.push_str(&format!("\n\nStopped: {} Nothing was run.", stopped.message));
        return text;
    }
    match &replayed.original_answer {
        None => {
            text.push_str("\n\nThe first answer was not kept. The new one:\n");
            text.push_str(&replayed.answer);
        }
        Some(before) if *before == replayed.answer => {
            text.push_str("\n\nBoth answered the same:\n");
            text.push_str(before);
        }
        Some(before) => {
            text.push_str("\n\n");
            let diff = TextDiff::from_lines(before.as_str(), replayed.answer.as_str());
            let mut diff = diff.unified_diff();
            diff.missing_newline_hint(false);
            diff.header(
                replayed.original.call.id.as_str(),
                replayed.replay.call.id.as_str(),
            );
            text.push_str(&diff.to_string());
        }
    }
    text
}

/// Tokens, cost and time of both, and what is between them.
fn difference(before: &CallRow, after: &CallRow) -> String {
    let rows = [
        (
            "tokens in",
            number(before.usage.map(|usage| usage.input)),
            number(after.usage.map(|usage| usage.input)),
        ),
        (
            "tokens out",
            number(before.usage.map(|usage| usage.output)),
            number(after.usage.map(|usage| usage.output)),
        ),
        (
            "cost, micro-dollars",
            before.cost.map(domain::Money::micros),
            after.cost.map(domain::Money::micros),
        ),
        (
            "first token, ms",
            number(before.first_token_ms),
            number(after.first_token_ms),
        ),
        ("in all, ms", number(before.total_ms), number(after.total_ms)),
    ];
    let cell = |value: Option<i64>| value.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(name, before, after)| {
            let between = before
                .zip(after)
                .map(|(before, after)| format!("{:+}", after - before));
            vec![
                name.to_owned(),
                cell(before),
                cell(after),
                between.unwrap_or_default(),
            ]
        })
        .collect();
    output::table(&["", "BEFORE", "NOW", "CHANGE"], &rows)
}

fn number(value: Option<u64>) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}
