//! The endpoint moves to another port while it runs, from outside.

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::support::{Home, chat, until};
use super::upstream::Upstream;

/// A port that is free on both addresses at the moment.
fn free() -> u16 {
    let found = (20_300..32_000).step_by(89).find(|port| {
        TcpListener::bind(("127.0.0.1", *port)).is_ok() && TcpListener::bind(("::1", *port)).is_ok()
    });
    found.unwrap()
}

fn reachable(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn a_new_port_is_served_at_once_and_what_runs_on_the_old_one_finishes() {
    let upstream = Upstream::start();
    let home = Home::new("memory");
    let secret = home.prepare(&upstream.base_url);
    let serve = home.serve();
    let old = serve.port;
    let key = format!("Bearer {secret}");
    let body = chat("scripted/drip", true);
    let running = serve.send(
        "POST",
        "/v1/chat/completions",
        &[("authorization", &key)],
        Some(&body),
    );

    let new = free();
    home.json(&["config", "set", "port", &new.to_string()]);
    let status = home.json(&["status"]);
    assert_eq!(status["endpoint"]["port"], new);
    assert_eq!(
        status["endpoint"]["base_url"],
        format!("http://127.0.0.1:{new}/v1")
    );
    let mut moved = serve;
    moved.port = new;
    assert_eq!(moved.get(&secret, "/v1/models").status, 200);
    assert!(!reachable(old), "nobody is let in there any more");
    let whole = running.whole();
    assert!(
        whole.text().contains("[DONE]"),
        "what ran there finished: {}",
        whole.text()
    );
    // Host is held to the new port
    let host = format!("127.0.0.1:{old}");
    let wrong = moved.send("GET", "/health", &[("host", &host)], None).whole();
    assert_eq!(wrong.status, 421);
    moved.stop();
    let again = home.serve_with(&[]);
    assert_eq!(again.port, new, "and it is kept");
    again.stop();
}

#[test]
fn a_port_that_somebody_has_changes_nothing() {
    let home = Home::new("memory");
    let serve = home.serve();
    let secret = home.json(&["key", "create", "editor"])["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let before = home.json(&["config", "get"]);
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(squatter) = TcpListener::bind(address) else {
            continue;
        };
        let port = squatter.local_addr().unwrap().port().to_string();
        let refused = home.run(&["config", "set", "port", &port]);
        refused.failed_with_hint("port_taken");
        assert!(
            refused.stderr.contains(&format!("stays at port {}", serve.port)),
            "{refused:?}"
        );
        assert_eq!(home.json(&["config", "get"]), before);
        assert_eq!(serve.get(&secret, "/v1/models").status, 200);
    }
    // the second port and the endpoint do not get in each other's way
    let second = free();
    home.json(&["config", "set", "ollama_port", &second.to_string()]);
    let up = until(Duration::from_secs(20), || reachable(second).then_some(()));
    assert!(up.is_some());
    home.run(&["config", "set", "port", &second.to_string()])
        .failed_with_hint("conflict");
    assert_eq!(serve.get(&secret, "/v1/models").status, 200);
    serve.stop();
}
