//! The tools of the house, as the window and the command line show them.

use domain::Failure;

use super::{Caller, Nothing, ToolView};
use crate::Engine;
use crate::tools::Tool;

pub(super) async fn list(_: &Engine, _: Caller, _: Nothing) -> Result<Vec<ToolView>, Failure> {
    let view = |tool: Tool| {
        let spec = tool.spec(tool.name().to_owned());
        ToolView {
            name: spec.name,
            reach: tool.reach(),
            description: spec.description.unwrap_or_default(),
            parameters: spec.parameters,
        }
    };
    // those that come with a setting are not granted
    let granted = Tool::ALL.into_iter().filter(|tool| !tool.comes_with_a_setting());
    Ok(granted.map(view).collect())
}
