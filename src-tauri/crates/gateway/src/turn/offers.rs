//! The agent's own tools, as its model is told of them.
//!
//! The caller may have a tool of the same name, and means its own by it. So the agent's goes by another name then, and
//! what comes back is known by the name that was told, never by what it looks like.

use domain::{AgentDraft, Applied, ClientKey, Part, Reach, Request, Role, Rule, ToolChoice, ToolsMerge};

use crate::roster::Snapshot;
use crate::tools::{Tool, Usable};

/// A tool of the agent, under the name that its model knows.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub name: String,
    pub tool: Usable,
    pub rule: Rule,
}

impl Offer {
    /// Whether it sends or changes something.
    pub fn acts(&self) -> bool {
        self.tool.reach() != Reach::Reads
    }

    /// Whether it changes something here.
    pub fn changes(&self) -> bool {
        self.tool.reach() == Reach::Changes
    }
}

/// The tools of one call's agent.
#[derive(Clone, Debug, Default)]
pub(super) struct Offers {
    own: Vec<Offer>,
    /// The names of the caller's tools.
    callers: Vec<String>,
    /// What came from outside before this call, if anything did.
    pub tainted_by: Option<String>,
}

impl Offers {
    /// Tells the model of the agent's tools, before those of the caller: what is the same in every call stands first,
    /// where a provider's cache finds it again.
    ///
    /// `settled` come with the agent's settings; a grant of theirs only says when they are run. `key` is the caller's, which
    /// may allow less than the agent does.
    pub fn tell(
        roster: &Snapshot,
        key: Option<&ClientKey>,
        agent: &AgentDraft,
        settled: &[Tool],
        request: &mut Request,
        applied: &mut Vec<Applied>,
    ) -> Self {
        let mut own = Vec::new();
        let granted = agent.tools.iter().filter_map(|grant| {
            // a tool that is not there any more is not offered; the agent's editor shows it
            let tool = Usable::granted(roster, &grant.tool).filter(|tool| !tool.comes_with_a_setting())?;
            let rule = match grant.rule(tool.reach()) {
                // what is nothing but its arguments is never run unseen
                Rule::Always if tool.is_exact() => Rule::Ask,
                rule @ (Rule::Always | Rule::Ask | Rule::Never) => rule,
            };
            Some((tool, rule))
        });
        let settled = settled.iter().map(|tool| {
            let grant = agent.tools.iter().find(|grant| grant.tool == tool.name());
            let rule = grant.and_then(|grant| grant.rule);
            (Usable::House(*tool), rule.unwrap_or(tool.default_rule()))
        });
        let mut narrowed = Vec::new();
        for (tool, own_rule) in granted.chain(settled) {
            let name = tool.name();
            let rule = key.map_or(own_rule, |key| key.rule(&name, own_rule));
            if rule != own_rule {
                narrowed.push(format!("{name} {}", rule.as_str()));
            }
            if rule == Rule::Never {
                continue;
            }
            let taken = |name: &str| request.tools.iter().any(|spec| spec.name == name);
            let told = tool.told();
            let name = match taken(&told) {
                false => told,
                true => format!("agent_{told}"),
            };
            if !taken(&name) {
                own.push(Offer { name, tool, rule });
            }
        }
        if !narrowed.is_empty() {
            applied.push(Applied {
                what: "tools".to_owned(),
                how: format!("less for this key: {}", narrowed.join(", ")),
            });
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
        let callers = request.tools.iter().map(|spec| spec.name.clone()).collect();
        let specs = own.iter().map(|offer| offer.tool.spec(offer.name.clone()));
        request.tools.splice(0..0, specs);
        if agent.tool_first && request.tool_choice.is_none() && begins(request) {
            request.tool_choice = Some(ToolChoice::Required);
            applied.push(Applied {
                what: "tool_choice".to_owned(),
                how: "required by the agent".to_owned(),
            });
        }
        Self {
            own,
            callers,
            tainted_by: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// Whether what came from outside matters to one of them: it sends or changes something, or has another agent do so.
    pub fn heed_taint(&self) -> bool {
        self.act() || self.own.iter().any(|offer| offer.tool.asks_agents())
    }

    /// Whether one of them sends or changes something.
    pub fn act(&self) -> bool {
        self.own.iter().any(Offer::acts)
    }

    /// Whether a tool of this name is answered here: the agent's own, and what nobody has, for which no caller has an
    /// answer either.
    pub fn answers(&self, name: &str) -> bool {
        self.named(name).is_some() || !self.callers.iter().any(|callers| callers == name)
    }

    /// The names of the agent's tools.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.own.iter().map(|offer| offer.name.as_str())
    }

    /// The agent's tool that its model knows by this name.
    pub fn named(&self, name: &str) -> Option<&Offer> {
        self.own.iter().find(|offer| offer.name == name)
    }
}

/// Whether the model is asked for something new, and not for what follows from a tool.
fn begins(request: &Request) -> bool {
    let last = request.messages.last();
    let gives = |part: &Part| matches!(part, Part::ToolResult { .. });
    last.is_none_or(|message| message.role != Role::Tool && !message.parts.iter().any(gives))
}

/// What the caller insists on holds for the model's first answer; after a tool it may speak.
pub(super) fn released(choice: &mut Option<ToolChoice>) {
    match choice {
        Some(ToolChoice::Required | ToolChoice::Tool { .. }) => *choice = Some(ToolChoice::Auto),
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Opaque { .. }) | None => {}
    }
}
