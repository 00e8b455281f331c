//! What people and programs see: tables and sentences, or JSON and nothing else.

use std::io::Write;
use std::process::ExitCode;

use domain::{Failure, Money, Timestamp, Usage};
use gateway::control::FailureView;
use serde::Serialize;

/// Prints a result: as JSON, or as the text that `human` makes of it.
pub(super) fn print<T: Serialize>(
    json: bool,
    value: &T,
    human: impl FnOnce(&T) -> String,
) -> Result<(), Failure> {
    let text = if json {
        serde_json::to_string(value).map_err(|error| {
            Failure::new(
                domain::FailureKind::Internal,
                format!("The result cannot be written: {error}."),
            )
        })?
    } else {
        human(value)
    };
    line(&text);
    Ok(())
}

/// Prints a line; a reader that has left is no failure of ours.
pub(super) fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = writeln!(out, "{}", text.trim_end_matches('\n'));
}

/// Prints a piece of a line at once.
pub(super) fn piece(text: &str) {
    let mut out = std::io::stdout().lock();
    let _closed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a remark that is not the result.
pub(super) fn note(text: &str) {
    let _closed = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints a failure with its kind and a hint on stderr. Exit code 1.
pub(super) fn failed(json: bool, failure: &Failure) -> ExitCode {
    let mut view = FailureView::from(failure);
    let hint = view
        .hint
        .get_or_insert_with(|| usual_hint(failure.kind()).to_owned())
        .clone();
    if json {
        note(&serde_json::json!({ "error": view }).to_string());
    } else {
        note(&format!(
            "error ({}): {}",
            failure.kind().as_str(),
            failure.message()
        ));
        note(&format!("hint: {hint}"));
    }
    ExitCode::FAILURE
}

/// What to do about a failure that does not say it itself.
fn usual_hint(kind: domain::FailureKind) -> &'static str {
    use domain::FailureKind as K;
    match kind {
        K::NotFound | K::ModelNotFound => "The `list` of the same command shows those that exist.",
        K::InvalidRequest | K::BodyTooLarge | K::ContextTooLong => {
            "`inglenook help COMMAND` tells what the command takes."
        }
        K::Conflict => "Look at what is there now, then decide again.",
        K::ContentRefused => "Say it differently, or ask another model.",
        K::BudgetExceeded | K::RateLimited => "`inglenook key show` tells the key's limits.",
        K::RunStopped => "`inglenook agent show` tells how far the agent may go with its tools.",
        K::ProviderKeyMissing | K::ProviderKeyRejected => "Give it a key: `inglenook provider set-key SLUG`.",
        K::ProviderQuotaExceeded => "Look at your account at the provider.",
        K::ProviderRateLimited | K::Overloaded | K::UpstreamOverloaded => "Try again in a while.",
        K::UpstreamFailed | K::UpstreamDisconnected | K::UpstreamUnreachable | K::UpstreamTimeout => {
            "`inglenook provider test SLUG` tells what works with the provider."
        }
        K::EndpointPaused => "`inglenook endpoint resume` answers programs again.",
        K::VaultLocked => "`inglenook vault unlock` opens it.",
        K::VaultAbsent => "Use --vault passphrase with INGLENOOK_PASSPHRASE, or --vault memory.",
        K::WeightsMissing => "Fetch the starter's weights: scripts/fetch-starter.sh, or under Providers.",
        K::DataDirectoryInUse => "Quit the other one first, or name another directory with --data-dir.",
        K::PortTaken => "Choose another with --port, or let --port 0 find one.",
        K::ReadOnly => "Use the newer version that wrote the database.",
        K::StorageFailed => "Look at the disk's free space and at the directory's permissions.",
        K::ClientKeyMissing
        | K::ClientKeyInvalid
        | K::HostDenied
        | K::OriginDenied
        | K::ScopeDenied
        | K::RouteNotFound
        | K::MethodNotAllowed
        | K::UnsupportedMediaType
        | K::ClientGone
        | K::NotRunning
        | K::Internal => "`inglenook doctor` checks this installation.",
    }
}

/// This build has no window.
#[cfg(not(feature = "desktop"))]
pub(crate) fn no_window() -> ExitCode {
    note("error (invalid_request): This build of Inglenook has no window.");
    note("hint: `inglenook serve` serves the endpoint; `inglenook --help` lists the commands.");
    ExitCode::from(2)
}

/// Rows in columns as wide as their longest cell.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let write = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (cell, width) in cells.zip(&widths) {
            let pad = width.saturating_sub(cell.chars().count());
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', pad + 2));
        }
        text.trim_end().to_owned()
    };
    let mut lines = vec![write(&mut head.iter().copied())];
    lines.extend(rows.iter().map(|row| write(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// A point in time, in this machine's zone.
pub(super) fn when(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis()).map_or_else(
        |_| "?".to_owned(),
        |at| {
            at.to_zoned(jiff::tz::TimeZone::system())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

/// A cost, or that nobody knows it.
pub(super) fn cost(cost: Option<Money>) -> String {
    cost.map_or_else(|| "unknown".to_owned(), |cost| cost.to_string())
}

/// A sum of costs, some of which nobody may know: that is not nothing.
pub(super) fn sum(known: Money, unknown: u64) -> String {
    match (known.micros(), unknown) {
        (_, 0) => known.to_string(),
        (0, unknown) => format!("{unknown} unknown"),
        (_, unknown) => format!("{known} + {unknown} unknown"),
    }
}

/// Tokens in and out.
pub(super) fn tokens(usage: Option<Usage>) -> String {
    usage.map_or_else(
        || "-".to_owned(),
        |usage| format!("{} in, {} out", usage.input, usage.output),
    )
}
