//! Stores in directories of their own, and things to put into them.

use std::ops::Deref;

use domain::{
    AgentId, Attempt, Call, CallId, CallSource, ClientKeyId, Confidence, Entry, EntryId, Extra, Message,
    MessageId, MessageState, Money, Outcome, Part, Role, Session, SessionId, SessionSource, StoredMessage,
    Target, Timestamp, Timings, Usage,
};
use store::{DataDirectory, Record, Store, StoreOptions};
use tempfile::TempDir;

/// A store and the directory that goes with it.
pub struct TestStore {
    store: Store,
    pub directory: DataDirectory,
    pub temp: TempDir,
}

impl TestStore {
    pub fn new() -> Self {
        Self::with(StoreOptions::default())
    }

    pub fn with(options: StoreOptions) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let directory = DataDirectory::open(temp.path()).unwrap();
        let store = Store::open(&directory, options).unwrap();
        Self {
            store,
            directory,
            temp,
        }
    }

    /// Closes the store and opens it again on the same file.
    pub async fn reopened(self) -> Self {
        let Self {
            store,
            directory,
            temp,
        } = self;
        store.close().await;
        let store = Store::open(&directory, StoreOptions::default()).unwrap();
        Self {
            store,
            directory,
            temp,
        }
    }

    /// A connection that is not the store's.
    pub fn outside(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.directory.database()).unwrap()
    }
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

pub fn session_id(n: u128) -> SessionId {
    SessionId::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn message_id(n: u128) -> MessageId {
    MessageId::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn call_id(n: u128) -> CallId {
    CallId::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn agent_id(n: u128) -> AgentId {
    AgentId::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn key_id(n: u128) -> ClientKeyId {
    ClientKeyId::from_uuid(uuid::Uuid::from_u128(n))
}

pub fn session(n: u128) -> Session {
    let at = Timestamp(i64::try_from(n).unwrap());
    Session {
        id: session_id(n),
        agent: None,
        title: format!("Session {n}"),
        source: SessionSource::App,
        external_id: None,
        leaf: None,
        pinned: false,
        folder: None,
        created_at: at,
        updated_at: at,
    }
}

pub fn message(n: u128, session: u128, parent: Option<u128>, text: &str) -> StoredMessage {
    StoredMessage {
        id: message_id(n),
        session: session_id(session),
        parent: parent.map(message_id),
        call: None,
        state: MessageState::Complete,
        created_at: Timestamp(i64::try_from(n).unwrap()),
        message: Message {
            role: Role::User,
            parts: vec![Part::text(text)],
            extra: Extra::new(),
        },
    }
}

/// Opens session 1 and says these texts in it, each after the one before, as messages 1, 2, ...
pub async fn say(store: &Store, texts: &[&str]) {
    let mut records = vec![Record::SessionOpened(session(1))];
    for (n, text) in (1..).zip(texts) {
        let parent = (n > 1).then(|| n - 1);
        records.push(Record::MessageAdded(message(n, 1, parent, text)));
    }
    store.commit(records).await.unwrap();
}

pub fn call(n: u128, source: CallSource, agent: Option<AgentId>, at: i64) -> Call {
    Call {
        id: call_id(n),
        session: None,
        source,
        agent,
        revision: Some(1),
        requested_model: "reviewer".into(),
        route: "POST /v1/chat/completions".into(),
        wire: None,
        stream: false,
        applied: vec![],
        user_agent: None,
        replay_of: None,
        started_at: Timestamp(at),
    }
}

pub fn attempt(call: u128, number: u32, target: &str) -> Attempt {
    Attempt {
        id: EntryId::from_uuid(uuid::Uuid::from_u128(call * 100 + u128::from(number))),
        call: call_id(call),
        number,
        target: Target::parse(target).unwrap(),
    }
}

pub fn entry(attempt: Attempt, usage: Option<Usage>, cost: Option<i64>, ended_at: i64) -> Entry {
    Entry {
        attempt,
        outcome: Outcome::Succeeded,
        failure: None,
        upstream_status: None,
        upstream_request_id: None,
        finish: None,
        usage,
        raw_usage: None,
        price: None,
        cost: cost.map(Money),
        reserved: None,
        confidence: match cost {
            Some(_) => Confidence::Computed,
            None => Confidence::Unknown,
        },
        timings: Timings {
            sent_us: Some(100),
            first_token_us: Some(2_000),
            total_us: 5_000,
            ..Timings::default()
        },
        ended_at: Timestamp(ended_at),
    }
}
