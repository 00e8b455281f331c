//! What a tool of a server gave, as a text for the model.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

use crate::tools::Given;

/// A later version of the protocol has more kinds.
const UNKNOWN: &str = "[something of a kind that is not known here]";

/// Reads a result. Images go along as they are; of other bytes the model is told that they are there.
pub(super) fn read(result: CallToolResult) -> Given {
    let mut texts = Vec::new();
    for block in result.content {
        match block {
            ContentBlock::Text(text) => texts.push(text.text),
            ContentBlock::Image(image) => texts.push(bytes("an image", Some(&image.mime_type), &image.data)),
            ContentBlock::Audio(audio) => texts.push(bytes("a sound", Some(&audio.mime_type), &audio.data)),
            ContentBlock::Resource(embedded) => texts.push(resource(embedded.resource)),
            ContentBlock::ResourceLink(link) => {
                let about = link.description.unwrap_or(link.name);
                texts.push(format!("[{}: {about}]", link.uri));
            }
            _ => texts.push(UNKNOWN.to_owned()),
        }
    }
    // servers repeat in content what is structured; some do not
    if texts.is_empty()
        && let Some(value) = result.structured_content
    {
        texts.push(value.to_string());
    }
    Given {
        text: texts.join("\n"),
        is_error: result.is_error == Some(true),
    }
}

fn resource(contents: ResourceContents) -> String {
    match contents {
        ResourceContents::TextResourceContents { uri, text, .. } => format!("[{uri}]\n{text}"),
        ResourceContents::BlobResourceContents {
            uri, mime_type, blob, ..
        } => bytes(&uri, mime_type.as_deref(), &blob),
        _ => UNKNOWN.to_owned(),
    }
}

fn bytes(what: &str, kind: Option<&str>, base64: &str) -> String {
    let kind = kind.unwrap_or("of no known kind");
    format!("[{what}, {kind}, about {} bytes]", base64.len() / 4 * 3)
}
