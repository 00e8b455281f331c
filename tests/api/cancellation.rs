//! Whoever leaves, leaves the provider too (REL-06).

use std::time::{Duration, Instant};

use serde_json::json;

use super::{hi, hi_streamed, world};
use crate::support::{Reply, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_a_client_that_leaves_a_stream_or_before_it() {
    let (provider, app, key) = world().await;
    let prompt = json!({"model": "reviewer", "prompt": "Hi"});
    let mut times = 0;
    for (path, body) in [("/api/chat", hi_streamed("reviewer")), ("/api/generate", prompt)] {
        times += 1;
        provider.will(Reply::pieces(&["Once upon a time"]).stall());
        let mut response = app.post(path, &key, &body).await;
        while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("Once") {}
        drop(response);
        closes(&provider, times).await;
        assert_eq!(
            app.ended_call().await.row.outcome,
            Some(domain::Outcome::Cancelled)
        );
    }
    for body in [hi("reviewer"), hi_streamed("reviewer")] {
        times += 1;
        provider.will(Reply::silence());
        let sending = app
            .http()
            .post(app.url("/api/chat"))
            .bearer_auth(&key)
            .json(&body)
            .send();
        let waiting = tokio::spawn(sending);
        eventually("the provider to be asked", async || {
            (provider.open() == 1).then_some(())
        })
        .await;
        waiting.abort();
        closes(&provider, times).await;
    }
    app.finish().await;
}

async fn closes(provider: &crate::support::Provider, aborted: usize) {
    let left = Instant::now();
    eventually("the provider to see the end", async || {
        (provider.aborted() == aborted && provider.open() == 0).then_some(())
    })
    .await;
    assert!(
        left.elapsed() < Duration::from_secs(1),
        "after {:?}",
        left.elapsed()
    );
}
