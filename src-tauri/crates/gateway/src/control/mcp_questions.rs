//! What MCP servers want to know of the person. An answer with values counts where a yes does (SEC-24); a refusal counts
//! from anywhere.

use domain::Failure;
use secrecy::ExposeSecret;

use super::{AnswerMcpQuestion, Caller, McpQuestion, Nothing, QuestionAction};
use crate::{Engine, questions};

pub(super) async fn list(engine: &Engine, caller: Caller, _: Nothing) -> Result<Vec<McpQuestion>, Failure> {
    let mut waiting = engine.questions().waiting();
    if caller.may_allow().is_err() {
        for question in &mut waiting {
            question.address = None;
        }
    }
    Ok(waiting)
}

pub(super) async fn answer(
    engine: &Engine,
    caller: Caller,
    args: AnswerMcpQuestion,
) -> Result<Nothing, Failure> {
    if args.action == QuestionAction::Accept {
        caller.may_allow()?;
    }
    let values = args.values.as_ref().map(|values| values.0.expose_secret());
    questions::answer(engine, &args.question, args.action, values)?;
    Ok(Nothing {})
}
