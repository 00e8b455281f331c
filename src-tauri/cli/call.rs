//! `inglenook call …`

use domain::{CallId, Failure, Outcome, SessionId};
use gateway::control::{CallName, CallPage, CallRow, CallView, ListCalls};

use super::door::Door;
use super::{Resolved, output};

#[derive(clap::Subcommand)]
pub(crate) enum Call {
    /// List calls, newest first.
    List {
        /// Only those of this session.
        #[arg(long)]
        session: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Go on where the list before ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a call with its ledger entries and its upstream request.
    Show { call: String },
}

pub(super) async fn run(args: Call, options: Resolved) -> Result<(), Failure> {
    let mut door = Door::open(&options).await?;
    let result = dispatch(args, &mut door, options.json).await;
    door.close().await;
    result
}

async fn dispatch(args: Call, door: &mut Door, json: bool) -> Result<(), Failure> {
    match args {
        Call::List {
            session,
            limit,
            cursor,
        } => {
            let parse = |text: String| {
                SessionId::parse(&text)
                    .ok_or_else(|| Failure::invalid("session", format!("{text:?} is no session id.")))
            };
            let session = session.map(parse).transpose()?;
            let page: CallPage = door
                .run(
                    "call.list",
                    &ListCalls {
                        cursor,
                        limit: Some(limit),
                        session,
                    },
                )
                .await?;
            output::print(json, &page, |page| {
                if page.calls.is_empty() {
                    return "No calls yet.".to_owned();
                }
                output::table(
                    &["ID", "WHEN", "FROM", "MODEL", "OUTCOME", "TOKENS", "COST", "MS"],
                    &page.calls.iter().map(row).collect::<Vec<_>>(),
                )
            })
        }
        Call::Show { call } => {
            let id = CallId::parse(&call)
                .ok_or_else(|| Failure::invalid("call", format!("{call:?} is no call id.")))?;
            let view: CallView = door.run("call.get", &CallName { call: id }).await?;
            output::print(json, &view, |view| {
                let mut text = output::table(
                    &["ID", "WHEN", "FROM", "MODEL", "OUTCOME", "TOKENS", "COST", "MS"],
                    &[row(&view.row)],
                );
                for applied in &view.row.call.applied {
                    text.push_str(&format!("\napplied: {} = {}", applied.what, applied.how));
                }
                for entry in &view.entries {
                    text.push_str(&format!(
                        "\nattempt {}: {} {}{} in {} ms, {}, {}",
                        entry.attempt.number,
                        entry.attempt.target,
                        outcome(Some(entry.outcome)),
                        entry
                            .upstream_status
                            .map_or_else(String::new, |status| format!(" ({status})")),
                        entry.timings.total_us / 1000,
                        output::tokens(entry.usage),
                        output::cost(entry.cost),
                    ));
                }
                if let Some(request) = &view.upstream_request {
                    text.push_str(&format!("\n\nsent upstream:\n{request}"));
                }
                text
            })
        }
    }
}

fn outcome(outcome: Option<Outcome>) -> String {
    match outcome {
        None => "running".to_owned(),
        Some(Outcome::Succeeded) => "succeeded".to_owned(),
        Some(Outcome::Cancelled) => "cancelled".to_owned(),
        Some(Outcome::Interrupted) => "interrupted".to_owned(),
        Some(Outcome::Failed { kind }) => format!("failed: {}", kind.as_str()),
    }
}

fn row(row: &CallRow) -> Vec<String> {
    vec![
        row.call.id.to_string(),
        output::when(row.call.started_at),
        row.client.clone().unwrap_or_else(|| row.call.route.clone()),
        row.call.requested_model.clone(),
        outcome(row.outcome),
        output::tokens(row.usage),
        output::cost(row.cost),
        row.total_ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string()),
    ]
}
