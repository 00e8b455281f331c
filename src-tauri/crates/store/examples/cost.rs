//! What keeping history costs on this machine: processor time for each recorded call, and opening, listing
//! and searching a database of a million messages.
//!
//! ```text
//! cargo run --release -p inglenook-store --example cost -- [MESSAGES]
//! ```
#![expect(clippy::print_stdout, reason = "a report for people")]

extern crate inglenook_store as store;

use std::time::{Duration, Instant};

use domain::{
    Attempt, Call, CallId, CallSource, ClientKeyId, Confidence, Entry, EntryId, Extra, Failure, Message,
    MessageId, MessageState, Money, Outcome, Part, RawJson, Role, Session, SessionId, SessionSource,
    StoredMessage, Target, Timestamp, Timings, Usage, Wire,
};
use store::table::entries::GroupBy;
use store::table::sessions::SessionFilter;
use store::{DataDirectory, Record, Store, StoreOptions, table};
use uuid::Uuid;

/// Ids in the order of time, as version 7 gives them.
fn uuid(n: u64) -> Uuid {
    Uuid::from_u128(u128::from(n) << 80 | u128::from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

struct Words(u64);

impl Words {
    /// Words of three to nine letters out of 20,000, few of them often and most of them seldom, as in language.
    fn text(&mut self, count: usize) -> String {
        let mut text = String::new();
        for _ in 0..count {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pick = (self.0 >> 32) as u32;
            let word = 20_000f64.powf(f64::from(pick) / f64::from(u32::MAX)) as u32;
            let mut rest = word.wrapping_mul(2_654_435_761) | 1;
            for _ in 0..3 + word % 7 {
                text.push(char::from(b'a' + (rest % 26) as u8));
                rest = rest.rotate_left(7) ^ word;
            }
            text.push(' ');
        }
        text
    }
}

fn message(
    n: u64,
    session: &SessionId,
    parent: Option<MessageId>,
    role: Role,
    text: String,
) -> StoredMessage {
    StoredMessage {
        id: MessageId::from_uuid(uuid(n)),
        session: session.clone(),
        parent,
        call: None,
        state: MessageState::Complete,
        created_at: Timestamp(n.cast_signed()),
        message: Message {
            role,
            parts: vec![Part::text(text)],
            extra: Extra::new(),
        },
    }
}

/// What a call records, in the pieces it is queued in: on its way out, and at its end.
fn call(n: u64, words: &mut Words) -> Result<[Vec<Record>; 2], Failure> {
    let session = SessionId::from_uuid(uuid(n / 8));
    let id = CallId::from_uuid(uuid(n));
    let key = ClientKeyId::from_uuid(uuid(1));
    let at = Timestamp(n.cast_signed());
    let question = message(2 * n, &session, None, Role::User, words.text(40));
    let answer = message(
        2 * n + 1,
        &session,
        Some(question.id.clone()),
        Role::Assistant,
        words.text(40),
    );
    let leaf = answer.id.clone();
    let attempt = Attempt {
        id: EntryId::from_uuid(uuid(n)),
        call: id.clone(),
        number: 1,
        target: Target::parse("openai/gpt-4o-mini")?,
    };
    let usage = Usage {
        input: 52,
        output: 48,
        ..Usage::default()
    };
    let opened = Session {
        id: session.clone(),
        agent: None,
        title: "A conversation of an editor".into(),
        source: SessionSource::Client { key: key.clone() },
        external_id: None,
        leaf: None,
        pinned: false,
        folder: None,
        created_at: at,
        updated_at: at,
    };
    let started = Call {
        id,
        session: Some(session.clone()),
        source: CallSource::Client { key },
        agent: None,
        revision: None,
        requested_model: "openai/gpt-4o-mini".into(),
        route: "POST /v1/chat/completions".into(),
        wire: Some(Wire::OpenAiChat),
        stream: true,
        applied: vec![],
        user_agent: None,
        replay_of: None,
        started_at: at,
    };
    let entry = Entry {
        attempt: attempt.clone(),
        outcome: Outcome::Succeeded,
        failure: None,
        upstream_status: None,
        upstream_request_id: None,
        finish: None,
        usage: Some(usage),
        raw_usage: Some(RawJson::new(r#"{"prompt_tokens":52,"completion_tokens":48}"#)),
        price: None,
        cost: Some(Money(42)),
        reserved: None,
        confidence: Confidence::Computed,
        timings: Timings {
            sent_us: Some(40),
            first_token_us: Some(900),
            total_us: 20_000,
            ..Timings::default()
        },
        ended_at: at,
    };
    let touched = Record::SessionTouched {
        id: session.clone(),
        leaf: Some(leaf.clone()),
        updated_at: at,
    };
    let fingerprint = Record::Fingerprint {
        digest: uuid(n.wrapping_mul(0x2545_f491_4f6c_dd1d)).into_bytes(),
        session,
        leaf,
    };
    Ok([
        vec![
            Record::SessionOpened(opened),
            Record::MessageAdded(question),
            Record::CallStarted(started),
            Record::AttemptStarted {
                attempt,
                started_at: at,
                reserved: None,
            },
        ],
        vec![
            Record::MessageAdded(answer),
            Record::EntryEnded(entry),
            touched,
            fingerprint,
        ],
    ])
}

/// Processor time of this process so far; `None` where the system does not tell.
fn processor_time() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    // the main thread alone; the others are added from their own files
    let mut nanos: u64 = stat.split(' ').next()?.parse().ok()?;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let path = task.ok()?.path().join("schedstat");
        if path.parent()?.file_name()?.to_str()? != std::process::id().to_string() {
            let stat = std::fs::read_to_string(path).ok()?;
            nanos += stat.split(' ').next()?.parse::<u64>().ok()?;
        }
    }
    Some(Duration::from_nanos(nanos))
}

async fn record_calls(store: &Store, from: u64, calls: u64, indexes: bool) -> Result<(), Failure> {
    let mut words = Words(7);
    let made: Vec<_> = (from..from + calls)
        .map(|n| call(n, &mut words))
        .collect::<Result<_, _>>()?;
    let before = (processor_time(), store.stats().transactions, Instant::now());
    for [start, end] in made {
        store.record(start).await?;
        store.record(end).await?;
    }
    store.flush().await?;
    if indexes {
        while store.stats().unindexed > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let (cpu, wall) = (processor_time(), before.2.elapsed());
    let each = |time: Duration| time.as_secs_f64() * 1e6 / calls as f64;
    let transactions = store.stats().transactions - before.1;
    let cpu = cpu
        .zip(before.0)
        .map_or(f64::NAN, |(after, before)| each(after - before));
    println!(
        "{calls} calls of 8 records, {}: {cpu:.1} us processor, {:.1} us wall each, {transactions} transactions",
        if indexes { "indexed for search" } else { "recorded" },
        each(wall),
    );
    Ok(())
}

async fn fill(store: &Store, messages: u64) -> Result<(), Failure> {
    let mut words = Words(11);
    let mut n = 0;
    while n < messages {
        let mut records = Vec::with_capacity(1_100);
        let until = (n + 1_000).min(messages);
        for n in n..until {
            let session = SessionId::from_uuid(uuid(n / 100));
            let at = Timestamp(n.cast_signed());
            if n % 100 == 0 {
                records.push(Record::SessionOpened(Session {
                    id: session.clone(),
                    agent: None,
                    title: words.text(4),
                    source: SessionSource::App,
                    external_id: None,
                    leaf: None,
                    pinned: false,
                    folder: None,
                    created_at: at,
                    updated_at: at,
                }));
            }
            let parent = (n % 100 > 0).then(|| MessageId::from_uuid(uuid(n - 1)));
            records.push(Record::MessageAdded(message(
                n,
                &session,
                parent,
                Role::User,
                words.text(35),
            )));
        }
        n = until;
        store.record(records).await?;
    }
    store.flush().await?;
    while store.stats().unindexed > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn p50_p95(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    format!("p50 {:.2?}, p95 {:.2?}", at(50), at(95))
}

async fn measure_reads(store: &Store, messages: u64) -> Result<(), Failure> {
    let mut lists = Vec::new();
    let mut sessions = Vec::new();
    for n in 0..200 {
        let began = Instant::now();
        store
            .read(|conn| table::sessions::list(conn, &SessionFilter::default(), None, 50))
            .await?;
        lists.push(began.elapsed());
        let session = SessionId::from_uuid(uuid(n * 7_919 % (messages / 100).max(1)));
        let began = Instant::now();
        store
            .read(move |conn| table::messages::of_session(conn, &session))
            .await?;
        sessions.push(began.elapsed());
    }
    println!("list the 50 newest sessions: {}", p50_p95(lists));
    println!("open a session of 100 messages: {}", p50_p95(sessions));
    let mut words = Words(11);
    let common: Vec<_> = words.text(40).split(' ').map(str::to_owned).collect();
    let mut searches = Vec::new();
    for word in &common {
        for text in [
            word.clone(),
            word.chars().take(3).collect(),
            format!("{word} {}", common[0]),
        ] {
            let began = Instant::now();
            store.search(&text, None, 20).await?;
            searches.push((began.elapsed(), text));
        }
    }
    let worst = searches.iter().max().cloned().unwrap_or_default();
    println!(
        "search, 20 newest: {}, worst {:.2?} for {:?}",
        p50_p95(searches.into_iter().map(|(time, _)| time).collect()),
        worst.0,
        worst.1
    );
    let long = "x".repeat(10_000);
    for text in ["a", "*", "\"", "漢字", "🦀", "aa", "abc", &long] {
        let began = Instant::now();
        let hits = store.search(text, None, 20).await?.items.len();
        let shown: String = text.chars().take(8).collect();
        println!("search {shown:?}: {:.2?}, {hits} hits", began.elapsed());
    }
    let began = Instant::now();
    store
        .read(|conn| table::entries::series(conn, GroupBy::Day, Timestamp(0), Timestamp(i64::MAX)))
        .await?;
    println!("sums by day: {:.2?}", began.elapsed());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let messages = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("inglenook-cost-{}", std::process::id()));
    let directory = DataDirectory::open(&folder)?;
    let never = Duration::from_secs(86_400);
    let quiet = StoreOptions {
        index_idle: never,
        ..StoreOptions::default()
    };

    let store = Store::open(&directory, quiet)?;
    for round in 0..3 {
        // below 1,000 calls nothing is indexed on the side
        record_calls(&store, 1 + 50_000_000 + round * 900, 900, false).await?;
    }
    store.close().await;
    let store = Store::open(&directory, StoreOptions::default())?;
    record_calls(&store, 60_000_000, 20_000, true).await?;

    let began = Instant::now();
    fill(&store, messages).await?;
    println!("wrote and indexed {messages} messages in {:.1?}", began.elapsed());
    store.close().await;
    let size = std::fs::metadata(directory.database()).map_or(0, |file| file.len());
    println!("the file has {} MB", size / 1_000_000);

    for _ in 0..5 {
        let began = Instant::now();
        let store = Store::open(&directory, StoreOptions::default())?;
        let opened = began.elapsed();
        store
            .read(|conn| table::sessions::list(conn, &SessionFilter::default(), None, 50))
            .await?;
        println!("open: {opened:.2?}, with the first list: {:.2?}", began.elapsed());
        store.close().await;
    }
    let store = Store::open(&directory, StoreOptions::default())?;
    measure_reads(&store, messages).await?;
    store.close().await;
    drop(directory);
    if std::fs::remove_dir_all(&folder).is_err() {
        println!("{} could not be removed", folder.display());
    }
    Ok(())
}
