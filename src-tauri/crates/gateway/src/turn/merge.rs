//! The merge contract: what an agent does with what the caller sends. Nothing is dropped silently.

use domain::{AgentDraft, Applied, InstructionsMerge, Message, Params, Request, Role, ToolsMerge};

/// Merges an agent into a request. The agent's instructions come first and are byte-stable, so that a
/// provider's prompt cache can hit.
pub(super) fn merge(agent: &AgentDraft, mut request: Request) -> (Request, Vec<Applied>) {
    let mut applied = Vec::new();
    instructions(agent, &mut request, &mut applied);
    params(&agent.params, &agent.locked, &mut request.params, &mut applied);
    if agent.tools_merge == ToolsMerge::AgentOnly && !request.tools.is_empty() {
        note(
            &mut applied,
            "tools",
            format!("dropped {} of the caller", request.tools.len()),
        );
        request.tools.clear();
        request.tool_choice = None;
    }
    (request, applied)
}

fn note(applied: &mut Vec<Applied>, what: &str, how: impl Into<String>) {
    applied.push(Applied {
        what: what.to_owned(),
        how: how.into(),
    });
}

fn instructions(agent: &AgentDraft, request: &mut Request, applied: &mut Vec<Applied>) {
    let callers = request
        .messages
        .iter()
        .filter(|message| message.role.instructs())
        .count();
    if callers > 0 && agent.instructions_merge == InstructionsMerge::Ignore {
        request.messages.retain(|message| !message.role.instructs());
        note(
            applied,
            "instructions",
            format!("ignored {callers} of the caller"),
        );
    }
    if agent.instructions.is_empty() {
        return;
    }
    if callers > 0 && agent.instructions_merge == InstructionsMerge::Replace {
        note(applied, "instructions", "replaced by the caller's");
        return;
    }
    request
        .messages
        .insert(0, Message::text(Role::System, agent.instructions.clone()));
    if callers > 0 && agent.instructions_merge == InstructionsMerge::Append {
        note(applied, "instructions", "agent, then caller");
    } else {
        note(applied, "instructions", "agent");
    }
}

/// Merges one parameter and notes who decided, when somebody did.
fn decide<T: Clone + PartialEq>(
    name: &str,
    agents: &Option<T>,
    callers: &mut Option<T>,
    locked: &[String],
    applied: &mut Vec<Applied>,
) {
    if locked.iter().any(|one| one == name) {
        if callers.is_some() && callers != agents {
            note(applied, name, "locked by the agent");
        }
        callers.clone_from(agents);
    } else if callers.is_none() && agents.is_some() {
        callers.clone_from(agents);
        note(applied, name, "agent");
    } else if callers.is_some() && agents.is_some() && callers != agents {
        note(applied, name, "caller");
    }
}

fn params(agent: &Params, locked: &[String], caller: &mut Params, applied: &mut Vec<Applied>) {
    macro_rules! each {
        ($($name:ident),*) => {
            $(decide(stringify!($name), &agent.$name, &mut caller.$name, locked, applied);)*
        };
    }
    each!(
        temperature,
        top_p,
        max_output_tokens,
        seed,
        n,
        presence_penalty,
        frequency_penalty,
        logprobs,
        top_logprobs,
        parallel_tool_calls,
        reasoning_effort,
        reasoning_tokens,
        top_k
    );
    let some = |stop: &[String]| (!stop.is_empty()).then(|| stop.to_vec());
    let mut stop = some(&caller.stop);
    decide("stop", &some(&agent.stop), &mut stop, locked, applied);
    caller.stop = stop.unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use domain::{Failure, Slug, Target};

    use super::*;

    fn agent() -> Result<AgentDraft, Failure> {
        Ok(AgentDraft {
            slug: Slug::new("reviewer")?,
            name: "Reviewer".into(),
            icon: domain::Icon::default(),
            instructions: "Be brief.".into(),
            target: Target::parse("mock/m")?,
            fallbacks: Vec::new(),
            params: Params {
                temperature: Some(0.2),
                top_p: Some(0.5),
                ..Params::default()
            },
            description: String::new(),
            locked: vec!["temperature".into()],
            instructions_merge: InstructionsMerge::Append,
            tools_merge: ToolsMerge::Merge,
            cache: domain::CacheMarks::Off,
            budgets: Vec::new(),
            limits: domain::Rates::default(),
            timeouts: domain::Timeouts::default(),
            tools: Vec::new(),
            run: domain::RunLimits::default(),
            knowledge: Vec::new(),
            memory: domain::MemoryRules::default(),
            tool_first: false,
            compaction: domain::Compaction::default(),
            folders: Vec::new(),
        })
    }

    fn request() -> Request {
        Request {
            messages: vec![
                Message::text(Role::Developer, "Caller."),
                Message::text(Role::User, "Hi"),
            ],
            params: Params {
                temperature: Some(1.5),
                seed: Some(7),
                ..Params::default()
            },
            ..Request::default()
        }
    }

    fn said(request: &Request) -> Vec<String> {
        request.messages.iter().map(Message::plain_text).collect()
    }

    #[test]
    fn the_agent_comes_first_and_locked_parameters_stay() -> Result<(), Failure> {
        let (merged, applied) = merge(&agent()?, request());
        assert_eq!(said(&merged), ["Be brief.", "Caller.", "Hi"]);
        assert_eq!(merged.params.temperature, Some(0.2), "locked");
        assert_eq!(merged.params.top_p, Some(0.5), "the caller said nothing");
        assert_eq!(merged.params.seed, Some(7), "the agent says nothing");
        let notes: Vec<_> = applied.iter().map(|a| format!("{}={}", a.what, a.how)).collect();
        assert_eq!(
            notes,
            [
                "instructions=agent, then caller",
                "temperature=locked by the agent",
                "top_p=agent"
            ]
        );
        Ok(())
    }

    #[test]
    fn replace_and_ignore_choose_one_side() -> Result<(), Failure> {
        let replace = AgentDraft {
            instructions_merge: InstructionsMerge::Replace,
            ..agent()?
        };
        assert_eq!(said(&merge(&replace, request()).0), ["Caller.", "Hi"]);
        let ignore = AgentDraft {
            instructions_merge: InstructionsMerge::Ignore,
            ..agent()?
        };
        assert_eq!(said(&merge(&ignore, request()).0), ["Be brief.", "Hi"]);
        let bare = Request {
            messages: vec![Message::text(Role::User, "Hi")],
            ..Request::default()
        };
        assert_eq!(
            said(&merge(&replace, bare).0),
            ["Be brief.", "Hi"],
            "the caller has none to replace with"
        );
        Ok(())
    }
}
