//! Sums in one pass are those of plain SQL, whatever the ledger holds, and read one index only.

use domain::{CallSource, Confidence, Entry, FailureKind, Money, Outcome, Timestamp, Timings, Usage};
use store::table::entries::{GroupBy, series};
use store::{Connection, Record, table};

use crate::support::{TestStore, attempt, call, entry, key_id};

const DAY: i64 = 86_400_000;

/// A ledger with everything that can be in one: several attempts, midnights between them, unknown costs.
async fn ledger(store: &TestStore) {
    let mut records = Vec::new();
    // a small generator of its own, so that every run is the same
    let mut state = 7_u64;
    let mut draw = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for n in 1..400_u64 {
        let at = i64::try_from(draw(5 * 86_400_000)).unwrap();
        let mut asked = call(
            n.into(),
            CallSource::Client {
                key: key_id(u128::from(draw(3)) + 1),
            },
            None,
            at,
        );
        asked.user_agent =
            Some(["Zed/0.1", "OpenAI/Python 2.8.1", "curl/8"][usize::try_from(draw(3)).unwrap()].into());
        records.push(Record::CallStarted(asked));
        for number in 1..=u32::try_from(draw(3) + 1).unwrap() {
            let target = ["openai/a", "openai/b", "groq/b"][usize::try_from(draw(3)).unwrap()];
            let began = at + i64::from(number) * i64::try_from(draw(DAY.unsigned_abs())).unwrap();
            let failed = draw(4) == 0;
            let usage = (draw(5) > 0).then(|| Usage {
                input: draw(1_000),
                output: draw(100) + 2,
                ..Usage::default()
            });
            let cost = usage
                .filter(|_| draw(3) > 0)
                .map(|_| Money(i64::try_from(draw(10_000)).unwrap()));
            records.push(Record::AttemptStarted {
                attempt: attempt(n.into(), number, target),
                started_at: Timestamp(began),
                reserved: None,
            });
            records.push(Record::EntryEnded(Entry {
                outcome: match failed {
                    true => Outcome::Failed {
                        kind: FailureKind::UpstreamFailed,
                    },
                    false => Outcome::Succeeded,
                },
                cost,
                confidence: Confidence::Computed,
                timings: Timings {
                    sent_us: Some(10),
                    first_token_us: Some(draw(1_000_000)),
                    last_token_us: Some(1_000_000 + draw(1_000_000)),
                    total_us: 2_000_000,
                    ..Timings::default()
                },
                ..entry(attempt(n.into(), number, target), usage, None, began)
            }));
        }
    }
    store.commit(records).await.unwrap();
}

type Sum = (Option<String>, i64, i64, i64, i64, i64, i64);

fn plain(conn: &Connection, group: &str, (from, to): (i64, i64)) -> Vec<Sum> {
    let sql = format!(
        "SELECT {group} AS g, count(DISTINCT call), count(*), sum(outcome <> 'succeeded'), ifnull(sum(input), 0),
                ifnull(sum(cost), 0), sum(cost IS NULL)
         FROM entries WHERE started_at >= ?1 AND started_at < ?2 AND outcome IS NOT NULL GROUP BY g ORDER BY g"
    );
    let mut statement = conn.prepare(&sql).unwrap();
    let rows = statement.query_map((from, to), |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
        ))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn sum(row: table::entries::UsageRow) -> Sum {
    let number = |value: u64| i64::try_from(value).unwrap();
    (
        row.group,
        number(row.calls),
        number(row.attempts),
        number(row.failed),
        number(row.usage.input),
        row.cost.micros(),
        number(row.unknown_cost),
    )
}

#[tokio::test]
async fn one_pass_finds_what_plain_sql_finds() {
    let store = TestStore::new();
    ledger(&store).await;
    for span in [
        (0, i64::MAX),
        (DAY, 3 * DAY),
        (2 * DAY + 1, 2 * DAY + 2),
        (3 * DAY, 2 * DAY),
    ] {
        for (by, group) in [
            (GroupBy::Day, "date(started_at / 1000, 'unixepoch')"),
            (GroupBy::Agent, "agent"),
            (GroupBy::Model, "provider || '/' || model"),
            (GroupBy::Key, "client_key"),
            (GroupBy::Provider, "provider"),
        ] {
            store
                .read(move |conn| {
                    let found = series(conn, by, Timestamp(span.0), Timestamp(span.1))?;
                    let mut groups: Vec<Sum> = found.groups.into_iter().map(|group| sum(group.row)).collect();
                    groups.sort();
                    assert_eq!(groups, plain(conn, group, span), "{by:?} {span:?}");
                    let whole = plain(conn, "NULL", span).pop().unwrap_or_default();
                    assert_eq!(sum(found.total), whole, "{by:?} {span:?}");
                    let cells: i64 = found.cells.iter().map(|cell| cell.row.cost.micros()).sum();
                    assert_eq!(cells, whole.5, "{by:?} {span:?}");
                    Ok(())
                })
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn programs_are_summed_without_their_versions() {
    let store = TestStore::new();
    ledger(&store).await;
    store
        .read(|conn| {
            let found = series(conn, GroupBy::Client, Timestamp(0), Timestamp(i64::MAX))?;
            let mut names: Vec<_> = found
                .groups
                .into_iter()
                .filter_map(|group| group.row.group)
                .collect();
            names.sort();
            assert_eq!(names, ["OpenAI/Python", "Zed", "curl"]);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_sum_reads_the_index_and_sorts_nothing() {
    let store = TestStore::new();
    store
        .read(|conn| {
            let mut plan = conn
                .prepare(
                    "EXPLAIN QUERY PLAN SELECT agent, provider, model, outcome, failure, input, cached_input,
                         cache_write, output, reasoning, cost, confidence, reserved, sent_us, first_token_us, last_token_us,
                         total_us, number, call, client_key
                     FROM entries WHERE started_at >= 1 AND started_at < 2 AND outcome IS NOT NULL",
                )
                .unwrap();
            let steps: Vec<String> = plan
                .query_map([], |row| row.get(3))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert_eq!(
                steps,
                ["SEARCH entries USING COVERING INDEX entries_sums (started_at>? AND started_at<?)"]
            );
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn the_ledger_comes_in_parts_without_a_gap_or_a_repetition() {
    let store = TestStore::new();
    ledger(&store).await;
    store
        .read(|conn| {
            use table::entries::ledger;
            let span = (Timestamp(0), Timestamp(i64::MAX));
            let (whole, none) = ledger(conn, span, None, 100_000)?;
            assert!(none.is_none() && whole.len() > 400);
            assert!(whole.is_sorted_by_key(|row| row.started_at));
            let (mut parts, mut mark) = (Vec::new(), None);
            loop {
                let (rows, next) = ledger(conn, span, mark.as_ref(), 7)?;
                parts.extend(rows);
                mark = next;
                if mark.is_none() {
                    break;
                }
            }
            assert_eq!(parts, whole);
            Ok(())
        })
        .await
        .unwrap();
}
