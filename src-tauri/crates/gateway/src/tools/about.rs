//! What is said of a tool of the house, by the tool itself.

use domain::Reach;

/// A tool of the house, as people and models are told of it.
pub(crate) struct About {
    /// What it is called in grants and by models.
    pub name: &'static str,
    /// What it does, for the model.
    pub description: &'static str,
    /// JSON Schema of its arguments.
    pub parameters: &'static str,
    /// How far it goes.
    pub reach: Reach,
    /// Whether what it gives was written by somebody else, who may want something of the model.
    pub untrusted: bool,
    /// Whether its arguments are all it is: no approval covers others, and no rule goes without one.
    pub exact: bool,
}
