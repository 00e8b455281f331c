//! How an agent is recognised at a glance: a closed set of pictures and colours, so that every window can draw
//! them and no file can bring a picture of its own along.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An agent's icon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Icon {
    /// The picture; `None` is the initial of the agent's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional = nullable)]
    pub glyph: Option<Glyph>,
    /// In which colour.
    pub colour: IconColour,
}

impl Icon {
    /// Whether it is the one that every agent begins with.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// The pictures, named for what they show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Glyph {
    Message,
    Pen,
    Book,
    Languages,
    Mail,
    Code,
    Terminal,
    Bug,
    Wrench,
    Shield,
    Search,
    Chart,
    Calculator,
    Calendar,
    Scale,
    Flask,
    Compass,
    Lightbulb,
}

/// The colours, each with a light and a dark form in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum IconColour {
    #[default]
    Ink,
    Clay,
    Ochre,
    Moss,
    Lake,
    Plum,
}
