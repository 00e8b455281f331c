//! Prices that are corrected while budgets count.

use domain::Money;
use serde_json::{Value, json};

use super::{asking, assert_spent, standing, took, world};
use crate::support::{Reply, eventually};

/// Dollars for a million tokens, the same for both ways.
fn price_of(micros: i64) -> Value {
    json!({"target": "p/gpt-4o-mini", "input": micros, "output": micros})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_price_counts_for_budgets_at_once_and_leaves_what_is_set_aside() {
    let (provider, app) = world("custom").await;
    let _set: Value = app.ask("price.set", price_of(1_000_000)).await;
    // a thousand tokens, a thousand micro-dollars each
    provider.always(took(500, 500));
    let budgets = json!([{"cap": 3_600, "per": "month"}, {"cap": 1_000_000, "per": "total"}]);
    let key = app.key_with(json!({"name": "k", "budgets": budgets})).await;
    let spent = async || standing(&app, "k").await[0].spent;
    for _ in 0..3 {
        assert_eq!(app.chat(&key, &asking(500)).await.status(), 200);
    }
    assert_eq!(spent().await, Money(3_000));
    assert_spent(app.chat(&key, &asking(800)).await, "This client key's budget").await;

    // cheaper: there is room for it again
    let _set: Value = app.ask("price.set", price_of(500_000)).await;
    assert_eq!(spent().await, Money(1_500));
    assert_eq!(app.chat(&key, &asking(800)).await.status(), 200);
    assert_eq!(spent().await, Money(2_000));

    // one runs, and holds 1,000 and what its prompt may take
    provider.will(Reply::silence());
    let sending = app
        .http()
        .post(app.url("/v1/chat/completions"))
        .bearer_auth(&key)
        .json(&asking(2_000))
        .send();
    let waiting = tokio::spawn(sending);
    eventually("the call that runs", async || {
        (provider.open() == 1).then_some(())
    })
    .await;
    let held = standing(&app, "k").await[0].held;
    assert!(held > Money(1_000), "{held}");
    let _set: Value = app.ask("price.set", price_of(600_000)).await;
    assert_eq!(spent().await, Money(2_400), "of all that ended");
    assert_eq!(
        standing(&app, "k").await[0].held,
        held,
        "and what is set aside stays so"
    );
    // 3,600 - 2,400 - 1,000 and some: it would fit if the one that runs held nothing
    assert_spent(
        app.chat(&key, &asking(1_000)).await,
        "This client key's budget of $0.0036 a month has $0.0012 left, of which",
    )
    .await;
    waiting.abort();
    eventually("its money back", async || {
        (standing(&app, "k").await[0].held == Money(0)).then_some(())
    })
    .await;
    let _set: Value = app.ask("price.set", price_of(2_000_000)).await;
    assert_spent(
        app.chat(&key, &asking(1)).await,
        "This client key's budget of $0.0036 a month is spent",
    )
    .await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_price_leaves_budgets_the_fallback_and_not_nothing() {
    let (provider, app) = world("custom").await;
    let fallback = json!({"fallback_price": {"input": 3_000_000, "output": 3_000_000}});
    let _set: Value = app.ask("settings.set", fallback).await;
    let _set: Value = app.ask("price.set", price_of(1_000_000)).await;
    provider.always(took(500, 500));
    let budgets = json!([{"cap": 4_500, "per": "month"}]);
    let key = app.key_with(json!({"name": "k", "budgets": budgets})).await;
    assert_eq!(app.chat(&key, &asking(500)).await.status(), 200);
    let target = json!({"target": "p/gpt-4o-mini"});
    let _removed: Value = app.ask("price.remove", target).await;
    assert_eq!(standing(&app, "k").await[0].spent, Money(3_000));
    assert_spent(
        app.chat(&key, &asking(500)).await,
        "This client key's budget of $0.0045 a month has $0.0015 left",
    )
    .await;
    let _set: Value = app.ask("price.set", price_of(1_000_000)).await;
    assert_eq!(standing(&app, "k").await[0].spent, Money(1_000), "and back");
    assert_eq!(app.chat(&key, &asking(500)).await.status(), 200);
    app.finish().await;
}
