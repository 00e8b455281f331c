//! The agent's own tools, as its model is told of them.
//!
//! The caller may have a tool of the same name, and means its own by it. So the agent's goes by another name then, and
//! what comes back is known by the name that was told, never by what it looks like.

use domain::{AgentDraft, Applied, Request, Rule, ToolChoice, ToolsMerge};

use crate::tools::Tool;

/// A tool of the agent, under the name that its model knows.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub name: String,
    pub tool: Tool,
    pub rule: Rule,
}

/// The tools of one call's agent.
#[derive(Clone, Debug, Default)]
pub(super) struct Offers {
    own: Vec<Offer>,
}

impl Offers {
    /// Tells the model of the agent's tools, before those of the caller: what is the same in every call stands first,
    /// where a provider's cache finds it again.
    ///
    /// `settled` come with the agent's settings; a grant of theirs only says when they are run.
    pub fn tell(
        agent: &AgentDraft,
        settled: &[Tool],
        request: &mut Request,
        applied: &mut Vec<Applied>,
    ) -> Self {
        let mut own = Vec::new();
        let granted = agent.tools.iter().filter_map(|grant| {
            // a tool that is not there any more is not offered; the agent's editor shows it
            let tool = Tool::named(&grant.tool).filter(|tool| !tool.comes_with_a_setting())?;
            Some((tool, grant.rule(tool.reach())))
        });
        let settled = settled.iter().map(|tool| {
            let grant = agent.tools.iter().find(|grant| grant.tool == tool.name());
            let rule = grant.and_then(|grant| grant.rule);
            (*tool, rule.unwrap_or(tool.default_rule()))
        });
        for (tool, rule) in granted.chain(settled) {
            if rule == Rule::Never {
                continue;
            }
            let taken = |name: &str| request.tools.iter().any(|spec| spec.name == name);
            let name = match taken(tool.name()) {
                false => tool.name().to_owned(),
                true => format!("agent_{}", tool.name()),
            };
            if !taken(&name) {
                own.push(Offer { name, tool, rule });
            }
        }
        if own.is_empty() {
            return Self::default();
        }
        let mut note = |how: &str| {
            applied.push(Applied {
                what: "tools".to_owned(),
                how: how.to_owned(),
            });
        };
        if agent.tools_merge == ToolsMerge::CallerOnly {
            note("the agent's left out");
            return Self::default();
        }
        if request.params.n.is_some_and(|n| n > 1) {
            note("the agent's left out, several answers were asked for");
            return Self::default();
        }
        note(match request.tools.is_empty() {
            true => "agent",
            false => "agent and caller",
        });
        let specs = own.iter().map(|offer| offer.tool.spec(offer.name.clone()));
        request.tools.splice(0..0, specs);
        Self { own }
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// The agent's tool that its model knows by this name.
    pub fn named(&self, name: &str) -> Option<&Offer> {
        self.own.iter().find(|offer| offer.name == name)
    }
}

/// What the caller insists on holds for the model's first answer; after a tool it may speak.
pub(super) fn released(choice: &mut Option<ToolChoice>) {
    match choice {
        Some(ToolChoice::Required | ToolChoice::Tool { .. }) => *choice = Some(ToolChoice::Auto),
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Opaque { .. }) | None => {}
    }
}
