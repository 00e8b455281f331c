//! Searching what was said.

use domain::{MessageState, Part, Timestamp};
use store::table::search::{Fragment, Hit};
use store::{Record, table};

use crate::support::{TestStore, message, message_id, say, session, session_id};

async fn found(store: &TestStore, text: &str) -> Vec<i64> {
    let page = store.search(text, None, 50).await.unwrap();
    page.items.iter().map(|hit| hit.created_at.millis()).collect()
}

fn shown(hit: &Hit) -> String {
    hit.snippet
        .iter()
        .map(|Fragment { text, is_match }| {
            if *is_match {
                format!("[{text}]")
            } else {
                text.clone()
            }
        })
        .collect()
}

#[tokio::test]
async fn words_are_found_newest_first() {
    let store = TestStore::new();
    say(
        &store,
        &[
            "The quick brown fox",
            "A quick answer about Müller",
            "nothing here",
            "quick, quicker, quickest",
        ],
    )
    .await;
    assert_eq!(found(&store, "quick").await, [4, 2, 1]);
    assert_eq!(
        found(&store, "QUICK ans").await,
        [2],
        "the last word is a beginning"
    );
    assert_eq!(
        found(&store, "quick ans ").await,
        [] as [i64; 0],
        "unless a space ends it"
    );
    assert_eq!(found(&store, "muller").await, [2], "without diacritics");
    assert_eq!(found(&store, "\"brown fox\"").await, [1]);
    assert_eq!(found(&store, "\"fox brown\"").await, [] as [i64; 0]);
    let page = store.search("quick", None, 50).await.unwrap();
    assert_eq!(shown(&page.items[1]), "A [quick] answer about Müller");
    assert_eq!(shown(&page.items[0]), "[quick], [quicker], [quickest]");
    assert_eq!(page.items[0].title, "Session 1");
}

#[tokio::test]
async fn pages_follow_each_other() {
    let store = TestStore::new();
    say(&store, &["word"; 10]).await;
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.search("word", cursor, 4).await.unwrap();
        all.extend(page.items.iter().map(|hit| hit.created_at.millis()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(all, (1..=10).rev().collect::<Vec<_>>());
    assert!(store.search("word", Some("x".into()), 4).await.is_err());
}

#[tokio::test]
async fn no_input_is_an_error() {
    let store = TestStore::new();
    let texts = [
        "plain a text",
        "emoji 🦀 crab",
        "漢字かな混じり文",
        "foo-bar \"quoted\" it's 100%",
        "mark \u{fdd0}inside\u{fdd1} text",
    ];
    say(&store, &texts).await;
    let (long, words) = ("x".repeat(10_000), "word ".repeat(2_000));
    let nasty = [
        "",
        " ",
        "a",
        "\"",
        "\"\"",
        "\"\"\"",
        "*",
        "a*",
        "**",
        "(",
        ")",
        "NEAR(",
        "AND",
        "OR OR",
        "NOT",
        "^a",
        "a:b",
        "text:a",
        "-a",
        "{a b}",
        "a + b",
        "'",
        "it's",
        ";",
        "--",
        "/* */",
        "%",
        "_",
        "\\",
        "\0",
        "a\0b",
        "\u{fdd0}",
        "🦀",
        "👩‍👩‍👧‍👦",
        "漢",
        "字か",
        "é",
        "e\u{301}",
        "\u{202e}abc",
        "\u{feff}",
        "١٢",
        "ก",
        &long,
        &words,
    ];
    for text in nasty {
        let result = store.search(text, None, 20).await;
        assert!(result.is_ok(), "{text:?}: {result:?}");
        let text = text.to_owned();
        let titles = store
            .read(move |conn| table::search::titles(conn, &text, 20))
            .await;
        assert!(titles.is_ok());
    }
    assert_eq!(found(&store, "a").await, [1]);
    assert_eq!(found(&store, "🦀").await, [2]);
    assert_eq!(found(&store, "字か").await, [3], "inside a run without spaces");
    assert_eq!(found(&store, "foo-bar").await, [4]);
    assert_eq!(found(&store, "%").await, [4]);
    let marked = store.search("mark", None, 1).await.unwrap();
    assert_eq!(
        shown(&marked.items[0]).replace(['[', ']'], ""),
        "mark inside text"
    );
    let crab = store.search("🦀", None, 1).await.unwrap();
    assert_eq!(shown(&crab.items[0]), "emoji [🦀] crab");
}

#[tokio::test]
async fn the_index_follows_every_change() {
    let store = TestStore::new();
    say(&store, &["original words"]).await;
    let mut streamed = message(2, 1, Some(1), "");
    streamed.state = MessageState::Streaming;
    let progress = |n, text: &str, state| {
        vec![Record::MessageProgress {
            id: message_id(n),
            parts: vec![Part::text(text)],
            extra: domain::Extra::new(),
            state,
        }]
    };
    store.commit(vec![Record::MessageAdded(streamed)]).await.unwrap();
    assert_eq!(found(&store, "original").await, [1]);
    store
        .record(progress(2, "unfinished thought", MessageState::Streaming))
        .await
        .unwrap();
    assert_eq!(found(&store, "unfinished").await, [] as [i64; 0]);
    store
        .record(progress(2, "finished thought", MessageState::Complete))
        .await
        .unwrap();
    assert_eq!(found(&store, "finished").await, [2]);
    store
        .record(progress(2, "changed again", MessageState::Complete))
        .await
        .unwrap();
    store
        .record(progress(2, "changed twice", MessageState::Complete))
        .await
        .unwrap();
    assert_eq!(found(&store, "finished").await, [] as [i64; 0]);
    assert_eq!(found(&store, "again").await, [] as [i64; 0]);
    assert_eq!(found(&store, "changed").await, [2]);
    store
        .write(|tx| table::messages::edit(tx, &message_id(1), &[Part::text("edited words")]))
        .await
        .unwrap();
    assert_eq!(found(&store, "original").await, [] as [i64; 0]);
    assert_eq!(found(&store, "words").await, [1]);
    // FTS5's own check compares the index with the content it stands for
    store
        .write(|tx| {
            tx.execute(
                "INSERT INTO search (search, rank) VALUES ('integrity-check', 1)",
                [],
            )
            .map_err(store::failed)
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn deleted_sessions_are_not_found() {
    let store = TestStore::new();
    say(&store, &["hidden treasure"]).await;
    let titles = async || {
        store
            .read(|conn| table::search::titles(conn, "sESSION", 9))
            .await
            .unwrap()
            .len()
    };
    assert_eq!((found(&store, "treasure").await.len(), titles().await), (1, 1));
    store
        .write(|tx| table::sessions::delete(tx, &session_id(1), Timestamp(9)))
        .await
        .unwrap();
    assert_eq!((found(&store, "treasure").await.len(), titles().await), (0, 0));
    store
        .write(|tx| table::sessions::restore(tx, &session_id(1)))
        .await
        .unwrap();
    assert_eq!((found(&store, "treasure").await.len(), titles().await), (1, 1));
}

#[tokio::test]
async fn many_messages_are_indexed_in_the_background() {
    let store = TestStore::new();
    let mut records = vec![Record::SessionOpened(session(1))];
    records.extend((1..=5_000).map(|n| Record::MessageAdded(message(n, 1, None, "common words"))));
    store.record(records).await.unwrap();
    store.flush().await.unwrap();
    let began = std::time::Instant::now();
    while store.stats().unindexed > 0 {
        assert!(began.elapsed() < std::time::Duration::from_secs(20));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let indexed: i64 = store
        .outside()
        .query_row(
            "SELECT count(*) FROM search WHERE search MATCH 'common'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(indexed, 5_000);
}

#[tokio::test]
async fn only_the_beginning_of_an_enormous_message_is_searched() {
    let store = TestStore::new();
    let text = format!("beginning {} ending", "filler ".repeat(60_000));
    say(&store, &[&text]).await;
    assert_eq!(found(&store, "beginning").await, [1]);
    assert_eq!(found(&store, "ending").await, [] as [i64; 0]);
}
