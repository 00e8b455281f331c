//! MCP servers: what a person adds, looks at and approves.

use std::collections::HashMap;

use domain::{Failure, FailureKind, McpApproval, McpServer, McpServerId, McpTransport};
use secrecy::ExposeSecret;
use store::table;
use store::vault::Owner;

use super::{
    AddMcpServer, ApproveMcpServer, Caller, McpLogLine, McpServerName, McpServerView, McpSignIn, McpSignedIn,
    McpToolView, Nothing, SecretText, Topic, UpdateMcpServer,
};
use crate::Engine;
use crate::failures::not_found;
use crate::mcp::{ServerTool, consent, secrets, sign_in};

const NAME_CAP: usize = 200;
const SECRET_CAP: usize = 16 << 10;

pub(super) async fn list(engine: &Engine, _: Caller, _: Nothing) -> Result<Vec<McpServerView>, Failure> {
    let roster = engine.roster().now();
    let mut views = Vec::new();
    for server in roster.mcp.values() {
        views.push(view(engine, McpServer::clone(server)).await?);
    }
    views.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(views)
}

pub(super) async fn get(
    engine: &Engine,
    caller: Caller,
    args: McpServerName,
) -> Result<McpServerView, Failure> {
    told_to(engine, caller, &args.id).await
}

/// A server as whoever asks may see it.
pub(super) async fn told_to(
    engine: &Engine,
    caller: Caller,
    id: &McpServerId,
) -> Result<McpServerView, Failure> {
    let mut view = view(engine, find(engine, id)?).await?;
    if caller.may_allow().is_ok()
        && let Some(sign_in) = &mut view.sign_in
    {
        sign_in.url = engine.mcp().signing_in(id).map(|attempt| attempt.url.clone());
    }
    Ok(view)
}

pub(super) async fn add(engine: &Engine, _: Caller, args: AddMcpServer) -> Result<McpServerView, Failure> {
    let name = args.name.unwrap_or_else(|| args.id.to_string());
    check(&name, &args.transport, &args.secrets)?;
    let server = McpServer {
        id: args.id,
        name,
        transport: args.transport,
        seen: domain::McpSeen::default(),
        approval: None,
        created_at: engine.clock().now(),
    };
    if engine.roster().now().mcp.contains_key(&server.id) {
        return Err(Failure::new(
            FailureKind::Conflict,
            format!("There is an MCP server {} already.", server.id),
        )
        .with_param("id"));
    }
    secrets::write(engine, &server, &plain(args.secrets)).await?;
    let row = server.clone();
    let inserted = engine
        .store()
        .write(move |tx| table::mcp_servers::insert(tx, &row));
    if let Err(failure) = inserted.await {
        // no secret without its server
        engine.vault().remove(&server.id).await?;
        return Err(failure);
    }
    told(engine, &server.id).await
}

pub(super) async fn update(
    engine: &Engine,
    _: Caller,
    args: UpdateMcpServer,
) -> Result<McpServerView, Failure> {
    let mut server = find(engine, &args.id)?;
    let origin = server.transport.origin();
    let mut kept = match engine.vault().has(&server.id) {
        true => secrets::read(engine, &server).await?,
        false => HashMap::new(),
    };
    if let Some(transport) = args.transport
        && transport != server.transport
    {
        server.transport = transport;
        server.seen = domain::McpSeen::default();
    }
    if server.transport.origin() != origin {
        kept.clear();
        engine.mcp().sign_out(engine, &server).await?;
    }
    if let Some(name) = args.name {
        server.name = name;
    }
    check(&server.name, &server.transport, &args.secrets)?;
    kept.extend(plain(args.secrets));
    let needed = server.transport.secrets();
    kept.retain(|name, _| needed.contains(&name.as_str()));
    secrets::write(engine, &server, &kept).await?;
    let row = server.clone();
    engine
        .store()
        .write(move |tx| table::mcp_servers::update(tx, &row))
        .await?;
    engine.mcp().end(engine, &server.id).await;
    told(engine, &server.id).await
}

pub(super) async fn remove(engine: &Engine, _: Caller, args: McpServerName) -> Result<Nothing, Failure> {
    let server = find(engine, &args.id)?;
    let id = server.id.clone();
    let gone = id.clone();
    engine
        .store()
        .write(move |tx| table::mcp_servers::remove(tx, &gone))
        .await?;
    engine.reload(Topic::McpServers, Some(id.to_string())).await?;
    engine.mcp().forget(engine, &server).await?;
    engine.vault().remove(&id).await?;
    Ok(Nothing {})
}

pub(super) async fn approve(
    engine: &Engine,
    caller: Caller,
    args: ApproveMcpServer,
) -> Result<McpServerView, Failure> {
    caller.may_allow()?;
    let (server, _) = consent::look(engine, &find(engine, &args.id)?).await?;
    let now = engine.clock().now();
    consent::note(engine, &server.id, move |server| {
        if consent::digest(&server.transport, &server.seen)? != args.digest {
            return Err(Failure::new(
                FailureKind::Conflict,
                format!("The MCP server {} is not what was shown any more.", server.id),
            )
            .with_hint("Look at it again, then approve it."));
        }
        // where nobody could know the tools of what is new, those that were approved are expected of it
        let before = server.approval.take().and_then(|approval| approval.seen.tools);
        let mut seen = server.seen.clone();
        seen.tools = seen.tools.or(before);
        server.approval = Some(McpApproval {
            transport: server.transport.clone(),
            digest: consent::digest(&server.transport, &seen)?,
            seen,
            at: now,
        });
        Ok(())
    })
    .await?;
    match start(engine, &server.id).await {
        Err(failure) if failure.kind() != FailureKind::Conflict => Err(failure),
        // its tools are others than those that were shown; that is in what it is now
        Ok(()) | Err(_) => told(engine, &server.id).await,
    }
}

pub(super) async fn restart(
    engine: &Engine,
    _: Caller,
    args: McpServerName,
) -> Result<McpServerView, Failure> {
    let id = find(engine, &args.id)?.id;
    start(engine, &id).await?;
    told(engine, &id).await
}

pub(super) async fn log(engine: &Engine, _: Caller, args: McpServerName) -> Result<Vec<McpLogLine>, Failure> {
    Ok(engine.mcp().log(&find(engine, &args.id)?.id))
}

pub(super) async fn tools(
    engine: &Engine,
    _: Caller,
    args: McpServerName,
) -> Result<Vec<McpToolView>, Failure> {
    Ok(tools_of(&find(engine, &args.id)?))
}

/// Starts a server anew. That it does not start is how it stands, and no failure of the command.
async fn start(engine: &Engine, id: &McpServerId) -> Result<(), Failure> {
    engine.mcp().end(engine, id).await;
    match Box::pin(engine.mcp().start(engine, id)).await {
        // one that wants a sign-in stands there as that
        Err(failure)
            if !matches!(
                failure.kind(),
                FailureKind::UpstreamFailed | FailureKind::ProviderKeyRejected
            ) =>
        {
            Err(failure)
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

pub(super) fn find(engine: &Engine, id: &McpServerId) -> Result<McpServer, Failure> {
    let roster = engine.roster().now();
    let found = roster.mcp.get(id).map(|server| McpServer::clone(server));
    found.ok_or_else(|| not_found("MCP server", id.as_str()))
}

async fn told(engine: &Engine, id: &McpServerId) -> Result<McpServerView, Failure> {
    engine.reload(Topic::McpServers, Some(id.to_string())).await?;
    view(engine, find(engine, id)?).await
}

/// A server as a person is shown it. What is behind its command is looked at anew.
async fn view(engine: &Engine, server: McpServer) -> Result<McpServerView, Failure> {
    let (server, program) = match consent::look(engine, &server).await {
        Ok((looked, found)) => (looked, found),
        // a program that is not there is shown as that
        Err(failure) if failure.kind() == FailureKind::NotFound => (server, None),
        Err(failure) => return Err(failure),
    };
    let kept = match engine.vault().has(&server.id) {
        true => secrets::read(engine, &server).await.unwrap_or_default(),
        false => HashMap::new(),
    };
    let missing = server.transport.secrets().into_iter();
    let missing = missing.filter(|name| !kept.contains_key(*name));
    let sign_in = engine.mcp().signing_in(&server.id).map(|attempt| McpSignIn {
        url: None,
        at: attempt.at.clone(),
        until: attempt.until,
    });
    let signed_in = match engine.vault().has(Owner::McpSignIn(&server.id)) {
        true => Some(McpSignedIn {
            issuer: sign_in::issuer(engine, &server).await,
        }),
        false => None,
    };
    Ok(McpServerView {
        name: server.name.clone(),
        transport: server.transport.clone(),
        program: program.map(|found| found.path.display().to_string()),
        consent: server.consent(),
        changes: server.changes(),
        digest: consent::digest(&server.transport, &server.seen)?,
        tools: tools_of(&server),
        missing: missing.map(str::to_owned).collect(),
        health: engine.mcp().health(&server.id),
        sign_in,
        signed_in,
        created_at: server.created_at,
        approved_at: server.approval.as_ref().map(|approval| approval.at),
        id: server.id,
    })
}

fn tools_of(server: &McpServer) -> Vec<McpToolView> {
    let tools = server.seen.tools.iter().flatten();
    let view = |tool: &domain::McpTool| {
        let named = ServerTool::of(server.id.clone(), tool.clone());
        McpToolView {
            grant: named.name(),
            told: named.told(),
            reach: named.reach(),
            tool: tool.clone(),
        }
    };
    tools.map(view).collect()
}

fn check(name: &str, transport: &McpTransport, given: &HashMap<String, SecretText>) -> Result<(), Failure> {
    if name.trim().is_empty() || name.len() > NAME_CAP {
        return Err(Failure::invalid("name", "A name has 1 to 200 characters."));
    }
    transport.check()?;
    let needed = transport.secrets();
    for (name, secret) in given {
        if !needed.contains(&name.as_str()) {
            return Err(Failure::invalid(
                "secrets",
                format!("{name} is no variable without a value, and no header."),
            ));
        }
        let text = secret.0.expose_secret();
        if text.is_empty() || text.len() > SECRET_CAP || text.chars().any(char::is_control) {
            return Err(Failure::invalid(
                "secrets",
                format!("The value of {name} is empty, very long, or has control characters in it."),
            ));
        }
    }
    Ok(())
}

fn plain(secrets: HashMap<String, SecretText>) -> HashMap<String, String> {
    let plain = |(name, secret): (String, SecretText)| (name, secret.0.expose_secret().to_owned());
    secrets.into_iter().map(plain).collect()
}
