//! What agents want to do, and a person's answers.
//!
//! The danger is a page that says yes by itself: a script in the window reaches every command that the window does. So a
//! yes counts only from the window that shows nothing but the question, and from the command line (SEC-24). A no counts
//! from anywhere.

use domain::{Decision, Failure, FailureKind};
use store::table;

use super::{AnswerApproval, ApprovalName, ApprovalView, Caller, Nothing, StandingApprovalView, Topic};
use crate::{Engine, approvals};

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ApprovalView>, Failure> {
    Ok(engine.approvals().waiting())
}

pub(super) async fn answer(
    engine: &Engine,
    caller: Caller,
    args: AnswerApproval,
) -> Result<Nothing, Failure> {
    if args.decision != Decision::Deny {
        caller.may_allow()?;
    }
    approvals::answer(engine, &args.approval, args.decision).await?;
    Ok(Nothing {})
}

pub(super) async fn standing(
    engine: &Engine,
    _: Caller,
    _: Nothing,
) -> Result<Vec<StandingApprovalView>, Failure> {
    let kept = engine.store().read(table::approvals::list).await?;
    let roster = engine.roster().now();
    let view = |one: table::approvals::StandingApproval| StandingApprovalView {
        agent_name: roster
            .by_id
            .get(&one.agent)
            .map_or_else(|| one.agent.to_string(), |agent| agent.draft.name.clone()),
        client: one.client.map(|key| {
            roster
                .key(&key)
                .map_or_else(|| key.to_string(), |state| state.key.name.clone())
        }),
        id: one.id,
        agent: one.agent,
        tool: one.tool,
        arguments: one.arguments,
        created_at: one.created_at,
    };
    Ok(kept.into_iter().map(view).collect())
}

pub(super) async fn revoke(engine: &Engine, _: Caller, args: ApprovalName) -> Result<Nothing, Failure> {
    let revoked = engine
        .store()
        .write(move |tx| table::approvals::revoke(tx, &args.id))
        .await?;
    if !revoked {
        return Err(Failure::new(
            FailureKind::NotFound,
            "There is no standing approval of that id.",
        ));
    }
    engine.changed(Topic::Approvals, None);
    Ok(Nothing {})
}
