//! What is told of a budget near its end.

use std::time::Duration;

use domain::{Budget, BudgetPeriod, Money};
use gateway::control::{BudgetOwner, Notice};
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

use super::{asking, hi, took, world_with};
use crate::support::app::{CANARY, TestClock, draft};

/// What was told of budgets since the last look: whose, how much of a hundred, and what was spent.
fn told(notices: &mut Receiver<Notice>) -> Vec<(String, u8, i64)> {
    let mut told = Vec::new();
    loop {
        match notices.try_recv() {
            Ok(Notice::BudgetNear {
                owner,
                spent,
                percent,
                ..
            }) => {
                let whose = match owner {
                    BudgetOwner::Everything => "everything".to_owned(),
                    BudgetOwner::Key { name, .. } => format!("key {name}"),
                    BudgetOwner::Agent { slug, .. } => format!("agent {slug}"),
                };
                told.push((whose, percent, spent.micros()));
            }
            Ok(_) => {}
            Err(TryRecvError::Empty) => return told,
            Err(error) => panic!("{error}"),
        }
    }
}

fn of(whose: &str, percent: u8, spent: i64) -> (String, u8, i64) {
    (whose.to_owned(), percent, spent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_near_its_end_is_told_of_once_at_each_mark_and_again_in_the_next_span() {
    // Sunday, 2026-11-22T05:52:00Z
    let clock = TestClock::at(1_795_326_720_000);
    let (provider, app) = world_with("openai", |config| config.clock = clock.clone()).await;
    // 10 in and 1000 out are 601.5 micro-dollars
    provider.always(took(10, 1_000));
    let _set: Value = app
        .ask(
            "settings.set",
            json!({"budgets": [{"cap": 100_000, "per": "day"}]}),
        )
        .await;
    let key = app
        .key_with(json!({"name": "k", "budgets": [{"cap": 3_000, "per": "day"}]}))
        .await;
    let mut notices = app.engine().notices();
    for _ in 0..3 {
        assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    }
    assert_eq!(told(&mut notices), [], "three fifths");
    assert_eq!(app.chat(&key, &asking(500)).await.status(), 200);
    assert_eq!(told(&mut notices), [of("key k", 80, 2_408)]);

    // the last one may use the rest, and takes more than that
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 200);
    assert_eq!(told(&mut notices), [of("key k", 100, 3_010)]);
    assert_eq!(app.chat(&key, &hi("reviewer")).await.status(), 402);
    assert_eq!(told(&mut notices), [], "a refusal says so itself");

    clock.advance(Duration::from_secs(24 * 3_600));
    for _ in 0..4 {
        assert_eq!(app.chat(&key, &asking(500)).await.status(), 200);
    }
    assert_eq!(told(&mut notices), [of("key k", 80, 2_408)], "a new day");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_tells_nothing_again_and_a_changed_budget_is_another_one() {
    let (provider, mut app) = world_with("openai", |_config| {}).await;
    provider.always(took(10, 1_000));
    let key = app
        .key_with(json!({"name": "k", "budgets": [{"cap": 750, "per": "total"}]}))
        .await;
    let mut notices = app.engine().notices();
    assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    assert_eq!(told(&mut notices), [of("key k", 80, 602)]);

    app.restart().await;
    let back = json!({"id": "p", "key": CANARY});
    let _forgotten_with_the_process: Value = app.ask("provider.set_key", back).await;
    let mut notices = app.engine().notices();
    provider.always(took(10, 10));
    assert_eq!(app.chat(&key, &asking(10)).await.status(), 200);
    assert_eq!(told(&mut notices), [], "a start does not tell it again");

    let _lowered: Value = app
        .ask(
            "key.update",
            json!({"key": "k", "budgets": [{"cap": 700, "per": "total"}]}),
        )
        .await;
    assert_eq!(app.chat(&key, &asking(10)).await.status(), 200);
    let told = told(&mut notices);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].0.as_str(), told[0].1), ("key k", 80));
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budgets_of_agents_and_of_everything_are_told_of_and_those_of_sessions_are_not() {
    let (provider, app) = world_with("openai", |_config| {}).await;
    provider.always(took(10, 1_000));
    let _set: Value = app
        .ask(
            "settings.set",
            json!({"budgets": [{"cap": 750, "per": "total"}], "session_budget": 700}),
        )
        .await;
    let mut capped = draft("reviewer", "p/gpt-4o-mini", "");
    capped["budgets"] = json!([{"cap": 740, "per": "month"}]);
    let _changed: Value = app
        .ask("agent.update", json!({"agent": "reviewer", "draft": capped}))
        .await;
    let key = app.key().await;
    let mut notices = app.engine().notices();
    assert_eq!(app.chat(&key, &asking(1_000)).await.status(), 200);
    let mut news = Vec::new();
    while let Ok(notice) = notices.try_recv() {
        if let Notice::BudgetNear { owner, budget, .. } = notice {
            news.push((matches!(owner, BudgetOwner::Everything), budget));
        }
    }
    let budget = |cap, per| Budget { cap: Money(cap), per };
    assert_eq!(
        news,
        [
            (true, budget(750, BudgetPeriod::Total)),
            (false, budget(740, BudgetPeriod::Month)),
        ]
    );
    app.finish().await;
}
