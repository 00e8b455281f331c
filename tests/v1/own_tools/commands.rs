//! Programs that an agent runs: word by word, seen by a person each time, and ended with all that they started.

use std::time::{Duration, Instant};

use domain::{Permit, UseState};
use gateway::control::ApprovalView;
use serde_json::{Value, json};

use super::world::World;
use super::{asks, call};
use crate::support::Reply;

/// Answers everything that is asked while something runs; gives what was asked.
async fn answering<T>(
    world: &World,
    decision: &str,
    work: impl Future<Output = T>,
) -> (T, Vec<ApprovalView>) {
    let mut asked = Vec::new();
    let answers = async {
        loop {
            let one = world.app.wanted_at_all().await;
            world.app.answer(&one, decision).await;
            asked.push(one);
        }
    };
    let done = tokio::select! {
        done = work => done,
        () = answers => unreachable!(),
    };
    (done, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_32_a_program_is_never_run_unseen() {
    // also where its rule is always
    let world = World::with(json!([{"tool": "run_command", "rule": "always"}])).await;
    let words = json!({"argv": ["touch", "made by; rm -rf $HOME && `x`"]});
    let (used, asked) = answering(&world, "deny", world.uses(&[("run_command", words.clone())])).await;
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].arguments, words.to_string());
    assert_eq!(
        asked[0].directory.as_deref(),
        Some(world.folder().to_str().unwrap()),
        "where it would be run"
    );
    assert!(asked[0].session_exact);
    assert_eq!(used[0].0.permit, Permit::Denied);
    let (used, _) = answering(&world, "once", world.uses(&[("run_command", words)])).await;
    assert_eq!(used[0].0.state, UseState::Done, "{}", used[0].1);
    // no shell has read the words
    assert!(world.folder().join("made by; rm -rf $HOME && `x`").exists());
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_tells_what_it_wrote_and_how_it_ended() {
    let world = World::with(json!([{"tool": "run_command"}])).await;
    let wanted = [
        ("run_command", json!({"argv": ["cat", "notes/plan.md"]})),
        (
            "run_command",
            json!({"argv": ["sh", "-c", "echo out; echo err >&2; exit 3"]}),
        ),
        ("run_command", json!({"argv": ["no-such-program-at-all"]})),
        ("run_command", json!({"argv": ["sleep", "30"], "seconds": 1})),
        (
            "run_command",
            json!({"argv": ["sh", "-c", "yes inglenook | head -c 400000"]}),
        ),
        ("run_command", json!({"argv": ["env"]})),
        ("run_command", json!({"argv": ["pwd"], "folder": "../"})),
        ("run_command", json!({"argv": []})),
        ("run_command", json!({"argv": ["cat"]})),
    ];
    let begun = Instant::now();
    let (used, _) = answering(&world, "once", world.uses(&wanted)).await;
    let given: Vec<&str> = used.iter().map(|(_, given)| given.as_str()).collect();
    assert_eq!(given[0], "# Plan\nBuild a fire.\nSit down.");
    assert_eq!(given[1], "out\n[Standard error]\nerr\nIt ended with exit code 3.");
    assert_eq!(given[2], "It could not be started: entity not found.");
    assert_eq!(given[3], "It was ended after 1 seconds.");
    assert!(
        given[4].contains("bytes were left out") && given[4].len() < 40_000,
        "{}",
        given[4].len()
    );
    for line in given[5].lines() {
        let name = line.split('=').next().unwrap();
        assert!(
            !name.contains("KEY") && !name.contains("INGLENOOK") && name != "RECORDINGS_DIR",
            "{line}"
        );
    }
    assert!(given[6].contains("cannot be used"), "{}", given[6]);
    assert!(given[7].contains("no program"), "{}", given[7]);
    assert_eq!(
        given[8], "It ended well and wrote nothing.",
        "it has no input to wait for"
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sec_32_always_is_for_the_very_same_words_in_the_very_same_folder() {
    let world = World::with(json!([{"tool": "run_command"}])).await;
    let words = ["ls", "notes"];
    let same = json!({"argv": words});
    let (_, asked) = answering(&world, "always", world.uses(&[("run_command", same.clone())])).await;
    assert_eq!(asked.len(), 1);
    let (used, asked) = answering(&world, "deny", world.uses(&[("run_command", same)])).await;
    assert_eq!((asked.len(), used[0].0.permit), (0, Permit::Always));

    // everything that is nearly the same
    let odd = [
        ";",
        "&&",
        "||",
        "|",
        "&",
        "\n",
        "\r\n",
        "`id`",
        "$(id)",
        "${IFS}",
        ">",
        ">>",
        "<",
        "<(id)",
        "#",
        "--",
        "-la",
        "--color=always",
        "*",
        "?",
        "~",
        "..",
        ".",
        "/",
        "\u{a0}",
        "\u{200b}",
        "\u{202e}",
        "\u{ff5c}",
        "-exec",
        "{}",
        "+",
        "%0a",
        "\\n",
        "''",
        "\"\"",
        "$@",
        "!!",
        "=",
        "A=1",
    ];
    let mut variants: Vec<Value> = Vec::new();
    for one in odd {
        variants.push(json!({"argv": ["ls", "notes", one]}));
        variants.push(json!({"argv": ["ls", one, "notes"]}));
        variants.push(json!({"argv": [one, "ls", "notes"]}));
        variants.push(json!({"argv": [format!("ls{one}"), "notes"]}));
        variants.push(json!({"argv": [format!("{one}ls"), "notes"]}));
        variants.push(json!({"argv": ["ls", format!("notes{one}")]}));
        variants.push(json!({"argv": ["ls", format!("{one}notes")]}));
        variants.push(json!({"argv": [format!("ls{one}notes")]}));
        variants.push(json!({"argv": [format!("ls notes {one}")]}));
        variants.push(json!({"argv": ["sh", "-c", format!("ls notes {one}")]}));
    }
    for program in [
        "env", "/bin/ls", "./ls", "LS", "Ls", "l\u{455}", "busybox", "xargs", "sudo", "nohup", "time",
    ] {
        variants.push(json!({"argv": [program, "notes"]}));
        variants.push(json!({"argv": [program, "ls", "notes"]}));
    }
    for folder in ["notes", ".", "./notes"] {
        variants.push(json!({"argv": words, "folder": folder}));
    }
    variants.push(json!({"argv": words, "seconds": 600}));
    variants.push(json!({"argv": ["ls"]}));
    variants.push(json!({"argv": ["notes", "ls"]}));
    assert!(variants.len() >= 400, "{}", variants.len());
    for variants in variants.chunks(100) {
        let wanted: Vec<(&str, Value)> = variants
            .iter()
            .map(|variant| ("run_command", variant.clone()))
            .collect();
        let (used, asked) = answering(&world, "deny", world.uses(&wanted)).await;
        assert_eq!(asked.len(), variants.len());
        for (one, _) in used {
            assert_eq!(one.permit, Permit::Denied, "{}", one.arguments);
        }
    }
    world.app.finish().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn rel_06_a_caller_who_leaves_ends_what_was_started() {
    let world = World::with(json!([{"tool": "run_command"}])).await;
    let script = "sleep 300 & echo $! > child; echo $$ > parent; wait";
    let words = json!({"argv": ["sh", "-c", script]});
    world
        .provider
        .will(asks("", &[call("call_1", "run_command", &words.to_string())]));
    world.provider.will(Reply::text("Done."));
    let question = world.question();
    let started = async {
        let asked = world.app.wanted().await;
        world.app.answer(&asked, "once").await;
        crate::support::eventually("both are running", || async {
            let pid = |name| std::fs::read_to_string(world.folder().join(name)).ok();
            let both = (pid("parent")?, pid("child")?);
            (both.0.ends_with('\n') && both.1.ends_with('\n')).then_some(both)
        })
        .await
    };
    let (parent, child) = tokio::select! {
        _ = world.app.chat(&world.key, &question) => panic!("it ended by itself"),
        both = started => both,
    };
    for pid in [parent, child] {
        crate::support::eventually("it goes on running", || async {
            let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim()));
            status
                .map_or(true, |status| status.contains("State:\tZ"))
                .then_some(())
        })
        .await;
    }
    let call = world.app.ended_call().await;
    assert_eq!(
        call.tool_uses[0].state,
        UseState::Unknown,
        "nobody knows how far it came"
    );
    world.app.finish().await;
}
