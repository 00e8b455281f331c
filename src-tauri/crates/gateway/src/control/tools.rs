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
    Ok(Tool::ALL.into_iter().map(view).collect())
}
