//! The tools of the house and of approved servers, as the window and the command line show them.

use domain::Failure;

use super::{Caller, Nothing, ToolView};
use crate::Engine;
use crate::tools::Usable;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<ToolView>, Failure> {
    let view = |tool: Usable| {
        let spec = tool.spec(tool.name());
        ToolView {
            name: spec.name,
            reach: tool.reach(),
            description: spec.description.unwrap_or_default(),
            parameters: spec.parameters,
        }
    };
    let all = Usable::all(&engine.roster().now()).into_iter();
    // those that come with a setting are not granted
    let granted = all.filter(|tool| !tool.comes_with_a_setting());
    Ok(granted.map(view).collect())
}
