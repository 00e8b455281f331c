//! What MCP servers have besides tools; asking for it starts an approved server.

use domain::Failure;

use super::{
    Caller, McpPrompt, McpPromptText, McpResource, McpResourceName, McpResourceText, McpServerName,
    UseMcpPrompt,
};
use crate::Engine;

pub(super) async fn resources(
    engine: &Engine,
    _: Caller,
    args: McpServerName,
) -> Result<Vec<McpResource>, Failure> {
    engine.mcp().resources(engine, &args.id).await
}

pub(super) async fn resource(
    engine: &Engine,
    _: Caller,
    args: McpResourceName,
) -> Result<McpResourceText, Failure> {
    engine.mcp().resource(engine, &args.id, args.uri).await
}

pub(super) async fn prompts(
    engine: &Engine,
    _: Caller,
    args: McpServerName,
) -> Result<Vec<McpPrompt>, Failure> {
    engine.mcp().prompts(engine, &args.id).await
}

pub(super) async fn prompt(engine: &Engine, _: Caller, args: UseMcpPrompt) -> Result<McpPromptText, Failure> {
    let arguments = args.arguments.map(|arguments| arguments.parse()).transpose();
    let arguments = arguments
        .map_err(|_| Failure::invalid("arguments", "The arguments are no JSON object."))?
        .unwrap_or_default();
    engine.mcp().prompt(engine, &args.id, args.name, arguments).await
}
