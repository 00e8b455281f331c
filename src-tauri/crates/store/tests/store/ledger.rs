//! Calls, entries and sums of money.

use domain::{
    Applied, CallSource, Confidence, FailureKind, Money, Outcome, Price, RawJson, SessionSource, Step,
    StepKind, StopReason, Timestamp, Timings, Usage, Wire,
};
use store::table::calls::CallFilter;
use store::table::details::{ClientRequest, Kept, Timeline};
use store::table::entries::{AttemptRow, Counted, GroupBy, Spent};
use store::{Record, table};

use crate::support::{TestStore, agent_id, attempt, call, call_id, entry, key_id, session, session_id};

const DAY: i64 = 86_400_000;

fn tokens(input: u64, output: u64) -> Option<Usage> {
    Some(Usage {
        input,
        cached_input: input / 2,
        cache_write: 1,
        output,
        reasoning: output / 2,
    })
}

fn client(key: u128) -> CallSource {
    CallSource::Client { key: key_id(key) }
}

#[tokio::test]
async fn a_call_comes_back_as_it_was() {
    let store = TestStore::new();
    let mut asked = call(1, client(1), Some(agent_id(1)), 1_000);
    asked.session = Some(session_id(1));
    asked.wire = Some(Wire::AnthropicMessages);
    asked.stream = true;
    asked.applied = vec![Applied {
        what: "instructions".into(),
        how: "append".into(),
    }];
    let mut first = entry(attempt(1, 1, "openai/a"), None, None, 2_000);
    first.outcome = Outcome::Failed {
        kind: FailureKind::UpstreamTimeout,
    };
    let mut second = entry(attempt(1, 2, "openai/b/c"), tokens(10, 4), Some(33), 3_000);
    second.raw_usage = Some(RawJson::new(r#"{"prompt_tokens":10}"#));
    second.price = Some(Price {
        input: 1,
        cached_input: 1,
        cache_write: 1,
        output: 2,
        as_of: Timestamp(5),
        origin: "catalogue".into(),
    });
    second.confidence = Confidence::Reported;
    second.finish = Some(StopReason::Length);
    second.upstream_request_id = Some("req_1".into());
    second.timings = Timings {
        sent_us: Some(1),
        connect_us: Some(2),
        accepted_us: Some(3),
        first_token_us: Some(4),
        last_token_us: Some(5),
        total_us: 6,
    };
    let steps = vec![Step {
        at_us: 4,
        kind: StepKind::Text,
        bytes: 12,
        pieces: 3,
    }];
    let asked_with = ClientRequest {
        headers: vec!["content-type".into(), "authorization".into()],
        body: Kept::of("0123456789".into(), 4),
    };
    let started = |number, target, at| Record::AttemptStarted {
        attempt: attempt(1, number, target),
        started_at: Timestamp(at),
        reserved: None,
    };
    store
        .commit(vec![
            Record::CallStarted(asked.clone()),
            started(1, "openai/a", 1_100),
            Record::EntryEnded(first.clone()),
            Record::CallDetail {
                id: call_id(1),
                client: Some(Box::new(asked_with.clone())),
                upstream: Some(Kept::of("{}".into(), 16)),
            },
            // its beginning was never noted
            Record::EntryEnded(second.clone()),
            Record::LaterRequest {
                id: call_id(1),
                number: 2,
                upstream: Kept::of((&b"not utf-8: \xff"[..]).into(), 64),
            },
            Record::Timeline {
                id: call_id(1),
                number: 2,
                steps: steps.clone(),
            },
            started(3, "openai/a", 3_100),
        ])
        .await
        .unwrap();
    let row = store
        .read(|conn| table::calls::get(conn, &call_id(1)))
        .await
        .unwrap();
    assert_eq!(row.call, asked);
    let expected = [
        AttemptRow::Ended {
            entry: Box::new(first),
            started_at: Timestamp(1_100),
        },
        AttemptRow::Ended {
            entry: Box::new(second),
            started_at: Timestamp(3_000),
        },
        AttemptRow::Running {
            attempt: attempt(1, 3, "openai/a"),
            started_at: Timestamp(3_100),
        },
    ];
    assert_eq!(row.attempts, expected);
    let kept = store
        .read(|conn| table::details::get(conn, &call_id(1)))
        .await
        .unwrap();
    assert_eq!(kept.client, Some(asked_with));
    assert!(kept.client.unwrap().body.is_cut(), "4 of 10 bytes are kept");
    let upstream: Vec<_> = kept
        .upstream
        .iter()
        .map(|sent| (sent.number, sent.body.bytes.as_ref(), sent.body.is_cut()))
        .collect();
    assert_eq!(
        upstream,
        [(1, &b"{}"[..], false), (2, &b"not utf-8: \xff"[..], false)]
    );
    assert_eq!(kept.timelines, [Timeline { number: 2, steps }]);
    let missing = store.read(|conn| table::calls::get(conn, &call_id(2))).await;
    assert_eq!(missing.unwrap_err().kind(), FailureKind::NotFound);
}

#[tokio::test]
async fn an_entry_without_its_call_is_refused_and_counted() {
    let store = TestStore::new();
    let stray = entry(attempt(9, 1, "openai/a"), None, None, 1);
    store.record(vec![Record::EntryEnded(stray)]).await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.stats().failed_records, 1);
}

#[tokio::test]
async fn attempts_that_a_crash_cut_off_are_found() {
    let store = TestStore::new();
    store
        .commit(vec![
            Record::CallStarted(call(1, client(1), None, 0)),
            Record::AttemptStarted {
                attempt: attempt(1, 1, "openai/a"),
                started_at: Timestamp(5),
                reserved: None,
            },
        ])
        .await
        .unwrap();
    let store = store.reopened().await;
    let row = store
        .read(|conn| table::calls::get(conn, &call_id(1)))
        .await
        .unwrap();
    let [AttemptRow::Ended { entry, .. }] = row.attempts.as_slice() else {
        panic!("{row:?}");
    };
    assert_eq!(entry.outcome, Outcome::Interrupted);
    assert_eq!((entry.cost, entry.confidence), (None, Confidence::Unknown));
}

#[tokio::test]
async fn calls_are_listed_newest_first_and_filtered() {
    let store = TestStore::new();
    let mut opened = session(1);
    opened.source = SessionSource::Client { key: key_id(1) };
    let mut records = vec![Record::SessionOpened(opened)];
    for n in 1..=20 {
        let mut call = call(n, client(n % 2), (n % 3 == 0).then(|| agent_id(1)), 0);
        call.session = (n <= 10).then(|| session_id(1));
        records.push(Record::CallStarted(call));
    }
    store.commit(records).await.unwrap();
    let list = async |filter: CallFilter| {
        let mut ids = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let (filter, at) = (filter.clone(), cursor.take());
            let page = store
                .read(move |conn| table::calls::list(conn, &filter, at.as_deref(), 3))
                .await
                .unwrap();
            ids.extend(page.items.into_iter().map(|row| row.call.id));
            match page.next {
                None => return ids,
                next => cursor = next,
            }
        }
    };
    let ids = |wanted: fn(&u128) -> bool| -> Vec<_> { (1..=20).rev().filter(wanted).map(call_id).collect() };
    assert_eq!(list(CallFilter::default()).await, ids(|_| true));
    let of_session = CallFilter {
        session: Some(session_id(1)),
        agent: Some(agent_id(1)),
        ..CallFilter::default()
    };
    assert_eq!(list(of_session).await, ids(|n| *n <= 10 && n % 3 == 0));
    let of_key = CallFilter {
        client_key: Some(key_id(1)),
        ..CallFilter::default()
    };
    assert_eq!(list(of_key).await, ids(|n| n % 2 == 1));
    assert_eq!(store.read(table::calls::count).await.unwrap(), 20);
}

#[tokio::test]
async fn sums_are_what_a_hand_computes_and_unknown_is_not_zero() {
    let store = TestStore::new();
    let start = |n, key: u128, agent: Option<u128>, at| {
        Record::CallStarted(call(n, client(key), agent.map(agent_id), at))
    };
    let attempts = [
        // call, number, target, began, usage, cost
        (1, 1, "openai/a", DAY, tokens(100, 10), Some(1_000)),
        (2, 1, "openai/a", 2 * DAY - 1, tokens(50, 4), Some(500)),
        (2, 2, "openai/b", 2 * DAY, None, None),
        (3, 1, "groq/b", 2 * DAY + 5, tokens(7, 2), Some(0)),
    ];
    let mut records = vec![
        start(1, 1, Some(1), DAY),
        start(2, 1, None, 2 * DAY - 1),
        start(3, 2, Some(1), 2 * DAY + 5),
        start(4, 2, None, 2 * DAY + 6),
    ];
    for (call, number, target, at, usage, cost) in attempts {
        let attempt = attempt(call, number, target);
        records.push(Record::AttemptStarted {
            attempt: attempt.clone(),
            started_at: Timestamp(at),
            reserved: None,
        });
        let mut entry = entry(attempt, usage, cost, at + 10);
        if usage.is_none() {
            entry.outcome = Outcome::Failed {
                kind: domain::FailureKind::UpstreamDisconnected,
            };
        }
        records.push(Record::EntryEnded(entry));
    }
    records.push(Record::AttemptStarted {
        attempt: attempt(4, 1, "openai/a"),
        started_at: Timestamp(2 * DAY + 6),
        reserved: None,
    });
    store.commit(records).await.unwrap();

    let sums = async |by| {
        let series = store
            .read(move |conn| table::entries::series(conn, by, Timestamp(DAY), Timestamp(3 * DAY)))
            .await
            .unwrap();
        assert_eq!(
            series.total.calls, 3,
            "a call counts once, whatever it is grouped by"
        );
        assert_eq!(
            (
                series.total.attempts,
                series.total.cost,
                series.total.unknown_cost
            ),
            (4, Money(1_500), 1)
        );
        series
            .groups
            .into_iter()
            .map(|group| {
                let r = group.row;
                let usage = r.usage;
                assert!(usage.cached_input <= usage.input && usage.reasoning <= usage.output);
                (
                    r.group.unwrap_or_default(),
                    (r.calls, r.attempts, r.failed),
                    (usage.input, usage.output),
                    r.cost.micros(),
                    r.unknown_cost,
                )
            })
            .collect::<Vec<_>>()
    };
    let row = |group: &str, counts, tokens, cost, unknown| (group.to_owned(), counts, tokens, cost, unknown);
    assert_eq!(
        sums(GroupBy::Day).await,
        [
            row("1970-01-02", (2, 2, 0), (150, 14), 1_500, 0),
            row("1970-01-03", (2, 2, 1), (7, 2), 0, 1),
        ]
    );
    assert_eq!(
        sums(GroupBy::Agent).await,
        [
            row(agent_id(1).as_str(), (2, 2, 0), (107, 12), 1_000, 0),
            row("", (1, 2, 1), (50, 4), 500, 1),
        ]
    );
    assert_eq!(
        sums(GroupBy::Model).await,
        [
            row("openai/a", (2, 2, 0), (150, 14), 1_500, 0),
            row("groq/b", (1, 1, 0), (7, 2), 0, 0),
            row("openai/b", (1, 1, 1), (0, 0), 0, 1),
        ]
    );
    assert_eq!(
        sums(GroupBy::Key).await,
        [
            row(key_id(1).as_str(), (2, 3, 1), (150, 14), 1_500, 1),
            row(key_id(2).as_str(), (1, 1, 0), (7, 2), 0, 0),
        ]
    );
    store
        .read(|conn| {
            use table::entries::{spent_by_agent, spent_by_key, spent_since_by_agent, spent_since_by_key};
            let spent = |cost, unknown| Spent {
                cost: Money(cost),
                unknown,
            };
            assert_eq!(spent_by_key(conn, &key_id(1), Timestamp(0))?, spent(1_500, 1));
            assert_eq!(spent_by_key(conn, &key_id(1), Timestamp(2 * DAY))?, spent(0, 1));
            assert_eq!(
                spent_by_key(conn, &key_id(2), Timestamp(0))?,
                spent(0, 1),
                "the one that still runs"
            );
            assert_eq!(spent_by_key(conn, &key_id(3), Timestamp(0))?, Spent::default());
            assert_eq!(spent_by_agent(conn, &agent_id(1), Timestamp(0))?, spent(1_000, 0));
            let by_key = spent_since_by_key(conn, Timestamp(0))?;
            assert_eq!((by_key.len(), by_key[&key_id(1)]), (2, spent(1_500, 1)));
            let by_agent = spent_since_by_agent(conn, Timestamp(2 * DAY))?;
            assert_eq!((by_agent.len(), by_agent[&agent_id(1)]), (1, spent(0, 0)));
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn absurd_counts_do_not_break_the_sums() {
    let store = TestStore::new();
    let mut records = vec![Record::CallStarted(call(1, client(1), None, 0))];
    for number in 1..=3 {
        let usage = Some(Usage {
            input: u64::MAX,
            ..Usage::default()
        });
        records.push(Record::EntryEnded(entry(
            attempt(1, number, "openai/a"),
            usage,
            None,
            10,
        )));
    }
    store.commit(records).await.unwrap();
    let series = store
        .read(|conn| table::entries::series(conn, GroupBy::Key, Timestamp(0), Timestamp(DAY)))
        .await
        .unwrap();
    assert_eq!(series.groups[0].row.usage.input, 3 * ((1 << 53) - 1));
}

#[tokio::test]
async fn d2_a_reservation_counts_until_a_cost_is_known_and_after_a_crash() {
    let store = TestStore::new();
    let started = |number, reserved| Record::AttemptStarted {
        attempt: attempt(1, number, "p/m"),
        started_at: Timestamp(i64::from(number)),
        reserved: Some(Money(reserved)),
    };
    let mut at_fallback = entry(attempt(1, 2, "p/m"), None, None, 9);
    at_fallback.reserved = Some(Money(30));
    let mut asked = call(1, client(1), None, 0);
    asked.session = Some(session(1).id);
    store
        .commit(vec![
            Record::SessionOpened(session(1)),
            Record::CallStarted(asked),
            started(1, 1_000),
            started(2, 2_000),
            started(3, 4_000),
        ])
        .await
        .unwrap();
    let count = async |store: &TestStore| {
        store
            .read(|conn| {
                use table::entries::{counted, counted_by_agent, counted_by_key, counted_by_session};
                let all = counted(conn, Timestamp(0))?;
                assert_eq!(counted_by_key(conn, &key_id(1), Timestamp(0))?, all);
                assert_eq!(counted_by_session(conn, &session(1).id)?, all);
                assert_eq!(
                    counted_by_key(conn, &key_id(2), Timestamp(0))?,
                    Counted::default()
                );
                assert_eq!(
                    counted_by_agent(conn, &agent_id(9), Timestamp(0))?,
                    Counted::default()
                );
                assert_eq!(counted(conn, Timestamp(4))?, Counted::default());
                Ok((all.spent.micros(), all.held.micros()))
            })
            .await
            .unwrap()
    };
    assert_eq!(count(&store).await, (0, 7_000));
    store
        .commit(vec![
            Record::EntryEnded(entry(attempt(1, 1, "p/m"), None, Some(10), 8)),
            Record::EntryEnded(at_fallback),
        ])
        .await
        .unwrap();
    assert_eq!(
        count(&store).await,
        (40, 4_000),
        "the cost, and what stands for an unknown one"
    );
    let store = store.reopened().await;
    assert_eq!(
        count(&store).await,
        (4_040, 0),
        "what a crash cut off goes on counting"
    );
}
