//! Reasoning that providers want back: found by its keys, bounded in age and size.

use domain::{Extra, Part, RawJson, Timestamp};
use store::Record;
use store::table::reasoning::{self, Reasoning};

use crate::support::TestStore;

const DAY: i64 = 24 * 60 * 60 * 1000;

fn key(n: u128) -> [u8; 16] {
    n.to_be_bytes()
}

fn thought(answer: u128, text: &str, at: i64) -> Reasoning {
    let mut extra = Extra::new();
    extra.set("reasoning_details", RawJson::new(r#"[{"b":1.0,"a":2}]"#));
    Reasoning {
        answer: key(answer),
        upstream: "mock openai-chat http://127.0.0.1:9".into(),
        model: "m".into(),
        parts: vec![Part::reasoning(text), Part::text("")],
        extra,
        used_at: Timestamp(at),
    }
}

fn keep(reasoning: Reasoning, keys: &[u128]) -> Record {
    let keys = keys.iter().map(|n| key(*n)).collect();
    Record::Reasoning { reasoning, keys }
}

async fn found(store: &TestStore, wanted: u128) -> Option<Reasoning> {
    let read = store.read(move |conn| reasoning::find(conn, &key(wanted))).await;
    read.unwrap()
}

#[tokio::test]
async fn every_key_leads_to_the_answer_also_after_a_restart() {
    let store = TestStore::new();
    let one = thought(1, "hm", 5);
    store.record(vec![keep(one.clone(), &[1, 11, 12])]).await.unwrap();
    let store = store.reopened().await;
    for wanted in [1, 11, 12] {
        assert_eq!(found(&store, wanted).await.as_ref(), Some(&one), "{wanted}");
    }
    assert_eq!(found(&store, 2).await, None);
    let makers = store.read(reasoning::makers).await.unwrap();
    assert_eq!(makers, [(one.upstream, one.model)]);
}

#[tokio::test]
async fn the_newest_answer_of_a_key_wins_and_the_others_keep_theirs() {
    let store = TestStore::new();
    let (first, second) = (thought(1, "first", 5), thought(2, "second", 6));
    let again = thought(1, "again", 7);
    store
        .commit(vec![
            keep(first, &[1, 11, 12]),
            keep(second.clone(), &[2, 11]),
            keep(again.clone(), &[1]),
        ])
        .await
        .unwrap();
    assert_eq!(found(&store, 11).await, Some(second));
    assert_eq!(found(&store, 12).await, Some(again.clone()));
    assert_eq!(found(&store, 1).await, Some(again));
}

#[tokio::test]
async fn what_is_used_stays_and_what_is_old_goes_with_its_keys() {
    let store = TestStore::new();
    let mut records = vec![
        keep(thought(1, "unused", 0), &[1]),
        keep(thought(2, "used", 0), &[2]),
    ];
    let at = Timestamp(20 * DAY);
    records.push(Record::ReasoningUsed { answer: key(2), at });
    let at = Timestamp(DAY);
    records.push(Record::ReasoningUsed { answer: key(2), at });
    records.extend((3..65).map(|n| keep(thought(n, "new", 31 * DAY), &[n])));
    store.commit(records).await.unwrap();
    assert_eq!(found(&store, 1).await, None);
    let used = found(&store, 2).await.map(|found| found.used_at);
    assert_eq!(used, Some(Timestamp(20 * DAY)), "a use never moves backwards");
    let keys: i64 = store
        .outside()
        .query_row("SELECT count(*) FROM reasoning_keys", [], |row| row.get(0))
        .unwrap();
    assert_eq!(keys, 63);
}

#[tokio::test]
async fn the_longest_unused_go_first_when_there_is_too_much() {
    let store = TestStore::new();
    let large = "x".repeat(2 << 20);
    for n in 1..64 {
        let text = if n <= 40 { large.as_str() } else { "small" };
        store
            .record(vec![keep(
                thought(n, text, 100 + i64::try_from(n).unwrap()),
                &[n],
            )])
            .await
            .unwrap();
    }
    let at = Timestamp(1_000);
    let last = keep(thought(64, "small", 1_000), &[64]);
    store
        .commit(vec![Record::ReasoningUsed { answer: key(1), at }, last])
        .await
        .unwrap();
    let mut kept = Vec::new();
    for n in 1..=64 {
        if found(&store, n).await.is_some() {
            kept.push(n);
        }
    }
    // 31 large ones and the small ones are below 64 MiB; the first was used last
    let expected: Vec<u128> = std::iter::once(1).chain(11..=64).collect();
    assert_eq!(kept, expected);
}
