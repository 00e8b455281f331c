//! Pointing programs at the endpoint.
//!
//! The one command here that writes outside the data directory shows its change first, and writes nothing that
//! was not seen: a file that changed meanwhile is asked about again.

use domain::{Agent, Failure, FailureKind};
use secrecy::ExposeSecret;

use super::{
    AskTools, Caller, EndpointStatus, Nothing, RefusedAttempts, ToolFile, ToolText, ToolTexts, TryPort,
    WriteTool,
};
use crate::connect::{Facts, TOOLS, Tool, UNKNOWN_KEY};
use crate::failures::internal;
use crate::{DEFAULT_PORT, Engine, http};

pub(super) async fn tools(engine: &Engine, _: Caller, args: AskTools) -> Result<ToolTexts, Failure> {
    let mut facts = facts(engine, args.agent.as_deref())?;
    // where a text has a form without a key, the one with a key is wanted here
    facts.secret = Some(UNKNOWN_KEY.to_owned());
    let told = |tool: &Tool| ToolText {
        tool: tool.id.to_owned(),
        name: tool.name.to_owned(),
        place: tool.place.to_owned(),
        text: tool.text(&facts),
        file: tool.path(&facts).map(|path| path.display().to_string()),
    };
    Ok(ToolTexts {
        tools: TOOLS.iter().map(told).collect(),
        key: UNKNOWN_KEY.to_owned(),
        base_url: facts.base,
        agent: facts.model,
    })
}

pub(super) async fn write(engine: &Engine, _: Caller, args: WriteTool) -> Result<ToolFile, Failure> {
    let tool = Tool::find(&args.tool)?;
    let mut facts = facts(engine, args.agent.as_deref())?;
    facts.secret = args.key.map(|key| key.0.expose_secret().to_owned());
    let work = move || {
        let plan = tool.plan(&facts)?;
        let path = plan.path.display().to_string();
        match args.seen {
            None => Ok(ToolFile {
                path,
                diff: plan.diff,
                written: false,
                backup: None,
            }),
            Some(seen) if seen != plan.diff => Err(Failure::new(
                FailureKind::Conflict,
                format!("{path} was changed since its change was shown."),
            )
            .with_hint("Look at the change again.")),
            Some(_) => {
                let written = plan.carry_out()?;
                Ok(ToolFile {
                    path,
                    diff: written.diff,
                    written: true,
                    backup: written.backup.map(|path| path.display().to_string()),
                })
            }
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(internal)?
}

pub(super) async fn refused(engine: &Engine, _: Caller, _: Nothing) -> Result<RefusedAttempts, Failure> {
    Ok(engine.attempts().told())
}

pub(super) async fn try_port(engine: &Engine, _: Caller, args: TryPort) -> Result<Nothing, Failure> {
    if args.port == 0 {
        return Err(Failure::invalid("port", "The port is a number from 1 to 65535."));
    }
    if port(engine) == Some(args.port) {
        return Ok(Nothing {});
    }
    http::bind(args.port).await.map(|_| Nothing {})
}

/// The port that is served, when one is.
fn port(engine: &Engine) -> Option<u16> {
    match engine.endpoint() {
        EndpointStatus::Listening { port, .. } => Some(port),
        EndpointStatus::Stopped | EndpointStatus::Failed { .. } => None,
    }
}

fn facts(engine: &Engine, agent: Option<&str>) -> Result<Facts, Failure> {
    let settings = engine.roster().now().settings.clone();
    let port = port(engine).or(settings.port).unwrap_or(DEFAULT_PORT);
    let agent = match agent.or(settings.default_agent.as_deref()) {
        Some(name) => super::agents::find(engine, name)?,
        None => first(engine)?,
    };
    Ok(Facts {
        base: format!("http://127.0.0.1:{port}/v1"),
        model: agent.draft.slug.to_string(),
        secret: None,
        folders: engine.folders().clone(),
    })
}

fn first(engine: &Engine) -> Result<Agent, Failure> {
    let roster = engine.roster().now();
    roster
        .agents
        .first()
        .map(|agent| (**agent).clone())
        .ok_or_else(|| {
            Failure::new(FailureKind::NotFound, "There is no agent yet.")
                .with_hint("Make one with `inglenook agent create`.")
        })
}
