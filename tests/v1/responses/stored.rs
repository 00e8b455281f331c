//! Coming back for a response: get, delete, input items, and nobody else's (W-135, SEC-17).

use serde_json::{Value, json};

use super::{Door, PATH, id};
use crate::support::canonical;
use crate::support::{Reply, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn w_135_a_response_is_given_again_as_it_was_until_it_is_deleted() {
    let door = Door::open().await;
    for streamed in [false, true] {
        let response = door
            .ask(json!({"input": "Hi", "stream": streamed, "metadata": {"a": "b"}}))
            .await;
        let path = id(&response);
        assert_eq!(door.get(&path).await, (200, response.clone()));
        assert_eq!(door.get(&format!("{path}/")).await.0, 200);
        assert_eq!(
            door.get(&format!("{path}?include[]=reasoning.encrypted_content"))
                .await
                .0,
            200
        );
        let bare = door.app.get(&format!("/responses/{path}"), &door.key).await;
        assert_eq!(bare.status(), 200, "without /v1 too");

        let url = door.app.url(&format!("{PATH}/{path}"));
        let delete = || door.app.http().delete(&url).bearer_auth(&door.key).send();
        let deleted: Value = delete().await.unwrap().json().await.unwrap();
        assert_eq!(
            deleted,
            json!({"id": path, "object": "response", "deleted": true})
        );
        assert_eq!(delete().await.unwrap().status(), 404, "once");
        let (status, error) = door.get(&path).await;
        assert_eq!(
            (status, &error["error"]["type"]),
            (404, &json!("invalid_request_error"))
        );
        assert_eq!(door.get(&format!("{path}/input_items")).await.0, 404);
    }
    assert_eq!(
        door.app.sessions().await.len(),
        2,
        "the history is the app's and stays"
    );
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn w_135_input_items_come_in_pages() {
    let door = Door::open().await;
    let items: Vec<Value> = (0..5)
        .map(|n| json!({"type": "message", "role": "user", "id": format!("msg_{n}"), "content": format!("say {n}")}))
        .collect();
    let response = id(&door.ask(json!({"input": items})).await);
    let page = async |query: &str| {
        let (status, page) = door.get(&format!("{response}/input_items{query}")).await;
        assert_eq!(status, 200, "{query}: {page}");
        assert_eq!(page["object"], "list");
        let ids: Vec<String> = page["data"].as_array().unwrap().iter().map(id).collect();
        assert_eq!(page["first_id"].as_str(), ids.first().map(String::as_str));
        assert_eq!(page["last_id"].as_str(), ids.last().map(String::as_str));
        (ids, page["has_more"].as_bool().unwrap())
    };
    let named = |numbers: &[i32]| numbers.iter().map(|n| format!("msg_{n}")).collect::<Vec<_>>();
    assert_eq!(page("").await, (named(&[4, 3, 2, 1, 0]), false), "newest first");
    assert_eq!(page("?order=asc&limit=2").await, (named(&[0, 1]), true));
    assert_eq!(
        page("?order=asc&limit=2&after=msg_1").await,
        (named(&[2, 3]), true)
    );
    assert_eq!(page("?order=asc&after=msg_3").await, (named(&[4]), false));
    assert_eq!(page("?limit=100&after=msg_1").await, (named(&[0]), false));
    assert_eq!(page("?after=msg_0").await, (Vec::new(), false));
    for query in ["?limit=0", "?limit=101", "?limit=x", "?order=up", "?after=msg_9"] {
        assert_eq!(
            door.get(&format!("{response}/input_items{query}")).await.0,
            400,
            "{query}"
        );
    }

    let text = id(&door.ask(json!({"input": "Hi"})).await);
    let (_, page) = door.get(&format!("{text}/input_items")).await;
    let item = &page["data"][0];
    assert!(item["id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(
        (&item["type"], &item["role"]),
        (&json!("message"), &json!("user"))
    );
    assert_eq!(item["content"], json!([{"type": "input_text", "text": "Hi"}]));
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_another_keys_response_is_not_there_on_any_route_also_after_its_deletion() {
    let door = Door::open().await;
    let other = door.app.key_with(json!({"name": "other"})).await;
    let mine = id(&door.ask(json!({"input": "my secret plan"})).await);
    door.provider.will(Reply::pieces(&["Once"]).stall());
    let running = door
        .ask_background(json!({"input": "my secret plan", "stream": false}))
        .await;
    let running = id(&running);
    let routes = async |key: &str, id: &str| {
        let http = door.app.http();
        let mut seen = Vec::new();
        for (method, path) in [
            ("GET", String::new()),
            ("GET", "?stream=true".to_owned()),
            ("GET", "/input_items".to_owned()),
            ("POST", "/cancel".to_owned()),
            ("DELETE", String::new()),
        ] {
            let url = door.app.url(&format!("{PATH}/{id}{path}"));
            let request = http.request(method.parse().unwrap(), url).bearer_auth(key);
            let response = request
                .header("content-type", "application/json")
                .send()
                .await
                .unwrap();
            let status = response.status().as_u16();
            let body = response.bytes().await.unwrap();
            let text = String::from_utf8_lossy(&body).replace(id, "ID");
            assert!(!text.contains("secret"), "{method} {path}: {text}");
            let _shaped = canonical::error(&body);
            seen.push((method, path, status, text));
        }
        seen
    };
    let unknown = routes(&other, "resp_00000000000000000000000000000000").await;
    assert!(
        unknown.iter().all(|(_, _, status, _)| *status == 404),
        "{unknown:?}"
    );
    assert_eq!(routes(&other, &mine).await, unknown, "as if it had never been");
    assert_eq!(routes(&other, &running).await, unknown);
    assert_eq!(door.provider.open(), 1, "and it still runs");
    assert_eq!(door.get(&mine).await.0, 200);

    for id in [&mine, &running] {
        let url = door.app.url(&format!("{PATH}/{id}"));
        let deleted = door
            .app
            .http()
            .delete(url)
            .bearer_auth(&door.key)
            .send()
            .await
            .unwrap();
        assert_eq!(deleted.status(), 200);
        assert_eq!(routes(&other, id).await, unknown);
        assert_eq!(routes(&door.key, id).await, unknown);
    }
    eventually("the deleted run to stop", async || {
        (door.provider.open() == 0).then_some(())
    })
    .await;
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_17_ids_cannot_be_guessed_from_one_another() {
    let door = Door::open().await;
    let one = id(&door.ask(json!({"input": "Hi"})).await);
    let two = id(&door.ask(json!({"input": "Hi"})).await);
    // the end is random; only the beginning tells the time
    let (one, two) = (&one[one.len() - 16..], &two[two.len() - 16..]);
    let differ = one
        .bytes()
        .zip(two.bytes())
        .filter(|(one, two)| one != two)
        .count();
    assert!(differ >= 8, "{one} {two}");
    door.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn input_tokens_are_counted_here_with_what_is_kept() {
    let door = Door::open().await;
    let count = async |body: Value| {
        let response = door
            .app
            .post(&format!("{PATH}/input_tokens"), &door.key, &body)
            .await;
        assert_eq!(response.status(), 200);
        let counted: Value = response.json().await.unwrap();
        assert_eq!(counted["object"], "response.input_tokens");
        counted["input_tokens"].as_u64().unwrap()
    };
    let short = count(json!({"model": "reviewer", "input": "Hi"})).await;
    let long = count(json!({"model": "reviewer", "input": "word ".repeat(400)})).await;
    assert!(short > 0 && long > short + 200, "{short} {long}");
    assert!(door.provider.asked().is_empty(), "nobody is asked");
    let kept = id(&door.ask(json!({"input": "word ".repeat(400)})).await);
    let after = count(json!({"model": "reviewer", "input": "Hi", "previous_response_id": kept})).await;
    assert!(after > long, "{after}");
    let other = door.app.key_with(json!({"name": "other"})).await;
    let body = json!({"model": "reviewer", "input": "Hi", "previous_response_id": kept});
    let refused = door
        .app
        .post(&format!("{PATH}/input_tokens"), &other, &body)
        .await;
    assert_eq!(refused.status(), 400);
    door.app.finish().await;
}
