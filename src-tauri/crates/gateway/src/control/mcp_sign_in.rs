//! Signing in to MCP servers elsewhere.
//!
//! The danger is a page that signs a person in to what they did not look at, or that learns the address with which
//! they do. So a sign-in begins only where a server may be approved (SEC-24), and nobody else is told its address.

use domain::{Failure, McpServerId};

use super::mcp::{find, told_to};
use super::{Caller, McpServerName, McpServerView, SignInToMcp, Topic};
use crate::Engine;

pub(super) async fn begin(
    engine: &Engine,
    caller: Caller,
    args: SignInToMcp,
) -> Result<McpServerView, Failure> {
    caller.may_allow()?;
    let id = find(engine, &args.id)?.id;
    engine
        .mcp()
        .sign_in(engine, &id, args.client_id.as_deref())
        .await?;
    told(engine, caller, &id).await
}

pub(super) async fn end(
    engine: &Engine,
    caller: Caller,
    args: McpServerName,
) -> Result<McpServerView, Failure> {
    let id = find(engine, &args.id)?.id;
    engine.mcp().sign_in_ended(&id).await?;
    told(engine, caller, &id).await
}

pub(super) async fn cancel(
    engine: &Engine,
    caller: Caller,
    args: McpServerName,
) -> Result<McpServerView, Failure> {
    let id = find(engine, &args.id)?.id;
    engine.mcp().give_up_sign_in(&id).await;
    told(engine, caller, &id).await
}

pub(super) async fn sign_out(
    engine: &Engine,
    caller: Caller,
    args: McpServerName,
) -> Result<McpServerView, Failure> {
    let server = find(engine, &args.id)?;
    engine.mcp().sign_out(engine, &server).await?;
    told(engine, caller, &server.id).await
}

async fn told(engine: &Engine, caller: Caller, id: &McpServerId) -> Result<McpServerView, Failure> {
    engine.changed(Topic::McpServers, Some(id.to_string()));
    told_to(engine, caller, id).await
}
