//! A folder for an agent, with secrets beside it, and a model that does what a test says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::ToolUse;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{asks, call};
use crate::support::app::draft;
use crate::support::{Provider, Reply, TestApp};

/// What no tool may ever give away.
pub const SECRET: &str = "SECRET-CANARY";

pub struct World {
    pub provider: Provider,
    pub app: TestApp,
    pub key: String,
    outer: TempDir,
}

impl World {
    /// An agent `clerk` with these tools in a folder that it may write.
    pub async fn with(tools: Value) -> Self {
        Self::of(TestApp::start().await, tools).await
    }

    pub async fn of(app: TestApp, tools: Value) -> Self {
        let provider = Provider::start().await;
        app.add_provider("mock", &provider).await;
        let outer = tempfile::tempdir().unwrap();
        let world = Self {
            key: app.key_with(json!({"name": "editor"})).await,
            provider,
            app,
            outer,
        };
        let folder = world.folder();
        std::fs::create_dir_all(folder.join("notes")).unwrap();
        std::fs::write(folder.join("notes/plan.md"), "# Plan\nBuild a fire.\nSit down.\n").unwrap();
        std::fs::write(world.outer.path().join("secret.txt"), SECRET).unwrap();
        for hidden in [".ssh", ".git"] {
            std::fs::create_dir_all(folder.join(hidden)).unwrap();
        }
        std::fs::write(folder.join(".ssh/id_ed25519"), SECRET).unwrap();
        std::fs::write(folder.join(".git/config"), "[core]\n").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
            std::os::unix::fs::symlink("../secret.txt", folder.join("link.txt")).unwrap();
            std::os::unix::fs::symlink(".git", folder.join("dotgit")).unwrap();
            std::os::unix::fs::symlink(world.outer.path(), folder.join("outer")).unwrap();
        }
        let mut agent = draft("clerk", "mock/m", "Do as you are told.");
        agent["tools"] = tools;
        agent["folders"] = json!([{"path": folder, "write": true}]);
        let _agent: Value = world.app.ask("agent.create", agent).await;
        world
    }

    pub fn folder(&self) -> PathBuf {
        self.outer.path().canonicalize().unwrap().join("folder")
    }

    pub fn outer(&self) -> PathBuf {
        self.outer.path().canonicalize().unwrap()
    }

    /// Asks, and the model wants these tools with these arguments, all at once. Gives what the tools gave.
    pub async fn uses(&self, wanted: &[(&str, Value)]) -> Vec<(ToolUse, String)> {
        let calls: Vec<Value> = wanted
            .iter()
            .enumerate()
            .map(|(at, (tool, arguments))| call(&format!("call_{at}"), tool, &arguments.to_string()))
            .collect();
        self.provider.will(asks("", &calls));
        self.provider.will(Reply::text("Done."));
        let response = self.app.chat(&self.key, &self.question()).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        let sent = self.provider.last().json();
        let messages = sent["messages"].as_array().unwrap().clone();
        let given = messages
            .into_iter()
            .rev()
            .take(wanted.len())
            .map(|message| message["content"].as_str().unwrap().to_owned());
        let mut given: Vec<String> = given.collect();
        given.reverse();
        let uses = self.app.ended_call().await.tool_uses;
        assert_eq!(uses.len(), wanted.len());
        uses.into_iter().zip(given).collect()
    }

    /// A conversation of its own each time: what one brought in is not another's.
    pub fn question(&self) -> Value {
        static TURN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let turn = TURN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        json!({"model": "clerk", "messages": [{"role": "user", "content": format!("Begin {turn}.")}]})
    }

    /// Everything beside and in the folder, as it is now: links by where they lead.
    pub fn everything(&self) -> BTreeMap<PathBuf, String> {
        let mut all = BTreeMap::new();
        gather(self.outer.path(), &mut all);
        all
    }
}

fn gather(folder: &Path, all: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_symlink() {
            all.insert(
                path.clone(),
                format!("-> {}", std::fs::read_link(&path).unwrap().display()),
            );
        } else if kind.is_dir() {
            all.insert(path.clone(), String::new());
            gather(&path, all);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            all.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}
