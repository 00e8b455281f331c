//! `inglenook call …`

mod replay;
mod show;
mod steps;
mod tail;

use domain::{CallId, Failure, Outcome, SessionId, Timestamp};
use gateway::control::{CallName, CallOutcome, CallPage, CallRow, CallSteps, CallView, ListCalls};

use super::door::Door;
use super::{Resolved, output, times};

#[derive(clap::Subcommand)]
pub(crate) enum Call {
    /// List calls, newest first.
    List {
        #[command(flatten)]
        which: Which,
        /// Only those that arrived then or later: 2026-11-01, a time, or 7d for the last week.
        #[arg(long, value_name = "WHEN", value_parser = times::moment)]
        since: Option<Timestamp>,
        /// Only those that arrived before then.
        #[arg(long, value_name = "WHEN", value_parser = times::moment)]
        until: Option<Timestamp>,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
        /// Go on where the list before ended.
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a call: what was asked, what was sent to whom, when the answer came, and what it cost.
    Show {
        call: String,
        /// Step by step instead: each question to a model, each use of a tool and what it gave.
        #[arg(long)]
        steps: bool,
    },
    /// Follow calls as they end, until Ctrl-C: one line a call, or one JSON object a line with --json.
    Tail {
        #[command(flatten)]
        which: Which,
    },
    /// Send a call's request again, as a new call, and compare the answers.
    ///
    /// Without --model and --agent it goes to the agent that answered before, as that agent is now.
    Replay {
        call: String,
        /// To this model, written provider/model.
        #[arg(long, value_name = "TARGET", conflicts_with = "agent")]
        model: Option<String>,
        /// To this agent.
        #[arg(long, value_name = "SLUG")]
        agent: Option<String>,
        /// Run no tool: the agent's tools give what they gave before, and what the record has no answer to ends the run.
        #[arg(long)]
        recorded_tools: bool,
    },
}

/// Which calls are wanted.
#[derive(clap::Args, Clone)]
pub(crate) struct Which {
    /// Only those of this session.
    #[arg(long, value_parser = session)]
    session: Option<SessionId>,
    /// Only those that this agent answered.
    #[arg(long, value_name = "SLUG")]
    agent: Option<String>,
    /// Only those made with this client key.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// Only those that tried this provider, or this provider/model.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Only those by this route: "POST /v1/chat/completions", window.
    #[arg(long)]
    route: Option<String>,
    /// Only those with this in their id or in their session's.
    #[arg(long, value_name = "TEXT")]
    id: Option<String>,
    /// Only those that ended so.
    #[arg(long, value_name = "running|succeeded|cancelled|failed|interrupted", value_parser = ended)]
    outcome: Option<CallOutcome>,
}

impl Which {
    fn list(self) -> ListCalls {
        ListCalls {
            session: self.session,
            agent: self.agent,
            key: self.key,
            target: self.target,
            route: self.route,
            text: self.id,
            outcome: self.outcome,
            ..ListCalls::default()
        }
    }
}

fn session(text: &str) -> Result<SessionId, String> {
    SessionId::parse(text).ok_or_else(|| "a session id begins with se_".to_owned())
}

fn ended(text: &str) -> Result<CallOutcome, String> {
    Ok(match text {
        "running" => CallOutcome::Running,
        "succeeded" => CallOutcome::Succeeded,
        "cancelled" => CallOutcome::Cancelled,
        "failed" => CallOutcome::Failed,
        "interrupted" => CallOutcome::Interrupted,
        _ => return Err("running, succeeded, cancelled, failed or interrupted".to_owned()),
    })
}

fn id(text: &str) -> Result<CallId, Failure> {
    CallId::parse(text).ok_or_else(|| {
        Failure::invalid("call", format!("{text:?} is no call id."))
            .with_hint("`inglenook call list` shows them.")
    })
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
            which,
            since,
            until,
            limit,
            cursor,
        } => {
            let wanted = ListCalls {
                since,
                until,
                limit: Some(limit),
                cursor,
                ..which.list()
            };
            let page = list(door, wanted).await?;
            output::print(json, &page, |page| {
                if page.calls.is_empty() {
                    return "No calls.".to_owned();
                }
                table(&page.calls)
            })
        }
        Call::Show { call, steps: true } => {
            let call = id(&call)?;
            let told: CallSteps = door.run("call.steps", &CallName { call }).await?;
            output::print(json, &told, steps::text)
        }
        Call::Show { call, steps: false } => {
            let view: CallView = door.run("call.get", &CallName { call: id(&call)? }).await?;
            output::print(json, &view, show::text)
        }
        Call::Tail { which } => tail::follow(door, which.list(), json).await,
        Call::Replay {
            call,
            model,
            agent,
            recorded_tools,
        } => replay::run(door, id(&call)?, (model.or(agent), recorded_tools), json).await,
    }
}

/// A page that is full, or all there is: filters that few calls match give short pages.
async fn list(door: &mut Door, mut wanted: ListCalls) -> Result<CallPage, Failure> {
    let mut limit = wanted.limit.unwrap_or(50).max(1);
    let mut calls = Vec::new();
    loop {
        wanted.limit = Some(limit);
        let page: CallPage = door.run("call.list", &wanted).await?;
        limit = limit.saturating_sub(u32::try_from(page.calls.len()).unwrap_or(u32::MAX));
        calls.extend(page.calls);
        if limit == 0 || page.next.is_none() {
            return Ok(CallPage {
                calls,
                next: page.next,
            });
        }
        wanted.cursor = page.next;
    }
}

const HEAD: [&str; 8] = ["ID", "WHEN", "FROM", "MODEL", "OUTCOME", "TOKENS", "COST", "MS"];

fn table<'r>(rows: impl IntoIterator<Item = &'r CallRow>) -> String {
    output::table(&HEAD, &rows.into_iter().map(row).collect::<Vec<_>>())
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
        match row.call.requested_model.as_str() {
            "" => "-".to_owned(),
            model => model.to_owned(),
        },
        match row.repeats {
            0 => outcome(row.outcome),
            repeats => format!("{} ×{}", outcome(row.outcome), u64::from(repeats) + 1),
        },
        output::tokens(row.usage),
        output::cost(row.cost),
        row.total_ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string()),
    ]
}
