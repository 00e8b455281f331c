//! Whoever leaves, leaves the provider too (REL-06).

use std::time::{Duration, Instant};

use super::{hi, post, world};
use crate::support::{Reply, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn rel_06_a_client_that_leaves_a_stream() {
    let (provider, app, key) = world().await;
    for (times, query) in (1..).zip(["?alt=sse", ""]) {
        provider.will(Reply::pieces(&["Once upon a time"]).stall());
        let path = format!("/v1beta/models/reviewer:streamGenerateContent{query}");
        let mut response = post(&app, &key, &path, &hi()).await;
        while !String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap()).contains("Once") {}
        drop(response);
        let left = Instant::now();
        eventually("the provider to see the end", async || {
            (provider.aborted() == times && provider.open() == 0).then_some(())
        })
        .await;
        assert!(
            left.elapsed() < Duration::from_secs(1),
            "after {:?}",
            left.elapsed()
        );
        assert_eq!(
            app.ended_call().await.row.outcome,
            Some(domain::Outcome::Cancelled)
        );
    }
    app.finish().await;
}
