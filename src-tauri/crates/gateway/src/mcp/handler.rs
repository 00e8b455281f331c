//! What a server may ask of us and tell us unasked.
//!
//! It is told that it may ask the person something in a form, while one of its tools is at work, and that we can do
//! nothing else for it: no model of ours, no list of folders, no page to be opened. One that asks all the same is refused, and
//! the log says so.

#![expect(
    deprecated,
    reason = "servers of today tell what they do in log messages, which the protocol is to lose"
)]

use std::sync::Arc;

use domain::McpServer;
use rmcp::ClientHandler;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationCapability, ErrorData, FormElicitationCapability, Implementation,
    LoggingMessageNotificationParam, ProgressNotificationParam, UrlElicitationCapability,
};
use rmcp::service::{NotificationContext, RequestContext, RoleClient};
use tokio::sync::{Notify, watch};

use super::asking;
use super::log::Log;
use super::talk::Talk;
use crate::Engine;
use crate::control::McpLogSource;
use crate::questions::{self, Said};

/// Hears one server.
pub(super) struct Handler {
    pub engine: Engine,
    pub log: Arc<Log>,
    /// As it was when it was started.
    pub server: McpServer,
    pub talk: Arc<Talk>,
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
        let mut able = ClientCapabilities::default();
        able.elicitation = Some(
            ElicitationCapability::new()
                .with_form(FormElicitationCapability::new())
                .with_url(UrlElicitationCapability::new()),
        );
        ClientConfig::new(able, us)
    }

    async fn create_elicitation(
        &self,
        params: ElicitRequestParams,
        context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let declined = |why: &str| {
            let text = format!("It asked the person something, which was declined: {why}.");
            self.note(McpLogSource::Inglenook, &text);
            Ok(ElicitResult::new(ElicitationAction::Decline))
        };
        let tools = self.talk.tools();
        if tools.is_empty() {
            return declined("no tool of it was at work");
        }
        let Some(question) = asking::read(&self.server, params) else {
            return declined("a form that is not understood, or an address that is not opened");
        };
        let visits = question.address.is_some();
        let _waiting = self.talk.ask();
        let asked = questions::ask(&self.engine, &self.server, tools, question);
        let said = tokio::select! {
            said = asked => said.unwrap_or(Said::Stop),
            () = context.ct.cancelled() => Said::Stop,
            // whoever had called the tool has left
            () = self.talk.rests() => Said::Stop,
        };
        let (how, answer) = match said {
            // what is done there is between the person and the server
            Said::Values(_) if visits => ("visited", ElicitResult::new(ElicitationAction::Accept)),
            Said::Values(values) => (
                "answered",
                ElicitResult::new(ElicitationAction::Accept).with_content(values.into()),
            ),
            Said::No => ("declined", ElicitResult::new(ElicitationAction::Decline)),
            Said::Stop => ("not answered", ElicitResult::new(ElicitationAction::Cancel)),
        };
        self.note(
            McpLogSource::Inglenook,
            &format!("It asked the person something, which was {how}."),
        );
        Ok(answer)
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
