//! Links that begin with `inglenook:` (SEC-28). Any page and any program can have the system open one.
//!
//! So a link does nothing. It is read strictly into a [`LinkContent`], held until the person has answered it, and
//! shown whole; what then happens is an ordinary command of the window. Only the newest is held: whoever opens many
//! leaves one question behind, and no list of them. What is deliberately not here: anything that saves, sends or
//! fetches. A link that cannot be read is not repeated in the failure.

use std::sync::{Mutex, PoisonError};

use domain::{BaseUrl, Failure, FailureKind, Slug, Wire};

use super::agent_file::{read_agent_file, write_agent_file};
use super::{Caller, FailureView, LinkContent, LinkName, Nothing, OfferLink, OfferedLink, Topic};
use crate::Engine;

/// How a link begins.
pub const LINK_SCHEME: &str = "inglenook:";
/// The longest link, in bytes: systems pass one on as an argument of a command, and Linux has at most 128 KiB for it.
const LONGEST: usize = 100_000;
/// Characters of a name.
const LONGEST_NAME: usize = 200;

/// The newest link that is not answered, and how many there were.
#[derive(Default)]
pub(crate) struct Links(Mutex<(u64, Option<OfferedLink>)>);

impl Links {
    fn offer(&self, content: LinkContent) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.0 += 1;
        held.1 = Some(OfferedLink { id: held.0, content });
    }

    fn offered(&self) -> Option<OfferedLink> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    fn answered(&self, id: u64) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.1.take_if(|link| link.id == id);
    }
}

pub(super) async fn offer(engine: &Engine, _: Caller, args: OfferLink) -> Result<Nothing, Failure> {
    let read = read_link(&args.link);
    let content = read.clone().unwrap_or_else(|failure| LinkContent::Unreadable {
        failure: FailureView::from(&failure),
    });
    engine.links().offer(content);
    engine.changed(Topic::Links, None);
    read.map(|_| Nothing {})
}

pub(super) async fn offered(engine: &Engine, _: Caller, _: Nothing) -> Result<Option<OfferedLink>, Failure> {
    Ok(engine.links().offered())
}

pub(super) async fn answered(engine: &Engine, _: Caller, args: LinkName) -> Result<Nothing, Failure> {
    engine.links().answered(args.id);
    engine.changed(Topic::Links, None);
    Ok(Nothing {})
}

/// What a link asks for: `inglenook://agent?file=…`, `inglenook://provider?base_url=…&wire=…&name=…&slug=…` or
/// `inglenook://chat?text=…&agent=…`, with values as forms encode them.
///
/// # Errors
/// [`FailureKind::InvalidRequest`] for everything else, to the letter: what is not understood is not guessed.
pub fn read_link(link: &str) -> Result<LinkContent, Failure> {
    if link.len() > LONGEST {
        return Err(unreadable("it is longer than 100,000 characters"));
    }
    let (what, query) = link
        .strip_prefix("inglenook://")
        .and_then(|rest| rest.split_once('?'))
        .ok_or_else(|| unreadable("it does not begin as one of Inglenook does"))?;
    let mut fields = Fields::read(query)?;
    // some systems put a slash behind a name without a path
    let content = match what.strip_suffix('/').unwrap_or(what) {
        "agent" => agent(&fields.need("file")?)?,
        "provider" => provider(&mut fields)?,
        "chat" => LinkContent::Chat {
            agent: fields.take("agent").map(|name| Slug::new(&name)).transpose()?,
            text: fields.need("text")?,
        },
        _ => return Err(unreadable("it asks for something that Inglenook does not know")),
    };
    fields.end()?;
    Ok(content)
}

fn agent(file: &str) -> Result<LinkContent, Failure> {
    // the parser quotes what it stumbles over
    let draft = read_agent_file(file).map_err(|_| unreadable("the agent in it cannot be read"))?;
    let file = write_agent_file(&draft)?;
    let draft = Box::new(draft);
    Ok(LinkContent::Agent { draft, file })
}

fn provider(fields: &mut Fields) -> Result<LinkContent, Failure> {
    let base_url = BaseUrl::parse(&fields.need("base_url")?)?;
    if !base_url.as_str().is_ascii() {
        return Err(unreadable("its base URL has letters that look like others"));
    }
    if base_url.is_plain_http() && !base_url.is_loopback() {
        return Err(unreadable("plain http is accepted for this machine only"));
    }
    let wire = match fields.take("wire") {
        Some(name) => {
            Wire::parse(&name).ok_or_else(|| unreadable("its protocol is none that Inglenook speaks"))?
        }
        None => Wire::OpenAiChat,
    };
    let name = fields.take("name");
    if name.as_ref().is_some_and(|name| {
        name.trim().is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    }) {
        return Err(unreadable("its name is none"));
    }
    Ok(LinkContent::Provider {
        slug: fields.take("slug").map(|slug| Slug::new(&slug)).transpose()?,
        name,
        wire,
        base_url: base_url.as_str().to_owned(),
    })
}

/// The named values of a link, each once.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(query: &str) -> Result<Self, Failure> {
        let mut fields = Vec::<(String, String)>::new();
        for pair in query.split('&') {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| unreadable("a part of it has no value"))?;
            if fields.iter().any(|(known, _)| known == name) {
                return Err(unreadable("it says something twice"));
            }
            fields.push((name.to_owned(), decoded(value)?));
        }
        Ok(Self(fields))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn need(&mut self, name: &str) -> Result<String, Failure> {
        self.take(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| unreadable("something is missing in it"))
    }

    fn end(self) -> Result<(), Failure> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(unreadable("it says something that Inglenook does not know"))
        }
    }
}

/// A value of a form: `+` is a space, `%` and two hexadecimal digits are a byte. Everything that an address has no
/// letter for comes encoded, and of control characters only line ends and tabs.
fn decoded(value: &str) -> Result<String, Failure> {
    let wrong = || unreadable("a value in it is not encoded as an address has it");
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    char::from(rest.next()?)
                        .to_digit(16)
                        .and_then(|d| u8::try_from(d).ok())
                };
                let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
                high << 4 | low
            }
            b'"' | b'#' | b'<' | b'=' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => {
                return Err(wrong());
            }
            byte if byte.is_ascii_graphic() => byte,
            _ => return Err(wrong()),
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    if text
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'))
    {
        return Err(unreadable("it has control characters"));
    }
    Ok(text)
}

fn unreadable(why: &str) -> Failure {
    Failure::new(
        FailureKind::InvalidRequest,
        format!("This link cannot be read: {why}."),
    )
    .with_param("link")
}
