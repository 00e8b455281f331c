//! What a client of the protocol may ask of us: which tools there are, and one of them.

use domain::Failure;
use http::request::Parts;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest, CustomResult,
    ErrorCode, ErrorData, Extensions, Implementation, ListToolsResult, PaginatedRequestParams,
    ProgressNotificationParam, ProgressToken, ServerCapabilities, ServerConfig,
};
use rmcp::service::{NotificationContext, Peer, RequestContext, RoleServer};
use rmcp::{ServerHandler, model};
use tokio_util::sync::CancellationToken;

use super::calling::{self, Wanted};
use super::{Brought, tools};
use crate::Engine;

/// The app, as one client sees it. It knows no key: every request brings its own.
pub(super) struct Door {
    engine: Engine,
    ends: CancellationToken,
}

impl Door {
    pub fn new(engine: Engine, ends: CancellationToken) -> Self {
        Self { engine, ends }
    }
}

impl ServerHandler for Door {
    fn get_info(&self) -> ServerConfig {
        let us = Implementation::new("inglenook", env!("CARGO_PKG_VERSION")).with_title("Inglenook");
        let offers = ServerCapabilities::builder()
            .enable_tools()
            .enable_tool_list_changed()
            .build();
        ServerConfig::new(offers).with_server_info(us).with_instructions(
            "Each tool is an agent of the person at this machine. A call is one message to it; what it answers comes back with a \
             session_id, with which the next call goes on.",
        )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let brought = brought(&context.extensions)?;
        let all = tools::all(&self.engine.roster().now(), &brought.admission.key);
        Ok(ListToolsResult::with_all_items(all))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let brought = brought(&context.extensions)?;
        let roster = self.engine.roster().now();
        let Some(agent) = tools::agent(&roster, &brought.admission.key, &request.name) else {
            let shown: String = request.name.chars().take(200).collect();
            return Err(ErrorData::invalid_params(format!("Unknown tool: {shown}"), None));
        };
        drop(roster);
        let wanted = match Wanted::read(request.arguments.unwrap_or_default()) {
            Ok(wanted) => wanted,
            Err(failure) => return Ok(refused(&failure).into()),
        };
        let gone = brought.gone.clone();
        let token = context.meta.get_progress_token();
        let every = self.engine.upstreams().policy.meanwhile.heartbeat;
        let left = || ErrorData::internal_error("The call was cancelled.", None);
        tokio::select! {
            biased;
            // dropping the call drops what it asks of its provider
            () = context.ct.cancelled() => Err(left()),
            () = gone.cancelled() => Err(left()),
            answered = Box::pin(calling::run(&self.engine, brought, &agent, wanted)) => Ok(match answered {
                Ok(result) => result,
                Err(failure) => refused(&failure),
            }
            .into()),
            () = beats(&context.peer, token, every) => Err(left()),
        }
    }

    /// What is no request of the protocol's comes here, also one of a known name that cannot be read.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        Err(match request.method.as_str() {
            "tools/call" => ErrorData::invalid_params("A call has a name, and arguments in an object.", None),
            _ => {
                let shown: String = request.method.chars().take(200).collect();
                ErrorData::new(ErrorCode::METHOD_NOT_FOUND, shown, None)
            }
        })
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let Ok(brought) = brought(&context.extensions) else {
            return;
        };
        let (engine, ends) = (self.engine.clone(), self.ends.clone());
        let (peer, id) = (context.peer, brought.admission.key.key.id.clone());
        self.engine.spawn(async move {
            tokio::select! {
                () = ends.cancelled() => {}
                () = tells_of_changes(&engine, &peer, &id) => {}
            }
        });
    }
}

/// Tells a client when it may use other tools than before, for as long as its session goes.
async fn tells_of_changes(engine: &Engine, peer: &Peer<RoleServer>, id: &domain::ClientKeyId) {
    let mut changes = engine.roster().changes();
    let now = || {
        let roster = engine.roster().now();
        roster.key(id).map(|key| tools::all(&roster, key))
    };
    let mut before = now();
    while changes.changed().await.is_ok() && !peer.is_transport_closed() {
        let Some(after) = now() else { return };
        if before.as_ref() == Some(&after) {
            continue;
        }
        before = Some(after);
        if peer.notify_tool_list_changed().await.is_err() {
            return;
        }
    }
}

/// Says from time to time that it is still being worked on, to a client that wants to hear it.
async fn beats(peer: &Peer<RoleServer>, token: Option<ProgressToken>, every: std::time::Duration) {
    let Some(token) = token else {
        return std::future::pending().await;
    };
    let mut beat = 0.0;
    loop {
        beat += 1.0;
        let told = ProgressNotificationParam::new(token.clone(), beat);
        if peer.notify_progress(told).await.is_err() {
            return std::future::pending().await;
        }
        tokio::time::sleep(every).await;
    }
}

/// What the request brought along through the guard.
fn brought(extensions: &Extensions) -> Result<&Brought, ErrorData> {
    let parts = extensions.get::<Parts>();
    let brought = parts.and_then(|parts| parts.extensions.get::<Brought>());
    brought.ok_or_else(|| {
        tracing::error!("a message that came through no guard");
        model::ErrorData::internal_error("The request cannot be told apart.", None)
    })
}

/// What the calling model can read, and act on.
fn refused(failure: &Failure) -> CallToolResult {
    let mut text = failure.message().to_owned();
    if let Some(hint) = failure.hint() {
        text.push(' ');
        text.push_str(hint);
    }
    CallToolResult::error(vec![ContentBlock::text(text)])
}
