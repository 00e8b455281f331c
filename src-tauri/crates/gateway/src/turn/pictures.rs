//! Pictures that an agent's tools gave, on their way into an answer and to a model.
//!
//! A tool's text names its pictures, so one that cannot be shown is left out and the sentence stays. The danger is a
//! conversation that no provider takes any more: too much of them, or one to a model that is known to see none. What is
//! known of a model is what its provider or the published table says; who is not known to be blind is shown them.

use std::borrow::Cow;

use domain::{Applied, Media, MediaSource, Message, Part, Provider, Request, Target, Transport};

use crate::engine::Engine;
use crate::models;
use crate::tools::Given;

/// Bytes of base64 of all pictures that the tools of one answer give: about what the strictest providers take in a
/// request.
const TOTAL: usize = 20 << 20;

/// What is left of it.
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(TOTAL)
    }
}

impl Room {
    /// What a tool gave as parts of its result: its text, then its pictures.
    pub fn parts(&mut self, given: Given) -> Vec<Part> {
        let Given {
            mut text, mut images, ..
        } = given;
        let before = images.len();
        images.retain(|image| {
            let left = self.0.checked_sub(bytes(image));
            self.0 = left.unwrap_or(self.0);
            left.is_some()
        });
        if images.len() < before {
            text.push_str("\n[pictures were left out: all of an answer have at most 15 MiB]");
        }
        let mut parts = vec![Part::text(text)];
        parts.extend(images.into_iter().map(Part::Image));
        parts
    }
}

fn bytes(image: &Media) -> usize {
    match &image.source {
        MediaSource::Base64 { data } => data.len(),
        MediaSource::Url { .. } | MediaSource::FileId { .. } => 0,
    }
}

/// Leaves the pictures of an agent's own tools out of a conversation where the target is known to see none; gives what
/// is to be told about it. What a caller's tools gave is the caller's to decide.
pub(super) async fn fit(
    engine: &Engine,
    whom: (&Provider, &Target),
    request: &mut Cow<'_, Request>,
) -> Option<Applied> {
    let own = |message: &Message| !message.own_calls().is_empty() && message.parts.iter().any(shows);
    if !request.messages.iter().any(own) || !is_blind(engine, whom).await {
        return None;
    }
    for message in &mut request.to_mut().messages {
        if !message.own_calls().is_empty() {
            leave_out(message);
        }
    }
    Some(Applied {
        what: "images of tools".to_owned(),
        how: "left out, the model sees none".to_owned(),
    })
}

/// The same of what an agent's own tools gave in this call.
pub(super) async fn fit_rounds<'m>(
    engine: &Engine,
    whom: (&Provider, &Target),
    rounds: &'m [Message],
) -> Cow<'m, [Message]> {
    let shown = rounds.iter().any(|message| message.parts.iter().any(shows));
    if !shown || !is_blind(engine, whom).await {
        return Cow::Borrowed(rounds);
    }
    let mut rounds = rounds.to_vec();
    rounds.iter_mut().for_each(leave_out);
    Cow::Owned(rounds)
}

async fn is_blind(engine: &Engine, (provider, target): (&Provider, &Target)) -> bool {
    match provider.transport {
        Transport::InProcess => true,
        Transport::Http { .. } => {
            let facts = models::facts(engine, provider, target).await;
            facts.is_ok_and(|model| model.abilities.images == Some(false))
        }
    }
}

fn shows(part: &Part) -> bool {
    matches!(part, Part::ToolResult { parts, .. } if parts.iter().any(is_picture))
}

fn is_picture(part: &Part) -> bool {
    matches!(part, Part::Image(_))
}

fn leave_out(message: &mut Message) {
    for part in &mut message.parts {
        if let Part::ToolResult { parts, .. } = part {
            parts.retain(|part| !is_picture(part));
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::Extra;

    use super::*;

    #[test]
    fn pictures_over_the_bound_of_an_answer_are_told_of() {
        let picture = |size: usize| Media {
            source: MediaSource::Base64 {
                data: "A".repeat(size),
            },
            media_type: Some("image/png".into()),
            name: None,
            extra: Extra::new(),
        };
        let gives = |images: Vec<Media>| Given {
            images,
            ..Given::error("seen")
        };
        let mut room = Room::default();
        let all = room.parts(gives(vec![picture(TOTAL - 10)]));
        assert_eq!(all.len(), 2);
        let some = room.parts(gives(vec![picture(11), picture(10)]));
        assert_eq!(some.len(), 2);
        assert!(Part::plain_text(&some).contains("left out"), "{some:?}");
        let none = room.parts(gives(vec![picture(1)]));
        assert!(none.len() == 1 && Part::plain_text(&none).starts_with("seen"));
        assert_eq!(room.parts(gives(Vec::new())), [Part::text("seen")]);
    }
}
