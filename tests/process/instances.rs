//! One Inglenook a directory, one program a port, loopback and nothing else, and an end in order.

use std::io::Read;
use std::net::{Ipv6Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::support::{Home, PATIENCE, chat, quiet, until, wait};
use super::upstream::Upstream;

#[test]
fn a_second_instance_on_a_directory_is_refused() {
    let upstream = Upstream::start();
    let home = Home::new("memory");
    let first = home.serve();
    let key = home.prepare(&upstream.base_url);
    let second = home.run(&["serve", "--port", "0"]);
    second.failed_with_hint("data_directory_in_use");
    assert!(
        second.stderr.contains(&first.pid().to_string()),
        "it says who: {second:?}"
    );
    assert_eq!(
        first.post(&key, &chat("parrot", false)).status,
        200,
        "the first goes on"
    );
    home.json(&["status"]);
    first.stop();
    home.serve().stop();
}

/// A program that holds a port and counts what it is sent.
struct Squatter {
    port: u16,
    connections: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
    _listener: TcpListener,
}

impl Squatter {
    fn on(address: (std::net::IpAddr, u16)) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        let port = listener.local_addr().unwrap().port();
        let (connections, bytes) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (accepting, met, read) = (
            listener.try_clone().unwrap(),
            Arc::clone(&connections),
            Arc::clone(&bytes),
        );
        std::thread::spawn(move || {
            for stream in accepting.incoming() {
                met.fetch_add(1, Ordering::SeqCst);
                let read = Arc::clone(&read);
                std::thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let mut piece = [0; 1024];
                    while let Ok(more @ 1..) = stream.read(&mut piece) {
                        read.fetch_add(more, Ordering::SeqCst);
                    }
                });
            }
        });
        Some(Self {
            port,
            connections,
            bytes,
            _listener: listener,
        })
    }

    fn assert_left_alone(&self) {
        let met = (
            self.connections.load(Ordering::SeqCst),
            self.bytes.load(Ordering::SeqCst),
        );
        assert_eq!(met, (0, 0), "connections and bytes that the squatter got");
    }
}

#[test]
fn a_port_that_was_asked_for_is_that_port_or_none() {
    let _quiet = quiet();
    let localhost = [std::net::IpAddr::from([127, 0, 0, 1]), Ipv6Addr::LOCALHOST.into()];
    for address in localhost {
        let Some(squatter) = Squatter::on((address, 0)) else {
            assert!(address.is_ipv6(), "127.0.0.1 is everywhere");
            continue;
        };
        let home = Home::new("memory");
        let began = Instant::now();
        let refused = home.run(&["serve", "--port", &squatter.port.to_string()]);
        let took = began.elapsed();
        refused.failed_with_hint("port_taken");
        assert!(took < Duration::from_secs(1), "{took:?} on {address}");
        squatter.assert_left_alone();
        // and the directory is free again
        home.serve().stop();
    }
}

#[test]
fn without_a_wish_the_next_free_port_is_taken_and_said() {
    // neighbours that are free at the moment, away from the ports that the system hands out
    let taken = (20_100..32_000).step_by(97).find_map(|port| {
        let next = TcpListener::bind(("127.0.0.1", port + 1)).ok()?;
        let squatter = Squatter::on(([127, 0, 0, 1].into(), port))?;
        drop(next);
        Some(squatter)
    });
    let squatter = taken.unwrap();
    let home = Home::new("memory");
    home.json(&["config", "set", "port", &squatter.port.to_string()]);
    let serve = home.serve_with(&[]);
    assert!(
        serve.port > squatter.port && serve.port <= squatter.port + 10,
        "{}",
        serve.ready
    );
    let status = home.json(&["status"]);
    assert_eq!(status["endpoint"]["port"], serve.port);
    assert_eq!(
        status["endpoint"]["instead_of"], squatter.port,
        "it is said: {status}"
    );
    squatter.assert_left_alone();
    serve.stop();
}

/// Addresses on which a process listens, as the kernel writes them in `/proc/net`.
fn listening(pid: u32) -> Vec<String> {
    let mut inodes = Vec::new();
    for descriptor in std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap() {
        let Ok(link) = std::fs::read_link(descriptor.unwrap().path()) else {
            continue;
        };
        let link = link.to_string_lossy().into_owned();
        inodes.extend(
            link.strip_prefix("socket:[")
                .map(|inode| inode.trim_end_matches(']').to_owned()),
        );
    }
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let Ok(rows) = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")) else {
            continue;
        };
        for row in rows.lines().skip(1) {
            let fields: Vec<_> = row.split_whitespace().collect();
            let (local, state, inode) = (fields[1], fields[3], fields[9]);
            let listens = state == "0A" || table.starts_with("udp");
            if listens && inodes.iter().any(|own| own == inode) {
                found.push(format!("{table} {local}"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn only_loopback_is_listened_on_whatever_the_environment_says() {
    let mut home = Home::new("memory");
    for name in [
        "HOST",
        "BIND",
        "ADDRESS",
        "LISTEN",
        "INGLENOOK_HOST",
        "INGLENOOK_BIND",
        "OLLAMA_HOST",
    ] {
        home = home.with(name, "0.0.0.0");
    }
    home = home
        .with("PORT", "80")
        .with("INGLENOOK_PORT", "80")
        .with("HOSTNAME", "0.0.0.0");
    let serve = home.serve();
    let port = serve.port;
    let v4 = format!("tcp 0100007F:{port:04X}");
    let v6 = format!("tcp6 00000000000000000000000001000000:{port:04X}");
    let has_v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    let expected: Vec<_> = std::iter::once(v4).chain(has_v6.then_some(v6)).collect();
    assert_eq!(listening(serve.pid()), expected);
    serve.stop();
}

#[test]
fn everything_in_the_directory_is_this_users_alone() {
    let upstream = Upstream::start();
    let home = Home::new("memory");
    let serve = home.serve();
    let key = home.prepare(&upstream.base_url);
    serve.post(&key, &chat("parrot", false));
    let mode =
        |path: &std::path::Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&home.data), 0o700);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&home.data).unwrap() {
        let path = file.unwrap().path();
        let private = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&path), private, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for name in ["control.sock", "inglenook.db", "inglenook.db-wal", "lock"] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
    serve.stop();
    assert!(
        !home.data.join("control.sock").exists(),
        "the socket goes with its server"
    );
}

#[test]
fn sigterm_ends_it_in_four_seconds_with_an_open_stream() {
    let _quiet = quiet();
    for signal in ["-TERM", "-INT"] {
        let upstream = Upstream::start();
        let home = Home::new("memory");
        let mut serve = home.serve();
        let key = home.prepare(&upstream.base_url);
        let authorization = format!("Bearer {key}");
        let headers = [("authorization", authorization.as_str())];
        let flow = chat("scripted/flow-10-20", true);
        let mut answer = serve.send("POST", "/v1/chat/completions", &headers, Some(&flow));
        let call = answer.header("x-request-id").unwrap().to_owned();
        for _ in 0..10 {
            answer.event().unwrap().unwrap();
        }
        let args = serde_json::json!({ "agent": "scripted/flow-10-20", "text": "And in the window" });
        let started = serve.socket().run("chat.send", &args);
        assert!(until(PATIENCE, || (upstream.seen().len() == 2).then_some(())).is_some());
        std::thread::sleep(Duration::from_millis(300));

        let began = Instant::now();
        serve.signal(signal);
        // a client that does not read must not hold it up either
        let status = wait(&mut serve.child, PATIENCE).unwrap();
        let took = began.elapsed();
        assert!(took < Duration::from_secs(4), "{took:?} after {signal}");
        assert!(status.success(), "{status:?} after {signal}");
        let mut last = None;
        while let Ok(Some(event)) = answer.event() {
            last = Some(event);
        }
        assert_ne!(
            last.as_deref(),
            Some("[DONE]"),
            "a stream that was cut off does not look whole"
        );

        let db = rusqlite::Connection::open(home.database()).unwrap();
        let outcome: Option<String> = db
            .query_row("SELECT outcome FROM entries WHERE call = ?1", [&call], |row| {
                row.get(0)
            })
            .unwrap();
        assert!(
            outcome.is_some_and(|outcome| outcome != "succeeded"),
            "the call is marked after {signal}"
        );
        let mut states = db
            .prepare("SELECT id, state, length(text) FROM messages WHERE role = 'assistant'")
            .unwrap();
        let states: Vec<(String, String, i64)> = states
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(states.len(), 2, "both answers are kept: {states:?}");
        for (id, state, length) in &states {
            assert!(
                ["stopped", "failed"].contains(&state.as_str()),
                "{id} {state} after {signal}"
            );
            assert!(*length > 0, "{id}: what was said is kept");
        }
        assert!(
            states.iter().any(|(id, ..)| started["answer"] == id.as_str()),
            "{states:?}"
        );
    }
}
