//! A request as one target is shown it: what is told beside the conversation, and what stands for its beginning.
//!
//! What was said is known again by its digest, so nothing may be written into it before everything that is kept by that
//! digest is back in it. This is put on last. The danger is a prompt that begins anew with every turn: whatever changes
//! from turn to turn is written where it was told, behind what stays the same, so that a provider's cache finds its
//! beginning again.

use std::borrow::Cow;
use std::sync::Arc;

use domain::{Extra, Message, Part, Request, Role};

use super::fingerprint::Fingerprint;
use super::tokens;

/// Something told with one of the user's messages that the user did not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Aside {
    /// With which of the spoken messages.
    pub at: usize,
    pub text: String,
}

/// A longer text that a tool gave long ago is shortened to its ends.
const LONG: usize = 1_200;
const BEGIN: usize = 400;
const END: usize = 200;

/// A request as one target is shown it.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Without the messages that a summary stands for.
    pub request: Arc<Request>,
    /// Where the chain of what was said begins in it.
    pub scope: Fingerprint,
    /// What is told in their place.
    pub opening: Option<String>,
    /// In so many of the first spoken messages, what tools gave is shortened.
    pub shortened: usize,
    pub asides: Vec<Aside>,
}

impl View {
    /// All of it.
    pub fn whole(request: &Arc<Request>, scope: Fingerprint, asides: &[Aside]) -> Self {
        Self {
            request: Arc::clone(request),
            scope,
            opening: None,
            shortened: 0,
            asides: asides.to_vec(),
        }
    }

    /// Without the first `cut` spoken messages, up to which the chain stands at `said`.
    pub fn cut(&self, cut: usize, said: Fingerprint, opening: String) -> Self {
        let mut request = Request::clone(&self.request);
        let mut spoken = 0;
        request.messages.retain(|message| {
            spoken += usize::from(!message.role.instructs());
            message.role.instructs() || spoken > cut
        });
        let asides = self.asides.iter().filter(|aside| aside.at >= cut);
        Self {
            request: Arc::new(request),
            scope: said,
            opening: Some(opening),
            shortened: self.shortened.saturating_sub(cut),
            asides: asides
                .map(|aside| Aside {
                    at: aside.at - cut,
                    text: aside.text.clone(),
                })
                .collect(),
        }
    }

    /// About how many tokens it is.
    pub fn tokens(&self) -> u64 {
        let mut request = Cow::Borrowed(&*self.request);
        self.dress(&mut request);
        tokens::estimate(&request)
    }

    /// Puts on what is not part of the conversation.
    pub fn dress(&self, request: &mut Cow<'_, Request>) {
        if self.opening.is_none() && self.shortened == 0 && self.asides.is_empty() {
            return;
        }
        let spoken = request.to_mut().messages.iter_mut();
        let spoken = spoken.filter(|message| !message.role.instructs());
        for (at, message) in spoken.enumerate() {
            if at < self.shortened {
                message.parts.iter_mut().for_each(shorten);
            }
            if let Some(opening) = self.opening.as_ref().filter(|_| at == 0) {
                before(message, opening);
            }
            for aside in self.asides.iter().filter(|aside| aside.at == at) {
                behind(message, &aside.text);
            }
        }
    }
}

/// The spoken message that something is told with: what the user said last, by a message that gives no tool's result.
pub(super) fn asked(messages: &[Message]) -> Option<(usize, &Message)> {
    let spoken = messages.iter().filter(|message| !message.role.instructs());
    let of_user = |(_, message): &(usize, &Message)| is_users(message);
    spoken.enumerate().filter(of_user).last()
}

/// Whether a person or a program says something of its own in it.
pub(super) fn is_users(message: &Message) -> bool {
    let gives = |part: &Part| matches!(part, Part::ToolResult { .. });
    message.role == Role::User && !message.parts.iter().any(gives)
}

/// As one text with it, since not every server takes several parts; its own where the client has marked that text.
fn before(message: &mut Message, opening: &str) {
    match message.parts.first_mut() {
        Some(Part::Text { text, extra }) if extra.is_empty() => {
            text.insert_str(0, "\n\n");
            text.insert_str(0, opening);
        }
        Some(_) | None => message.parts.insert(0, Part::text(opening)),
    }
}

fn behind(message: &mut Message, aside: &str) {
    match message.parts.last_mut() {
        Some(Part::Text { text, extra }) if extra.is_empty() => {
            text.push_str("\n\n");
            text.push_str(aside);
        }
        Some(_) | None => message.parts.push(Part::Text {
            text: aside.to_owned(),
            extra: Extra::new(),
        }),
    }
}

/// Shortens what a tool gave, the same way each time.
pub(super) fn shorten(part: &mut Part) {
    let Part::ToolResult { parts, .. } = part else {
        return;
    };
    for part in parts {
        if let Part::Text { text, .. } = part
            && let Some(short) = shortened(text, LONG, BEGIN, END)
        {
            *text = short;
        }
        if matches!(part, Part::Image(_)) {
            *part = Part::text("[an image was left out here to make room]");
        }
    }
}

/// The ends of a text that is longer than so many letters, with a mark between them.
pub(super) fn shortened(text: &str, long: usize, begin: usize, end: usize) -> Option<String> {
    let letters = text.chars().count();
    if letters <= long {
        return None;
    }
    let at = |letter: usize| text.char_indices().nth(letter).map_or(text.len(), |(at, _)| at);
    let left_out = letters - begin - end;
    Some(format!(
        "{}\n[… {left_out} characters were left out here to make room …]\n{}",
        &text[..at(begin)],
        &text[at(letters - end)..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(role: Role, text: &str) -> Message {
        Message::text(role, text)
    }

    #[test]
    fn what_is_told_beside_stands_with_its_message_and_instructions_stay() {
        let request = Arc::new(Request {
            messages: vec![
                said(Role::System, "Be brief."),
                said(Role::User, "one"),
                said(Role::Assistant, "two"),
                said(Role::System, "Mind the gap."),
                said(Role::User, "three"),
            ],
            ..Request::default()
        });
        let aside = |at: usize, text: &str| Aside {
            at,
            text: text.to_owned(),
        };
        let view = View::whole(&request, [0; 16], &[aside(0, "<a>"), aside(2, "<b>")]);
        let texts = |view: &View| {
            let mut request = Cow::Borrowed(&*view.request);
            view.dress(&mut request);
            request
                .messages
                .iter()
                .map(Message::plain_text)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            texts(&view),
            ["Be brief.", "one\n\n<a>", "two", "Mind the gap.", "three\n\n<b>"]
        );
        let cut = view.cut(2, [1; 16], "<s>".to_owned());
        assert_eq!(texts(&cut), ["Be brief.", "Mind the gap.", "<s>\n\nthree\n\n<b>"]);
        assert_eq!(asked(&request.messages).map(|(at, _)| at), Some(2));
    }

    #[test]
    fn a_long_result_keeps_its_ends() {
        let text = format!("{}{}", "ä".repeat(1_000), "z".repeat(1_000));
        let short = shortened(&text, LONG, BEGIN, END).unwrap_or_default();
        assert!(short.starts_with(&"ä".repeat(400)) && short.ends_with(&"z".repeat(200)));
        assert!(short.contains("1400 characters"), "{short}");
        assert_eq!(shortened("short", LONG, BEGIN, END), None);
    }
}
