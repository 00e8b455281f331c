//! What a server has besides tools: resources that can be read, and prompts that can be used.
//!
//! The person asks for them; no model does by itself. What comes is bounded as a tool's result is.

use domain::{Failure, McpServer, McpServerId};
use rmcp::model::{GetPromptRequestParams, PaginatedRequestParams, ReadResourceRequestParams, Role};
use serde_json::{Map, Value};

use super::connection::{Connection, MOST_PAGES, broken, too_late};
use super::{McpServers, results};
use crate::Engine;
use crate::control::{
    McpPrompt, McpPromptArgument, McpPromptMessage, McpPromptText, McpResource, McpResourceText,
};

impl McpServers {
    /// A server's resources, in its order.
    ///
    /// # Errors
    /// When it may not be used, or fails.
    pub async fn resources(&self, engine: &Engine, id: &McpServerId) -> Result<Vec<McpResource>, Failure> {
        let (connection, server) = self.of(id).connected(engine).await?;
        self.in_time(&server, resources(&connection, &server)).await
    }

    /// What stands in a resource.
    ///
    /// # Errors
    /// When the server may not be used, or fails, or has no such resource.
    pub async fn resource(
        &self,
        engine: &Engine,
        id: &McpServerId,
        uri: String,
    ) -> Result<McpResourceText, Failure> {
        let (connection, server) = self.of(id).connected(engine).await?;
        self.in_time(&server, async {
            let asked = ReadResourceRequestParams::new(uri);
            let read = Box::pin(connection.service().read_resource(asked)).await;
            let read = read.map_err(|error| connection.failed(&server, &error))?;
            let texts: Vec<String> = read.contents.into_iter().map(results::resource).collect();
            Ok(McpResourceText {
                text: results::bounded(texts.join("\n")),
            })
        })
        .await
    }

    /// A server's prompts, in its order.
    ///
    /// # Errors
    /// When it may not be used, or fails.
    pub async fn prompts(&self, engine: &Engine, id: &McpServerId) -> Result<Vec<McpPrompt>, Failure> {
        let (connection, server) = self.of(id).connected(engine).await?;
        self.in_time(&server, prompts(&connection, &server)).await
    }

    /// A prompt with its arguments filled in.
    ///
    /// # Errors
    /// When the server may not be used, or fails, or has no such prompt.
    pub async fn prompt(
        &self,
        engine: &Engine,
        id: &McpServerId,
        name: String,
        arguments: Map<String, Value>,
    ) -> Result<McpPromptText, Failure> {
        let (connection, server) = self.of(id).connected(engine).await?;
        self.in_time(&server, async {
            let asked = GetPromptRequestParams::new(name).with_arguments(arguments);
            let prompt = Box::pin(connection.service().get_prompt(asked)).await;
            let prompt = prompt.map_err(|error| connection.failed(&server, &error))?;
            let messages = prompt.messages.into_iter().map(|message| McpPromptMessage {
                role: if message.role == Role::User {
                    "user"
                } else {
                    "assistant"
                }
                .to_owned(),
                text: results::bounded(results::block(message.content)),
            });
            Ok(McpPromptText {
                description: prompt.description,
                messages: messages.collect(),
            })
        })
        .await
    }

    async fn in_time<T>(
        &self,
        server: &McpServer,
        asked: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let patience = self.policy().call;
        let answered = tokio::time::timeout(patience, Box::pin(asked)).await;
        answered.unwrap_or_else(|_| Err(too_late(server, patience.as_secs())))
    }
}

async fn resources(connection: &Connection, server: &McpServer) -> Result<Vec<McpResource>, Failure> {
    let offers = connection.service().peer_info();
    if offers.is_some_and(|offers| offers.capabilities.resources.is_none()) {
        return Ok(Vec::new());
    }
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let page = Box::pin(connection.service().list_resources(Some(page))).await;
        let page = page.map_err(|error| connection.failed(server, &error))?;
        all.extend(page.resources.into_iter().map(|resource| McpResource {
            uri: resource.uri,
            name: resource.title.unwrap_or(resource.name),
            description: resource.description,
            media_type: resource.mime_type,
            bytes: resource.size,
        }));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(all);
        }
    }
    Err(broken(server, "its list of resources has no end"))
}

async fn prompts(connection: &Connection, server: &McpServer) -> Result<Vec<McpPrompt>, Failure> {
    let offers = connection.service().peer_info();
    if offers.is_some_and(|offers| offers.capabilities.prompts.is_none()) {
        return Ok(Vec::new());
    }
    let (mut all, mut cursor) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let page = Box::pin(connection.service().list_prompts(Some(page))).await;
        let page = page.map_err(|error| connection.failed(server, &error))?;
        all.extend(page.prompts.into_iter().map(|prompt| {
            McpPrompt {
                name: prompt.name,
                title: prompt.title,
                description: prompt.description,
                arguments: prompt
                    .arguments
                    .into_iter()
                    .flatten()
                    .map(|argument| McpPromptArgument {
                        name: argument.name,
                        description: argument.description,
                        required: argument.required == Some(true),
                    })
                    .collect(),
            }
        }));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(all);
        }
    }
    Err(broken(server, "its list of prompts has no end"))
}
