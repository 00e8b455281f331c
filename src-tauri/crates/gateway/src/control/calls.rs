//! Calls and their ledger entries.

use domain::{Confidence, Entry, Failure, Message, Money, Outcome, Role, StoredMessage, Usage};
use store::Connection;
use store::table;
use store::table::calls::{CallFilter, CallText};
use store::table::details::{Details, Kept};
use store::table::entries::AttemptRow;

use super::{
    CallName, CallPage, CallRow, CallView, Caller, ClientRequestView, KeptBody, ListCalls, RecalledView,
    TimelineView, UpstreamRequestView, agents, keys,
};
use crate::Engine;

pub(super) async fn list(engine: &Engine, _: Caller, args: ListCalls) -> Result<CallPage, Failure> {
    engine.store().flush().await?;
    let limit = usize::try_from(args.limit.unwrap_or(50)).unwrap_or(usize::MAX);
    let filter = filter(engine, &args).await?;
    let page = engine
        .store()
        .read(move |conn| table::calls::list(conn, &filter, args.cursor.as_deref(), limit))
        .await?;
    Ok(CallPage {
        calls: page.items.into_iter().map(|row| view(engine, row)).collect(),
        next: page.next,
    })
}

async fn filter(engine: &Engine, args: &ListCalls) -> Result<CallFilter, Failure> {
    let client_key = match &args.key {
        Some(name) => Some(keys::find(engine, name).await?.id),
        None => None,
    };
    let agent = args.agent.as_deref().map(|name| agents::id_of(engine, name));
    let (provider, model) = match args.target.as_deref().map(|target| target.split_once('/')) {
        Some(Some((provider, model))) => (Some(slug(provider)?), Some(model.to_owned())),
        Some(None) => (args.target.as_deref().map(slug).transpose()?, None),
        None => (None, None),
    };
    let text = args.text.as_deref().map(|text| {
        CallText::new(text)
            .ok_or_else(|| Failure::invalid("text", "This is no part of the id of a call or of a session."))
    });
    Ok(CallFilter {
        session: args.session.clone(),
        agent: agent.transpose()?,
        client_key,
        from: args.from,
        provider,
        model,
        route: args.route.clone(),
        replay_of: args.replay_of.clone(),
        text: text.transpose()?,
        outcome: args.outcome,
        since: args.since,
        until: args.until,
    })
}

fn slug(provider: &str) -> Result<domain::ProviderId, Failure> {
    domain::ProviderId::new(provider)
        .map_err(|_| Failure::invalid("target", "A target is a provider, or `provider/model`."))
}

pub(super) async fn get(engine: &Engine, _: Caller, args: CallName) -> Result<CallView, Failure> {
    engine.store().flush().await?;
    let (row, details, said, recalled, tool_uses) = engine
        .store()
        .read(move |conn| {
            let row = table::calls::get(conn, &args.call)?;
            let said = Said::of(conn, &row)?;
            let recalled = table::recalls::of_call(conn, &args.call)?;
            let uses = table::tool_uses::of_call(conn, &args.call)?;
            Ok((row, table::details::get(conn, &args.call)?, said, recalled, uses))
        })
        .await?;
    let ended = |attempt: &AttemptRow| match attempt {
        AttemptRow::Ended { entry, .. } => Some(domain::Entry::clone(entry)),
        AttemptRow::Running { .. } => None,
    };
    let entries = row.attempts.iter().filter_map(ended).collect();
    let Details {
        client,
        upstream,
        timelines,
    } = details;
    Ok(CallView {
        row: view(engine, row),
        entries,
        client_request: client.map(|client| ClientRequestView {
            body: body(&client.body),
            headers: client.headers,
        }),
        upstream_request: upstream.last().map(|sent| sent.body.text()),
        upstream_requests: upstream
            .into_iter()
            .map(|sent| UpstreamRequestView {
                number: sent.number,
                body: body(&sent.body),
            })
            .collect(),
        timelines: timelines
            .into_iter()
            .map(|timeline| TimelineView {
                number: timeline.number,
                steps: timeline.steps,
            })
            .collect(),
        asked_id: said.asked.as_ref().map(|asked| asked.id.clone()),
        asked: said.asked.map(|asked| asked.message),
        answers: said.answers,
        tool_results: said.tool_results,
        recalled: recalled
            .into_iter()
            .map(|(recall, memory)| RecalledView {
                id: recall.memory,
                memory: memory.map(|memory| super::memory::view(engine, memory)),
                words: recall.words,
                likeness: recall.likeness,
            })
            .collect(),
        tool_uses,
    })
}

/// What was said in a call, as far as its session keeps it.
#[derive(Default)]
struct Said {
    asked: Option<StoredMessage>,
    answers: Vec<Message>,
    tool_results: Vec<Message>,
}

impl Said {
    fn of(conn: &Connection, row: &table::calls::CallRow) -> Result<Self, Failure> {
        let Some(session) = &row.call.session else {
            return Ok(Self::default());
        };
        let answers = table::messages::of_call(conn, session, &row.call.id)?;
        let Some(first) = answers.first() else {
            return Ok(Self::default());
        };
        let asked = match &first.parent {
            Some(parent) => table::messages::get(conn, parent)?,
            None => None,
        };
        let after = table::messages::children(conn, session, Some(&first.id))?;
        Ok(Self {
            asked,
            tool_results: after
                .into_iter()
                .map(|stored| stored.message)
                .filter(|message| message.role == Role::Tool)
                .collect(),
            answers: answers.into_iter().map(|stored| stored.message).collect(),
        })
    }
}

fn body(kept: &Kept) -> KeptBody {
    KeptBody {
        text: kept.text(),
        size: kept.size,
        cut: kept.is_cut(),
    }
}

/// A call as lists show it.
pub(super) fn view(engine: &Engine, row: table::calls::CallRow) -> CallRow {
    let roster = engine.roster().now();
    let client = match &row.call.source {
        domain::CallSource::Client { key } => Some(
            roster
                .key(key)
                .map_or_else(|| key.to_string(), |state| state.key.name.clone()),
        ),
        domain::CallSource::Window | domain::CallSource::CommandLine => None,
    };
    let agent_slug = row
        .call
        .agent
        .as_ref()
        .and_then(|id| roster.by_id.get(id))
        .map(|agent| agent.draft.slug.to_string());
    let mut sum = Sum::default();
    for attempt in &row.attempts {
        sum.add(attempt);
    }
    // the attempt before has ended, the next waits for the tools
    sum.runs |= row.uses_tools;
    let last = sum.last.filter(|_| !sum.runs);
    let (outcome, failure) = match (last, row.failure) {
        (Some(entry), _) => (Some(entry.outcome), entry.failure.clone()),
        (None, Some((kind, text))) if !sum.runs => (Some(Outcome::Failed { kind }), Some(text)),
        (None, _) => (None, None),
    };
    CallRow {
        agent_slug,
        client,
        outcome,
        failure,
        repeats: row.repeats,
        target: sum.target,
        usage: sum.usage,
        cost: sum.cost.filter(|_| !sum.unknown),
        first_token_ms: sum
            .last
            .and_then(|entry| Some(entry.timings.first_token_us? / 1000)),
        total_ms: last.map(|entry| entry.timings.total_us / 1000),
        tokens_per_second: last.and_then(tokens_per_second),
        finish: last.and_then(|entry| entry.finish),
        confidence: sum.last.map_or(Confidence::Unknown, |entry| entry.confidence),
        call: row.call,
    }
}

/// What a call's attempts come to.
#[derive(Default)]
struct Sum<'r> {
    last: Option<&'r Entry>,
    target: Option<domain::Target>,
    runs: bool,
    usage: Option<Usage>,
    cost: Option<Money>,
    unknown: bool,
}

impl<'r> Sum<'r> {
    fn add(&mut self, attempt: &'r AttemptRow) {
        match attempt {
            AttemptRow::Running { attempt, .. } => {
                self.target = Some(attempt.target.clone());
                self.runs = true;
            }
            AttemptRow::Ended { entry, .. } => {
                self.target = Some(entry.attempt.target.clone());
                self.runs = false;
                self.last = Some(entry);
                if let Some(more) = entry.usage {
                    self.usage = Some(self.usage.unwrap_or_default() + more);
                }
                match entry.cost {
                    Some(more) => self.cost = Some(self.cost.unwrap_or_default() + more),
                    None => self.unknown |= entry.usage.is_some(),
                }
            }
        }
    }
}

/// How fast the model wrote. Nothing is known of a single token, nor of an answer that took no time.
fn tokens_per_second(entry: &Entry) -> Option<f64> {
    let timings = entry.timings;
    let output = entry.usage?.output;
    let (first, last) = (timings.first_token_us?, timings.last_token_us?);
    // an answer that came whole was written while it was waited for
    let since = if last > first { first } else { timings.sent_us? };
    let micros = u32::try_from(last.checked_sub(since)?)
        .ok()
        .filter(|span| *span > 0)?;
    let output = u32::try_from(output).ok().filter(|output| *output > 1)?;
    Some(f64::from(output) * 1e6 / f64::from(micros))
}
