//! What is recorded without waiting: the changes that a call makes on its way.
//!
//! Each is small, is one or two prepared statements, and can fail by itself without harm to the others.

use domain::{
    Applied, Attempt, Call, CallId, ClientKeyId, Entry, Extra, FailureKind, Growth, Media, MediaSource,
    MessageId, MessageState, Money, Part, Session, SessionId, Step, StoredMessage, Summary, Timestamp,
    ToolUse,
};
use rusqlite::{Connection, Result};

use crate::table::details::{ClientRequest, Kept};
use crate::table::reasoning::Reasoning;
use crate::table::recalls::{self, Recall};
use crate::table::responses::{EndedResponse, OpenedResponse};
use crate::table::search::Lag;
use crate::table::{
    calls, client_keys, details, entries, fingerprints, growth, messages, reasoning, responses, sessions,
    summaries, tool_uses,
};

/// One change to the history. Records are applied in the order they were queued in.
#[derive(Clone, Debug)]
pub enum Record {
    /// A session begins; nothing happens when it is there already.
    SessionOpened(Session),
    /// A message is added to its session, which must be there.
    MessageAdded(StoredMessage),
    /// What a message says is replaced, mostly by the whole of it at its end.
    MessageProgress {
        /// The message.
        id: MessageId,
        /// All of its parts.
        parts: Vec<Part>,
        /// All of its fields; none leaves those that are there.
        extra: Extra,
        /// How far it got.
        state: MessageState,
    },
    /// An answer on its way says more; nothing happens when it has ended.
    MessageGrew {
        /// The message.
        id: MessageId,
        /// What came since it was last written down.
        growth: Vec<Growth>,
    },
    /// A session changed.
    SessionTouched {
        /// The session.
        id: SessionId,
        /// Its newest message; `None` leaves it.
        leaf: Option<MessageId>,
        /// When; an earlier time than the last is ignored.
        updated_at: Timestamp,
    },
    /// A session that is called by the time of its first call, as [`Session::title`] says, got a better title.
    SessionTitled {
        /// The session.
        id: SessionId,
        /// The title.
        title: String,
    },
    /// A call arrived.
    CallStarted(Call),
    /// What was decided about a call after it was noted.
    CallApplied {
        /// The call.
        id: CallId,
        /// All decisions, those that were noted before included.
        applied: Vec<Applied>,
    },
    /// What a call's client sent, and what its first attempt sends upstream.
    CallDetail {
        /// The call.
        id: CallId,
        /// The client's request.
        client: Option<Box<ClientRequest>>,
        /// The body of the first upstream request.
        upstream: Option<Kept>,
    },
    /// Another body that a call sends upstream.
    LaterRequest {
        /// The call.
        id: CallId,
        /// The first attempt that sends it.
        number: u32,
        /// The body.
        upstream: Kept,
    },
    /// When which piece of an attempt's answer came.
    Timeline {
        /// The call.
        id: CallId,
        /// The attempt.
        number: u32,
        /// The pieces.
        steps: Vec<Step>,
    },
    /// A call failed before its first attempt.
    CallFailed {
        /// The call.
        id: CallId,
        /// How.
        kind: FailureKind,
        /// What was said of it.
        text: String,
    },
    /// Requests like a call that failed before its first attempt failed the same way.
    CallRepeated {
        /// The call.
        id: CallId,
        /// How many, all in all.
        times: u32,
    },
    /// An upstream attempt begins; its call must be there.
    AttemptStarted {
        /// What it is about.
        attempt: Attempt,
        /// When.
        started_at: Timestamp,
        /// What budgets count until its end.
        reserved: Option<Money>,
    },
    /// An upstream attempt ended.
    EntryEnded(Entry),
    /// A history with this digest ends at this message.
    Fingerprint {
        /// The digest of the history's prefix.
        digest: [u8; 16],
        /// Its session.
        session: SessionId,
        /// Its last message.
        leaf: MessageId,
    },
    /// An answer holds reasoning that its provider wants back.
    Reasoning {
        /// What it holds.
        reasoning: Reasoning,
        /// The digests that lead to it.
        keys: Vec<[u8; 16]>,
    },
    /// An answer's reasoning was put back.
    ReasoningUsed {
        /// The answer.
        answer: [u8; 16],
        /// When.
        at: Timestamp,
    },
    /// A response begins that its client may come back for.
    ResponseOpened(Box<OpenedResponse>),
    /// Such a response ended; nothing happens when it was deleted meanwhile.
    ResponseEnded(Box<EndedResponse>),
    /// A call recalled something.
    Recalled {
        /// The call.
        id: CallId,
        /// What, the best first.
        recalls: Vec<Recall>,
        /// When.
        at: Timestamp,
    },
    /// A tool is used, or was.
    ToolUse(Box<ToolUse>),
    /// The oldest messages of a session were summarised for its model.
    Summarised {
        /// The digest of what was said up to the last of them.
        digest: [u8; 16],
        /// What stands for them.
        summary: Box<Summary>,
    },
    /// A client key was used.
    ClientKeyUsed {
        /// The key.
        id: ClientKeyId,
        /// When.
        at: Timestamp,
        /// By which program, where that is known.
        by: Option<String>,
    },
}

/// What a row costs besides its texts: ids, numbers, the record itself.
const BASE: usize = 256;

impl Record {
    /// About how many bytes of memory the record holds, which is what the queue is bounded by.
    pub fn bytes(&self) -> usize {
        BASE + match self {
            Self::SessionOpened(session) => session.title.len(),
            Self::MessageAdded(stored) => {
                parts_bytes(&stored.message.parts) + extra_bytes(&stored.message.extra)
            }
            Self::MessageProgress { parts, extra, .. } => parts_bytes(parts) + extra_bytes(extra),
            Self::MessageGrew { growth, .. } => growth_bytes(growth),
            Self::Reasoning { reasoning, keys } => reasoning.bytes() + size_of_val(keys.as_slice()),
            Self::SessionTitled { title, .. } => title.len(),
            Self::CallStarted(call) => call.requested_model.len() + 32 * call.applied.len(),
            Self::CallApplied { applied, .. } => 32 * applied.len(),
            Self::CallDetail { client, upstream, .. } => {
                client
                    .as_ref()
                    .map_or(0, |client| client.body.bytes.len() + 32 * client.headers.len())
                    + upstream.as_ref().map_or(0, |kept| kept.bytes.len())
            }
            Self::LaterRequest { upstream, .. } => upstream.bytes.len(),
            Self::Timeline { steps, .. } => size_of_val(steps.as_slice()),
            Self::CallFailed { text, .. } => text.len(),
            Self::ResponseOpened(opened) => opened.input.len() + opened.answer.len(),
            Self::ResponseEnded(ended) => ended.answer.len() + ended.events.as_ref().map_or(0, String::len),
            Self::Summarised { summary, .. } => summary.text.as_ref().map_or(0, String::len),
            Self::ToolUse(one) => one.tool.len() + one.tool_call.len() + one.arguments.len(),
            Self::EntryEnded(entry) => entry.raw_usage.as_ref().map_or(0, |raw| raw.get().len()),
            Self::Recalled { recalls, .. } => {
                let bytes = |recall: &Recall| 64 + recall.words.iter().map(String::len).sum::<usize>();
                recalls.iter().map(bytes).sum()
            }
            Self::SessionTouched { .. }
            | Self::CallRepeated { .. }
            | Self::AttemptStarted { .. }
            | Self::Fingerprint { .. }
            | Self::ReasoningUsed { .. }
            | Self::ClientKeyUsed { .. } => 0,
        }
    }

    /// What it is, for logs: never its content.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::SessionOpened(_) => "session_opened",
            Self::MessageAdded(_) => "message_added",
            Self::MessageProgress { .. } => "message_progress",
            Self::MessageGrew { .. } => "message_grew",
            Self::SessionTouched { .. } => "session_touched",
            Self::SessionTitled { .. } => "session_titled",
            Self::CallStarted(_) => "call_started",
            Self::CallApplied { .. } => "call_applied",
            Self::CallDetail { .. } => "call_detail",
            Self::LaterRequest { .. } => "later_request",
            Self::Timeline { .. } => "timeline",
            Self::CallFailed { .. } => "call_failed",
            Self::CallRepeated { .. } => "call_repeated",
            Self::AttemptStarted { .. } => "attempt_started",
            Self::EntryEnded(_) => "entry_ended",
            Self::Fingerprint { .. } => "fingerprint",
            Self::Reasoning { .. } => "reasoning",
            Self::ReasoningUsed { .. } => "reasoning_used",
            Self::ResponseOpened(_) => "response_opened",
            Self::ResponseEnded(_) => "response_ended",
            Self::Recalled { .. } => "recalled",
            Self::ToolUse(_) => "tool_use",
            Self::Summarised { .. } => "summarised",
            Self::ClientKeyUsed { .. } => "client_key_used",
        }
    }

    /// Writes it. `lag` learns what the search index has to look at.
    pub(crate) fn apply(&self, conn: &Connection, lag: &mut Lag) -> Result<()> {
        match self {
            Self::SessionOpened(session) => sessions::open(conn, session),
            Self::MessageAdded(stored) => {
                lag.newest = messages::add(conn, stored)?;
                Ok(())
            }
            Self::MessageProgress {
                id,
                parts,
                extra,
                state,
            } => {
                lag.pending |= messages::progress(conn, id, parts, *state)?;
                if !extra.is_empty() {
                    messages::set_extra(conn, id, extra)?;
                }
                Ok(())
            }
            Self::MessageGrew { id, growth } => growth::add(conn, id, growth),
            Self::SessionTouched { id, leaf, updated_at } => {
                sessions::touch(conn, id, leaf.as_ref(), *updated_at)
            }
            Self::SessionTitled { id, title } => sessions::entitle(conn, id, title),
            Self::CallStarted(call) => calls::start(conn, call),
            Self::CallApplied { id, applied } => calls::apply(conn, id, applied),
            Self::CallDetail { id, client, upstream } => {
                details::first(conn, id, client.as_deref(), upstream.as_ref())
            }
            Self::LaterRequest { id, number, upstream } => details::later(conn, id, *number, upstream),
            Self::Timeline { id, number, steps } => details::timeline(conn, id, *number, steps),
            Self::CallFailed { id, kind, text } => calls::fail(conn, id, *kind, text),
            Self::CallRepeated { id, times } => calls::repeat(conn, id, *times),
            Self::AttemptStarted {
                attempt,
                started_at,
                reserved,
            } => entries::start(conn, attempt, *started_at, *reserved),
            Self::EntryEnded(entry) => entries::end(conn, entry),
            Self::Fingerprint {
                digest,
                session,
                leaf,
            } => fingerprints::set(conn, digest, session, leaf),
            Self::Reasoning { reasoning, keys } => reasoning::keep(conn, reasoning, keys),
            Self::ReasoningUsed { answer, at } => reasoning::used(conn, answer, *at),
            Self::ResponseOpened(opened) => responses::open(conn, opened),
            Self::ResponseEnded(ended) => responses::end(conn, ended),
            Self::Recalled { id, recalls, at } => recalls::add(conn, id, recalls, *at),
            Self::ToolUse(one) => tool_uses::set(conn, one),
            Self::Summarised { digest, summary } => summaries::keep(conn, digest, summary),
            Self::ClientKeyUsed { id, at, by } => client_keys::used(conn, id, *at, by.as_deref()),
        }
    }
}

pub(crate) fn parts_bytes(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(|part| {
            size_of::<Part>()
                + match part {
                    Part::Text { text, .. } | Part::Refusal { text } => text.len(),
                    Part::Image(media) | Part::File(media) | Part::Audio(media) => media_bytes(media),
                    Part::Reasoning { text, signature, .. } => {
                        text.len() + signature.as_ref().map_or(0, String::len)
                    }
                    Part::ToolCall {
                        name,
                        arguments,
                        extra,
                        ..
                    } => name.len() + arguments.len() + extra_bytes(extra),
                    Part::ToolResult { parts, .. } => parts_bytes(parts),
                    Part::Opaque { value, .. } => value.get().len(),
                }
        })
        .sum()
}

fn growth_bytes(growth: &[Growth]) -> usize {
    let bytes = |one: &Growth| size_of::<Growth>() + parts_bytes(std::slice::from_ref(&one.grown));
    growth.iter().map(bytes).sum()
}

pub(crate) fn extra_bytes(extra: &Extra) -> usize {
    extra
        .iter()
        .map(|(name, value)| name.len() + value.get().len())
        .sum()
}

fn media_bytes(media: &Media) -> usize {
    match &media.source {
        MediaSource::Url { url } => url.len(),
        MediaSource::Base64 { data } => data.len(),
        MediaSource::FileId { id } => id.len(),
    }
}
