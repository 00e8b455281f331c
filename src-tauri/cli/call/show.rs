//! A call for people to read: the story first, what was said last.

use std::fmt::Write;

use domain::{Entry, StopReason};
use gateway::control::{CallView, KeptBody, TimelineView};

use super::super::output;
use super::{outcome, table};

pub(super) fn text(view: &CallView) -> String {
    let mut text = table([&view.row]);
    head(view, &mut text);
    for entry in &view.entries {
        attempt(entry, &mut text);
    }
    for timeline in &view.timelines {
        steps(timeline, &mut text);
    }
    if let Some(client) = &view.client_request {
        add(&mut text, &format!("\nheaders: {}", client.headers.join(", ")));
        body("the client sent", &client.body, &mut text);
    }
    for sent in &view.upstream_requests {
        body(
            &format!("attempt {} sent upstream", sent.number),
            &sent.body,
            &mut text,
        );
    }
    text
}

fn add(text: &mut String, line: &str) {
    text.push('\n');
    text.push_str(line);
}

fn head(view: &CallView, text: &mut String) {
    let row = &view.row;
    let facts = [
        ("route", Some(row.call.route.clone())),
        ("user agent", row.call.user_agent.clone()),
        ("session", row.call.session.as_ref().map(ToString::to_string)),
        ("replay of", row.call.replay_of.as_ref().map(ToString::to_string)),
        ("failure", row.failure.clone()),
        (
            "repeated",
            (row.repeats > 0).then(|| format!("{} times within a minute", row.repeats)),
        ),
        (
            "finish",
            row.finish.map(|reason: StopReason| reason.as_str().to_owned()),
        ),
        (
            "speed",
            row.tokens_per_second.map(|speed| format!("{speed:.1} tokens/s")),
        ),
    ];
    text.push('\n');
    for (name, fact) in facts {
        if let Some(fact) = fact {
            add(text, &format!("{name}: {fact}"));
        }
    }
    for applied in &row.call.applied {
        add(text, &format!("applied: {} = {}", applied.what, applied.how));
    }
}

fn attempt(entry: &Entry, text: &mut String) {
    let mut line = format!(
        "attempt {}: {} {}",
        entry.attempt.number,
        entry.attempt.target,
        outcome(Some(entry.outcome))
    );
    // writing to a text does not fail
    if let Some(status) = entry.upstream_status {
        let _written = write!(line, " ({status})");
    }
    let _written = write!(
        line,
        " in {} ms, {}, {} ({})",
        entry.timings.total_us / 1000,
        output::tokens(entry.usage),
        output::cost(entry.cost),
        entry.confidence.as_str()
    );
    if let Some(id) = &entry.upstream_request_id {
        let _written = write!(line, ", their id {id}");
    }
    add(text, &line);
    let times = entry.timings;
    let named = [
        ("queued", times.sent_us),
        ("connecting", times.connect_us),
        ("accepted at", times.accepted_us),
        ("first token at", times.first_token_us),
        ("last token at", times.last_token_us),
    ];
    let told: Vec<_> = named
        .iter()
        .filter_map(|(name, us)| {
            let us = (*us)?;
            Some(format!("{name} {}.{:03} ms", us / 1000, us % 1000))
        })
        .collect();
    if !told.is_empty() {
        add(text, &format!("           {}", told.join(", ")));
    }
}

fn steps(timeline: &TimelineView, text: &mut String) {
    add(text, &format!("\ntimeline of attempt {}:", timeline.number));
    for step in &timeline.steps {
        let pieces = if step.pieces == 1 { "piece" } else { "pieces" };
        add(
            text,
            &format!(
                "{:>9}.{:03} ms  {:<9} {} bytes in {} {pieces}",
                step.at_us / 1000,
                step.at_us % 1000,
                step.kind.as_str(),
                step.bytes,
                step.pieces
            ),
        );
    }
}

fn body(title: &str, body: &KeptBody, text: &mut String) {
    let cut = if body.cut {
        format!(", cut: {} bytes in all", body.size)
    } else {
        String::new()
    };
    add(text, &format!("\n{title}{cut}:\n{}", body.text));
}
