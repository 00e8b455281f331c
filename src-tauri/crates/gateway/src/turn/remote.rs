//! Images and documents that a message names by their address, fetched for providers that do not fetch (W-26).
//!
//! Only what a user's message names is fetched. What a tool answered or a model said may have been written by a
//! stranger, who would learn from the fetch alone what an address tells (SEC-27): such parts stay as they are, and
//! the provider's wire tells what it does with them. The fetch runs inside the caller's future, so a caller who
//! leaves ends it; a rehearsal fetches nothing.

use std::borrow::Cow;
use std::collections::HashMap;

use base64ct::{Base64, Encoding as _};
use domain::{Applied, Failure, Media, MediaSource, Part, Provider, Request, Role};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::control::RemoteImages;
use crate::engine::Engine;
use crate::fetch::{Fetched, Refusal, Wanted};

/// Fetches of one call at a time.
const AT_A_TIME: usize = 4;

/// What is done about addresses that a provider does not fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remote {
    /// They are fetched, if the settings allow it.
    Fetch,
    /// It is only told that they would be.
    Rehearse,
}

/// Puts the bytes in place of the addresses; gives what is to be told about it.
///
/// # Errors
/// [`domain::FailureKind::InvalidRequest`] naming what could not be fetched, and why.
pub(super) async fn inline(
    engine: &Engine,
    provider: &Provider,
    request: &mut Cow<'_, Request>,
    remote: Remote,
) -> Result<Option<Applied>, Failure> {
    let wanted = wanted(provider, request);
    if wanted.is_empty() || engine.roster().now().settings.remote_images == RemoteImages::LeaveOut {
        return Ok(None);
    }
    let most = engine.fetcher().policy().most_items;
    if wanted.len() > most {
        return Err(refused(format!(
            "The conversation names {} images by their address, and at most {most} are fetched.",
            wanted.len()
        )));
    }
    let got = match remote {
        Remote::Fetch => fetched(engine, wanted).await?,
        Remote::Rehearse => wanted.into_iter().map(rehearsed).collect(),
    };
    let count = got.len();
    for message in &mut request.to_mut().messages {
        if message.role != Role::User {
            continue;
        }
        for part in &mut message.parts {
            if wire::provider::wants_bytes(provider.wire, &provider.quirks, part)
                && let Part::Image(media) | Part::File(media) = part
            {
                put(media, &got);
            }
        }
    }
    Ok(Some(Applied {
        what: "images by address".to_owned(),
        how: format!("fetched, the provider wants their bytes ({count})"),
    }))
}

/// An address of the conversation.
struct Named {
    /// Its place among them, from 1.
    at: usize,
    url: String,
    wanted: Wanted,
}

/// Bytes as a message holds them, with their type.
type Got = HashMap<String, (String, &'static str)>;

/// All addresses to fetch, each once.
fn wanted(provider: &Provider, request: &Request) -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    let messages = request
        .messages
        .iter()
        .filter(|message| message.role == Role::User);
    for part in messages.flat_map(|message| &message.parts) {
        let (wanted, media) = match part {
            Part::Image(media) => (Wanted::Image, media),
            Part::File(media) => (Wanted::Document, media),
            Part::Audio(_)
            | Part::Text { .. }
            | Part::Reasoning { .. }
            | Part::Refusal { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Opaque { .. } => continue,
        };
        let MediaSource::Url { url } = &media.source else {
            continue;
        };
        let known = all.iter().any(|named| named.url == *url);
        if !known && wire::provider::wants_bytes(provider.wire, &provider.quirks, part) {
            all.push(Named {
                at: all.len() + 1,
                url: url.clone(),
                wanted,
            });
        }
    }
    all
}

async fn fetched(engine: &Engine, wanted: Vec<Named>) -> Result<Got, Failure> {
    let most = engine.fetcher().policy().most_together;
    let fetches = wanted.into_iter().map(async |named| {
        let got = engine.fetcher().fetch(&named.url, named.wanted).await?;
        got.map_err(|refusal| not_fetched(&named, refusal))
            .map(|fetched| (named, fetched))
    });
    let mut fetches = stream::iter(fetches).buffered(AT_A_TIME);
    let (mut got, mut together) = (Got::new(), 0);
    while let Some((named, Fetched { media_type, bytes })) = fetches.try_next().await? {
        together += bytes.len();
        if together > most {
            return Err(not_fetched(&named, Refusal::TooLarge));
        }
        got.insert(named.url, (Base64::encode_string(&bytes), media_type));
    }
    Ok(got)
}

/// What stands where the bytes would be, in a request that never leaves.
fn rehearsed(named: Named) -> (String, (String, &'static str)) {
    let media_type = match named.wanted {
        Wanted::Image => "image/png",
        Wanted::Document => "application/pdf",
    };
    let stand_in = format!("the bytes of {}", named.url);
    (named.url, (stand_in, media_type))
}

fn put(media: &mut Media, got: &Got) {
    let MediaSource::Url { url } = &media.source else {
        return;
    };
    if let Some((data, media_type)) = got.get(url) {
        media.media_type = Some((*media_type).to_owned());
        media.source = MediaSource::Base64 { data: data.clone() };
    }
}

/// Names it by its place and its host: the rest of an address may be a secret.
fn not_fetched(named: &Named, refusal: Refusal) -> Failure {
    let what = match named.wanted {
        Wanted::Image => "Image",
        Wanted::Document => "Document",
    };
    let host = named.url.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host: String = host.rsplit('@').next().unwrap_or(host).chars().take(80).collect();
    let at = named.at;
    refused(format!(
        "{what} {at} of those that the conversation names by their address, at {host:?}, was not fetched: {refusal}."
    ))
}

fn refused(message: String) -> Failure {
    Failure::invalid("messages", message)
        .with_code("invalid_image_url")
        .with_hint("Send its bytes in a data URL instead.")
}
