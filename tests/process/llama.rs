//! A real llama-server as the provider: a second check of the wire, by a program that we did not write.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::local_model::{self as model, Local};
use super::starter;
use super::support::{Home, ask, quiet, until};

/// The download is 170 MB.
const START: Duration = Duration::from_secs(500);

struct Llama {
    script: Child,
    port: u16,
}

enum Started {
    Llama(Llama),
    /// This processor cannot run the prebuilt server.
    NotHere,
}

impl Llama {
    fn start() -> Started {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("llama");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process/llama-server.sh");
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        std::fs::create_dir_all(&folder).unwrap();
        let log = std::fs::File::create(folder.join(format!("server-{port}.log"))).unwrap();
        let mut command = Command::new("bash");
        command
            .arg(script)
            .arg(&folder)
            .args([port.to_string(), std::process::id().to_string()]);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let mut llama = Self {
            script: command.spawn().unwrap(),
            port,
        };
        let healthy = until(START, || {
            if let Some(status) = llama.script.try_wait().unwrap() {
                return Some(Err(status.code()));
            }
            let health = ask(port, "GET", "/health", &[], None).ok()?;
            (health.status == 200).then_some(Ok(()))
        });
        let log = || std::fs::read_to_string(folder.join(format!("server-{port}.log"))).unwrap_or_default();
        match healthy {
            Some(Ok(())) => Started::Llama(llama),
            Some(Err(Some(77 | 132))) => Started::NotHere,
            Some(Err(code)) => panic!("llama-server did not start (exit {code:?}):\n{}", log()),
            None => panic!("llama-server is not healthy after {START:?}:\n{}", log()),
        }
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        // the script ends its server when it is asked to end
        if self.script.try_wait().unwrap().is_none() {
            assert!(
                Command::new("kill")
                    .arg(self.script.id().to_string())
                    .status()
                    .unwrap()
                    .success()
            );
            self.script.wait().unwrap();
        }
    }
}

fn check(local: &Local, provider: &str) {
    model::answers_whole_with_usage(local);
    model::answers_in_pieces_with_usage(local);
    model::stops_at_a_stop_sequence(local);
    model::a_client_that_leaves_stops_it(local);
    model::is_listed_and_passes_its_test(local, provider);
}

#[test]
fn a_real_server_behind_the_endpoint() {
    let _quiet = quiet();
    let llama = match Llama::start() {
        Started::Llama(llama) => llama,
        Started::NotHere => {
            println!("=== this processor cannot run the prebuilt llama-server (AVX-512 with AMX): ===");
            println!("=== THE STARTER STANDS IN; its json_schema is not checked                   ===");
            return check(&starter::local(), "starter");
        }
    };
    let home = Home::new("memory");
    let serve = home.serve();
    let base_url = format!("http://127.0.0.1:{}/v1", llama.port);
    home.json(&["provider", "add", "llamacpp", "--base-url", &base_url]);
    let local = Local::new(home, serve, "llamacpp/smollm2-135m-instruct");
    check(&local, "llamacpp");
    obeys_a_schema(&local);
    local.serve.stop();
}

/// The schema reaches the server whole: its grammar lets nothing else through.
fn obeys_a_schema(local: &Local) {
    let reply = model::asked_for_a_schema(local);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    if answer["choices"][0]["finish_reason"] == "stop" {
        let object: serde_json::Value = serde_json::from_str(text).unwrap();
        assert!(object["ok"].is_boolean(), "{text}");
    } else {
        // out of tokens in white space: what there is obeys the grammar all the same
        assert!(text.trim_start().starts_with('{'), "{text:?}");
    }
}
