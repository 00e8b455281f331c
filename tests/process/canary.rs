//! SEC-18: secrets that go through the app are found nowhere afterwards.
//!
//! Canaries of every shape go in by every door, while providers echo them in errors and the log is at its
//! most talkative. Then everything the app left or says is scanned. Prompts are no canaries: what people say
//! is stored on purpose.

use std::path::Path;

use serde_json::{Value, json};

use super::support::{Home, chat};
use super::upstream::Upstream;

/// A secret: a prefix that tools recognise, a core that is looked for, and an end of which the app may show
/// four characters.
struct Canary {
    name: &'static str,
    prefix: &'static str,
    core: String,
    end: &'static str,
}

impl Canary {
    fn new(name: &'static str, prefix: &'static str) -> Self {
        // unlike anything else on the disk, also in each half and in every encoding
        let mut core = String::new();
        for byte in name.bytes().cycle().take(7) {
            let mixed = u32::from(byte)
                .wrapping_mul(2_654_435_761)
                .rotate_left(u32::from(byte % 13) + core.len() as u32);
            core.push_str(&format!("{:04X}", mixed & 0xffff));
            core.push(['q', 'W', 'z', 'K', 'v', 'Y', 'j'][core.len() % 7]);
        }
        Self {
            name,
            prefix,
            core: format!("{core}_+/{core:.3}"),
            end: "~end1",
        }
    }

    fn secret(&self) -> String {
        format!("{}{}{}", self.prefix, self.core, self.end)
    }
}

/// What a secret looks like in hiding.
fn disguises(core: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = core.as_bytes();
    let (first, last) = bytes.split_at(bytes.len() / 2);
    let mut found: Vec<(String, Vec<u8>)> = vec![
        ("its first half".to_owned(), first.to_vec()),
        ("its last half".to_owned(), last.to_vec()),
        ("reversed".to_owned(), bytes.iter().rev().copied().collect()),
        (
            "in UTF-16".to_owned(),
            core.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "in UTF-16, big end first".to_owned(),
            core.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        (
            "in hex".to_owned(),
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into(),
        ),
        (
            "in upper hex".to_owned(),
            bytes
                .iter()
                .map(|byte| format!("{byte:02X}"))
                .collect::<String>()
                .into(),
        ),
        (
            "URL-encoded".to_owned(),
            core.replace('+', "%2B").replace('/', "%2F").into(),
        ),
        (
            "URL-encoded in lower case".to_owned(),
            core.replace('+', "%2b").replace('/', "%2f").into(),
        ),
        ("with escaped slashes".to_owned(), core.replace('/', "\\/").into()),
        ("as a list of numbers".to_owned(), numbers(bytes).into()),
    ];
    for alphabet in ["+/", "-_"] {
        for before in 0..3 {
            let name = format!("in base64 with {alphabet} after {before} bytes");
            found.push((name, base64_within(bytes, before, alphabet).into()));
        }
    }
    found
}

/// As `Debug` shows bytes.
fn numbers(bytes: &[u8]) -> String {
    bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
}

/// The characters that base64 makes of these bytes alone, when so many others stand before them.
fn base64_within(bytes: &[u8], before: usize, alphabet: &str) -> String {
    let digits: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(alphabet.chars())
        .collect();
    let mut padded = vec![0; before];
    padded.extend_from_slice(bytes);
    let mut text = String::new();
    for three in padded.chunks_exact(3) {
        let number = three
            .iter()
            .fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        text.extend([18, 12, 6, 0].map(|shift| digits[number >> shift & 63]));
    }
    // the first characters also hold bits of what stands before
    text.split_off((before * 8).div_ceil(6))
}

/// Places that were scanned, and the hits.
struct Scan {
    needles: Vec<(String, Vec<u8>)>,
    /// Needles by their first two bytes: one pass over a place finds all of them.
    beginning: Vec<Vec<usize>>,
    places: usize,
    hits: Vec<String>,
}

impl Scan {
    fn new(canaries: &[Canary]) -> Self {
        let mut needles = Vec::new();
        for canary in canaries {
            for (disguise, needle) in disguises(&canary.core) {
                needles.push((format!("{} {disguise}", canary.name), needle));
            }
        }
        let mut beginning = vec![Vec::new(); 1 << 16];
        for (number, (_, needle)) in needles.iter().enumerate() {
            beginning[usize::from(needle[0]) << 8 | usize::from(needle[1])].push(number);
        }
        Self {
            needles,
            beginning,
            places: 0,
            hits: Vec::new(),
        }
    }

    fn text(&mut self, place: &str, bytes: &[u8]) {
        self.places += 1;
        for (at, two) in bytes.windows(2).enumerate() {
            for number in &self.beginning[usize::from(two[0]) << 8 | usize::from(two[1])] {
                let (name, needle) = &self.needles[*number];
                if bytes[at..].starts_with(needle) {
                    self.hits.push(format!("{name} in {place}"));
                }
            }
        }
    }

    fn folder(&mut self, folder: &Path) {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                self.folder(&path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                // a socket cannot be read
                self.text(&path.display().to_string(), &bytes);
            }
        }
    }
}

/// Provider keys, each in the style of somebody's.
const STYLES: [(&str, &str); 8] = [
    ("openai", "sk-proj-"),
    ("anthropic", "sk-ant-api03-"),
    ("google", "AIzaSy"),
    ("groq", "gsk_"),
    ("xai", "xai-"),
    ("github", "github_pat_"),
    ("huggingface", "hf_"),
    ("amazon", "AKIA"),
];
/// What the scripted provider does wrong, mostly with the key in its mouth.
const FAULTS: [&str; 8] = [
    "refuse",
    "limit",
    "fail",
    "garbage",
    "badstream",
    "errorstream",
    "cut",
    "echo",
];

#[test]
fn no_secret_is_found_anywhere() {
    let mut canaries: Vec<Canary> = STYLES
        .iter()
        .map(|(name, prefix)| Canary::new(name, prefix))
        .collect();
    let more = [
        ("invalid-client-key", "sk-ink-"),
        ("passphrase", ""),
        ("wrong-passphrase", ""),
        ("basic-auth", ""),
        ("url-key", ""),
        ("client-query", "sk-ink-"),
        ("x-api-key", "sk-ink-"),
        ("pem", ""),
        ("spaced", "sk-"),
        ("refused-by-vault", "sk-"),
    ];
    canaries.extend(more.map(|(name, prefix)| Canary::new(name, prefix)));
    let secret =
        |canaries: &[Canary], name: &str| canaries.iter().find(|one| one.name == name).unwrap().secret();
    let upstream = Upstream::start();
    let url = upstream.base_url.as_str();
    let home = Home::new("passphrase")
        .with("INGLENOOK_PASSPHRASE", &secret(&canaries, "passphrase"))
        .with("INGLENOOK_LOG", "trace");
    let serve = home.serve();
    let mut said = Vec::new();
    let mut ran = |home: &Home, args: &[&str], stdin: &str| {
        let ran = home.run_with(args, stdin);
        said.push((format!("{args:?}"), format!("{}\n{}", ran.stdout, ran.stderr)));
        ran.code
    };

    // by the doors for secrets
    for (slug, _) in STYLES {
        let key = secret(&canaries, slug);
        let add = [
            "provider",
            "add",
            slug,
            "--kind",
            "custom",
            "--base-url",
            url,
            "--key-stdin",
        ];
        assert_eq!(ran(&home, &add, &key), Some(0));
        assert_eq!(ran(&home, &["provider", "set-key", slug], &key), Some(0));
        ran(&home, &["provider", "test", slug], "");
        ran(&home, &["provider", "models", slug, "--refresh"], "");
    }
    // in forms that are refused
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        secret(&canaries, "pem")
    );
    let spaced = format!("  {} ", secret(&canaries, "spaced"));
    for key in [&pem, &spaced] {
        assert_eq!(
            ran(
                &home,
                &["provider", "add", "refused", "--base-url", url, "--key-stdin"],
                key
            ),
            Some(1)
        );
    }
    // through the socket, so that the addresses are in no command line
    let port = url
        .trim_start_matches("http://127.0.0.1:")
        .trim_end_matches("/v1");
    for address in [
        format!(
            "http://user:{}@127.0.0.1:{port}/v1",
            secret(&canaries, "basic-auth")
        ),
        format!("http://127.0.0.1:{port}/v1?key={}", secret(&canaries, "url-key")),
    ] {
        let args = json!({ "id": "address", "base_url": address, "no_key": true });
        let answer = serve.socket().try_run("provider.add", &args).unwrap();
        assert!(
            answer["failure"].is_object(),
            "a secret in an address is refused: {answer}"
        );
        said.push(("provider.add".to_owned(), answer.to_string()));
    }
    let malformed = json!({ "id": 7, "key": secret(&canaries, "refused-by-vault") });
    for args in [malformed, json!(secret(&canaries, "refused-by-vault"))] {
        let answer = serve.socket().try_run("provider.set_key", &args).unwrap();
        said.push(("provider.set_key".to_owned(), answer.to_string()));
    }
    let mut ran = |home: &Home, args: &[&str], stdin: &str| {
        let ran = home.run_with(args, stdin);
        said.push((format!("{args:?}"), format!("{}\n{}", ran.stdout, ran.stderr)));
        ran.code
    };
    let wrong = home.with("INGLENOOK_PASSPHRASE", &secret(&canaries, "wrong-passphrase"));
    assert_eq!(ran(&home, &["vault", "lock"], ""), Some(0));
    assert_eq!(ran(&wrong, &["vault", "unlock"], ""), Some(1));
    let stdin_wrong = secret(&canaries, "wrong-passphrase");
    assert_eq!(ran(&wrong, &["vault", "unlock", "--json"], &stdin_wrong), Some(1));
    assert_eq!(ran(&home, &["vault", "unlock"], ""), Some(0));

    // calls that go wrong, by program and by person
    let made = home.json(&["key", "create", "valid", "--raw-models"]);
    let valid = made["secret"].as_str().unwrap().to_owned();
    canaries.push(Canary {
        name: "valid-client-key",
        prefix: "",
        core: valid[..valid.len() - 4].trim_start_matches("sk-ink-").to_owned(),
        end: "",
    });
    let mut ran = |home: &Home, args: &[&str], stdin: &str| {
        let ran = home.run_with(args, stdin);
        said.push((format!("{args:?}"), format!("{}\n{}", ran.stdout, ran.stderr)));
    };
    for (slug, _) in STYLES {
        for fault in FAULTS {
            ran(&home, &["chat", &format!("{slug}/{fault}"), "Hello"], "");
        }
    }
    let mut answers = Vec::new();
    for (slug, _) in STYLES {
        for fault in FAULTS {
            for stream in [false, true] {
                let reply = serve.post(&valid, &chat(&format!("{slug}/{fault}"), stream));
                answers.push((format!("{slug}/{fault}"), format!("{reply:?}\n{}", reply.text())));
            }
        }
    }
    let sent = upstream.seen();
    for (slug, _) in STYLES {
        let key = secret(&canaries, slug);
        assert!(
            sent.iter().any(|seen| seen.head.contains(&key)),
            "{slug}'s key went upstream: it was a test"
        );
    }
    // at the door
    let knock = |headers: &[(&str, &str)], path: &str| {
        let reply = serve
            .send("POST", path, headers, Some(&chat("openai/echo", false)))
            .whole();
        assert_eq!(reply.status, 401, "{path}: {reply:?}");
        (path.to_owned(), format!("{reply:?}\n{}", reply.text()))
    };
    let plain = "/v1/chat/completions";
    answers.push(knock(
        &[(
            "authorization",
            &format!("Bearer {}", secret(&canaries, "invalid-client-key")),
        )],
        plain,
    ));
    answers.push(knock(
        &[(
            "authorization",
            &format!("Basic {}", secret(&canaries, "invalid-client-key")),
        )],
        plain,
    ));
    answers.push(knock(&[("x-api-key", &secret(&canaries, "x-api-key"))], plain));
    answers.push(knock(
        &[],
        &format!("{plain}?key={}", secret(&canaries, "client-query")),
    ));
    answers.last_mut().unwrap().0 = "the query".to_owned();

    // everything the app says about it
    let calls = home.json(&["call", "list", "--limit", "500"]);
    let calls = calls["calls"].as_array().unwrap();
    assert!(
        calls.len() >= 3 * STYLES.len() * FAULTS.len(),
        "{} calls",
        calls.len()
    );
    let mut socket = serve.socket();
    let mut views = vec![("status".to_owned(), socket.run("app.status", &json!({})))];
    for call in calls {
        views.push((
            "call show".to_owned(),
            socket.run("call.get", &json!({ "call": call["id"] })),
        ));
    }
    let sessions = home.json(&["session", "list", "--limit", "500"]);
    for session in sessions["sessions"].as_array().unwrap() {
        for format in ["markdown", "json"] {
            let args = json!({ "session": session["id"], "format": format });
            views.push(("session export".to_owned(), socket.run("session.export", &args)));
        }
    }
    for args in [&["call", "show"][..], &["session", "export"]] {
        let id = if args[0] == "call" {
            &calls[0]["id"]
        } else {
            &sessions["sessions"][0]["id"]
        };
        ran(&home, &[args, &[id.as_str().unwrap()]].concat(), "");
    }
    for args in [
        &["provider", "list"][..],
        &["key", "list"],
        &["key", "show", "valid"],
        &["doctor"],
        &["usage"],
        &["config", "get"],
    ] {
        ran(&home, args, "");
        ran(&home, &[args, &["--json"]].concat(), "");
    }

    let mut scan = Scan::new(&canaries);
    for (place, text) in said.iter().chain(&answers) {
        scan.text(place, text.as_bytes());
    }
    for (place, view) in &views {
        scan.text(place, Value::to_string(view).as_bytes());
    }
    let process = format!("/proc/{}", serve.pid());
    scan.text(
        "the command line",
        &std::fs::read(format!("{process}/cmdline")).unwrap(),
    );
    let environment = std::fs::read(format!("{process}/environ")).unwrap();
    let own = environment
        .split(|byte| *byte == 0)
        .filter(|one| !one.starts_with(b"INGLENOOK_PASSPHRASE="));
    scan.text("the environment", &own.collect::<Vec<_>>().join(&0));
    // with everything in the write-ahead log, and again after the end
    scan.folder(&home.data);
    let (stdout, log) = serve.stop();
    assert!(
        log.contains("TRACE") && log.len() > 10_000,
        "the log talks: {} bytes",
        log.len()
    );
    scan.text("stdout", stdout.as_bytes());
    scan.text("the log", log.as_bytes());
    scan.folder(&home.data);
    assert!(
        canaries.len() >= 12 && scan.places > 400,
        "{} places",
        scan.places
    );
    scan.hits.sort();
    scan.hits.dedup();
    assert!(
        scan.hits.is_empty(),
        "{} hits:\n{}",
        scan.hits.len(),
        scan.hits.join("\n")
    );
    println!(
        "{} canaries, {} places, 0 hits; the log had {} bytes",
        canaries.len(),
        scan.places,
        log.len()
    );
}

/// The negative control: a program that leaks is found out, whatever it does to the secret.
#[test]
fn a_leak_in_any_disguise_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let canaries = [Canary::new("leaked", "sk-"), Canary::new("kept", "sk-")];
    let secret = canaries[0].secret();
    let text = secret.as_str();
    let base64 =
        |alphabet: &str, before: &str| base64_within(format!("{before}{text}  ").as_bytes(), 0, alphabet);
    let leaks: [(&str, Vec<u8>); 12] = [
        ("raw", format!("Authorization: Bearer {text}").into()),
        ("shortened", text[..text.len() / 2 + 4].into()),
        ("base64", base64("+/", "user:").into()),
        ("base64 shifted", base64("+/", "user1:").into()),
        ("base64 shifted again", base64("+/", "user12:").into()),
        ("base64url", base64("-_", "x").into()),
        (
            "hex",
            text.bytes()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into(),
        ),
        ("url", text.replace('+', "%2B").replace('/', "%2F").into()),
        ("utf-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        (
            "utf-16be",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        ("reversed", text.bytes().rev().collect()),
        ("debug", format!("{:?}", text.as_bytes()).into()),
    ];
    for (name, leak) in leaks {
        let file = folder.path().join("leak");
        let around = [b"SQLite format 3\0 ".as_slice(), &leak, b" more"].concat();
        std::fs::write(&file, around).unwrap();
        let mut scan = Scan::new(&canaries);
        scan.folder(folder.path());
        assert!(!scan.hits.is_empty(), "{name} is not found");
        assert!(
            scan.hits.iter().all(|hit| hit.starts_with("leaked ")),
            "{:?}",
            scan.hits
        );
    }
    let mut scan = Scan::new(&canaries);
    scan.text("nothing", b"sk- ~end1 end1 Authorization: Bearer");
    assert_eq!(scan.hits, Vec::<String>::new());
}
