//! What a server has besides tools, at the command line.

use serde_json::{Value, json};

use super::support::Home;

#[test]
fn resources_and_prompts_of_a_server_are_listed_and_read() {
    let home = Home::new("memory");
    let serve = home.serve();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/mcp/server.py");
    let transport =
        json!({"kind": "stdio", "command": "python3", "args": [script, "honest", "/dev/null"], "env": []});
    serve
        .socket()
        .run("mcp.add", &json!({"id": "demo", "transport": transport}));
    home.run(&["mcp", "resources", "demo"])
        .failed_with_hint("conflict");
    home.run(&["mcp", "approve", "demo", "--yes"]).ok();

    let listed = home.json(&["mcp", "resources", "demo"]);
    assert_eq!(listed[0]["uri"], "demo://note");
    let shown = home.run(&["mcp", "resources", "demo"]).ok().stdout;
    assert!(
        shown.contains("demo://note") && shown.contains("text/plain"),
        "{shown}"
    );
    let read = home.run(&["mcp", "read", "demo", "demo://note"]).ok().stdout;
    assert!(read.starts_with("[demo://note]\na note a note"), "its own lines");
    assert_eq!(
        home.json(&["mcp", "read", "demo", "demo://note"])["text"]
            .as_str()
            .map(str::len),
        Some(64 << 10)
    );
    let prompts: Value = home.json(&["mcp", "prompts", "demo"]);
    assert_eq!(prompts[0]["arguments"][0]["name"], "whom");
    let shown = home.run(&["mcp", "prompts", "demo"]).ok().stdout;
    assert!(shown.contains("greet") && shown.contains("whom=…"), "{shown}");
    // what a terminal would obey is written out
    let filled = home
        .run(&["mcp", "prompt", "demo", "greet", "whom=a\u{1b}[2Jb"])
        .ok();
    assert_eq!(filled.stdout.trim_end(), "user:\nGreet a\\u{1b}[2Jb.");
    let whole = home.json(&["mcp", "prompt", "demo", "greet", "whom=the world"]);
    assert_eq!(whole["messages"][0]["text"], "Greet the world.");
    assert_eq!(
        home.run(&["mcp", "prompt", "demo", "greet", "whom"]).code,
        Some(1)
    );
}
