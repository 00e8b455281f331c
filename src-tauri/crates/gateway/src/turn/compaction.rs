//! Keeps a conversation within what its model reads.
//!
//! When the window fills, what tools gave long ago is shortened; where that is not enough, the oldest messages are
//! summarised by the agent's own target, in an attempt of the same call, so that budgets and the ledger know of it. The
//! summary is kept beside the session and told again with every turn until the window fills once more: so a turn costs
//! one summary at most, and the prompt begins the same way each time. The dangers: something lost that nobody can look
//! up (the messages stay where they are, and only what a model is told changes), a tool's result without its call
//! (`plan` cuts only before something the user says), and words from outside that become the app's own (a summary is
//! told as a note within what the user says, and what tainted the session goes on tainting it, since that is found in
//! the messages and not in the request). Where nobody knows how much a model reads, nothing is cut.

mod plan;
mod rounds;
mod transcript;

pub(super) use self::rounds::{Room, Rounds};

use domain::{
    Applied, Attempt, Compaction, Failure, FailureKind, Message, Model, Params, Request, StopReason, Summary,
    Target,
};
use store::{Record, table};

use super::anchor::Anchor;
use super::attempts::{Attempts, Outcome, reason};
use super::deliver::Delivery;
use super::fingerprint::{Fingerprint, chain_of};
use super::prepared::Prepared;
use super::record::Recorder;
use super::tokens;
use super::view::View;
use crate::engine::Engine;
use crate::models;
use crate::upstream::{Events, Gathered, Response};

/// What an answer is left where nobody says how long it may be.
const ANSWER: u64 = 4_096;
/// A summary takes an eighth of the room, within these.
const SUMMARY: (u64, u64) = (128, 2_048);

/// How much of a target's window a conversation may take.
pub(super) struct Frame<'a> {
    engine: &'a Engine,
    target: &'a Target,
    /// Tokens that the model reads and writes together.
    window: u64,
    /// Without what its answer is left.
    room: u64,
    /// When it is full, in percent of the room.
    threshold: u64,
}

impl<'a> Frame<'a> {
    /// `None` where nobody knows the window.
    fn of(
        engine: &'a Engine,
        target: &'a Target,
        facts: &Model,
        params: &Params,
        rules: Compaction,
    ) -> Option<Self> {
        let window = engine.calibration().window(target, facts.context)?;
        let answer = match params.max_output_tokens {
            Some(said) => said.min(window / 2),
            None => ANSWER.min(facts.max_output.unwrap_or(ANSWER)).min(window / 4),
        };
        Some(Self {
            engine,
            target,
            window,
            room: window - answer,
            threshold: rules.threshold(),
        })
    }

    fn likely(&self, tokens: u64) -> u64 {
        self.engine.calibration().likely(self.target, tokens)
    }

    fn is_full(&self, likely: u64) -> bool {
        likely.saturating_mul(100) >= self.room.saturating_mul(self.threshold)
    }

    /// Goes on with what there is, if it can fit at all.
    fn as_it_is(&self, view: View) -> Result<View, Failure> {
        let least = self.engine.calibration().at_least(self.target, view.tokens());
        if least <= self.window {
            return Ok(view);
        }
        let (target, window) = (self.target, self.window);
        Err(Failure::new(
            FailureKind::ContextTooLong,
            format!("This conversation is about {least} tokens long, and {target} reads {window}."),
        )
        .with_param("messages")
        .with_hint("Begin a new conversation, or give the agent a model that reads more."))
    }
}

/// The call's request as this target is shown it. `number` is the call's last attempt's.
///
/// # Errors
/// [`FailureKind::ContextTooLong`] when it cannot fit, a budget that has no more, or storage failures.
pub(super) async fn fit(
    delivery: &Delivery<'_>,
    target: &Target,
    number: &mut u32,
    recorder: &mut Recorder,
) -> Result<View, Failure> {
    let engine = delivery.engine;
    let scope = delivery.thread.scope;
    let whole = View::whole(delivery.request, scope, delivery.asides);
    let provider = delivery.roster.providers.get(&target.provider);
    let (Some(rules), Some(anchor), Some(provider)) = (delivery.compaction, delivery.anchor, provider) else {
        return Ok(whole);
    };
    let facts = models::facts(engine, provider, target).await?;
    let params = &delivery.request.params;
    let Some(frame) = Frame::of(engine, target, &facts, params, rules) else {
        return Ok(whole);
    };
    let before = frame.likely(whole.tokens());
    if before.saturating_mul(2) < frame.room {
        return Ok(whole);
    }
    let spoken: Vec<&Message> = delivery
        .request
        .messages
        .iter()
        .filter(|message| !message.role.instructs())
        .collect();
    let said = said(scope, &spoken);
    let kept = kept(engine, anchor, &said).await?;
    let view = match &kept {
        Some(kept) => kept.of(&whole, &said),
        None => whole.clone(),
    };
    let now = frame.likely(view.tokens());
    if !frame.is_full(now) {
        if let Some(kept) = kept {
            note(recorder, kept.again());
        }
        return Ok(view);
    }
    let cuts = plan::cuts(&spoken);
    let made = |cut: usize, text: Option<String>, after: u64| Made {
        cut,
        text,
        before,
        after,
    };
    if !kept.as_ref().is_some_and(Kept::is_summary)
        && let Some(last) = cuts.last().copied()
    {
        let short = View {
            shortened: last,
            ..whole.clone()
        };
        let after = frame.likely(short.tokens());
        // with room for some turns, or it would be done again with the next one
        if after.saturating_mul(4) < frame.room.saturating_mul(frame.threshold) / 100 * 3 {
            let made = made(last, None, after);
            keep(engine, anchor, &said, made, recorder).await?;
            return Ok(short);
        }
    }
    let earlier = kept.filter(Kept::is_summary);
    let from = earlier.as_ref().map_or(0, |kept| kept.cut);
    let most = (frame.room / 8).clamp(SUMMARY.0, SUMMARY.1);
    let each: Vec<u64> = spoken
        .iter()
        .map(|message| frame.likely(tokens::of_message(message)))
        .collect();
    let fixed = now.saturating_sub(each.iter().skip(from).sum());
    let left = (frame.room / 2).saturating_sub(fixed + most);
    let Some(cut) = plan::best(&cuts, from, &each, left) else {
        return frame.as_it_is(view);
    };
    let asked = Asked {
        earlier: earlier.and_then(|kept| kept.summary.text),
        spoken: spoken.get(from..cut).unwrap_or_default(),
        most,
    };
    let summary = match asked.ask(delivery, &frame, number, recorder).await? {
        Ok(summary) => summary,
        Err(why) => {
            note(recorder, format!("no summary, {why}; everything is sent"));
            return frame.as_it_is(view);
        }
    };
    let so_far = said.get(cut - 1).copied().unwrap_or(scope);
    let shorter = whole.cut(cut, so_far, transcript::told(&summary, count(cut)));
    let after = frame.likely(shorter.tokens());
    if after >= now {
        note(recorder, "no summary, it was no shorter; everything is sent");
        return frame.as_it_is(view);
    }
    let made = made(cut, Some(summary), after);
    keep(engine, anchor, &said, made, recorder).await?;
    frame.as_it_is(shorter)
}

/// Where the chain of what was said stands after each message.
fn said(scope: Fingerprint, spoken: &[&Message]) -> Vec<Fingerprint> {
    let mut last = scope;
    let after = |message: &&Message| {
        last = chain_of(last, message);
        last
    };
    spoken.iter().map(after).collect()
}

fn note(recorder: &mut Recorder, how: impl Into<String>) {
    recorder.note(Applied {
        what: "compaction".to_owned(),
        how: how.into(),
    });
}

fn count(messages: usize) -> u32 {
    u32::try_from(messages).unwrap_or(u32::MAX)
}

/// What was made of the session's beginning before.
struct Kept {
    /// How many of the spoken messages it stands for.
    cut: usize,
    summary: Summary,
}

impl Kept {
    fn is_summary(&self) -> bool {
        self.summary.text.is_some()
    }

    fn of(&self, whole: &View, said: &[Fingerprint]) -> View {
        match (&self.summary.text, said.get(self.cut - 1)) {
            (Some(text), Some(so_far)) => {
                whole.cut(self.cut, *so_far, transcript::told(text, self.summary.messages))
            }
            (_, _) => View {
                shortened: self.cut,
                ..whole.clone()
            },
        }
    }

    fn again(&self) -> String {
        let messages = self.summary.messages;
        match self.is_summary() {
            true => format!("the summary of {messages} messages again"),
            false => format!("results of tools in {messages} messages shortened as before"),
        }
    }
}

/// What stands for most of this conversation.
async fn kept(engine: &Engine, anchor: &Anchor, said: &[Fingerprint]) -> Result<Option<Kept>, Failure> {
    // the call before may have made it a moment ago
    engine.store().flush().await?;
    let session = anchor.session.clone();
    let all = engine
        .store()
        .read(move |conn| table::summaries::of_session(conn, &session));
    let fits = all.await?.into_iter().rev().find_map(|(digest, summary)| {
        let at = said.iter().position(|said| *said == digest)?;
        Some(Kept { cut: at + 1, summary })
    });
    Ok(fits)
}

/// What was made of the beginning now; `text` is none where results were shortened.
struct Made {
    cut: usize,
    text: Option<String>,
    before: u64,
    after: u64,
}

async fn keep(
    engine: &Engine,
    anchor: &Anchor,
    said: &[Fingerprint],
    made: Made,
    recorder: &mut Recorder,
) -> Result<(), Failure> {
    let Made {
        cut,
        text,
        before,
        after,
    } = made;
    let messages = count(cut);
    let into = match &text {
        Some(_) => format!("{messages} messages -> summary"),
        None => format!("results of tools in {messages} messages shortened"),
    };
    note(recorder, format!("{into}, {before} -> {after} tokens"));
    let Some(digest) = said.get(cut - 1).copied() else {
        return Ok(());
    };
    let stored = anchor.stored(engine, said.len()).await?;
    let summary = Box::new(Summary {
        session: anchor.session.clone(),
        upto: stored.into_iter().nth(cut - 1).map(|stored| stored.id),
        messages,
        text,
        before,
        after,
        call: recorder.call().clone(),
        created_at: engine.clock().now(),
    });
    engine
        .store()
        .record(vec![Record::Summarised { digest, summary }])
        .await
}

/// What is to be summarised.
struct Asked<'m> {
    /// A summary of what came before it.
    earlier: Option<String>,
    spoken: &'m [&'m Message],
    /// Tokens of the summary.
    most: u64,
}

impl Asked<'_> {
    /// The summary, or why there is none, in a word.
    ///
    /// # Errors
    /// A budget that has no more: the call itself could not be paid either.
    async fn ask(
        &self,
        delivery: &Delivery<'_>,
        frame: &Frame<'_>,
        number: &mut u32,
        recorder: &mut Recorder,
    ) -> Result<Result<String, String>, Failure> {
        // our estimate of what fits, from what the target will count
        let per_mille = frame.likely(1_000).max(1);
        let room = frame.room.saturating_sub(self.most * 2).saturating_mul(900) / per_mille;
        let request: Request = transcript::request(self.earlier.as_deref(), self.spoken, self.most, room);
        let prepared = Prepared::aside(delivery, frame.target, request)?;
        let rules = delivery.rules(false);
        let mut attempts =
            Attempts::new(delivery.engine, frame.target, prepared, rules, *number, recorder).await;
        let outcome = attempts.run(recorder).await?;
        *number = attempts.number();
        let gathered = match outcome {
            Outcome::Answers(response) => whole(response).await,
            Outcome::Failed(failure, _) => return Ok(Err(reason(&failure))),
        };
        let answer = match gathered {
            Ok(answer) => answer,
            Err(failure) => {
                recorder.refused(&failure);
                recorder.flush().await;
                return Ok(Err(reason(&failure)));
            }
        };
        let next = Attempt {
            id: delivery.engine.ids().entry()?,
            call: recorder.call().clone(),
            number: *number + 1,
            target: frame.target.clone(),
        };
        recorder.aside(&answer, &next).await;
        let Some(choice) = answer.choices.first() else {
            return Ok(Err("the model said nothing".to_owned()));
        };
        let text = choice.message.plain_text().trim().to_owned();
        Ok(match (text.is_empty(), choice.reason) {
            (true, _) => Err("the model said nothing".to_owned()),
            (false, StopReason::ContentFilter) => Err("the model refused".to_owned()),
            (false, _) => Ok(text),
        })
    }
}

/// The answer as a whole; a provider may send pieces to whoever asks for none.
async fn whole(response: Response) -> Result<domain::Answer, Failure> {
    let mut events: Events = match response {
        Response::Whole(answer) => return Ok(*answer),
        Response::Events(events) => events,
        Response::Vectors(_) => return Err(crate::failures::internal("vectors for a summary")),
    };
    let (mut gathered, mut some) = (Gathered::default(), Vec::new());
    while events.next(&mut some).await? {
        gathered.add(some.drain(..));
    }
    gathered.add(some);
    Ok(gathered.whole())
}
