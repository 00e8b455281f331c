//! What a tool of a server gave: a text for the model, and pictures.

use domain::Media;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};

use crate::tools::Given;
use crate::tools::pictures::{self, Unfit};

/// A later version of the protocol has more kinds.
const UNKNOWN: &str = "[something of a kind that is not known here]";

/// More of a text is left out, as it is of what tools give.
const MOST: usize = 64 << 10;

/// Pictures of one result; a server that sends pages of them fills the model's window.
const MOST_IMAGES: usize = 10;

/// Reads a result. Pictures are shown to models that see; of everything else that is no text the model is told that it
/// is there, and of pictures too.
pub(super) fn read(result: CallToolResult) -> Given {
    let is_error = result.is_error == Some(true);
    let mut images = Vec::new();
    let mut texts: Vec<String> = Vec::with_capacity(result.content.len());
    for block in result.content {
        // providers take nothing but text of what failed
        match picture(&block).filter(|_| !is_error) {
            Some(Ok(image)) if images.len() < MOST_IMAGES => {
                images.push(image);
                texts.push(self::block(block));
            }
            Some(Ok(_)) => texts.push(format!("{} [not shown: there are too many]", self::block(block))),
            Some(Err(unfit)) => {
                let mut text = self::block(block);
                if text.ends_with(']') && !unfit.reason().is_empty() {
                    text.truncate(text.len() - 1);
                    text.push_str(unfit.reason());
                    text.push(']');
                }
                texts.push(text);
            }
            None => texts.push(self::block(block)),
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
        images,
        is_error,
        waited: std::time::Duration::ZERO,
    }
}

/// The picture in a piece of content, or why what could be one is none; `None` where there could be none.
fn picture(block: &ContentBlock) -> Option<Result<Media, Unfit>> {
    if let ContentBlock::Image(image) = block {
        return Some(pictures::read(&image.data, Some(&image.mime_type)));
    }
    let ContentBlock::Resource(embedded) = block else {
        return None;
    };
    let ResourceContents::BlobResourceContents { mime_type, blob, .. } = &embedded.resource else {
        return None;
    };
    Some(pictures::read(blob, mime_type.as_deref()))
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
