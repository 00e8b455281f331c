//! An app of a test's own, and what is true of every app when its test ends.

use std::sync::Arc;
use std::time::Duration;

use gateway::control::{self, Caller, Command, NewClientKey};
use gateway::{App, Clock, Config, Engine, VaultKind};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Provider;

/// The secret that every test's provider is given. It must never reach the disk.
pub const CANARY: &str = "sk-canary-7f3a9c51e2d84b06";

/// A running app. End a test with [`TestApp::finish`].
pub struct TestApp {
    app: Option<App>,
    dir: TempDir,
    port: u16,
    http: reqwest::Client,
    secrets: std::sync::Mutex<Vec<String>>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts with changes to the configuration: a clock, a keychain, another vault.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (app, port) = open(&dir, change).await;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            app: Some(app),
            dir,
            port,
            http,
            secrets: std::sync::Mutex::new(vec![CANARY.to_owned()]),
        }
    }

    /// An app with an agent `reviewer` on the model `m` of the provider `mock`.
    pub async fn with_agent(provider: &Provider) -> Self {
        let app = Self::start().await;
        app.add_provider("mock", provider).await;
        app.add_agent("reviewer", "mock/m", "Be brief.").await;
        app
    }

    /// Stops and starts again on the same directory.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    pub async fn stop(&mut self) {
        self.app.take().unwrap().shutdown().await;
    }

    pub async fn start_again(&mut self) {
        let (app, port) = open(&self.dir, |_| {}).await;
        self.app = Some(app);
        self.port = port;
    }

    /// Tries to start one more on the same directory.
    pub async fn start_another(&self) -> Result<App, domain::Failure> {
        App::start(config(&self.dir)).await
    }

    pub fn engine(&self) -> &Engine {
        self.app.as_ref().unwrap().engine()
    }

    /// Where the app keeps its own data.
    pub fn data_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Runs a command as a carrier would: from its JSON to its JSON.
    pub async fn run(&self, name: &str, args: Value) -> Result<Value, domain::Failure> {
        self.run_as(Caller::Window, name, args).await
    }

    /// The same by another carrier.
    pub async fn run_as(&self, caller: Caller, name: &str, args: Value) -> Result<Value, domain::Failure> {
        let command: Command = serde_json::from_value(json!({"command": name, "args": args})).unwrap();
        assert_eq!(command.name(), name);
        control::run(self.engine(), caller, command).await
    }

    /// Runs a command that must succeed.
    pub async fn ask<T: DeserializeOwned>(&self, name: &str, args: Value) -> T {
        let result = self
            .run(name, args)
            .await
            .unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        serde_json::from_value(result).unwrap()
    }

    /// Waits until an agent wants to do something.
    pub async fn wanted(&self) -> control::ApprovalView {
        super::eventually("nobody was asked", || async {
            let mut waiting: Vec<control::ApprovalView> = self.ask("approval.list", json!({})).await;
            (!waiting.is_empty()).then(|| waiting.remove(0))
        })
        .await
    }

    /// The same, however long nobody wants anything.
    pub async fn wanted_at_all(&self) -> control::ApprovalView {
        loop {
            let mut waiting: Vec<control::ApprovalView> = self.ask("approval.list", json!({})).await;
            if !waiting.is_empty() {
                return waiting.remove(0);
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    /// Answers as the person does in the window that shows the question.
    pub async fn answer(&self, asked: &control::ApprovalView, decision: &str) {
        let args = json!({"approval": asked.id, "decision": decision});
        self.run_as(Caller::Approvals, "approval.answer", args)
            .await
            .unwrap();
    }

    /// Runs a command that only counts from the window that shows the question.
    pub async fn allow(&self, name: &str, args: Value) -> Result<Value, domain::Failure> {
        self.run_as(Caller::Approvals, name, args).await
    }

    /// Runs a command that must fail, and gives the kind of its failure.
    pub async fn refused(&self, name: &str, args: Value) -> domain::FailureKind {
        self.run(name, args).await.expect_err(name).kind()
    }

    /// Adds a custom provider with the canary for its key.
    pub async fn add_provider(&self, id: &str, provider: &Provider) {
        let args = json!({"id": id, "kind": "custom", "base_url": provider.base_url(), "key": CANARY});
        let _added: control::ProviderView = self.ask("provider.add", args).await;
    }

    pub async fn add_agent(&self, slug: &str, target: &str, instructions: &str) -> domain::Agent {
        self.ask("agent.create", draft(slug, target, instructions)).await
    }

    /// A client key that may use every agent.
    pub async fn key(&self) -> String {
        self.key_with(json!({"name": "test"})).await
    }

    pub async fn key_with(&self, args: Value) -> String {
        let _well_formed: NewClientKey = serde_json::from_value(args.clone()).unwrap();
        let made: control::CreatedClientKey = self.ask("key.create", args).await;
        self.secrets.lock().unwrap().push(made.secret.clone());
        made.secret
    }

    /// `POST` of JSON with a key.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> reqwest::Response {
        self.http
            .post(self.url(path))
            .bearer_auth(key)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// A chat completion.
    pub async fn chat(&self, key: &str, body: &Value) -> reqwest::Response {
        self.post("/v1/chat/completions", key, body).await
    }

    /// `GET` with a key.
    pub async fn get(&self, path: &str, key: &str) -> reqwest::Response {
        self.http
            .get(self.url(path))
            .bearer_auth(key)
            .send()
            .await
            .unwrap()
    }

    /// All calls, newest first.
    pub async fn calls(&self) -> Vec<control::CallRow> {
        let page: control::CallPage = self.ask("call.list", json!({})).await;
        page.calls
    }

    /// The newest call with its entries.
    pub async fn newest_call(&self) -> control::CallView {
        let newest = self
            .calls()
            .await
            .into_iter()
            .next()
            .expect("a call was recorded");
        self.ask("call.get", json!({"call": newest.call.id})).await
    }

    /// The one call, once its last attempt has ended.
    pub async fn ended_call(&self) -> control::CallView {
        super::eventually("the call's end", async || {
            let call = self.newest_call().await;
            call.row.outcome.is_some().then_some(call)
        })
        .await
    }

    pub async fn sessions(&self) -> Vec<control::SessionRow> {
        let page: control::SessionPage = self.ask("session.list", json!({})).await;
        page.sessions
    }

    pub async fn session(&self, id: &domain::SessionId) -> control::SessionView {
        self.ask("session.get", json!({"session": id})).await
    }

    /// A place for a file of the test's own, beside the data directory.
    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// Whether any file of the data directory holds this text.
    pub fn disk_holds(&self, text: &str) -> bool {
        let mut held = false;
        for entry in walk(self.dir.path()) {
            let bytes = std::fs::read(&entry).unwrap_or_default();
            held |= bytes.windows(text.len()).any(|window| window == text.as_bytes());
        }
        held
    }

    /// The database, seen from outside.
    pub fn database(&self) -> rusqlite::Connection {
        let database = walk(self.dir.path())
            .into_iter()
            .find(|path| path.extension().is_some_and(|e| e == "db"));
        rusqlite::Connection::open(database.expect("there is a database")).unwrap()
    }

    /// Whether the database has a row of a table for which this holds.
    pub fn disk_rows(&self, table: &str, condition: &str) -> bool {
        let database = self.database();
        let query = format!("SELECT count(*) FROM {table} WHERE {condition}");
        let count: i64 = database.query_row(&query, [], |row| row.get(0)).unwrap();
        count > 0
    }

    /// Stops the app and looks at what it leaves behind: no attempt that still runs, no secret.
    pub async fn finish(mut self) {
        let app = self.app.take().unwrap();
        let closing = tokio::time::timeout(Duration::from_secs(20), app.shutdown()).await;
        assert!(closing.is_ok(), "the app did not stop");
        let secrets = std::mem::take(&mut *self.secrets.lock().unwrap());
        for secret in secrets {
            assert!(!self.disk_holds(&secret), "a secret is on the disk");
        }
        let database = self.database();
        let running = "SELECT count(*) FROM entries WHERE ended_at IS NULL";
        let running: i64 = database.query_row(running, [], |row| row.get(0)).unwrap();
        assert_eq!(running, 0, "attempts that never ended");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        assert!(
            self.app.is_none() || std::thread::panicking(),
            "end the test with finish()"
        );
    }
}

fn config(dir: &TempDir) -> Config {
    let mut config = Config::new(dir.path().join("data"), dir.path().join("models"));
    config.vault = Some(VaultKind::Memory);
    config.serve = true;
    config.port = Some(0);
    config.reader = Some(env!("CARGO_BIN_EXE_inglenook").into());
    config.upstream.retries.first_wait = Duration::from_millis(5);
    let inherited = |name: &&str| Some(((*name).to_owned(), std::env::var(name).ok()?));
    config.mcp.environment = gateway::INHERITED.iter().filter_map(inherited).collect();
    config
}

async fn open(dir: &TempDir, change: impl FnOnce(&mut Config)) -> (App, u16) {
    let mut config = config(dir);
    change(&mut config);
    let app = App::start(config).await.unwrap();
    let port = app.port().unwrap_or(0);
    (app, port)
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(walk(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
    files
}

/// What makes an agent.
pub fn draft(slug: &str, target: &str, instructions: &str) -> Value {
    json!({"slug": slug, "name": slug, "instructions": instructions, "target": target})
}

/// A clock that a test turns.
pub struct TestClock(std::sync::atomic::AtomicI64);

impl TestClock {
    pub fn at(millis: i64) -> Arc<Self> {
        Arc::new(Self(std::sync::atomic::AtomicI64::new(millis)))
    }

    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> domain::Timestamp {
        domain::Timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}
