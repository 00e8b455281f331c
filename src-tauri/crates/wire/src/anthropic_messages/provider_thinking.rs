//! How much a model of this wire is told to think (W-40, W-162, W-164).
//!
//! There are two ways, by budget and by effort, and each generation takes only some; asking in the wrong way
//! is a 400. What a client of this same wire wrote goes out in its own words as long as the model takes them.

use domain::{Request, Wire};
use serde_json::Value;

use super::generation;
use crate::json::Object;
use crate::notes::Notes;

/// The least budget that is taken.
const LEAST: u64 = 1024;
/// What is left for the answer itself.
const ROOM: u64 = 4096;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thinking {
    /// Nothing is said.
    Unsaid,
    /// It is turned off.
    Off,
    /// So many tokens.
    Budget(u64),
    /// As the model sees fit; the effort stands in `output_config`.
    Adaptive,
    /// In the client's own words.
    Own(String),
}

/// What is asked for, with the effort that goes beside it.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) thinking: Thinking,
    pub(super) effort: Option<String>,
}

impl Thinking {
    /// Whether the model thinks at all.
    pub(super) fn on(&self) -> bool {
        match self {
            Self::Unsaid | Self::Off => false,
            Self::Budget(_) | Self::Adaptive => true,
            Self::Own(raw) => !matches!(said(raw), Said::Disabled),
        }
    }

    /// Whether it thinks by a budget; then it must begin each turn with a signed block, and no tool may be
    /// forced.
    pub(super) fn budget(&self) -> Option<u64> {
        match self {
            Self::Budget(tokens) => Some(*tokens),
            Self::Own(raw) => match said(raw) {
                Said::Enabled(tokens) => Some(tokens),
                Said::On | Said::Disabled | Said::Adaptive | Said::Other => None,
            },
            Self::Unsaid | Self::Off | Self::Adaptive => None,
        }
    }

    /// Writes the field.
    pub(super) fn write(&self, object: &mut Object<'_>) {
        match self {
            Self::Unsaid => {}
            Self::Off => object.literal("thinking", r#"{"type":"disabled"}"#),
            Self::Adaptive => object.literal("thinking", r#"{"type":"adaptive"}"#),
            Self::Budget(tokens) => {
                let mut thinking = Object::open(object.key("thinking"));
                thinking.literal("type", r#""enabled""#);
                thinking.unsigned("budget_tokens", *tokens);
                thinking.close();
            }
            Self::Own(raw) => object.raw("thinking", raw),
        }
    }
}

/// The `thinking` object of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Enabled(u64),
    /// Turned on without a number, as imitators of the wire have it.
    On,
    Disabled,
    Adaptive,
    Other,
}

/// Reads a `thinking` object.
pub(super) fn said(raw: &str) -> Said {
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    match value["type"].as_str() {
        Some("enabled") => match value["budget_tokens"].as_u64() {
            Some(tokens) => Said::Enabled(tokens),
            None => Said::On,
        },
        Some("disabled") => Said::Disabled,
        Some("adaptive") => Said::Adaptive,
        Some(_) | None => Said::Other,
    }
}

/// How a request asks for thinking, on whatever wire it came.
struct Asked<'r> {
    /// The `thinking` object, and what it says.
    own: Option<(&'r str, Said)>,
    /// Most tokens; 0 is off.
    tokens: Option<u64>,
    effort: Option<String>,
    /// Whether the effort stands as a client of this wire wrote it, where it says nothing about thinking.
    beside: bool,
    /// The request came on this wire.
    same: bool,
}

impl<'r> Asked<'r> {
    fn of(request: &'r Request) -> Self {
        let params = &request.params;
        let same = request.wire == Wire::AnthropicMessages;
        let tree = |name: &str| -> Value {
            let raw = request.extra.get(name);
            raw.and_then(|raw| raw.parse().ok()).unwrap_or_default()
        };
        let own = request
            .extra
            .get("thinking")
            .map(|raw| (raw.get(), said(raw.get())));
        // the way to ask of a router whose clients speak the chat wire
        let router = if same { Value::Null } else { tree("reasoning") };
        let off = (router["enabled"] == false).then_some(0);
        let effort = params.reasoning_effort.clone();
        let effort = effort.or_else(|| router["effort"].as_str().map(str::to_owned));
        let tokens = params
            .reasoning_tokens
            .or_else(|| router["max_tokens"].as_u64())
            .or(off);
        let tokens = tokens.or(match own {
            Some((_, Said::Enabled(tokens))) => Some(tokens),
            Some((_, Said::Disabled)) => Some(0),
            Some((_, Said::On | Said::Adaptive | Said::Other)) | None => None,
        });
        let beside =
            same && effort.is_some() && tree("output_config")["effort"].as_str() == effort.as_deref();
        Self {
            own,
            tokens,
            beside,
            effort,
            same,
        }
    }

    fn off(&self) -> bool {
        self.tokens == Some(0)
            || (self.tokens.is_none() && !self.beside && self.effort.as_deref() == Some("none"))
    }

    /// The `thinking` object as it stands, when nobody decided otherwise and the model takes it.
    fn unchanged(&self, model: &str) -> Option<Thinking> {
        let (raw, said) = self.own?;
        let fits = match said {
            Said::Enabled(budget) => {
                self.tokens == Some(budget) && !generation::at_least(model, generation::ADAPTIVE_ONLY)
            }
            Said::Disabled => self.off(),
            Said::Adaptive => {
                self.tokens.is_none() && !self.off() && !generation::before(model, generation::ADAPTIVE)
            }
            Said::On | Said::Other => self.same && self.tokens.is_none() && !self.off(),
        };
        fits.then(|| Thinking::Own(raw.to_owned()))
    }
}

/// What the request asks of this model.
pub(super) fn wanted(request: &Request, model: &str, notes: &mut Notes) -> Wanted {
    let asked = Asked::of(request);
    let adaptive = generation::at_least(model, generation::ADAPTIVE);
    // where effort is a field of its own, or a client of this wire thinks that it is
    let effort = |asked: &Asked<'_>, notes: &mut Notes| {
        let word = asked.effort.clone()?;
        if asked.beside {
            return Some(word);
        }
        (adaptive && word != "none").then(|| spelled(&word, model, notes).to_owned())
    };
    if let Some(thinking) = asked.unchanged(model) {
        return Wanted {
            effort: effort(&asked, notes),
            thinking,
        };
    }
    if asked.off() {
        return Wanted {
            thinking: Thinking::Off,
            effort: asked.effort.filter(|_| asked.beside),
        };
    }
    let words = asked.effort.as_deref().filter(|_| !asked.beside);
    let by_effort = matches!(asked.own, Some((_, Said::Adaptive | Said::On)));
    if generation::at_least(model, generation::ADAPTIVE_ONLY) || (adaptive && asked.tokens.is_none()) {
        if asked.tokens.is_some() {
            notes.add("reasoning budget", "sent as effort, the model takes no budget");
        }
        let thinks = asked.tokens.is_some() || words.is_some() || by_effort;
        let by_budget = asked.tokens.map(|tokens| effort_of(tokens).to_owned());
        return Wanted {
            thinking: if thinks {
                Thinking::Adaptive
            } else {
                Thinking::Unsaid
            },
            effort: effort(&asked, notes).or(by_budget),
        };
    }
    let budget = asked.tokens.or_else(|| {
        let word = words.or_else(|| by_effort.then(|| asked.effort.as_deref().unwrap_or("high")))?;
        notes.add("reasoning_effort", "sent as a budget of thinking");
        Some(budget_of(word))
    });
    Wanted {
        thinking: budget.map_or(Thinking::Unsaid, |tokens| Thinking::Budget(tokens.max(LEAST))),
        effort: effort(&asked, notes).filter(|_| !by_effort),
    }
}

/// Fits the budget below the limit of the answer, and the limit above the budget when nobody set it.
pub(super) fn fit(thinking: &mut Thinking, asked: Option<u64>, usual: u64, notes: &mut Notes) -> u64 {
    let Some(budget) = thinking.budget() else {
        return asked.unwrap_or(usual);
    };
    let Some(most) = asked else {
        return usual.max(budget.saturating_add(ROOM));
    };
    if budget < most {
        return most;
    }
    if most > LEAST {
        *thinking = Thinking::Budget((most / 2).max(LEAST));
        notes.add("reasoning budget", "lowered below the limit of the answer");
    } else {
        *thinking = Thinking::Unsaid;
        notes.add(
            "reasoning",
            "left out, the limit of the answer leaves no room for it",
        );
    }
    most
}

fn budget_of(effort: &str) -> u64 {
    match effort {
        "minimal" => LEAST,
        "low" => 2048,
        "medium" => 8192,
        "xhigh" => 20_480,
        "max" => 27_648,
        _ => 16_384,
    }
}

fn effort_of(budget: u64) -> &'static str {
    match budget {
        0..=4096 => "low",
        4097..=12_288 => "medium",
        12_289..=31_999 => "high",
        _ => "max",
    }
}

/// The effort as this wire spells it for this model: it has no `minimal`, and `xhigh` came later than the
/// rest.
fn spelled<'e>(effort: &'e str, model: &str, notes: &mut Notes) -> &'e str {
    let late = generation::at_least(model, generation::ADAPTIVE_ONLY);
    let word = match effort {
        "minimal" => "low",
        "xhigh" if !late && generation::of(model).is_some() => "high",
        other => other,
    };
    if word != effort {
        notes.add("reasoning_effort", &format!("sent as {word}"));
    }
    word
}
