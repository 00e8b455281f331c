//! Starts the binary, talks to it over HTTP and over its control socket, and ends it.
//!
//! Deliberately without an HTTP library: tests here break off in the middle of answers and look at bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use super::http::{Answer, Reply, ask, chat};

pub const BINARY: &str = env!("CARGO_BIN_EXE_inglenook");
/// For things that take milliseconds on an idle machine; only ever waited out by a failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Variables that would change what the binary does.
const OURS: &[&str] = &[
    "INGLENOOK_DATA_DIR",
    "INGLENOOK_PASSPHRASE",
    "INGLENOOK_KEYCHAIN_SERVICE",
    "INGLENOOK_LOG",
    "RUST_LOG",
];

/// Held by tests that look at the clock and by those that use a whole processor: one at a time.
pub fn quiet() -> MutexGuard<'static, ()> {
    static MACHINE: Mutex<()> = Mutex::new(());
    // another test's failure is not ours
    MACHINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A data directory and how programs are started on it.
pub struct Home {
    pub data: PathBuf,
    vault: &'static str,
    env: Vec<(String, String)>,
    unset: Vec<&'static str>,
    _folder: Arc<tempfile::TempDir>,
}

impl Home {
    pub fn new(vault: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("ink-").tempdir().unwrap();
        Self {
            data: folder.path().join("data"),
            vault,
            env: Vec::new(),
            unset: OURS.to_vec(),
            _folder: Arc::new(folder),
        }
    }

    /// The same directory, seen by a program with another variable.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut env = self.env.clone();
        env.push((name.to_owned(), value.to_owned()));
        Self {
            data: self.data.clone(),
            vault: self.vault,
            env,
            unset: self.unset.clone(),
            _folder: Arc::clone(&self._folder),
        }
    }

    /// The same directory, with another vault asked for.
    pub fn under(&self, vault: &'static str) -> Self {
        Self {
            data: self.data.clone(),
            vault,
            env: self.env.clone(),
            unset: self.unset.clone(),
            _folder: Arc::clone(&self._folder),
        }
    }

    pub fn without(mut self, name: &'static str) -> Self {
        self.unset.push(name);
        self
    }

    pub fn database(&self) -> PathBuf {
        self.data.join("inglenook.db")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        for name in &self.unset {
            command.env_remove(name);
        }
        command
            .args(args)
            .arg("--data-dir")
            .arg(&self.data)
            .args(["--vault", self.vault]);
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    pub fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        Ran::of(self.command(args), stdin)
    }

    /// Runs a command with `--json` that must succeed and print one JSON value and nothing else.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        self.json_with(args, "")
    }

    #[track_caller]
    pub fn json_with(&self, args: &[&str], stdin: &str) -> Value {
        let args = [args, &["--json"]].concat();
        self.run_with(&args, stdin).json()
    }

    /// Starts `serve` on any free port.
    pub fn serve(&self) -> Serve {
        self.serve_with(&["--port", "0"])
    }

    pub fn serve_with(&self, args: &[&str]) -> Serve {
        Serve::start(self.command(&[&["serve"], args].concat()), self.data.clone())
    }

    /// A scripted provider without a key, an agent `parrot` on its model `echo`, and a client key.
    pub fn prepare(&self, base_url: &str) -> String {
        self.json(&[
            "provider",
            "add",
            "scripted",
            "--wire",
            "openai-chat",
            "--base-url",
            base_url,
            "--no-key",
        ]);
        self.json(&["agent", "create", "parrot", "--model", "scripted/echo"]);
        let key = self.json(&["key", "create", "test", "--raw-models"]);
        key["secret"].as_str().unwrap().to_owned()
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    #[expect(dead_code, reason = "shown when an assertion fails")]
    args: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Runs a program to its end.
    pub fn of(mut command: Command, stdin: &str) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // a command that reads nothing may be gone already
        let _closed = input.write_all(stdin.as_bytes());
        drop(input);
        let stdout = Captured::of(child.stdout.take().unwrap());
        let stderr = Captured::of(child.stderr.take().unwrap());
        let args = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let Some(status) = wait(&mut child, PATIENCE) else {
            child.kill().unwrap();
            panic!("{args} did not end\n{}", stderr.finish());
        };
        Self {
            args,
            code: status.code(),
            stdout: stdout.finish(),
            stderr: stderr.finish(),
        }
    }

    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    #[track_caller]
    pub fn json(self) -> Value {
        let ran = self.ok();
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("not JSON alone ({error}): {ran:?}"))
    }

    /// The command failed with exit code 1, this kind and a hint on stderr, and nothing on stdout.
    #[track_caller]
    pub fn failed(&self, kind: &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(self.stderr.contains(&format!("error ({kind}): ")), "{self:?}");
    }

    #[track_caller]
    pub fn failed_with_hint(&self, kind: &str) {
        self.failed(kind);
        assert!(self.stderr.contains("\nhint: "), "{self:?}");
    }

    #[track_caller]
    pub fn misused(&self) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        assert!(!self.stderr.is_empty(), "{self:?}");
    }
}

/// What a pipe brought, read as it comes so that its writer never waits.
pub struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Captured {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 8192];
            while let Ok(read @ 1..) = pipe.read(&mut piece) {
                kept.lock().unwrap().extend_from_slice(&piece[..read]);
            }
        });
        Self { bytes, reader }
    }

    pub fn so_far(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    /// Waits for the pipe's end.
    pub fn finish(self) -> String {
        let Self { bytes, reader } = self;
        reader.join().unwrap();
        let bytes = bytes.lock().unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Waits for the end of a process, at most this long.
pub fn wait(child: &mut Child, most: Duration) -> Option<ExitStatus> {
    until(most, || child.try_wait().unwrap())
}

/// Asks again until there is an answer.
pub fn until<T>(most: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + most;
    loop {
        if let Some(found) = ask() {
            return Some(found);
        }
        if Instant::now() > end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A running `inglenook serve`; killed when dropped.
pub struct Serve {
    pub child: Child,
    pub ready: Value,
    pub port: u16,
    /// From the start of the process to its ready line.
    pub took: Duration,
    pub stdout: Captured,
    pub stderr: Captured,
    data: PathBuf,
}

impl Serve {
    pub fn start(mut command: Command, data: PathBuf) -> Self {
        let began = Instant::now();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = Captured::of(child.stdout.take().unwrap());
        let stderr = Captured::of(child.stderr.take().unwrap());
        let line = until(PATIENCE, || {
            let line = stdout.so_far();
            if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
                return Some(Ok(line[..end].to_vec()));
            }
            child.try_wait().unwrap().map(Err)
        });
        let took = began.elapsed();
        let line = match line {
            Some(Ok(line)) => line,
            ended => {
                // it may have ended already
                let _gone = child.kill();
                panic!("serve is not ready: {ended:?}\n{}", stderr.finish());
            }
        };
        let ready: Value = serde_json::from_slice(&line).unwrap();
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        Self {
            child,
            ready,
            port,
            took,
            stdout,
            stderr,
            data,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn socket(&self) -> Socket {
        Socket::open(&self.data)
    }

    /// SIGKILL: nothing of the process runs after this.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        assert!(
            Command::new("kill")
                .args([name, &self.pid().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Asks it to end and waits; gives stdout after the ready line, and stderr.
    #[track_caller]
    pub fn stop(self) -> (String, String) {
        self.signal("-TERM");
        let mut serve = self;
        let status = wait(&mut serve.child, PATIENCE).expect("it ends when it is asked to");
        assert!(status.success(), "{status:?}");
        // the readers end with the pipes
        let both = until(PATIENCE, || {
            (serve.stdout.reader.is_finished() && serve.stderr.reader.is_finished()).then(|| {
                let text = |captured: &Captured| String::from_utf8_lossy(&captured.so_far()).into_owned();
                (text(&serve.stdout), text(&serve.stderr))
            })
        });
        let (stdout, stderr) = both.unwrap();
        let rest = stdout.split_once('\n').map_or("", |(_, rest)| rest).to_owned();
        (rest, stderr)
    }

    pub fn post(&self, key: &str, body: &Value) -> Reply {
        self.send(
            "POST",
            "/v1/chat/completions",
            &[("authorization", &format!("Bearer {key}"))],
            Some(body),
        )
        .whole()
    }

    pub fn get(&self, key: &str, path: &str) -> Reply {
        self.send("GET", path, &[("authorization", &format!("Bearer {key}"))], None)
            .whole()
    }

    /// Sends a request and reads the head of the answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> std::io::Result<Answer> {
        ask(self.port, method, path, headers, body)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // it may have ended already
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The control socket of a running app.
pub struct Socket {
    stream: BufReader<UnixStream>,
}

impl Socket {
    pub fn open(data: &Path) -> Self {
        let stream = UnixStream::connect(data.join("control.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Gives a command; `None` when the app is gone.
    pub fn try_run(&mut self, command: &str, args: &Value) -> Option<Value> {
        let line = json!({ "command": command, "args": args });
        writeln!(self.stream.get_mut(), "{line}").ok()?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).ok()?;
        serde_json::from_str(&answer).ok()
    }

    #[track_caller]
    pub fn run(&mut self, command: &str, args: &Value) -> Value {
        let answer = self.try_run(command, args).expect("the app answers");
        answer
            .get("ok")
            .cloned()
            .unwrap_or_else(|| panic!("{command}: {answer}"))
    }

    /// Everything that happens from now on.
    pub fn notices(mut self) -> Receiver<Value> {
        writeln!(self.stream.get_mut(), "{}", json!({ "subscribe": true })).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let (send, notices) = channel();
        std::thread::spawn(move || {
            loop {
                line.clear();
                if !matches!(self.stream.read_line(&mut line), Ok(1..)) {
                    return;
                }
                let Ok(notice) = serde_json::from_str(&line) else {
                    return;
                };
                if send.send(notice).is_err() {
                    return;
                }
            }
        });
        notices
    }
}
