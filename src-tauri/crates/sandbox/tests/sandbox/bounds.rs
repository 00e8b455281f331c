//! What is too long, too large, too deep or too much ends as a value that says so, never as an end of the program.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use inglenook_sandbox::{Bounds, End, run};

use super::{code, ran, ran_within, value};

#[test]
fn what_has_no_end_is_ended() {
    for text in [
        "for (;;);",
        "while (true) { try { throw 1 } catch {} }",
        "(async () => { for (;;) await null })()",
        "const again = () => Promise.resolve().then(again); await again()",
        "setInterval(() => {}, 1)",
        "/(a+)+$/.test('a'.repeat(40) + 'b')",
        "'x'.repeat(1 << 28).indexOf('y'.repeat(1 << 20)); for (;;);",
        "function* endless() { for (;;) yield 1 }; [...endless()].length; for (;;);",
        "const spin = { toString() { for (;;); } }; `${spin}`",
        "({ get a() { for (;;); } })",
        "new Proxy({}, { ownKeys() { for (;;); } })",
        "[3, 1, 2].sort(() => { for (;;); })",
        "JSON.stringify({ toJSON() { for (;;); } })",
        "eval('for (;;);')",
        "new Function('for (;;);')()",
        "for (;;) { try { for (;;); } finally { continue } }",
    ] {
        let ran = ran_within(text, 300);
        assert!(
            matches!(ran.end, End::Late)
                || matches!(&ran.end, End::Threw(told) if told.contains("out of memory") || told.contains("too long")),
            "{text}: {:?}",
            ran.end
        );
    }
    let ran = ran_within("console.log('so far'); for (;;);", 3000);
    assert_eq!(
        (ran.written.as_str(), ran.end),
        ("so far\n", End::Late),
        "what was written is kept"
    );
}

#[test]
fn memory_is_bounded() {
    for text in [
        "const all = []; for (;;) all.push(new Uint8Array(1e6))",
        "new ArrayBuffer(2 ** 31)",
        "let s = 'x'; for (;;) s += s",
        "new Uint8Array(2e8)",
        "Array.from({length: 200}, () => new Float64Array(1e5))",
        "2n ** 100000000n",
        "let m = new Map(); for (let i = 0; ; i++) m.set(i, new Uint8Array(65536))",
    ] {
        let end = ran(text).end;
        let End::Threw(told) = &end else {
            panic!("{text}: {end:?}");
        };
        assert!(
            [
                "out of memory",
                "too long",
                "invalid array",
                "too large",
                "length",
                "BigInt",
                "repeat"
            ]
            .iter()
            .any(|why| told.contains(why)),
            "{text}: {told}"
        );
    }
    // it is an error like others
    assert_eq!(
        value(
            "let all = []; try { for (;;) all.push(new Uint8Array(1e6)) } catch (e) { all = null; e.name }"
        ),
        "InternalError"
    );
}

#[test]
fn depth_is_bounded() {
    for text in [
        "function f() { return f() + 1 }; f()",
        "const f = () => f(); f()",
        "class A { get x() { return this.x } }; new A().x",
        "const o = {}; o.toString = () => `${o}`; `${o}`",
        "JSON.parse('['.repeat(1e5))",
        "let d = []; for (let i = 0; i < 1e5; i++) d = [d]; d.flat(Infinity)",
        "const p = new Proxy({}, { get(_, key, self) { return self[key] } }); p.x",
        "[1].map(function again() { return [1].map(again) })",
    ] {
        let end = ran(text).end;
        assert!(
            matches!(&end, End::Threw(told) if told.starts_with("RangeError: ")),
            "{text}: {end:?}"
        );
    }
    for text in [
        "eval('('.repeat(1e5))",
        "eval('['.repeat(1e5))",
        "new RegExp('(?:'.repeat(1e5))",
        "eval('!'.repeat(1e6) + '1')",
        "eval('1' + '+1'.repeat(1e5))",
        "let f = () => 1; for (let i = 0; i < 1e5; i++) f = f.bind(null); f()",
    ] {
        let end = ran(text).end;
        assert!(
            matches!(end, End::Threw(_) | End::TooDeep | End::Value(_)),
            "{text}: {end:?}"
        );
    }
    assert_eq!(
        value("let n = 0; const f = () => { n++; f() }; try { f() } catch (e) { [e.name, n > 500] }"),
        r#"["RangeError",true]"#
    );
}

#[test]
fn output_is_bounded() {
    let bounds = Bounds::default();
    let flood =
        ran("for (let i = 0; i < 5000; i++) console.log('line ' + i + ' ' + 'x'.repeat(90)); 'the end'");
    assert!(flood.written.len() <= bounds.output, "{}", flood.written.len());
    assert!(flood.written.starts_with("line 0 xxx"));
    assert!(flood.left_out > 400_000, "{}", flood.left_out);
    assert_eq!(
        flood.end,
        End::Value(Some("the end".to_owned())),
        "the value is told all the same"
    );

    let both = ran("console.log('é'.repeat(200000)); 'y'.repeat(100000)");
    let End::Value(Some(value)) = &both.end else {
        panic!("{:?}", both.end);
    };
    assert!(value.len() + both.written.len() <= bounds.output + 100);
    assert!(value.contains("more characters were left out"));
    let kept = u64::try_from(both.written.trim_end().chars().count()).unwrap();
    let left_out = both.left_out - (200_000 - kept);
    assert!(
        left_out <= 1,
        "but for the end of the line all is counted: {left_out}"
    );

    let large = ran("Array.from({length: 1e5}, (_, i) => i)");
    let End::Value(Some(value)) = large.end else {
        panic!("{:?}", large.end);
    };
    assert!(value.starts_with("[0,1,2,") && value.len() <= bounds.output + 100);
}

#[test]
fn a_run_is_ended_by_who_waits() {
    let hour = Bounds {
        span: Duration::from_secs(3600),
        ..Bounds::default()
    };
    let asked = AtomicU32::new(0);
    let leaves = || asked.fetch_add(1, Ordering::Relaxed) >= 200;
    let ran = run(&code("console.log('begun'); for (;;);"), &hour, &leaves);
    assert_eq!((ran.written.as_str(), ran.end), ("begun\n", End::Stopped));
    assert_eq!(asked.into_inner(), 201, "it was asked until it said so");
}

#[test]
fn many_run_at_once_each_for_itself() {
    let results: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..20)
            .map(|n| {
                scope.spawn(move || {
                    value(&format!(
                        "globalThis.mine = {n}; let sum = 0; for (let i = 0; i < 10000; i++) sum += mine; sum"
                    ))
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let wanted: Vec<String> = (0..20).map(|n| (n * 10_000).to_string()).collect();
    assert_eq!(results, wanted);
}
