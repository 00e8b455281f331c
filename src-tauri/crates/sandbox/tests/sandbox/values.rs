//! What code comes to, what it writes, and what goes wrong in it.

use inglenook_sandbox::{Bounds, Code, End, run};

use super::{code, error, ran, value};

#[test]
fn the_last_expression_is_the_value() {
    for (text, wanted) in [
        ("17 * 23", "391"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("'text as it is'", "text as it is"),
        ("let x = 2;\nx ** 10", "1024"),
        ("2n ** 70n", "1180591620717411303424n"),
        ("-0", "-0"),
        (
            "[1, 'a', null, undefined, NaN, true]",
            "[1,\"a\",null,undefined,NaN,true]",
        ),
        ("({a: 1, b: {c: [2]}})", "{\"a\":1,\"b\":{\"c\":[2]}}"),
        ("var a = {value: 5}; a", "{\"value\":5}"),
        (
            "new Map([['k', [1]], [{a: 1}, 2n]])",
            "Map(2) {\"k\" => [1],{\"a\":1} => 2n}",
        ),
        ("new Set([1, 'x'])", "Set(2) {1,\"x\"}"),
        ("new Date(0)", "1970-01-01T00:00:00.000Z"),
        (
            "[new Date(0), new Date(NaN), /a+/gi]",
            "[\"1970-01-01T00:00:00.000Z\",Invalid Date,/a+/gi]",
        ),
        ("new Uint8Array([1, 2])", "Uint8Array(2) [1,2]"),
        ("Symbol('s')", "Symbol(s)"),
        ("function add() {}; add", "[Function add]"),
        ("class Point { x = 1 }; new Point()", "Point {\"x\":1}"),
        ("const c = {}; c.me = c; c", "{\"me\":[Circular]}"),
        (
            "Object.groupBy([1, 2, 3], n => n % 2 ? 'odd' : 'even')",
            "{\"odd\":[1,3],\"even\":[2]}",
        ),
        ("'naïve 火 🔥'.split('').length", "10"),
        ("'🔥火'", "🔥火"),
        ("// nothing", "undefined"),
    ] {
        assert_eq!(value(text), wanted, "{text}");
    }
    let sorted = value(
        "const all = []; let seed = 7; for (let i = 0; i < 10000; i++) all.push(seed = seed * 16807 % 2147483647);\n\
         all.sort((a, b) => a - b); [all.length, all.every((n, i) => i === 0 || all[i - 1] <= n)]",
    );
    assert_eq!(sorted, "[10000,true]");
}

#[test]
fn promises_are_waited_for_and_timers_take_no_time() {
    for (text, wanted) in [
        ("await Promise.resolve(7)", "7"),
        (
            "(async () => { await null; return {done: true} })()",
            "{\"done\":true}",
        ),
        ("await Promise.all([1, Promise.resolve(2)])", "[1,2]"),
        (
            "let n = 0; for await (const x of [1, Promise.resolve(2)]) n += x; n",
            "3",
        ),
        (
            "const order = []; setTimeout(() => order.push('b'), 3600e3); setTimeout(() => order.push('a'), 5);\n\
             await new Promise(done => setTimeout(done, 7200e3)); order",
            "[\"a\",\"b\"]",
        ),
        (
            "let n = 0; const id = setInterval(() => { if (++n === 5) clearInterval(id) }, 10);\n\
             await new Promise(done => setTimeout(done, 1000)); n",
            "5",
        ),
        (
            "const p = Promise.reject(1); await null; p.catch(() => {}); 'seen'",
            "seen",
        ),
    ] {
        assert_eq!(value(text), wanted, "{text}");
    }
    assert_eq!(ran("await new Promise(() => {})").end, End::Stuck);
    assert_eq!(ran("(async () => await new Promise(() => {}))()").end, End::Stuck);
    assert!(
        error("Promise.reject(new Error('lost'));\n3").starts_with("Error: lost\n    at <eval> (code.js:1:")
    );
}

#[test]
fn what_is_written_comes_first() {
    let ran = ran(
        "console.log('a', 1, [2], {b: 3n}); console.error(new Map()); console.info(); console.log(''); 5",
    );
    assert_eq!(ran.written, "a 1 [2] {\"b\":3n}\nMap(0) {}\n\n\n");
    assert_eq!(ran.end, End::Value(Some("5".to_owned())));
}

#[test]
fn errors_say_where() {
    for (text, begins) in [
        (
            "let x = 1;\nfoo(x)",
            "ReferenceError: foo is not defined\n    at <eval> (code.js:2:",
        ),
        (
            "function f() {\n  null.x\n}\n\nf()",
            "TypeError: cannot read property 'x' of null\n    at f (code.js:2:",
        ),
        (
            "let ok = 1;\nlet x = ;",
            "SyntaxError: unexpected token in expression: ';'\n    at code.js:2:",
        ),
        (
            "return 5",
            "SyntaxError: return not in a function\n    at code.js:1:1",
        ),
        (
            "await Promise.reject(new RangeError('r'))",
            "RangeError: r\n    at <eval> (code.js:1:",
        ),
        ("throw {code: 4}", "{\"code\":4}"),
        ("throw null", "Uncaught null"),
        ("throw 'text'", "Uncaught \"text\""),
        (
            "\n\nsetTimeout(() => { throw new Error('late') })",
            "Error: late\n    at <anonymous> (code.js:3:",
        ),
    ] {
        let told = error(text);
        assert!(told.starts_with(begins), "{text}: {told}");
        assert!(!told.contains("inglenook"), "what is ours is not in it: {told}");
    }
    let told = error("throw new Error('outer', {cause: new TypeError('inner')})");
    assert!(told.contains("\nCaused by TypeError: inner\n"), "{told}");
    let ran = ran("console.log('before'); throw new Error('x')");
    assert_eq!(ran.written, "before\n", "what was written is kept");
}

#[test]
fn what_cannot_be_shown_says_so() {
    for text in [
        "({get a() { throw new Error('no') }})",
        "new Proxy({}, {ownKeys() { throw 1 }})",
        "({[Symbol.toStringTag]: 'Map'})",
        "Object.defineProperty(Error.prototype, 'name', {get() { throw 2 }}); new Proxy({}, {getPrototypeOf() { throw new Error() }})",
    ] {
        assert!(
            value(text).starts_with("(it cannot be shown: "),
            "{text}: {}",
            value(text)
        );
    }
    assert!(value("let deep = []; for (let i = 0; i < 1e4; i++) deep = [deep]; deep").contains('…'));
}

#[test]
fn input_hour_and_zone_are_given() {
    let given = Code {
        input: Some(r#"{"rows":[{"n":2},{"n":40}],"__proto__":{"x":1}}"#.to_owned()),
        zone: jiff::tz::TimeZone::get("Europe/Vienna").unwrap(),
        ..code(
            "[input.rows.reduce((sum, row) => sum + row.n, 0), ({}).x, new Date(2023, 6, 1, 12).toISOString(), new Date().toString().slice(0, 33)]",
        )
    };
    assert_eq!(
        run(&given, &Bounds::default(), &|| false).end,
        End::Value(Some(
            r#"[42,undefined,"2023-07-01T10:00:00.000Z","Tue Nov 14 2023 23:13:20 GMT+0100"]"#.to_owned()
        ))
    );
    assert_eq!(value("input"), "undefined");
    let random = "Math.random()";
    assert_ne!(value(random), value(random));
}

#[test]
fn nothing_is_left_from_one_run_to_the_next() {
    let poison = "globalThis.left = 1; var kept = 2; Array.prototype.map = () => 'poisoned'; Object.prototype.x = 3;\n\
         JSON.stringify = () => 'poisoned'; console.log = null; delete globalThis.Map; 'done'";
    assert_eq!(value(poison), "done");
    let after = "[typeof left, typeof kept, [1].map(n => n + 1), ({}).x, JSON.stringify([1]), typeof console.log, typeof Map]";
    assert_eq!(
        value(after),
        r#"["undefined","undefined",[2],undefined,"[1]","function","function"]"#
    );
}

#[test]
fn changed_prototypes_change_nothing_that_is_told() {
    for changes in [
        "Array.prototype.push = Array.prototype.map = null",
        "String.prototype.slice = String.prototype.split = () => 'poisoned'",
        "Object.prototype.toString = () => '[object Date]'",
        "Reflect.ownKeys = Object.keys = () => ['poisoned']",
        "JSON = null; String = null; Map.prototype.forEach = null",
        "Object.defineProperty(Array.prototype, '0', {set() { throw new Error('poisoned') }})",
        "Array.prototype[Symbol.iterator] = function* () { yield 'poisoned' }",
    ] {
        let text = format!("{changes}; console.log([1, {{a: 'b'}}]); new Map([]) && [{{c: [2]}}]");
        let text = match changes.contains("iterator") {
            true => text.replace("new Map([]) && ", ""),
            false => text,
        };
        let ran = ran(&text);
        assert_eq!(ran.written, "[1,{\"a\":\"b\"}]\n", "{changes}");
        assert_eq!(ran.end, End::Value(Some("[{\"c\":[2]}]".to_owned())), "{changes}");
    }
}
