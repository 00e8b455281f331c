//! Code that a model wrote, run where it can do nothing but compute.

use domain::{Outcome, Permit, UseState};
use gateway::control::{CallView, ChatStarted, Replayed, ToolView};
use serde_json::{Value, json};

use super::world::{SECRET, World};
use super::{asks, asks_streamed, call};
use crate::support::{Reply, eventually};

async fn world() -> World {
    World::with(json!([{"tool": "run_code"}])).await
}

fn code(text: &str) -> (&'static str, Value) {
    ("run_code", json!({"code": text}))
}

/// Waits until the agent's code is run in a call: the use is noted before, and has no end.
async fn begun(world: &World) -> CallView {
    eventually("code that runs", async || {
        let row = world.app.calls().await.into_iter().next()?;
        let view: CallView = world.app.ask("call.get", json!({"call": row.call.id})).await;
        let is_open = view.tool_uses.iter().any(|used| used.ended_at.is_none());
        is_open.then_some(view)
    })
    .await
}

/// The call once it is told that whoever asked has left. Before, there is a moment in which its tool has ended and it
/// has not.
async fn left(world: &World) -> CallView {
    eventually("the call to be cancelled", async || {
        let ended = world.app.ended_call().await;
        (ended.row.outcome == Some(Outcome::Cancelled)).then_some(ended)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_computes_by_code() {
    let world = world().await;
    let offered: Vec<ToolView> = world.app.ask("tool.list", json!({})).await;
    let offered = offered.iter().find(|tool| tool.name == "run_code").unwrap();
    assert_eq!(offered.reach, domain::Reach::Reads);

    let rows: Vec<Value> = (0..1000)
        .map(|n| json!({"name": format!("n{n}"), "n": (n * 7919) % 1000}))
        .collect();
    let used = world
        .uses(&[
            code("17 * 23"),
            code("console.log('two', [2]);\nawait Promise.resolve({three: 3})"),
            ("run_code", json!({"code": "input.sort((a, b) => a.n - b.n).slice(0, 2).map(row => row.n)", "input": rows})),
            code("let a = 1;\nmissing + a"),
            code("let = ;"),
            code("console.log('only this')"),
            code("undefined"),
            code("const f = () => f(); f()"),
            code("await new Promise(() => {})"),
        ])
        .await;
    let given: Vec<&str> = used.iter().map(|(_, given)| given.as_str()).collect();
    assert_eq!(given[..3], ["=> 391", "two [2]\n=> {\"three\":3}", "=> [0,1]"]);
    assert!(
        given[3].starts_with("ReferenceError: missing is not defined\n    at <eval> (code.js:2:"),
        "{}",
        given[3]
    );
    assert!(
        given[4].starts_with("SyntaxError: ") && given[4].contains("code.js:1:"),
        "{}",
        given[4]
    );
    assert_eq!(given[5], "only this");
    assert!(given[6].contains("console.log"), "{}", given[6]);
    assert!(given[7].starts_with("RangeError: "), "{}", given[7]);
    assert!(given[8].contains("nothing settles"), "{}", given[8]);
    let states: Vec<UseState> = used.iter().map(|(one, _)| one.state).collect();
    let (done, failed) = (UseState::Done, UseState::Failed);
    assert_eq!(
        states,
        [done, done, done, failed, failed, done, done, failed, failed]
    );
    assert!(
        used.iter().all(|(one, _)| one.permit == Permit::Rule),
        "nobody is asked"
    );
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_machine_is_reached() {
    let world = world().await;
    let before = world.everything();
    let secret = world.outer().join("secret.txt");
    let secret = secret.to_str().unwrap();
    let used = world
        .uses(&[
            code(&format!("await import({secret:?})")),
            code(&format!("require('fs').readFileSync({secret:?}, 'utf8')")),
            code(&format!("std.loadFile({secret:?})")),
            code(&format!("os.open({secret:?}, 0)")),
            code(&format!(
                "await fetch('http://127.0.0.1:{}/health')",
                world.app.port()
            )),
            code("process.env"),
            code("Deno.readTextFileSync('/etc/passwd')"),
            code("import fs from 'fs'; fs.rmSync('.')"),
            code("globalThis.constructor.constructor('return process')().exit(1)"),
            code("new WebAssembly.Module(new Uint8Array(8))"),
        ])
        .await;
    for (one, given) in &used {
        assert_eq!(one.state, UseState::Failed, "{given}");
        assert!(!given.contains(SECRET) && !given.contains("root:"), "{given}");
    }
    assert_eq!(world.everything(), before);
    assert_eq!(world.provider.asked().len(), 2, "nothing else was sent");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_ended_and_the_call_goes_on() {
    let world = world().await;
    let long = format!("// {}\n1", "x".repeat(256 << 10));
    let used = world
        .uses(&[
            code("console.log('before'); for (;;);"),
            code("const all = []; for (;;) all.push(new Uint8Array(1e6))"),
            code("for (let i = 0; i < 3000; i++) console.log('x'.repeat(99)); 'the end'"),
            code(&long),
            ("run_code", json!({"code": 5})),
            ("run_code", json!({"code": "1", "language": "python"})),
        ])
        .await;
    let given: Vec<&str> = used.iter().map(|(_, given)| given.as_str()).collect();
    assert!(
        given[0].starts_with("before\n") && given[0].contains("after 20 seconds"),
        "{}",
        given[0]
    );
    assert!(given[1].contains("out of memory"), "{}", given[1]);
    assert!(
        given[2].len() <= 64 << 10 && given[2].ends_with("=> the end"),
        "{}",
        given[2].len()
    );
    assert!(given[2].contains("more characters of output were left out"));
    assert!(given[3].contains("at most 256 KB"), "{}", given[3]);
    assert!(
        given[4].contains("do not fit") && given[5].contains("do not fit"),
        "{given:?}"
    );
    let failed: Vec<bool> = used
        .iter()
        .map(|(one, _)| one.state == UseState::Failed)
        .collect();
    assert_eq!(failed, [true, true, false, true, true, true]);
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_is_new_also_twenty_at_once() {
    let world = world().await;
    let wanted: Vec<_> = (0..20)
        .map(|n| {
            let text = format!("const before = typeof kept; globalThis.kept = Array.prototype.n = {n}; [before, [].n, typeof ({{}}).x]");
            code(&format!("{text}; Object.prototype.x = 1; [before, kept, typeof [].m]"))
        })
        .collect();
    for (at, (one, given)) in world.uses(&wanted).await.into_iter().enumerate() {
        assert_eq!(given, format!("=> [\"undefined\",{at},\"undefined\"]"));
        assert_eq!(one.state, UseState::Done);
    }
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_ends_the_code() {
    let world = world().await;
    let endless = [call(
        "call_1",
        "run_code",
        &json!({"code": "for (;;);"}).to_string(),
    )];
    // a program that hangs up
    world.provider.will(asks("", &endless));
    let question = world.question();
    tokio::select! {
        response = world.app.chat(&world.key, &question) => panic!("{response:?}"),
        view = begun(&world) => assert_eq!(view.row.outcome, None, "a call whose tool runs has not ended"),
    }
    let ended = left(&world).await;
    assert!(
        ended.tool_uses.iter().all(|used| used.ended_at.is_some()),
        "{:?}",
        ended.tool_uses
    );
    assert_eq!(world.provider.asked().len(), 1, "the model is not asked again");
    // the person who stops it
    world.provider.will(asks_streamed("", &endless));
    let started: ChatStarted = world
        .app
        .ask("chat.send", json!({"agent": "clerk", "text": "Begin."}))
        .await;
    begun(&world).await;
    let _stopped: Value = world
        .app
        .ask("chat.stop", json!({"session": started.session}))
        .await;
    left(&world).await;
    // and others have its place
    let given = world.uses(&[code("1 + 1")]).await.remove(0).1;
    assert_eq!(given, "=> 2");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_made_again_with_what_code_gave_then() {
    let world = world().await;
    let random = code("Math.random()");
    let (_, given) = world.uses(std::slice::from_ref(&random)).await.remove(0);
    let first = world.app.ended_call().await;
    world
        .provider
        .will(asks("", &[call("call_9", "run_code", &random.1.to_string())]));
    world.provider.will(Reply::text("Done."));
    let args = json!({"call": first.row.call.id, "recorded_tools": true});
    let replayed: Replayed = world.app.ask("call.replay", args).await;
    assert_eq!(replayed.answer, "Done.");
    let sent = world.provider.last().json();
    let last = sent["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["content"], given, "it was not computed again");
    world.app.finish().await;
}
