//! What a tool of a server gave, as a text for the model.

use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

use crate::tools::Given;

/// A later version of the protocol has more kinds.
const UNKNOWN: &str = "[something of a kind that is not known here]";

/// More of a text is left out, as it is of what tools give.
const MOST: usize = 64 << 10;

/// Reads a result. Of what is no text the model is told that it is there.
pub(super) fn read(result: CallToolResult) -> Given {
    let mut texts: Vec<String> = result.content.into_iter().map(block).collect();
    // servers repeat in content what is structured; some do not
    if texts.is_empty()
        && let Some(value) = result.structured_content
    {
        texts.push(value.to_string());
    }
    Given {
        text: texts.join("\n"),
        is_error: result.is_error == Some(true),
        waited: std::time::Duration::ZERO,
    }
}

/// A piece of content as a text.
pub(super) fn block(block: ContentBlock) -> String {
    match block {
        ContentBlock::Text(text) => text.text,
        ContentBlock::Image(image) => bytes("an image", Some(&image.mime_type), &image.data),
        ContentBlock::Audio(audio) => bytes("a sound", Some(&audio.mime_type), &audio.data),
        ContentBlock::Resource(embedded) => resource(embedded.resource),
        ContentBlock::ResourceLink(link) => {
            let about = link.description.unwrap_or(link.name);
            format!("[{}: {about}]", link.uri)
        }
        _ => UNKNOWN.to_owned(),
    }
}

/// A text that is no longer than is good.
pub(super) fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MOST));
    text
}

/// What stands in a resource, as a text.
pub(super) fn resource(contents: ResourceContents) -> String {
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
