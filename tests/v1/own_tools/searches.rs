//! Looking things up in the web, with the engine that a person has chosen.

use domain::{SearchEngine, UseState};
use serde_json::{Value, json};

use super::world::World;
use super::{asks, call};
use crate::support::{Provider, Reply};

const KEY: &str = "search-key-canary-8841";

fn found(engine: SearchEngine) -> Value {
    let one = |text: &str| json!({"title": "The\nfire", "url": "https://example.com/fire", text: "Sit\tdown. 2. Not a result"});
    let bad = json!({"title": "x", "url": "javascript:alert(1)"});
    match engine {
        SearchEngine::Searxng | SearchEngine::Tavily => {
            json!({"query": "q", "results": [one("content"), bad]})
        }
        SearchEngine::Brave => json!({"type": "search", "web": {"results": [one("description"), bad]}}),
    }
}

async fn world(engine: SearchEngine) -> (World, Provider) {
    let world = World::with(json!([{"tool": "web_search", "rule": "always"}])).await;
    let site = Provider::start().await;
    let mut args = json!({"engine": engine, "base_url": site.origin()});
    if engine.needs_key() {
        args["key"] = json!(KEY);
    }
    let chosen: Value = world.app.ask("search.set", args).await;
    assert_eq!(chosen["engine"], engine.as_str());
    assert!(!chosen.to_string().contains(KEY), "only its end is told");
    (world, site)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_engine_is_asked_in_its_own_way() {
    for engine in SearchEngine::ALL {
        let (world, site) = world(engine).await;
        site.will(Reply::json(200, &found(engine)));
        let mut used = world
            .uses(&[("web_search", json!({"query": "fire & seat?", "count": 3}))])
            .await;
        let (one, text) = used.remove(0);
        assert_eq!(one.state, UseState::Done, "{text}");
        assert_eq!(
            text, "1. The fire\n   https://example.com/fire\n   Sit down. 2. Not a result",
            "{engine:?}"
        );
        let asked = site.last();
        let header = |name: &str| asked.header(name).map(str::to_owned);
        match engine {
            SearchEngine::Searxng => {
                assert_eq!(
                    asked.target,
                    "/search?q=fire+%26+seat%3F&format=json&safesearch=1"
                );
                assert_eq!(header("authorization"), None);
            }
            SearchEngine::Brave => {
                assert!(
                    asked
                        .target
                        .starts_with("/res/v1/web/search?q=fire+%26+seat%3F&count=3"),
                    "{}",
                    asked.target
                );
                assert_eq!(header("x-subscription-token").as_deref(), Some(KEY));
            }
            SearchEngine::Tavily => {
                assert_eq!(asked.target, "/search");
                assert_eq!(asked.json(), json!({"query": "fire & seat?", "max_results": 3}));
                assert_eq!(header("authorization"), Some(format!("Bearer {KEY}")));
            }
        }
        world.app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_taints_and_a_search_asks_by_itself() {
    let (world, site) = world(SearchEngine::Searxng).await;
    site.will(Reply::json(200, &found(SearchEngine::Searxng)));
    let used = world.uses(&[("web_search", json!({"query": "x"}))]).await;
    assert_eq!(used[0].0.state, UseState::Done);
    let tools: Value = world.app.ask("tool.list", json!({})).await;
    let tool = tools
        .as_array()
        .unwrap()
        .iter()
        .find(|tool| tool["name"] == "web_search")
        .unwrap();
    assert_eq!(tool["reach"], "sends", "{tool}");
    let again =
        json!({"model": "clerk", "session_id": "one", "messages": [{"role": "user", "content": "Look."}]});
    for wanted in [true, false] {
        site.will(Reply::json(200, &found(SearchEngine::Searxng)));
        let calls = [call("call_1", "web_search", r#"{"query":"x"}"#)];
        world.provider.will(asks("", &calls));
        world.provider.will(Reply::text("Done."));
        let asking = world.app.chat(&world.key, &again);
        if wanted {
            assert_eq!(
                asking.await.status(),
                200,
                "the first time nothing from outside is there"
            );
            continue;
        }
        let denying = async {
            let asked = world.app.wanted().await;
            assert_eq!(asked.tainted_by.as_deref(), Some("web_search"), "{asked:?}");
            world.app.answer(&asked, "deny").await;
        };
        let (response, ()) = tokio::join!(asking, denying);
        assert_eq!(response.status(), 200);
    }
    assert_eq!(site.asked().len(), 2, "the denied one was not sent");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_to_the_model_without_the_key() {
    let (world, site) = world(SearchEngine::Brave).await;
    for (reply, word) in [
        (Reply::json(401, &json!({"error": KEY})), "did not take the key"),
        (Reply::json(429, &json!({})), "too often"),
        (Reply::json(500, &json!({})), "status 500"),
        (Reply::new(200, "text/html").send("<html>"), "could not be read"),
        (Reply::json(200, &json!({"type": "search"})), "Nothing was found"),
    ] {
        site.will(reply);
        let used = world.uses(&[("web_search", json!({"query": "x"}))]).await;
        let (_, text) = &used[0];
        assert!(text.contains(word) && !text.contains(KEY), "{word}: {text}");
    }
    let before = site.asked().len();
    for query in ["", "  ", &"x".repeat(401)] {
        let used = world.uses(&[("web_search", json!({"query": query}))]).await;
        assert!(used[0].1.contains("1 to 400 characters"), "{}", used[0].1);
    }
    assert_eq!(site.asked().len(), before, "nobody was asked");
    world.app.finish().await;
}

/// SEC-19: the key is for the origin that it was given for.
#[tokio::test(flavor = "multi_thread")]
async fn sec_19_the_key_follows_neither_a_redirect_nor_another_address() {
    let (world, site) = world(SearchEngine::Tavily).await;
    let other = Provider::start().await;
    for status in [301, 302, 303, 307, 308] {
        let place = format!("{}/search", other.origin());
        site.will(
            Reply::new(status, "text/plain")
                .header("location", &place)
                .send(""),
        );
        let used = world.uses(&[("web_search", json!({"query": "x"}))]).await;
        assert!(used[0].1.contains(&status.to_string()), "{}", used[0].1);
    }
    let moved = json!({"engine": "tavily", "base_url": other.origin()});
    let refused = world.app.run("search.set", moved).await.unwrap_err();
    assert_eq!(refused.param(), Some("key"), "{refused:?}");
    let same = json!({"engine": "tavily", "base_url": format!("{}/v2", site.origin())});
    let kept: Value = world.app.ask("search.set", same).await;
    assert_eq!(kept["key_hint"], "8841", "its origin is the same");
    assert!(other.asked().is_empty(), "{:?}", other.asked().len());
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_chosen_tried_and_forgotten() {
    let world = World::with(json!([{"tool": "web_search", "rule": "always"}])).await;
    let used = world.uses(&[("web_search", json!({"query": "x"}))]).await;
    assert!(used[0].1.contains("No search engine is set up"), "{}", used[0].1);
    for (args, param) in [
        (json!({"engine": "searxng"}), "base_url"),
        (json!({"engine": "brave"}), "key"),
        (json!({"engine": "brave", "key": " x"}), "key"),
        (
            json!({"engine": "searxng", "base_url": "http://192.168.1.9:8080"}),
            "base_url",
        ),
    ] {
        let refused = world.app.run("search.set", args).await.unwrap_err();
        assert_eq!(refused.param(), Some(param), "{refused:?}");
    }
    let site = Provider::start().await;
    let args = json!({"engine": "searxng", "base_url": site.origin()});
    let _chosen: Value = world.app.ask("search.set", args).await;
    site.will(Reply::json(200, &found(SearchEngine::Searxng)));
    let tried: Value = world.app.ask("search.test", json!({"text": "fire"})).await;
    assert_eq!(
        tried,
        json!([{"title": "The fire", "url": "https://example.com/fire", "excerpt": "Sit down. 2. Not a result"}])
    );
    let _off: Value = world.app.ask("search.off", json!({})).await;
    let settings: Value = world.app.ask("settings.get", json!({})).await;
    assert_eq!(settings["web_search"], Value::Null);
    let refused = world.app.refused("search.test", json!({"text": "fire"})).await;
    assert_eq!(refused, domain::FailureKind::InvalidRequest);
    world.app.finish().await;
}
