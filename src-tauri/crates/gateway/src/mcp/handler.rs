//! What a server may ask of us and tell us unasked.
//!
//! It is told that we can do nothing for it: no model of ours, no question to the person, no list of folders. One that
//! asks all the same is refused, and the log says so.

#![expect(
    deprecated,
    reason = "servers of today tell what they do in log messages, which the protocol is to lose"
)]

use std::sync::Arc;

use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction, ErrorData,
    Implementation, LoggingMessageNotificationParam, ProgressNotificationParam,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use tokio::sync::{Notify, watch};

use super::log::Log;
use crate::Engine;
use crate::control::McpLogSource;

/// Hears one server.
pub(super) struct Handler {
    pub engine: Engine,
    pub log: Arc<Log>,
    /// Something that it does goes on.
    pub progressed: watch::Sender<()>,
    /// It has other tools than before.
    pub tools_changed: Arc<Notify>,
}

impl Handler {
    fn note(&self, source: McpLogSource, text: &str) {
        self.log.add(self.engine.clock().now(), source, text);
    }
}

impl ClientHandler for Handler {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("inglenook", env!("CARGO_PKG_VERSION")).with_title("Inglenook");
        ClientConfig::new(ClientCapabilities::default(), us)
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.note(
            McpLogSource::Inglenook,
            "It asked the person something, which was declined: questions are not passed on.",
        );
        Ok(ElicitResult::new(ElicitationAction::Decline))
    }

    async fn on_progress(&self, _: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.progressed.send_replace(());
    }

    async fn on_logging_message(
        &self,
        message: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let text = message.data.as_str().map(str::to_owned);
        let text = text.unwrap_or_else(|| message.data.to_string());
        self.note(McpLogSource::Server, &text);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.tools_changed.notify_one();
    }
}
