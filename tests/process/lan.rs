//! SEC-11 from outside: which sockets the real binary has, who gets in from the network, and that it ends.
//!
//! The network is this machine's own, over an address that is not loopback; on a machine without one these tests
//! have nobody to play the stranger and say so.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use reqwest::header::{HOST, ORIGIN, RETRY_AFTER};
use reqwest::{Certificate, Client, Response};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::support::{Home, PATIENCE, Serve, chat, until};
use super::upstream::Upstream;

/// What a process listens at, from the tables of the system.
fn sockets(serve: &Serve) -> BTreeSet<String> {
    let folder = std::fs::read_dir(format!("/proc/{}/fd", serve.pid())).unwrap();
    let held: BTreeSet<String> = folder
        .flatten()
        .filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .map(|target| target.to_string_lossy().into_owned())
        .collect();
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap());
    let rows = tables.iter().flat_map(|table| table.lines().skip(1));
    rows.filter_map(|row| {
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        let ours = held.contains(&format!("socket:[{}]", fields[9]));
        (fields[3] == "0A" && ours).then(|| written(fields[1]))
    })
    .collect()
}

/// An address of the tables, as people write it: words of four bytes in the machine's order.
fn written(field: &str) -> String {
    let (ip, port) = field.split_once(':').unwrap();
    let bytes: Vec<u8> = (0..ip.len() / 8)
        .flat_map(|word| {
            let word = u32::from_str_radix(&ip[word * 8..word * 8 + 8], 16).unwrap();
            word.to_ne_bytes()
        })
        .collect();
    let ip: std::net::IpAddr = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => four.into(),
        Err(_) => <[u8; 16]>::try_from(bytes.as_slice()).unwrap().into(),
    };
    SocketAddr::new(ip, u16::from_str_radix(port, 16).unwrap()).to_string()
}

fn loopback(port: u16) -> BTreeSet<String> {
    [format!("127.0.0.1:{port}"), format!("[::1]:{port}")].into()
}

fn everywhere(port: u16) -> BTreeSet<String> {
    [format!("0.0.0.0:{port}"), format!("[::]:{port}")].into()
}

/// The endpoint as another machine sees it.
struct Outside {
    client: Client,
    base: String,
    address: SocketAddr,
}

impl Outside {
    /// `None` on a machine without a network.
    fn of(home: &Home, status: &Value) -> Option<Self> {
        let pem = home.json(&["endpoint", "lan", "certificate"]);
        let certificate = Certificate::from_pem(pem["pem"].as_str().unwrap().as_bytes()).unwrap();
        let urls = status["base_urls"].as_array().unwrap();
        let base = urls
            .iter()
            .map(|url| url.as_str().unwrap())
            .find(|url| !url.contains(".local:"));
        let Some(base) = base else {
            println!("this machine has no address but loopback; nobody came from outside");
            return None;
        };
        let address = base
            .strip_prefix("https://")
            .unwrap()
            .strip_suffix("/v1")
            .unwrap();
        let client = Client::builder()
            .tls_certs_only([certificate])
            .no_proxy()
            .build()
            .unwrap();
        Some(Self {
            client,
            base: base.to_owned(),
            address: address.parse().unwrap(),
        })
    }

    async fn models(&self, key: &str) -> Response {
        self.client
            .get(format!("{}/models", self.base))
            .bearer_auth(key)
            .send()
            .await
            .unwrap()
    }
}

fn status(home: &Home) -> Value {
    home.json(&["endpoint", "lan", "status"])
}

#[test]
fn sec_11_no_variable_and_no_setting_opens_it() {
    let mut home = Home::new("memory");
    for name in [
        "INGLENOOK_LAN",
        "INGLENOOK_HOST",
        "INGLENOOK_BIND",
        "HOST",
        "BIND",
        "LAN",
    ] {
        home = home.with(name, if name.ends_with("LAN") { "1" } else { "0.0.0.0" });
    }
    home.run(&["endpoint", "lan", "on"])
        .failed_with_hint("not_running");
    let serve = home.serve();
    assert_eq!(sockets(&serve), loopback(serve.port));
    for (name, value) in [("lan", "true"), ("host", "0.0.0.0"), ("bind", "0.0.0.0")] {
        home.run(&["config", "set", name, value])
            .failed("invalid_request");
    }
    assert_eq!(status(&home), json!({"state": "off"}));
    // no door without a key, and the shared key of loopback is none
    home.run(&["endpoint", "lan", "on", "--port", "0"])
        .failed_with_hint("conflict");
    home.json(&["config", "set", "no_key_on_loopback", "true"]);
    home.run(&["endpoint", "lan", "on", "--port", "0"])
        .failed_with_hint("conflict");
    home.run(&["endpoint", "lan", "on", "--for", "25h"]).misused();
    assert_eq!(sockets(&serve), loopback(serve.port));
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_11_the_network_comes_in_by_tls_with_a_key_and_under_our_name() {
    let home = Home::new("memory");
    let serve = home.serve();
    let secret = home.json(&["key", "create", "tablet"])["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    home.json(&["config", "set", "no_key_on_loopback", "true"]);
    assert_eq!(sockets(&serve), loopback(serve.port));

    let open = home.json(&["endpoint", "lan", "on", "--for", "1h", "--port", "0"]);
    let port = u16::try_from(open["port"].as_u64().unwrap()).unwrap();
    let both: BTreeSet<String> = loopback(serve.port).union(&everywhere(port)).cloned().collect();
    assert_eq!(sockets(&serve), both);
    let told = home.run(&["status"]).ok();
    assert!(
        told.stderr.contains("Other machines can reach the endpoint"),
        "{told:?}"
    );

    // the private key is this user's alone, and the fingerprint is the certificate's
    use std::os::unix::fs::PermissionsExt;
    for (name, mode) in [("", 0o700), ("key.pem", 0o600), ("open.json", 0o600)] {
        let kept = std::fs::metadata(home.data.join("lan").join(name)).unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, mode, "{name}");
    }
    let pem = home.json(&["endpoint", "lan", "certificate"])["pem"]
        .as_str()
        .unwrap()
        .to_owned();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = <base64ct::Base64 as base64ct::Encoding>::decode_vec(&der).unwrap();
    let digest: Vec<String> = Sha256::digest(&der)
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    assert_eq!(open["fingerprint"], digest.join(":"));

    let Some(outside) = Outside::of(&home, &open) else {
        return;
    };
    assert_eq!(outside.models(&secret).await.status(), 200);
    // nobody without a key: not programs that may do without one here, and not for what is a constant here
    for path in ["/v1/models", "/health", "/"] {
        let url = format!("https://{}{path}", outside.address);
        let keyless = outside.client.get(&url).send().await.unwrap();
        assert_eq!(keyless.status(), 401, "{path}");
        let here = serve.send("GET", path, &[], None).whole();
        assert_eq!(here.status, 200, "{path} on loopback");
    }
    for host in [
        "evil.example",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:4645",
        "192.0.2.77",
    ] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let url = format!("{}/models", outside.base);
            let asked = outside.client.get(&url).bearer_auth(&secret).header(HOST, &host);
            let answer = asked.send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), answer.content_length()),
                (421, Some(0)),
                "{host}"
            );
        }
    }
    let name = open["base_urls"].as_array().unwrap().iter().find_map(|url| {
        let url = url.as_str().unwrap();
        let name = url.strip_prefix("https://")?.strip_suffix("/v1")?;
        name.contains(".local:").then(|| name.to_owned())
    });
    if let Some(name) = name {
        let url = format!("{}/models", outside.base);
        let asked = outside.client.get(&url).bearer_auth(&secret).header(HOST, name);
        assert_eq!(
            asked.send().await.unwrap().status(),
            200,
            "the name of this machine"
        );
    }
    let page = outside
        .client
        .get(format!("{}/models", outside.base))
        .bearer_auth(&secret);
    let page = page.header(ORIGIN, "https://page.example").send().await.unwrap();
    assert_eq!(page.status(), 403);
    assert!(!page.headers().contains_key("access-control-allow-origin"));

    // plain HTTP is not answered, and TLS is not wanted on loopback
    let mut plain = TcpStream::connect(outside.address).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(plain, "GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", outside.address).unwrap();
    let mut said = Vec::new();
    // closed or reset: either is no answer
    let _end = plain.read_to_end(&mut said);
    assert!(!String::from_utf8_lossy(&said).contains("HTTP"), "{said:?}");
    assert!(
        TcpStream::connect((outside.address.ip(), serve.port)).is_err(),
        "the port of loopback"
    );

    let refused = home.json(&["endpoint", "refused"]);
    let from = outside.address.ip().to_string();
    assert!(
        refused["recent"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["from"] == from),
        "{refused}"
    );
    let exposure = home.json(&["endpoint", "exposure"]);
    assert_eq!(exposure["lan"], open);

    assert_eq!(home.json(&["endpoint", "lan", "off"]), json!({"state": "off"}));
    assert_eq!(sockets(&serve), loopback(serve.port));
    assert!(TcpStream::connect(outside.address).is_err());
    assert_eq!(
        serve.get(&secret, "/v1/models").status,
        200,
        "loopback stays as it is"
    );
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_11_its_time_ends_it_and_cuts_what_runs() {
    let upstream = Upstream::start();
    let home = Home::new("memory");
    let secret = home.prepare(&upstream.base_url);
    let serve = home.serve();
    let before = Instant::now();
    let open = home.json(&["endpoint", "lan", "on", "--for", "4s", "--port", "0"]);
    let Some(outside) = Outside::of(&home, &open) else {
        return;
    };
    let asked = outside.client.post(format!("{}/chat/completions", outside.base));
    let asked = asked
        .bearer_auth(&secret)
        .json(&chat("scripted/flow-20-50", true));
    let mut stream = asked.send().await.unwrap();
    assert_eq!(stream.status(), 200);
    assert!(stream.chunk().await.unwrap().is_some(), "it runs");
    let mut text = String::new();
    let cut = loop {
        match tokio::time::timeout(PATIENCE, stream.chunk()).await.unwrap() {
            Ok(Some(piece)) => text.push_str(&String::from_utf8_lossy(&piece)),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    let took = before.elapsed();
    assert!(cut && !text.contains("[DONE]"), "cut, not ended: {text}");
    assert!(
        (Duration::from_secs(4)..Duration::from_secs(20)).contains(&took),
        "{took:?}"
    );
    assert_eq!(sockets(&serve), loopback(serve.port));
    assert_eq!(status(&home), json!({"state": "off"}));
    assert!(!home.data.join("lan/open.json").exists());
    let recorded = until(PATIENCE, || {
        let calls = home.json(&["call", "list"]);
        (calls["calls"][0]["outcome"] != Value::Null).then(|| calls["calls"][0].clone())
    });
    assert!(recorded.is_some(), "what was cut is written down");
    serve.stop();
}

#[test]
fn sec_11_a_restart_neither_ends_nor_prolongs_it() {
    let home = Home::new("memory");
    let serve = home.serve();
    home.json(&["key", "create", "tablet"]);
    let open = home.json(&["endpoint", "lan", "on", "--for", "8h", "--port", "0"]);
    let longer = home.json(&["endpoint", "lan", "on", "--for", "24h"]);
    assert_eq!(longer["port"], open["port"], "only its time changes");
    assert!(longer["until"].as_i64() > open["until"].as_i64());
    serve.kill();

    let serve = home.serve();
    assert_eq!(status(&home), longer, "port, end and certificate");
    let port = u16::try_from(open["port"].as_u64().unwrap()).unwrap();
    assert!(sockets(&serve).is_superset(&everywhere(port)));
    home.json(&["endpoint", "lan", "off"]);
    serve.stop();

    // off stays off; a port that somebody has is not waited for
    let serve = home.serve();
    assert_eq!(sockets(&serve), loopback(serve.port));
    let squatter = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = squatter.local_addr().unwrap().port().to_string();
    home.run(&["endpoint", "lan", "on", "--port", &taken])
        .failed_with_hint("port_taken");
    let own = serve.port.to_string();
    home.run(&["endpoint", "lan", "on", "--port", &own])
        .failed_with_hint("conflict");
    assert_eq!(sockets(&serve), loopback(serve.port));

    // its time ran out while nothing ran
    home.json(&["endpoint", "lan", "on", "--for", "1s", "--port", "0"]);
    serve.kill();
    std::thread::sleep(Duration::from_millis(1100));
    let serve = home.serve();
    assert_eq!(sockets(&serve), loopback(serve.port));
    serve.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_11_the_last_key_takes_it_along_and_wrong_keys_are_few() {
    let home = Home::new("memory");
    let serve = home.serve();
    let secret = home.json(&["key", "create", "tablet"])["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let open = home.json(&["endpoint", "lan", "on", "--for", "1h", "--port", "0"]);
    let Some(outside) = Outside::of(&home, &open) else {
        return;
    };
    for _ in 0..20 {
        assert_eq!(outside.models("sk-ink-wrong").await.status(), 401);
    }
    let limited = outside.models(&secret).await;
    assert_eq!(limited.status(), 429, "no key of this address, right or wrong");
    let wait: u64 = limited.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(
        serve.get(&secret, "/v1/models").status,
        200,
        "loopback has no such limit"
    );

    home.json(&["key", "revoke", "tablet"]);
    let closed = until(PATIENCE, || {
        (sockets(&serve) == loopback(serve.port)).then_some(())
    });
    assert!(closed.is_some(), "{:?}", sockets(&serve));
    assert_eq!(status(&home), json!({"state": "off"}));
    serve.stop();
}
