//! Questions to a person: may this agent do this, now?
//!
//! An agent acts for whoever called it, and a model may have been talked into what it asks for. So what sends or changes
//! something waits here until a person has seen all of it. The dangers: a yes that covers more than was shown, which is
//! why what is kept is a digest of client, agent, tool, folder and arguments; and a yes from before something came in from
//! outside, which is why every standing yes is suspended then (SEC-34). Deliberately not here: who may say yes, which is
//! the control plane's to check.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{
    AgentId, ApprovalId, AskReason, CallSource, ClientKeyId, Decision, Failure, FailureKind, MessageId,
    Permit, Reach, Rule, SessionId,
};
use sha2::{Digest, Sha256};
use store::table;
use tokio::sync::oneshot;

use crate::canonical;
use crate::control::{ApprovalView, Notice, Topic};
use crate::engine::Engine;
use crate::tools::Context;

/// How long a person is waited for where the settings do not say.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a yes covers.
type Covered = [u8; 32];

/// The questions that wait, and what was allowed for a session.
#[derive(Default)]
pub(crate) struct Approvals {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// In the order in which they were asked.
    waiting: Vec<Waiting>,
    sessions: HashSet<(SessionId, Covered)>,
}

struct Waiting {
    view: ApprovalView,
    question: Coverage,
    answer: oneshot::Sender<Decision>,
}

/// What an agent is about to do.
pub(crate) struct Question<'a> {
    pub context: &'a Context,
    /// The answer that it is part of.
    pub message: Option<&'a MessageId>,
    /// As in grants.
    pub tool: &'a str,
    pub reach: Reach,
    pub rule: Rule,
    /// The model's name for it.
    pub tool_call: &'a str,
    /// JSON text of the model.
    pub arguments: &'a str,
    /// Where it works, when that is part of what is allowed.
    pub directory: Option<String>,
    /// Whether its arguments are all it is, so that no yes covers others.
    pub exact: bool,
    /// What came from outside, if anything did.
    pub tainted_by: Option<String>,
}

/// The digests that a yes may cover.
#[derive(Clone, Copy)]
struct Coverage {
    /// For the session.
    session: Covered,
    /// For always.
    always: Covered,
}

impl Coverage {
    fn of(question: &Question<'_>) -> Self {
        let agent = &question.context.agent.id;
        let directory = question.directory.as_deref();
        let client = client_of(&question.context.source);
        let exact = covered(
            client,
            agent,
            question.tool,
            Some((directory, &canonical::arguments(question.arguments))),
        );
        let tool = covered(client, agent, question.tool, None);
        Self {
            session: if question.exact { exact } else { tool },
            always: exact,
        }
    }
}

/// The client key that asked; none for the person, whose the window and the command line both are.
fn client_of(source: &CallSource) -> Option<&ClientKeyId> {
    match source {
        CallSource::Client { key } => Some(key),
        CallSource::Window | CallSource::CommandLine => None,
    }
}

/// The digest of who has which agent use what, and with which arguments in which folder.
fn covered(
    client: Option<&ClientKeyId>,
    agent: &AgentId,
    tool: &str,
    exactly: Option<(Option<&str>, &str)>,
) -> Covered {
    let (directory, arguments) = exactly.map_or((None, None), |(dir, args)| (dir, Some(args)));
    let mut digest = Sha256::new();
    let client = client.map(ClientKeyId::as_str);
    for field in [client, Some(agent.as_str()), Some(tool), directory, arguments] {
        // with its length, so that no field can speak for the next
        let length = field.map_or(u64::MAX, |field| u64::try_from(field.len()).unwrap_or(u64::MAX));
        digest.update(length.to_be_bytes());
        digest.update(field.unwrap_or_default());
    }
    digest.finalize().into()
}

impl Approvals {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The questions that wait, oldest first.
    pub fn waiting(&self) -> Vec<ApprovalView> {
        self.lock().waiting.iter().map(|one| one.view.clone()).collect()
    }

    /// The question of this id with what a yes covers, while it waits.
    fn get(&self, id: &ApprovalId) -> Option<(ApprovalView, Coverage)> {
        let held = self.lock();
        let found = held.waiting.iter().find(|one| one.view.id == *id);
        found.map(|one| (one.view.clone(), one.question))
    }

    fn take(&self, id: &ApprovalId) -> Option<Waiting> {
        let mut held = self.lock();
        let at = held.waiting.iter().position(|one| one.view.id == *id)?;
        Some(held.waiting.remove(at))
    }
}

/// Takes a question back that nobody waits for any more.
struct Asked<'a> {
    engine: &'a Engine,
    id: ApprovalId,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.engine.approvals().take(&self.id).is_some() {
            self.engine.changed(Topic::Approvals, None);
        }
    }
}

/// By what it may be done, or that it may not. Waits for a person where one has to be asked; whoever drops that wait
/// takes the question back.
///
/// # Errors
/// When what was allowed before cannot be read.
pub(crate) async fn permit(question: &Question<'_>) -> Result<Permit, Failure> {
    let engine = &question.context.engine;
    let tainted = question.tainted_by.is_some() && question.reach != Reach::Reads;
    let covers = Coverage::of(question);
    match question.rule {
        Rule::Never => return Ok(Permit::Denied),
        Rule::Always if !tainted => return Ok(Permit::Rule),
        Rule::Always | Rule::Ask => {}
    }
    if !tainted && let Some(permit) = standing(question, covers).await? {
        return Ok(permit);
    }
    let seconds = engine.roster().now().settings.approval_seconds;
    let patience = seconds.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.into()));
    let view = view(question, tainted, patience)?;
    let (answer, answered) = oneshot::channel();
    let _asked = Asked {
        engine,
        id: view.id.clone(),
    };
    engine.approvals().lock().waiting.push(Waiting {
        view: view.clone(),
        question: covers,
        answer,
    });
    engine.notify(Notice::ApprovalWanted {
        approval: Box::new(view),
    });
    engine.changed(Topic::Approvals, None);
    match tokio::time::timeout(patience, answered).await {
        Ok(Ok(Decision::Once)) => Ok(Permit::Once),
        Ok(Ok(Decision::Session)) => Ok(Permit::Session),
        Ok(Ok(Decision::Always)) => Ok(Permit::Always),
        Ok(Ok(Decision::Deny)) => Ok(Permit::Denied),
        Ok(Err(_)) | Err(_) => Ok(Permit::Unanswered),
    }
}

/// What was allowed before.
async fn standing(question: &Question<'_>, covers: Coverage) -> Result<Option<Permit>, Failure> {
    let engine = &question.context.engine;
    if let Some(session) = &question.context.session
        && engine
            .approvals()
            .lock()
            .sessions
            .contains(&(session.clone(), covers.session))
    {
        return Ok(Some(Permit::Session));
    }
    let (agent, tool) = (question.context.agent.id.clone(), question.tool.to_owned());
    let holds = engine
        .store()
        .read(move |conn| table::approvals::holds(conn, &agent, &tool, &covers.always))
        .await?;
    Ok(holds.then_some(Permit::Always))
}

fn view(question: &Question<'_>, tainted: bool, patience: Duration) -> Result<ApprovalView, Failure> {
    let Context {
        engine,
        agent,
        call,
        session,
        source,
        ..
    } = question.context;
    let asked_at = engine.clock().now();
    let client =
        client_of(source).and_then(|key| engine.roster().now().key(key).map(|state| state.key.name.clone()));
    let asks = (question.rule == Rule::Ask).then_some(AskReason::Asks);
    Ok(ApprovalView {
        id: engine.ids().approval()?,
        agent: agent.id.clone(),
        agent_name: agent.draft.name.clone(),
        tool: question.tool.to_owned(),
        reach: question.reach,
        arguments: question.arguments.to_owned(),
        directory: question.directory.clone(),
        call: call.clone(),
        session: session.clone(),
        message: question.message.cloned(),
        tool_call: question.tool_call.to_owned(),
        source: source.clone(),
        client,
        reasons: asks
            .into_iter()
            .chain(tainted.then_some(AskReason::Tainted))
            .collect(),
        tainted_by: question.tainted_by.clone().filter(|_| tainted),
        session_exact: question.exact,
        asked_at,
        expires_at: asked_at.plus(patience),
    })
}

/// Takes a person's answer to what waits.
///
/// # Errors
/// [`FailureKind::NotFound`] when it does not wait any more; storage failures, and then it waits on.
pub(crate) async fn answer(engine: &Engine, id: &ApprovalId, decision: Decision) -> Result<(), Failure> {
    let approvals = engine.approvals();
    let gone = || {
        Failure::new(FailureKind::NotFound, "This question does not wait any more.")
            .with_hint("Whoever asked has left, or it was answered, or its time is over.")
    };
    let (view, covers) = approvals.get(id).ok_or_else(gone)?;
    // a yes to something that may have been put into the model's mouth is no yes to the next
    let decision = match decision {
        Decision::Session | Decision::Always if view.reasons.contains(&AskReason::Tainted) => Decision::Once,
        Decision::Once | Decision::Session | Decision::Always | Decision::Deny => decision,
    };
    if decision == Decision::Always {
        keep(engine, &view, covers.always).await?;
    }
    let waiting = approvals.take(id).ok_or_else(gone)?;
    if decision == Decision::Session
        && let Some(session) = view.session
    {
        approvals.lock().sessions.insert((session, covers.session));
    }
    // whoever asked has left in this moment
    let _left = waiting.answer.send(decision);
    engine.changed(Topic::Approvals, None);
    Ok(())
}

/// Keeps a yes for always, on the disk before it is acted on.
async fn keep(engine: &Engine, view: &ApprovalView, digest: Covered) -> Result<(), Failure> {
    let approval = table::approvals::StandingApproval {
        id: view.id.clone(),
        agent: view.agent.clone(),
        tool: view.tool.clone(),
        client: client_of(&view.source).cloned(),
        digest,
        arguments: view.arguments.clone(),
        created_at: engine.clock().now(),
    };
    engine
        .store()
        .write(move |tx| table::approvals::keep(tx, &approval))
        .await
}
